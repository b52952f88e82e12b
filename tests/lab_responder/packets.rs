//! Probes made by `etherparse`, and answers as `etherparse` reads them.

use std::net::{IpAddr, Ipv6Addr};

use etherparse::checksum::Sum16BitWords;
use etherparse::{NetSlice, PacketBuilder, SlicedPacket, TransportSlice};

use crate::lab::Scenario;
use crate::lab::responder::{Due, Network};

/// A millisecond in nanoseconds.
pub(crate) const MS: u64 = 1_000_000;

/// A target in each family.
pub(crate) const TARGETS: [&str; 2] = ["10.9.1.1", "fd00:9:1::1"];

/// The prober of both families.
const SOURCE: ([u8; 4], Ipv6Addr) = ([10, 200, 0, 2], Ipv6Addr::new(0xfd00, 0x200, 0, 0, 0, 0, 0, 2));

/// An echo request made by `etherparse`.
pub(crate) fn echo(dst: &str, seq: u16, ttl: u8) -> Vec<u8> {
    let payload: Vec<u8> = (0..56).collect();
    let mut bytes = Vec::new();
    match dst.parse().unwrap() {
        IpAddr::V4(dst) => PacketBuilder::ipv4(SOURCE.0, dst.octets(), ttl)
            .icmpv4_echo_request(0x4242, seq)
            .write(&mut bytes, &payload)
            .unwrap(),
        IpAddr::V6(dst) => {
            PacketBuilder::ipv6(SOURCE.1.octets(), dst.octets(), ttl)
                .icmpv6_echo_request(0x4242, seq)
                .write(&mut bytes, &payload)
                .unwrap();
        }
    }
    bytes
}

/// An answer as `etherparse` reads it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) src: IpAddr,
    pub(crate) ttl: u8,
    pub(crate) kind: u8,
    pub(crate) code: u8,
    pub(crate) ident: u16,
    pub(crate) seq: u16,
    pub(crate) checksum_ok: bool,
    pub(crate) message: Vec<u8>,
}

pub(crate) fn read(bytes: &[u8]) -> Read {
    let sliced = SlicedPacket::from_ip(bytes).unwrap();
    let (src, dst, ttl): (IpAddr, IpAddr, u8) = match sliced.net.unwrap() {
        NetSlice::Ipv4(ip) => {
            assert_eq!(ip.header().to_header().calc_header_checksum(), ip.header().header_checksum());
            (ip.header().source_addr().into(), ip.header().destination_addr().into(), ip.header().ttl())
        }
        NetSlice::Ipv6(ip) => {
            (ip.header().source_addr().into(), ip.header().destination_addr().into(), ip.header().hop_limit())
        }
        other => panic!("{other:?}"),
    };
    let (message, checksum_ok) = match (sliced.transport.unwrap(), src, dst) {
        (TransportSlice::Icmpv4(m), ..) => (m.slice().to_vec(), sums_to_zero(Sum16BitWords::new(), m.slice())),
        (TransportSlice::Icmpv6(m), IpAddr::V6(src), IpAddr::V6(dst)) => {
            // RFC 8200 8.1; `calc_checksum` of a type takes what the type does not know for zeros.
            let length = (m.slice().len() as u32).to_be_bytes();
            let pseudo = Sum16BitWords::new().add_16bytes(src.octets()).add_16bytes(dst.octets()).add_4bytes(length);
            (m.slice().to_vec(), sums_to_zero(pseudo.add_2bytes([0, 58]), m.slice()))
        }
        (TransportSlice::Udp(m), ..) => (m.slice().to_vec(), transport_ok(bytes)),
        (TransportSlice::Tcp(m), ..) => (m.slice().to_vec(), transport_ok(bytes)),
        other => panic!("{other:?}"),
    };
    let word = |at| u16::from_be_bytes([message[at], message[at + 1]]);
    Read { src, ttl, kind: message[0], code: message[1], ident: word(4), seq: word(6), checksum_ok, message }
}

