//! Lines of frames built by `etherparse` or by hand, and that no frame makes an unfit one.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::units::{MacAddr, Ttl};
use crate::wire::ipv6;
use crate::wire::ndp::{ALL_NODES, HOP_LIMIT, Preference, Repr, solicited_node};
use etherparse::PacketBuilder;
use proptest::prelude::*;
use std::net::Ipv6Addr;

const US: [u8; 6] = [2, 0, 0, 0, 0, 1];
const THEM: [u8; 6] = [2, 0, 0, 0, 0, 2];
const ENDS: &str = "02:00:00:00:00:01 > 02:00:00:00:00:02 ";

fn line(bytes: &[u8]) -> String {
    assert!(is_fit(bytes));
    Line(&Frame::new_checked(bytes).unwrap()).to_string()
}

#[track_caller]
fn check(bytes: &[u8], expected: &str) {
    assert_eq!(line(bytes), format!("{ENDS}{expected}"));
}

fn link() -> etherparse::PacketBuilderStep<etherparse::Ethernet2Header> {
    PacketBuilder::ethernet2(US, THEM)
}

/// A frame of this type.
fn frame(ether_type: u16, payload: &[u8]) -> Vec<u8> {
    [&THEM[..], &US, &ether_type.to_be_bytes(), payload].concat()
}

#[test]
fn transports() {
    let four = || link().ipv4([10, 1, 0, 1], [10, 1, 0, 2], 64);
    let six = || link().ipv6(Ipv6Addr::LOCALHOST.octets(), Ipv6Addr::LOCALHOST.octets(), 64);
    let mut bytes = Vec::new();
    four().tcp(4242, 80, 7, 64_240).syn().write(&mut bytes, b"").unwrap();
    check(&bytes, "IPv4 10.1.0.1:4242 > 10.1.0.2:80 TCP SYN seq 7 win 64240, 0 bytes, ttl 64");
    bytes.clear();
    six().tcp(4242, 80, 7, 1).ack(9).psh().write(&mut bytes, b"hello").unwrap();
    check(&bytes, "IPv6 [::1]:4242 > [::1]:80 TCP PSH ACK seq 7 ack 9 win 1, 5 bytes, hlim 64");
    bytes[14 + 40 + 12] = 0x10;
    check(&bytes, "IPv6 [::1]:4242 > [::1]:80 TCP PSH ACK seq 7 ack 9 win 1, broken: header of 4 bytes, hlim 64");
    bytes.clear();
    link()
        .single_vlan(5.try_into().unwrap())
        .ipv4([10, 1, 0, 1], [10, 1, 0, 2], 1)
        .udp(53, 54)
        .write(&mut bytes, b"abc")
        .unwrap();
    check(&bytes, "vlan 5 IPv4 10.1.0.1:53 > 10.1.0.2:54 UDP, 3 bytes, ttl 1");
    bytes.truncate(14 + 4 + 20 + 3);
    check(
        &bytes,
        "vlan 5 IPv4 10.1.0.1 > 10.1.0.2 UDP, broken: UDP header, byte 3: 8 bytes needed, 3 there, ttl 1, cut",
    );
    bytes.clear();
    four().icmpv4_echo_request(3, 4).write(&mut bytes, &[0; 56]).unwrap();
    check(&bytes, "IPv4 10.1.0.1 > 10.1.0.2 ICMP echo request ident 3 seq 4, 56 bytes, ttl 64");
    bytes[20..22].copy_from_slice(&[0x20, 5]);
    check(&bytes, "IPv4 10.1.0.1 > 10.1.0.2 ICMP, 64 bytes, ttl 64, fragment 0x0 at 40+");
    bytes.clear();
    four().write(&mut bytes, etherparse::IpNumber(132), b"1234").unwrap();
    check(&bytes, "IPv4 10.1.0.1 > 10.1.0.2 SCTP, 4 bytes, ttl 64");
    bytes[14] = 0x42;
    check(&bytes, "IPv4, broken: IPv4 header, byte 0: impossible length 8");
}

#[test]
fn an_error_names_what_it_is_about() {
    let mut quoted = Vec::new();
    PacketBuilder::ipv4([10, 1, 0, 1], [10, 1, 0, 2], 1).udp(4242, 9).write(&mut quoted, b"").unwrap();
    let mut message = vec![3, 3, 0, 0, 0, 0, 0, 0];
    message.extend(quoted);
    let mut bytes = Vec::new();
    let four = link().ipv4([10, 1, 0, 2], [10, 1, 0, 1], 64);
    four.write(&mut bytes, etherparse::IpNumber::ICMP, &message).unwrap();
    check(
        &bytes,
        "IPv4 10.1.0.2 > 10.1.0.1 ICMP Destination Port Unreachable about 10.1.0.1:4242 > 10.1.0.2:9 UDP, ttl 64",
    );
}

