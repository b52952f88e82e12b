//! What goes wrong on the way: ICMP errors, redirects, probes that this host gives up on after all, and strangers' packets.

use std::net::IpAddr;

use super::session::Session;
use super::{NoReply, Note, Proof, TargetId};
use crate::clock::Now;
use crate::net::{Claim, NotSent, Peer, Trouble};
use crate::probe::table::State;
use crate::probe::times::times;
use crate::units::Seq;

impl Session {
    /// An ICMP error was heard. The first about a probe settles it, if no reply has; what comes after it says nothing new.
    pub(super) fn trouble(&mut self, trouble: &Trouble<'_>) {
        let Some((key, proof)) = self.find_quoted(trouble) else {
            if !self.quotes_a_forgotten_probe(trouble) {
                self.stranger(trouble.claim.peer.addr);
            }
            return;
        };
        let Some(slot) = self.table.get(key) else { return };
        if !slot.state().is_open() {
            return;
        }
        let (id, number) = (TargetId(slot.target()), slot.number());
        let arrival = &trouble.arrival;
        let why = NoReply::Error {
            from: trouble.offender,
            error: trouble.error,
            proof,
            after: Some(times(slot, arrival, self.config.user_to_user).rtt),
            ttl: arrival.ttl,
        };
        self.moved(key, State::Error, arrival.read.boot);
        self.capture_error(key, trouble);
        let at = arrival.kernel.unwrap_or(arrival.read.wall);
        self.notes.push(Note::NoReply { target: id, number, at, why });
    }

    /// Whether an error proves that it is about a probe of ours that is in no table: one that was not sent (a firewall's
    /// "reject" refuses the call and sends an error as well), or one settled long ago. It says nothing new, but no stranger
    /// sent it.
    fn quotes_a_forgotten_probe(&mut self, trouble: &Trouble<'_>) -> bool {
        let Some(seq) = trouble.claim.seq else { return false };
        let Session { book, targets, payload, .. } = self;
        book.of(&trouble.claim.peer).any(|index| {
            let Some(target) = targets.get(index as usize) else { return false };
            let last = target.next_number.saturating_sub(1);
            // The newest number that looks like this on the wire.
            let back = u64::from(Seq::of_number(last).0.wrapping_sub(seq.0));
            let Some(number) = last.checked_sub(back).filter(|number| *number > 0) else { return false };
            payload.quoted(&payload.token(index, number), trouble.quoted_payload) == Some(Proof::Token)
        })
    }

    /// A router told of a better first hop: a note, and nothing else.
    pub(super) fn redirect(&mut self, gateway: IpAddr, about: &Trouble<'_>) {
        let found = self.find_quoted(about).and_then(|(key, _)| self.name_of(key));
        let Some((target, number)) = found else { return self.stranger(about.claim.peer.addr) };
        let at = about.arrival.kernel.unwrap_or(about.arrival.read.wall);
        self.notes.push(Note::Redirect { target, number, at, from: about.offender, gateway, error: about.error });
    }

    /// This host took a probe and then gave it up: it was not sent after all, even if it has been called lost.
    pub(super) fn given_up(&mut self, now: Now, claim: &Claim, why: NotSent) {
        let Some(seq) = claim.seq else { return };
        let mut found = None;
        for target in self.book.of(&claim.peer) {
            let mut open = self.table.candidates(target, seq).filter(|(_, slot)| slot.state().is_open());
            found = open.next().map(|(key, slot)| (key, slot.state()));
            if found.is_some() {
                break;
            }
        }
        let Some((key, state)) = found else { return };
        let Some((id, number)) = self.name_of(key) else { return };
        let Some(target) = self.targets.get_mut(id.0 as usize) else { return };
        target.counters.sent = target.counters.sent.saturating_sub(1);
        let counter = target.counters.of(state);
        *counter = counter.saturating_sub(1);
        target.window.refused(key, now.boot, &mut self.table);
        let until = self.config.until;
        self.not_sent(now, key, id.0, number, why, until);
    }

    /// A packet that is not for us: counted with the target that it comes from, or the only one.
    pub(super) fn stranger(&mut self, from: IpAddr) {
        let index = if self.targets.len() == 1 { Some(0) } else { self.book.of(&Peer::from(from)).next() };
        match index.and_then(|index| self.targets.get_mut(index as usize)) {
            Some(target) => target.counters.foreign = target.counters.foreign.saturating_add(1),
            None => self.foreign = self.foreign.saturating_add(1),
        }
    }
}
