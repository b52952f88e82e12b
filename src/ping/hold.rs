//! Replies on their way to be told: each waits for its probe's departure stamp where that is worth it ([`Held`]).
//!
//! How long stamps are worth waiting for is learned for each target.

use super::capture::Packet;
use super::session::Session;
use super::{Reply, TargetId};
use crate::clock::{BootTime, Stage, WallTime};
use crate::net::Key;
use crate::probe::held;
use crate::probe::patience::missing;
use crate::probe::table::State;
use crate::probe::times::{Times, times};

/// A reply, and what a capture file gets of it.
pub(super) type Waiting = held::Waiting<(Reply, Option<Packet>)>;
/// Those that wait.
pub(super) type Held = held::Held<(Reply, Option<Packet>)>;

impl Session {
    /// Tells a reply when its stamp has come, and those before it have been told.
    pub(super) fn hold(&mut self, waiting: Waiting) {
        if let Some(oldest) = self.held.push(waiting) {
            self.tell_waited(oldest);
        }
    }

    /// Tells those that have waited long enough.
    pub(super) fn release_held(&mut self, now: BootTime) {
        while let Some(first) = self.held.pop_due(now) {
            if first.waits() {
                if let Some((slot, target)) = self.probe(first.key) {
                    target.patience.waited_in_vain(missing(slot, &first.arrival));
                }
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

    /// A reply that has waited: its stamp may have come since. Into the statistics, and told.
    fn tell_waited(&mut self, waiting: Waiting) {
        let Waiting { key, arrival, answer: (mut reply, packet), .. } = waiting;
        if let Some(slot) = self.table.get(key) {
            let times = times(slot, &arrival, self.config.user_to_user);
            (reply.rtt, reply.breakdown) = (Some(times.rtt), times.breakdown);
        }
        let Some(target) = self.targets.get_mut(reply.target.0 as usize) else { return };
        if let Some(rtt) = reply.rtt {
            target.measured(reply.kind, &Times { rtt, breakdown: reply.breakdown }, reply.counted);
        }
        self.show(key, reply, packet);
    }

    /// The kernel stamped a departure.
    pub(super) fn stamp(&mut self, key: Key, stage: Stage, at: WallTime, packet: &[u8]) {
        let Some(slot) = self.table.stamp(key, stage, at) else { return };
        let (flying, id) = (slot.state() == State::Flying, TargetId(slot.target()));
        if let Some(capture) = &mut self.capture {
            capture.stamped(key, at, packet);
        }
        let Some(target) = self.targets.get_mut(id.0 as usize) else { return };
        let held = self.held.stamped(key, |arrival| target.patience.worth_waiting(missing(slot, arrival)));
        if (flying || held) && stage != Stage::Sched {
            target.patience.stamped(stage == Stage::Nic);
        }
        while let Some(first) = self.held.pop_ready() {
            self.tell_waited(first);
        }
    }
}
