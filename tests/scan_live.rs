//! The stateless engine on real kernels: every address of a prefix is asked once and answers once, by frames and by raw
//! sockets, in both families; and where frames cannot be, it says why.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod lab;

use std::net::IpAddr;
use std::time::Duration;

use lab::{Host, Pair, Scenario};
use rprobe::net::scan::{Path, Range, ScanOptions, ScanSockets, Why};
use rprobe::sweep::stateless::{Note, Outcome, Plan, Shard, Wish, run};
use rprobe::sweep::targets::{Block, Space};
use rprobe::units::Family;

/// How long the silent are waited for.
const PATIENCE: Duration = Duration::from_secs(3);

fn space(prefixes: &[&str]) -> Space {
    let block = |text: &&str| {
        let (addr, prefix) = text.split_once('/').unwrap();
        Block::cidr(addr.parse().unwrap(), prefix.parse().unwrap(), 0).unwrap()
    };
    Space::new(prefixes.iter().map(block)).unwrap()
}

/// Sweeps from inside a host, and says by which ways.
fn sweep(from: &Host, prefixes: &[&str], options: &ScanOptions) -> (Outcome, Vec<Path>, Vec<Note>) {
    from.enter(|| {
        let space = space(prefixes);
        let sockets = ScanSockets::open(options).unwrap();
        let range = |b: Block| Range { first: b.first(), last: b.last(), scope: b.scope() };
        let ranges: Vec<Range> = space.blocks().map(range).collect();
        let scan = sockets.into_scan(options, &ranges).unwrap();
        let paths = scan.paths.iter().map(|(_, path)| path.clone()).collect();
        let patience = (PATIENCE, Duration::from_secs(10));
        let plan = Plan { space, seed: 3, shard: Shard::WHOLE, limit: None, rate: None, patience, percentiles: false };
        let mut notes = Vec::new();
        let outcome = run(&plan, scan, &mut |note| notes.push(*note), &mut |_| Wish::GoOn, &[]).unwrap();
        (outcome, paths, notes)
    })
}

fn options(frames: bool, threads: usize) -> ScanOptions {
    ScanOptions { frames, threads, ..ScanOptions::default() }
}

/// A cable; behind `b` a network for each test, of either family.
fn routed(lab: &lab::Lab) -> Pair {
    lab.pair_before(&["10.64.0.0/16", "fd00:64::/96"])
}

/// Echo requests that a host has received: of IPv4, of IPv6.
fn echoes(host: &Host) -> (u64, u64) {
    let read = |name: &str| host.enter(|| std::fs::read_to_string(format!("/proc/thread-self/net/{name}")).unwrap());
    let snmp = read("snmp");
    let rows: Vec<Vec<&str>> =
        snmp.lines().filter(|l| l.starts_with("Icmp:")).map(|l| l.split(' ').collect()).collect();
    let column = rows[0].iter().position(|name| *name == "InEchos").unwrap();
    let v6 = read("snmp6");
    let v6 = v6.lines().find(|l| l.starts_with("Icmp6InEchos ")).unwrap();
    (rows[1][column].parse().unwrap(), v6.split_whitespace().last().unwrap().parse().unwrap())
}

#[test]
fn every_address_of_a_prefix_is_asked_once_and_answers_once() {
    let Some(lab) = lab::start!() else { return };
    let pair = routed(&lab);
    const COUNT: u64 = 1 << 14;
    for (frames, threads) in [(true, 2), (true, 1), (false, 1), (false, 3)] {
        for (family, prefix) in [(Family::V4, "10.64.64.0/18"), (Family::V6, "fd00:64::4000/114")] {
            let before = echoes(&pair.b);
            let (outcome, paths, notes) = sweep(&pair.a, &[prefix], &options(frames, threads));
            let after = echoes(&pair.b);
            let what = format!("{prefix}, {paths:?}, {threads} threads: {:?}", outcome.tally);
            match (&paths[..], frames) {
                ([Path::Frames { interface, hop, .. }], true) => {
                    assert_eq!(interface, "eth0");
                    assert_eq!(hop.to_string(), if family == Family::V4 { "10.1.0.2" } else { "fd00:1::2" });
                }
                ([Path::Raw(Why::Unwanted)], false) => {}
                _ => panic!("{what}"),
            }
            let t = &outcome.tally;
            assert_eq!((t.sent, t.alive, t.duplicates, t.drops, t.corrupt), (COUNT, COUNT, 0, 0, 0), "{what}");
            // One more may have made the kernel look for the next hop.
            let (v4, v6) = (after.0 - before.0, after.1 - before.1);
            let asked = if family == Family::V4 { v4 } else { v6 };
            assert!(asked == COUNT || asked == COUNT + 1, "{asked} asked: {what}");
            let mut alive: Vec<u128> =
                notes.iter().filter_map(|n| if let Note::Alive(r) = n { Some(r.number) } else { None }).collect();
            alive.sort_unstable();
            assert!(alive.iter().copied().eq(0..u128::from(COUNT)), "{what}");
            assert!(t.rtt.count() == COUNT && t.rtt.min().unwrap() > Duration::ZERO, "{what}");
            assert_eq!(outcome.silent().unwrap().count(), 0);
        }
    }
}

