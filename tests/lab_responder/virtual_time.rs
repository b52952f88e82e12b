//! The decisions of the simulated network as a pure function of packets and times.

use std::net::IpAddr;

use etherparse::{Icmpv4Type, Icmpv6Type, SlicedPacket, TransportSlice};

use crate::lab::responder::packet::{ICMP, ICMPV6, Ip, Outgoing, icmp_checksum};
use crate::lab::responder::{Due, Kind, Network, Record};
use crate::lab::{Action, Scenario};
use crate::packets::{MS, echo, one, read};

/// A scenario with two hops and the hosts 10.9.1.0/24 and fd00:9:1::/64, and more of the test's own.
fn network(more: &str) -> Network {
    Network::new(Scenario::parse(&format!(
        "title = 'test'
        {}
        [[hop]]
        address = ['10.255.1.1', 'fd00:ff:1::1']
        delay = '1ms'
        [[hop]]
        address = ['10.255.2.1', 'fd00:ff:2::1']
        delay = '2ms'
        [[host]]
        prefix = ['10.9.1.0/24', 'fd00:9:1::/64']
        delay = '4ms'
        {more}",
        if more.contains("seed") { "" } else { "seed = 7" }
    )))
}

fn seqs(due: &[Due]) -> Vec<u16> {
    let mut due: Vec<&Due> = due.iter().collect();
    due.sort_by_key(|d| d.0);
    due.iter().map(|d| read(&d.1).seq).collect()
}

#[test]
fn an_echo_comes_back_after_all_delays_with_the_ttl_that_is_left() {
    let mut net = network("");
    for (target, kind) in [("10.9.1.5", 0), ("fd00:9:1::5", 129)] {
        let (at, reply) = one(&net.answer(100 * MS, &echo(target, 3, 64)));
        assert_eq!(at, 107 * MS);
        assert_eq!((reply.src, reply.ttl, reply.kind, reply.code), (target.parse().unwrap(), 62, kind, 0));
        assert_eq!((reply.ident, reply.seq, reply.checksum_ok), (0x4242, 3, true));
        assert_eq!(reply.message[8..], (0..56).collect::<Vec<u8>>());
    }
    assert_eq!(net.log().count(Action::Replied), 2);
    assert_eq!((net.log()[0].kind, net.log()[0].ident, net.log()[0].seq), (Kind::Echo, 0x4242, 3));
}

#[test]
fn a_ttl_that_ends_on_the_way_brings_the_hop_and_the_quotation() {
    let mut net = network("");
    for (target, ttl, from, kind) in [("10.9.1.5", 1, "10.255.1.1", 11), ("fd00:9:1::5", 2, "fd00:ff:2::1", 3)] {
        let probe = echo(target, 9, ttl);
        let (at, error) = one(&net.answer(0, &probe));
        assert_eq!(at, if ttl == 1 { MS } else { 3 * MS });
        assert_eq!((error.src, error.kind, error.code, error.checksum_ok), (from.parse().unwrap(), kind, 0, true));
        let quoted = read(&error.message[8..]);
        assert_eq!((quoted.ttl, quoted.ident, quoted.seq), (1, 0x4242, 9));
        assert_eq!(error.message[8..].len(), probe.len());
    }
    assert_eq!(net.log().count(Action::Expired(1)) + net.log().count(Action::Expired(2)), 2);
}

#[test]
fn nobody_answers_for_an_address_that_no_host_has() {
    let mut net = network("");
    assert!(net.answer(0, &echo("10.99.0.1", 1, 64)).is_empty());
    assert_eq!(net.log()[0].action, Action::NoHost);
}

#[test]
fn garbage_is_logged_and_survived() {
    let mut net = network("");
    let good = echo("10.9.1.5", 1, 64);
    for len in 0..good.len() {
        assert!(net.answer(0, &good[..len]).is_empty());
    }
    for len in 0..104 {
        assert!(net.answer(0, &echo("fd00:9:1::5", 1, 64)[..len]).is_empty());
    }
    for byte in 0..=255 {
        net.answer(0, &vec![byte; usize::from(byte)]);
    }
}

