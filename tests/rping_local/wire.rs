//! Every option that the sockets take shows in the bytes on the wire, on raw and on ping sockets, in both families.

use std::collections::BTreeMap;
use std::net::IpAddr;

use etherparse::{Ipv4HeaderSlice, Ipv6HeaderSlice};

use crate::bed::{Told, n, rping};
use crate::lab::{self, Direction, Frame, Icmp, Need, Pair};

const BOTH: [&str; 2] = ["10.1.0.2", "fd00:1::2"];
pub(crate) const SOCKETS: [&str; 2] = ["raw", "dgram"];

/// Runs rping in `a` and hands over the packets that left.
#[track_caller]
pub(crate) fn frames(pair: &Pair, words: &str) -> Vec<Frame> {
    let capture = pair.a.capture("eth0");
    let out = rping(&pair.a, words).output();
    assert_eq!(out.code(), Some(0), "{words}: {out:#?}");
    capture.stop().into_iter().filter(|f| f.direction == Direction::Out && !f.ip().is_empty()).collect()
}

/// The echo requests among them.
#[track_caller]
pub(crate) fn echoes(pair: &Pair, words: &str) -> Vec<(Frame, Icmp)> {
    let echoes: Vec<_> = frames(pair, words)
        .into_iter()
        .filter_map(|f| f.icmp().filter(Icmp::is_echo_request).map(|m| (f, m)))
        .collect();
    assert!(!echoes.is_empty(), "{words}");
    echoes
}

/// Traffic class and flow label, don't-fragment bit.
fn class_flow_df(frame: &Frame) -> (u8, u32, bool) {
    if frame.ip()[0] >> 4 == 4 {
        let ip = Ipv4HeaderSlice::from_slice(frame.ip()).unwrap();
        (frame.ip()[1], 0, ip.dont_fragment())
    } else {
        let ip = Ipv6HeaderSlice::from_slice(frame.ip()).unwrap();
        (ip.traffic_class(), ip.flow_label().value(), true)
    }
}

#[test]
fn hop_limits() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    for (target, socket) in BOTH.into_iter().flat_map(|t| SOCKETS.map(|s| (t, s))) {
        for (words, ttl) in [("", 64), ("-t 1", 1), ("-t 7", 7), ("--ttl 255", 255)] {
            let seen = echoes(&pair, &format!("--socket {socket} -c 1 {words} {target}"));
            assert_eq!(seen[0].1.ttl, ttl, "{words} {socket} {target}");
        }
    }
}

#[test]
fn type_of_service_and_traffic_class() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    for (target, socket) in BOTH.into_iter().flat_map(|t| SOCKETS.map(|s| (t, s))) {
        for (words, tos) in [("", 0), ("-Q 0x2c", 0x2c), ("-Q ef", 0xb8), ("-Q 255", 255), ("--dscp af41", 0x88)] {
            let seen = echoes(&pair, &format!("--socket {socket} -c 1 {words} {target}"));
            assert_eq!(class_flow_df(&seen[0].0).0, tos, "{words} {socket} {target}");
        }
    }
}

#[test]
fn flow_labels() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    for socket in SOCKETS {
        for (words, label) in [("-F 0x12345", 0x12345), ("-F 0xfffff", 0xf_ffff), ("-F 7 -Q ef", 7)] {
            let seen = echoes(&pair, &format!("--socket {socket} -c 2 -i 0.01 {words} fd00:1::2"));
            for (frame, _) in &seen {
                let (class, flow, _) = class_flow_df(frame);
                assert_eq!(flow, label, "{words} {socket}");
                assert_eq!(class, if words.contains("ef") { 0xb8 } else { 0 }, "{words} {socket}");
            }
        }
    }
}

