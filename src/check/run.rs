//! The machine: ping's session, its notes gathered into samples, and an end by the deadline whatever the network does.
//!
//! The next probe to a host leaves as the last is answered, and after the interval where it is not; a host that answers
//! is measured in a few round trips. What is unanswered when the deadline cuts a run is lost only if it is older than the
//! critical round-trip time of its host: younger probes are in flight and in no figure.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use super::Method;
use super::host::Host;
use super::samples::{Fate, Samples};
use super::threshold::longest_wait;
use crate::clock::{BootTime, Now};
use crate::net::{Batch, Event, Key, NotSent, SentAt};
use crate::ping::{Command, Config, Note, Pace, Session, Target, TargetId};
use crate::probe::{Machine, Next};

/// One host to measure.
#[derive(Clone, Copy, Debug)]
pub struct Watched {
    /// Where.
    pub target: Target,
    /// Younger probes are too young to be called lost: the critical round-trip time.
    pub critical: Duration,
    /// How long an answer is waited for while there has been none ([`super::patience`]).
    pub patience: Duration,
}

/// What to measure.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Each host.
    pub targets: Vec<Watched>,
    /// What is asked of them.
    pub method: Method,
    /// How many flows the network has; UDP answers are told apart by them.
    pub flows: u16,
    /// Probes to each host.
    pub packets: u64,
    /// Longest time between two probes to one host.
    pub interval: Duration,
    /// Shortest time between two probes to one host.
    pub floor: Duration,
    /// When all of it ends.
    pub deadline: Option<BootTime>,
    /// Bytes of payload.
    pub size: usize,
    /// The first answer of any host is all that is wanted.
    pub first_answer_ends: bool,
    /// Keys the tokens; random for each run.
    pub token_key: [u8; 16],
}

/// Why a run is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Every probe is settled.
    Done,
    /// One answer was enough.
    Answered,
    /// [`Setup::deadline`].
    Deadline,
    /// Somebody wanted it to end.
    Interrupted,
}

/// More hosts than this are not looked at after each answer.
const MANY: usize = 64;

/// What a host came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What was observed.
    pub samples: Samples,
    /// How the run ended.
    pub stop: Stop,
    /// When.
    pub at: Now,
}

/// The machine.
#[derive(Debug)]
pub struct Run {
    pub(super) session: Session,
    pub(super) hosts: Vec<Host>,
    pub(super) by_addr: BTreeMap<IpAddr, Vec<usize>>,
    pub(super) method: Method,
    pub(super) size: usize,
    packets: u64,
    interval: Duration,
    /// Nothing more is to be expected from then on; `None`: not computed since something changed.
    until: Option<BootTime>,
    /// When that was computed last.
    computed: BootTime,
    notes: Vec<Note>,
    deadline: Option<BootTime>,
    first_answer_ends: bool,
    now: Now,
    /// What cut it short.
    cut: Option<Stop>,
    ended: Option<Now>,
}

impl Run {
    /// A run that begins with the first turn.
    #[must_use]
    pub fn new(setup: Setup) -> Run {
        let size = match setup.method {
            Method::Icmp => setup.size,
            // Neither carries a token: what answers is told by ports and numbers, and two octets are the network's.
            Method::Tcp(_) => 0,
            Method::Udp(_) => 2,
        };
        let longest = |one: &Watched| longest_wait(one.critical, setup.interval, setup.packets).max(one.patience);
        let longest = setup.targets.iter().map(longest).max();
        let config = Config {
            count: Some(setup.packets),
            interval: setup.interval,
            pace: Pace::Prompt { floor: setup.floor },
            timeout: Some(longest.unwrap_or(setup.interval)),
            timeout_chosen: true,
            size,
            exchange: setup.method.exchange(),
            flows: setup.flows,
            note_sent: true,
            ..Config::new(setup.targets.iter().map(|one| one.target).collect(), setup.token_key)
        };
        let host = |one: &Watched| Host { critical: one.critical, patience: one.patience, ..Host::default() };
        let mut by_addr: BTreeMap<IpAddr, Vec<usize>> = BTreeMap::new();
        for (index, one) in setup.targets.iter().enumerate() {
            by_addr.entry(one.target.peer.addr).or_default().push(index);
        }
        Run {
            by_addr,
            method: setup.method,
            size,
            hosts: setup.targets.iter().map(host).collect(),
            packets: setup.packets,
            interval: setup.interval,
            until: None,
            computed: BootTime::default(),
            session: Session::new(config),
            notes: Vec::new(),
            deadline: setup.deadline,
            first_answer_ends: setup.first_answer_ends,
            now: Now::default(),
            cut: None,
            ended: None,
        }
    }

