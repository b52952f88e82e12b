//! How many probes may be unanswered at once, where answers and not a schedule set the pace (flood and adaptive).
//!
//! A probe that has waited much longer than usual no longer holds its place, long before it is lost: a window must notice
//! loss in round-trip times and not in time-outs. It grows and shrinks as TCP's (RFC 5681 §3.1): by one with each answer up
//! to half of where loss was last met, from there by one with each windowful, and by half when a probe is missed. It never
//! stalls: after [`TICK`] the next probe leaves whatever is out.

use std::collections::VecDeque;
use std::time::Duration;

use super::Pace;
use crate::clock::BootTime;
use crate::net::Key;
use crate::probe::table::Table;

/// A window grows no further: stamps and replies of this many probes (two packets each, up to a kilobyte of kernel memory a
/// packet) must fit into a receive buffer of the kernel's default limit.
pub(super) const LARGEST: u32 = 128;

/// Without any answer, a flood still sends this often: 100 a second, as `ping -f`.
pub(super) const TICK: Duration = Duration::from_millis(10);

/// How long the first probes of a flood hold their places, before any round-trip time is known (RFC 6298 §2.1).
const FIRST_HOLD: Duration = Duration::from_secs(1);

/// One target's window.
#[derive(Clone, Debug)]
pub(super) struct Window {
    size: u32,
    /// Beyond this it grows slowly.
    slow_from: u32,
    /// Answers since it grew slowly by one.
    answers: u32,
    fixed: bool,
    /// A probe holds its place for `first_hold`, whatever round-trip times are.
    steady: bool,
    floor: Duration,
    /// How often a probe leaves though the window is closed.
    tick: Option<Duration>,
    /// How long a probe holds its place before anything is known of round-trip times.
    first_hold: Duration,
    holding: u32,
    holders: VecDeque<(Key, BootTime)>,
    last: Option<BootTime>,
    blocked: Option<BootTime>,
    shrunk: BootTime,
}

impl Window {
    pub(super) fn new(pace: Pace, preload: u32, interval: Duration) -> Self {
        let (fixed, floor, tick, first_hold) = match pace {
            Pace::Adaptive { floor } => (true, floor, None, interval.max(floor)),
            Pace::Prompt { floor } => (true, floor, None, interval.max(floor)),
            Pace::Flood | Pace::Interval => (false, Duration::ZERO, Some(TICK), FIRST_HOLD),
        };
        Window {
            size: preload.max(1),
            slow_from: LARGEST,
            answers: 0,
            fixed,
            steady: matches!(pace, Pace::Prompt { .. }),
            floor,
            tick,
            first_hold,
            holding: 0,
            holders: VecDeque::new(),
            last: None,
            blocked: None,
            shrunk: BootTime::default(),
        }
    }

    /// Whether a probe may leave now.
    pub(super) fn open(&self, now: BootTime) -> bool {
        let Some(last) = self.last else { return true };
        if self.blocked.is_some_and(|until| now < until) || now < last + self.floor {
            return false;
        }
        self.holding < self.size || self.tick.is_some_and(|tick| now >= last + tick)
    }

    /// When to ask again if nothing is heard.
    pub(super) fn next(&self, hold: Duration) -> Option<BootTime> {
        let last = self.last?;
        let earliest = self.blocked.unwrap_or(last).max(last + self.floor);
        if self.holding < self.size {
            return Some(earliest);
        }
        let freed = self.holders.front().map(|(_, sent)| *sent + hold);
        let tick = self.tick.map(|tick| last + tick);
        let opens = match (freed, tick) {
            (Some(freed), Some(tick)) => freed.min(tick),
            (freed, tick) => freed.or(tick)?,
        };
        Some(opens.max(earliest))
    }

    /// How long a probe holds its place.
    pub(super) fn hold(&self, usual: Option<Duration>) -> Duration {
        match usual {
            None => self.first_hold,
            Some(_) if self.steady => self.first_hold,
            Some(usual) if self.fixed => usual.saturating_mul(2).max(self.floor),
            Some(usual) => usual.saturating_mul(4).max(TICK),
        }
    }

    /// A probe is about to leave.
    pub(super) fn filled(&mut self, key: Key, now: BootTime, table: &mut Table) {
        table.set_window(key, true);
        self.holding = self.holding.saturating_add(1);
        self.holders.push_back((key, now));
        self.last = Some(now);
    }

    /// It did not leave: wait a tick before the next.
    pub(super) fn refused(&mut self, key: Key, now: BootTime, table: &mut Table) {
        self.release(key, table);
        self.shrink(now);
        self.blocked = Some(now + TICK);
    }

    /// It has been answered, well or badly.
    pub(super) fn answered(&mut self, key: Key, good: bool, table: &mut Table) {
        self.release(key, table);
        if !good || self.fixed || self.size >= LARGEST {
            return;
        }
        self.answers += 1;
        if self.size < self.slow_from || self.answers >= self.size {
            (self.size, self.answers) = (self.size + 1, 0);
        }
    }

    /// Lets go of those that have waited too long, which halves the window.
    pub(super) fn expire(&mut self, now: BootTime, hold: Duration, table: &mut Table) {
        while let Some((key, sent)) = self.holders.front().copied() {
            let holds = table.get(key).is_some_and(|slot| slot.in_window());
            if holds && now < sent + hold {
                return;
            }
            self.holders.pop_front();
            if holds {
                self.release(key, table);
                // One loss is one reason to halve, however many probes went with it.
                if sent >= self.shrunk {
                    self.shrink(now);
                }
            }
        }
    }

    /// Our own socket had no room. What is told within a tick of the last shrinking happened before that.
    pub(super) fn overflowed(&mut self, now: BootTime) {
        if now >= self.shrunk + TICK {
            self.shrink(now);
        }
    }

    fn shrink(&mut self, now: BootTime) {
        if !self.fixed {
            self.size = (self.size / 2).max(1);
            (self.slow_from, self.answers, self.shrunk) = (self.size, 0, now);
        }
    }

    fn release(&mut self, key: Key, table: &mut Table) {
        if table.set_window(key, false) {
            self.holding = self.holding.saturating_sub(1);
        }
    }
}
