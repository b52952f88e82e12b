//! The TCP header (RFC 9293 §3.1): as probes send it, as answers bring it, and as ICMP errors quote it, which is often
//! its first eight bytes only.

use super::bytes::{be16, be32, u8_at};
use super::checksum;
use super::malformed::{Fault, Malformed, Part};
use crate::units::Port;
use std::fmt;
use std::net::IpAddr;

/// Octets that every quote holds (RFC 792): ports and sequence number.
pub const QUOTED_LEN: usize = 8;

/// Octets of a header without options.
pub const MIN_HEADER_LEN: usize = 20;
/// Octets of options that a header has room for.
pub const MAX_OPTIONS_LEN: usize = 40;

/// The flags, as bits of octet 13.
#[allow(missing_docs)] // the names are RFC 9293's
pub mod flag {
    pub const FIN: u8 = 0x01;
    pub const SYN: u8 = 0x02;
    pub const RST: u8 = 0x04;
    pub const PSH: u8 = 0x08;
    pub const ACK: u8 = 0x10;
    pub const URG: u8 = 0x20;
    pub const ECE: u8 = 0x40;
    pub const CWR: u8 = 0x80;
}

/// The flags of a segment, shown by name: `SYN ACK`; `none` where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Flags(pub u8);

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [(u8, &str); 8] = [
            (flag::SYN, "SYN"),
            (flag::FIN, "FIN"),
            (flag::RST, "RST"),
            (flag::PSH, "PSH"),
            (flag::ACK, "ACK"),
            (flag::URG, "URG"),
            (flag::ECE, "ECE"),
            (flag::CWR, "CWR"),
        ];
        if self.0 == 0 {
            return f.write_str("none");
        }
        let set = NAMES.iter().filter(|(bit, _)| self.0 & bit != 0).map(|(_, name)| name);
        for (i, name) in set.enumerate() {
            write!(f, "{}{name}", if i > 0 { " " } else { "" })?;
        }
        Ok(())
    }
}

/// A view of at least the first eight octets of a TCP header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    fixed: &'a [u8; QUOTED_LEN],
    all: &'a [u8],
}

impl<'a> Header<'a> {
    /// Checks that ports and sequence number are there; what comes after is told field by field.
    ///
    /// # Errors
    /// Fewer than 8 bytes.
    pub fn new_checked(bytes: &'a [u8]) -> Result<Header<'a>, Malformed> {
        match bytes.first_chunk::<QUOTED_LEN>() {
            Some(fixed) => Ok(Header { fixed, all: bytes }),
            None => Err(Malformed::truncated(Part::Tcp, QUOTED_LEN, bytes.len())),
        }
    }

    /// Source port.
    #[must_use]
    pub fn src_port(&self) -> Port {
        Port(u16::from_be_bytes([self.fixed[0], self.fixed[1]]))
    }

    /// Destination port.
    #[must_use]
    pub fn dst_port(&self) -> Port {
        Port(u16::from_be_bytes([self.fixed[2], self.fixed[3]]))
    }

    /// Sequence number.
    #[must_use]
    pub fn seq(&self) -> u32 {
        u32::from_be_bytes([self.fixed[4], self.fixed[5], self.fixed[6], self.fixed[7]])
    }

    /// Acknowledgment number, if the bytes reach so far.
    #[must_use]
    pub fn ack(&self) -> Option<u32> {
        be32(self.all, 8)
    }

    /// The flags CWR to FIN, bit 7 to bit 0, if the bytes reach so far.
    #[must_use]
    pub fn flags(&self) -> Option<u8> {
        u8_at(self.all, 13)
    }

    /// Receive window, unscaled, if the bytes reach so far.
    #[must_use]
    pub fn window(&self) -> Option<u16> {
        be16(self.all, 14)
    }

    /// The checksum field, if the bytes reach so far.
    #[must_use]
    pub fn checksum(&self) -> Option<u16> {
        be16(self.all, 16)
    }

    /// Octets of the header with its options, as the field says, if the bytes reach so far.
    #[must_use]
    pub fn header_len(&self) -> Option<usize> {
        Some(usize::from(u8_at(self.all, 12)? >> 4) * 4)
    }

    /// What follows the header, as far as the bytes reach; nothing, where the header's length is impossible.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        let len = self.header_len().filter(|len| *len >= MIN_HEADER_LEN);
        len.and_then(|len| self.all.get(len..)).unwrap_or_default()
    }
}

/// A received segment, whose header is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment<'a> {
    /// The header with its options.
    pub header: &'a [u8],
    /// Its fields.
    pub fields: Header<'a>,
    /// Sequence, acknowledgment number and flags, which a quote may lack and this does not.
    pub numbers: (u32, u32, u8),
    /// The data.
    pub payload: &'a [u8],
}

