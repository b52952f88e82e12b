//! When the next probes may leave, for several threads at once: one schedule, taken slot by slot without a lock.
//!
//! The schedule is absolute: being late once moves nothing after it, up to [`BEHIND`], which is caught up at once; what
//! lies further back (a suspend, a stopped process, a full queue) is let go instead of sent in a burst.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::clock::{BootTime, as_ns};

/// The longest lag that is caught up.
pub(super) const BEHIND: Duration = Duration::from_millis(10);

/// At most so many probes are taken together: one system call sends them.
pub const BATCH: u32 = 64;

/// Picoseconds in a second.
const PS: f64 = 1e12;

/// A schedule that several threads take slots of.
#[derive(Debug)]
pub struct Gate {
    next_ns: AtomicU64,
    /// From slot to slot; 0: no schedule.
    interval_ps: AtomicU64,
}

impl Gate {
    /// From `begin` on, at this rate a second; `None`: at once.
    #[must_use]
    pub fn new(begin: BootTime, rate: Option<f64>) -> Gate {
        let gate = Gate { next_ns: AtomicU64::new(begin.as_ns()), interval_ps: AtomicU64::new(0) };
        gate.set(rate);
        gate
    }

    /// Sets the rate of slots to come.
    pub fn set(&self, rate: Option<f64>) {
        self.interval_ps.store(rate.map_or(0, |rate| ((PS / rate.max(1e-6)) as u64).max(1)), Relaxed);
    }

    /// How many probes to take together: what is due within a millisecond, so that a slow sweep is no series of bursts.
    #[must_use]
    pub fn batch(&self) -> u32 {
        match self.interval_ps.load(Relaxed) {
            0 => BATCH,
            ps => u32::try_from(1_000_000_000 / ps).unwrap_or(BATCH).clamp(1, BATCH),
        }
    }

    /// Takes the slots of the next `probes` and says when they are due.
    pub fn take(&self, now: BootTime, probes: u32) -> BootTime {
        let interval = self.interval_ps.load(Relaxed);
        if interval == 0 {
            return now;
        }
        let span = u64::try_from(u128::from(interval) * u128::from(probes) / 1000).unwrap_or(u64::MAX);
        let earliest = now.as_ns().saturating_sub(as_ns(BEHIND));
        let mut due = 0;
        // The closure always gives a value, so that this cannot fail.
        let _ = self.next_ns.fetch_update(Relaxed, Relaxed, |next| {
            due = next.max(earliest);
            Some(due.saturating_add(span))
        });
        BootTime::from_ns(due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(us: u64) -> BootTime {
        BootTime::from_ns(us * 1000)
    }

    #[test]
    fn slots_are_at_their_rate_and_do_not_drift() {
        let gate = Gate::new(at(0), Some(10_000.0));
        assert_eq!(gate.batch(), 10);
        let mut now = at(0);
        for slot in 0..100_000 {
            let due = gate.take(now, 1);
            assert_eq!(due, at(slot * 100));
            // Always a little late.
            now = due.max(now) + Duration::from_micros(37);
        }
    }

    #[test]
    fn a_short_lag_is_caught_up_and_a_long_one_let_go() {
        let gate = Gate::new(at(0), Some(1000.0));
        assert_eq!(gate.take(at(0), 1), at(0));
        assert_eq!(gate.take(at(9_000), 1), at(1_000), "due long ago: at once");
        assert_eq!(gate.take(at(1_000_000), 1), at(990_000), "no more than ten in a burst");
        assert_eq!(gate.take(at(1_000_000), 20), at(991_000));
        assert_eq!(gate.take(at(1_000_000), 1), at(1_011_000));
    }

    #[test]
    fn without_a_rate_everything_is_due_now() {
        let gate = Gate::new(at(5), None);
        assert_eq!((gate.batch(), gate.take(at(7), 1_000_000)), (BATCH, at(7)));
        gate.set(Some(0.5));
        assert_eq!((gate.batch(), gate.take(at(7), 1)), (1, at(5)));
        assert_eq!(gate.take(at(7), 1), at(2_000_005));
        gate.set(Some(0.0));
        let _ = (gate.take(at(7), u32::MAX), gate.take(at(7), u32::MAX));
        gate.set(Some(f64::INFINITY));
        assert_eq!(gate.batch(), BATCH);
    }

    #[test]
    fn threads_share_one_schedule() {
        let gate = Gate::new(at(0), Some(1e6));
        let mut all: Vec<BootTime> = std::thread::scope(|scope| {
            let takers: Vec<_> =
                (0..4).map(|_| scope.spawn(|| (0..1000).map(|_| gate.take(at(0), 1)).collect::<Vec<_>>())).collect();
            takers.into_iter().flat_map(|t| t.join().unwrap_or_default()).collect()
        });
        all.sort_unstable();
        assert_eq!(all, (0..4000).map(at).collect::<Vec<_>>());
    }
}