#[test]
fn rules_drop_by_sequence_number_by_count_and_by_chance() {
    let mut net = network("[[rule]]\nseq = [2, '4-5']\ndrop = true");
    let answered: Vec<u16> = (1..=6).filter(|s| !net.answer(0, &echo("10.9.1.1", *s, 64)).is_empty()).collect();
    assert_eq!(answered, [1, 3, 6]);

    let mut net = network("[[rule]]\nnth = '1-3'\ndrop = true");
    let answered: Vec<u16> = (1..=5).filter(|s| !net.answer(0, &echo("10.9.1.1", *s, 64)).is_empty()).collect();
    assert_eq!(answered, [4, 5]);
    assert!(net.answer(0, &echo("10.9.1.2", 6, 64)).is_empty(), "each address counts for itself");

    let mut net = network("[[rule]]\nevery = 3\ndrop = true");
    let answered = (1..=9).filter(|s| !net.answer(0, &echo("10.9.1.1", *s, 64)).is_empty()).count();
    assert_eq!(answered, 6);

    let lost = |mut net: Network| (1..=1000).filter(|s| net.answer(0, &echo("10.9.1.1", *s, 64)).is_empty()).count();
    let n = lost(network("[[rule]]\nchance = 0.1\ndrop = true"));
    assert!((70..130).contains(&n), "{n}");
    assert_eq!(n, lost(network("[[rule]]\nchance = 0.1\ndrop = true")), "the same seed, the same losses");
}

#[test]
fn rules_add_up() {
    let mut net = network(
        "[[rule]]
        delay = '10ms'
        [[rule]]
        seq = 7
        delay = '0.5s'
        copies = 2
        spacing = '3ms'",
    );
    assert_eq!(one(&net.answer(0, &echo("10.9.1.1", 1, 64))).0, 17 * MS);
    let times: Vec<u64> = net.answer(0, &echo("10.9.1.1", 7, 64)).iter().map(|d| d.0 / MS).collect();
    assert_eq!(times, [517, 520, 523]);
}

#[test]
fn an_answer_can_go_behind_later_ones() {
    let mut net = network("[[rule]]\nseq = 1\nbehind = 2");
    let mut due = Vec::new();
    for seq in 1..=4 {
        due.extend(net.answer(u64::from(seq) * MS, &echo("10.9.1.1", seq, 64)));
    }
    assert_eq!(seqs(&due), [2, 3, 1, 4]);
}

#[test]
fn jitter_stays_within_its_bound() {
    let mut net = network("[[rule]]\njitter = '5ms'");
    let times: Vec<u64> = (0..200).map(|s| one(&net.answer(0, &echo("10.9.1.1", s, 64))).0).collect();
    assert!(times.iter().all(|t| (7 * MS..=12 * MS).contains(t)));
    assert!(times.iter().max() > times.iter().min());
}

#[test]
fn answers_are_corrupted_where_the_rule_says() {
    for target in ["10.9.1.1", "fd00:9:1::1"] {
        let mut net = network(
            "[[rule]]
            seq = 1
            flip = [0, 20]
            [[rule]]
            seq = 2
            ident-add = 1
            [[rule]]
            seq = 3
            seq-add = 100
            [[rule]]
            seq = 4
            bad-checksum = true
            [[rule]]
            seq = 5
            write = { at = 8, hex = 'ffff ffff' }
            [[rule]]
            seq = 6
            source = ['10.9.9.9', 'fd00:9:9::9']
            reply-ttl = 3",
        );
        let mut get = |seq| one(&net.answer(0, &echo(target, seq, 64))).1;
        let flipped = get(1);
        assert!(flipped.checksum_ok);
        assert_eq!((flipped.message[8], flipped.message[9], flipped.message[28]), (!0, 1, !20));
        assert_eq!(get(2).ident, 0x4243);
        assert_eq!(get(3).seq, 103);
        assert!(!get(4).checksum_ok);
        assert_eq!(get(5).message[15..21], [7, 255, 255, 255, 255, 12]);
        let other = get(6);
        assert_eq!(other.ttl, 3);
        assert_eq!(other.src, if other.src.is_ipv4() { "10.9.9.9" } else { "fd00:9:9::9" }.parse::<IpAddr>().unwrap());
    }
}

