//! The machine of the exact engine. Here is what it holds and how it is turned; what it does stands in the files beside:
//! `course` (whose turn it is), `send` (what is due), `waits` (when a probe is given up), `attempts` (what follows), `find`
//! (whose a packet is), `settle` (replies), `hold` (replies that wait for a stamp), `trouble` (errors), `summary` and
//! `totals` (what came of it).
//!
//! To the table of probes the whole sweep is one target, whose numbers run through all hosts: so a reply is found by its
//! sequence number alone, whatever address it comes from, and the token proves it.

use std::collections::VecDeque;

use super::config::{Config, Mode};
use super::course::Course;
use super::hold::Held;
use super::host::Host;
use super::intervals::Interval;
use super::note::{Note, SoFar};
use super::totals::Running;
use super::waits::Waits;
use crate::clock::{BootTime, Now};
use crate::net::{Batch, Event, Key, NotSent, Peer, SentAt};
use crate::probe::patience::Patience;
use crate::probe::payload::Payload;
use crate::probe::table::{Limits, Slot, State, Table};
use crate::probe::{Command, Machine, Next, TargetId};
use crate::stats::Histogram;

/// All hosts are one target of the table.
pub(super) const TABLE: u32 = 0;

/// A time that has not been taken ([`Config::keep_times`]).
pub(super) const NO_TIME: u64 = u64::MAX;

/// Why a sweep is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Everything was sent and settled.
    Finished,
    /// [`Config::enough_alive`].
    EnoughAlive,
    /// [`Command::Stop`].
    Stopped,
}

/// Whose probe is in a slot of the table: the host, and the low half of the probe's number.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Owner {
    pub(super) host: u32,
    pub(super) number: u32,
}

/// A sweep with state for each probe.
#[derive(Debug)]
pub struct Sweep {
    pub(super) config: Config,
    pub(super) payload: Payload,
    pub(super) hosts: Vec<Host>,
    pub(super) table: Table,
    /// By slot of the table.
    pub(super) owners: Vec<Owner>,
    pub(super) waits: Waits,
    pub(super) course: Option<Course>,
    /// Hosts whose next attempt is due, and since when.
    pub(super) retries: VecDeque<(BootTime, u32)>,
    /// Probes entered, of all hosts.
    pub(super) entered: u64,
    pub(super) held: Held,
    pub(super) patience: Patience,
    pub(super) notes: Vec<Note>,
    pub(super) intervals: Vec<Interval>,
    pub(super) times: Vec<u64>,
    pub(super) histograms: Vec<Histogram>,
    /// Hosts of which something is still to come ([`Mode::Alive`]).
    pub(super) open: usize,
    pub(super) running: Running,
    pub(super) stopping: Option<Ended>,
    pub(super) ended: Option<(Ended, Now)>,
}

impl Sweep {
    /// A sweep that begins with the first turn.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let hosts: Vec<Host> = config.hosts.iter().map(|_| Host::new()).collect();
        let (attempts, backoff) = match config.mode {
            Mode::Alive { attempts, backoff } => (attempts.max(1), backoff.max(1.0)),
            Mode::Count(_) | Mode::Loop => (1, 1.0),
        };
        // A late reply finds its probe as long as so many have not been settled since.
        let limits = Limits { settled: (hosts.len() / 2).max(1 << 16), ..Limits::default() };
        let kept = if let (true, Mode::Count(count)) = (config.keep_times, config.mode) { count } else { 0 };
        let kept = usize::try_from(kept).unwrap_or(usize::MAX).saturating_mul(hosts.len());
        Sweep {
            payload: Payload::new(config.exchange, config.size, &config.pattern, &config.token_key),
            table: Table::new(limits),
            owners: Vec::new(),
            waits: Waits::new(config.timeout, attempts, backoff),
            course: None,
            retries: VecDeque::new(),
            entered: 0,
            held: Held::default(),
            patience: Patience::default(),
            notes: Vec::new(),
            intervals: if config.intervals { vec![Interval::default(); hosts.len()] } else { Vec::new() },
            times: vec![NO_TIME; kept],
            histograms: histograms(config.percentiles, hosts.len()),
            open: hosts.len(),
            running: Running::default(),
            stopping: None,
            ended: None,
            hosts,
            config,
        }
    }

    /// What it was asked.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Why it is over; `None` while it runs.
    #[must_use]
    pub fn ended(&self) -> Option<Ended> {
        self.ended.map(|(why, _)| why)
    }

    /// All hosts, in the order of [`Config::hosts`].
    pub fn hosts(&self) -> impl Iterator<Item = TargetId> + use<> {
        (0..u32::try_from(self.hosts.len()).unwrap_or(u32::MAX)).map(TargetId)
    }

    /// Whose probe this is, and its own number.
    pub(super) fn owner(&self, key: Key) -> Option<(u32, u64)> {
        let owner = self.owners.get(key.slot as usize)?;
        let newest = self.hosts.get(owner.host as usize)?.attempted;
        // The newest number that ends so.
        let back = (newest as u32).wrapping_sub(owner.number);
        Some((owner.host, newest.saturating_sub(u64::from(back))))
    }

    /// A probe's slot, host and number.
    pub(super) fn probe(&self, key: Key) -> Option<(Slot, u32, u64)> {
        let slot = *self.table.get(key)?;
        let (host, number) = self.owner(key)?;
        Some((slot, host, number))
    }

    /// How a host stands.
    pub(super) fn so_far(&self, host: u32) -> SoFar {
        let late_counts = self.config.late_counts;
        self.hosts.get(host as usize).map(|host| host.so_far(late_counts)).unwrap_or_default()
    }

    /// A host's address.
    #[must_use]
    pub fn peer(&self, host: TargetId) -> Option<Peer> {
        self.config.hosts.get(host.0 as usize).copied()
    }

    /// The attempt that a probe is, as far as its time-out goes.
    pub(super) fn attempt(&self, number: u64) -> u64 {
        if let Mode::Alive { .. } = self.config.mode { number } else { 1 }
    }

    /// Moves a probe on to a better known state and tells everyone who counts.
    pub(super) fn moved(&mut self, key: Key, to: State, now: BootTime) {
        let Some((slot, host, _)) = self.probe(key) else { return };
        let from = slot.state();
        if let Some(host) = self.hosts.get_mut(host as usize) {
            host.tally.moved(from, to);
            debug_assert!(host.counters().balanced(), "{:?}", host.counters());
        }
        if let Some(interval) = self.intervals.get_mut(host as usize) {
            interval.settled += u64::from(from == State::Flying);
            interval.replied += u64::from(to == State::Replied);
            interval.late += u64::from(to == State::Late && self.config.late_counts);
        }
        self.running.counters.moved(from, to);
        self.table.settle(key, to, now);
    }

    fn is_over(&self) -> Option<Ended> {
        let finished = match self.config.mode {
            Mode::Alive { .. } => self.open == 0,
            Mode::Count(_) => self.course.as_ref().is_some_and(Course::is_over) && self.table.flying() == 0,
            Mode::Loop => self.hosts.is_empty(),
        };
        self.stopping.or(finished.then_some(Ended::Finished))
    }
}

