//! The machine: places of a round in order, paced; answers matched to their question for a round-trip time.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use super::Config;
use super::note::{Found, Note, Progress, Totals};
use crate::clock::{BootTime, Now};
use crate::link::Happening;
use crate::link::ask::Bytes;
use crate::net::packet::Presence;
use crate::net::{Batch, Event, Exchange, Key, NotSent, Peer, Probe, SentAt};
use crate::probe::table::{Limits, State, Table};
use crate::probe::token::Tokens;
use crate::probe::{Command, Machine, Next};
use crate::units::{MacAddr, Seq};
use crate::wire::ndp;

/// How far behind its plan sending may catch up, so that a pause makes no burst.
const CATCH_UP: Duration = Duration::from_millis(10);
/// Above this rate departures are not stamped: a stamp costs about as much as its frame.
const STAMPED_RATE: u32 = 10_000;

/// The machine.
#[derive(Debug)]
pub struct Session {
    pub(super) config: Config,
    pub(super) tokens: Tokens,
    pub(super) table: Table,
    pub(super) found: BTreeMap<IpAddr, Vec<MacAddr>>,
    /// Addresses that were heard of, until when they wait, oldest first.
    pub(super) rumours: VecDeque<(BootTime, Found)>,
    pub(super) notes: Vec<Note>,
    pub(super) totals: Totals,
    pub(super) places: u32,
    pub(super) round: u32,
    pub(super) place: u32,
    /// Swept addresses that nobody has answered for.
    pub(super) open: u32,
    pub(super) due: BootTime,
    pub(super) started: Option<BootTime>,
    pub(super) last: BootTime,
    pub(super) tell_at: BootTime,
    pub(super) away: bool,
    pub(super) stopping: bool,
    pub(super) over: bool,
}

