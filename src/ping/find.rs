//! Whose a packet is: from what its bytes claim to a probe in the table, or to nobody.
//!
//! The claim (address, sequence number) names candidates; the token decides. Only where a probe carries none, or an error
//! does not quote it, must the claim do, and then it fits the first candidate that is not answered.

use std::net::IpAddr;

use super::session::Session;
use super::{Proof, TargetId};
use crate::net::{Answer, Key, Trouble};
use crate::probe::best::{Best, find_quoted};
use crate::probe::payload::{Likeness, Payload};
use crate::probe::table::Slot;

/// A right token from a wrong address is looked for among so many targets at the most: a stranger's reply must not cost
/// more than that.
const WRONG_SOURCE_SEARCH: u32 = 64;

/// Whose an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// This probe's; with the offset of the first wrong byte, if there is one.
    Probe { key: Key, proof: Proof, wrong: Option<usize> },
    /// It carries this probe's token and comes from an address that was not asked.
    WrongSource(Key),
    /// None of ours.
    Nobody,
}

impl Session {
    /// Whose an answer is.
    pub(super) fn find(&mut self, answer: &Answer<'_>) -> Found {
        let claim = &answer.claim;
        let Some(seq) = claim.seq.filter(|_| claim.exchange == self.config.exchange) else { return Found::Nobody };
        let Self { book, table, payload, groups, .. } = self;
        let mut best = Best::default();
        for target in book.of(&claim.peer) {
            if see(&mut best, table.candidates(target, seq), payload, answer) {
                break;
            }
        }
        if best.is_none() && is_unicast(claim.peer.addr) {
            for target in groups {
                if see(&mut best, table.candidates(*target, seq), payload, answer) {
                    break;
                }
            }
        }
        if let Some(found) = best.found() {
            return found;
        }
        if !payload.has_token() {
            return Found::Nobody;
        }
        let targets = u32::try_from(self.targets.len()).unwrap_or(u32::MAX);
        for target in 0..targets.min(WRONG_SOURCE_SEARCH) {
            for (key, slot) in self.table.candidates(target, seq) {
                if answer.payload.starts_with(slot.token()) {
                    return Found::WrongSource(key);
                }
            }
        }
        Found::Nobody
    }

    /// Whose probe an ICMP error or a redirect quotes.
    pub(super) fn find_quoted(&mut self, trouble: &Trouble<'_>) -> Option<(Key, Proof)> {
        let claim = trouble.claim;
        let seq = claim.seq.filter(|_| claim.exchange == self.config.exchange)?;
        let Self { book, table, payload, .. } = self;
        find_quoted(book.of(&claim.peer).flat_map(|target| table.candidates(target, seq)), payload, trouble)
    }

    /// A probe's target and number.
    pub(super) fn name_of(&self, key: Key) -> Option<(TargetId, u64)> {
        self.table.get(key).map(|slot| (TargetId(slot.target()), slot.number()))
    }
}

/// Whether one host alone has this address: no group answers for itself.
fn is_unicast(addr: IpAddr) -> bool {
    match addr {
        IpAddr::V4(v4) => !v4.is_multicast() && !v4.is_broadcast(),
        IpAddr::V6(v6) => !v6.is_multicast(),
    }
}

/// Looks at these candidates; `true` if there can be no better than what is found.
fn see<'t>(
    best: &mut Best<Found>,
    candidates: impl Iterator<Item = (Key, &'t Slot)>,
    payload: &Payload,
    answer: &Answer<'_>,
) -> bool {
    for (key, slot) in candidates {
        let Likeness::Same(proof, wrong) = payload.compare(slot.token(), answer.payload) else { continue };
        if best.see(Found::Probe { key, proof, wrong }, proof, slot) {
            return true;
        }
    }
    false
}
