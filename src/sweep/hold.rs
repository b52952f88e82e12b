//! Replies on their way to be told: each waits for its probe's departure stamp where that is worth it ([`Held`]).
//!
//! How long stamps are worth waiting for is learned for the whole sweep: all its probes leave by the same ways.

use super::machine::Sweep;
use super::note::Reply;
use crate::clock::{BootTime, Stage, WallTime};
use crate::net::Key;
use crate::probe::held;
use crate::probe::patience::missing;
use crate::probe::table::State;
use crate::probe::times::times;

/// A reply.
pub(super) type Waiting = held::Waiting<Reply>;
/// Those that wait.
pub(super) type Held = held::Held<Reply>;

impl Sweep {
    /// Tells a reply, now or when its stamp has come.
    pub(super) fn hold(&mut self, waiting: Waiting) {
        if !waiting.waits() && self.held.is_empty() {
            return self.tell(&waiting);
        }
        if let Some(oldest) = self.held.push(waiting) {
            self.tell_waited(oldest);
        }
    }

    /// Tells those that have waited long enough.
    pub(super) fn release_held(&mut self, now: BootTime) {
        while let Some(first) = self.held.pop_due(now) {
            if let Some(slot) = self.table.get(first.key).filter(|_| first.waits()) {
                self.patience.waited_in_vain(missing(slot, &first.arrival));
            }
            self.tell_waited(first);
        }
    }

    /// Tells all of them, for the run is over.
    pub(super) fn release_all(&mut self) {
        while let Some(first) = self.held.pop() {
            self.tell_waited(first);
        }
    }

    /// A reply that has waited: its stamp may have come since.
    fn tell_waited(&mut self, mut waiting: Waiting) {
        if let Some(slot) = self.table.get(waiting.key) {
            let times = times(slot, &waiting.arrival, false);
            (waiting.answer.rtt, waiting.answer.breakdown) = (times.rtt, times.breakdown);
        }
        self.tell(&waiting);
    }

    /// The kernel stamped a departure.
    pub(super) fn stamp(&mut self, key: Key, stage: Stage, at: WallTime) {
        let Some(slot) = self.table.stamp(key, stage, at) else { return };
        let held = self.held.stamped(key, |arrival| self.patience.worth_waiting(missing(slot, arrival)));
        if (held || slot.state() == State::Flying) && stage != Stage::Sched {
            self.patience.stamped(stage == Stage::Nic);
        }
        while let Some(first) = self.held.pop_ready() {
            self.tell_waited(first);
        }
    }
}
