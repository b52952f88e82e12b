//! The two clocks, read together, and the steps of the wall clock.
//!
//! CLOCK_REALTIME minus CLOCK_BOOTTIME is constant: NTP slews both alike and suspend moves both. Only a step (`date -s`,
//! `clock_settime`, a leap second) changes it. So each reading is a sandwich (boot, wall, boot) that bounds the
//! difference by an interval, and an interval that does not meet the one known so far is a step: a new [`Epoch`], in
//! which older kernel stamps may not be compared with newer ones.

use crate::clock::{BootTime, Epoch, Now, WallTime};

const NS: i64 = 1_000_000_000;

/// How far a reading may lie outside the known interval, in nanoseconds: rounding inside the kernel's clocks.
const SLACK_NS: i64 = 100;

/// Nanoseconds on one clock. `clock_gettime` cannot fail for the two that are used here: both are older (Linux 2.6.39)
/// than every option that this crate needs.
fn read(clock: libc::clockid_t) -> i64 {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `t` is a valid timespec of this libc's own layout, which clock_gettime fills.
    unsafe { libc::clock_gettime(clock, &mut t) };
    // The casts widen on 32-bit systems, where time_t may be 32 bits.
    #[allow(clippy::unnecessary_cast)]
    {
        (t.tv_sec as i64).saturating_mul(NS).saturating_add(t.tv_nsec as i64)
    }
}

/// CLOCK_BOOTTIME now.
#[must_use]
pub fn boot_now() -> BootTime {
    BootTime::from_ns(u64::try_from(read(libc::CLOCK_BOOTTIME)).unwrap_or(0))
}

/// CLOCK_REALTIME now.
#[must_use]
pub fn wall_now() -> WallTime {
    WallTime::from_ns(read(libc::CLOCK_REALTIME))
}

/// Asks for wake-ups at the very nanosecond (`PR_SET_TIMERSLACK` 1; the default is 50 µs late). Counts for this thread
/// and threads started later. A kernel that refuses keeps its slack, which costs punctuality only.
pub fn set_timer_slack_min() {
    // SAFETY: PR_SET_TIMERSLACK takes one unsigned long and touches no memory.
    unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1 as libc::c_ulong, 0, 0, 0) };
}

/// Reads both clocks and counts the steps of the wall clock.
#[derive(Debug, Default)]
pub struct Clocks {
    offset: Offset,
    epoch: u32,
    step_ns: Option<i64>,
}

impl Clocks {
    /// Clocks in their first epoch.
    #[must_use]
    pub fn new() -> Clocks {
        Clocks::default()
    }

    /// Both clocks now. `boot` is within the instants before and after the reading of `wall`.
    pub fn now(&mut self) -> Now {
        let before = read(libc::CLOCK_BOOTTIME);
        let wall = read(libc::CLOCK_REALTIME);
        let after = read(libc::CLOCK_BOOTTIME);
        if let Some(step) = self.offset.observe(wall.saturating_sub(after), wall.saturating_sub(before)) {
            self.epoch = self.epoch.wrapping_add(1);
            self.step_ns = Some(self.step_ns.unwrap_or(0).saturating_add(step));
        }
        // Where we were interrupted between the readings, the offset known from better ones says when `wall` was read.
        let boot = wall.saturating_sub(self.offset.middle()).clamp(before, after.max(before));
        Now {
            boot: BootTime::from_ns(u64::try_from(boot).unwrap_or(0)),
            wall: WallTime::from_ns(wall),
            epoch: Epoch(self.epoch),
        }
    }

    /// By how many nanoseconds the wall clock has stepped since this was last asked, if it has.
    pub fn take_step(&mut self) -> Option<i64> {
        self.step_ns.take()
    }
}

/// The interval in which REALTIME − BOOTTIME must lie, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offset {
    known: Option<(i64, i64)>,
}

impl Offset {
    /// Takes one reading, `low..=high`. Returns the size of the step if this reading cannot be reconciled with those
    /// before it. While readings agree the interval narrows, but never below the slack, so that it can follow.
    pub fn observe(&mut self, low: i64, high: i64) -> Option<i64> {
        let (low, high) = (low.min(high), low.max(high));
        let Some((known_low, known_high)) = self.known else {
            self.known = Some((low, high));
            return None;
        };
        let meet_low = low.max(known_low.saturating_sub(SLACK_NS));
        let meet_high = high.min(known_high.saturating_add(SLACK_NS));
        if meet_low <= meet_high {
            self.known = Some((meet_low, meet_high));
            return None;
        }
        self.known = Some((low, high));
        Some(middle(low, high).saturating_sub(middle(known_low, known_high)))
    }

    /// The likeliest offset so far; 0 before the first reading.
    #[must_use]
    pub fn middle(&self) -> i64 {
        self.known.map_or(0, |(low, high)| middle(low, high))
    }
}

fn middle(a: i64, b: i64) -> i64 {
    // The mean of two numbers of 64 bits has 64 bits.
    ((i128::from(a) + i128::from(b)) / 2) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_seen_once_and_measured() {
        let mut o = Offset::default();
        assert_eq!(o.observe(1_000_000, 1_000_050), None);
        assert_eq!(o.observe(1_000_010, 1_000_060), None);
        assert_eq!(o.observe(2_000_000, 2_000_050), Some(999_990));
        assert_eq!(o.observe(2_000_000, 2_000_050), None);
        assert_eq!(o.observe(-5_000, -4_900), Some(-2_004_975));
    }

    #[test]
    fn an_interrupted_reading_says_when_the_wall_clock_was_read() {
        let mut o = Offset::default();
        o.observe(1_000, 1_050);
        o.observe(-9_000_000, 9_000_000);
        assert!((1_000..=1_050).contains(&o.middle()), "{}", o.middle());
    }

    #[test]
    fn a_wide_reading_hides_no_step() {
        let mut o = Offset::default();
        o.observe(0, 50);
        assert_eq!(o.observe(-10_000_000, 10_000_000), None, "preempted in mid-reading");
        assert_eq!(o.observe(5_000, 5_050), Some(5_000), "a step of 5 µs shows at the next good reading");
    }

    #[test]
    fn rounding_is_followed_and_is_no_step() {
        let mut o = Offset::default();
        for i in 0..100_000_i64 {
            assert_eq!(o.observe(i, i + 30), None, "drift of 1 ns a reading, at {i}");
        }
        assert!(o.observe(101_000, 101_030).is_some_and(|step| (900..1_100).contains(&step)), "1 µs at once is one");
    }

    #[test]
    fn the_extremes_do_not_overflow() {
        let mut o = Offset::default();
        o.observe(i64::MIN, i64::MIN);
        assert_eq!(o.observe(i64::MAX, i64::MAX), Some(i64::MAX));
        assert_eq!(o.observe(i64::MIN, i64::MIN), Some(i64::MIN));
    }

    #[test]
    fn this_machines_clocks_agree_with_themselves() {
        let mut c = Clocks::new();
        let mut last = c.now();
        for _ in 0..10_000 {
            let before = boot_now();
            let now = c.now();
            assert!(before <= now.boot && now.boot <= boot_now());
            assert!(last.boot <= now.boot);
            last = now;
        }
        assert_eq!((last.epoch, c.take_step()), (Epoch(0), None));
    }
}
