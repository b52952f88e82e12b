//! Each host's figures since the last report (`-Q`), kept only where they are asked for.

use std::time::Duration;

use super::host::Rtts;
use super::machine::Sweep;
use crate::probe::TargetId;

/// One host's figures of an interval. Probes count when they are settled, so that one in flight is no loss.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Interval {
    /// Probes settled.
    pub settled: u64,
    /// Of these, answered in time.
    pub replied: u64,
    /// Of these, answered late, where that counts.
    pub late: u64,
    rtt: Rtts,
}

impl Interval {
    /// Answered, in time or late.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.replied + self.late
    }

    /// Shortest, mean and longest round-trip time; `None` if there was none.
    #[must_use]
    pub fn times(&self) -> Option<(Duration, Duration, Duration)> {
        Some((self.rtt.min()?, self.rtt.mean()?, self.rtt.max()?))
    }

    pub(super) fn record(&mut self, rtt: Duration) {
        self.rtt.record(rtt);
    }
}

impl Sweep {
    /// A host's figures since the last reset; nothing where they are not kept.
    #[must_use]
    pub fn interval(&self, host: TargetId) -> Interval {
        self.intervals.get(host.0 as usize).copied().unwrap_or_default()
    }

    /// Begins a new interval for all hosts.
    pub fn reset_intervals(&mut self) {
        self.intervals.fill(Interval::default());
    }
}
