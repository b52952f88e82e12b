//! IP packets of both families as the responder reads and writes them, plainly.
//!
//! Reading trusts nothing; writing can tell lies on purpose (see `message.rs`). `tests/lab_responder.rs` holds what is
//! written here against `etherparse`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Protocol numbers (IANA).
pub const ICMP: u8 = 1;
/// See [`ICMP`].
pub const TCP: u8 = 6;
/// See [`ICMP`].
pub const UDP: u8 = 17;
/// See [`ICMP`].
pub const ICMPV6: u8 = 58;

/// What the header of a packet says, and where its payload begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ip {
    /// Source.
    pub src: IpAddr,
    /// Destination.
    pub dst: IpAddr,
    /// Time to live or hop limit.
    pub ttl: u8,
    /// Type of service or traffic class.
    pub tos: u8,
    /// IPv6 flow label.
    pub label: u32,
    /// Identification, of the fragment header on IPv6.
    pub id: u32,
    /// Routers may not fragment it (always so on IPv6).
    pub dont_fragment: bool,
    /// Fragments follow.
    pub more: bool,
    /// Offset of this fragment, bytes.
    pub offset: usize,
    /// The protocol of the payload.
    pub protocol: u8,
    /// IPv4 options.
    pub options: Vec<u8>,
    /// Length of all headers before the payload.
    pub header_len: usize,
}

impl Ip {
    /// Reads a packet; also gives its bytes cut to the length that it claims.
    pub fn parse(bytes: &[u8]) -> Option<(Ip, &[u8])> {
        match bytes.first()? >> 4 {
            4 => parse_v4(bytes),
            6 => parse_v6(bytes),
            _ => None,
        }
    }

    /// It is one piece of several.
    pub fn is_fragment(&self) -> bool {
        self.more || self.offset > 0
    }
}

fn be16(b: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*b.get(at)?, *b.get(at + 1)?]))
}

fn parse_v4(bytes: &[u8]) -> Option<(Ip, &[u8])> {
    let header_len = usize::from(bytes[0] & 15) * 4;
    let total = usize::from(be16(bytes, 2)?);
    if header_len < 20 || total < header_len {
        return None;
    }
    let bytes = bytes.get(..total)?;
    let fragment = be16(bytes, 6)?;
    let addr = |at: usize| Ipv4Addr::new(bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]);
    let ip = Ip {
        src: addr(12).into(),
        dst: addr(16).into(),
        ttl: bytes[8],
        tos: bytes[1],
        label: 0,
        id: be16(bytes, 4)?.into(),
        dont_fragment: fragment & 0x4000 != 0,
        more: fragment & 0x2000 != 0,
        offset: usize::from(fragment & 0x1fff) * 8,
        protocol: bytes[9],
        options: bytes[20..header_len].to_vec(),
        header_len,
    };
    Some((ip, bytes))
}

fn parse_v6(bytes: &[u8]) -> Option<(Ip, &[u8])> {
    let bytes = bytes.get(..40 + usize::from(be16(bytes, 4)?))?;
    let addr = |at: usize| <[u8; 16]>::try_from(&bytes[at..at + 16]).map(Ipv6Addr::from);
    let mut ip = Ip {
        src: addr(8).ok()?.into(),
        dst: addr(24).ok()?.into(),
        ttl: bytes[7],
        tos: bytes[0] << 4 | bytes[1] >> 4,
        label: u32::from_be_bytes([0, bytes[1] & 15, bytes[2], bytes[3]]),
        id: 0,
        dont_fragment: true,
        more: false,
        offset: 0,
        protocol: bytes[6],
        options: Vec::new(),
        header_len: 40,
    };
    // Hop-by-hop, routing and destination options have a length; the fragment header is eight bytes.
    loop {
        let at = ip.header_len;
        match ip.protocol {
            0 | 43 | 60 => {
                ip.protocol = *bytes.get(at)?;
                ip.header_len += 8 + usize::from(*bytes.get(at + 1)?) * 8;
            }
            44 => {
                let field = be16(bytes, at + 2)?;
                ip.offset = usize::from(field & !7);
                ip.more = field & 1 != 0;
                ip.id = u32::from(be16(bytes, at + 4)?) << 16 | u32::from(be16(bytes, at + 6)?);
                ip.protocol = *bytes.get(at)?;
                ip.header_len += 8;
                if ip.offset > 0 {
                    break;
                }
            }
            _ => break,
        }
    }
    (ip.header_len <= bytes.len()).then_some((ip, bytes))
}

