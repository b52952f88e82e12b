//! What hosts and routers say to a tracer, in virtual time: ports, quotations, labels and interfaces, limits of errors.

use rprobe::units::Family;
use rprobe::wire::extension::interface::Role;
use rprobe::wire::extension::meaning::{Extensions, Meaning};
use rprobe::wire::extension::{Checksum, declared};
use rprobe::wire::icmp::{self, Message};

use crate::lab::responder::Network;
use crate::lab::{self, Action, Need, Scenario};
use crate::packets::{MS, Read, TARGETS, addr, echo, network, one, quoted, read, syn, tos, transport_ok, udp};

fn extensions(family: Family, error: &Read) -> Option<Extensions> {
    match icmp::parse(family, &error.message).unwrap() {
        Message::Error { extensions, .. } => extensions.map(Extensions::read),
        other => panic!("{other:?}"),
    }
}

#[test]
fn udp_is_refused_answered_or_ignored() {
    let mut net = network(&["", ""], "udp-open = [53, '8000-8001']\nudp-data = 'c0ffee'");
    for target in TARGETS {
        let refused = one(&net.answer(0, &udp(target, (40_000, 33_434), 64))).1;
        let unreachable = if target.contains(':') { (1, 4) } else { (3, 3) };
        assert_eq!((refused.src, refused.kind, refused.code), (addr(target), unreachable.0, unreachable.1));
        assert_eq!((refused.checksum_ok, refused.ttl), (true, 62));
        let quote = quoted(&refused);
        assert_eq!(quote[if target.contains(':') { 7 } else { 8 }], 62, "what was left of 64 behind two hops");
        assert!(transport_ok(&quote), "a quotation is the packet as it was");

        let due = net.answer(0, &udp(target, (40_000, 8001), 64));
        let answer = one(&due).1;
        assert_eq!(answer.message[..6], [0x1f, 0x41, 0x9c, 0x40, 0, 11]);
        assert_eq!((&answer.message[8..], answer.ttl, answer.checksum_ok), (&[0xc0, 0xff, 0xee][..], 62, true));
        assert_eq!(answer.src, addr(target));
    }
    let mut net = network(&[], "closed = 'silent'");
    assert!(net.answer(0, &udp("10.9.1.1", (1, 2), 64)).is_empty());
    assert!(net.answer(0, &syn("10.9.1.1", (1, 2), 3, 64)).is_empty());
    assert_eq!(net.log()[1].action, Action::NotServed);
}

#[test]
fn a_damaged_transport_checksum_gets_no_answer() {
    let mut net = network(&[], "tcp-open = 80");
    for target in TARGETS {
        for good in [udp(target, (40_000, 33_434), 64), syn(target, (40_000, 80), 1, 64)] {
            assert_eq!(net.answer(0, &good).len(), 1);
            let mut bad = good.clone();
            *bad.last_mut().unwrap() ^= 1;
            assert!(net.answer(0, &bad).is_empty());
        }
    }
    assert_eq!(net.log().iter().filter(|s| s.action == Action::BadChecksum).count(), 4);
}

#[test]
fn a_syn_brings_syn_ack_or_rst_that_acknowledges_it() {
    let mut net = network(&["", "", ""], "tcp-open = 443\nback = 9");
    for target in TARGETS {
        for (port, flags, len) in [(443u16, 0x12, 24), (80, 0x14, 20)] {
            let due = net.answer(0, &syn(target, (40_001, port), 0xffff_ffff, 64));
            let answer = one(&due).1;
            assert!(answer.checksum_ok);
            assert_eq!((answer.src, answer.ttl), (addr(target), 55), "nine routers on the way back");
            let m = &answer.message;
            assert_eq!((m.len(), m[13], &m[8..12]), (len, flags, &[0, 0, 0, 0][..]), "the number after the SYN's");
            assert_eq!((&m[..2], &m[2..4]), (&port.to_be_bytes()[..], &40_001u16.to_be_bytes()[..]));
        }
    }
    let mut rst = syn("10.9.1.1", (1, 443), 1, 64);
    rst[20 + 13] = 4;
    rst[36..38].fill(0);
    // The checksum is of a SYN: 2 became 4.
    let sum = u16::from_be_bytes([syn("10.9.1.1", (1, 443), 1, 64)[36], syn("10.9.1.1", (1, 443), 1, 64)[37]]) - 2;
    rst[36..38].copy_from_slice(&sum.to_be_bytes());
    assert!(transport_ok(&rst) && net.answer(0, &rst).is_empty(), "nobody answers a RST");
    assert_eq!(net.log().last().unwrap().action, Action::NotServed);
}

#[test]
fn rules_twist_tcp_and_udp_answers() {
    let rules = "tcp-open = 80\nudp-open = 53
        [[rule]]\nkind = 'tcp'\nack-add = 5\ntcp-flags = 0x10
        [[rule]]\nkind = 'udp'\nident-add = 1\nseq-add = 2\nflip = 0";
    let mut net = network(&[], rules);
    let tcp = one(&net.answer(0, &syn("10.9.1.1", (7, 80), 100, 64))).1;
    assert_eq!((&tcp.message[8..12], tcp.message[13], tcp.checksum_ok), (&[0, 0, 0, 106][..], 0x10, true));
    let udp = one(&net.answer(0, &udp("10.9.1.1", (7, 53), 64))).1;
    assert_eq!((&udp.message[..4], udp.message[8], udp.checksum_ok), (&[0, 55, 0, 8][..], !b'p', true));
}