#[test]
fn answers_are_cut() {
    let mut net = network(
        "[[rule]]
        seq = 1
        truncate = 30
        [[rule]]
        seq = 2
        truncate = 30
        keep-length = true
        [[rule]]
        seq = 3
        truncate = 50",
    );
    let honest = net.answer(0, &echo("10.9.1.1", 1, 64)).remove(0).1;
    assert_eq!((honest.len(), honest[3]), (30, 30));
    assert!(read(&honest).checksum_ok);
    let lying = net.answer(0, &echo("10.9.1.1", 2, 64)).remove(0).1;
    assert_eq!((lying.len(), lying[3]), (30, 84));
    let v6 = net.answer(0, &echo("fd00:9:1::1", 3, 64)).remove(0).1;
    assert_eq!((v6.len(), v6[5]), (50, 10));
    assert!(read(&v6).checksum_ok);
}

#[test]
fn answers_carry_ip_options() {
    let mut net = network("[[rule]]\noptions = '0101 01'");
    let v4 = net.answer(0, &echo("10.9.1.1", 1, 64)).remove(0).1;
    assert_eq!((v4[0], &v4[20..24]), (0x46, &[1, 1, 1, 0][..]));
    assert!(read(&v4).checksum_ok);
    let v6 = net.answer(0, &echo("fd00:9:1::1", 1, 64)).remove(0).1;
    assert_eq!((v6[6], v6[40]), (60, ICMPV6));
    assert_eq!(read(&v6).seq, 1, "behind a destination options header");
}

#[test]
fn errors_have_names_in_both_families() {
    let mut net = network(
        "[[rule]]
        seq = 1
        error = { name = 'admin-prohibited' }
        [[rule]]
        seq = 2
        error = { type = 3, code = 15, info = 0x01020304, from = ['10.7.7.7', 'fd00:7::7'] }
        [[rule]]
        seq = 3
        error = { name = 'redirect-host', gateway = '10.255.9.9', also = true }",
    );
    let (at, error) = one(&net.answer(0, &echo("10.9.1.1", 1, 64)));
    assert_eq!((at, error.kind, error.code, error.src), (7 * MS, 3, 13, "10.255.2.1".parse().unwrap()));
    let (_, error) = one(&net.answer(0, &echo("fd00:9:1::1", 1, 64)));
    assert_eq!((error.kind, error.code, error.src), (1, 1, "fd00:ff:2::1".parse().unwrap()));
    let (_, error) = one(&net.answer(0, &echo("10.9.1.1", 2, 64)));
    assert_eq!((error.kind, error.code, error.src), (3, 15, "10.7.7.7".parse().unwrap()));
    assert_eq!(error.message[4..8], [1, 2, 3, 4]);
    let due = net.answer(0, &echo("10.9.1.1", 3, 64));
    let kinds: Vec<u8> = due.iter().map(|d| read(&d.1).kind).collect();
    assert_eq!(kinds, [5, 0]);
    assert_eq!(read(&due[0].1).message[4..8], [10, 255, 9, 9]);
    assert_eq!(net.log().count(Action::Error), 3);
    assert_eq!(net.log().count(Action::Replied), 1);
}

