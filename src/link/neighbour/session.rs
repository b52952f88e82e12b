//! The machine: asks on schedule, and finds for each answer its question, its station and its round-trip time.

use std::time::Duration;

use super::note::{Answer, Note, Station};
use super::{Config, Task};
use crate::clock::{BootTime, Now};
use crate::link::Happening;
use crate::net::{Batch, Event, Exchange, Key, NotSent, Probe, SentAt};
use crate::probe::counters::Counters;
use crate::probe::held::Held;
use crate::probe::patience::Patience;
use crate::probe::table::{Limits, State, Table};
use crate::probe::{Command, Machine, Next};
use crate::stats::{LossRuns, RttStats};
use crate::units::{MacAddr, Seq};

/// Lateness that is made up for; what is missed by more is skipped in whole intervals.
const CATCH_UP: Duration = Duration::from_millis(100);

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
    /// When it was over.
    pub(super) ended: Option<Now>,
    pub(super) dropped: u64,
    pub(super) skipped: u64,
    /// Questions in a row that the one station we ask has not answered.
    pub(super) silence: u32,
    pub(super) due: BootTime,
    pub(super) held: Held<Answer>,
    pub(super) patience: Patience,
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
            ended: None,
            dropped: 0,
            skipped: 0,
            silence: 0,
            due: BootTime::default(),
            held: Held::default(),
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
        if self.ended.is_some() {
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
            Event::Frame(frame) if self.ended.is_none() => self.frame(now, frame),
            Event::Dropped { more } => self.dropped += more,
            Event::Stepped { ns } => self.notes.push(Note::Stepped { at: now.wall, ns: *ns }),
            _ => {}
        }
        self.notes.extend(Happening::of(now, event).map(Note::Happened));
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
