//! The machine: one session on one host or several. Here is what it holds and how it is turned; what it does stands in the
//! files beside: `pace` (what is due), `find` (whose a packet is), `settle` (replies), `trouble` (errors), `hold` (replies
//! that wait for a stamp), `end` (when it is over).

use super::capture::Capture;
use super::hold::Held;
use super::series::End;
use super::spells::Spell;
use super::target::TargetState;
use super::{Config, NoReply, Note, Summary, TargetId};
use crate::clock::{BootTime, Now};
use crate::net::{Batch, Event, Key, NotSent, SentAt};
use crate::probe::book::Book;
use crate::probe::pacer::Pacer;
use crate::probe::payload::Payload;
use crate::probe::table::{Limits, Slot, State, Table};
use crate::probe::{Command, Machine, Next};

/// Why a session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All that was asked for has been sent and settled (with a deadline: every target has given its count of replies).
    Count,
    /// [`Config::deadline`].
    Deadline,
    /// [`Config::until`].
    UntilMet,
    /// [`Command::Stop`].
    Stopped,
}

/// A ping session.
///
/// An outcome can only turn out better than it was told: a lost probe may still be answered by an error, and a probe that
/// was lost or answered by an error may still be answered by a reply, which makes it late or replied. The counters follow,
/// so that their equations hold at every moment.
#[derive(Debug)]
pub struct Session {
    pub(super) config: Config,
    pub(super) payload: Payload,
    pub(super) book: Book,
    /// Targets that any unicast host may answer for.
    pub(super) groups: Vec<u32>,
    pub(super) targets: Vec<TargetState>,
    pub(super) table: Table,
    pub(super) held: Held,
    pub(super) notes: Vec<Note>,
    pub(super) capture: Option<Capture>,
    pub(super) pacer: Option<Pacer>,
    /// Where the round over windows goes on.
    pub(super) turn: usize,
    /// Targets that get more probes.
    pub(super) sending: usize,
    pub(super) started: Option<BootTime>,
    pub(super) spell: Spell,
    pub(super) stopping: bool,
    pub(super) ended: Option<(Ended, Now)>,
    pub(super) dropped: u64,
    pub(super) foreign: u64,
}

impl Session {
    /// A session that begins with the first turn.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let targets: Vec<TargetState> = config.targets.iter().map(|target| TargetState::new(target, &config)).collect();
        Session {
            payload: Payload::new(config.exchange, config.size, &config.pattern, &config.token_key),
            book: Book::new(config.targets.iter().map(|target| target.peer)),
            groups: groups(&config),
            sending: targets.iter().filter(|target| !target.sent_all).count(),
            targets,
            table: Table::new(Limits::default()),
            held: Held::default(),
            notes: Vec::new(),
            capture: config.capture.then(Capture::default),
            pacer: None,
            turn: 0,
            started: None,
            spell: Spell::default(),
            stopping: false,
            ended: None,
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

    /// Why it is over; `None` while it runs.
    #[must_use]
    pub fn ended(&self) -> Option<Ended> {
        self.ended.map(|(why, _)| why)
    }

    /// Whether the condition of [`Config::until`] holds, or held as the run ended; `false` without one.
    #[must_use]
    pub fn until_met(&self) -> bool {
        if let Some((why, _)) = self.ended {
            // What is called lost because the run is over must not undo what ended it.
            return why == Ended::UntilMet;
        }
        self.config.until.is_some()
            && !self.targets.is_empty()
            && self.targets.iter().all(|target| target.until_met.is_some())
    }

    /// Whether every target has answered at least once (with a deadline and a count: so many times).
    #[must_use]
    pub fn all_answered(&self) -> bool {
        let wanted = self.config.deadline.and(self.config.count).unwrap_or(1);
        self.targets.iter().all(|target| target.counters.received() >= wanted)
    }

    /// Packets that were not for us and came from none of several targets. (One target's own counter has all of them.)
    #[must_use]
    pub fn foreign(&self) -> u64 {
        self.foreign
    }

    /// What one target has come to so far, or in the end; `None` if there is no such target.
    #[must_use]
    pub fn summary(&self, id: TargetId, now: Now) -> Option<Summary> {
        let target = self.targets.get(id.0 as usize)?;
        let at = self.ended.map_or(now, |(_, at)| at);
        let first = target.first_sent;
        Some(Summary {
            target: id,
            counters: target.counters,
            rtt: target.rtt.clone(),
            loss_runs: target.series.losses(),
            clocks: target.clocks,
            pipe: target.pipe,
            took: first.map_or_else(Default::default, |first| at.boot.since(first)),
            sending: first.zip(target.last_sent).map_or_else(Default::default, |(first, last)| last.since(first)),
            dropped: self.dropped,
            skipped: target.skipped,
            at,
        })
    }

    /// All targets, in the order of [`Config::targets`].
    pub fn target_ids(&self) -> impl Iterator<Item = TargetId> + use<> {
        (0..u32::try_from(self.targets.len()).unwrap_or(u32::MAX)).map(TargetId)
    }

    /// A probe and its target.
    pub(super) fn probe(&mut self, key: Key) -> Option<(&Slot, &mut TargetState)> {
        let slot = self.table.get(key)?;
        let target = self.targets.get_mut(slot.target() as usize)?;
        Some((slot, target))
    }

    /// Moves a probe on to a better known state and tells everyone who counts.
    pub(super) fn moved(&mut self, key: Key, to: State, now: BootTime) {
        let Some(slot) = self.table.get(key) else { return };
        let Some(target) = self.targets.get_mut(slot.target() as usize) else { return };
        let (from, number) = (slot.state(), slot.number());
        target.counters.moved(from, to);
        if to.answered() || to == State::Error {
            // This one and those sent since, as iputils counts: what is merely lost fills no pipe.
            target.pipe = target.pipe.max(target.next_number.saturating_sub(number));
        }
        self.table.settle(key, to, now);
        target.window.answered(key, to == State::Replied, &mut self.table);
        let end = if to.answered() { End::Up } else { End::Down };
        target.ended(number, end, self.config.until);
        let wanted = self.config.deadline.and(self.config.count);
        if wanted.is_some_and(|wanted| target.counters.received() >= wanted) && !target.sent_all {
            target.sent_all = true;
            self.sending = self.sending.saturating_sub(1);
        }
    }

    fn left(&mut self, key: Key, at: SentAt) {
        let note_sent = self.config.note_sent;
        let Some(slot) = self.table.sent(key, at) else { return };
        let Some(target) = self.targets.get_mut(slot.target() as usize) else { return };
        let (id, number) = (TargetId(slot.target()), slot.number());
        target.counters.attempted += 1;
        target.counters.sent += 1;
        target.counters.in_flight += 1;
        target.first_sent.get_or_insert(at.at.boot);
        target.last_sent = Some(at.at.boot);
        let refused = std::mem::take(&mut target.refused);
        if refused > 0 {
            self.notes.push(Note::Recovered { target: id, at: at.at.wall, not_sent: refused });
        }
        if note_sent {
            self.notes.push(Note::Sent { target: id, number });
        }
        if let Some(capture) = &mut self.capture {
            capture.sent(key, at);
        }
    }

    fn refused(&mut self, now: Now, key: Key, why: NotSent) {
        let until = self.config.until;
        let Some(slot) = self.table.get(key) else { return };
        let (index, number) = (slot.target(), slot.number());
        let Some(target) = self.targets.get_mut(index as usize) else { return };
        target.counters.attempted += 1;
        target.window.refused(key, now.boot, &mut self.table);
        self.not_sent(now, key, index, number, why, until);
    }

    /// Counts a probe as not sent and forgets it.
    pub(super) fn not_sent(
        &mut self,
        now: Now,
        key: Key,
        index: u32,
        number: u64,
        why: NotSent,
        until: Option<super::Until>,
    ) {
        self.table.forget(key);
        if let Some(capture) = &mut self.capture {
            capture.forget(key);
        }
        let Some(target) = self.targets.get_mut(index as usize) else { return };
        target.counters.not_sent += 1;
        target.refused = target.refused.saturating_add(1);
        target.ended(number, End::NotSent, until);
        debug_assert!(target.counters.balanced(), "{:?}", target.counters);
        let why = NoReply::NotSent { errno: why.errno, mtu: why.mtu };
        self.notes.push(Note::NoReply { target: TargetId(index), number, at: now.wall, why });
    }
}

impl Machine for Session {
    type Note = Note;
    type Command = Command;

