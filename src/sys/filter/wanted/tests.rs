//! The program on frames built by `etherparse`, tagged and untagged, run by the interpreter beside.

#![allow(clippy::unwrap_used)]

use super::super::run::run;
use super::*;
use etherparse::PacketBuilder;
use proptest::prelude::*;

const A: [u8; 4] = [10, 1, 0, 1];
const B: [u8; 4] = [10, 1, 0, 2];

fn v6(last: u8) -> [u8; 16] {
    let mut a = [0; 16];
    a[0] = 0xfd;
    a[15] = last;
    a
}

/// Frames by name: `transport/family`.
fn frames() -> Vec<(&'static str, Vec<u8>)> {
    let link = || PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]);
    let done = |step: etherparse::PacketBuilderStep<etherparse::TcpHeader>| {
        let mut v = Vec::new();
        step.write(&mut v, b"x").unwrap();
        v
    };
    let udp = |step: etherparse::PacketBuilderStep<etherparse::UdpHeader>| {
        let mut v = Vec::new();
        step.write(&mut v, b"x").unwrap();
        v
    };
    let icmp = |step: etherparse::PacketBuilderStep<etherparse::IpHeaders>, number| {
        let mut v = Vec::new();
        step.write(&mut v, etherparse::IpNumber(number), &[8, 0, 0, 0, 0, 53, 0, 53]).unwrap();
        v
    };
    let mut arp = vec![0xff; 6];
    arp.extend([2, 0, 0, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1]);
    arp.extend(A);
    arp.extend([0; 6]);
    arp.extend(B);
    let mut other = vec![0xff; 12];
    other.extend([0x88, 0xb5, b'H', b'i']);
    vec![
        ("tcp4", done(link().ipv4(A, B, 64).tcp(4242, 80, 1, 1))),
        ("tcp6", done(link().ipv6(v6(1), v6(2), 64).tcp(4242, 80, 1, 1))),
        ("udp4", udp(link().ipv4(A, B, 64).udp(4242, 53))),
        ("udp6", udp(link().ipv6(v6(1), v6(2), 64).udp(4242, 53))),
        ("icmp4", icmp(link().ipv4(A, B, 64), 1)),
        ("icmp6", icmp(link().ipv6(v6(1), v6(2), 64), 58)),
        ("arp", arp),
        ("other", other),
    ]
}

/// A frame with tags put in behind its addresses.
fn tagged(frame: &[u8], tags: &[[u8; 4]]) -> Vec<u8> {
    let (addresses, rest) = frame.split_at(12);
    [addresses, &tags.concat(), rest].concat()
}

fn pass(wanted: &Wanted) -> Vec<&'static str> {
    let program = wanted_filter(wanted).unwrap();
    assert!(program.len() < 200, "jumps span 255");
    let passes = |frame: &[u8]| run(&program, frame).unwrap() != 0;
    frames()
        .into_iter()
        .filter(|(name, frame)| {
            let plain = passes(frame);
            for tags in [&[[0x81, 0, 0, 5]][..], &[[0x88, 0xa8, 0, 6], [0x81, 0, 0, 5]]] {
                assert_eq!(passes(&tagged(frame, tags)), plain, "{name} behind {} tags, {wanted:?}", tags.len());
            }
            plain
        })
        .map(|(name, _)| name)
        .collect()
}

fn wanted(protocol: impl Into<Option<Protocol>>, host: &str, port: u16) -> Wanted {
    Wanted { protocol: protocol.into(), host: host.parse().ok(), port: (port != 0).then_some(Port(port)) }
}

