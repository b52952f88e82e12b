//! Whose turn it is: which targets have something to settle, which have something to send, and how fast all of them may.
//!
//! A target is looked at when something was heard of it or its own time has come, never because others are busy; so a
//! thousand targets cost no more than their own packets.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

use crate::clock::BootTime;
use crate::probe::Next;

/// Lag behind the rate that is made up: what a busy host's scheduler does to us.
const CATCH_UP: Duration = Duration::from_millis(10);

/// What a target is queued for.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    ready: bool,
    sending: bool,
    timer: Option<BootTime>,
}

/// The turns of all targets, and their common rate.
#[derive(Debug)]
pub(super) struct Schedule {
    places: Vec<Place>,
    ready: VecDeque<u32>,
    senders: VecDeque<u32>,
    timers: BinaryHeap<Reverse<(BootTime, u32)>>,
    /// Time between two probes of whatever target.
    interval: Duration,
    next: BootTime,
}

impl Schedule {
    /// All are ready.
    pub(super) fn new(targets: usize, rate: Option<u32>) -> Self {
        let interval = rate.map_or(Duration::ZERO, |rate| Duration::from_secs(1) / rate.max(1));
        let all = 0..u32::try_from(targets).unwrap_or(u32::MAX);
        Schedule {
            places: vec![Place { ready: true, ..Place::default() }; targets],
            ready: all.collect(),
            senders: VecDeque::new(),
            timers: BinaryHeap::new(),
            interval,
            next: BootTime::default(),
        }
    }

    /// This target has something to settle.
    pub(super) fn wake(&mut self, id: u32) {
        if let Some(place) = self.places.get_mut(id as usize).filter(|place| !place.ready) {
            place.ready = true;
            self.ready.push_back(id);
        }
    }

    /// This target has something to settle then, if not before.
    pub(super) fn wake_at(&mut self, id: u32, at: BootTime) {
        let Some(place) = self.places.get_mut(id as usize) else { return };
        if place.timer.is_none_or(|timer| at < timer) {
            place.timer = Some(at);
            self.timers.push(Reverse((at, id)));
        }
    }

    /// This target has something to send.
    pub(super) fn wants_to_send(&mut self, id: u32) {
        if let Some(place) = self.places.get_mut(id as usize).filter(|place| !place.sending) {
            place.sending = true;
            self.senders.push_back(id);
        }
    }

    /// Wakes those whose time has come.
    pub(super) fn tick(&mut self, now: BootTime) {
        while let Some(Reverse((at, id))) = self.timers.peek().copied().filter(|Reverse((at, _))| *at <= now) {
            self.timers.pop();
            if let Some(place) = self.places.get_mut(id as usize).filter(|place| place.timer == Some(at)) {
                place.timer = None;
            }
            self.wake(id);
        }
    }

    /// The next that has something to settle.
    pub(super) fn next_ready(&mut self) -> Option<u32> {
        let id = self.ready.pop_front()?;
        if let Some(place) = self.places.get_mut(id as usize) {
            place.ready = false;
        }
        Some(id)
    }

    /// The next that has something to send, if the rate allows it.
    pub(super) fn next_sender(&mut self, now: BootTime) -> Option<u32> {
        if self.next > now {
            return None;
        }
        let id = self.senders.pop_front()?;
        if let Some(place) = self.places.get_mut(id as usize) {
            place.sending = false;
        }
        Some(id)
    }

    /// A probe leaves.
    pub(super) fn sent(&mut self, now: BootTime) {
        if !self.interval.is_zero() {
            self.next = self.next.max(now - CATCH_UP) + self.interval;
        }
    }

    /// When there is something to do again.
    pub(super) fn next(&self, now: BootTime) -> Next {
        let timer = self.timers.peek().map_or(Next::Idle, |Reverse((at, _))| Next::At(*at));
        let ready = if self.ready.is_empty() { Next::Idle } else { Next::At(now) };
        let sender = if self.senders.is_empty() { Next::Idle } else { Next::At(self.next.max(now)) };
        timer.sooner(ready).sooner(sender)
    }
}

/// How far behind its spacing a target may be and make it up: a timer's slack, but no burst.
pub(super) fn slack(spacing: Duration) -> Duration {
    spacing.min(Duration::from_millis(1))
}
