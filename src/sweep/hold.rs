//! Replies that wait for their probe's departure stamp, which may come after them, for two milliseconds at the most.
//!
//! They stay in order of arrival: behind one that waits, all wait.

use std::collections::VecDeque;

use super::machine::Sweep;
use super::note::Reply;
use crate::clock::{BootTime, Stage, WallTime};
use crate::net::{Arrival, Key};
use crate::probe::patience::{GRACE, missing};
use crate::probe::table::State;
use crate::probe::times::times;

/// How many wait at once; the oldest goes when there are more.
const AT_ONCE: usize = 1024;

/// A reply on its way to be told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    key: Key,
    pub(super) reply: Reply,
    arrival: Arrival,
    waits: bool,
}

impl Waiting {
    pub(super) fn new(key: Key, reply: Reply, arrival: Arrival, waits: bool) -> Self {
        Waiting { key, reply, arrival, waits }
    }

    fn until(&self) -> BootTime {
        self.arrival.read.boot + GRACE
    }
}

/// Those that wait, in order of arrival.
#[derive(Clone, Debug, Default)]
pub(super) struct Held(VecDeque<Waiting>);

impl Held {
    /// When the first has waited long enough.
    pub(super) fn next(&self) -> Option<BootTime> {
        self.0.front().map(Waiting::until)
    }
}

impl Sweep {
    /// Tells a reply, now or when its stamp has come.
    pub(super) fn hold(&mut self, waiting: Waiting) {
        if !waiting.waits && self.held.0.is_empty() {
            return self.tell(&waiting);
        }
        if self.held.0.len() >= AT_ONCE {
            if let Some(first) = self.held.0.pop_front() {
                self.tell_waited(first);
            }
        }
        self.held.0.push_back(waiting);
    }

    /// Tells those that have waited long enough.
    pub(super) fn release_held(&mut self, now: BootTime) {
        while self.held.0.front().is_some_and(|first| !first.waits || now >= first.until()) {
            let Some(first) = self.held.0.pop_front() else { return };
            if let Some(slot) = self.table.get(first.key).filter(|_| first.waits) {
                self.patience.waited_in_vain(missing(slot, &first.arrival));
            }
            self.tell_waited(first);
        }
    }

    /// Tells all of them, for the run is over.
    pub(super) fn release_all(&mut self) {
        while let Some(first) = self.held.0.pop_front() {
            self.tell_waited(first);
        }
    }

    /// A reply that has waited: its stamp may have come since.
    fn tell_waited(&mut self, mut waiting: Waiting) {
        if let Some(slot) = self.table.get(waiting.key) {
            let times = times(slot, &waiting.arrival, false);
            (waiting.reply.rtt, waiting.reply.breakdown) = (times.rtt, times.breakdown);
        }
        self.tell(&waiting);
    }

    /// The kernel stamped a departure.
    pub(super) fn stamp(&mut self, key: Key, stage: Stage, at: WallTime) {
        let Some(slot) = self.table.stamp(key, stage, at) else { return };
        let mut in_time = slot.state() == State::Flying;
        if !self.held.0.is_empty() {
            if let Some(waiting) = self.held.0.iter_mut().find(|waiting| waiting.waits && waiting.key == key) {
                in_time = true;
                waiting.waits = self.patience.worth_waiting(missing(slot, &waiting.arrival));
            }
        }
        if in_time && stage != Stage::Sched {
            self.patience.stamped(stage == Stage::Nic);
        }
        while self.held.0.front().is_some_and(|first| !first.waits) {
            let Some(first) = self.held.0.pop_front() else { return };
            self.tell_waited(first);
        }
    }
}
