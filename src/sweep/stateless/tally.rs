//! The figures of a stateless run. Probes have one end each, exactly, at every moment:
//! `attempted = not_sent + sent`, `sent = alive + errors + silent`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::summary::Times;
use super::super::totals::{ErrorCount, Totals};
use crate::clock::Now;
use crate::probe::counters::Counters;
use crate::stats::RttStats;
use crate::sys::errno::Errno;
use crate::units::Family;

/// Kinds of errors told apart; more than all that are assigned.
const KINDS: usize = 256;

/// An ICMP error's family, type and code.
pub type ErrorCode = (Family, u8, u8);

/// What has been counted so far.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Probes the kernel took.
    pub sent: u64,
    /// Probes it refused, by its error number.
    pub not_sent: BTreeMap<i32, u64>,
    /// Targets that answered, each once.
    pub alive: u64,
    /// Targets about which an ICMP error came, and no answer.
    pub errors: u64,
    /// Their first errors, and those of targets that answered later.
    pub errors_by_code: BTreeMap<ErrorCode, u64>,
    /// Errors that quoted too little to prove more than ident and sequence number.
    pub weak: u64,
    /// Further answers of targets that had answered.
    pub duplicates: u64,
    /// Packets that knew ident and sequence number, and whose proof was wrong; they count as nothing. Also answers that
    /// proved themselves under a wrong checksum, which count.
    pub corrupt: u64,
    /// Packets of others.
    pub foreign: u64,
    /// Redirects.
    pub redirects: u64,
    /// Packets that our own sockets dropped: a bound, the kernel counts strangers' too while a buffer is full.
    pub drops: u64,
    /// Times the rate was cut.
    pub cuts: u64,
    /// How long the probes of a batch were on their way into the kernel, on average: round-trip times are too long by half
    /// of it in the mean.
    pub spread: Duration,
    /// The same at most: no round-trip time is too long by more.
    pub spread_most: Duration,
    /// Answers by the clock of their round-trip time: nic, kernel, kernel_rx, user.
    pub clocks: [u64; 4],
    /// Round-trip times: from our clock before the batch was sent to the kernel's stamp of arrival.
    pub rtt: RttStats,
}

impl Tally {
    /// Probes that were tried.
    #[must_use]
    pub fn attempted(&self) -> u64 {
        self.sent + self.refused()
    }

    /// Probes that the kernel refused.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.not_sent.values().sum()
    }

    /// Targets that were probed and not heard of.
    #[must_use]
    pub fn silent(&self) -> u64 {
        // Beyond what is remembered exactly, a late duplicate may count twice.
        self.sent.saturating_sub(self.alive + self.errors)
    }

    /// Whether every probe has found its end.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.silent() == 0
    }

    /// The figures as every engine gives them, of a run with so many targets that has sent and run for so long.
    #[must_use]
    pub fn totals(&self, targets: u64, (sending, took): (Duration, Duration), at: Now) -> Totals {
        let silent = self.silent();
        let counters = Counters {
            attempted: self.attempted(),
            not_sent: self.refused(),
            sent: self.sent,
            replied: self.alive,
            errors: self.errors,
            lost: silent,
            duplicates: self.duplicates,
            corrupt: self.corrupt,
            foreign: self.foreign,
            ..Counters::default()
        };
        let kind = |(code, count): (&ErrorCode, &u64)| {
            let (family, ty, code) = *code;
            ErrorCount { family, ty, code, count: *count }
        };
        let rtt = &self.rtt;
        let times = || {
            let (min, mean, max, mdev) = (rtt.min()?, rtt.mean()?, rtt.max()?, rtt.mdev()?);
            Some(Times { min, mean, max, mdev, count: rtt.count() })
        };
        Totals {
            hosts: targets,
            alive: self.alive,
            counters,
            timeouts: silent,
            replies: self.alive + self.duplicates,
            errors: self.errors_by_code.iter().map(kind).collect(),
            redirects: self.redirects,
            dropped: self.drops,
            skipped: 0,
            rtt: times(),
            clocks: self.clocks,
            took,
            sending,
            at,
        }
    }

    pub(super) fn error(&mut self, code: ErrorCode) {
        self.errors += 1;
        if self.errors_by_code.len() < KINDS || self.errors_by_code.contains_key(&code) {
            *self.errors_by_code.entry(code).or_default() += 1;
        }
    }

    pub(super) fn refuse(&mut self, errno: Errno) {
        *self.not_sent.entry(errno.0).or_default() += 1;
    }
}
