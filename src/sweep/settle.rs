//! Replies: the first settles its probe, the others are duplicates; what is damaged is shown and kept out of the
//! statistics; what proves nothing is a stranger's.

use super::config::Mode;
use super::find::Found;
use super::hold::Waiting;
use super::machine::{Ended, Sweep};
use super::note::{Note, Reply, ReplyKind, SoFar};
use crate::clock::as_ns;
use crate::net::Answer;
use crate::probe::TargetId;
use crate::probe::far::far_offset;
use crate::probe::patience::missing;
use crate::probe::table::State;
use crate::probe::times::times;

impl Sweep {
    /// A reply was heard.
    pub(super) fn answer(&mut self, answer: &Answer<'_>) {
        match self.find(answer) {
            None => self.running.foreign += 1,
            Some(found) => self.reply(&found, answer),
        }
    }

    fn reply(&mut self, found: &Found, answer: &Answer<'_>) {
        let (key, arrival) = (found.key, &answer.arrival);
        let Some((slot, index, number)) = self.probe(key) else { return };
        let times = times(&slot, arrival, false);
        let timeout = self.waits.timeout(self.attempt(number));
        let late = slot.state() == State::Lost || times.rtt.time >= timeout;
        let elsewhere = found.elsewhere && self.config.check_source;
        let damaged = (found.wrong.is_some() || !answer.checksum_ok).then_some(found.wrong);
        let kind = ReplyKind::of(elsewhere, slot.state().answered(), damaged, late);
        let settles = kind.settles();
        if settles {
            self.moved(key, if late { State::Late } else { State::Replied }, arrival.read.boot);
        }
        let truncated = answer.is_truncated(self.payload.len());
        let first = settles && self.makes_alive(index, late);
        let Some(host) = self.hosts.get_mut(index as usize) else { return };
        let reordered = settles && host.order.record(number);
        let all = &mut self.running.counters;
        for (happened, one, total) in [
            (kind == ReplyKind::WrongSource, &mut host.tally.foreign, &mut all.foreign),
            (kind == ReplyKind::Duplicate, &mut host.tally.duplicates, &mut all.duplicates),
            (matches!(kind, ReplyKind::Corrupt { .. }), &mut host.tally.corrupt, &mut all.corrupt),
            (truncated, &mut host.tally.truncated, &mut all.truncated),
            (reordered, &mut host.tally.reordered, &mut all.reordered),
        ] {
            *one = one.saturating_add(happened.into());
            *total += u64::from(happened);
        }
        let at = arrival.kernel.unwrap_or(arrival.read.wall);
        let reply = Reply {
            host: TargetId(index),
            number,
            seq: slot.seq(),
            kind,
            first,
            from: answer.claim.peer,
            elsewhere: found.elsewhere,
            at,
            bytes: answer.icmp_len,
            truncated,
            reordered,
            ttl: arrival.ttl,
            tos: arrival.tos,
            to: arrival.to,
            rtt: times.rtt,
            breakdown: times.breakdown,
            proof: found.proof,
            far: answer.far.map(|far| (far, far_offset(&far, slot.sent().wall, at))),
            so_far: SoFar::default(),
        };
        let waits = settles && self.patience.worth_waiting(missing(&slot, arrival));
        self.hold(Waiting::new(key, *arrival, reply, waits));
    }

    /// Takes in that a host has answered; whether that makes it alive.
    fn makes_alive(&mut self, index: u32, late: bool) -> bool {
        let is_alive_mode = matches!(self.config.mode, Mode::Alive { .. });
        let Some(host) = self.hosts.get_mut(index as usize) else { return false };
        // While a host is still being tried, an answer to an earlier attempt is an answer.
        let counts = !late || self.config.late_counts || (is_alive_mode && !host.done);
        if host.alive || !counts {
            return false;
        }
        host.alive = true;
        if is_alive_mode && !std::mem::replace(&mut host.done, true) {
            self.open = self.open.saturating_sub(1);
        }
        self.running.alive += 1;
        if self.config.enough_alive.is_some_and(|enough| self.running.alive >= enough) {
            self.stopping.get_or_insert(Ended::EnoughAlive);
        }
        true
    }

    /// A reply that waits for nothing more: into the statistics, and told.
    pub(super) fn tell(&mut self, waiting: &Waiting) {
        let mut reply = waiting.answer;
        self.running.replies += 1;
        if matches!(reply.kind, ReplyKind::Good | ReplyKind::Late) {
            self.running.learn(reply.rtt.time);
        }
        let is_time = reply.kind == ReplyKind::Good || (reply.kind == ReplyKind::Late && self.config.late_counts);
        if is_time {
            let (index, time) = (reply.host.0 as usize, reply.rtt.time);
            if let Some(host) = self.hosts.get_mut(index) {
                host.rtt.record(time);
            }
            if let Some(interval) = self.intervals.get_mut(index) {
                interval.record(time);
            }
            let all = self.hosts.len();
            for at in [index, all] {
                if let Some(histogram) = self.histograms.get_mut(at) {
                    histogram.record(time);
                }
            }
            if let (Mode::Count(count), Ok(at)) = (self.config.mode, usize::try_from(reply.number.saturating_sub(1))) {
                let row = usize::try_from(count).unwrap_or(usize::MAX).saturating_mul(index);
                if let Some(kept) = self.times.get_mut(row.saturating_add(at)) {
                    *kept = as_ns(time);
                }
            }
            self.running.record(reply.rtt);
        }
        if self.config.note_all || reply.first {
            reply.so_far = self.so_far(reply.host.0);
            self.notes.push(Note::Reply(reply));
        }
    }
}
