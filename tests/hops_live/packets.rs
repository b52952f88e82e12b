//! What left, as another decoder reads it: checksums right, what routers hash constant, the number where it belongs.

use std::net::IpAddr;
use std::time::Duration;

use etherparse::{NetSlice, SlicedPacket, TransportSlice};
use rprobe::net::hops::{Method, Numbering, Options, SocketChoice, Tcp};
use rprobe::net::{Batch, Exchange, Key, Network, Probe, icmp};
use rprobe::sys::options::PmtuMode;
use rprobe::units::Seq;

use crate::bed::{CLOSED, Outcome, options, tcp, trace, udp};
use crate::lab::{self, Direction, Frame};

/// The probes of a trace to a host that is one router away, as they left: whole IP packets.
fn packets(wanted: &Options, v6: bool) -> Option<(Vec<Vec<u8>>, Outcome)> {
    let lab = lab::begin("hops_live::packets", &[])?;
    let chain = lab.chain(1);
    let to: IpAddr = if v6 { chain.far_v6() } else { chain.far_v4() }.parse().unwrap();
    let capture = chain.a.capture("right");
    let out = chain.a.enter(|| trace(wanted, to, 1..=5));
    let is_probe = |frame: &&Frame| {
        let transport = frame.sliced().and_then(|s| s.transport);
        let from_us = frame.direction == Direction::Out;
        from_us
            && match transport {
                Some(TransportSlice::Udp(_)) => true,
                // The kernel's RST to a SYN-ACK is not ours.
                Some(TransportSlice::Tcp(t)) => !t.rst(),
                _ => false,
            }
    };
    let frames = capture.stop();
    let packets: Vec<_> = frames.iter().filter(is_probe).map(|f| f.ip().to_vec()).collect();
    assert_eq!(packets.len(), 5, "{out:#?}");
    Some((packets, out))
}

/// What a router may hash: addresses, protocol, class, label, the first four octets behind the IP header.
fn hashed(packet: &[u8]) -> Vec<u8> {
    if packet[0] >> 4 == 4 {
        [&packet[1..2], &packet[9..10], &packet[12..24]].concat()
    } else {
        [&packet[..4], &packet[6..7], &packet[8..44]].concat()
    }
}

