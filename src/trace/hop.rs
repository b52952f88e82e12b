//! One hop limit of one way: its probes and what became of each, kept until the hop is told.

use std::time::Duration;

use super::answer::{Answer, Try};
use crate::clock::BootTime;
use crate::net::{Key, Peer};
use crate::sys::errno::Errno;

/// What became of a probe.
#[derive(Clone, Debug)]
pub(super) enum Fate {
    /// Nothing yet.
    Flying,
    /// It is answered.
    Answered(Answer),
    /// It was waited for in vain for so long.
    Silent(Duration),
    /// This host did not send it.
    NotSent(Errno, Option<u32>),
    /// Nobody can tell any more: an answer came that may be this probe's or another's. It is tried again.
    Void,
}

/// A probe of a hop.
#[derive(Clone, Debug)]
pub(super) struct Trial {
    pub(super) key: Key,
    pub(super) number: u64,
    pub(super) sent: BootTime,
    /// Its answer waits for the stamp of its departure.
    pub(super) held: bool,
    pub(super) fate: Fate,
}

/// A hop.
#[derive(Clone, Debug, Default)]
pub(super) struct HopState {
    pub(super) trials: Vec<Trial>,
    pub(super) flying: u16,
    pub(super) held: u16,
    pub(super) answered: u16,
    pub(super) silent: u16,
    void: u16,
    /// The longest that an answer took.
    pub(super) slowest: Option<Duration>,
    pub(super) last_sent: Option<BootTime>,
    /// Who answered first.
    pub(super) router: Option<Peer>,
    /// The newest trial that is answered.
    newest: Option<usize>,
    /// Once it has been told: the numbers of the probes that it was told with.
    pub(super) told: Vec<u64>,
}

impl HopState {
    /// A probe is about to leave. Returns its place.
    pub(super) fn enter(&mut self, key: Key, number: u64, now: BootTime, room: usize) -> usize {
        if self.trials.capacity() == 0 {
            self.trials.reserve_exact(room);
        }
        self.trials.push(Trial { key, number, sent: now, held: false, fate: Fate::Flying });
        self.flying += 1;
        self.last_sent = Some(now);
        self.trials.len() - 1
    }

    /// Probes that count as tries.
    pub(super) fn used(&self) -> usize {
        self.trials.len() - usize::from(self.void)
    }

    /// Whether nothing is awaited any more.
    pub(super) fn is_quiet(&self) -> bool {
        self.flying == 0 && self.held == 0
    }

    /// A probe has come to this; an answer in the place of silence is the only second end there is.
    pub(super) fn settle(&mut self, index: usize, fate: Fate) {
        let Some(trial) = self.trials.get_mut(index) else { return };
        let was = std::mem::replace(&mut trial.fate, fate);
        let counter = |fate: &Fate| match fate {
            Fate::Flying => 0,
            Fate::Answered(_) => 1,
            Fate::Silent(_) => 2,
            Fate::NotSent(..) => 3,
            Fate::Void => 4,
        };
        let (from, to) = (counter(&was), counter(&trial.fate));
        let mut none = 0;
        let counts = [&mut self.flying, &mut self.answered, &mut self.silent, &mut none, &mut self.void];
        *counts[from] = counts[from].saturating_sub(1);
        *counts[to] += 1;
        if let Fate::Answered(answer) = &trial.fate {
            self.router.get_or_insert(answer.from);
        }
    }

    /// An answer took so long. Returns whether a later probe of this hop had been answered before (RFC 4737 §3.3).
    pub(super) fn learn(&mut self, index: usize, time: Duration) -> bool {
        self.slowest = Some(self.slowest.map_or(time, |slowest| slowest.max(time)));
        let reordered = self.newest.is_some_and(|newest| newest > index);
        self.newest = self.newest.max(Some(index));
        reordered
    }

    /// The answers.
    pub(super) fn answers(&self) -> impl Iterator<Item = &Answer> {
        self.trials.iter().filter_map(|trial| match &trial.fate {
            Fate::Answered(answer) => Some(answer),
            _ => None,
        })
    }
}

impl Trial {
    /// As it is told; `None` while nothing is known.
    pub(super) fn told(&self) -> Option<Try> {
        match &self.fate {
            Fate::Answered(answer) => Some(Try::Answer(answer.clone())),
            Fate::Silent(waited) => Some(Try::Silent { waited: *waited }),
            Fate::NotSent(errno, mtu) => Some(Try::NotSent { errno: *errno, mtu: *mtu }),
            Fate::Flying | Fate::Void => None,
        }
    }
}