#[test]
fn both_families_go_at_once_and_the_silent_are_known() {
    let Some(lab) = lab::start!() else { return };
    let pair = routed(&lab);
    // Nobody has the second half of each.
    pair.b.ip("route add blackhole 10.64.1.128/25 table local\nroute add blackhole fd00:64::180/121 table local");
    for frames in [true, false] {
        let (outcome, paths, _) = sweep(&pair.a, &["10.64.1.0/24", "fd00:64::100/120"], &options(frames, 2));
        assert_eq!(paths.len(), 2);
        let t = &outcome.tally;
        assert_eq!((t.sent, t.alive, t.errors, t.silent()), (512, 256, 0, 256), "{paths:?}: {t:?}");
        let mut silent: Vec<_> = outcome.silent().unwrap().map(|(_, p)| p.addr).collect();
        silent.sort();
        let wanted: Vec<_> = space(&["10.64.1.128/25", "fd00:64::180/121"]).iter().map(|p| p.addr).collect();
        assert_eq!(silent, wanted);
    }
}

#[test]
fn errors_are_told_by_their_code_and_nobody_waits_for_who_is_settled() {
    let Some(lab) = lab::start!(lab::Need::Tool("nft")) else { return };
    let pair = routed(&lab);
    pair.b.nft(
        "table ip t { chain c { type filter hook input priority 0;
            ip daddr 10.64.2.0/25 reject with icmp type admin-prohibited
            ip daddr 10.64.2.128/26 reject with icmp type host-unreachable
        }; }
        table ip6 t { chain c { type filter hook input priority 0;
            ip6 daddr fd00:64::200/121 reject with icmpv6 type admin-prohibited
            ip6 daddr fd00:64::280/122 reject with icmpv6 type addr-unreachable
        }; }",
    );
    let (outcome, _, notes) = sweep(&pair.a, &["10.64.2.0/24", "fd00:64::200/120"], &options(true, 2));
    let t = &outcome.tally;
    assert_eq!((t.sent, t.alive, t.errors, t.weak, t.silent()), (512, 128, 384, 0, 0), "{t:?}");
    let codes: Vec<_> = t.errors_by_code.iter().map(|(code, n)| (*code, *n)).collect();
    let wanted =
        [((Family::V4, 3, 1), 64), ((Family::V4, 3, 13), 128), ((Family::V6, 1, 1), 128), ((Family::V6, 1, 3), 64)];
    assert_eq!(codes, wanted);
    assert!(outcome.elapsed < outcome.sending + PATIENCE, "everybody was heard of");
    let mut errors = notes.iter().filter_map(|n| if let Note::Error(e) = n { Some(e) } else { None });
    // An ICMPv6 error about an address that no interface has (AnyIP) leaves with an interface's own (RFC 4443 §2.2).
    let own: IpAddr = "fd00:1::2".parse().unwrap();
    let strange = errors.find(|e| e.offender != e.peer.addr && (e.peer.addr.is_ipv4() || e.offender != own));
    assert!(strange.is_none(), "{strange:?}");
}

#[test]
fn where_frames_cannot_be_the_kernel_routes_and_why_is_told() {
    let Some(lab) = lab::start!() else { return };
    let pair = routed(&lab);
    let path = |prefixes: &[&str], alive: u64| {
        let (outcome, paths, _) = sweep(&pair.a, prefixes, &options(true, 2));
        assert_eq!(outcome.tally.alive, alive, "{prefixes:?} {paths:?}: {:?}", outcome.tally);
        paths.into_iter().next().unwrap()
    };
    assert_eq!(path(&["127.3.0.0/24"], 256), Path::Raw(Why::OwnAddresses), "loopback");
    assert_eq!(path(&["10.64.0.0/30", "127.0.0.1/32"], 5), Path::Raw(Why::OwnAddresses));
    pair.b.answer_for("10.1.0.64/26");
    assert_eq!(path(&["10.1.0.64/26"], 64), Path::Raw(Why::OnLink));
    pair.b.ip("addr add 10.1.0.3/24 dev eth0");
    pair.a.ip("route add 10.64.7.0/24 via 10.1.0.3");
    assert_eq!(path(&["10.64.6.0/23"], 512), Path::Raw(Why::SeveralHops));
    // A next hop that is not there.
    pair.a.ip("route add 10.65.0.0/24 via 10.1.0.9");
    assert_eq!(path(&["10.65.0.0/30"], 0), Path::Raw(Why::NoNeighbour("10.1.0.9".parse().unwrap())));
    pair.a.ip("rule add fwmark 7 lookup 99");
    assert_eq!(path(&["10.64.0.0/30"], 4), Path::Raw(Why::Rules));
}

