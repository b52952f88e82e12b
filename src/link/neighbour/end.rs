//! When a run is over, and what it then says.

use std::time::Duration;

use super::Task;
use super::note::{Summary, Verdict};
use super::session::Session;
use crate::clock::{BootTime, Now};
use crate::probe::Next;
use crate::probe::table::State;

/// How long the last question to everybody is listened to after its first answer: a second station may be slower, and
/// that there are two is worth the wait.
const LINGER: Duration = Duration::from_millis(200);

/// What a probe may take to leave: a deadline of a second gives it that much less than a second of silence.
const LEAVING: Duration = Duration::from_millis(1);

impl Session {
    /// Settles the questions whose time is up.
    pub(super) fn expire(&mut self, now: Now) {
        while let Some((key, slot)) = self.table.oldest() {
            if self.is_announcing() || now.boot < slot.sent().boot + self.config.timeout {
                return;
            }
            self.lose(key, now);
        }
    }

    /// Announcements are not answered.
    fn is_announcing(&self) -> bool {
        matches!(self.config.task, Task::Announce(_))
    }

    /// Whether another question is to be sent.
    pub(super) fn wants_more(&self) -> bool {
        let counts_answers = self.config.task == Task::Ask && self.config.deadline.is_some() && !self.config.first;
        match self.config.count {
            None => true,
            Some(count) if counts_answers => self.counters.received() < count,
            Some(count) => self.counters.attempted < count,
        }
    }

    /// Whether nothing more is to be done or waited for.
    pub(super) fn is_over(&self, now: BootTime) -> bool {
        let ended = self.stopping
            || (self.config.task == Task::Duplicate && self.taken)
            || (self.config.first && self.counters.received() > 0)
            || self.deadline().is_some_and(|deadline| now >= deadline);
        ended || (!self.wants_more() && self.held.is_empty() && self.waits_until().is_none_or(|at| now >= at))
    }

    fn deadline(&self) -> Option<BootTime> {
        Some(self.started? + self.config.deadline?)
    }

    /// Until when the last answers are waited for, once everything is sent.
    fn waits_until(&self) -> Option<BootTime> {
        let (key, sent) = self.last_sent?;
        match self.config.task {
            Task::Announce(_) => None,
            Task::Duplicate => Some(sent + self.config.timeout),
            Task::Ask if self.config.deadline.is_some() => None,
            Task::Ask => {
                let answered = self.table.get(key).is_none_or(|slot| slot.state() != State::Flying);
                match (answered, self.last_to_all) {
                    (true, true) if self.counters.received() > 0 => Some(sent + LINGER.min(self.config.timeout)),
                    (true, _) => None,
                    (false, _) => Some(sent + self.config.timeout),
                }
            }
        }
    }

    /// When something happens by the passing of time.
    pub(super) fn next_event(&self) -> Next {
        let more = self.wants_more();
        let oldest = self.table.oldest().filter(|_| !self.is_announcing());
        let times = [
            more.then(|| self.due()),
            oldest.map(|(_, slot)| slot.sent().boot + self.config.timeout),
            self.deadline(),
            self.held.next(),
            if more { None } else { self.waits_until() },
        ];
        times.into_iter().flatten().min().map_or(Next::Idle, Next::At)
    }

    /// The end: what is still out is in flight if it may well be answered yet (younger than twice the longest answer),
    /// and else lost.
    pub(super) fn finish(&mut self, now: Now) {
        self.release(now.boot, true);
        let patience = self.rtt.max().map(|max| max * 2);
        while let Some((key, slot)) = self.table.oldest() {
            let young = patience.is_some_and(|patience| now.boot.since(slot.sent().boot) < patience);
            if self.is_announcing() || young {
                break;
            }
            self.lose(key, now);
        }
        self.ended = Some(now);
    }

    /// How things stand, or stood in the end.
    #[must_use]
    pub fn summary(&self, now: Now) -> Summary {
        let now = self.ended.unwrap_or(now);
        let sending = self.last_sent.zip(self.started).map(|((_, last), first)| last.since(first));
        Summary {
            counters: self.counters,
            to_all: self.to_all,
            rtt: self.rtt.clone(),
            loss_runs: self.loss_runs,
            clocks: self.clocks,
            stations: self.stations.clone(),
            verdict: (self.config.task == Task::Duplicate).then(|| self.verdict(now.boot)),
            dropped: self.dropped,
            skipped: self.skipped,
            took: self.started.map(|started| now.boot.since(started)).unwrap_or_default(),
            sending: sending.unwrap_or_default(),
            at: now,
        }
    }

    /// Free only if every probe left and nobody objected until the last one's time was up; with a deadline alone, if
    /// probes left until then.
    fn verdict(&self, now: BootTime) -> Verdict {
        if self.taken {
            return Verdict::Taken;
        }
        let whole = match self.config.count {
            Some(count) => {
                self.counters.sent >= count && self.last_sent.is_some_and(|(_, at)| now + LEAVING >= at + self.waits())
            }
            None => self.counters.sent > 0 && self.deadline().is_some_and(|deadline| now >= deadline),
        };
        if whole { Verdict::Free } else { Verdict::Undecided }
    }

    /// How long silence must last after the last probe. A deadline may cut it short.
    fn waits(&self) -> Duration {
        self.config.deadline.map_or(self.config.timeout, |deadline| deadline.min(self.config.timeout))
    }
}