#[test]
fn quotations_are_cut_and_twisted() {
    let mut net = network(
        "[[rule]]
        seq = 1
        error = { name = 'host-unreachable', quote = 8 }
        [[rule]]
        seq = 2
        error = { name = 'host-unreachable', quote = 0 }
        [[rule]]
        seq = 3
        error = { name = 'host-unreachable', quote = 8, quoted = { options = '0701 0301', ident-add = 1 } }
        [[rule]]
        seq = 4
        error = { name = 'host-unreachable', quoted = { protocol = 17, length = 9999, version = 5, header-words = 15 } }
        [[rule]]
        seq = 5
        error = { name = 'host-unreachable', quoted = { bytes = '45' } }
        [[rule]]
        seq = 6
        error = { name = 'host-unreachable', quoted = { destination = ['10.9.1.77', 'fd00:9:1::77'], ttl = 9 } }",
    );
    let mut get = |seq| one(&net.answer(0, &echo("10.9.1.1", seq, 64))).1.message[8..].to_vec();
    assert_eq!(get(1).len(), 28);
    assert_eq!(get(2).len(), 20);
    let options = get(3);
    assert_eq!((options.len(), options[0], &options[20..24]), (32, 0x46, &[7, 1, 3, 1][..]));
    assert_eq!(options[28..32], [0x42, 0x43, 0, 3]);
    let lies = get(4);
    assert_eq!((lies[0], lies[9], u16::from_be_bytes([lies[2], lies[3]])), (0x5f, 17, 9999));
    assert_eq!(get(5), [0x45]);
    let elsewhere = get(6);
    assert_eq!((elsewhere[8], &elsewhere[16..20]), (9, &[10, 9, 1, 77][..]));

    let long = one(&net.answer(0, &echo("fd00:9:1::1", 1, 64))).1.message[8..].to_vec();
    assert_eq!(long.len(), 48);
    let elsewhere = one(&net.answer(0, &echo("fd00:9:1::1", 6, 64))).1.message[8..].to_vec();
    assert_eq!((elsewhere[7], elsewhere[39]), (9, 0x77));
}

#[test]
fn strangers_flood_with_every_sequence_number() {
    let mut net = network("[[rule]]\nnth = 1\nstrangers = { count = 70000, gap = '10us', from = ['10.66.6.6'] }");
    let due = net.answer(0, &echo("10.9.1.1", 1, 64));
    assert_eq!(due.len(), 70_001);
    let last = read(&due[69_999].1);
    assert_eq!((due[69_999].0, last.seq, last.ident), (699_990_000, 4463, 0x4242));
    assert_eq!(last.src, "10.66.6.6".parse::<IpAddr>().unwrap());
    assert_eq!(net.answer(0, &echo("10.9.1.1", 2, 64)).len(), 1);
}

#[test]
fn a_narrow_line_says_its_mtu_or_swallows() {
    let narrow = |more: &str| {
        Network::new(Scenario::parse(&format!(
            "title = 'narrow'
            [[hop]]
            address = ['10.255.1.1', 'fd00:ff:1::1']
            mtu = 60
            {more}
            [[host]]
            prefix = ['10.9.1.0/24', 'fd00:9:1::/64']"
        )))
    };
    let mut net = narrow("");
    let mut v4 = echo("10.9.1.1", 1, 64);
    assert_eq!(v4[6] & 0x40, 0x40, "etherparse sets DF");
    let error = one(&net.answer(0, &v4)).1;
    assert_eq!((error.kind, error.code, &error.message[4..8]), (3, 4, &[0, 0, 0, 60][..]));
    let error = one(&net.answer(0, &echo("fd00:9:1::1", 1, 64))).1;
    assert_eq!((error.kind, error.code, &error.message[4..8]), (2, 0, &[0, 0, 0, 60][..]));
    v4[6] = 0;
    assert_eq!(one(&net.answer(0, &v4)).1.kind, 0, "without DF a router cuts");
    let mut hole = narrow("black-hole = true");
    assert!(hole.answer(0, &echo("10.9.1.1", 1, 64)).is_empty());
    assert_eq!(hole.log()[0].action, Action::Swallowed(1));
}

#[test]
fn routers_are_silent_or_rate_limited() {
    let mut net = Network::new(Scenario::parse(
        "title = 'shy'
        [[hop]]
        address = '10.255.1.1'
        silent = true
        [[hop]]
        address = '10.255.2.1'
        rate = 1.0
        burst = 2
        [[host]]
        prefix = '10.9.1.0/24'",
    ));
    assert!(net.answer(0, &echo("10.9.1.1", 1, 1)).is_empty());
    let mut says = |at: u64| net.answer(at * MS, &echo("10.9.1.1", 1, 2)).len();
    assert_eq!(
        [says(0), says(1), says(2), says(1500), says(1600), says(9000), says(9001), says(9002)],
        [1, 1, 0, 1, 0, 1, 1, 0]
    );
    let mut v6 = network("[[rule]]\nhop = 1\nerror = { name = 'net-unreachable' }");
    assert_eq!(one(&v6.answer(0, &echo("fd00:9:1::1", 1, 1))).1.kind, 1, "a rule bends what a hop says");
}

