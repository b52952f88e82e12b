//! The filter of a packet socket that hears all frames, for those of some types and perhaps of one VLAN.
//!
//! A tag may stand in the frame or have been taken out of it by the card, the kernel or the sender's offload; a program
//! asks for the latter by the kernel's extensions of classic BPF (`SKF_AD_*`, `include/uapi/linux/filter.h`). At most two
//! tags in the frame are looked behind, as `wire::ethernet` does.

use super::{ACCEPT, AND, Insn, JEQ, LDB, LDH, LDW, Program, RET, To};
use crate::units::EtherType;

/// `SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT`: a byte, whether a tag was taken out.
const STRIPPED: u32 = (-0x1000_i32 + 48) as u32;
/// `SKF_AD_OFF + SKF_AD_VLAN_TAG`: that tag.
const STRIPPED_TAG: u32 = (-0x1000_i32 + 44) as u32;
/// Where the type of an untagged frame stands.
const TYPE_AT: u32 = 12;

/// Which frames to accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frames<'a> {
    /// What they carry, behind tags; none given: anything. At most 16.
    pub types: &'a [EtherType],
    /// The VLAN of their outermost tag; `None`: any, or untagged.
    pub vlan: Option<u16>,
}

/// Accepts the frames wanted, whole.
#[must_use]
pub fn frame_filter(frames: Frames<'_>) -> Vec<Insn> {
    let mut p = Program::new();
    if let Some(id) = frames.vlan {
        p.op(LDB, STRIPPED);
        p.jump(JEQ, 0, To::TagInFrame, To::Next);
        p.op(LDH, STRIPPED_TAG);
        p.op(AND, 0x0fff);
        p.jump(JEQ, id.into(), To::Types, To::Drop);
        p.label(To::TagInFrame);
        p.op(LDH, TYPE_AT);
        p.jump(JEQ, EtherType::VLAN.0.into(), To::Tag, To::Next);
        p.jump(JEQ, EtherType::SERVICE_VLAN.0.into(), To::Tag, To::Drop);
        p.label(To::Tag);
        p.op(LDH, TYPE_AT + 2);
        p.op(AND, 0x0fff);
        p.jump(JEQ, id.into(), To::Types, To::Drop);
    }
    p.label(To::Types);
    if frames.types.is_empty() {
        p.op(RET, ACCEPT);
        return p.finish();
    }
    for (tags, behind) in [(0, To::BehindOneTag), (1, To::BehindTwoTags), (2, To::Drop)] {
        if tags == 1 {
            p.label(To::BehindOneTag);
        } else if tags == 2 {
            p.label(To::BehindTwoTags);
        }
        p.op(LDH, TYPE_AT + 4 * tags);
        for wanted in frames.types.iter().take(16) {
            p.jump(JEQ, wanted.0.into(), To::Accept, To::Next);
        }
        p.jump(JEQ, EtherType::VLAN.0.into(), behind, To::Next);
        p.jump(JEQ, EtherType::SERVICE_VLAN.0.into(), behind, To::Drop);
    }
    p.label(To::Accept);
    p.op(RET, ACCEPT);
    p.finish()
}

/// Accepts packets in which each of these 32-bit numbers (big-endian) stands at its offset.
#[must_use]
pub fn word_filter(words: &[(usize, u32)]) -> Vec<Insn> {
    let mut p = Program::new();
    for (at, value) in words {
        p.op(LDW, u32::try_from(*at).unwrap_or(u32::MAX));
        p.jump(JEQ, *value, To::Next, To::Drop);
    }
    p.op(RET, ACCEPT);
    p.finish()
}