    fn fill(&mut self, now: Now, out: &mut Batch) -> Next {
        if self.ended.is_some() {
            return Next::Done;
        }
        self.started.get_or_insert(now.boot);
        self.turn_spells(now.boot);
        self.release_held(now.boot);
        self.expire(now);
        if let Some(why) = self.is_over(now.boot) {
            self.finish(now, why);
            return Next::Done;
        }
        self.send_due(now, out).sooner(self.next_end(now.boot))
    }

    fn sent(&mut self, now: Now, key: Key, how: Result<SentAt, NotSent>) {
        match how {
            Ok(at) => self.left(key, at),
            Err(why) => self.refused(now, key, why),
        }
    }

    fn heard(&mut self, now: Now, event: &Event<'_>) {
        if self.ended.is_some() && !matches!(event, Event::Dropped { .. }) {
            return;
        }
        match event {
            Event::Stamp { key, stage, at, packet } => self.stamp(*key, *stage, *at, packet),
            Event::Answer(answer) => self.answer(answer),
            Event::Error(trouble) => self.trouble(trouble),
            Event::Redirect { gateway, about } => self.redirect(*gateway, about),
            Event::Local { claim, errno, mtu } => {
                if let Some(claim) = claim {
                    self.given_up(now, claim, NotSent { errno: *errno, mtu: *mtu });
                }
            }
            // Nothing that was asked is answered so.
            Event::Reached(reached) => self.stranger(reached.from.addr),
            Event::Foreign { from } => self.stranger(*from),
            Event::Dropped { more } => {
                self.dropped = self.dropped.saturating_add(*more);
                self.targets.iter_mut().for_each(|target| target.window.overflowed(now.boot));
                self.notes.push(Note::Dropped { at: now.wall, more: *more });
            }
            Event::Stepped { ns } => self.notes.push(Note::Stepped { at: now.wall, ns: *ns }),
            Event::Frame(_) | Event::Link(_) => {}
        }
    }

    fn wants_stamps(&self) -> bool {
        self.spell.arrivals
    }

    fn command(&mut self, _now: Now, command: Command) {
        match command {
            Command::Stop => self.stopping = true,
        }
    }

    fn notes(&mut self, tell: &mut dyn FnMut(&Note)) {
        self.notes.iter().for_each(tell);
        self.notes.clear();
    }
}

/// The targets that are groups of hosts.
fn groups(config: &Config) -> Vec<u32> {
    (0..).zip(&config.targets).filter(|(_, target)| target.group).map(|(index, _)| index).collect()
}
