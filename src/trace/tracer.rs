//! The machine: all ways of a trace on one table, one flow and one rate. Here is what it holds and how it is turned; what it
//! does stands in the files beside: `send` (which probe is next), `find` (whose an answer is), `hear` (what it settles),
//! `way` (what is known of a target), `look` (before silence is believed), `tell` (hops, once), `end` (when it is over),
//! `mtu` (sizes), `one_by_one` (answers without a number).

use super::flow::Flow;
use super::note::{End, Note, Path};
use super::schedule::Schedule;
use super::send::Order;
use super::way::Way;
use super::{Command, Config};
use crate::clock::Now;
use crate::net::{Batch, Event, Key, NotSent, Peer, SentAt};
use crate::probe::book::Book;
use crate::probe::counters::Counters;
use crate::probe::held::Held;
use crate::probe::patience::Patience;
use crate::probe::table::{Limits, Table};
use crate::probe::{Machine, Next, TargetId};

/// Targets with one address have numbers so far apart: more than a trace of 255 hops can use.
const APART: u64 = 4096;

/// Where an answer that waits for the stamp of its probe's departure stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) id: u32,
    pub(super) depth: usize,
    pub(super) index: usize,
}

/// A trace of one target or several, side by side.
///
/// Each hop limit is tried with several probes, all of a window's at once but in random order; what the answers show of the
/// way decides what is tried again and how long silence is waited for.
#[derive(Debug)]
pub struct Tracer {
    pub(super) config: Config,
    pub(super) flow: Flow,
    pub(super) book: Book,
    pub(super) ways: Vec<Way>,
    pub(super) table: Table,
    pub(super) schedule: Schedule,
    pub(super) order: Order,
    pub(super) held: Held<Place>,
    pub(super) patience: Patience,
    pub(super) notes: Vec<Note>,
    /// Ways that are not over.
    pub(super) open: usize,
    pub(super) stopping: bool,
    pub(super) dropped: u64,
    pub(super) foreign: u64,
}

impl Tracer {
    /// A trace that begins with the first turn.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let mut peers: Vec<(Peer, u32)> = config.targets.iter().map(|target| target.peer).zip(0..).collect();
        peers.sort_unstable();
        let mut bases = vec![0; peers.len()];
        for pair in peers.windows(2) {
            if let [(one, before), (other, id)] = pair {
                if one.addr == other.addr {
                    bases[*id as usize] = (bases[*before as usize] + APART) % (APART * 15);
                }
            }
        }
        let ways: Vec<Way> = (0..)
            .zip(config.targets.iter().zip(bases))
            .map(|(id, (target, base))| Way::new(id, *target, base, &config))
            .collect();
        let seed = config.token_key.iter().fold(0u64, |seed, byte| seed.rotate_left(8) ^ u64::from(*byte));
        Tracer {
            flow: Flow::new(&config),
            book: Book::new(config.targets.iter().map(|target| target.peer)),
            open: ways.len(),
            schedule: Schedule::new(ways.len(), config.rate),
            ways,
            table: Table::new(Limits::default()),
            order: Order(seed),
            held: Held::default(),
            patience: Patience::default(),
            notes: Vec::new(),
            stopping: false,
            dropped: 0,
            foreign: 0,
            config,
        }
    }

    /// What it was asked.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What a target's trace came to; `None` while it goes on.
    #[must_use]
    pub fn path(&self, id: TargetId) -> Option<&Path> {
        self.ways.get(id.0 as usize)?.path.as_deref()
    }

    /// Whether every target was reached.
    #[must_use]
    pub fn all_reached(&self) -> bool {
        self.ways.iter().all(|way| way.path.as_ref().is_some_and(|path| path.end == End::Reached))
    }

    /// What became of a target's probes so far, or in the end.
    #[must_use]
    pub fn counters(&self, id: TargetId) -> Option<Counters> {
        self.ways.get(id.0 as usize).map(|way| way.counters)
    }

    /// Packets that were not for us and came from none of several targets. (One target's own counter has all of them.)
    #[must_use]
    pub fn foreign(&self) -> u64 {
        self.foreign
    }

    /// All targets, in the order of [`Config::targets`].
    pub fn target_ids(&self) -> impl Iterator<Item = TargetId> + use<> {
        (0..u32::try_from(self.ways.len()).unwrap_or(u32::MAX)).map(TargetId)
    }

    /// Settles what is due for one target, and plans what is next.
    fn attend(&mut self, id: u32, now: Now) {
        if self.ways.get(id as usize).is_none_or(|way| way.path.is_some()) {
            return;
        }
        self.drain(id, now);
        if let Some(at) = self.expire(id, now) {
            self.schedule.wake_at(id, at);
        }
        self.tell_settled(id, now);
        self.end_if_over(id, now);
        self.step_sizes(id, now);
        if self.ways.get(id as usize).is_some_and(|way| way.end.is_some() && way.mtu.is_none()) {
            return self.finish(id, now);
        }
        self.plan(id, now.boot);
    }
}

impl Machine for Tracer {
    type Note = Note;
    type Command = Command;

    fn fill(&mut self, now: Now, out: &mut Batch) -> Next {
        if self.open == 0 {
            return Next::Done;
        }
        self.release_held(now.boot);
        self.schedule.tick(now.boot);
        while let Some(id) = self.schedule.next_ready() {
            self.attend(id, now);
        }
        if self.open == 0 {
            return Next::Done;
        }
        self.send_due(now, out);
        let held = self.held.next().map_or(Next::Idle, Next::At);
        self.schedule.next(now.boot).sooner(held)
    }

    fn sent(&mut self, now: Now, key: Key, how: Result<SentAt, NotSent>) {
        let Some(id) = self.table.get(key).map(|slot| slot.target()) else { return };
        let Some(way) = self.ways.get_mut(id as usize) else { return };
        way.counters.attempted += 1;
        match how {
            Ok(at) => {
                self.table.sent(key, at);
                way.counters.sent += 1;
                way.counters.in_flight += 1;
                way.refused = None;
            }
            Err(why) => {
                way.flying = way.flying.saturating_sub(1);
                self.not_sent(now, key, why);
            }
        }
    }

    fn heard(&mut self, now: Now, event: &Event<'_>) {
        if self.open == 0 && !matches!(event, Event::Dropped { .. }) {
            return;
        }
        match event {
            Event::Stamp { key, stage, at, .. } => self.stamp(*key, *stage, *at),
            Event::Answer(answer) => self.echo(answer),
            Event::Reached(reached) => self.reached(reached),
            Event::Error(trouble) => self.trouble(trouble),
            // A better first hop changes nothing of the way beyond it.
            Event::Redirect { .. } => {}
            Event::Local { claim, errno, mtu } => {
                if let Some(claim) = claim {
                    self.given_up(now, claim, NotSent { errno: *errno, mtu: *mtu });
                }
            }
            Event::Foreign { from } => self.stranger(*from),
            Event::Dropped { more } => {
                self.dropped = self.dropped.saturating_add(*more);
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
                self.stopping = true;
                self.target_ids().for_each(|id| self.schedule.wake(id.0));
            }
        }
    }

    fn notes(&mut self, tell: &mut dyn FnMut(&Note)) {
        self.notes.iter().for_each(tell);
        self.notes.clear();
    }
}
