//! Echo requests as bytes: built once, then only the sequence number and the checksum change.

use std::net::Ipv4Addr;

/// ping's default: 56 bytes of data behind 8 of header.
pub const ECHO: usize = 64;
pub const IP: usize = 20;
pub const ETHERNET: usize = 14;

/// The one's complement sum of RFC 1071, not yet complemented.
pub fn sum(bytes: &[u8]) -> u32 {
    bytes.chunks(2).map(|pair| u32::from(u16::from_be_bytes([pair[0], *pair.get(1).unwrap_or(&0)]))).sum()
}

/// The checksum of a sum.
pub fn fold(mut sum: u32) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// An echo request that is stamped out again and again.
pub struct Template {
    bytes: Vec<u8>,
    /// Where the ICMP header begins.
    icmp: usize,
    base: u32,
}

impl Template {
    /// The ICMP message alone, for a raw socket.
    pub fn echo(ident: u16) -> Self {
        let mut bytes = vec![8, 0, 0, 0];
        bytes.extend(ident.to_be_bytes());
        bytes.extend([0, 0]);
        bytes.extend((bytes.len()..ECHO).map(|i| i as u8));
        Template { base: sum(&bytes), bytes, icmp: 0 }
    }

    /// The whole frame, for a packet socket.
    pub fn frame(ident: u16, from: ([u8; 6], Ipv4Addr), to: ([u8; 6], Ipv4Addr)) -> Self {
        let echo = Template::echo(ident);
        let mut ip = vec![0x45, 0];
        ip.extend(((IP + ECHO) as u16).to_be_bytes());
        ip.extend([0, 0, 0x40, 0, 64, 1, 0, 0]);
        ip.extend(from.1.octets());
        ip.extend(to.1.octets());
        let check = fold(sum(&ip));
        ip[10..12].copy_from_slice(&check.to_be_bytes());
        let mut bytes = [to.0, from.0].concat();
        bytes.extend([0x08, 0x00]);
        bytes.extend(ip);
        bytes.extend(echo.bytes);
        Template { bytes, icmp: ETHERNET + IP, base: echo.base }
    }

    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The whole probe into a buffer, once.
    pub fn copy(&self, to: &mut [u8]) {
        to[..self.bytes.len()].copy_from_slice(&self.bytes);
    }

    /// Number and checksum into a buffer that holds a copy.
    pub fn number(&self, to: &mut [u8], seq: u16) {
        to[self.icmp + 6..self.icmp + 8].copy_from_slice(&seq.to_be_bytes());
        to[self.icmp + 2..self.icmp + 4].copy_from_slice(&fold(self.base + u32::from(seq)).to_be_bytes());
    }
}

/// ICMP's type (8 request, 0 reply), ident and sequence.
pub type Echo = (u8, u32, u16);

/// An echo request or reply in an IPv4 packet.
pub fn read_echo(packet: &[u8]) -> Option<Echo> {
    let header = usize::from(packet.first()? & 15) * 4;
    if packet.get(9)? != &1 {
        return None;
    }
    let icmp = packet.get(header..header + 8)?;
    let word = |at: usize| u16::from_be_bytes([icmp[at], icmp[at + 1]]);
    matches!(icmp[0], 0 | 8).then(|| (icmp[0], u32::from(word(4)), word(6)))
}
