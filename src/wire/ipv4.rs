//! The IPv4 header (RFC 791): a checked view, a tolerant view for quotes, and a writer for `IP_HDRINCL`.
//!
//! The strict view wants a total length that holds at least the header; one that says more than is there is a cut
//! packet, not a lie. The tolerant view is for headers quoted in ICMP errors, where the total length is often larger
//! than what is quoted, and some systems have changed it (BSDs: host byte order, header length taken off).

use super::bytes::{first, rest};
use super::malformed::{Fault, Malformed, Part};
use super::{checksum, ip_options};
use crate::units::Ttl;
use std::net::Ipv4Addr;

/// Octets of a header without options.
pub const MIN_HEADER_LEN: usize = 20;
/// Octets of a header with as many options as there can be.
pub const MAX_HEADER_LEN: usize = MIN_HEADER_LEN + ip_options::MAX_LEN;

/// Octets that a router must quote beyond the IP header (RFC 792); a quoted length that promises fewer is not believed.
pub(super) const QUOTED_PAYLOAD_MIN: usize = 8;

/// A view of an IPv4 packet whose header has been checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    fixed: &'a [u8; MIN_HEADER_LEN],
    options: &'a [u8],
    payload: &'a [u8],
    given: usize,
}

impl<'a> Header<'a> {
    /// Checks the header of a packet that was received whole.
    ///
    /// # Errors
    /// Too few bytes for the header, another version than 4, a header length under 20, a total length under it.
    pub fn new_checked(bytes: &'a [u8]) -> Result<Header<'a>, Malformed> {
        let header = Header::of(bytes)?;
        let total = usize::from(header.total_len());
        let Some(payload_len) = total.checked_sub(header.header_len()) else {
            return Err(Malformed::new(Part::Ipv4, 2, Fault::Length(total)));
        };
        Ok(Header { payload: first(header.payload, payload_len), ..header })
    }

    /// Checks a header quoted in an ICMP error: the total length bounds the payload only as far as it can be believed,
    /// so that [`payload`](Self::payload) has the eight octets that RFC 792 promises whenever they are there.
    ///
    /// # Errors
    /// Too few bytes for the header, another version than 4, a header length under 20.
    pub fn new_quoted(bytes: &'a [u8]) -> Result<Header<'a>, Malformed> {
        let header = Header::of(bytes)?;
        let payload = match usize::from(header.total_len()).checked_sub(header.header_len()) {
            Some(len) => first(header.payload, len.max(QUOTED_PAYLOAD_MIN)),
            None => header.payload,
        };
        Ok(Header { payload, ..header })
    }

    fn of(bytes: &'a [u8]) -> Result<Header<'a>, Malformed> {
        let Some((fixed, after)) = bytes.split_first_chunk::<MIN_HEADER_LEN>() else {
            return Err(Malformed::truncated(Part::Ipv4, MIN_HEADER_LEN, bytes.len()));
        };
        if fixed[0] >> 4 != 4 {
            return Err(Malformed::new(Part::Ipv4, 0, Fault::Version(fixed[0] >> 4)));
        }
        let header_len = usize::from(fixed[0] & 0x0f) * 4;
        let Some(options_len) = header_len.checked_sub(MIN_HEADER_LEN) else {
            return Err(Malformed::new(Part::Ipv4, 0, Fault::Length(header_len)));
        };
        let Some(options) = after.get(..options_len) else {
            return Err(Malformed::truncated(Part::Ipv4, header_len, bytes.len()));
        };
        Ok(Header { fixed, options, payload: rest(after, options_len), given: bytes.len() })
    }

    fn word(&self, hi: u8, lo: u8) -> u16 {
        u16::from_be_bytes([hi, lo])
    }

    /// Octets of the header, options included: 20 to 60.
    #[must_use]
    pub fn header_len(&self) -> usize {
        MIN_HEADER_LEN + self.options.len()
    }

    /// Type of service: DSCP and ECN.
    #[must_use]
    pub fn tos(&self) -> u8 {
        self.fixed[1]
    }

    /// Octets of header and payload, as the field says.
    #[must_use]
    pub fn total_len(&self) -> u16 {
        self.word(self.fixed[2], self.fixed[3])
    }

    /// Identification.
    #[must_use]
    pub fn ident(&self) -> u16 {
        self.word(self.fixed[4], self.fixed[5])
    }

    /// The flag "don't fragment".
    #[must_use]
    pub fn dont_fragment(&self) -> bool {
        self.fixed[6] & 0x40 != 0
    }

    /// The flag "more fragments".
    #[must_use]
    pub fn more_fragments(&self) -> bool {
        self.fixed[6] & 0x20 != 0
    }

    /// Where this fragment's payload stands in the whole payload, in octets.
    #[must_use]
    pub fn fragment_offset(&self) -> u16 {
        self.word(self.fixed[6] & 0x1f, self.fixed[7]) << 3
    }

    /// Time to live.
    #[must_use]
    pub fn ttl(&self) -> Ttl {
        Ttl(self.fixed[8])
    }

    /// Protocol of the payload.
    #[must_use]
    pub fn protocol(&self) -> u8 {
        self.fixed[9]
    }

    /// The header checksum as the field says.
    #[must_use]
    pub fn checksum(&self) -> u16 {
        self.word(self.fixed[10], self.fixed[11])
    }

    /// Whether the header checksum is right.
    ///
    /// No reason to discard a packet from a raw socket: the kernel has checked it, and has then written its own address
    /// or time into the options without summing up again. In a quote the TTL may have changed under it.
    #[must_use]
    pub fn checksum_ok(&self) -> bool {
        checksum::add(checksum::sum(self.fixed), checksum::sum(self.options)) == 0xffff
    }

    /// Source address.
    #[must_use]
    pub fn src(&self) -> Ipv4Addr {
        Ipv4Addr::new(self.fixed[12], self.fixed[13], self.fixed[14], self.fixed[15])
    }

    /// Destination address.
    #[must_use]
    pub fn dst(&self) -> Ipv4Addr {
        Ipv4Addr::new(self.fixed[16], self.fixed[17], self.fixed[18], self.fixed[19])
    }

    /// The options, at most 40 octets: see [`ip_options::iter`].
    #[must_use]
    pub fn options(&self) -> &'a [u8] {
        self.options
    }

    /// What the packet carries, as far as the total length says and the bytes reach.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// Whether the packet says that it is longer than what is here.
    #[must_use]
    pub fn truncated(&self) -> bool {
        usize::from(self.total_len()) > self.given
    }
}

/// An IPv4 header to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repr<'a> {
    /// Source address; unspecified lets the kernel fill it in (`IP_HDRINCL`).
    pub src: Ipv4Addr,
    /// Destination address.
    pub dst: Ipv4Addr,
    /// Type of service.
    pub tos: u8,
    /// Identification; 0 lets the kernel fill it in (`IP_HDRINCL`).
    pub ident: u16,
    /// The flag "don't fragment".
    pub dont_fragment: bool,
    /// The flag "more fragments".
    pub more_fragments: bool,
    /// Fragment offset in octets; its last three bits are not sent.
    pub fragment_offset: u16,
    /// Time to live.
    pub ttl: Ttl,
    /// Protocol of the payload.
    pub protocol: u8,
    /// Options, at most 40 octets; padded with "end of list" to whole 32-bit words.
    pub options: &'a [u8],
    /// Octets that follow the header.
    pub payload_len: usize,
}

impl Repr<'_> {
    /// Octets that [`emit`](Self::emit) writes: 20 to 60 for options that fit.
    #[must_use]
    pub fn header_len(&self) -> usize {
        MIN_HEADER_LEN + self.options.len().next_multiple_of(4)
    }

