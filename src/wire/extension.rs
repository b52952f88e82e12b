//! Extensions of ICMP errors (RFC 4884): where the quoted packet ends, and the objects after it.
//!
//! A compliant router says in the error's header how long its quote is. Older ones say nothing, quote 128 octets and put
//! the structure there; then only its version and a right checksum prove it (RFC 4884 §5.5). In this file an object is
//! (class, c-type, bytes); what it means — labels ([`mpls`]), interfaces ([`interface`]) — is told by [`meaning`].

pub mod interface;
pub mod meaning;
pub mod mpls;

use super::bytes::{be16, first, rest};
use super::checksum;
use super::icmp::{HEADER_LEN as ICMP_HEADER_LEN, v4, v6};
use super::malformed::{Fault, Malformed, Part};
use crate::units::Family;

/// The quote of a compliant router has at least this many octets, padded with zeros (RFC 4884 §3, §5.5).
pub const QUOTE_MIN: usize = 128;
/// The version of extension structures.
pub const VERSION: u8 = 2;
/// Octets of a structure's header, and of an object's.
pub const HEADER_LEN: usize = 4;

/// Octets of the quote that the header of an error declares; none where it declares nothing, or its type cannot.
#[must_use]
pub fn declared(family: Family, header: &[u8; ICMP_HEADER_LEN]) -> Option<usize> {
    length_field(family, header).filter(|&octets| octets > 0)
}

/// The length field in octets, of types that have one: 32-bit words in ICMP, 64-bit words in ICMPv6 (RFC 4884 §4).
fn length_field(family: Family, header: &[u8; ICMP_HEADER_LEN]) -> Option<usize> {
    may_follow(family, header[0]).then(|| match family {
        Family::V4 => usize::from(header[5]) * 4,
        Family::V6 => usize::from(header[4]) * 8,
    })
}

/// Splits the body of an ICMP error (all after its first eight octets) into the quote and the extension structure.
///
/// A length under 128 is believed only if a structure with a right checksum stands there: the octet was "unused" before
/// RFC 4884, and need not be zero in what old systems send. Some routers count it in the wrong unit: a structure with a
/// right checksum at octet 128 is found all the same.
#[must_use]
pub fn split<'a>(family: Family, header: &[u8; ICMP_HEADER_LEN], body: &'a [u8]) -> (&'a [u8], Option<&'a [u8]>) {
    let Some(length) = length_field(family, header) else { return (body, None) };
    let proved = |at: &usize| Structure::new(rest(body, *at)).is_ok_and(|s| s.checksum() == Checksum::Right);
    let at = Some(length)
        .filter(|at| *at > 0 && proved(at))
        .or_else(|| Some(QUOTE_MIN).filter(proved))
        .or_else(|| Some(length).filter(|at| (QUOTE_MIN..body.len()).contains(at)));
    match at {
        Some(at) => (first(body, at), Some(rest(body, at))),
        None => (body, None),
    }
}

/// Whether errors of this type carry extensions (RFC 4884 §4).
#[must_use]
pub fn may_follow(family: Family, ty: u8) -> bool {
    match family {
        Family::V4 => matches!(ty, v4::DEST_UNREACHABLE | v4::TIME_EXCEEDED | v4::PARAMETER_PROBLEM),
        Family::V6 => matches!(ty, v6::DEST_UNREACHABLE | v6::TIME_EXCEEDED),
    }
}

/// What the checksum of a structure says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksum {
    /// Zero: the sender computed none.
    Absent,
    /// Right.
    Right,
    /// Wrong: the objects are to be shown as doubtful.
    Wrong,
}

impl Checksum {
    /// Of the octets of a structure, from its header on.
    fn of(bytes: &[u8]) -> Checksum {
        match be16(bytes, 2) {
            None | Some(0) => Checksum::Absent,
            _ if checksum::verify(bytes) => Checksum::Right,
            _ => Checksum::Wrong,
        }
    }
}

/// A view of an extension structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Structure<'a> {
    bytes: &'a [u8],
}

impl<'a> Structure<'a> {
    /// Checks that it begins as a structure of version 2. The checksum is told apart by [`checksum`](Self::checksum).
    ///
    /// # Errors
    /// Fewer than 4 bytes, or another version.
    pub fn new(bytes: &'a [u8]) -> Result<Structure<'a>, Malformed> {
        let Some(header) = bytes.first_chunk::<HEADER_LEN>() else {
            return Err(Malformed::truncated(Part::Extension, HEADER_LEN, bytes.len()));
        };
        match header[0] >> 4 {
            VERSION => Ok(Structure { bytes }),
            other => Err(Malformed::new(Part::Extension, 0, Fault::Version(other))),
        }
    }

    /// Whether the checksum over the whole structure is right.
    #[must_use]
    pub fn checksum(&self) -> Checksum {
        Checksum::of(self.bytes)
    }

    /// The objects, in order.
    #[must_use]
    pub fn objects(&self) -> Objects<'a> {
        Objects { left: rest(self.bytes, HEADER_LEN), at: HEADER_LEN }
    }
}

/// An object of an extension structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Object<'a> {
    /// Class: 1 MPLS label stack, 2 interface information, … (IANA "ICMP Extension Object Classes").
    pub class: u8,
    /// Sub-type within the class.
    pub c_type: u8,
    /// What follows the object's header.
    pub bytes: &'a [u8],
    /// Where its header begins, from the start of the structure.
    pub at: usize,
}

impl Object<'_> {
    /// Its header as it came.
    #[must_use]
    pub fn header(&self) -> [u8; HEADER_LEN] {
        // The length came from two octets, so that it fits them.
        let [.., hi, lo] = (HEADER_LEN + self.bytes.len()).to_be_bytes();
        [hi, lo, self.class, self.c_type]
    }
}

/// The rest of a structure after an object whose length cannot be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken<'a> {
    /// What is wrong; `at` counts from the start of the structure.
    pub why: Malformed,
    /// All that is left, the object's header included.
    pub bytes: &'a [u8],
}

/// Iterates over the objects of a structure; ends after a broken one.
#[derive(Clone, Debug)]
pub struct Objects<'a> {
    left: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Objects<'a> {
    type Item = Result<Object<'a>, Broken<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left.is_empty() {
            return None;
        }
        let (at, bytes) = (self.at, self.left);
        let (len, why) = match bytes.first_chunk::<HEADER_LEN>() {
            Some([hi, lo, class, c_type]) => {
                let len = usize::from(u16::from_be_bytes([*hi, *lo]));
                if let Some(object) = bytes.get(HEADER_LEN..len) {
                    self.left = rest(bytes, len);
                    self.at += len;
                    return Some(Ok(Object { class: *class, c_type: *c_type, bytes: object, at }));
                }
                (len, Fault::Length(len))
            }
            None => (HEADER_LEN, Fault::Truncated { need: HEADER_LEN, have: bytes.len() }),
        };
        self.left = &[];
        self.at += len;
        Some(Err(Broken { why: Malformed::new(Part::ExtensionObject, at, why), bytes }))
    }
}

#[cfg(test)]
mod tests;
