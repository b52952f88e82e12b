//! When the next probe is due: an absolute schedule on CLOCK_BOOTTIME that neither drifts nor bursts.
//!
//! Probe *n* of target *i* is due at `t0 + n·interval + i·spacing`, in whole nanoseconds; nothing is ever added up, so
//! being late once moves nothing after it. What a suspend or a stopped process missed is skipped in whole slots and
//! counted, and the phase is kept.

use std::time::Duration;

use crate::clock::{BootTime, as_ns};

/// Lag that is always caught up, however many slots that is: what a busy host's scheduler does to us every second.
pub const CATCH_UP: Duration = Duration::from_millis(10);

/// Longer lags are caught up too where that takes no more than so many slots of one target: no burst worth the name.
const CATCH_UP_SLOTS: u64 = 64;

/// A lag longer than this is no busy host's any more.
const CATCH_UP_LONGEST: Duration = Duration::from_millis(100);

/// Targets are probed this far apart, or evenly over the interval where that is closer.
const SPACING: Duration = Duration::from_millis(1);

/// The slots of a schedule, in order of time: round after round, and in a round target after target.
#[derive(Clone, Debug)]
pub struct Pacer {
    start: BootTime,
    interval: u64,
    spacing: u64,
    targets: u32,
    round: u64,
    target: u32,
}

impl Pacer {
    /// A schedule that begins at `start`. An interval of zero is taken as a nanosecond, no targets as one.
    #[must_use]
    pub fn new(start: BootTime, interval: Duration, targets: u32) -> Self {
        let (interval, targets) = (as_ns(interval).max(1), targets.max(1));
        let spacing = (interval / u64::from(targets)).min(as_ns(SPACING));
        Pacer { start, interval, spacing, targets, round: 0, target: 0 }
    }

    /// Whose slot is next.
    #[must_use]
    pub fn target(&self) -> u32 {
        self.target
    }

    /// How many slots its target had before.
    #[must_use]
    pub fn round(&self) -> u64 {
        self.round
    }

    /// When the next slot is due.
    #[must_use]
    pub fn due(&self) -> BootTime {
        let offset = self
            .round
            .saturating_mul(self.interval)
            .saturating_add(u64::from(self.target).saturating_mul(self.spacing));
        BootTime::from_ns(self.start.as_ns().saturating_add(offset))
    }

    /// The next slot has been used.
    pub fn advance(&mut self) {
        self.target += 1;
        if self.target >= self.targets {
            self.target = 0;
            self.round = self.round.saturating_add(1);
        }
    }

    /// Skips what is too late to be sent, and says from where to where; `None` if nothing is.
    ///
    /// A slot that is late by at most an interval, or by what is caught up, is still sent. Once one is later than that,
    /// every slot due more than [`CATCH_UP`] ago goes: what a suspend missed is not made up.
    pub fn skip_missed(&mut self, now: BootTime) -> Option<Skipped> {
        let late = now.as_ns().saturating_sub(self.due().as_ns());
        let slots = self.interval.saturating_mul(CATCH_UP_SLOTS);
        if late <= self.interval.max(slots.clamp(as_ns(CATCH_UP), as_ns(CATCH_UP_LONGEST))) {
            return None;
        }
        let since = now.as_ns().saturating_sub(as_ns(CATCH_UP)).saturating_sub(self.start.as_ns());
        let (mut round, rest) = (since / self.interval, since % self.interval);
        let mut target = match (rest, self.spacing) {
            (0, _) => 0,
            (_, 0) => u64::from(self.targets),
            (rest, spacing) => rest.div_ceil(spacing),
        };
        if target >= u64::from(self.targets) {
            (round, target) = (round.saturating_add(1), 0);
        }
        let target = u32::try_from(target).unwrap_or(0);
        let skipped = Skipped { from: (self.round, self.target), to: (round, target) };
        if skipped.to <= skipped.from {
            return None;
        }
        (self.round, self.target) = skipped.to;
        Some(skipped)
    }
}

