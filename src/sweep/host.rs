//! What a sweep knows of one of its hosts, in some 130 bytes: there may be a million.

use std::time::Duration;

use super::note::SoFar;
use super::summary::Times;
use crate::clock::as_ns;
use crate::probe::counters::Counters;
use crate::probe::table::State;
use crate::stats::Reordering;

/// One host's state.
#[derive(Clone, Debug)]
pub(super) struct Host {
    /// Probes that were to be sent; the number of the newest.
    pub(super) attempted: u64,
    /// Of probes that are answered for the first time.
    pub(super) order: Reordering,
    pub(super) tally: Tally,
    pub(super) rtt: Rtts,
    /// Has answered, as far as the verdict goes.
    pub(super) alive: bool,
    /// Nothing more is to come of it ([`super::Mode::Alive`]).
    pub(super) done: bool,
}

/// [`Counters`] without what follows from the others.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) not_sent: u64,
    pub(super) replied: u64,
    pub(super) late: u64,
    pub(super) errors: u64,
    pub(super) lost: u64,
    pub(super) in_flight: u32,
    pub(super) duplicates: u32,
    pub(super) corrupt: u32,
    pub(super) truncated: u32,
    pub(super) reordered: u32,
    pub(super) foreign: u32,
}

impl Tally {
    /// Counts a probe in another state.
    pub(super) fn moved(&mut self, from: State, to: State) {
        match from {
            State::Flying => self.in_flight = self.in_flight.saturating_sub(1),
            other => {
                let left = self.of(other);
                *left = left.saturating_sub(1);
            }
        }
        match to {
            State::Flying => self.in_flight += 1,
            other => *self.of(other) += 1,
        }
    }

    fn of(&mut self, state: State) -> &mut u64 {
        match state {
            State::Replied => &mut self.replied,
            State::Late => &mut self.late,
            State::Error => &mut self.errors,
            // `Flying` is counted above.
            State::Lost | State::Flying => &mut self.lost,
        }
    }

    /// Whatever is in no other state was taken back: sent after all, it was not.
    pub(super) fn taken_back(&mut self, from: State) {
        match from {
            State::Flying => self.in_flight = self.in_flight.saturating_sub(1),
            other => {
                let left = self.of(other);
                *left = left.saturating_sub(1);
            }
        }
        self.not_sent += 1;
    }
}

impl Host {
    pub(super) fn new() -> Self {
        Host {
            attempted: 0,
            order: Reordering::default(),
            tally: Tally::default(),
            rtt: Rtts::default(),
            alive: false,
            done: false,
        }
    }

    /// Probes that the kernel took.
    pub(super) fn sent(&self) -> u64 {
        self.attempted.saturating_sub(self.tally.not_sent)
    }

    /// How it stands.
    pub(super) fn so_far(&self, late_counts: bool) -> SoFar {
        let tally = &self.tally;
        SoFar {
            settled: self.attempted.saturating_sub(tally.in_flight.into()),
            received: tally.replied + if late_counts { tally.late } else { 0 },
            mean: self.rtt.mean(),
        }
    }

    /// Its counters.
    pub(super) fn counters(&self) -> Counters {
        let tally = &self.tally;
        Counters {
            attempted: self.attempted,
            not_sent: tally.not_sent,
            sent: self.sent(),
            replied: tally.replied,
            late: tally.late,
            errors: tally.errors,
            lost: tally.lost,
            in_flight: tally.in_flight.into(),
            duplicates: tally.duplicates.into(),
            corrupt: tally.corrupt.into(),
            truncated: tally.truncated.into(),
            reordered: tally.reordered.into(),
            foreign: tally.foreign.into(),
        }
    }
}

/// Round-trip times of one host or of all.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Rtts {
    count: u64,
    min: u64,
    max: u64,
    sum: u64,
    /// Σ (x − mean)², by Welford's recurrence.
    squares: f64,
}

impl Rtts {
    pub(super) fn record(&mut self, rtt: Duration) {
        let ns = as_ns(rtt);
        let before = if self.count == 0 { 0.0 } else { self.sum as f64 / self.count as f64 };
        self.min = if self.count == 0 { ns } else { self.min.min(ns) };
        self.max = self.max.max(ns);
        self.count += 1;
        self.sum = self.sum.saturating_add(ns);
        let after = self.sum as f64 / self.count as f64;
        if self.count > 1 {
            self.squares += (ns as f64 - before) * (ns as f64 - after);
        }
    }

    /// All of them; `None` if there was no time.
    pub(super) fn times(&self) -> Option<Times> {
        let (min, mean, max, mdev) = (self.min()?, self.mean()?, self.max()?, self.mdev()?);
        Some(Times { min, mean, max, mdev, count: self.count })
    }

    pub(super) fn min(&self) -> Option<Duration> {
        (self.count > 0).then_some(Duration::from_nanos(self.min))
    }

    pub(super) fn max(&self) -> Option<Duration> {
        (self.count > 0).then_some(Duration::from_nanos(self.max))
    }

    pub(super) fn mean(&self) -> Option<Duration> {
        self.sum.checked_div(self.count).map(Duration::from_nanos)
    }

    /// Population standard deviation, as `ping` has it.
    pub(super) fn mdev(&self) -> Option<Duration> {
        (self.count > 0).then(|| Duration::from_nanos((self.squares.max(0.0) / self.count as f64).sqrt() as u64))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::stats::RttStats;
    use proptest::prelude::*;

    #[test]
    fn a_host_is_small() {
        let size = std::mem::size_of::<Host>();
        assert!(size <= 136, "{size} bytes");
    }

    proptest! {
        #[test]
        fn times_agree_with_the_large_statistics(ns in proptest::collection::vec(0u64..10_000_000_000, 1..100)) {
            let (mut small, mut large) = (Rtts::default(), RttStats::new(false));
            for ns in ns {
                small.record(Duration::from_nanos(ns));
                large.record(Duration::from_nanos(ns));
            }
            prop_assert_eq!((small.count, small.min(), small.max()), (large.count(), large.min(), large.max()));
            let close = |a: Option<Duration>, b: Option<Duration>| a.unwrap().abs_diff(b.unwrap()).as_nanos() <= 1000;
            prop_assert!(close(small.mean(), large.mean()));
            prop_assert!(close(small.mdev(), large.mdev()), "{:?} {:?}", small.mdev(), large.mdev());
        }
    }
}
