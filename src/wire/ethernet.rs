//! Ethernet frames (IEEE 802.3) with up to two VLAN tags (802.1Q, 802.1ad), as a packet socket gives and takes them:
//! without preamble and check sequence.
//!
//! The shortest frame on a cable has 60 bytes, so that cards append zeros to a short payload and nothing in the frame says
//! where they begin. Only a length of the payload's own tells: [`Frame::unpadded`] asks IP, ARP and 802.3 for theirs.

use super::malformed::{Malformed, Part};
use super::{bytes, ipv4, ipv6};
use crate::units::{EtherType, MacAddr, Tag};

/// Octets of an untagged header.
pub const HEADER_LEN: usize = 14;
/// Octets of a tag.
pub const TAG_LEN: usize = 4;
/// The shortest frame on a cable, check sequence not counted.
pub const MIN_LEN: usize = 60;
/// Tags that are looked behind; more are payload.
const MOST_TAGS: usize = 2;

/// A frame, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Destination.
    pub dst: MacAddr,
    /// Source.
    pub src: MacAddr,
    /// The outermost tag, with the type that announced it.
    pub tag: Option<(EtherType, Tag)>,
    /// The tag inside of it.
    pub inner_tag: Option<(EtherType, Tag)>,
    /// What the payload is (behind the tags), or its length ([`EtherType::is_length`]).
    pub ether_type: EtherType,
    /// What follows, padding included.
    pub payload: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Checks that header and tags are there.
    ///
    /// # Errors
    /// Fewer bytes than the header and the tags it announces take.
    pub fn new_checked(frame: &'a [u8]) -> Result<Frame<'a>, Malformed> {
        let Some((header, mut payload)) = frame.split_first_chunk::<HEADER_LEN>() else {
            return Err(Malformed::truncated(Part::Ethernet, HEADER_LEN, frame.len()));
        };
        let [d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5, t0, t1] = *header;
        let mut ether_type = EtherType(u16::from_be_bytes([t0, t1]));
        let mut tags = [None; MOST_TAGS];
        for tag in &mut tags {
            if !ether_type.is_tag() {
                break;
            }
            let Some(([c0, c1, n0, n1], rest)) = payload.split_first_chunk::<TAG_LEN>() else {
                let there = frame.len();
                return Err(Malformed::truncated(Part::Ethernet, there - payload.len() + TAG_LEN, there));
            };
            *tag = Some((ether_type, Tag::from_bits(u16::from_be_bytes([*c0, *c1]))));
            ether_type = EtherType(u16::from_be_bytes([*n0, *n1]));
            payload = rest;
        }
        let [tag, inner_tag] = tags;
        Ok(Frame {
            dst: MacAddr([d0, d1, d2, d3, d4, d5]),
            src: MacAddr([s0, s1, s2, s3, s4, s5]),
            tag,
            inner_tag,
            ether_type,
            payload,
        })
    }

    /// With the outermost tag that a network card or the kernel took out of the frame and told beside it.
    #[must_use]
    pub fn with_stripped(self, stripped: Option<(EtherType, Tag)>) -> Frame<'a> {
        match stripped {
            Some(tag) => Frame { tag: Some(tag), inner_tag: self.tag, ..self },
            None => self,
        }
    }

    /// The payload without padding, where its own format says how long it is; `None` where it does not, or claims more
    /// than is there.
    #[must_use]
    pub fn unpadded(&self) -> Option<&'a [u8]> {
        let len = match self.ether_type {
            length if length.is_length() => usize::from(length.0),
            EtherType::IPV4 => usize::from(ipv4::Header::new_checked(self.payload).ok()?.total_len()),
            EtherType::IPV6 => {
                // Zero is a jumbogram's (RFC 2675), whose length stands elsewhere.
                let length = ipv6::Header::new_checked(self.payload).ok()?.payload_len();
                (length != 0).then(|| usize::from(length) + ipv6::HEADER_LEN)?
            }
            // RFC 826: two addresses of either kind, whose lengths stand in the header.
            EtherType::ARP => {
                8 + 2 * (usize::from(bytes::u8_at(self.payload, 4)?) + usize::from(bytes::u8_at(self.payload, 5)?))
            }
            _ => return None,
        };
        self.payload.get(..len)
    }
}

/// A header to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repr {
    /// Destination.
    pub dst: MacAddr,
    /// Source.
    pub src: MacAddr,
    /// An 802.1Q tag.
    pub tag: Option<Tag>,
    /// What the payload is.
    pub ether_type: EtherType,
}

impl Repr {
    /// Octets that it takes.
    #[must_use]
    pub const fn header_len(&self) -> usize {
        if self.tag.is_some() { HEADER_LEN + TAG_LEN } else { HEADER_LEN }
    }

    /// Writes the header to the beginning of `frame`, and returns its length.
    ///
    /// # Errors
    /// Fewer than [`Repr::header_len`] bytes.
    pub fn emit(&self, frame: &mut [u8]) -> Result<usize, Malformed> {
        let (need, have) = (self.header_len(), frame.len());
        let Some(header) = frame.get_mut(..need) else {
            return Err(Malformed::truncated(Part::Ethernet, need, have));
        };
        let [dst, src] = [self.dst.0, self.src.0];
        let announced = if self.tag.is_some() { EtherType::VLAN } else { self.ether_type };
        let tag = self.tag.unwrap_or_default().bits().to_be_bytes();
        let (outer, inner) = (announced.0.to_be_bytes(), self.ether_type.0.to_be_bytes());
        let all = dst.into_iter().chain(src).chain(outer).chain(tag).chain(inner);
        // Without a tag the header ends before it.
        for (to, from) in header.iter_mut().zip(all) {
            *to = from;
        }
        Ok(need)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
