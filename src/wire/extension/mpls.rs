//! MPLS label stacks in ICMP errors (RFC 4950): what a label-switching router had on the packet that it gave up.
//!
//! The stack is told as it came: whether the bottom-of-stack bit stands where it should is the reader's to judge, since
//! routers that hide part of a tunnel get it wrong.

use crate::wire::bytes::be32;
use crate::wire::malformed::{Fault, Malformed, Part};

/// Class of the MPLS label stack object (RFC 4950 §3).
pub const CLASS: u8 = 1;
/// Its only c-type: the incoming stack.
pub const INCOMING_STACK: u8 = 1;

const ENTRY_LEN: usize = 4;

/// A label stack entry (RFC 3032 §2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Label {
    /// The label, 20 bits.
    pub label: u32,
    /// Traffic class, 3 bits (RFC 5462; once "experimental").
    pub tc: u8,
    /// Whether the entry says that it is the last.
    pub bottom: bool,
    /// Its time to live.
    pub ttl: u8,
}

impl From<u32> for Label {
    fn from(entry: u32) -> Label {
        let [.., ttl] = entry.to_be_bytes();
        Label { label: entry >> 12, tc: ((entry >> 9) & 7) as u8, bottom: entry & 0x100 != 0, ttl }
    }
}

impl From<Label> for u32 {
    /// Bits of `label` and `tc` that do not fit their fields are cut off.
    fn from(l: Label) -> u32 {
        (l.label & 0xf_ffff) << 12 | u32::from(l.tc & 7) << 9 | u32::from(l.bottom) << 8 | u32::from(l.ttl)
    }
}

/// Reads the entries of a stack, top first, from what follows the object's header.
///
/// # Errors
/// No entry at all, or a length that is no multiple of four; places count from the object's first data octet.
pub fn stack(bytes: &[u8]) -> Result<Vec<Label>, Malformed> {
    if bytes.is_empty() {
        return Err(Malformed::truncated(Part::ExtensionObject, ENTRY_LEN, 0));
    }
    if bytes.len() % ENTRY_LEN != 0 {
        return Err(Malformed::new(Part::ExtensionObject, 0, Fault::Length(bytes.len())));
    }
    Ok((0..bytes.len()).step_by(ENTRY_LEN).filter_map(|at| be32(bytes, at)).map(Label::from).collect())
}
