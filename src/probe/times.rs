//! The round-trip time of one probe from whatever stamps there are, never across clocks.
//!
//! Kernel stamps are wall-clock times: a pair of them counts only if the wall clock did not step in between. A step that
//! the network has not noticed yet shows all the same, because our own two readings then differ on the wall clock and on
//! CLOCK_BOOTTIME. What no pair of better stamps can tell, the boot-time pair tells, and is named.

use std::time::Duration;

use super::table::Slot;
use crate::clock::{ClockSource, Now, Stage, WallTime, as_ns};
use crate::net::Arrival;

/// How far apart the two clocks may be read, and so how far a kernel pair may exceed our own.
const SLACK: Duration = Duration::from_micros(100);

/// A round-trip time and the clock it was taken with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rtt {
    /// The time.
    pub time: Duration,
    /// Whose stamps.
    pub clock: ClockSource,
}

/// What this host added on the way, which no round-trip time contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breakdown {
    /// From our call to the driver, waiting for ARP included.
    pub queue: Option<Duration>,
    /// From the reply's arrival to our reading it.
    pub wake: Option<Duration>,
}

/// A probe's times as they follow from its stamps and an arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// The round-trip time by the best pair of stamps.
    pub rtt: Rtt,
    /// What this host added to it.
    pub breakdown: Breakdown,
}

impl Times {
    /// How long the answer took by our own count: with the wait in this host's queues, which kernel stamps leave out.
    #[must_use]
    pub fn away(&self) -> Duration {
        time_away(self.rtt, self.breakdown)
    }
}

/// How long an answer took by our own count: with the wait in this host's queues, which kernel stamps leave out.
#[must_use]
pub fn time_away(rtt: Rtt, breakdown: Breakdown) -> Duration {
    match rtt.clock {
        ClockSource::Nic | ClockSource::Kernel => rtt.time.saturating_add(breakdown.queue.unwrap_or_default()),
        ClockSource::KernelRx | ClockSource::User => rtt.time,
    }
}

/// The times of a packet that answers this probe; with `user_to_user`, by this process's own clock alone.
#[must_use]
pub fn times(slot: &Slot, arrival: &Arrival, user_to_user: bool) -> Times {
    let (sent, read) = (slot.sent(), arrival.read);
    let user = read.boot.since(sent.boot);
    let sane = |time: &Duration| *time <= user.saturating_add(SLACK);
    let (mut rtt, mut breakdown) =
        (Rtt { time: user, clock: ClockSource::User }, Breakdown { queue: None, wake: None });
    let left = slot.stamp(Stage::Driver).or(slot.stamp(Stage::Sched));
    // Without any stamp there is nothing to pair.
    if (left.is_some() || arrival.kernel.is_some()) && one_clock(sent, read) {
        let between = |from: Option<WallTime>, to: Option<WallTime>| to?.since(from?).filter(sane);
        breakdown.queue = between(Some(sent.wall), left);
        breakdown.wake = between(arrival.kernel, Some(read.wall));
        // An arrival that was read before it came is no arrival.
        let came = arrival.kernel.filter(|_| breakdown.wake.is_some());
        if let Some(time) = between(left, came) {
            rtt = Rtt { time, clock: ClockSource::Kernel };
        } else if let Some(time) = between(Some(sent.wall), came) {
            rtt = Rtt { time, clock: ClockSource::KernelRx };
        }
    }
    // The card's clock is its own and does not step with ours.
    let card = slot.stamp(Stage::Nic).zip(arrival.nic).and_then(|(left, came)| came.since(left)).filter(sane);
    if let Some(time) = card {
        rtt = Rtt { time, clock: ClockSource::Nic };
    }
    if user_to_user {
        rtt = Rtt { time: user, clock: ClockSource::User };
    }
    Times { rtt, breakdown }
}

/// Whether the wall clock went on evenly from one reading to the other.
fn one_clock(sent: Now, read: Now) -> bool {
    let wall = read.wall.as_ns().checked_sub(sent.wall.as_ns());
    let off = wall.and_then(|wall| wall.checked_sub_unsigned(as_ns(read.boot.since(sent.boot))));
    sent.epoch == read.epoch && off.is_some_and(|off| off.unsigned_abs() <= as_ns(SLACK))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::clock::{BootTime, Epoch};
    use crate::probe::table::{Limits, Table};

    const WALL: i64 = 1_700_000_000_000_000_000;

    fn now(ns: i64) -> Now {
        Now { boot: BootTime::from_ns(ns as u64), wall: WallTime::from_ns(WALL + ns), epoch: Epoch(0) }
    }

    fn wall(ns: i64) -> WallTime {
        WallTime::from_ns(WALL + ns)
    }

    /// The times of a probe sent at 1 ms with these stamps and read at 9 ms.
    fn timed(stamps: &[(Stage, WallTime)], kernel: Option<WallTime>, nic: Option<WallTime>) -> Times {
        let mut table = Table::new(Limits::default());
        let key = table.enter(0, 1, [0; 8], now(1_000_000), true);
        for (stage, at) in stamps {
            let _ = table.stamp(key, *stage, *at);
        }
        let read = now(9_000_000);
        let arrival = Arrival { kernel, nic, ..Arrival::unstamped(read) };
        times(table.get(key).unwrap(), &arrival, false)
    }

    #[test]
    fn the_nearest_stamp_to_the_wire_is_taken() {
        let came = Some(wall(8_000_000));
        let sched = timed(&[(Stage::Sched, wall(2_000_000))], came, None);
        assert_eq!((sched.rtt.clock, sched.rtt.time), (ClockSource::Kernel, Duration::from_millis(6)));
        let both = timed(&[(Stage::Sched, wall(2_000_000)), (Stage::Driver, wall(3_000_000))], came, None);
        assert_eq!((both.rtt.clock, both.rtt.time), (ClockSource::Kernel, Duration::from_millis(5)));
        assert_eq!(both.breakdown.queue, Some(Duration::from_millis(2)));
        assert_eq!(both.breakdown.wake, Some(Duration::from_millis(1)));
    }

    #[test]
    fn a_pair_that_cannot_be_is_not_taken() {
        for kernel in [wall(10_000_000), wall(-5_000_000), wall(i64::MAX - WALL), WallTime::from_ns(i64::MIN)] {
            let times = timed(&[(Stage::Driver, wall(3_000_000))], Some(kernel), None);
            assert_eq!((times.rtt.clock, times.rtt.time), (ClockSource::User, Duration::from_millis(8)));
        }
        // A card whose two stamps are farther apart than the whole exchange took.
        let times = timed(&[(Stage::Nic, wall(0))], None, Some(wall(9_000_000)));
        assert_eq!(times.rtt.clock, ClockSource::User);
    }
}