impl<'a> Segment<'a> {
    /// Checks that the header is whole.
    ///
    /// # Errors
    /// Fewer bytes than the header says, or than any has; a header length under 20.
    pub fn new_checked(bytes: &'a [u8]) -> Result<Segment<'a>, Malformed> {
        let fields = Header::new_checked(bytes)?;
        let cut = |need| Malformed::truncated(Part::Tcp, need, bytes.len());
        let (Some(ack), Some(flags), Some(_)) = (fields.ack(), fields.flags(), bytes.get(..MIN_HEADER_LEN)) else {
            return Err(cut(MIN_HEADER_LEN));
        };
        let len = fields.header_len().unwrap_or(0);
        if len < MIN_HEADER_LEN {
            return Err(Malformed::new(Part::Tcp, 12, Fault::Length(len)));
        }
        let Some((header, payload)) = bytes.split_at_checked(len) else { return Err(cut(len)) };
        Ok(Segment { header, fields, numbers: (fields.seq(), ack, flags), payload })
    }
}

/// A header to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repr<'a> {
    /// Source port.
    pub src_port: Port,
    /// Destination port.
    pub dst_port: Port,
    /// Sequence number.
    pub seq: u32,
    /// Acknowledgment number; sent as it is, whatever the flags say.
    pub ack: u32,
    /// Flags ([`flag`]).
    pub flags: u8,
    /// Receive window.
    pub window: u16,
    /// Options, a multiple of four octets and at most 40 of them.
    pub options: &'a [u8],
}

impl Repr<'_> {
    /// Octets of the header.
    #[must_use]
    pub fn header_len(&self) -> usize {
        MIN_HEADER_LEN + self.options.len()
    }

    /// Writes the header over the start of `segment`, which is the whole segment with its data in place, and returns the
    /// checksum. Addresses of different families have none.
    ///
    /// # Errors
    /// Options that no header holds, fewer bytes than the header, more than an IP packet holds.
    pub fn emit(&self, segment: &mut [u8], src: IpAddr, dst: IpAddr) -> Result<u16, Malformed> {
        let (total, len) = (segment.len(), self.header_len());
        if self.options.len() > MAX_OPTIONS_LEN || self.options.len() % 4 != 0 {
            return Err(Malformed::new(Part::Tcp, MIN_HEADER_LEN, Fault::Length(self.options.len())));
        }
        let Ok(segment_len) = u16::try_from(total) else {
            return Err(Malformed::too_long(Part::Tcp, total, usize::from(u16::MAX)));
        };
        let Some((fixed, rest)) = segment.split_first_chunk_mut::<MIN_HEADER_LEN>() else {
            return Err(Malformed::truncated(Part::Tcp, len, total));
        };
        let Some(options) = rest.get_mut(..self.options.len()) else {
            return Err(Malformed::truncated(Part::Tcp, len, total));
        };
        fixed[..2].copy_from_slice(&self.src_port.0.to_be_bytes());
        fixed[2..4].copy_from_slice(&self.dst_port.0.to_be_bytes());
        fixed[4..8].copy_from_slice(&self.seq.to_be_bytes());
        fixed[8..12].copy_from_slice(&self.ack.to_be_bytes());
        // At most 60 octets, 15 words.
        fixed[12] = (len as u8 / 4) << 4;
        fixed[13] = self.flags;
        fixed[14..16].copy_from_slice(&self.window.to_be_bytes());
        fixed[16..].copy_from_slice(&[0; 4]);
        options.copy_from_slice(self.options);
        let Some(pseudo) = checksum::pseudo(src, dst, super::protocol::TCP, segment_len) else { return Ok(0) };
        let sum = !checksum::add(pseudo, checksum::sum(segment));
        if let Some(field) = segment.get_mut(16..18) {
            field.copy_from_slice(&sum.to_be_bytes());
        }
        Ok(sum)
    }
}

/// The options of a SYN (RFC 9293 §3.2, RFC 2018, RFC 7323), in Linux' order and padded to whole words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SynOptions {
    /// Maximum segment size.
    pub mss: Option<u16>,
    /// Selective acknowledgments permitted.
    pub sack: bool,
    /// A timestamp of this value.
    pub timestamp: Option<u32>,
    /// Window scale, as a shift.
    pub window_scale: Option<u8>,
}

impl SynOptions {
    /// Their octets.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        const NOP: u8 = 1;
        let mut out = Vec::with_capacity(MAX_OPTIONS_LEN);
        if let Some(mss) = self.mss {
            out.extend([2, 4]);
            out.extend(mss.to_be_bytes());
        }
        match (self.sack, self.timestamp) {
            (true, Some(_)) => out.extend([4, 2]),
            (true, None) => out.extend([NOP, NOP, 4, 2]),
            (false, Some(_)) => out.extend([NOP, NOP]),
            (false, None) => {}
        }
        if let Some(value) = self.timestamp {
            out.extend([8, 10]);
            out.extend(value.to_be_bytes());
            out.extend([0; 4]);
        }
        if let Some(shift) = self.window_scale {
            out.extend([NOP, 3, 3, shift]);
        }
        out
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