    /// Writes the header, checksum included, to the start of `out` and returns its length in octets.
    ///
    /// # Errors
    /// More than 40 octets of options, more than 65,535 in all, or an `out` too short for the header.
    pub fn emit(&self, out: &mut [u8]) -> Result<usize, Malformed> {
        if self.options.len() > ip_options::MAX_LEN {
            return Err(Malformed::too_long(Part::IpOptions, self.options.len(), ip_options::MAX_LEN));
        }
        let header_len = self.header_len();
        let total = header_len.saturating_add(self.payload_len);
        let Ok(total_len) = u16::try_from(total) else {
            return Err(Malformed::too_long(Part::Ipv4, total, usize::from(u16::MAX)));
        };
        let have = out.len();
        let Some(header) = out.get_mut(..header_len) else {
            return Err(Malformed::truncated(Part::Ipv4, header_len, have));
        };
        header.fill(0);
        if let Some((fixed, options)) = header.split_first_chunk_mut::<MIN_HEADER_LEN>() {
            fixed[0] = 0x40 | ((header_len / 4) & 0x0f) as u8;
            fixed[1] = self.tos;
            fixed[2..4].copy_from_slice(&total_len.to_be_bytes());
            fixed[4..6].copy_from_slice(&self.ident.to_be_bytes());
            let flags = u16::from(self.dont_fragment) << 14 | u16::from(self.more_fragments) << 13;
            fixed[6..8].copy_from_slice(&(flags | self.fragment_offset >> 3).to_be_bytes());
            fixed[8] = self.ttl.0;
            fixed[9] = self.protocol;
            fixed[12..16].copy_from_slice(&self.src.octets());
            fixed[16..20].copy_from_slice(&self.dst.octets());
            for (to, from) in options.iter_mut().zip(self.options) {
                *to = *from;
            }
        }
        let sum = checksum::checksum(header);
        if let Some(fixed) = header.first_chunk_mut::<MIN_HEADER_LEN>() {
            fixed[10..12].copy_from_slice(&sum.to_be_bytes());
        }
        Ok(header_len)
    }
}

#[cfg(test)]
mod tests;