/// RFC 4884, 4950 and 5837 as the product reads them, which shares no code with what writes them.
#[test]
fn labels_and_interfaces_are_read_back_in_both_forms() {
    let objects = "
        mpls = [{ label = 24001, tc = 5 }, { label = 16, ttl = 255 }]
        interface = [{ index = 3, address = ['192.0.2.1', '2001:db8::1'], name = 'eth1', mtu = 1500 }, { role = 2 }]
        object = [{ class = 5, c-type = 1, hex = 'beef' }]";
    let old = format!("[hop.extension]\nform = 'old'{objects}");
    let compliant = format!("[hop.extension]{objects}");
    let terse = format!("quote = 8\n[hop.extension]{objects}");
    let mut net = network(&[&compliant, &old, &terse], "");
    for (ttl, declares) in [(1, true), (2, false), (3, true)] {
        for (target, family) in [(TARGETS[0], Family::V4), (TARGETS[1], Family::V6)] {
            let error = one(&net.answer(0, &udp(target, (40_000, 33_434), ttl))).1;
            assert!(error.checksum_ok);
            let header: &[u8; 8] = error.message.first_chunk().unwrap();
            assert_eq!(declared(family, header), declares.then_some(128), "{family} {ttl}");
            let read = extensions(family, &error).unwrap();
            assert_eq!((read.checksum, read.objects.len(), read.left_out), (Checksum::Right, 4, 0));
            let labels: Vec<_> = read.labels().map(|l| (l.label, l.tc, l.bottom, l.ttl)).collect();
            assert_eq!(labels, [(24_001, 5, false, 1), (16, 0, true, 255)]);
            let Meaning::Interface(i) = &read.objects[1] else { panic!("{read:?}") };
            assert_eq!((i.role, i.index, i.mtu), (Role::Incoming, Some(3), Some(1500)));
            assert_eq!(i.name.as_deref(), Some(&b"eth1"[..]));
            assert_eq!(i.address, Some(addr(if family == Family::V4 { "192.0.2.1" } else { "2001:db8::1" })));
            assert!(matches!(&read.objects[2], Meaning::Interface(i) if i.role == Role::Outgoing && i.index.is_none()));
            assert_eq!(read.objects[3], Meaning::Unknown { class: 5, c_type: 1, bytes: vec![0xbe, 0xef] });
        }
    }
}

