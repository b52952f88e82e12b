//! Whose a packet is, among the probes that it may be about: a token that fits decides.
//!
//! Only where a probe carries none, or a packet does not bring it back, must what else it says do, and then it is the first
//! candidate that is not answered.

use super::payload::Payload;
use super::table::Slot;
use super::token::Proof;
use crate::net::{Key, Trouble};

/// The best candidate so far.
#[derive(Clone, Copy, Debug)]
pub struct Best<T> {
    found: Option<T>,
    open: bool,
}

impl<T> Default for Best<T> {
    fn default() -> Self {
        Best { found: None, open: false }
    }
}

impl<T> Best<T> {
    /// Looks at a candidate that fits, and what proves it. `true`: there can be no better.
    pub fn see(&mut self, candidate: T, proof: Proof, slot: &Slot) -> bool {
        let open = !slot.state().answered();
        if proof == Proof::Token || self.found.is_none() || (open && !self.open) {
            (self.found, self.open) = (Some(candidate), open);
        }
        proof == Proof::Token
    }

    /// It; `None`: none fitted.
    pub fn found(self) -> Option<T> {
        self.found
    }

    /// Whether none has fitted so far.
    pub fn is_none(&self) -> bool {
        self.found.is_none()
    }
}

/// The probe that an ICMP error quotes, among these, which all have the quoted sequence number and, without a token, the
/// quoted destination. Without a token the quoted checksum must fit.
pub fn find_quoted<'t>(
    candidates: impl Iterator<Item = (Key, &'t Slot)>,
    payload: &Payload,
    trouble: &Trouble<'_>,
) -> Option<(Key, Proof)> {
    let mut best = Best::default();
    for (key, slot) in candidates {
        let Some(proof) = payload.quoted(slot.token(), trouble.quoted_payload) else { continue };
        let other = || trouble.quoted_checksum.zip(slot.checksum()).is_some_and(|(quoted, sent)| quoted != sent);
        if proof != Proof::Token && other() {
            continue;
        }
        if best.see((key, proof), proof, slot) {
            break;
        }
    }
    best.found()
}