/// Whether every checksum is what somebody else computes.
fn checksums_are_right(packet: &[u8]) {
    let sliced = SlicedPacket::from_ip(packet).unwrap();
    let (net, transport) = (sliced.net.unwrap(), sliced.transport.unwrap());
    let (sum, right) = match (&net, &transport) {
        (NetSlice::Ipv4(ip), TransportSlice::Udp(u)) => {
            let header = ip.header().to_header();
            assert_eq!(header.header_checksum, header.calc_header_checksum());
            (u.checksum(), u.to_header().calc_checksum_ipv4(&header, u.payload()).unwrap())
        }
        (NetSlice::Ipv6(ip), TransportSlice::Udp(u)) => {
            (u.checksum(), u.to_header().calc_checksum_ipv6(&ip.header().to_header(), u.payload()).unwrap())
        }
        (NetSlice::Ipv4(ip), TransportSlice::Tcp(t)) => {
            (t.checksum(), t.to_header().calc_checksum_ipv4(&ip.header().to_header(), t.payload()).unwrap())
        }
        (NetSlice::Ipv6(ip), TransportSlice::Tcp(t)) => {
            (t.checksum(), t.to_header().calc_checksum_ipv6(&ip.header().to_header(), t.payload()).unwrap())
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(sum, right);
    assert_ne!(sum, 0);
}

fn ident(packet: &[u8]) -> u16 {
    u16::from_be_bytes([packet[4], packet[5]])
}

fn checksum(packet: &[u8]) -> u16 {
    match SlicedPacket::from_ip(packet).unwrap().transport.unwrap() {
        TransportSlice::Udp(u) => u.checksum(),
        TransportSlice::Tcp(t) => t.checksum(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn paris_is_one_flow_and_the_checksum_counts() {
    for v6 in [false, true] {
        let Some((packets, out)) = packets(&udp(SocketChoice::Raw), v6) else { return };
        for (packet, n) in packets.iter().zip(1..) {
            checksums_are_right(packet);
            assert_eq!(hashed(packet), hashed(&packets[0]));
            assert_eq!(packet.len(), packets[0].len());
            assert_eq!(checksum(packet), n);
            assert_eq!(out.sent[usize::from(n) - 1].unwrap().checksum, Some(n));
            if v6 {
                assert_eq!(packet[1] & 0x0f, 0, "no flow label that changes");
                assert_eq!(packet[2..4], [0, 0]);
                assert_eq!(packet[7], n as u8, "hop limit");
            } else {
                assert_eq!(ident(packet), n);
                assert_eq!((packet[6], packet[8]), (0, n as u8), "no DF; hop limit");
            }
        }
    }
}

#[test]
fn large_ones_are_fragments_if_they_may_be() {
    for v6 in [false, true] {
        let mut wanted = udp(SocketChoice::Raw);
        // Too large for a header of our own, to all the network knows.
        wanted.sockets.size = 3000;
        let Some((packets, _)) = packets(&wanted, v6) else { return };
        for (packet, n) in packets.iter().zip(1..) {
            checksums_are_right(packet);
            assert_eq!(hashed(packet), hashed(&packets[0]));
            assert_eq!((checksum(packet), packet[if v6 { 7 } else { 8 }]), (n, n as u8));
        }
    }
}

#[test]
fn ordinary_sockets_keep_their_flow_too() {
    for v6 in [false, true] {
        let Some((packets, _)) = packets(&udp(SocketChoice::Dgram), v6) else { return };
        for (packet, n) in packets.iter().zip(1..) {
            assert_eq!(hashed(packet), hashed(&packets[0]));
            let payload = &packet[packet.len() - 12..];
            assert_eq!(u16::from_be_bytes([payload[0], payload[1]]), n, "the number is in the payload");
        }
    }
}

#[test]
fn classic_counts_ports_and_dublin_idents() {
    let Some((classic, _)) = packets(&options(Method::Udp(Numbering::Classic), SocketChoice::Raw, CLOSED), false)
    else {
        return;
    };
    for (packet, n) in classic.iter().zip(1..) {
        checksums_are_right(packet);
        assert_eq!(u16::from_be_bytes([packet[22], packet[23]]), CLOSED + n);
        assert_eq!(hashed(packet)[..12], hashed(&classic[0])[..12]);
    }
    let wanted = options(Method::Udp(Numbering::Dublin), SocketChoice::Raw, CLOSED);
    let Some((dublin, out)) = packets(&wanted, false) else { return };
    for (packet, n) in dublin.iter().zip(1_u16..) {
        checksums_are_right(packet);
        assert_eq!((ident(packet), packet[6]), (n, 0x40), "the ident counts, and DF is set");
        assert_eq!((hashed(packet), checksum(packet)), (hashed(&dublin[0]), checksum(&dublin[0])));
        assert_eq!(out.sent[usize::from(n) - 1].unwrap().checksum, Some(checksum(packet)));
    }
}

#[test]
fn tcp_is_one_flow_and_the_sequence_number_counts() {
    for v6 in [false, true] {
        let mut wanted = tcp(CLOSED);
        wanted.sockets.pmtu = Some(PmtuMode::Do);
        wanted.sockets.tos = Some(0x28);
        let Some((packets, out)) = packets(&wanted, v6) else { return };
        let mut base = None;
        for (packet, n) in packets.iter().zip(1_u16..) {
            checksums_are_right(packet);
            assert_eq!(hashed(packet), hashed(&packets[0]));
            let Some(TransportSlice::Tcp(t)) = SlicedPacket::from_ip(packet).unwrap().transport else { panic!() };
            assert!(t.syn() && !t.ack());
            assert_eq!(t.sequence_number() & 0xffff, u32::from(n));
            assert_eq!(*base.get_or_insert(t.sequence_number() >> 16), t.sequence_number() >> 16);
            assert_eq!(out.sent[usize::from(n) - 1].unwrap().checksum, Some(t.checksum()));
            if v6 {
                assert_eq!((packet[0], packet[1] & 0xf0), (0x62, 0x80), "the class");
            } else {
                assert_eq!((packet[1], packet[6]), (0x28, 0x40), "TOS and DF");
            }
        }
    }
    // Another run has another base.
    let base = |_| {
        let (packets, _) = packets(&options(Method::Tcp(Tcp::default()), SocketChoice::Raw, CLOSED), false)?;
        Some(packets[0][24..26].to_vec())
    };
    let bases: Option<std::collections::HashSet<_>> = (0..3).map(base).collect();
    assert!(bases.is_none_or(|b| b.len() > 1), "drawn anew");
}

/// Echo requests are `net::icmp`'s; what routers hash of IPv6 is nevertheless one for all.
#[test]
fn echo_requests_keep_their_flow_label() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let to: IpAddr = "fd00:1::2".parse().unwrap();
    for choice in [SocketChoice::Raw, SocketChoice::Dgram] {
        let wanted = icmp::Options { socket: choice, window: 16, size: 12, ..icmp::Options::default() };
        let capture = pair.a.capture("eth0");
        pair.a.enter(|| {
            let mut net = icmp::Sockets::open(&wanted).unwrap().into_net(&wanted, &[to.into()]).unwrap();
            let mut batch = Batch::new(9);
            for seq in 1..=9 {
                batch.push(Probe::new(Key::default(), to.into(), Exchange::Echo, Seq(seq)), 12);
            }
            net.send(&mut batch, &mut Vec::new());
            // The neighbour is looked for first.
            let until = net.now().boot + Duration::from_millis(500);
            while net.now().boot < until {
                net.wait(Some(until), &[]).unwrap();
                net.take(&mut |_, _| {}).unwrap();
            }
        });
        let frames = capture.stop();
        let sent: Vec<_> = frames.iter().filter(|f| f.icmp().is_some_and(|m| m.is_echo_request())).collect();
        assert_eq!(sent.len(), 9);
        assert!(sent.iter().all(|frame| frame.ip()[..4] == sent[0].ip()[..4]), "class and label");
    }
}
