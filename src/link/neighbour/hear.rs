//! What a run hears: for each answer its question, its station and its round-trip time, told once its question's departure
//! stamp has had time to come.

use super::note::{Answer, Kind, Note, Station};
use super::{Session, Task};
use crate::clock::{BootTime, Now, Stage, WallTime};
use crate::link::ask::{Claim, How};
use crate::net::{Arrival, Frame, Key};
use crate::probe::held::Waiting;
use crate::probe::patience::missing;
use crate::probe::table::State;
use crate::probe::times::times;
use crate::sys::address::Direction;
use crate::units::MacAddr;
use crate::wire::ethernet;

/// Stations that are told apart for one address; a link where more claim it needs no longer list.
const MOST_STATIONS: usize = 64;

impl Session {
    /// Somebody said something.
    pub(super) fn frame(&mut self, now: Now, frame: &Frame<'_>) {
        // What has a tag belongs to another link; priority alone (VLAN 0) does not make one.
        let tagged = frame.stripped.is_some_and(|(_, tag)| tag.id != 0);
        if tagged || matches!(frame.direction, Direction::Outgoing | Direction::Other) {
            return;
        }
        let read = ethernet::Frame::new_checked(frame.bytes).ok().and_then(|read| Claim::of(&read));
        let Some(claim) = read.filter(|claim| claim.addr == self.config.peer.addr) else { return };
        let ours = claim.mac == self.config.asker.mac || claim.sender == self.config.asker.mac;
        if ours || (claim.how == How::Wish { nonce: Some(self.config.nonce) } && self.config.task == Task::Duplicate) {
            return;
        }
        let at = frame.arrival.kernel.unwrap_or(now.wall);
        match (self.config.task, claim.how) {
            (Task::Ask, How::Answer { solicited }) => {
                let to_us = frame.direction == Direction::Host;
                self.answered(claim, &frame.arrival, at, to_us, solicited);
            }
            // It uses the address, and so it is there; but it was not asked.
            (Task::Ask, How::Use) if !self.stations.is_empty() => {
                let (_, new) = self.station(claim.mac);
                self.conflict(new, at);
            }
            (Task::Ask, _) | (Task::Announce(_), How::Wish { .. }) => {}
            (Task::Duplicate | Task::Announce(_), _) => {
                let (_, new) = self.station(claim.mac);
                self.taken = true;
                if new {
                    self.notes.push(Note::Taken { at, claim });
                }
            }
        }
    }

    /// The station of this address, and whether it is new. Where the list is full, the last one stands for all others.
    fn station(&mut self, mac: MacAddr) -> (usize, bool) {
        let known = self.stations.iter().position(|station| station.mac == mac);
        match known {
            Some(index) => (index, false),
            None if self.stations.len() >= MOST_STATIONS => (MOST_STATIONS - 1, false),
            None => {
                self.stations.push(Station { mac, answers: 0, last: 0 });
                (self.stations.len() - 1, true)
            }
        }
    }

    fn conflict(&mut self, new: bool, at: WallTime) {
        if new && self.stations.len() > 1 {
            let stations = self.stations.iter().map(|station| station.mac).collect();
            self.notes.push(Note::Conflict { at, stations });
        }
    }

    fn answered(&mut self, claim: Claim, arrival: &Arrival, at: WallTime, to_us: bool, solicited: bool) {
        let (index, new) = self.station(claim.mac);
        let question = self.last_sent.and_then(|(key, _)| Some((key, *self.table.get(key)?)));
        let several = self.stations.len() > 1;
        let answer = |number, kind| Answer { number, claim, kind, at, rtt: None, to_us, conflict: several };
        let Some((key, slot)) = question.filter(|_| solicited) else {
            self.notes.push(Note::Answer(answer(0, Kind::Unasked)));
            return self.conflict(new, at);
        };
        let number = slot.number();
        let Some(station) = self.stations.get_mut(index) else { return };
        let again = station.last == number;
        station.last = number;
        station.answers += u64::from(!again);
        let kind = match slot.state() {
            _ if again => {
                self.counters.duplicates += 1;
                Kind::Duplicate
            }
            State::Flying => {
                self.counters.moved(State::Flying, State::Replied);
                self.table.settle(key, State::Replied, arrival.read.boot);
                self.loss_runs.record(false);
                self.silence = 0;
                Kind::Good
            }
            State::Lost => {
                self.counters.moved(State::Lost, State::Late);
                self.table.settle(key, State::Late, arrival.read.boot);
                self.silence = 0;
                Kind::Late
            }
            _ => Kind::Another,
        };
        let waits = self.patience.worth_waiting(missing(&slot, arrival));
        if let Some(oldest) = self.held.push(Waiting::new(key, *arrival, answer(number, kind), waits)) {
            self.tell(oldest);
        }
        self.release(arrival.read.boot, false);
        self.conflict(new, at);
    }

    /// Tells the answers that wait no more, in order.
    pub(super) fn release(&mut self, now: BootTime, all: bool) {
        while let Some(first) = if all { self.held.pop() } else { self.held.pop_due(now) } {
            self.tell(first);
        }
    }

    fn tell(&mut self, held: Waiting<Answer>) {
        let Waiting { key, mut answer, arrival, .. } = held;
        if let Some(slot) = self.table.get(key) {
            if held.waits() {
                self.patience.waited_in_vain(missing(slot, &arrival));
            }
            let rtt = times(slot, &arrival, false).rtt;
            answer.rtt = Some(rtt);
            if answer.kind == Kind::Good {
                self.rtt.record(rtt.time);
                if let Some(count) = self.clocks.get_mut(rtt.clock as usize) {
                    *count += 1;
                }
            }
        }
        self.notes.push(Note::Answer(answer));
    }

    /// When the next question is due.
    pub(super) fn due(&self) -> BootTime {
        self.due
    }

    /// The kernel stamped a departure.
    pub(super) fn stamped(&mut self, key: Key, stage: Stage, at: WallTime) {
        let Some(slot) = self.table.stamp(key, stage, at).copied() else { return };
        if stage != Stage::Sched {
            self.patience.stamped(stage == Stage::Nic);
        }
        self.held.stamped(key, |arrival| self.patience.worth_waiting(missing(&slot, arrival)));
    }
}