#[test]
fn arp_in_words() {
    let packet = arp::Packet {
        operation: Operation::Request,
        sender_mac: MacAddr(US),
        sender: [10, 1, 0, 1].into(),
        target_mac: MacAddr::ZERO,
        target: [10, 1, 0, 2].into(),
    };
    let shown = |packet: arp::Packet| line(&frame(0x0806, &packet.emit())).split_off(ENDS.len());
    assert_eq!(shown(packet), "ARP who has 10.1.0.2? tell 10.1.0.1");
    assert_eq!(shown(arp::Packet { operation: Operation::Reply, ..packet }), "ARP 10.1.0.1 is at 02:00:00:00:00:01");
    assert_eq!(shown(arp::Packet { sender: [0; 4].into(), ..packet }), "ARP is 10.1.0.2 in use?");
    let own = arp::Packet { sender: packet.target, ..packet };
    assert_eq!(shown(own), "ARP 10.1.0.2 is announced at 02:00:00:00:00:01");
    assert_eq!(
        shown(arp::Packet { operation: Operation::Other(9), ..packet }),
        "ARP operation 9, 10.1.0.1 to 10.1.0.2"
    );
    check(&frame(0x0806, &[0, 1, 8, 0, 6]), "ARP, broken: ARP packet, byte 5: 28 bytes needed, 5 there");
    check(&frame(0x88b5, b"Hi"), "type 0x88b5, 2 bytes");
    check(&frame(0x0002, b"Hi\0\0\0"), "802.3, 2 bytes");
    check(&frame(0x88cc, b"\x1b[31m"), "LLDP (0x88cc), 5 bytes");
}

fn ndp(repr: &Repr<'_>, src: Ipv6Addr, dst: Ipv6Addr) -> Vec<u8> {
    let mut message = [0; 256];
    let len = repr.emit(src, dst, &mut message).unwrap();
    let ip = ipv6::Repr {
        src,
        dst,
        traffic_class: 0,
        flow_label: 0,
        next_header: protocol::ICMPV6,
        hop_limit: HOP_LIMIT,
        payload_len: len,
    };
    let mut header = [0; ipv6::HEADER_LEN];
    ip.emit(&mut header).unwrap();
    frame(0x86dd, &[&header[..], &message[..len]].concat())
}

#[test]
fn neighbours_and_routers() {
    let (us, them): (Ipv6Addr, Ipv6Addr) = ("fe80::1".parse().unwrap(), "fe80::2".parse().unwrap());
    let group = solicited_node(them);
    let ask = |from| Repr::NeighborSolicitation { target: them, from, nonce: None };
    check(
        &ndp(&ask(Some(MacAddr(US))), us, group),
        "IPv6 fe80::1 > ff02::1:ff00:2 NDP who has fe80::2? tell 02:00:00:00:00:01, hlim 255",
    );
    check(&ndp(&ask(None), Ipv6Addr::UNSPECIFIED, group), "IPv6 :: > ff02::1:ff00:2 NDP is fe80::2 in use?, hlim 255");
    let answer = Repr::NeighborAdvertisement { router: true, solicited: true, replaces: false, target: us, at: None };
    check(&ndp(&answer, us, them), "IPv6 fe80::1 > fe80::2 NDP fe80::1 is at the sender router solicited, hlim 255");
    let router = Advertisement {
        hop_limit: Ttl(64),
        managed: false,
        other: true,
        home_agent: false,
        proxy: false,
        preference: Preference::Medium,
        lifetime_s: 1800,
        reachable_ms: 0,
        retransmit_ms: 0,
    };
    let mut options = vec![5, 1, 0, 0, 0, 0, 5, 0xdc, 31, 2, 0, 0, 0, 0, 0, 9];
    options.extend(b"\x04\x1b[3\x07\0\0\0");
    options[9] = 2;
    check(
        &ndp(&Repr::RouterAdvertisement { router, options: &options }, us, ALL_NODES),
        "IPv6 fe80::1 > ff02::1 NDP router for 1800 s, preference medium other, mtu 1500, search [3, hlim 255",
    );
}

proptest! {
    #[test]
    fn every_line_is_fit(
        ty in proptest::sample::select(vec![0x0800u16, 0x86dd, 0x0806, 0x8100, 0x88b5, 60]),
        head in proptest::sample::select(vec![vec![0x45], vec![0x60], vec![0, 1, 8, 0, 6, 4, 0], vec![]]),
        protocol in proptest::sample::select(vec![1u8, 6, 17, 58, 44]),
        mut bytes in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        for at in [5, 8] {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = protocol;
            }
        }
        let payload = [head, bytes].concat();
        prop_assert!(is_fit(&frame(ty, &payload)));
        let tagged = [&[0, 5][..], &ty.to_be_bytes(), &payload].concat();
        prop_assert!(is_fit(&frame(0x8100, &tagged)));
    }
}