#[test]
fn a_firewall_that_never_saw_the_probe_hides_no_answer() {
    let Some(lab) = lab::start!(lab::Need::Tool("nft")) else { return };
    let pair = routed(&lab);
    pair.a.nft(
        "table inet t { chain c { type filter hook input priority 0;
            icmp type echo-reply drop
            icmpv6 type echo-reply drop
        }; }",
    );
    for prefix in ["10.64.5.0/24", "fd00:64::500/120"] {
        let (outcome, paths, _) = sweep(&pair.a, &[prefix], &options(true, 2));
        assert_eq!((outcome.tally.alive, outcome.tally.corrupt), (256, 0), "{paths:?}: {:?}", outcome.tally);
    }
}

#[test]
fn answers_longer_than_a_slot_of_the_ring_are_whole() {
    let Some(lab) = lab::start!() else { return };
    let pair = routed(&lab);
    for prefix in ["10.64.5.0/25", "fd00:64::500/121"] {
        for size in [16, 129, 1_400] {
            let (outcome, paths, notes) = sweep(&pair.a, &[prefix], &ScanOptions { size, ..options(true, 1) });
            let t = &outcome.tally;
            assert!(matches!(paths[..], [Path::Frames { .. }]), "{paths:?}");
            assert_eq!((t.alive, t.corrupt, t.drops), (128, 0, 0), "{size}: {t:?}");
            let whole =
                |note: &Note| matches!(note, Note::Alive(reply) if reply.bytes == size + 8 && reply.ttl.is_some());
            assert!(notes.iter().all(whole), "{size}: {notes:?}");
        }
    }
}

#[test]
fn few_hosts_of_a_wide_link_are_all_found() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    pair.a.ip("addr add 10.40.0.1/22 dev eth0");
    pair.b.ip("addr add 10.40.3.10/22 dev eth0");
    pair.b.answer_for("10.40.2.96/30");
    // More than half of the least neighbour table there is: asked so slowly that every one of them gets an entry.
    let (outcome, paths, _) = sweep(&pair.a, &["10.40.1.0/24", "10.40.2.0/24", "10.40.3.0/25"], &options(true, 2));
    let t = &outcome.tally;
    assert_eq!(paths, [Path::Raw(Why::OnLink)]);
    assert_eq!((t.sent, t.refused(), t.alive, t.drops), (640, 0, 5, 0), "{t:?}");
}

#[test]
fn an_interface_without_hardware_addresses_takes_packets() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::load("wide"));
    host.ip("route add 10.16.2.0/24 via 10.255.1.1 dev net0 onlink");
    let (outcome, paths, _) = sweep(&host, &["10.16.2.0/24"], &options(true, 2));
    assert_eq!(paths, [Path::Raw(Why::NoEthernet("net0".to_owned()))]);
    assert_eq!(outcome.tally.alive, 256);
}

#[test]
fn what_the_scheduler_has_no_room_for_is_sent_again() {
    let Some(lab) = lab::start!() else { return };
    let pair = routed(&lab);
    // Some 2,000 probes a second, and room for ten.
    if !pair.a.tc("qdisc add dev eth0 root tbf rate 1mbit burst 1500 limit 600") {
        return lab.skip("no token bucket here");
    }
    for prefix in ["10.64.9.0/24", "fd00:64::900/120"] {
        let (outcome, paths, notes) = sweep(&pair.a, &[prefix], &options(false, 2));
        let t = &outcome.tally;
        assert_eq!((t.sent, t.alive, t.refused()), (256, 256, 0), "{paths:?}: {t:?}");
        assert!(notes.iter().any(|n| matches!(n, Note::Slowed(_))), "it says that it slowed down");
    }
}

#[test]
fn what_is_asked_for_is_on_the_wire() {
    let Some(lab) = lab::start!() else { return };
    let pair = routed(&lab);
    pair.a.ip("addr add 10.1.0.77/24 dev eth0");
    for frames in [true, false] {
        let sources = vec!["10.1.0.77".parse().unwrap()];
        let ttl = rprobe::units::Ttl(9);
        let asked = ScanOptions { size: 300, ttl, tos: 0x20, sources, ..options(frames, 1) };
        let capture = pair.b.capture("eth0");
        let (outcome, _, _) = sweep(&pair.a, &["10.64.3.0/30"], &asked);
        assert_eq!(outcome.tally.alive, 4);
        let heard = capture.stop();
        // Not the one that makes the kernel look for the next hop.
        let ours = |f: &lab::Frame| f.icmp().is_some_and(|i| i.is_echo_request() && i.dst.to_string() != "10.1.0.2");
        let requests: Vec<_> = heard.iter().filter(|f| ours(f)).collect();
        assert_eq!(requests.len(), 4);
        for frame in requests {
            let request = frame.icmp().unwrap();
            assert_eq!((request.src.to_string(), request.ttl, frame.ip()[1]), ("10.1.0.77".to_owned(), 9, 0x20));
            assert_eq!((request.message.len(), request.ident() != 0), (308, true));
        }
    }
}
