//! The machine: asks on schedule, and finds for each answer its question, its station and its round-trip time.

use std::collections::VecDeque;
use std::time::Duration;

use super::note::{Answer, Kind, Note, Station};
use super::{Config, Task};
use crate::clock::{BootTime, ClockSource, Now, Stage, WallTime};
use crate::link::ask::{Claim, How};
use crate::net::{Arrival, Batch, Event, Exchange, Frame, Key, NotSent, Probe, SentAt};
use crate::probe::counters::Counters;
use crate::probe::patience::{GRACE, Patience, missing};
use crate::probe::table::{Limits, State, Table};
use crate::probe::times::times;
use crate::probe::{Machine, Next};
use crate::stats::{LossRuns, RttStats};
use crate::sys::address::Direction;
use crate::units::{MacAddr, Seq};
use crate::wire::ethernet;

/// Stations that are told apart for one address; a link where more claim it needs no longer list.
const MOST_STATIONS: usize = 64;

/// Lateness that is made up for; what is missed by more is skipped in whole intervals.
const CATCH_UP: Duration = Duration::from_millis(100);

/// What its owner may tell a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// End now.
    Stop,
}

/// An answer on its way to be told: its question's departure stamp may come after it.
#[derive(Clone, Debug)]
struct Held {
    key: Key,
    answer: Answer,
    arrival: Arrival,
    waits: bool,
}

/// A run.
#[derive(Debug)]
pub struct Session {
    pub(super) config: Config,
    pub(super) table: Table,
    pub(super) counters: Counters,
    pub(super) stations: Vec<Station>,
    pub(super) rtt: RttStats,
    pub(super) loss_runs: LossRuns,
    pub(super) clocks: [u64; 4],
    pub(super) notes: Vec<Note>,
    pub(super) started: Option<BootTime>,
    pub(super) last_sent: Option<(Key, BootTime)>,
    pub(super) last_to_all: bool,
    pub(super) to_all: u64,
    pub(super) taken: bool,
    pub(super) stopping: bool,
    pub(super) over: bool,
    pub(super) dropped: u64,
    pub(super) skipped: u64,
    /// Questions in a row that the one station we ask has not answered.
    silence: u32,
    due: BootTime,
    held: VecDeque<Held>,
    patience: Patience,
}

