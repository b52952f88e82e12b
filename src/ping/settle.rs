//! Replies: the first settles its probe, the others are duplicates; what is damaged is shown and kept out of the
//! statistics; what proves nothing is a stranger's.

use super::capture::Packet;
use super::find::Found;
use super::hold::Waiting;
use super::session::Session;
use super::{IpOptions, Proof, Reply, ReplyKind, Stamping, TargetId};
use crate::net::{Answer, Key};
use crate::probe::far::far_offset;
use crate::probe::patience::missing;
use crate::probe::table::State;
use crate::probe::times::times;

impl Session {
    /// A reply was heard.
    pub(super) fn answer(&mut self, answer: &Answer<'_>) {
        match self.find(answer) {
            Found::Nobody => self.stranger(answer.claim.peer.addr),
            Found::WrongSource(key) => self.reply(key, answer, Proof::Token, true, None),
            Found::Probe { key, proof, wrong } => {
                let damaged = wrong.is_some() || !answer.checksum_ok;
                self.reply(key, answer, proof, false, damaged.then_some(wrong));
            }
        }
    }

    /// A reply that belongs to this probe; see [`ReplyKind::of`].
    fn reply(&mut self, key: Key, answer: &Answer<'_>, proof: Proof, elsewhere: bool, damaged: Option<Option<usize>>) {
        let arrival = &answer.arrival;
        let Some(slot) = self.table.get(key) else { return };
        let times = times(slot, arrival, self.config.user_to_user);
        let late = slot.state() == State::Lost || self.config.timeout.is_some_and(|timeout| times.rtt.time >= timeout);
        let kind = ReplyKind::of(elsewhere, slot.state().answered(), damaged, late);
        let settles = kind.settles();
        let (id, number) = (TargetId(slot.target()), slot.number());
        let (stamp_wanted, missing, sent) = (slot.stamp_wanted(), missing(slot, arrival), slot.sent().wall);
        let wrong_byte =
            kind.wrong_at().and_then(|at| self.payload.byte(slot.token(), at).zip(answer.payload.get(at).copied()));
        if settles {
            self.moved(key, if late { State::Late } else { State::Replied }, arrival.read.boot);
        }
        let Some(target) = self.targets.get_mut(id.0 as usize) else { return };
        let truncated = answer.is_truncated(self.payload.len());
        let reordered = settles && target.order.record(number);
        target.count(kind, truncated, reordered);
        self.spell.seen |= arrival.kernel.is_some();
        let lacks_stamp = self.config.spells.is_some() && self.spell.seen && arrival.kernel.is_none();
        let is_sample = stamp_wanted && !lacks_stamp;
        let sampled = is_sample || !matches!(self.config.stamping, Stamping::Sample(_));
        let counted = kind == ReplyKind::Good && sampled;
        let waits = settles && stamp_wanted && !self.config.user_to_user && target.patience.worth_waiting(missing);
        // Behind one that waits, all wait.
        let is_told = !waits && self.held.is_empty();
        if is_told {
            target.measured(kind, &times, counted);
            if !self.is_shown() {
                return;
            }
        }
        let at = arrival.kernel.unwrap_or(arrival.read.wall);
        let reply = Reply {
            target: id,
            number,
            kind,
            from: answer.claim.peer,
            at,
            bytes: answer.icmp_len,
            truncated,
            reordered,
            ttl: arrival.ttl,
            tos: arrival.tos,
            to: arrival.to,
            rtt: Some(times.rtt),
            counted,
            breakdown: times.breakdown,
            proof,
            wrong_byte,
            options: IpOptions::new(answer.options),
            far: answer.far.map(|far| far_offset(&far, sent, at)),
        };
        let packet = self.capture.is_some().then(|| Packet::of_answer(answer));
        if is_told {
            self.show(key, reply, packet);
        } else {
            self.hold(Waiting::new(key, *arrival, (reply, packet), waits));
        }
    }

    /// Whether anybody asks for single replies.
    fn is_shown(&self) -> bool {
        self.config.note_replies || self.capture.is_some()
    }

    /// Tells a reply that is in the statistics.
    pub(super) fn show(&mut self, key: Key, reply: Reply, packet: Option<Packet>) {
        if let Some(packet) = packet {
            self.capture_reply(key, &reply, packet);
        }
        if self.config.note_replies {
            self.notes.push(super::Note::Reply(reply));
        }
    }
}
