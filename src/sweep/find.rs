//! Whose a packet is: its sequence number names candidates, its token decides.
//!
//! Only where a probe carries no token, or an error does not quote it, must address, sequence number and checksum do, and
//! then it is the first candidate that is not answered.

use super::machine::{Sweep, TABLE};
use crate::net::{Answer, Claim, Key, Peer, Trouble};
use crate::probe::TargetId;
use crate::probe::payload::Likeness;
use crate::probe::quoted::find_quoted;
use crate::probe::table::{Slot, State};
use crate::probe::token::Proof;

/// A reply's probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) key: Key,
    pub(super) proof: Proof,
    /// Offset of the first wrong byte, if there is one.
    pub(super) wrong: Option<usize>,
    /// Whether it comes from another address than was asked.
    pub(super) elsewhere: bool,
}

impl Sweep {
    /// Whose an answer is; `None`: nobody's.
    pub(super) fn find(&self, answer: &Answer<'_>) -> Option<Found> {
        let claim = answer.claim;
        let seq = claim.seq.filter(|_| claim.exchange == self.config.exchange)?;
        let mut weak: Option<(Found, bool)> = None;
        for (key, slot) in self.table.candidates(TABLE, seq) {
            let elsewhere = !self.is_of(key, claim.peer);
            match self.payload.compare(slot.token(), answer.payload) {
                Likeness::Same(proof @ Proof::Token, wrong) => return Some(Found { key, proof, wrong, elsewhere }),
                Likeness::Same(proof, wrong) if !elsewhere => {
                    let open = !slot.state().answered();
                    if weak.is_none_or(|(_, found_open)| open && !found_open) {
                        weak = Some((Found { key, proof, wrong, elsewhere }, open));
                    }
                }
                _ => {}
            }
        }
        weak.map(|(found, _)| found)
    }

    /// Whose probe an ICMP error or a redirect quotes.
    pub(super) fn find_quoted(&self, trouble: &Trouble<'_>) -> Option<(Key, Proof)> {
        let claim = trouble.claim;
        let seq = claim.seq.filter(|_| claim.exchange == self.config.exchange)?;
        let candidates = self.table.candidates(TABLE, seq).filter(|(key, _)| self.is_of(*key, claim.peer));
        find_quoted(candidates, &self.payload, trouble)
    }

    /// The unanswered probe that this host itself speaks of.
    pub(super) fn find_own(&self, claim: &Claim) -> Option<(Key, State)> {
        let unanswered = |slot: &Slot| matches!(slot.state(), State::Flying | State::Lost);
        let mut candidates = self.table.candidates(TABLE, claim.seq?);
        candidates
            .find(|(key, slot)| unanswered(slot) && self.is_of(*key, claim.peer))
            .map(|(key, slot)| (key, slot.state()))
    }

    /// Whether a probe went to this address. A zone that one of the two does not know does not tell them apart.
    fn is_of(&self, key: Key, peer: Peer) -> bool {
        let asked = self.owner(key).and_then(|(host, _)| self.peer(TargetId(host)));
        asked.is_some_and(|asked| {
            let zones = [asked.scope, peer.scope];
            asked.addr == peer.addr && (zones[0] == zones[1] || zones.contains(&0))
        })
    }
}