impl Machine for Sweep {
    type Note = Note;
    type Command = Command;

    fn fill(&mut self, now: Now, out: &mut Batch) -> Next {
        if self.ended.is_some() {
            return Next::Done;
        }
        self.start(now);
        self.release_held(now.boot);
        self.expire(now);
        if let Some(why) = self.is_over() {
            self.finish(now, why);
            return Next::Done;
        }
        let mut next = self.send_due(now, out);
        for at in [self.waits.next(&self.table), self.held.next()].into_iter().flatten() {
            next = next.sooner(Next::At(at));
        }
        next
    }

    fn sent(&mut self, now: Now, key: Key, how: Result<SentAt, NotSent>) {
        match how {
            Ok(at) => {
                self.table.sent(key, at);
                self.running.left(at.at.boot);
                if let Some((_, number)) = self.owner(key) {
                    self.waits.sent(key, self.attempt(number));
                }
            }
            Err(why) => self.refused(now, key, why),
        }
    }

    fn heard(&mut self, now: Now, event: &Event<'_>) {
        if self.ended.is_some() && !matches!(event, Event::Dropped { .. }) {
            return;
        }
        match event {
            Event::Stamp { key, stage, at, .. } => self.stamp(*key, *stage, *at),
            Event::Answer(answer) => self.answer(answer),
            Event::Error(trouble) => self.trouble(trouble),
            Event::Redirect { gateway, about } => self.redirect(*gateway, about),
            Event::Local { claim, errno, mtu } => {
                if let Some(claim) = claim {
                    self.given_up(now, claim, NotSent { errno: *errno, mtu: *mtu });
                }
            }
            // Nothing that was asked is answered so.
            Event::Foreign { .. } | Event::Reached(_) => self.running.foreign += 1,
            Event::Dropped { more } => {
                self.running.dropped = self.running.dropped.saturating_add(*more);
                if let Some(course) = &mut self.course {
                    course.slow_down(now.boot);
                }
                self.notes.push(Note::Dropped { at: now.wall, more: *more });
            }
            Event::Stepped { ns } => self.notes.push(Note::Stepped { at: now.wall, ns: *ns }),
            // Of a link's own networks.
            Event::Frame(_) | Event::Link(_) => {}
        }
    }

    fn command(&mut self, _now: Now, command: Command) {
        match command {
            Command::Stop => {
                self.stopping.get_or_insert(Ended::Stopped);
            }
        }
    }

    fn notes(&mut self, tell: &mut dyn FnMut(&Note)) {
        self.notes.iter().for_each(tell);
        self.notes.clear();
    }
}

/// One for each host, and one for all of them at the end.
fn histograms(wanted: bool, hosts: usize) -> Vec<Histogram> {
    if wanted { (0..=hosts).filter_map(|_| Histogram::new()).collect() } else { Vec::new() }
}
