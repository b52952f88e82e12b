//! Replies: the first settles its probe, the others are duplicates; what is damaged is shown and kept out of the
//! statistics; what proves nothing is a stranger's.

use super::capture::Packet;
use super::find::Found;
use super::hold::Waiting;
use super::session::Session;
use super::target::Missing;
use super::times::{far_offset, times};
use super::{IpOptions, Proof, Reply, ReplyKind, Stamping, TargetId};
use crate::clock::Stage;
use crate::net::{Answer, Arrival, Key};
use crate::probe::table::{Slot, State};

/// Bytes of an ICMP echo header.
const ICMP_HEADER: usize = 8;

impl Session {
    /// A reply was heard.
    pub(super) fn answer(&mut self, answer: &Answer<'_>) {
        match self.find(answer) {
            Found::Nobody => self.stranger(answer.claim.peer.addr),
            Found::WrongSource(key) => {
                self.reply(key, answer, Proof::Token, Some(ReplyKind::WrongSource), None);
            }
            Found::Probe { key, proof, wrong } => {
                let kind = (wrong.is_some() || !answer.checksum_ok).then_some(ReplyKind::Corrupt { at: wrong });
                self.reply(key, answer, proof, kind, wrong);
            }
        }
    }

    /// A reply that belongs to this probe. `odd` is its kind if it is no good one.
    fn reply(&mut self, key: Key, answer: &Answer<'_>, proof: Proof, odd: Option<ReplyKind>, wrong: Option<usize>) {
        let arrival = &answer.arrival;
        let Some(slot) = self.table.get(key) else { return };
        let (state, number, index) = (slot.state(), slot.number(), slot.target());
        let times = times(slot, arrival, self.config.user_to_user);
        let missing = missing(slot, arrival);
        let wrong_byte = wrong.and_then(|at| Some((self.payload.byte(slot.token(), at)?, *answer.payload.get(at)?)));
        let waits = slot.stamp_wanted() && !self.config.user_to_user;
        let sampled = !matches!(self.config.stamping, Stamping::Sample(_)) || slot.stamp_wanted();
        let wrong_source = odd == Some(ReplyKind::WrongSource);
        let first = !state.answered() && !wrong_source;
        let late = state == State::Lost || self.config.timeout.is_some_and(|timeout| times.rtt.time >= timeout);
        // By the length on the wire: a short read of a whole reply is none.
        let truncated = answer.icmp_len < ICMP_HEADER + self.payload.len() && answer.far.is_none();
        if first {
            let to = if late { State::Late } else { State::Replied };
            self.moved(key, to, arrival.read.boot);
        }
        let Some(target) = self.targets.get_mut(index as usize) else { return };
        let kind = match odd {
            Some(ReplyKind::WrongSource) => ReplyKind::WrongSource,
            _ if !first => ReplyKind::Duplicate,
            Some(odd) => odd,
            None if late => ReplyKind::Late,
            None => ReplyKind::Good,
        };
        let mut reordered = false;
        if first {
            reordered = target.is_reordered(number);
            target.counters.reordered += u64::from(reordered);
            target.counters.corrupt += u64::from(wrong.is_some() || !answer.checksum_ok);
        }
        if wrong_source {
            target.counters.foreign += 1;
        } else {
            target.counters.duplicates += u64::from(!first);
            target.counters.truncated += u64::from(truncated);
        }
        let waits = waits && first && target.worth_waiting(missing);
        let reply = Reply {
            target: TargetId(index),
            number,
            kind,
            from: answer.claim.peer,
            at: arrival.kernel.unwrap_or(arrival.read.wall),
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
            far: answer.far.map(|far| {
                let sent = self.table.get(key).map_or(arrival.read.wall, |slot| slot.sent().wall);
                far_offset(&far, sent, arrival.kernel.unwrap_or(arrival.read.wall))
            }),
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
                target.learn(rtt);
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

/// What might still come for a probe that was answered.
pub(super) fn missing(slot: &Slot, arrival: &Arrival) -> Missing {
    Missing {
        driver: slot.stamp(Stage::Driver).is_none(),
        card: arrival.nic.is_some() && slot.stamp(Stage::Nic).is_none(),
    }
}