/// A stretch of skipped slots, each named by round and target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skipped {
    from: (u64, u32),
    to: (u64, u32),
}

impl Skipped {
    /// How many of them were this target's.
    #[must_use]
    pub fn of(&self, target: u32) -> u64 {
        let passed = |(round, index): (u64, u32)| round.saturating_add(u64::from(target < index));
        passed(self.to).saturating_sub(passed(self.from))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn at(ns: u64) -> BootTime {
        BootTime::from_ns(ns)
    }

    #[test]
    fn a_week_of_probes_is_exact_to_the_nanosecond() {
        let mut pacer = Pacer::new(at(5), Duration::from_nanos(1_000_003), 1);
        for _ in 0..604_800_000u64 / 1000 {
            pacer.advance();
        }
        assert_eq!(pacer.due(), at(5 + 604_800 * 1_000_003));
    }

    #[test]
    fn targets_are_spread_and_slots_are_in_order_of_time() {
        let mut pacer = Pacer::new(at(0), Duration::from_millis(2), 4);
        let dues: Vec<u64> = (0..9)
            .map(|_| {
                let due = pacer.due().as_ns();
                pacer.advance();
                due / 1000
            })
            .collect();
        assert_eq!(dues, [0, 500, 1000, 1500, 2000, 2500, 3000, 3500, 4000]);
        let mut many = Pacer::new(at(0), Duration::from_nanos(10), 1000);
        for _ in 0..999 {
            many.advance();
            assert_eq!(many.due(), at(0));
        }
        many.advance();
        assert_eq!((many.due(), many.target()), (at(10), 0));
    }

    #[test]
    fn a_late_slot_is_sent_and_a_missed_one_skipped_in_phase() {
        let mut pacer = Pacer::new(at(0), Duration::from_secs(1), 1);
        pacer.advance();
        assert_eq!(pacer.skip_missed(at(1_999 * MS)), None, "late by less than an interval");
        let skipped = pacer.skip_missed(at(10_500 * MS)).unwrap();
        assert_eq!(skipped.of(0), 10, "slots 1 to 10");
        assert_eq!(pacer.due(), at(11_000 * MS));
        assert_eq!(pacer.skip_missed(at(10_500 * MS)), None);
    }

    #[test]
    fn a_slot_that_falls_on_the_end_of_a_suspend_is_kept() {
        let mut pacer = Pacer::new(at(0), Duration::from_secs(1), 1);
        assert_eq!(pacer.skip_missed(at(10_000 * MS)).unwrap().of(0), 10);
        assert_eq!(pacer.due(), at(10_000 * MS));
    }

    #[test]
    fn short_lag_at_short_intervals_is_caught_up() {
        let mut pacer = Pacer::new(at(0), Duration::from_micros(100), 1);
        assert_eq!(pacer.skip_missed(at(10 * MS)), None);
        assert_eq!(pacer.skip_missed(at(110 * MS)).unwrap().of(0), 1000);
        assert_eq!(pacer.due(), at(100 * MS));
    }

    #[test]
    fn skips_are_counted_for_each_target() {
        let mut pacer = Pacer::new(at(0), Duration::from_secs(1), 3);
        pacer.advance();
        // Slots of round 5 lie at 5000, 5001 and 5002 ms; 10 ms are caught up.
        let skipped = pacer.skip_missed(at(5_011 * MS)).unwrap();
        assert_eq!([skipped.of(0), skipped.of(1), skipped.of(2)], [5, 5, 5]);
        assert_eq!((pacer.round(), pacer.target()), (5, 1));
    }

    #[test]
    fn absurd_times_saturate() {
        let mut pacer = Pacer::new(at(u64::MAX - 5), Duration::MAX, u32::MAX);
        pacer.advance();
        assert!(pacer.due() >= at(u64::MAX - 5));
        assert_eq!(pacer.skip_missed(at(u64::MAX)), None);
        let mut zero = Pacer::new(at(0), Duration::ZERO, 0);
        assert!(zero.skip_missed(at(u64::MAX)).is_some());
        let _ = zero.due();
    }
}