pub(crate) fn one(due: &[Due]) -> (u64, Read) {
    let [(at, bytes)] = due else { panic!("{} answers", due.len()) };
    (*at, read(bytes))
}

fn sums_to_zero(sum: Sum16BitWords, message: &[u8]) -> bool {
    sum.add_slice(message).ones_complement() == 0
}

/// A UDP datagram made by `etherparse`.
pub(crate) fn udp(dst: &str, ports: (u16, u16), ttl: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    builder(dst, ttl, |ip| ip.udp(ports.0, ports.1).write(&mut bytes, b"probe").unwrap());
    bytes
}

/// A TCP SYN made by `etherparse`.
pub(crate) fn syn(dst: &str, ports: (u16, u16), seq: u32, ttl: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    builder(dst, ttl, |ip| ip.tcp(ports.0, ports.1, seq, 1024).syn().write(&mut bytes, &[]).unwrap());
    bytes
}

fn builder(dst: &str, ttl: u8, write: impl FnOnce(etherparse::PacketBuilderStep<etherparse::IpHeaders>)) {
    write(match dst.parse().unwrap() {
        IpAddr::V4(dst) => PacketBuilder::ipv4(SOURCE.0, dst.octets(), ttl),
        IpAddr::V6(dst) => PacketBuilder::ipv6(SOURCE.1.octets(), dst.octets(), ttl),
    });
}

/// Whether the checksum of a UDP datagram or TCP segment is right.
pub(crate) fn transport_ok(bytes: &[u8]) -> bool {
    let packet = etherparse::PacketHeaders::from_ip_slice(bytes).unwrap();
    let payload = packet.payload.slice();
    let (Some(net), Some(transport)) = (packet.net, packet.transport) else { panic!("no transport") };
    let right = match (&net, &transport) {
        (etherparse::NetHeaders::Ipv4(ip, _), etherparse::TransportHeader::Udp(h)) => h.calc_checksum_ipv4(ip, payload),
        (etherparse::NetHeaders::Ipv6(ip, _), etherparse::TransportHeader::Udp(h)) => h.calc_checksum_ipv6(ip, payload),
        (etherparse::NetHeaders::Ipv4(ip, _), etherparse::TransportHeader::Tcp(h)) => h.calc_checksum_ipv4(ip, payload),
        (etherparse::NetHeaders::Ipv6(ip, _), etherparse::TransportHeader::Tcp(h)) => h.calc_checksum_ipv6(ip, payload),
        other => panic!("{other:?}"),
    };
    let written = match &transport {
        etherparse::TransportHeader::Udp(h) => h.checksum,
        etherparse::TransportHeader::Tcp(h) => h.checksum,
        other => panic!("{other:?}"),
    };
    right.unwrap() == written
}

/// Hops whose tables have these lines of their own, and a host of both families behind them.
pub(crate) fn network(hops: &[&str], host: &str) -> Network {
    let mut text = "title = 'test'\nseed = 7\n".to_owned();
    for (i, lines) in hops.iter().enumerate() {
        let at = i + 1;
        let address = format!("address = ['10.255.{at}.1', 'fd00:ff:{at}::1']");
        let has_own = lines.contains("prefix") || lines.contains("branch");
        text += &format!("[[hop]]\n{}\n{lines}\n", if has_own { "" } else { &address });
    }
    Network::new(Scenario::parse(&format!("{text}[[host]]\nprefix = ['10.9.0.0/16', 'fd00:9::/32']\n{host}")))
}

/// An address.
pub(crate) fn addr(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// The packet that an error quotes.
pub(crate) fn quoted(error: &Read) -> Vec<u8> {
    error.message[8..].to_vec()
}

/// The type of service or traffic class of a packet.
pub(crate) fn tos(packet: &[u8]) -> u8 {
    if packet[0] >> 4 == 4 { packet[1] } else { packet[0] << 4 | packet[1] >> 4 }
}