impl Session {
    /// A run; nothing is sent yet.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let addresses = config.addresses();
        let own = config.own.iter().filter(|own| config.place_of(**own).is_some()).count();
        let calls = u32::try_from(config.calls.len()).unwrap_or(u32::MAX);
        Session {
            tokens: Tokens::new(&config.token_key),
            table: Table::new(Limits::default()),
            found: BTreeMap::new(),
            rumours: VecDeque::new(),
            notes: Vec::new(),
            totals: Totals { addresses, ..Totals::default() },
            places: addresses.saturating_add(calls),
            round: 1,
            place: 0,
            open: addresses.saturating_sub(u32::try_from(own).unwrap_or(u32::MAX)),
            due: BootTime::default(),
            started: None,
            last: BootTime::default(),
            tell_at: BootTime::default(),
            away: false,
            stopping: false,
            over: false,
            config,
        }
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        Progress { round: self.round, place: self.place, places: self.places, found: self.found.len() }
    }

    /// What it has found so far.
    #[must_use]
    pub fn totals(&self, now: Now) -> Totals {
        let took = self.started.map(|started| now.boot.since(started)).unwrap_or_default();
        Totals { found: self.found.len() as u64, took, ..self.totals }
    }

    /// Whether everybody who was asked for has answered. Of those who are called it cannot be known.
    fn is_satisfied(&self) -> bool {
        self.open == 0 && self.config.calls.is_empty()
    }

    /// The frame of this place of the round, calls first; `None`: nothing to ask.
    fn question(&self, place: u32) -> Option<(IpAddr, Seq, Bytes)> {
        let calls = &self.config.calls;
        if let Some(caller) = calls.get(place as usize) {
            let seq = self.call_seq(place);
            let token = self.tokens.of(0, u64::from(seq.0));
            return Some((ndp::ALL_NODES.into(), seq, caller.call(self.config.ident, seq, token)));
        }
        let (sweep, addr) = self.config.place(place - u32::try_from(calls.len()).unwrap_or(0))?;
        let known = self.found.contains_key(&addr) || self.config.own.contains(&addr);
        (!known).then(|| (addr, Seq::of_number(self.round.into()), sweep.asker.question(addr, None, None)))
    }

    fn call_seq(&self, place: u32) -> Seq {
        let calls = u32::try_from(self.config.calls.len()).unwrap_or(0);
        Seq::of_number(u64::from((self.round - 1) * calls + place + 1))
    }

    fn send(&mut self, now: Now, out: &mut Batch) {
        let interval = Duration::from_secs(1) / self.config.rate.max(1);
        self.due = self.due.max(now.boot - CATCH_UP);
        while self.place < self.places && self.due <= now.boot && !out.is_full() {
            let place = self.place;
            self.place += 1;
            let Some((addr, seq, bytes)) = self.question(place) else { continue };
            let stamp = self.config.rate <= STAMPED_RATE;
            let key = self.table.enter(place, u64::from(seq.0), [0; 8], now, stamp);
            let to = Peer { addr, scope: self.config.scope };
            let mut probe = Probe::new(key, to, Exchange::Echo, seq);
            probe.stamp = stamp;
            out.push(probe, bytes.as_slice().len()).copy_from_slice(bytes.as_slice());
            self.due = self.due + interval;
            self.last = now.boot;
        }
    }

    /// When the next round may begin: its answers shall have had half of their time.
    fn next_round(&self) -> BootTime {
        self.last + self.config.wait / 2
    }

    /// Goes on from where it is.
    fn go_on(&mut self, now: Now, out: &mut Batch) -> Next {
        if self.away {
            return Next::Idle;
        }
        self.tell_progress(now);
        if self.place >= self.places {
            let wanted = self.round < self.config.rounds && !self.is_satisfied();
            let until = if wanted { self.next_round() } else { self.last + self.config.wait };
            if now.boot < until && !self.is_satisfied() {
                return Next::At(until);
            }
            if !wanted {
                (self.over, self.totals.complete) = (true, true);
                return Next::Done;
            }
            (self.round, self.place) = (self.round + 1, 0);
            self.due = self.due.max(now.boot);
        }
        self.send(now, out);
        if self.place >= self.places {
            // The wait begins with what was just sent.
            return Next::At(now.boot);
        }
        Next::At(self.due)
    }

    fn tell_progress(&mut self, now: Now) {
        if let Some(every) = self.config.progress.filter(|_| now.boot >= self.tell_at) {
            self.tell_at = now.boot + every;
            self.notes.push(Note::Progress(self.progress()));
        }
    }

    /// Forgets the questions whose time is up; late answers still find them for a while.
    fn expire(&mut self, now: Now) {
        while let Some((key, slot)) = self.table.oldest() {
            if now.boot < slot.sent().boot + self.config.wait {
                return;
            }
            self.table.settle(key, State::Lost, now.boot);
        }
    }
}

impl Machine for Session {
    type Note = Note;
    type Command = Command;

    fn fill(&mut self, now: Now, out: &mut Batch) -> Next {
        if self.started.is_none() {
            (self.started, self.due) = (Some(now.boot), now.boot);
        }
        self.expire(now);
        self.tell_rumours(now, self.stopping);
        if self.over || self.stopping {
            return Next::Done;
        }
        let next = self.go_on(now, out);
        if next == Next::Done {
            self.tell_rumours(now, true);
        }
        self.rumours.front().map_or(next, |(until, _)| next.sooner(Next::At(*until)))
    }

    fn sent(&mut self, now: Now, key: Key, how: Result<SentAt, NotSent>) {
        match how {
            Ok(sent) => {
                self.table.sent(key, sent);
                self.totals.sent += 1;
            }
            Err(NotSent { errno, .. }) => {
                let calls = u32::try_from(self.config.calls.len()).unwrap_or(0);
                let place = self.table.get(key).and_then(|slot| slot.target().checked_sub(calls));
                let addr = place.and_then(|place| self.config.place(place)).map(|(_, addr)| addr);
                self.table.forget(key);
                self.totals.not_sent += 1;
                self.notes.push(Note::NotSent { addr, at: now.wall, errno });
            }
        }
    }

    fn heard(&mut self, now: Now, event: &Event<'_>) {
        match event {
            Event::Stamp { key, stage, at, .. } => {
                let _ = self.table.stamp(*key, *stage, *at);
            }
            Event::Frame(frame) if !self.over => self.frame(now, frame),
            Event::Link(presence) => self.away = *presence != Presence::Up,
            Event::Dropped { more } => self.totals.dropped += more,
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
