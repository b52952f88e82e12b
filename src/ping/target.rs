//! What a session knows of one of its targets.

use std::time::Duration;

use super::series::{End, Series};
use super::window::Window;
use super::{Config, Counters, ReplyKind, Target, Until};
use crate::clock::{BootTime, as_ns};
use crate::net::{Key, Peer};
use crate::probe::table::State;
use crate::stats::RttStats;

/// So many replies in a row without a stamp, and no reply waits for one any more.
const PATIENCE: u8 = 8;

/// One target's state.
#[derive(Clone, Debug)]
pub(super) struct TargetState {
    pub(super) peer: Peer,
    /// Number of the next probe.
    pub(super) next_number: u64,
    /// Whether it gets no more probes.
    pub(super) sent_all: bool,
    pub(super) counters: Counters,
    pub(super) rtt: RttStats,
    pub(super) clocks: [u64; 4],
    pub(super) pipe: u64,
    pub(super) first_sent: Option<BootTime>,
    pub(super) last_sent: Option<BootTime>,
    pub(super) last_key: Option<Key>,
    /// The longest that an answer took.
    pub(super) largest: Option<Duration>,
    pub(super) skipped: u64,
    /// Probes refused since the last that left.
    pub(super) refused: u64,
    pub(super) window: Window,
    pub(super) series: Series,
    /// Number of the newest probe when the condition to end was met.
    pub(super) until_met: Option<u64>,
    /// RFC 4737 §3.3 NextExp.
    next_expected: u64,
    usual_ns: Option<u64>,
    no_driver_stamp: u8,
    no_card_stamp: u8,
}

impl TargetState {
    pub(super) fn new(target: &Target, config: &Config) -> Self {
        TargetState {
            peer: target.peer,
            next_number: 1,
            sent_all: config.count == Some(0),
            counters: Counters::default(),
            rtt: RttStats::new(config.percentiles),
            clocks: [0; 4],
            pipe: 0,
            first_sent: None,
            last_sent: None,
            last_key: None,
            largest: None,
            skipped: 0,
            refused: 0,
            window: Window::new(config.pace, config.preload, config.interval),
            series: Series::default(),
            until_met: None,
            next_expected: 0,
            usual_ns: None,
            no_driver_stamp: 0,
            no_card_stamp: 0,
        }
    }

    /// Counts a probe in another state.
    pub(super) fn moved(&mut self, from: State, to: State) {
        *self.counter(from) = self.counter(from).saturating_sub(1);
        *self.counter(to) += 1;
        debug_assert!(self.counters.balanced(), "{:?}", self.counters);
    }

    /// The counter of probes in this state.
    pub(super) fn counter(&mut self, state: State) -> &mut u64 {
        match state {
            State::Flying => &mut self.counters.in_flight,
            State::Replied => &mut self.counters.replied,
            State::Late => &mut self.counters.late,
            State::Error => &mut self.counters.errors,
            State::Lost => &mut self.counters.lost,
        }
    }

    /// Counts what a reply is besides a change of its probe's state.
    pub(super) fn count(&mut self, kind: ReplyKind, truncated: bool, reordered: bool) {
        let counters = &mut self.counters;
        match kind {
            // Whoever sent it did not answer what was asked of it.
            ReplyKind::WrongSource => return counters.foreign += 1,
            ReplyKind::Duplicate => counters.duplicates += 1,
            ReplyKind::Corrupt { .. } => counters.corrupt += 1,
            ReplyKind::Good | ReplyKind::Late => {}
        }
        counters.truncated += u64::from(truncated);
        counters.reordered += u64::from(reordered);
    }

    /// Whether a probe that is answered for the first time is answered after a later one (RFC 4737 §3.3).
    pub(super) fn is_reordered(&mut self, number: u64) -> bool {
        if number < self.next_expected {
            return true;
        }
        self.next_expected = number.saturating_add(1);
        false
    }

    /// How long an answer took, from our call on: a measure of how long to wait for the next.
    pub(super) fn learn(&mut self, time: Duration) {
        self.largest = Some(self.largest.map_or(time, |largest| largest.max(time)));
        let ns = as_ns(time);
        // An exponentially weighted mean with a gain of 1/8 (RFC 6298 §2.3).
        self.usual_ns = Some(self.usual_ns.map_or(ns, |usual| usual - usual / 8 + ns / 8));
    }

    /// How long a probe of this target holds its place in the window.
    pub(super) fn hold(&self) -> Duration {
        self.window.hold(self.usual_ns.map(Duration::from_nanos))
    }

    /// A probe has ended so.
    pub(super) fn ended(&mut self, number: u64, end: End, until: Option<Until>) {
        self.series.settle(number, end);
        let (up, wanted) = match until {
            None => return,
            Some(Until::Up(wanted)) => (true, u64::from(wanted)),
            Some(Until::Down(wanted)) => (false, u64::from(wanted)),
        };
        if end.speaks_for(up) {
            if self.until_met.is_none() && self.series.newest_run(up, wanted) >= wanted.max(1) {
                self.until_met = Some(number);
            }
        } else if end.speaks_for(!up) && self.until_met.is_some_and(|met| number > met) {
            self.until_met = None;
        }
    }

    /// Whether a reply is worth holding back for stamps that have not come.
    pub(super) fn worth_waiting(&self, missing: Missing) -> bool {
        (missing.driver && self.no_driver_stamp < PATIENCE) || (missing.card && self.no_card_stamp < PATIENCE)
    }

    /// A reply has waited for stamps, and these never came.
    pub(super) fn waited_in_vain(&mut self, missing: Missing) {
        let count = |n: &mut u8, missed: bool| *n = if missed { n.saturating_add(1) } else { 0 };
        count(&mut self.no_driver_stamp, missing.driver);
        count(&mut self.no_card_stamp, missing.card);
    }

    /// A stamp came in time: they are worth waiting for again.
    pub(super) fn stamped(&mut self, card: bool) {
        *if card { &mut self.no_card_stamp } else { &mut self.no_driver_stamp } = 0;
    }
}

/// Stamps of a probe that may still come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Missing {
    /// The driver's.
    pub(super) driver: bool,
    /// The card's.
    pub(super) card: bool,
}