#[test]
fn a_clock_with_an_offset_answers_timestamp_requests() {
    let mut net = Network::new(Scenario::parse(
        "title = 'clock'
        [[host]]
        prefix = '10.9.1.1'
        clock = '-2s'
        [[host]]
        prefix = '10.9.1.0/24'",
    ));
    let request = |dst: [u8; 4]| {
        let mut payload = vec![13, 0, 0, 0, 0, 5, 0, 6, 0, 0, 0, 99];
        payload.resize(20, 0);
        let dst = IpAddr::from(dst);
        let src = "10.200.0.2".parse().unwrap();
        let sum = icmp_checksum(src, dst, &payload);
        payload[2..4].copy_from_slice(&sum.to_be_bytes());
        Outgoing { src, dst, ttl: 64, tos: 0, options: Vec::new(), protocol: ICMP, payload }.build()
    };
    let midnight = 86_400_000 * MS;
    let reply = one(&net.answer(midnight + 1000 * MS, &request([10, 9, 1, 1]))).1;
    assert_eq!((reply.kind, reply.ident, reply.seq, reply.checksum_ok), (14, 5, 6, true));
    assert_eq!(reply.message[8..12], [0, 0, 0, 99]);
    let far = 86_400_000u32 - 1000;
    assert_eq!(reply.message[12..20], [far.to_be_bytes(), far.to_be_bytes()].concat());
    assert!(net.answer(0, &request([10, 9, 1, 2])).is_empty());
    assert_eq!(net.log()[1].action, Action::NotServed);
}

#[test]
fn a_broadcast_address_is_answered_by_many() {
    let mut net = Network::new(Scenario::parse(
        "title = 'many'
        [[host]]
        prefix = ['10.9.1.255', 'ff02::1']
        answerers = ['10.9.1.1', '10.9.1.2', 'fe80::1', '10.9.1.3']
        [[rule]]
        spacing = '1ms'",
    ));
    let due = net.answer(0, &echo("10.9.1.255", 1, 64));
    let from: Vec<(u64, String)> = due.iter().map(|d| (d.0 / MS, read(&d.1).src.to_string())).collect();
    assert_eq!(from, [(0, "10.9.1.1".into()), (1, "10.9.1.2".into()), (2, "10.9.1.3".into())]);
    assert_eq!(one(&net.answer(0, &echo("ff02::1", 1, 64))).1.src, "fe80::1".parse::<IpAddr>().unwrap());
}

#[test]
fn a_request_with_a_bad_checksum_gets_no_answer() {
    let mut net = network("");
    let mut bytes = echo("10.9.1.1", 1, 64);
    bytes[22] ^= 1;
    assert!(net.answer(0, &bytes).is_empty());
    assert_eq!(net.log()[0].action, Action::BadChecksum);
}

#[test]
fn what_is_written_is_read_back() {
    let out = Outgoing {
        src: "fd00::1".parse().unwrap(),
        dst: "fd00::2".parse().unwrap(),
        ttl: 9,
        tos: 0xb8,
        options: vec![0x1e, 2, 0, 0],
        protocol: ICMPV6,
        payload: vec![1, 2, 3],
    };
    let bytes = out.build();
    let (ip, whole) = Ip::parse(&bytes).unwrap();
    assert_eq!((ip.src, ip.dst, ip.ttl, ip.tos, ip.protocol), (out.src, out.dst, 9, 0xb8, ICMPV6));
    assert_eq!(whole[ip.header_len..], [1, 2, 3]);
}

