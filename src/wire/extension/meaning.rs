//! What an extension structure says, owned and bounded, so that a note about a hop can hold it.
//!
//! Nothing is dropped: an object that is not known keeps its class, c-type and octets, and one that breaks its own rules
//! is [`Meaning::Malformed`] with its reason and octets. A stranger decides how long a structure is, so no more than
//! [`MAX_OBJECTS`] objects and [`MAX_OCTETS`] octets are kept, and what is left out is counted.

use super::interface::{self, InterfaceInfo};
use super::mpls::{self, Label};
use super::{Checksum, HEADER_LEN, Object, Structure};
use crate::wire::bytes::first;
use crate::wire::malformed::Malformed;

/// The most objects that are kept; routers send one to four.
pub const MAX_OBJECTS: usize = 32;
/// The most octets of a structure that are read: what an ICMP message of 1,280 octets has room for behind its quote.
pub const MAX_OCTETS: usize = 1_144;

/// What one object means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The label stack that the packet came in with, top first.
    Mpls(Vec<Label>),
    /// An interface of the router.
    Interface(InterfaceInfo),
    /// An object of another kind.
    Unknown {
        /// Its class.
        class: u8,
        /// Its sub-type within the class.
        c_type: u8,
        /// What follows its header.
        bytes: Vec<u8>,
    },
    /// Octets that break the rules of what they claim to be.
    Malformed {
        /// What is wrong; `at` counts from the start of the structure.
        why: Malformed,
        /// The octets from the header of the broken object on: to its end where its length can be believed, else to the
        /// end of the structure. Where the structure's own header is wrong: the whole structure.
        bytes: Vec<u8>,
    },
}

impl Meaning {
    fn of(object: &Object<'_>) -> Meaning {
        let bytes = object.bytes;
        let read = match (object.class, object.c_type) {
            (mpls::CLASS, mpls::INCOMING_STACK) => mpls::stack(bytes).map(Meaning::Mpls),
            (interface::CLASS, c_type) => InterfaceInfo::read(c_type, bytes).map(Meaning::Interface),
            (class, c_type) => Ok(Meaning::Unknown { class, c_type, bytes: bytes.to_vec() }),
        };
        read.unwrap_or_else(|why| Meaning::Malformed {
            why: Malformed { at: why.at + object.at + HEADER_LEN, ..why },
            bytes: object.header().iter().chain(bytes).copied().collect(),
        })
    }
}

/// All that a structure says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extensions {
    /// What its checksum says; `Wrong` makes all of it doubtful. Structures of fewer than four octets have none.
    pub checksum: Checksum,
    /// What its objects mean, in order.
    pub objects: Vec<Meaning>,
    /// Octets at its end that were not read, because it is beyond all measure.
    pub left_out: usize,
}

impl Extensions {
    /// Reads a structure: what [`icmp::Message::Error`](crate::wire::icmp::Message::Error) calls `extensions`. It never
    /// fails; octets that are no structure become one malformed object.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Extensions {
        let structure = match Structure::new(bytes) {
            Ok(structure) => structure,
            Err(why) => {
                let kept = first(bytes, MAX_OCTETS);
                let objects = vec![Meaning::Malformed { why, bytes: kept.to_vec() }];
                return Extensions { checksum: Checksum::of(bytes), objects, left_out: bytes.len() - kept.len() };
            }
        };
        let mut read = Extensions { checksum: structure.checksum(), objects: Vec::new(), left_out: 0 };
        let mut at = HEADER_LEN;
        for object in structure.objects() {
            let (len, meaning) = match object {
                Ok(object) => (HEADER_LEN + object.bytes.len(), Meaning::of(&object)),
                Err(broken) => {
                    let kept = first(broken.bytes, MAX_OCTETS.saturating_sub(at));
                    (kept.len(), Meaning::Malformed { why: broken.why, bytes: kept.to_vec() })
                }
            };
            if len == 0 || read.objects.len() == MAX_OBJECTS || at + len > MAX_OCTETS {
                break;
            }
            read.objects.push(meaning);
            at += len;
        }
        read.left_out = bytes.len() - at;
        read
    }

    /// The labels of all stacks, top first.
    pub fn labels(&self) -> impl Iterator<Item = &Label> {
        self.objects.iter().flat_map(|o| match o {
            Meaning::Mpls(stack) => stack.as_slice(),
            _ => &[],
        })
    }
}

#[cfg(test)]
mod tests;
