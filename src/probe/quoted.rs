//! Whose probe an ICMP error quotes: its token decides.
//!
//! Only where the error does not quote it, or the probe has none, must the quoted checksum fit, and then it is the first
//! candidate that is not answered.

use super::payload::Payload;
use super::table::Slot;
use super::token::Proof;
use crate::net::{Key, Trouble};

/// The probe among these, which all have the quoted sequence number and, without a token, the quoted destination.
pub fn find_quoted<'t>(
    candidates: impl Iterator<Item = (Key, &'t Slot)>,
    payload: &Payload,
    trouble: &Trouble<'_>,
) -> Option<(Key, Proof)> {
    let mut weak: Option<(Key, bool)> = None;
    for (key, slot) in candidates {
        let Some(proof) = payload.quoted(slot.token(), trouble.quoted_payload) else { continue };
        if proof == Proof::Token {
            return Some((key, proof));
        }
        let sums = trouble.quoted_checksum.zip(slot.checksum());
        if sums.is_some_and(|(quoted, sent)| quoted != sent) {
            continue;
        }
        let open = !slot.state().answered();
        if weak.is_none_or(|(_, found_open)| open && !found_open) {
            weak = Some((key, open));
        }
    }
    weak.map(|(key, _)| (key, Proof::Weak))
}
