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
use crate::probe::times::{time_away, times};

/// Bytes of an ICMP echo header.
const ICMP_HEADER: usize = 8;

impl Session {
    /// A reply was heard.
    pub(super) fn answer(&mut self, answer: &Answer<'_>) {
        match self.find(answer) {
            Found::Nobody => self.stranger(answer.claim.peer.addr),
            Found::WrongSource(key) => self.reply(key, answer, Proof::Token, Some(ReplyKind::WrongSource)),
            Found::Probe { key, proof, wrong } => {
                let hurt = wrong.is_some() || !answer.checksum_ok;
                self.reply(key, answer, proof, hurt.then_some(ReplyKind::Corrupt { at: wrong }));
            }
        }
    }

    /// A reply that belongs to this probe; `odd` is its kind if it is no good one.
    fn reply(&mut self, key: Key, answer: &Answer<'_>, proof: Proof, odd: Option<ReplyKind>) {
        let arrival = &answer.arrival;
        let Some(slot) = self.table.get(key).copied() else { return };
        let times = times(&slot, arrival, self.config.user_to_user);
        let late = slot.state() == State::Lost || self.config.timeout.is_some_and(|timeout| times.rtt.time >= timeout);
        let kind = match (odd, slot.state().answered()) {
            (Some(ReplyKind::WrongSource), _) => ReplyKind::WrongSource,
            (_, true) => ReplyKind::Duplicate,
            (Some(odd), false) => odd,
            (None, false) if late => ReplyKind::Late,
            (None, false) => ReplyKind::Good,
        };
        let settles = !matches!(kind, ReplyKind::WrongSource | ReplyKind::Duplicate);
        if settles {
            self.moved(key, if late { State::Late } else { State::Replied }, arrival.read.boot);
        }
        let Some(target) = self.targets.get_mut(slot.target() as usize) else { return };
        // By the length on the wire: a short read of a whole reply is none.
        let truncated = answer.icmp_len < ICMP_HEADER + self.payload.len() && answer.far.is_none();
        let reordered = settles && target.is_reordered(slot.number());
        target.count(kind, truncated, reordered);
        let sampled = slot.stamp_wanted() || !matches!(self.config.stamping, Stamping::Sample(_));
        let waits = settles && slot.stamp_wanted() && !self.config.user_to_user;
        let waits = waits && target.patience.worth_waiting(missing(&slot, arrival));
        let wrong_byte = match kind {
            ReplyKind::Corrupt { at: Some(at) } => {
                self.payload.byte(slot.token(), at).zip(answer.payload.get(at).copied())
            }
            _ => None,
        };
        let at = arrival.kernel.unwrap_or(arrival.read.wall);
        let reply = Reply {
            target: TargetId(slot.target()),
            number: slot.number(),
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
            counted: kind == ReplyKind::Good && sampled,
            breakdown: times.breakdown,
            proof,
            wrong_byte,
            options: IpOptions::new(answer.options),
            far: answer.far.map(|far| far_offset(&far, slot.sent().wall, at)),
        };
        let packet = self.capture.is_some().then(|| Packet::of_answer(answer));
        self.hold(Waiting::new(key, reply, *arrival, packet, waits));
    }

    /// A reply that has waited: its stamp may have come since.
    pub(super) fn tell_waited(&mut self, mut waiting: Waiting) {
        if let Some(slot) = self.table.get(waiting.key) {
            let times = times(slot, &waiting.arrival, self.config.user_to_user);
            (waiting.reply.rtt, waiting.reply.breakdown) = (Some(times.rtt), times.breakdown);
        }
        self.tell(waiting);
    }

    /// A reply that waits for nothing more: into the statistics, and told.
    pub(super) fn tell(&mut self, waiting: Waiting) {
        let Waiting { key, reply, packet, .. } = waiting;
        let Some(target) = self.targets.get_mut(reply.target.0 as usize) else { return };
        if let Some(rtt) = reply.rtt {
            if matches!(reply.kind, ReplyKind::Good | ReplyKind::Late) {
                target.learn(time_away(rtt, reply.breakdown));
            }
            if reply.counted {
                target.rtt.record(rtt.time);
                if let Some(clock) = target.clocks.get_mut(rtt.clock as usize) {
                    *clock += 1;
                }
            }
        }
        if let Some(packet) = packet {
            self.capture_reply(key, &reply, packet);
        }
        if self.config.note_replies {
            self.notes.push(super::Note::Reply(reply));
        }
    }
}
