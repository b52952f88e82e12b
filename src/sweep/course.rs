//! Whose turn it is and when: round after round through all hosts, on an absolute schedule.
//!
//! Host *i* is due in round *r* at `start + r·period`, but never less than the spacing after the probe before it, so that
//! with a spacing of 10 ms host *i* leaves 10·*i* ms into each round. All hosts have the same period, so their order never
//! changes and two numbers are the whole schedule: no queue, no timer for each host, and nothing to drift.

use std::time::Duration;

use super::config::Spacing;
use crate::clock::{BootTime, as_ns};

/// Lag that is made up in a burst: what a busy host's scheduler does to us. What is missed beyond is not.
const CATCH_UP_NS: u64 = 10_000_000;

/// A lag of whole rounds shorter than this is a busy host's.
const LEAST_SKIP_NS: u64 = 100_000_000;

/// Where [`Spacing::Auto`] begins, how close it gets, and how far apart it gives way: 10,000, a million, 100 a second.
const AUTO_NS: (u64, u64, u64) = (100_000, 1_000, 10_000_000);
/// How often a rate that finds its limit is raised, by an eighth.
const RAISE_EVERY_NS: u64 = 100_000_000;

/// Probes that are due within so long are sent together, when the last of them is: one by one each would cost a wake-up
/// and three system calls. The times of their answers are the kernel's and do not feel it.
const GATHER_NS: u64 = 500_000;
/// And so many at the most: no burst that a small queue on the way would not hold.
const GATHER_MOST: u64 = 64;

/// The schedule of first attempts, or of all probes in count and loop mode.
#[derive(Clone, Debug)]
pub(super) struct Course {
    /// When the current round began, by the schedule.
    round_start: u64,
    period: u64,
    spacing: u64,
    auto: bool,
    hosts: u32,
    rounds: Option<u64>,
    round: u64,
    host: u32,
    /// Earliest time of the next probe, whosever it is.
    next_slot: u64,
    raise_at: u64,
}

impl Course {
    /// A course that begins now; `rounds` is `None` for one without end.
    pub(super) fn new(now: BootTime, hosts: u32, spacing: Spacing, period: Duration, rounds: Option<u64>) -> Self {
        let now = now.as_ns();
        let (spacing, auto) = match spacing {
            Spacing::Fixed(spacing) => (as_ns(spacing), false),
            Spacing::Auto => (AUTO_NS.0, true),
        };
        Course {
            round_start: now,
            period: as_ns(period).max(1),
            spacing,
            auto,
            hosts,
            rounds,
            round: 0,
            host: 0,
            next_slot: now,
            raise_at: now.saturating_add(RAISE_EVERY_NS),
        }
    }

    /// Whether everything has been sent.
    pub(super) fn is_over(&self) -> bool {
        self.hosts == 0 || self.rounds.is_some_and(|rounds| self.round >= rounds)
    }

    /// Whose turn is next.
    pub(super) fn host(&self) -> u32 {
        self.host
    }

    /// When the next probe is due.
    pub(super) fn due(&self) -> BootTime {
        BootTime::from_ns(self.round_start.max(self.next_slot))
    }

    /// When to send what is due from `due` on: then, or with others that are due soon after.
    pub(super) fn gathered(&self, due: BootTime) -> BootTime {
        let together = (GATHER_NS / self.spacing.max(1)).clamp(1, GATHER_MOST);
        due + Duration::from_nanos((together - 1) * self.spacing)
    }

    /// When the spacing allows another probe at the earliest.
    pub(super) fn next_slot(&self) -> BootTime {
        BootTime::from_ns(self.next_slot)
    }

    /// How far apart probes are at the moment.
    pub(super) fn spacing(&self) -> Duration {
        Duration::from_nanos(self.spacing)
    }

    /// The next probe of the course has its slot.
    pub(super) fn advance(&mut self) {
        self.next_slot = self.due().as_ns().saturating_add(self.spacing);
        self.host += 1;
        if self.host >= self.hosts {
            self.host = 0;
            self.round = self.round.saturating_add(1);
            // Whole nanoseconds added to whole nanoseconds: nothing drifts.
            self.round_start = self.round_start.saturating_add(self.whole_period());
        }
    }

    /// A probe out of turn that was due then takes a slot.
    pub(super) fn take_slot(&mut self, due: BootTime, now: BootTime) {
        let slot = self.next_slot.max(due.as_ns()).max(now.as_ns().saturating_sub(CATCH_UP_NS));
        self.next_slot = slot.saturating_add(self.spacing);
    }

