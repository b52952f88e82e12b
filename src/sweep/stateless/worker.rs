//! One sending thread's work, a turn at a time: claim some targets, wait for their slot, build their probes, send them.
//!
//! What the kernel has no room for is sent again, later and with a new clock; what it refuses counts as not sent and is
//! passed over. Nothing is allocated from turn to turn.

use std::ops::Range;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use super::field::Field;
use super::gate::BATCH;
use crate::clock::BootTime;
use crate::net::Peer;
use crate::net::scan::{Ask, Halt, Sending};
use crate::sys::errno::Errno;
use crate::units::Family;

/// The first wait for room, and the longest.
const WAIT_FIRST: Duration = Duration::from_micros(200);
const WAIT_MOST: Duration = Duration::from_millis(20);

/// How long a paused thread waits before it looks again.
const PAUSE: Duration = Duration::from_micros(500);

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Another turn.
    Again,
    /// Another turn, then.
    Wait(BootTime),
    /// Nothing is left to claim.
    Done,
}

/// One thread's work.
#[derive(Debug)]
pub struct Worker {
    /// Claimed and not built yet.
    claimed: Range<u64>,
    due: BootTime,
    asks: Vec<Ask>,
    /// How many of those have been sent or refused.
    done: usize,
    wait: Duration,
    refused: Vec<(Peer, Errno)>,
    /// Claimed and, because the run was stopped, never tried.
    abandoned: Vec<Range<u64>>,
}

impl Default for Worker {
    fn default() -> Self {
        Worker::new()
    }
}

impl Worker {
    /// With nothing to do yet.
    #[must_use]
    pub fn new() -> Worker {
        let batch = BATCH as usize;
        Worker {
            claimed: 0..0,
            due: BootTime::default(),
            asks: Vec::with_capacity(batch),
            done: 0,
            wait: WAIT_FIRST,
            refused: Vec::with_capacity(batch),
            abandoned: Vec::new(),
        }
    }

    /// Targets whose probes the kernel refused since this was last asked.
    pub fn take_refused(&mut self) -> impl Iterator<Item = (Peer, Errno)> + '_ {
        self.refused.drain(..)
    }

    /// Whether there are any.
    #[must_use]
    pub fn has_refused(&self) -> bool {
        !self.refused.is_empty()
    }

    /// Positions that were claimed and never tried; only of a run that was stopped.
    #[must_use]
    pub fn abandoned(&self) -> &[Range<u64>] {
        &self.abandoned
    }

    /// Does what is due.
    pub fn turn(&mut self, field: &Field<'_>, line: &mut dyn Sending) -> Turn {
        let now = line.now();
        if self.done == self.asks.len() && self.claimed.is_empty() {
            let probes = field.gate.batch();
            self.claimed = field.claim(probes);
            if self.claimed.is_empty() {
                return Turn::Done;
            }
            self.due = field.gate.take(now, probes);
        }
        if field.is_stopped() {
            return self.abandon();
        }
        if now < self.due {
            return Turn::Wait(self.due);
        }
        if field.is_paused() {
            return Turn::Wait(now + PAUSE);
        }
        if self.claimed.is_empty() {
            self.renew(field, now);
        } else {
            self.build(field, now);
        }
        self.send(field, line, now)
    }

    /// Makes probes of what is claimed, IPv4 before IPv6, so that each family goes in one batch.
    fn build(&mut self, field: &Field<'_>, now: BootTime) {
        self.asks.clear();
        self.done = 0;
        for position in self.claimed.clone() {
            let Some(to) = field.target(position) else { continue };
            let head = field.proof().write(to.addr, now);
            self.asks.push(Ask { to, seq: field.proof().seq(to.addr), head });
        }
        self.claimed = 0..0;
        self.asks.sort_unstable_by_key(|ask| Family::of(ask.to.addr));
    }

    /// Gives what is still to be sent the time of this try.
    fn renew(&mut self, field: &Field<'_>, now: BootTime) {
        for ask in self.asks.iter_mut().skip(self.done) {
            ask.head = field.proof().write(ask.to.addr, now);
        }
    }

    fn send(&mut self, field: &Field<'_>, line: &mut dyn Sending, clock: BootTime) -> Turn {
        let (taken, halt) = line.send(self.asks.get(self.done..).unwrap_or_default());
        let end = line.now();
        self.done = (self.done + taken).min(self.asks.len());
        if taken > 0 {
            self.wait = WAIT_FIRST;
            field.count_batch(taken, end.since(clock));
        }
        match halt {
            None => Turn::Again,
            Some(Halt::Refused(errno)) => {
                if let Some(ask) = self.asks.get(self.done) {
                    self.refused.push((ask.to, errno));
                    self.done += 1;
                }
                Turn::Again
            }
            Some(Halt::NoRoom { neighbours }) => {
                field.counts.no_room.fetch_add(1, Relaxed);
                field.counts.no_neighbours.fetch_add(neighbours.into(), Relaxed);
                self.due = end + self.wait;
                self.wait = (self.wait * 2).min(WAIT_MOST);
                Turn::Wait(self.due)
            }
        }
    }

    /// What has not been tried by now never will be.
    fn abandon(&mut self) -> Turn {
        if !self.claimed.is_empty() {
            self.abandoned.push(self.claimed.clone());
        }
        self.claimed = 0..0;
        // Built and never taken: they stand in no list of positions any more, and count as refused for want of room.
        for ask in self.asks.iter().skip(self.done) {
            self.refused.push((ask.to, crate::sys::errno::ENOBUFS));
        }
        self.done = self.asks.len();
        Turn::Done
    }
}
