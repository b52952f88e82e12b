//! The UDP header (RFC 768), as probes send it and errors quote it.

use super::malformed::{Malformed, Part};
use super::{bytes, checksum};
use crate::units::Port;
use std::net::IpAddr;

/// Octets of the header.
pub const HEADER_LEN: usize = 8;

/// A view of a UDP header and what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    fixed: &'a [u8; HEADER_LEN],
    rest: &'a [u8],
}

impl<'a> Header<'a> {
    /// Checks that the header is there. The length field is not held against the bytes: quotes are cut.
    ///
    /// # Errors
    /// Fewer than 8 bytes.
    pub fn new_checked(bytes: &'a [u8]) -> Result<Header<'a>, Malformed> {
        match bytes.split_first_chunk::<HEADER_LEN>() {
            Some((fixed, rest)) => Ok(Header { fixed, rest }),
            None => Err(Malformed::truncated(Part::Udp, HEADER_LEN, bytes.len())),
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

    /// Length of header and data, in octets, as the sender wrote it.
    #[must_use]
    pub fn length(&self) -> u16 {
        u16::from_be_bytes([self.fixed[4], self.fixed[5]])
    }

    /// The checksum field; 0 means that the sender computed none.
    #[must_use]
    pub fn checksum(&self) -> u16 {
        u16::from_be_bytes([self.fixed[6], self.fixed[7]])
    }

    /// The data, as far as the length field says and the bytes reach. A length under 8 (0 is a jumbogram's, RFC 2675)
    /// bounds nothing.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        match usize::from(self.length()).checked_sub(HEADER_LEN) {
            Some(len) => bytes::first(self.rest, len),
            None => self.rest,
        }
    }
}

/// Writes a header over the first 8 bytes of `datagram`, which is the whole datagram with its data in place, and returns
/// the checksum, never 0 (RFC 768: a sum of zero is sent as all ones). Addresses of different families have none.
///
/// # Errors
/// Fewer than 8 bytes, or more than the length field can say.
pub fn emit(datagram: &mut [u8], src: IpAddr, dst: IpAddr, src_port: Port, dst_port: Port) -> Result<u16, Malformed> {
    let total = datagram.len();
    let Ok(len) = u16::try_from(total) else {
        return Err(Malformed::too_long(Part::Udp, total, usize::from(u16::MAX)));
    };
    let Some(head) = datagram.first_chunk_mut::<HEADER_LEN>() else {
        return Err(Malformed::truncated(Part::Udp, HEADER_LEN, total));
    };
    head[..2].copy_from_slice(&src_port.0.to_be_bytes());
    head[2..4].copy_from_slice(&dst_port.0.to_be_bytes());
    head[4..6].copy_from_slice(&len.to_be_bytes());
    head[6..].copy_from_slice(&[0, 0]);
    let pseudo = match (src, dst) {
        (IpAddr::V4(s), IpAddr::V4(d)) => checksum::pseudo_v4(s, d, super::protocol::UDP, len),
        (IpAddr::V6(s), IpAddr::V6(d)) => checksum::pseudo_v6(s, d, super::protocol::UDP, u32::from(len)),
        _ => return Ok(0),
    };
    let sum = match !checksum::add(pseudo, checksum::sum(datagram)) {
        0 => 0xffff,
        sum => sum,
    };
    if let Some(head) = datagram.first_chunk_mut::<HEADER_LEN>() {
        head[6..].copy_from_slice(&sum.to_be_bytes());
    }
    Ok(sum)
}
