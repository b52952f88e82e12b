//! Points in time, each on the clock it was read from, so that two clocks are never subtracted.
//!
//! Deadlines and schedules stand on [`BootTime`] (CLOCK_BOOTTIME: goes on in suspend, never steps). Kernel stamps are
//! [`WallTime`] (CLOCK_REALTIME): useful in pairs only, and only while no step of the wall clock lies between the two;
//! [`Epoch`] counts those steps.

use std::ops::{Add, Sub};
use std::time::Duration;

/// An instant on CLOCK_BOOTTIME, in nanoseconds since boot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BootTime(u64);

/// An instant on CLOCK_REALTIME, in nanoseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WallTime(i64);

/// How many steps of the wall clock have been seen: two wall times of different epochs say nothing about each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u32);

/// Both clocks, read together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// CLOCK_BOOTTIME.
    pub boot: BootTime,
    /// CLOCK_REALTIME.
    pub wall: WallTime,
    /// Which stretch of the wall clock this reading belongs to.
    pub epoch: Epoch,
}

impl BootTime {
    /// From nanoseconds since boot.
    #[must_use]
    pub const fn from_ns(ns: u64) -> Self {
        BootTime(ns)
    }

    /// Nanoseconds since boot.
    #[must_use]
    pub const fn as_ns(self) -> u64 {
        self.0
    }

    /// The time since `earlier`; zero if `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: BootTime) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl WallTime {
    /// From nanoseconds since 1970-01-01 UTC.
    #[must_use]
    pub const fn from_ns(ns: i64) -> Self {
        WallTime(ns)
    }

    /// Nanoseconds since 1970-01-01 UTC.
    #[must_use]
    pub const fn as_ns(self) -> i64 {
        self.0
    }

    /// The time since `earlier`; `None` if `earlier` is later, as across a step of the clock.
    #[must_use]
    pub fn since(self, earlier: WallTime) -> Option<Duration> {
        let ns = self.0.checked_sub(earlier.0)?;
        u64::try_from(ns).ok().map(Duration::from_nanos)
    }
}

/// Nanoseconds of a duration, saturating after 584 years.
#[must_use]
pub fn as_ns(d: Duration) -> u64 {
    // In 64 bits: this stands in the way of every probe, and `as_nanos` counts in 128.
    d.as_secs().saturating_mul(1_000_000_000).saturating_add(u64::from(d.subsec_nanos()))
}

impl Add<Duration> for BootTime {
    type Output = BootTime;
    fn add(self, d: Duration) -> BootTime {
        BootTime(self.0.saturating_add(as_ns(d)))
    }
}

impl Sub<Duration> for BootTime {
    type Output = BootTime;
    fn sub(self, d: Duration) -> BootTime {
        BootTime(self.0.saturating_sub(as_ns(d)))
    }
}

impl Add<Duration> for WallTime {
    type Output = WallTime;
    fn add(self, d: Duration) -> WallTime {
        WallTime(self.0.saturating_add(i64::try_from(d.as_nanos()).unwrap_or(i64::MAX)))
    }
}

/// Where a transmitted packet was when the kernel stamped it, nearest to us first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Given to the packet scheduler (`SCM_TSTAMP_SCHED`): after any wait for ARP, before any queue.
    Sched,
    /// Given to the driver (`SCM_TSTAMP_SND`, software).
    Driver,
    /// Left the network card (`SCM_TSTAMP_SND`, hardware clock).
    Nic,
}

/// Where a round-trip time comes from, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClockSource {
    /// Both ends stamped by the network card.
    Nic,
    /// Both ends stamped by the kernel.
    Kernel,
    /// Sent: our wall clock before the call; received: the kernel's stamp.
    KernelRx,
    /// Both ends read by this process, on CLOCK_BOOTTIME.
    User,
}

impl ClockSource {
    /// The name that events and summaries use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            ClockSource::Nic => "nic",
            ClockSource::Kernel => "kernel",
            ClockSource::KernelRx => "kernel_rx",
            ClockSource::User => "user",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wall_clock_that_went_back_has_no_difference() {
        let a = WallTime::from_ns(5);
        assert_eq!(a.since(WallTime::from_ns(7)), None);
        assert_eq!(a.since(WallTime::from_ns(2)), Some(Duration::from_nanos(3)));
        assert_eq!(WallTime::from_ns(i64::MIN).since(WallTime::from_ns(i64::MAX)), None);
    }

    #[test]
    fn boot_time_saturates() {
        assert_eq!(BootTime::from_ns(1) - Duration::from_secs(9), BootTime::from_ns(0));
        assert_eq!(BootTime::from_ns(1).since(BootTime::from_ns(2)), Duration::ZERO);
        assert_eq!((BootTime::from_ns(u64::MAX) + Duration::from_secs(1)).as_ns(), u64::MAX);
    }
}