impl Session {
    /// A run; nothing is sent yet.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Session {
            config,
            table: Table::new(Limits::default()),
            counters: Counters::default(),
            stations: Vec::new(),
            rtt: RttStats::new(false),
            loss_runs: LossRuns::default(),
            clocks: [0; 4],
            notes: Vec::new(),
            started: None,
            last_sent: None,
            last_to_all: true,
            to_all: 0,
            taken: false,
            stopping: false,
            over: false,
            dropped: 0,
            skipped: 0,
            silence: 0,
            due: BootTime::default(),
            held: VecDeque::new(),
            patience: Patience::default(),
        }
    }

    /// What it was asked to do.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Whom the next question goes to; `None`: to everybody.
    fn whom(&self) -> Option<MacAddr> {
        match self.stations.as_slice() {
            [one] if self.config.task == Task::Ask && !self.config.keep_to_all && self.silence == 0 => Some(one.mac),
            _ => None,
        }
    }

    fn send(&mut self, now: Now, out: &mut Batch) {
        let number = self.counters.attempted + 1;
        let asker = &self.config.asker;
        let target = self.config.peer.addr;
        let whom = self.whom();
        let bytes = match self.config.task {
            Task::Ask => asker.question(target, whom, None),
            Task::Duplicate => asker.question(target, None, Some(self.config.nonce)),
            Task::Announce(how) => asker.announcement(target, how),
        };
        self.counters.attempted += 1;
        // Until the kernel has taken it, it counts as not sent.
        self.counters.not_sent += 1;
        self.last_to_all = whom.is_none();
        let key = self.table.enter(0, number, [0; 8], now, true);
        let probe = Probe::new(key, self.config.peer, Exchange::Echo, Seq::of_number(number));
        let frame = bytes.as_slice();
        out.push(probe, frame.len()).copy_from_slice(frame);
        self.due = self.due + self.config.schedule.gap(number);
    }

    /// Skips what is too late to be sent.
    fn skip_missed(&mut self, now: Now) {
        let mut slots = 0;
        while now.boot.since(self.due) > CATCH_UP.max(self.config.schedule.gap(self.counters.attempted)) {
            let gap = self.config.schedule.gap(self.counters.attempted).max(Duration::from_millis(1));
            let whole = (now.boot.since(self.due).as_nanos() / gap.as_nanos()).max(1);
            let whole = u32::try_from(whole).unwrap_or(u32::MAX);
            self.due = self.due + gap * whole;
            slots += u64::from(whole);
            // A slot in the future: the one before it is the one that is due.
            if self.due > now.boot {
                self.due = self.due - gap;
                slots -= 1;
                break;
            }
        }
        if slots > 0 {
            self.skipped += slots;
            self.notes.push(Note::Skipped { at: now.wall, slots });
        }
    }

    fn frame(&mut self, now: Now, frame: &Frame<'_>) {
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
        self.held.push_back(Held { key, answer: answer(number, kind), arrival: *arrival, waits });
        self.release(arrival.read.boot, false);
        self.conflict(new, at);
    }

    /// Tells the answers that wait no more, in order.
    pub(super) fn release(&mut self, now: BootTime, all: bool) {
        while let Some(first) = self.held.front() {
            let patient = now < first.arrival.read.boot + GRACE;
            if first.waits && patient && !all {
                return;
            }
            let Some(first) = self.held.pop_front() else { return };
            self.tell(first);
        }
    }

    fn tell(&mut self, held: Held) {
        let Held { key, mut answer, arrival, waits } = held;
        if let Some(slot) = self.table.get(key) {
            if waits {
                self.patience.waited_in_vain(missing(slot, &arrival));
            }
            let rtt = times(slot, &arrival, false).rtt;
            answer.rtt = Some(rtt);
            if answer.kind == Kind::Good {
                self.rtt.record(rtt.time);
                let clock = match rtt.clock {
                    ClockSource::Nic => 0,
                    ClockSource::Kernel => 1,
                    ClockSource::KernelRx => 2,
                    ClockSource::User => 3,
                };
                if let Some(count) = self.clocks.get_mut(clock) {
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

    /// When the first held answer has waited long enough.
    pub(super) fn held_until(&self) -> Option<BootTime> {
        self.held.front().map(|first| first.arrival.read.boot + GRACE)
    }

    fn stamped(&mut self, key: Key, stage: Stage, at: WallTime) {
        let Some(slot) = self.table.stamp(key, stage, at).copied() else { return };
        if stage != Stage::Sched {
            self.patience.stamped(stage == Stage::Nic);
        }
        for held in self.held.iter_mut().filter(|held| held.key == key) {
            held.waits = held.waits && self.patience.worth_waiting(missing(&slot, &held.arrival));
        }
    }

    /// Nobody answered in time.
    pub(super) fn lose(&mut self, key: Key, now: Now) {
        let Some(number) = self.table.get(key).map(|slot| slot.number()) else { return };
        self.table.settle(key, State::Lost, now.boot);
        self.counters.moved(State::Flying, State::Lost);
        self.loss_runs.record(true);
        self.silence = self.silence.saturating_add(1);
        // Silence is what duplicate address detection hopes for.
        if self.config.task == Task::Ask {
            self.notes.push(Note::Lost { number, at: now.wall });
        }
    }
}

impl Machine for Session {
    type Note = Note;
    type Command = Command;

    fn fill(&mut self, now: Now, out: &mut Batch) -> Next {
        if self.over {
            return Next::Done;
        }
        if self.started.is_none() {
            self.started = Some(now.boot);
            self.due = now.boot;
        }
        self.expire(now);
        self.release(now.boot, false);
        if self.is_over(now.boot) {
            self.finish(now);
            return Next::Done;
        }
        if self.wants_more() {
            self.skip_missed(now);
        }
        while self.wants_more() && self.due <= now.boot && !out.is_full() {
            self.send(now, out);
        }
        self.next_event()
    }

    fn sent(&mut self, now: Now, key: Key, how: Result<SentAt, NotSent>) {
        let Some(number) = self.table.get(key).map(|slot| slot.number()) else { return };
        match how {
            Ok(sent) => {
                self.table.sent(key, sent);
                self.counters.not_sent -= 1;
                self.counters.sent += 1;
                self.counters.in_flight += 1;
                self.to_all += u64::from(self.last_to_all);
                self.last_sent = Some((key, sent.at.boot));
                if let Task::Announce(_) = self.config.task {
                    self.notes.push(Note::Announced { number, at: sent.at.wall });
                }
            }
            Err(NotSent { errno, .. }) => {
                self.table.forget(key);
                self.notes.push(Note::NotSent { number, at: now.wall, errno });
            }
        }
    }

    fn heard(&mut self, now: Now, event: &Event<'_>) {
        match event {
            Event::Stamp { key, stage, at, .. } => {
                self.stamped(*key, *stage, *at);
                self.release(now.boot, false);
            }
            Event::Frame(frame) if !self.over => self.frame(now, frame),
            Event::Link(presence) => self.notes.push(Note::Link { at: now.wall, presence: *presence }),
            Event::Dropped { more } => {
                self.dropped += more;
                self.notes.push(Note::Dropped { at: now.wall, more: *more });
            }
            Event::Stepped { ns } => self.notes.push(Note::Stepped { at: now.wall, ns: *ns }),
            _ => {}
        }
    }

    fn command(&mut self, _: Now, command: Command) {
        match command {
            Command::Stop => self.stopping = true,
        }
    }

    fn notes(&mut self, tell: &mut dyn FnMut(&Note)) {
        self.notes.drain(..).for_each(|note| tell(&note));
    }
}