    /// What a host has come to; `None` if there is no such host.
    #[must_use]
    pub fn outcome(&self, target: TargetId) -> Option<Outcome> {
        let host = self.hosts.get(target.0 as usize)?;
        let at = self.ended.unwrap_or(self.now);
        let mut samples = host.samples.clone();
        if let Some(summary) = self.session.summary(target, at) {
            samples.duplicates = summary.counters.duplicates;
            samples.corrupt = summary.counters.corrupt;
            samples.reordered = summary.counters.reordered;
        }
        for (fate, sent) in samples.fates.iter_mut().zip(&host.sent_at) {
            if *fate == Fate::InFlight && at.boot.since(*sent) >= host.critical {
                *fate = Fate::Lost;
            }
        }
        Some(Outcome { samples, stop: self.cut.unwrap_or(Stop::Done), at })
    }

    /// When nothing more is to be expected of any host; `None` while probes are still to be sent.
    ///
    /// Looking at all hosts after each answer would cost their square: while nothing else happens it is looked at again.
    fn all_sent_until(&mut self, now: BootTime) -> Option<BootTime> {
        if let Some(until) = self.until {
            return Some(until);
        }
        let rest = Duration::from_micros(self.hosts.len() as u64).min(Duration::from_millis(20));
        if self.hosts.len() > MANY && now < self.computed + rest {
            return Some(self.computed + rest);
        }
        self.computed = now;
        if self.hosts.iter().any(|host| (host.samples.fates.len() as u64) < self.packets) {
            return None;
        }
        let ends = self.hosts.iter().filter_map(|host| host.until(self.packets, self.interval));
        // Where everything is answered the session ends by itself.
        self.until = ends.max();
        self.until
    }

    fn cut(&mut self, why: Stop) {
        if self.cut.is_none() && self.ended.is_none() {
            self.cut = Some(why);
            self.session.command(self.now, Command::Stop);
        }
    }

    /// Takes in what the session has to say.
    pub(super) fn gather(&mut self) {
        let Run { session, hosts, notes, now, cut, until, .. } = self;
        let mut answered = false;
        session.notes(&mut |note| {
            if let Some(host) = target_of(note).and_then(|target| hosts.get_mut(target.0 as usize)) {
                answered |= host.take(note, *now, cut.is_some());
                *until = None;
            }
            notes.push(note.clone());
        });
        if answered && self.first_answer_ends {
            self.cut(Stop::Answered);
        }
    }
}

fn target_of(note: &Note) -> Option<TargetId> {
    match note {
        Note::Sent { target, .. } | Note::NoReply { target, .. } => Some(*target),
        Note::Reply(reply) => Some(reply.target),
        _ => None,
    }
}

impl Machine for Run {
    type Note = Note;
    type Command = Command;

    fn fill(&mut self, now: Now, out: &mut Batch) -> Next {
        self.now = now;
        if self.deadline.is_some_and(|deadline| now.boot >= deadline) {
            self.cut(Stop::Deadline);
        }
        let next = self.session.fill(now, out);
        self.gather();
        if next == Next::Done {
            self.ended.get_or_insert(now);
            return Next::Done;
        }
        if self.cut.is_some() {
            // Told by what this very turn brought: end without another wait.
            return Next::At(now.boot);
        }
        if let Some(until) = self.all_sent_until(now.boot) {
            if now.boot >= until {
                self.cut(Stop::Done);
                return Next::At(now.boot);
            }
            return next.sooner(Next::At(until)).sooner(self.deadline.map_or(Next::Idle, Next::At));
        }
        self.deadline.map_or(next, |deadline| next.sooner(Next::At(deadline)))
    }

    fn sent(&mut self, now: Now, key: Key, how: Result<SentAt, NotSent>) {
        self.now = now;
        self.session.sent(now, key, how);
        self.gather();
    }

    fn heard(&mut self, now: Now, event: &Event<'_>) {
        self.now = now;
        match self.method {
            Method::Icmp => self.session.heard(now, event),
            Method::Tcp(_) | Method::Udp(_) => self.heard_of_port(now, event),
        }
        self.gather();
    }

    fn command(&mut self, now: Now, command: Command) {
        self.now = now;
        match command {
            Command::Stop => self.cut(Stop::Interrupted),
        }
    }

    fn notes(&mut self, tell: &mut dyn FnMut(&Note)) {
        self.notes.iter().for_each(tell);
        self.notes.clear();
    }
}