#[test]
fn what_is_wanted_passes_and_nothing_else() {
    use Protocol::{Arp, Icmp, Icmp6, Tcp, Type, Udp};
    let table: [(Wanted, &[&str]); 18] = [
        (wanted(Tcp, "", 0), &["tcp4", "tcp6"]),
        (wanted(Udp, "", 0), &["udp4", "udp6"]),
        (wanted(Icmp, "", 0), &["icmp4"]),
        (wanted(Icmp6, "", 0), &["icmp6"]),
        (wanted(Arp, "", 0), &["arp"]),
        (wanted(Type(EtherType(0x88b5)), "", 0), &["other"]),
        (wanted(Type(EtherType::IPV4), "", 0), &["tcp4", "udp4", "icmp4"]),
        (wanted(Type(EtherType::IPV6), "", 53), &["udp6"]),
        (wanted(None, "10.1.0.1", 0), &["tcp4", "udp4", "icmp4", "arp"]),
        (wanted(None, "10.1.0.2", 0), &["tcp4", "udp4", "icmp4", "arp"]),
        (wanted(None, "10.1.0.3", 0), &[]),
        (wanted(None, "fd00::1", 0), &["tcp6", "udp6", "icmp6"]),
        (wanted(None, "fd00::2", 80), &["tcp6"]),
        (wanted(None, "fd00::3", 0), &[]),
        (wanted(None, "", 53), &["udp4", "udp6"]),
        (wanted(None, "", 4242), &["tcp4", "tcp6", "udp4", "udp6"]),
        (wanted(Tcp, "10.1.0.1", 80), &["tcp4"]),
        (wanted(Udp, "10.1.0.1", 80), &[]),
    ];
    for (wanted, names) in table {
        assert_eq!(pass(&wanted), names, "{wanted:?}");
    }
    // What cannot be: nothing passes, and no jump leads nowhere.
    for nothing in [wanted(Arp, "", 80), wanted(Icmp6, "10.1.0.1", 0), wanted(Type(EtherType(0x88b5)), "", 1)] {
        assert_eq!(pass(&nothing), [""; 0]);
    }
    assert_eq!(wanted_filter(&Wanted::default()), None);
}

#[test]
fn icmp6_passes_by_type() {
    let program = icmp6_filter(&[8, 136]);
    let passed = frames().into_iter().filter(|(_, frame)| run(&program, frame).unwrap() != 0);
    // The builder's message has type 8, whatever that is in ICMPv6.
    assert_eq!(passed.map(|(name, _)| name).collect::<Vec<_>>(), ["icmp6"]);
    let neighbours = |frame: &[u8]| run(&neighbour_filter(), frame).unwrap() != 0;
    let passed = frames().into_iter().filter(|(_, frame)| neighbours(frame)).map(|(name, _)| name);
    assert_eq!(passed.collect::<Vec<_>>(), ["arp"]);
    let mut answer = frames().swap_remove(5).1;
    answer[54] = 136;
    assert!(neighbours(&answer) && !neighbours(&tagged(&answer, &[[0x81, 0, 0, 5]])));
    let other = icmp6_filter(&[136]);
    assert!(frames().iter().all(|(_, frame)| run(&other, frame) == Some(0)));
}

#[test]
fn ip_options_and_fragments_are_minded() {
    let mut frame = frames().swap_remove(2).1; // udp4
    let port = wanted_filter(&wanted(None, "", 53)).unwrap();
    frame[20..22].copy_from_slice(&[0x20, 0]); // a first fragment
    assert_ne!(run(&port, &frame), Some(0));
    frame[20..22].copy_from_slice(&[0, 1]); // a later one
    assert_eq!(run(&port, &frame), Some(0));
    frame[20..22].copy_from_slice(&[0, 0]);
    frame[14] = 0x46; // one word of options before the ports
    frame.splice(34..34, [1, 1, 1, 0]);
    assert_ne!(run(&port, &frame), Some(0));
    assert_eq!(run(&wanted_filter(&wanted(None, "", 0x0101)).unwrap(), &frame), Some(0), "options are no ports");
}

#[test]
fn behind_extension_headers_anything_may_stand() {
    let (mut frame, other) = (frames().swap_remove(3).1, frames().swap_remove(5).1);
    for extension in EXTENSIONS {
        frame[20] = extension;
        assert_ne!(run(&wanted_filter(&wanted(Protocol::Tcp, "fd00::1", 80)).unwrap(), &frame), Some(0));
        assert_eq!(run(&wanted_filter(&wanted(Protocol::Tcp, "fd00::7", 80)).unwrap(), &frame), Some(0));
    }
    assert_eq!(run(&wanted_filter(&wanted(None, "", 53)).unwrap(), &other), Some(0), "ICMPv6 has no ports");
}

proptest! {
    #[test]
    fn any_frame_is_judged(frame in proptest::collection::vec(any::<u8>(), 0..120), which in 0usize..8, port: u16) {
        use Protocol::{Arp, Icmp, Icmp6, Tcp, Type, Udp};
        let protocols = [None, Some(Tcp), Some(Udp), Some(Icmp), Some(Icmp6), Some(Arp), Some(Type(EtherType::IPV4))];
        let protocol = protocols.get(which).copied().flatten();
        for host in ["", "10.1.0.1", "fd00::1"] {
            if let Some(program) = wanted_filter(&Wanted { protocol, ..wanted(None, host, port) }) {
                prop_assert!(run(&program, &frame).is_some(), "no jump leaves the program");
            }
        }
    }
}