#[test]
fn a_misspelt_key_or_value_is_refused_with_its_name() {
    for (text, word) in [
        ("[[rule]]\ndorp = true", "dorp"),
        ("[[rule]]\ndelay = '5 parsecs'", "parsecs"),
        ("[[rule]]\nhop = 9", "hop"),
        ("[[rule]]\nerror = { name = 'host-unreachible' }", "unreachible"),
        ("[[rule]]\nseq = '9-3'", "9-3"),
        ("[[host]]\nprefix = '10.0.0.0/33'", "/33"),
    ] {
        let panic = std::panic::catch_unwind(|| network(text)).unwrap_err();
        let why = panic.downcast_ref::<String>().unwrap();
        assert!(why.contains(word), "{why}");
    }
}

/// The type names of `etherparse` and ours mean the same numbers.
#[test]
fn error_numbers_are_those_of_another_implementation() {
    let mut net = network("[[rule]]\nerror = { name = 'port-unreachable' }");
    let v4 = net.answer(0, &echo("10.9.1.1", 1, 64)).remove(0).1;
    let v6 = net.answer(0, &echo("fd00:9:1::1", 1, 64)).remove(0).1;
    let kind_v4 = match SlicedPacket::from_ip(&v4).unwrap().transport.unwrap() {
        TransportSlice::Icmpv4(m) => m.icmp_type(),
        other => panic!("{other:?}"),
    };
    assert_eq!(kind_v4, Icmpv4Type::DestinationUnreachable(etherparse::icmpv4::DestUnreachableHeader::Port));
    let kind_v6 = match SlicedPacket::from_ip(&v6).unwrap().transport.unwrap() {
        TransportSlice::Icmpv6(m) => m.icmp_type(),
        other => panic!("{other:?}"),
    };
    assert_eq!(kind_v6, Icmpv6Type::DestinationUnreachable(etherparse::icmpv6::DestUnreachableCode::Port));
}

/// The files are read, and each is told of in the README.
#[test]
fn every_scenario_file_is_sound_and_listed() {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let readme = std::fs::read_to_string(dir.join("README.md")).unwrap();
    let mut read = 0;
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "toml") {
            let name = path.file_stem().unwrap().to_str().unwrap();
            Scenario::load(name);
            assert!(readme.contains(&format!("| `{name}` |")), "{name} is not in the README");
            read += 1;
        }
    }
    assert!(read > 10);
    // The example in the README, too.
    let example = readme.split("```toml").nth(1).and_then(|t| t.split("```").next()).unwrap();
    Scenario::parse(example);
}

/// What the hosts of `lies` and `quotes` send differs from what the same network without the lie sends.
#[test]
fn every_lie_is_told() {
    let honest = |error: &str| {
        Network::new(Scenario::parse(&format!(
            "title = 'honest'
            [[hop]]
            address = ['10.255.1.1', 'fd00:ff:1::1']
            [[host]]
            prefix = ['10.9.0.0/16', 'fd00:9::/64']
            {error}"
        )))
    };
    let second = |mut net: Network, target: &str| {
        net.answer(0, &echo(target, 1, 64));
        net.answer(0, &echo(target, 2, 64))
    };
    // IPv4 only.
    let ipv4_only = [("lies", 13), ("quotes", 4), ("quotes", 5), ("quotes", 6)];
    for (file, hosts) in [("lies", 16), ("quotes", 17)] {
        for host in 1..=hosts {
            let error = match (file, host) {
                ("quotes", 7 | 8) => "[[rule]]\nnth = '2-'\nerror = { name = 'port-unreachable' }",
                ("quotes", _) => "[[rule]]\nnth = '2-'\nerror = { name = 'host-unreachable' }",
                _ => "",
            };
            for target in [format!("10.9.0.{host}"), format!("fd00:9::{host:x}")] {
                if target.contains(':') && ipv4_only.contains(&(file, host)) {
                    continue;
                }
                let told = second(Network::new(Scenario::load(file)), &target);
                assert_eq!(told.len(), 1, "{file} {target}");
                assert_ne!(told, second(honest(error), &target), "{file} {target} tells the truth");
            }
        }
        let told = second(Network::new(Scenario::load(file)), "10.9.0.99");
        assert_eq!(told, second(honest(""), "10.9.0.99"), "{file}: no lie without a rule");
    }
}
