//! What a whole sweep comes to: kept as it runs, so that a progress line costs nothing for there being many hosts.

use std::time::Duration;

use super::host::Rtts;
use super::machine::Sweep;
use super::summary::Times;
use crate::clock::{BootTime, Now};
use crate::probe::counters::Counters;
use crate::probe::times::Rtt;
use crate::units::Family;
use crate::wire::icmp::IcmpError;

/// How many ICMP errors of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorCount {
    /// Whose ICMP.
    pub family: Family,
    /// Type.
    pub ty: u8,
    /// Code.
    pub code: u8,
    /// How many probes ended so.
    pub count: u64,
}

/// What is counted while it runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Running {
    pub(super) counters: Counters,
    pub(super) alive: u64,
    pub(super) timeouts: u64,
    pub(super) replies: u64,
    pub(super) redirects: u64,
    pub(super) foreign: u64,
    pub(super) dropped: u64,
    pub(super) skipped: u64,
    pub(super) started: Option<BootTime>,
    /// At most as many as there are types and codes.
    errors: Vec<ErrorCount>,
    clocks: [u64; 4],
    rtt: Rtts,
    first_sent: Option<BootTime>,
    last_sent: Option<BootTime>,
}

impl Running {
    /// A probe was sent.
    pub(super) fn left(&mut self, at: BootTime) {
        self.first_sent.get_or_insert(at);
        self.last_sent = Some(at);
    }

    pub(super) fn record(&mut self, rtt: Rtt) {
        self.rtt.record(rtt.time);
        if let Some(clock) = self.clocks.get_mut(rtt.clock as usize) {
            *clock += 1;
        }
    }

    pub(super) fn error(&mut self, error: IcmpError) {
        let IcmpError { family, ty, code, .. } = error;
        match self.errors.iter_mut().find(|e| (e.family, e.ty, e.code) == (family, ty, code)) {
            Some(kind) => kind.count += 1,
            None => self.errors.push(ErrorCount { family, ty, code, count: 1 }),
        }
    }

    pub(super) fn longest(&self) -> Option<Duration> {
        self.rtt.max()
    }
}

/// A whole sweep, so far or in the end.
#[derive(Clone, Debug)]
pub struct Totals {
    /// Hosts.
    pub hosts: u64,
    /// Of these, those that have answered.
    pub alive: u64,
    /// All hosts' counters together.
    pub counters: Counters,
    /// Times that a probe was given up, later answers or not.
    pub timeouts: u64,
    /// All replies, duplicates, late and damaged ones included.
    pub replies: u64,
    /// Probes that ended by an ICMP error, by type and code.
    pub errors: Vec<ErrorCount>,
    /// Redirects.
    pub redirects: u64,
    /// Packets that our own socket had no room for.
    pub dropped: u64,
    /// Rounds of the schedule that were skipped.
    pub skipped: u64,
    /// Round-trip times of all hosts.
    pub rtt: Option<Times>,
    /// Replies by the clock of their round-trip time: nic, kernel, kernel_rx, user.
    pub clocks: [u64; 4],
    /// From the beginning to the end, or to now.
    pub took: Duration,
    /// From the first probe sent to the last.
    pub sending: Duration,
    /// When these figures were taken.
    pub at: Now,
}

impl Totals {
    /// Probes a second between the first and the last; `None` where there was no time between them.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        let seconds = self.sending.as_secs_f64();
        (seconds > 0.0 && self.counters.sent > 1).then(|| (self.counters.sent - 1) as f64 / seconds)
    }
}

impl Sweep {
    /// What all hosts together have come to.
    #[must_use]
    pub fn totals(&self, now: Now) -> Totals {
        let running = &self.running;
        let at = self.ended.map_or(now, |(_, at)| at);
        let since = |from: Option<BootTime>, to: BootTime| from.map_or(Duration::ZERO, |from| to.since(from));
        let mut counters = running.counters;
        counters.foreign += running.foreign;
        Totals {
            hosts: self.hosts.len() as u64,
            alive: running.alive,
            counters,
            timeouts: running.timeouts,
            replies: running.replies,
            errors: running.errors.clone(),
            redirects: running.redirects,
            dropped: running.dropped,
            skipped: running.skipped,
            rtt: running.rtt.times(),
            clocks: running.clocks,
            took: since(running.started, at.boot),
            sending: since(running.first_sent, running.last_sent.unwrap_or(at.boot)),
            at,
        }
    }

    /// A percentile of all hosts' round-trip times, where they are kept.
    #[must_use]
    pub fn percentile_of_all(&self, p: f64) -> Option<Duration> {
        self.histograms.get(self.hosts.len())?.percentile(p)
    }

    /// Hosts of which something is still to come, where each is asked until it answers.
    #[must_use]
    pub fn open(&self) -> usize {
        self.open
    }

    /// How far apart probes are at the moment.
    #[must_use]
    pub fn spacing(&self) -> Option<Duration> {
        self.course.as_ref().map(super::course::Course::spacing)
    }
}
