//! Whose a packet is: its sequence number names candidates, its token decides.
//!
//! Only where a probe carries no token, or an error does not quote it, must address, sequence number and checksum do, and
//! then it is the first candidate that is not answered.

use super::machine::{Sweep, TABLE};
use crate::net::{Answer, Claim, Key, Peer, Trouble};
use crate::probe::TargetId;
use crate::probe::best::{Best, find_quoted};
use crate::probe::payload::Likeness;
use crate::probe::table::State;
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
        let mut best = Best::default();
        for (key, slot) in self.table.candidates(TABLE, seq) {
            let Likeness::Same(proof, wrong) = self.payload.compare(slot.token(), answer.payload) else { continue };
            let elsewhere = !self.is_of(key, claim.peer);
            if elsewhere && proof != Proof::Token {
                continue;
            }
            if best.see(Found { key, proof, wrong, elsewhere }, proof, slot) {
                break;
            }
        }
        best.found()
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
        let mut candidates = self.table.candidates(TABLE, claim.seq?);
        let found = candidates.find(|(key, slot)| slot.state().is_open() && self.is_of(*key, claim.peer));
        found.map(|(key, slot)| (key, slot.state()))
    }

    /// Whether a probe went to this address.
    fn is_of(&self, key: Key, peer: Peer) -> bool {
        let asked = self.owner(key).and_then(|(host, _)| self.peer(TargetId(host)));
        asked.is_some_and(|asked| asked.may_be(peer))
    }
}