#[test]
fn patterns_come_after_the_token() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    for target in BOTH {
        let seen = echoes(&pair, &format!("-c 2 -i 0.01 -s 24 -p dead42 {target}"));
        let tokens: Vec<_> = seen.iter().map(|(_, m)| m.payload()[..8].to_vec()).collect();
        assert_ne!(tokens[0], tokens[1], "a token of each probe's own");
        for (_, m) in &seen {
            assert_eq!(m.payload().len(), 24);
            let pattern: Vec<u8> = [0xde, 0xad, 0x42].into_iter().cycle().take(24).collect();
            let rest = &m.payload()[8..];
            let fits = (0..3).any(|shift| rest.iter().zip(&pattern[shift..]).all(|(a, b)| a == b) && rest.len() == 16);
            assert!(fits, "{rest:02x?}");
        }
    }
}

#[test]
fn sizes_with_and_without_room_for_a_token() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    for (target, socket) in BOTH.into_iter().flat_map(|t| SOCKETS.map(|s| (t, s))) {
        for (size, proof) in [(0, "weak"), (1, "weak"), (7, "weak"), (8, "token"), (9, "token"), (1400, "token")] {
            let words = format!("--json --socket {socket} -c 1 -s {size} {target}");
            let capture = pair.a.capture("eth0");
            let out = rping(&pair.a, &words).output();
            assert_eq!(out.code(), Some(0), "{words}: {out:#?}");
            let told = Told::of(&out);
            assert_eq!(told.one("reply")["proof"], proof, "{words}");
            assert_eq!(n(told.one("reply"), "bytes"), size + 8, "{words}");
            let sent: Vec<_> = capture.stop_icmp().into_iter().filter(Icmp::is_echo_request).collect();
            assert_eq!((sent.len(), sent[0].payload().len() as u64), (1, size), "{words}");
        }
    }
}

/// The bytes of the largest echo come back whole, in fragments that together are as long as they should be.
#[test]
fn large_ones_go_in_fragments() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    for (target, sizes) in [("10.1.0.2", [1473, 4000, 65_507]), ("fd00:1::2", [1453, 4000, 65_527])] {
        for (size, socket) in sizes.into_iter().flat_map(|size| SOCKETS.map(|s| (size, s))) {
            let words = format!("--json --socket {socket} -c 1 -s {size} -M dont {target}");
            let capture = pair.a.capture("eth0");
            let out = rping(&pair.a, &words).output();
            assert_eq!(out.code(), Some(0), "{words}: {out:#?}");
            let told = Told::of(&out);
            assert_eq!((n(told.one("reply"), "bytes"), &told.one("reply")["proof"]), (size + 8, &"token".into()));
            assert_eq!(told.one("reply")["truncated"], false);
            let sent: Vec<Frame> = capture.stop().into_iter().filter(|f| f.direction == Direction::Out).collect();
            let carried: Vec<usize> = sent.iter().filter_map(|f| carries(f, target)).collect();
            assert!(carried.len() > 1, "{words}: {carried:?}");
            assert_eq!(carried.iter().sum::<usize>() as u64, size + 8, "{words}");
        }
    }
}

/// How many bytes of a fragmented packet to `target` a frame carries.
fn carries(frame: &Frame, target: &str) -> Option<usize> {
    let target: IpAddr = target.parse().unwrap();
    let bytes = frame.ip();
    match bytes.first()? >> 4 {
        4 => {
            let ip = Ipv4HeaderSlice::from_slice(bytes).ok()?;
            (IpAddr::from(ip.destination_addr()) == target && ip.is_fragmenting_payload())
                .then(|| usize::from(ip.total_len()) - 20)
        }
        _ => {
            let ip = Ipv6HeaderSlice::from_slice(bytes).ok()?;
            // Behind the fragment header (RFC 8200 §4.5), of 8 bytes.
            (IpAddr::from(ip.destination_addr()) == target && ip.next_header().0 == 44)
                .then(|| usize::from(ip.payload_length()) - 8)
        }
    }
}

#[test]
fn idents() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    for (target, socket) in BOTH.into_iter().flat_map(|t| SOCKETS.map(|s| (t, s))) {
        for ident in [1_u16, 4660, 65_535] {
            let seen = echoes(&pair, &format!("--socket {socket} -e {ident} -c 1 {target}"));
            assert_eq!(seen[0].1.ident(), ident, "{socket} {target}");
        }
        let (one, two) = (echoes(&pair, &format!("-c 1 {target}")), echoes(&pair, &format!("-c 1 {target}")));
        assert!(one[0].1.ident() != 0 && two[0].1.ident() != 0);
    }
    assert_eq!(echoes(&pair, "-e 0 -c 1 10.1.0.2")[0].1.ident(), 0);
}

