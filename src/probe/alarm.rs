//! Waits that end when they should, though waking takes its time.
//!
//! A timer wakes a sleeping core, the core its scheduler, that one us: on a virtual machine a tenth of a millisecond later
//! than was asked for, and much the same each time. So a wait is asked to end earlier by what it was usually late. No
//! spinning fills the difference: a wait that did better than usual has ended some microseconds early, and counts as its
//! time.

use std::time::Duration;

use crate::clock::{BootTime, as_ns};

/// Later than this is a suspend, a stop or a busy machine, and says nothing of waking.
const WAKING: Duration = Duration::from_millis(1);

/// No wait ends earlier than this, however late the others were.
const MOST_NS: u64 = 200_000;

/// Nor by more than one part in so many of its length.
const PARTS: u64 = 4;

/// The first lateness moves what is usual by this much at the most, the nth by an nth of it...
const STEP_NS: u64 = 128_000;

/// ...but never by less than this, so that it follows a machine that changes.
const LEAST_STEP_NS: u64 = 2_000;

/// How late waits usually end.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Alarm {
    /// About the median: each lateness moves it by no more than a step, so that an outlier counts as any other.
    usual_ns: u64,
    heard: u64,
}

impl Alarm {
    /// When to ask to be woken, now, for the sake of being awake at `due`.
    pub(super) fn set(&self, now: BootTime, due: BootTime) -> BootTime {
        let lead = self.usual_ns.min(MOST_NS).min(as_ns(due.since(now)) / PARTS);
        due - Duration::from_nanos(lead)
    }

    /// A wait that was asked to end at `asked` ended by its time, now.
    pub(super) fn rang(&mut self, asked: BootTime, now: BootTime) {
        let late = now.since(asked);
        if late > WAKING {
            return;
        }
        self.heard = self.heard.saturating_add(1);
        let step = (STEP_NS / self.heard).max(LEAST_STEP_NS);
        let late = as_ns(late);
        self.usual_ns = late.clamp(self.usual_ns.saturating_sub(step), self.usual_ns.saturating_add(step));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const US: u64 = 1000;

    /// Where each of `waits` of 5 ms ends beside its time, in nanoseconds, if the nth wakes `late(n)` after it was asked to.
    fn distances(alarm: &mut Alarm, waits: u64, late: impl Fn(u64) -> u64) -> Vec<i64> {
        let due = |n: u64| BootTime::from_ns(n * 5_000 * US);
        let one = |n| {
            let asked = alarm.set(due(n), due(n + 1));
            let now = asked + Duration::from_nanos(late(n));
            alarm.rang(asked, now);
            now.as_ns().cast_signed() - due(n + 1).as_ns().cast_signed()
        };
        (0..waits).map(one).collect()
    }

    #[test]
    fn what_is_always_late_by_the_same_is_on_time_from_the_second_on() {
        let got = distances(&mut Alarm::default(), 20, |_| 90 * US);
        assert_eq!(got.first(), Some(&90_000));
        assert!(got.iter().skip(1).all(|at| *at == 0), "{got:?}");
    }

    #[test]
    fn an_outlier_moves_little_and_a_change_is_followed() {
        let mut alarm = Alarm::default();
        distances(&mut alarm, 100, |n| if n == 50 { 9_000 * US } else { 80 * US });
        let after = distances(&mut alarm, 1, |_| 80 * US);
        assert!(after.iter().all(|at| at.abs() < 1000), "{after:?}");
        let changed = distances(&mut alarm, 40, |_| 20 * US);
        assert!(changed.last().is_some_and(|at| at.abs() < 1000), "{changed:?}");
    }

    #[test]
    fn a_busy_machine_and_a_short_wait_bound_how_early_it_ends() {
        let mut alarm = Alarm::default();
        distances(&mut alarm, 5000, |_| 900 * US);
        let now = BootTime::from_ns(0);
        assert_eq!(alarm.set(now, BootTime::from_ns(1_000_000_000)).as_ns(), 1_000_000_000 - MOST_NS);
        assert_eq!(alarm.set(now, BootTime::from_ns(80 * US)).as_ns(), 60 * US);
        assert_eq!(alarm.set(BootTime::from_ns(5), now).as_ns(), 0, "what is due already is due already");
    }
}
