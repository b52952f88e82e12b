//! The TCP header (RFC 9293 §3.1): whole in a frame, and often its first eight bytes only in what an ICMP error quotes.

use super::bytes::{be16, be32, u8_at};
use super::malformed::{Malformed, Part};
use crate::units::Port;
use std::fmt;

/// Octets that every quote holds (RFC 792): ports and sequence number.
pub const QUOTED_LEN: usize = 8;

/// Octets of a header without options.
pub const MIN_HEADER_LEN: usize = 20;

/// The flags of a segment, bit 7 to bit 0, shown by name: `SYN ACK`; `none` where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Flags(pub u8);

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [(u8, &str); 8] = [
            (0x02, "SYN"),
            (0x01, "FIN"),
            (0x04, "RST"),
            (0x08, "PSH"),
            (0x10, "ACK"),
            (0x20, "URG"),
            (0x40, "ECE"),
            (0x80, "CWR"),
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

    /// Octets of the header, options included, as its data offset says: under 20 it says nonsense.
    #[must_use]
    pub fn header_len(&self) -> Option<usize> {
        u8_at(self.all, 12).map(|byte| usize::from(byte >> 4) * 4)
    }

    /// What follows the header, as far as the bytes reach; `None` where it ends before, or cannot be.
    #[must_use]
    pub fn payload(&self) -> Option<&'a [u8]> {
        self.all.get(self.header_len().filter(|len| *len >= MIN_HEADER_LEN)?..)
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
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_told_as_far_as_they_are_quoted() {
        let whole = etherparse::TcpHeader {
            source_port: 1,
            destination_port: 80,
            sequence_number: 0x0102_0304,
            acknowledgment_number: 0x0506_0708,
            syn: true,
            ack: true,
            window_size: 0xabcd,
            checksum: 0xcafe,
            ..Default::default()
        };
        let bytes = whole.to_bytes();
        for cut in 0..=bytes.len() {
            let Ok(h) = Header::new_checked(&bytes[..cut]) else {
                assert!(cut < 8);
                continue;
            };
            assert_eq!((h.src_port(), h.dst_port(), h.seq()), (Port(1), Port(80), 0x0102_0304));
            assert_eq!(h.ack(), (cut >= 12).then_some(0x0506_0708));
            assert_eq!(h.flags(), (cut >= 14).then_some(0x12));
            assert_eq!(h.window(), (cut >= 16).then_some(0xabcd));
            assert_eq!(h.checksum(), (cut >= 18).then_some(0xcafe));
            assert_eq!(h.header_len(), (cut >= 13).then_some(20));
            assert_eq!(h.payload(), (cut >= 20).then_some(&[][..]));
        }
    }

    #[test]
    fn options_end_where_the_data_offset_says() {
        let mut header = etherparse::TcpHeader::default();
        header.set_options(&[etherparse::TcpOptionElement::MaximumSegmentSize(1460)]).unwrap();
        let mut bytes = header.to_bytes().to_vec();
        bytes.extend(b"data");
        assert_eq!(Header::new_checked(&bytes).unwrap().payload(), Some(&b"data"[..]));
        for offset in [0x00, 0x40, 0xf0] {
            bytes[12] = offset;
            assert_eq!(Header::new_checked(&bytes).unwrap().payload(), None, "{offset:#x}");
        }
    }

    #[test]
    fn flags_have_names() {
        for (bits, text) in [(0, "none"), (0x02, "SYN"), (0x12, "SYN ACK"), (0x18, "PSH ACK"), (0xc1, "FIN ECE CWR")] {
            assert_eq!(Flags(bits).to_string(), text);
        }
    }
}
