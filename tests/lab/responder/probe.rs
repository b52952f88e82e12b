//! A packet on its way through the simulated network, and the way back to its sender.

use std::net::IpAddr;

use super::log::Kind;
use super::packet::{ICMP, ICMPV6, Ip, Outgoing, TCP, UDP, icmp_checksum};

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
    /// Its ICMP checksum is right, or it has none.
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
            (UDP, Some(_)) => Kind::Udp,
            (TCP, Some(_)) => Kind::Tcp,
            _ => Kind::Other,
        };
        let (ident, seq) = match kind {
            Kind::Echo | Kind::Timestamp => (word(4), word(6)),
            Kind::Udp | Kind::Tcp => (word(0), word(2)),
            Kind::Other => (0, 0),
        };
        let is_icmp = matches!(kind, Kind::Echo | Kind::Timestamp) && !ip.is_fragment();
        let checksum_ok = !is_icmp || icmp_checksum(ip.src, ip.dst, body) == 0;
        Probe { now, ip, packet, kind, ident, seq, checksum_ok }
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
