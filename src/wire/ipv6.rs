//! The IPv6 header (RFC 8200): a checked view, the walk over its extension headers, and a writer.
//!
//! Raw ICMPv6 sockets never show this header; quoted packets and packet sockets do. The walk is bounded: a packet with
//! more than [`MAX_EXTENSIONS`] extension headers is refused, and each header's length is held against what is there.

use super::bytes::{be16, be32, first, rest, u8_at};
use super::ipv4::QUOTED_PAYLOAD_MIN;
use super::malformed::{Fault, Malformed, Part};
use super::protocol as proto;
use crate::units::Ttl;
use std::net::Ipv6Addr;

/// Octets of the fixed header.
pub const HEADER_LEN: usize = 40;
/// Extension headers that the walk follows; RFC 8200 §4.1 knows an order of seven.
pub const MAX_EXTENSIONS: usize = 10;

/// A view of an IPv6 packet whose fixed header has been checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    fixed: &'a [u8; HEADER_LEN],
    payload: &'a [u8],
    given: usize,
}

impl<'a> Header<'a> {
    /// Checks the header of a packet that was received whole. (A jumbogram, RFC 2675, has an empty payload here.)
    ///
    /// # Errors
    /// Fewer than 40 bytes, or another version than 6.
    pub fn new_checked(bytes: &'a [u8]) -> Result<Header<'a>, Malformed> {
        let header = Header::of(bytes)?;
        Ok(Header { payload: first(header.payload, usize::from(header.payload_len())), ..header })
    }

    /// Checks a header quoted in an ICMPv6 error: the payload length is believed only down to the eight octets that every
    /// quote has.
    ///
    /// # Errors
    /// Fewer than 40 bytes, or another version than 6.
    pub fn new_quoted(bytes: &'a [u8]) -> Result<Header<'a>, Malformed> {
        let header = Header::of(bytes)?;
        let len = usize::from(header.payload_len()).max(QUOTED_PAYLOAD_MIN);
        Ok(Header { payload: first(header.payload, len), ..header })
    }

    fn of(bytes: &'a [u8]) -> Result<Header<'a>, Malformed> {
        let Some((fixed, payload)) = bytes.split_first_chunk::<HEADER_LEN>() else {
            return Err(Malformed::truncated(Part::Ipv6, HEADER_LEN, bytes.len()));
        };
        if fixed[0] >> 4 != 6 {
            return Err(Malformed::new(Part::Ipv6, 0, Fault::Version(fixed[0] >> 4)));
        }
        Ok(Header { fixed, payload, given: bytes.len() })
    }

    /// Traffic class: DSCP and ECN.
    #[must_use]
    pub fn traffic_class(&self) -> u8 {
        self.fixed[0] << 4 | self.fixed[1] >> 4
    }

    /// Flow label, 20 bits.
    #[must_use]
    pub fn flow_label(&self) -> u32 {
        u32::from_be_bytes([0, self.fixed[1] & 0x0f, self.fixed[2], self.fixed[3]])
    }

    /// Octets after the fixed header, as the field says.
    #[must_use]
    pub fn payload_len(&self) -> u16 {
        u16::from_be_bytes([self.fixed[4], self.fixed[5]])
    }

    /// What follows the fixed header: an extension header or a protocol.
    #[must_use]
    pub fn next_header(&self) -> u8 {
        self.fixed[6]
    }

    /// Hop limit.
    #[must_use]
    pub fn hop_limit(&self) -> Ttl {
        Ttl(self.fixed[7])
    }

    /// Source address.
    #[must_use]
    pub fn src(&self) -> Ipv6Addr {
        self.address(8)
    }

    /// Destination address.
    #[must_use]
    pub fn dst(&self) -> Ipv6Addr {
        self.address(24)
    }

    fn address(&self, at: usize) -> Ipv6Addr {
        super::bytes::array::<16>(self.fixed, at).map_or(Ipv6Addr::UNSPECIFIED, Ipv6Addr::from)
    }

    /// What follows the fixed header, extension headers included, as far as the payload length says and the bytes reach.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// Whether the packet says that it is longer than what is here.
    #[must_use]
    pub fn truncated(&self) -> bool {
        HEADER_LEN + usize::from(self.payload_len()) > self.given
    }

    /// Walks over the extension headers to what they carry.
    ///
    /// # Errors
    /// A header that is cut, or more than [`MAX_EXTENSIONS`].
    pub fn upper(&self) -> Result<Upper<'a>, Malformed> {
        walk(self.next_header(), self.payload)
    }
}

/// What the extension headers carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upper<'a> {
    /// The protocol after the last extension header. (Encrypted payload, 50, and "no next header", 59, end the walk.)
    pub protocol: u8,
    /// Its bytes.
    pub payload: &'a [u8],
    /// Octets of extension headers before it.
    pub extensions_len: usize,
    /// The fragment header, if there was one.
    pub fragment: Option<Fragment>,
}

/// The fragment header (RFC 8200 §4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragment {
    /// Where this fragment stands in the whole, in octets.
    pub offset: u16,
    /// Whether more follow.
    pub more: bool,
    /// What belongs together.
    pub ident: u32,
}

