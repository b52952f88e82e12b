//! Replies that wait for their probe's departure stamp, which may come after them, for two milliseconds at the most.
//!
//! Where stamps never come (some tunnels and drivers give none) that is learned after a few replies, and nothing waits any
//! more until one comes in time again. Replies stay in order of arrival: behind one that waits, all wait.

use std::collections::VecDeque;

use super::capture::Packet;
use super::session::Session;
use super::{Reply, TargetId};
use crate::clock::{BootTime, Stage, WallTime};
use crate::net::{Arrival, Key};
use crate::probe::patience::{GRACE, missing};
use crate::probe::table::State;

/// How many wait at once; the oldest goes when there are more.
const AT_ONCE: usize = 1024;

/// A reply on its way to be told.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub(super) key: Key,
    pub(super) reply: Reply,
    pub(super) arrival: Arrival,
    pub(super) packet: Option<Packet>,
    waits: bool,
}

impl Waiting {
    pub(super) fn new(key: Key, reply: Reply, arrival: Arrival, packet: Option<Packet>, waits: bool) -> Self {
        Waiting { key, reply, arrival, packet, waits }
    }

    fn until(&self) -> BootTime {
        self.arrival.read.boot + GRACE
    }
}

/// Those that wait, in order of arrival.
#[derive(Clone, Debug, Default)]
pub(super) struct Held(VecDeque<Waiting>);

impl Held {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// When the first has waited long enough.
    pub(super) fn next(&self) -> Option<BootTime> {
        self.0.front().map(Waiting::until)
    }
}

impl Session {
    /// Tells a reply, now or when its stamp has come.
    pub(super) fn hold(&mut self, waiting: Waiting) {
        if !waiting.waits && self.held.is_empty() {
            return self.tell(waiting);
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
            self.give_up_on_stamp(&first);
            self.tell_waited(first);
        }
    }

    /// Tells all of them, for the run is over.
    pub(super) fn release_all(&mut self) {
        while let Some(first) = self.held.0.pop_front() {
            self.tell_waited(first);
        }
    }

    fn give_up_on_stamp(&mut self, waiting: &Waiting) {
        if waiting.waits {
            if let Some((slot, target)) = self.probe(waiting.key) {
                target.patience.waited_in_vain(missing(slot, &waiting.arrival));
            }
        }
    }

    /// The kernel stamped a departure.
    pub(super) fn stamp(&mut self, key: Key, stage: Stage, at: WallTime, packet: &[u8]) {
        let Some(slot) = self.table.stamp(key, stage, at) else { return };
        let (flying, id) = (slot.state() == State::Flying, TargetId(slot.target()));
        if let Some(capture) = &mut self.capture {
            capture.stamped(key, at, packet);
        }
        let mut in_time = flying;
        if !self.held.is_empty() {
            if let Some(waiting) = self.held.0.iter_mut().find(|waiting| waiting.waits && waiting.key == key) {
                in_time = true;
                if let Some(slot) = self.table.get(key) {
                    let missing = missing(slot, &waiting.arrival);
                    let target = self.targets.get(id.0 as usize);
                    waiting.waits = target.is_some_and(|target| target.patience.worth_waiting(missing));
                }
            }
        }
        if let Some(target) = self.targets.get_mut(id.0 as usize).filter(|_| in_time && stage != Stage::Sched) {
            target.patience.stamped(stage == Stage::Nic);
        }
        while self.held.0.front().is_some_and(|first| !first.waits) {
            let Some(first) = self.held.0.pop_front() else { return };
            self.tell_waited(first);
        }
    }
}