/// The same packets as tshark reads them.
#[test]
fn labels_and_interfaces_are_what_tshark_sees() {
    let Some(_lab) = lab::start!(Need::Tool("tshark")) else { return };
    let mut net = network(
        &["[hop.extension]
           mpls = [{ label = 24001, tc = 5 }, { label = 16, ttl = 255 }]
           interface = [{ index = 77, address = ['192.0.2.1', '2001:db8::1'], name = 'eth1', mtu = 1500 }]"],
        "",
    );
    // A capture file of raw IP packets (link type 101).
    let mut file = [0xa1b2_c3d4u32, 0x0002_0004, 0, 0, 65_535, 101].map(u32::to_be_bytes).concat();
    for target in TARGETS {
        let (_, packet) = net.answer(0, &echo(target, 1, 1)).remove(0);
        file.extend([0, 0, packet.len() as u32, packet.len() as u32].map(u32::to_be_bytes).concat());
        file.extend(packet);
    }
    let path = std::env::temp_dir().join(format!("rprobe-extensions-{}.pcap", std::process::id()));
    std::fs::write(&path, file).unwrap();
    let out = std::process::Command::new("tshark").arg("-r").arg(&path).args(["-V"]).output().unwrap();
    let _ = std::fs::remove_file(&path);
    let text = String::from_utf8_lossy(&out.stdout);
    for words in ["Label: 24001", "Label: 16", "Interface Index: 77", "192.0.2.1", "2001:db8::1", "eth1", "1500"] {
        assert!(text.contains(words), "{words} is not in:\n{text}");
    }
    assert!(!text.contains("Malformed") && !text.contains("incorrect"), "{text}");
}

#[test]
fn extensions_are_broken_where_the_scenario_says() {
    let broken = |lines: &str| network(&[&format!("[hop.extension]\nmpls = [{{ label = 1 }}]\n{lines}")], "");
    let told = |lines: &str| {
        let error = one(&broken(lines).answer(0, &echo("10.9.1.1", 1, 1))).1;
        (extensions(Family::V4, &error), error.message[5])
    };
    assert_eq!(told("checksum = 'none'").0.unwrap().checksum, Checksum::Absent);
    assert_eq!(told("checksum = 'wrong'").0.unwrap().checksum, Checksum::Wrong);
    assert_eq!(told("form = 'old'\nchecksum = 'wrong'"), (None, 0));
    assert_eq!(told("length = 255").1, 255);
    assert!(matches!(told("version = 1").0.unwrap().objects[..], [Meaning::Malformed { .. }]));
    assert!(matches!(told("cut = 3").0.unwrap().objects[..], [Meaning::Malformed { .. }]));
    let lying = told("object = [{ class = 9, c-type = 9, hex = '01', length = 200 }]").0.unwrap();
    assert!(matches!(lying.objects[..], [Meaning::Mpls(_), Meaning::Malformed { .. }]));
    let why = std::panic::catch_unwind(|| network(&["[hop.extension]\nmpls = [{ label = 2000000 }]"], "")).unwrap_err();
    assert!(why.downcast_ref::<String>().unwrap().contains("label stack"));
}

/// RFC 4884 §5: a long quote is cut to whole words so that all of it stays within 576 octets, or 1280.
#[test]
fn an_extension_leaves_room_for_itself() {
    let hop = "[hop.extension]\nobject = [{ class = 9, c-type = 9, hex = '0102030405060708090a' }]";
    let mut net = network(&[hop], "");
    for (target, most, word) in [(TARGETS[0], 576 - 28, 4), (TARGETS[1], 1280 - 48, 8)] {
        let mut long = echo(target, 1, 1);
        let len = long.len();
        long.resize(1400, 7);
        let total = if target.contains(':') { 1400 - 40u16 } else { 1400 };
        let at = if target.contains(':') { 4 } else { 2 };
        long[at..at + 2].copy_from_slice(&total.to_be_bytes());
        assert!(len < 1400);
        let (_, packet) = net.answer(0, &long).remove(0);
        let message = read(&packet).message;
        let quote = (most - 18) / word * word;
        assert_eq!(message.len(), 8 + quote + 18, "{target}");
        assert_eq!(usize::from(message[if target.contains(':') { 4 } else { 5 }]) * word, quote);
    }
}

#[test]
fn quotes_have_the_length_that_the_hop_likes() {
    for (quote, want) in [(0, 20), (8, 28), (28, 48), (100, 84), (65_535, 84)] {
        let mut net = network(&[&format!("quote = {quote}")], "quote = 8");
        let (_, error) = one(&net.answer(0, &echo("10.9.1.1", 1, 1)));
        assert_eq!(quoted(&error).len(), want, "quote = {quote} of a packet of 84");
        assert_eq!(quoted(&one(&net.answer(0, &udp("10.9.1.1", (1, 2), 9))).1).len(), 28);
    }
}

#[test]
fn linux_limits_errors_for_each_peer_and_echo_replies_never() {
    let mut net = network(&["limit = 'linux'", "limit = 'linux'"], "limit = 'linux'");
    let mut says = |at: u64, ttl: u8| net.answer(at * MS, &udp("10.9.1.1", (1, 2), ttl)).len();
    let burst: usize = (0..20).map(|_| says(0, 1)).sum();
    assert_eq!(burst, 6);
    assert_eq!([says(0, 2), says(0, 3)], [1, 1], "each has a bucket of its own");
    assert_eq!([says(900, 1), says(1000, 1), says(1100, 1), says(2500, 1)], [0, 1, 0, 1]);
    assert_eq!((0..20).map(|_| says(3000, 9)).sum::<usize>(), 6, "port unreachable is an error, too");
    let echoes: usize = (0..20).map(|i| net.answer(0, &echo("10.9.1.1", i, 9)).len()).sum();
    assert_eq!(echoes, 20);
    let mut says = |at: u64| net.answer(at * MS, &udp("fd00:9:1::1", (1, 2), 1)).len();
    assert_eq!((0..20).map(|_| says(0)).sum::<usize>(), 6);
    assert_eq!([says(50), says(100)], [0, 1]);
}

#[test]
fn a_limit_can_be_shared_by_all() {
    let scenario = "title = 'shared'
        [errors]
        rate = 10
        burst = 4
        [[hop]]
        address = '10.255.1.1'
        [[hop]]
        address = '10.255.2.1'
        [[host]]
        prefix = '10.9.0.0/16'";
    let mut net = Network::new(Scenario::parse(scenario));
    let mut says = |at: u64, ttl| net.answer(at * MS, &udp("10.9.1.1", (1, 2), ttl)).len();
    assert_eq!([says(0, 1), says(0, 2), says(0, 3), says(0, 1), says(0, 2), says(100, 2)], [1, 1, 1, 1, 0, 1]);
}

#[test]
fn lies_in_all_the_quotations_of_a_hop() {
    let mut net = network(&["quoted = { tos = 8, id-add = 1, write = [{ at = 6, hex = '0000' }] }"], "");
    for (target, header) in [(TARGETS[0], 20), (TARGETS[1], 40)] {
        let probe = udp(target, (1, 2), 1);
        let quote = quoted(&one(&net.answer(0, &probe)).1);
        assert_eq!((quote[header + 6..header + 8].to_vec(), tos(&quote)), (vec![0, 0], 8));
        assert_ne!(probe[header + 6..header + 8], [0, 0]);
        assert!(header == 40 || quote[5] == probe[5] + 1);
    }
}