/// Follows extension headers, the first of type `next_header` at the start of `payload`.
///
/// The walk ends at a fragment that is not the first: what comes then is the middle of a packet.
///
/// # Errors
/// A header that is cut, or more than [`MAX_EXTENSIONS`].
pub fn walk(next_header: u8, payload: &[u8]) -> Result<Upper<'_>, Malformed> {
    let mut protocol = next_header;
    let mut at = 0;
    let mut fragment = None;
    for _ in 0..=MAX_EXTENSIONS {
        let here = rest(payload, at);
        let cut = |need| Malformed::truncated(Part::Ipv6Extension, need, here.len());
        let len = match protocol {
            proto::HOP_BY_HOP
            | proto::ROUTING
            | proto::DESTINATION_OPTIONS
            | proto::MOBILITY
            | proto::HIP
            | proto::SHIM6 => (usize::from(u8_at(here, 1).ok_or(cut(8))?) + 1) * 8,
            proto::AUTHENTICATION => (usize::from(u8_at(here, 1).ok_or(cut(8))?) + 2) * 4,
            proto::FRAGMENT => 8,
            _ => return Ok(Upper { protocol, payload: here, extensions_len: at, fragment }),
        };
        let header = here.get(..len).ok_or(cut(len))?;
        let this = protocol;
        protocol = u8_at(header, 0).ok_or(cut(len))?;
        at += len;
        if this == proto::FRAGMENT {
            let (Some(place), Some(ident)) = (be16(header, 2), be32(header, 4)) else { return Err(cut(8)) };
            fragment = Some(Fragment { offset: place & 0xfff8, more: place & 1 != 0, ident });
            if place & 0xfff8 != 0 {
                return Ok(Upper { protocol, payload: rest(payload, at), extensions_len: at, fragment });
            }
        }
    }
    Err(Malformed::new(Part::Ipv6Extension, at, Fault::Chain))
}

/// An IPv6 header to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repr {
    /// Source address.
    pub src: Ipv6Addr,
    /// Destination address.
    pub dst: Ipv6Addr,
    /// Traffic class.
    pub traffic_class: u8,
    /// Flow label; only its low 20 bits are sent.
    pub flow_label: u32,
    /// What follows.
    pub next_header: u8,
    /// Hop limit.
    pub hop_limit: Ttl,
    /// Octets that follow the header.
    pub payload_len: usize,
}

impl Repr {
    /// Writes the header to the start of `out` and returns its length, 40.
    ///
    /// # Errors
    /// A payload over 65,535 octets, or an `out` too short for the header.
    pub fn emit(&self, out: &mut [u8]) -> Result<usize, Malformed> {
        let Ok(payload_len) = u16::try_from(self.payload_len) else {
            return Err(Malformed::too_long(Part::Ipv6, self.payload_len, usize::from(u16::MAX)));
        };
        let have = out.len();
        let Some(fixed) = out.first_chunk_mut::<HEADER_LEN>() else {
            return Err(Malformed::truncated(Part::Ipv6, HEADER_LEN, have));
        };
        let head = 6 << 28 | u32::from(self.traffic_class) << 20 | (self.flow_label & 0x000f_ffff);
        fixed[..4].copy_from_slice(&head.to_be_bytes());
        fixed[4..6].copy_from_slice(&payload_len.to_be_bytes());
        fixed[6] = self.next_header;
        fixed[7] = self.hop_limit.0;
        fixed[8..24].copy_from_slice(&self.src.octets());
        fixed[24..].copy_from_slice(&self.dst.octets());
        Ok(HEADER_LEN)
    }
}

#[cfg(test)]
mod tests;