    /// Moves what was missed; returns how many rounds are skipped.
    pub(super) fn keep_up(&mut self, now: BootTime) -> u64 {
        let now = now.as_ns();
        if self.auto && now >= self.raise_at {
            self.raise_at = now.saturating_add(RAISE_EVERY_NS);
            self.spacing = (self.spacing - self.spacing / 8).max(AUTO_NS.1);
        }
        // What was missed in the midst of a round goes on at the pace it had.
        self.next_slot = self.next_slot.max(now.saturating_sub(CATCH_UP_NS));
        let period = self.whole_period();
        let lag = now.saturating_sub(self.round_start);
        // Within a round the spacing alone makes later hosts late.
        let in_round = u64::from(self.host).saturating_mul(self.spacing);
        let lag = lag.saturating_sub(in_round);
        if self.is_over() || lag < period.max(LEAST_SKIP_NS) {
            return 0;
        }
        // A course of one round has nothing to skip.
        if self.rounds == Some(1) {
            return 0;
        }
        let skipped = lag / period;
        self.round_start = self.round_start.saturating_add(skipped.saturating_mul(period));
        skipped
    }

    /// This host or its line cannot stand the rate.
    pub(super) fn slow_down(&mut self, now: BootTime) {
        if self.auto {
            self.spacing = self.spacing.saturating_mul(2).min(AUTO_NS.2);
            self.raise_at = now.as_ns().saturating_add(10 * RAISE_EVERY_NS);
        }
    }

    /// A round takes at least as long as its probes with the spacing between them.
    fn whole_period(&self) -> u64 {
        self.period.max(u64::from(self.hosts).saturating_mul(self.spacing))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn at(ms: u64) -> BootTime {
        BootTime::from_ns(ms * MS)
    }

    fn course(hosts: u32, spacing: u64, period: u64, rounds: Option<u64>) -> Course {
        let spacing = Spacing::Fixed(Duration::from_millis(spacing));
        Course::new(at(1000), hosts, spacing, Duration::from_millis(period), rounds)
    }

    fn dues(course: &mut Course, n: usize) -> Vec<(u32, u64)> {
        let mut all = Vec::new();
        for _ in 0..n {
            all.push((course.host(), course.due().as_ns() / MS - 1000));
            course.advance();
        }
        all
    }

    #[test]
    fn hosts_keep_their_place_in_every_round() {
        let mut course = course(3, 10, 100, Some(2));
        assert_eq!(dues(&mut course, 6), [(0, 0), (1, 10), (2, 20), (0, 100), (1, 110), (2, 120)]);
        assert!(course.is_over());
    }

    #[test]
    fn more_hosts_than_a_period_holds_stretch_it() {
        let mut course = course(4, 10, 25, None);
        assert_eq!(dues(&mut course, 6), [(0, 0), (1, 10), (2, 20), (3, 30), (0, 40), (1, 50)]);
        assert!(!course.is_over());
    }

    #[test]
    fn without_a_spacing_a_round_leaves_at_once() {
        let mut course = course(3, 0, 100, None);
        assert_eq!(dues(&mut course, 4), [(0, 0), (1, 0), (2, 0), (0, 100)]);
    }

    #[test]
    fn what_is_due_within_half_a_millisecond_goes_together() {
        let late = |spacing_ns: u64| {
            let spacing = Spacing::Fixed(Duration::from_nanos(spacing_ns));
            let course = Course::new(at(1000), 9, spacing, Duration::from_secs(1), None);
            course.gathered(at(1000)).since(at(1000)).as_nanos()
        };
        assert_eq!([late(10_000_000), late(500_000), late(300_000)], [0, 0, 0], "nothing to go with");
        assert_eq!([late(250_000), late(100_000), late(10_000)], [250_000, 400_000, 490_000]);
        assert_eq!([late(1_000), late(0)], [63_000, 0], "no burst of more than 64");
    }

    #[test]
    fn a_suspend_is_skipped_in_whole_rounds() {
        let mut course = course(2, 10, 1000, None);
        dues(&mut course, 2);
        assert_eq!(course.keep_up(at(1000 + 3_600_250)), 3599);
        assert_eq!(course.due(), at(1000 + 3_600_240), "late by a part of a period, and 10 ms of that are made up");
        assert_eq!(course.keep_up(at(1000 + 3_600_250)), 0);
        dues(&mut course, 2);
        assert_eq!(course.due(), at(1000 + 3_601_000), "the phase is kept");
    }

    #[test]
    fn a_pause_in_a_single_round_is_no_burst() {
        let mut course = course(1000, 10, 1000, Some(1));
        dues(&mut course, 100);
        assert_eq!(course.keep_up(at(61_000)), 0);
        assert_eq!(course.due(), at(60_990));
        dues(&mut course, 1);
        assert_eq!(course.due(), at(61_000));
    }

    #[test]
    fn a_rate_finds_its_limit() {
        let mut course = Course::new(at(0), 10, Spacing::Auto, Duration::from_secs(1), None);
        for tick in 1..=200 {
            course.keep_up(at(tick * 100));
        }
        assert_eq!(course.spacing(), Duration::from_micros(1));
        course.slow_down(at(20_000));
        assert_eq!(course.spacing(), Duration::from_micros(2));
        course.keep_up(at(20_900));
        assert_eq!(course.spacing(), Duration::from_micros(2), "not raised at once");
        for _ in 0..60 {
            course.slow_down(at(21_000));
        }
        assert_eq!(course.spacing(), Duration::from_millis(10));
    }
}