#[test]
fn an_ident_that_is_taken_is_said_so() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let mut first = rping(&host, "--socket dgram -e 77 -i 0.05 127.0.0.1").start();
    first.wait_for(|out| out.contains("icmp_seq=1"));
    let out = rping(&host, "--socket dgram -e 77 -c 1 127.0.0.1").output();
    assert_eq!((out.code(), out.stderr.lines().count()), (Some(2), 1), "{out:#?}");
    assert!(out.stderr.contains("-e 77: another process probes with this ident"), "{}", out.stderr);
}

#[test]
fn path_mtu_discovery() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    for socket in SOCKETS {
        for (mode, df) in [("do", true), ("probe", true), ("want", true), ("dont", false)] {
            let seen = echoes(&pair, &format!("--socket {socket} -M {mode} -c 1 10.1.0.2"));
            assert_eq!(class_flow_df(&seen[0].0).2, df, "{mode} {socket}");
        }
        for target in BOTH {
            let out = rping(&pair.a, &format!("--json --socket {socket} -M do -s 1500 -c 1 {target}")).output();
            assert_eq!(out.code(), Some(2), "{out:#?}");
            assert_eq!(Told::of(&out).one("not_sent")["mtu"], 1500, "{socket} {target}: {out:#?}");
        }
    }
}

#[test]
fn routes_and_times_are_recorded() {
    let Some(lab) = lab::start!() else { return };
    let chain = lab.chain(1);
    for socket in SOCKETS {
        for (words, kind, shows) in [
            ("-R", 7, "RR: "),
            ("-T tsonly", 68, "TS: "),
            ("-T tsandaddr", 68, "10.0.0.2"),
            ("-T tsprespec 10.0.0.2", 68, "10.0.0.2"),
        ] {
            let capture = chain.b.capture("left");
            let out = rping(&chain.a, "-c 1 --socket").arg(socket).words(words).arg("10.0.1.2").output();
            assert_eq!(out.code(), Some(0), "{words} {socket}: {out:#?}");
            let heard = capture.stop();
            let frame = heard.iter().find(|f| f.icmp().is_some_and(|m| m.is_echo_request())).unwrap();
            let ip = Ipv4HeaderSlice::from_slice(frame.ip()).unwrap();
            let first = ip.options().iter().find(|k| **k != 1).copied();
            assert_eq!(first, Some(kind), "{words} {socket}: {:?}", ip.options());
            assert!(out.stdout.contains(shows), "{words} {socket}: {}", out.stdout);
        }
    }
}

#[test]
fn several_hosts_are_numbered_each_by_itself() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    pair.a.address("eth0", "10.1.0.9/24");
    pair.b.address("eth0", "10.1.0.3/24");
    let seen = echoes(&pair, "-c 3 -i 0.01 10.1.0.2 10.1.0.3 fd00:1::2");
    let mut of: BTreeMap<IpAddr, Vec<u16>> = BTreeMap::new();
    for (_, m) in &seen {
        of.entry(m.dst).or_default().push(m.seq());
    }
    assert_eq!(of.len(), 3);
    assert!(of.values().all(|seqs| *seqs == [1, 2, 3]), "{of:?}");
}

#[test]
fn debugging_is_accepted() {
    // It takes CAP_NET_ADMIN of the machine, not of a user namespace.
    let Some(lab) = lab::start!(Need::OtherUser) else { return };
    let pair = lab.pair();
    for target in BOTH {
        echoes(&pair, &format!("-d -c 1 {target}"));
    }
}

#[test]
fn buffers_and_clocks_are_accepted() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    for words in ["-S 4096 -c 2 -i 0.01", "-S 1 -c 1", "-3 -c 1", "-U -c 1", "-D -c 1", "-a -c 1"] {
        for target in BOTH {
            echoes(&pair, &format!("{words} {target}"));
        }
    }
}
