//! A packet on its way through the simulated network, and the way back to its sender.

use std::net::IpAddr;

use super::log::Kind;
use super::packet::{ICMP, ICMPV6, Ip, Outgoing, TCP, UDP, upper_checksum};

/// A packet on its way.
pub struct Probe<'p> {
    /// When it came.
    pub now: u64,
    /// Its header.
    pub ip: Ip,
    /// All of it.
    pub packet: &'p [u8],
    /// What it is.
    pub kind: Kind,
    /// Ident or source port.
    pub ident: u16,
    /// Sequence number or destination port.
    pub seq: u16,
    /// The checksum of its message is right, or it has none.
    pub checksum_ok: bool,
}

impl<'p> Probe<'p> {
    /// Reads what lies behind the header.
    pub fn new(now: u64, ip: Ip, packet: &'p [u8]) -> Probe<'p> {
        let body = &packet[ip.header_len..];
        let word = |at: usize| body.get(at..at + 2).map_or(0, |b| u16::from_be_bytes([b[0], b[1]]));
        let kind = match (ip.protocol, body.first()) {
            _ if ip.is_fragment() && ip.offset > 0 => Kind::Other,
            (ICMP, Some(8)) | (ICMPV6, Some(128)) if body.len() >= 8 => Kind::Echo,
            (ICMP, Some(13)) if body.len() >= 20 => Kind::Timestamp,
            (UDP, _) if body.len() >= 8 => Kind::Udp,
            (TCP, _) if body.len() >= 20 => Kind::Tcp,
            _ => Kind::Other,
        };
        let (ident, seq) = match kind {
            Kind::Echo | Kind::Timestamp => (word(4), word(6)),
            Kind::Udp | Kind::Tcp => (word(0), word(2)),
            Kind::Other => (0, 0),
        };
        // RFC 768: no checksum is a zero, on IPv4 only.
        let unsummed = kind == Kind::Other || kind == Kind::Udp && ip.src.is_ipv4() && word(6) == 0;
        let checksum_ok =
            unsummed || ip.is_fragment() || upper_checksum(ip.src, ip.dst, ip.protocol, message(kind, body)) == 0;
        Probe { now, ip, packet, kind, ident, seq, checksum_ok }
    }

    /// The first four bytes behind the header, zeros where they are missing.
    pub fn first_four(&self) -> [u8; 4] {
        self.body().first_chunk().copied().unwrap_or_default()
    }

    /// What lies behind the headers.
    pub fn body(&self) -> &[u8] {
        &self.packet[self.ip.header_len..]
    }

    /// A packet back to its sender.
    pub fn reply(&self, src: IpAddr, ttl: u8, payload: Vec<u8>) -> Outgoing {
        let protocol = if src.is_ipv4() { ICMP } else { ICMPV6 };
        Outgoing { src, dst: self.ip.src, ttl, tos: 0, options: Vec::new(), protocol, payload }
    }
}

/// A UDP datagram may be shorter than the packet that it is in.
fn message(kind: Kind, body: &[u8]) -> &[u8] {
    match (kind, body) {
        (Kind::Udp, [_, _, _, _, hi, lo, ..]) => {
            body.get(..usize::from(u16::from_be_bytes([*hi, *lo]))).unwrap_or(body)
        }
        _ => body,
    }
}
