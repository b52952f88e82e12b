//! Whose an answer is: from what its bytes claim to a probe in the table, or to nobody.
//!
//! The claim (address, number) names candidates; the token decides wherever it came back. Where a token fits and the number
//! does not, somebody on the way rewrote what carried the number (a NAT the checksum): the token is believed.

use super::Method;
use super::flow::Flow;
use super::tracer::Tracer;
use crate::net::{Claim, Key};
use crate::probe::best::Best;
use crate::probe::table::Slot;
use crate::probe::token::{Proof, TOKEN_LEN};
use crate::units::Seq;

/// A token is looked for among so many of a target's newest numbers: a stranger's packet must not cost more.
const TOKEN_SEARCH: u64 = 256;

/// Whose an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// This probe's; and whether it was damaged.
    Probe { key: Key, proof: Proof, hurt: bool },
    /// One of this target's, and it does not say which.
    Unnumbered(u32),
    /// Ours, but nothing that is still of interest.
    Ours,
    /// None of ours.
    Nobody,
}

impl Tracer {
    /// Whose a packet is. `compare` says what it proves of a probe with some token, and `token` is the one that it carries.
    pub(super) fn find(
        &mut self,
        claim: &Claim,
        sum: Option<u16>,
        token: Option<&[u8; TOKEN_LEN]>,
        compare: impl Fn(&Flow, &[u8; TOKEN_LEN]) -> Option<(Proof, bool)>,
    ) -> Found {
        let Tracer { config, flow, book, ways, table, .. } = self;
        let strange_flow = config.one_flow && config.method != Method::Icmp;
        if claim.exchange != config.method.exchange() || (strange_flow && claim.flow.is_some_and(|n| n != config.flow))
        {
            return Found::Nobody;
        }
        // A quoted ICMP checksum that is not ours is about somebody else's probe, unless the token says otherwise.
        let sum = sum.filter(|_| config.method == Method::Icmp);
        let mut best = Best::default();
        let mut unnumbered = None;
        let mut otherwise = Found::Nobody;
        for id in book.of(&claim.peer) {
            let Some(way) = ways.get(id as usize) else { continue };
            if way.path.is_some() {
                otherwise = Found::Ours;
                continue;
            }
            for (key, slot) in claim.seq.into_iter().flat_map(|seq| table.candidates(id, seq)) {
                let Some((proof, hurt)) = compare(flow, slot.token()) else { continue };
                let other = || sum.zip(slot.checksum()).is_some_and(|(quoted, sent)| quoted != sent);
                if proof != Proof::Token && other() {
                    continue;
                }
                let found = Found::Probe { key, proof, hurt };
                if best.see(found, proof, slot) {
                    return found;
                }
            }
            let newest = way.base + way.roles.len() as u64;
            let oldest = newest.saturating_sub(TOKEN_SEARCH).max(way.base);
            let recent = || (oldest + 1..=newest).rev();
            let number = token.and_then(|token| recent().find(|n| flow.token(id, *n) == *token));
            if let Some(number) = number {
                let this = |(_, slot): &(Key, &Slot)| slot.number() == number;
                let probe = table.candidates(id, Seq::of_number(number)).find(this);
                return probe.map_or(Found::Ours, |(key, _)| Found::Probe { key, proof: Proof::Token, hurt: false });
            }
            // What holds the token of another's probe is about that.
            let can_be_ours = || recent().any(|n| compare(flow, &flow.token(id, n)).is_some());
            if claim.seq.is_none() && unnumbered.is_none() && can_be_ours() {
                unnumbered = Some(Found::Unnumbered(id));
            }
        }
        best.found().or(unnumbered).unwrap_or(otherwise)
    }
}
