//! What a session knows of one of its targets.

use std::time::Duration;

use super::series::{End, Series};
use super::window::Window;
use super::{Config, Counters, ReplyKind, Target, Until};
use crate::clock::{BootTime, as_ns};
use crate::net::{Key, Peer};
use crate::probe::patience::Patience;
use crate::probe::times::Times;
use crate::stats::{Reordering, RttStats};

/// One target's state.
#[derive(Clone, Debug)]
pub(super) struct TargetState {
    pub(super) peer: Peer,
    /// Whether many may answer.
    pub(super) group: bool,
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
    /// With stamps that come late or never.
    pub(super) patience: Patience,
    /// Number of the newest probe when the condition to end was met.
    pub(super) until_met: Option<u64>,
    /// Of probes that are answered for the first time.
    pub(super) order: Reordering,
    usual_ns: Option<u64>,
}

impl TargetState {
    pub(super) fn new(target: &Target, config: &Config) -> Self {
        TargetState {
            peer: target.peer,
            group: target.group,
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
            patience: Patience::default(),
            until_met: None,
            order: Reordering::default(),
            usual_ns: None,
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

    /// Takes a reply's times into the statistics, if it is `counted`; whether or not, they teach how long to wait.
    pub(super) fn measured(&mut self, kind: ReplyKind, times: &Times, counted: bool) {
        if matches!(kind, ReplyKind::Good | ReplyKind::Late) {
            self.learn(times.away());
        }
        if counted {
            self.rtt.record(times.rtt.time);
            if let Some(clock) = self.clocks.get_mut(times.rtt.clock as usize) {
                *clock += 1;
            }
        }
    }

    /// How long an answer took, from our call on: a measure of how long to wait for the next.
    fn learn(&mut self, time: Duration) {
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
}