/// The one's complement sum of RFC 1071 over several pieces; each but the last has an even length.
pub fn checksum(pieces: &[&[u8]]) -> u16 {
    let mut sum = 0u64;
    for piece in pieces {
        for pair in piece.chunks(2) {
            sum += u64::from(u16::from_be_bytes([pair[0], *pair.get(1).unwrap_or(&0)]));
        }
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// Where a protocol has its checksum.
pub fn checksum_at(protocol: u8) -> Option<usize> {
    match protocol {
        ICMP | ICMPV6 => Some(2),
        UDP => Some(6),
        TCP => Some(16),
        _ => None,
    }
}

/// The checksum of a message whose checksum field holds 0 (or, of a right one: 0), with the pseudo-header of all
/// protocols but ICMP.
pub fn upper_checksum(src: IpAddr, dst: IpAddr, protocol: u8, message: &[u8]) -> u16 {
    let len = (message.len() as u32).to_be_bytes();
    match (src, dst) {
        _ if protocol == ICMP => checksum(&[message]),
        (IpAddr::V6(src), IpAddr::V6(dst)) => {
            checksum(&[&src.octets(), &dst.octets(), &len, &[0, 0, 0, protocol], message])
        }
        (IpAddr::V4(src), IpAddr::V4(dst)) => checksum(&[&src.octets(), &dst.octets(), &len, &[0, protocol], message]),
        _ => 0,
    }
}

/// The same for an ICMP or ICMPv6 message, by the family of its addresses.
pub fn icmp_checksum(src: IpAddr, dst: IpAddr, message: &[u8]) -> u16 {
    upper_checksum(src, dst, if src.is_ipv4() { ICMP } else { ICMPV6 }, message)
}

/// A packet to be written.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Source.
    pub src: IpAddr,
    /// Destination, of the same family.
    pub dst: IpAddr,
    /// Time to live or hop limit.
    pub ttl: u8,
    /// Type of service or traffic class.
    pub tos: u8,
    /// IPv4 options (padded here), or the inside of an IPv6 destination options header.
    pub options: Vec<u8>,
    /// Protocol of the payload.
    pub protocol: u8,
    /// The payload.
    pub payload: Vec<u8>,
}

impl Outgoing {
    /// The bytes, with right lengths and header checksum.
    pub fn build(&self) -> Vec<u8> {
        match (self.src, self.dst) {
            (IpAddr::V4(src), IpAddr::V4(dst)) => self.build_v4(src, dst),
            (IpAddr::V6(src), IpAddr::V6(dst)) => self.build_v6(src, dst),
            (src, dst) => panic!("a packet from {src} to {dst}"),
        }
    }

    fn build_v4(&self, src: Ipv4Addr, dst: Ipv4Addr) -> Vec<u8> {
        let mut options = self.options.clone();
        options.resize(options.len().next_multiple_of(4), 0);
        let header_len = 20 + options.len();
        let total = (header_len + self.payload.len()) as u16;
        let mut b = vec![0x40 | (header_len / 4) as u8, self.tos];
        b.extend(total.to_be_bytes());
        b.extend([0, 0, 0, 0, self.ttl, self.protocol, 0, 0]);
        b.extend(src.octets());
        b.extend(dst.octets());
        b.extend(options);
        seal_v4(&mut b, header_len);
        b.extend(&self.payload);
        b
    }

    fn build_v6(&self, src: Ipv6Addr, dst: Ipv6Addr) -> Vec<u8> {
        let mut extension = Vec::new();
        if !self.options.is_empty() {
            let len = (2 + self.options.len()).next_multiple_of(8);
            extension.extend([self.protocol, (len / 8 - 1) as u8]);
            extension.extend(&self.options);
            match len - extension.len() {
                0 => {}
                1 => extension.push(0),
                n => {
                    extension.extend([1, (n - 2) as u8]);
                    extension.resize(len, 0);
                }
            }
        }
        let next = if extension.is_empty() { self.protocol } else { 60 };
        let mut b = vec![0x60 | self.tos >> 4, self.tos << 4, 0, 0];
        b.extend(((extension.len() + self.payload.len()) as u16).to_be_bytes());
        b.extend([next, self.ttl]);
        b.extend(src.octets());
        b.extend(dst.octets());
        b.extend(extension);
        b.extend(&self.payload);
        b
    }
}

/// Puts the right header checksum into an IPv4 header; does nothing to what is too short.
pub fn seal_v4(bytes: &mut [u8], header_len: usize) {
    if let Some(header) = bytes.get_mut(..header_len).filter(|h| h.len() >= 20) {
        header[10..12].fill(0);
        let sum = checksum(&[header]);
        header[10..12].copy_from_slice(&sum.to_be_bytes());
    }
}
