//! When it is over, for one probe and for the run.
//!
//! A probe is lost when its time-out has passed. A run waits for its last answers, but no longer than answers have taken so
//! far; and what is still out when it ends is lost only if an answer is overdue by that measure.

use std::time::Duration;

use super::series::End;
use super::session::{Ended, Session};
use super::{NoReply, Note};
use crate::clock::{BootTime, Now};
use crate::net::Key;
use crate::probe::Next;
use crate::probe::table::State;

use super::target::TargetState;

impl Session {
    /// Settles the probes whose time is up.
    pub(super) fn expire(&mut self, now: Now) {
        let Some(timeout) = self.config.timeout else { return };
        while let Some((key, slot)) = self.table.oldest() {
            if now.boot < slot.sent().boot + timeout {
                return;
            }
            self.lose(key, now);
        }
    }

    /// A probe is lost.
    pub(super) fn lose(&mut self, key: Key, now: Now) {
        let Some((target, number)) = self.name_of(key) else { return };
        self.moved(key, State::Lost, now.boot);
        self.capture_probe(key, "lost");
        if self.config.note_replies {
            self.notes.push(Note::NoReply { target, number, at: now.wall, why: NoReply::Lost });
        }
    }

    /// Whether the run is over, and why.
    pub(super) fn is_over(&self, now: BootTime) -> Option<Ended> {
        if self.stopping {
            return Some(Ended::Stopped);
        }
        if self.until_met() {
            return Some(Ended::UntilMet);
        }
        if self.deadline().is_some_and(|deadline| now >= deadline) {
            return Some(Ended::Deadline);
        }
        if self.sending > 0 || !self.held.is_empty() {
            return None;
        }
        // With a deadline the count is of replies, and there is nothing more to wait for.
        let over = self.config.deadline.is_some() || self.targets.iter().all(|target| self.has_waited(target, now));
        over.then_some(Ended::Count)
    }

    /// When to look again for what ends by the passing of time.
    pub(super) fn next_end(&self, now: BootTime) -> Next {
        let timeout = self.config.timeout.zip(self.table.oldest());
        let times = [
            timeout.map(|(timeout, (_, slot))| slot.sent().boot + timeout),
            self.deadline(),
            self.held.next(),
            if self.sending == 0 { self.linger_end(now) } else { None },
        ];
        times.into_iter().flatten().min().map_or(Next::Idle, Next::At)
    }

    fn deadline(&self) -> Option<BootTime> {
        Some(self.started? + self.config.deadline?)
    }

    /// Whether nothing more is to be expected from this target.
    fn has_waited(&self, target: &TargetState, now: BootTime) -> bool {
        let waited = target.counters.in_flight == 0 || self.waits_until(target).is_some_and(|until| now >= until);
        waited && self.listens_until(target).is_none_or(|until| now >= until)
    }

    /// How long the end of a run listens for those who have not answered for a group yet; `None`: not at all.
    fn listens_until(&self, target: &TargetState) -> Option<BootTime> {
        if !self.config.wait_for_all || !target.group {
            return None;
        }
        let chosen = target.last_sent.zip(self.config.timeout).map(|(sent, timeout)| sent + timeout);
        self.waits_until(target).or(chosen)
    }

    /// How long the end of a run waits for a target's last probes; `None`: until each is settled.
    fn waits_until(&self, target: &TargetState) -> Option<BootTime> {
        let largest = target.largest.filter(|_| !self.config.timeout_chosen)?;
        let interval = if self.is_scheduled() { self.config.interval } else { Duration::ZERO };
        Some(target.last_sent? + overdue(largest).max(interval).max(PATIENCE))
    }

    fn linger_end(&self, now: BootTime) -> Option<BootTime> {
        let waiting = self.targets.iter().filter(|target| target.counters.in_flight > 0);
        let waiting = waiting.filter_map(|target| self.waits_until(target));
        let listening = self.targets.iter().filter_map(|target| self.listens_until(target));
        // All must have waited: those that already have do not count.
        waiting.chain(listening).filter(|until| *until > now).max()
    }

    /// Ends the run: what an answer is overdue for is lost, the rest stays in flight.
    pub(super) fn finish(&mut self, now: Now, why: Ended) {
        self.release_all();
        let mut at = self.table.oldest().map(|(key, _)| key);
        while let Some(key) = at {
            at = self.table.after(key).map(|(key, _)| key);
            let Some((slot, target)) = self.probe(key) else { continue };
            let age = now.boot.since(slot.sent().boot);
            if target.largest.is_some_and(|largest| age < overdue(largest)) {
                let number = slot.number();
                target.series.settle(number, End::Unknown);
                self.capture_probe(key, "in flight");
            } else {
                self.lose(key, now);
            }
        }
        self.ended = Some((why, now));
    }
}

/// The end of a run waits no less, however fast answers were: a busy far end may pause for so long (Linux gives TCP the
/// same 200 ms, `TCP_RTO_MIN`). A flood called its last probes lost without it.
const PATIENCE: Duration = Duration::from_millis(200);

/// How old an unanswered probe is when its answer is overdue (as `ping` has it).
fn overdue(largest: Duration) -> Duration {
    largest.saturating_mul(2)
}
