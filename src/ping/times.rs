//! The round-trip time of one probe from whatever stamps there are, never across clocks.
//!
//! Kernel stamps are wall-clock times: a pair of them counts only if the wall clock did not step in between. A step that
//! the network has not noticed yet shows all the same, because our own two readings then differ on the wall clock and on
//! CLOCK_BOOTTIME. What no pair of better stamps can tell, the boot-time pair tells, and is named.

use std::time::Duration;

use super::{Breakdown, FarOffset, Rtt};
use crate::clock::{ClockSource, Now, Stage, WallTime};
use crate::net::{Arrival, FarClock};
use crate::probe::table::Slot;

/// How far apart the two clocks may be read, and so how far a kernel pair may exceed our own.
const SLACK: Duration = Duration::from_micros(100);

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// A probe's times as they follow from its stamps and an arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Times {
    pub(super) rtt: Rtt,
    pub(super) breakdown: Breakdown,
}

/// The times of a packet that answers this probe.
pub(super) fn times(slot: &Slot, arrival: &Arrival, user_to_user: bool) -> Times {
    let (sent, read) = (slot.sent(), arrival.read);
    let user = read.boot.since(sent.boot);
    let sane = |time: &Duration| *time <= user.saturating_add(SLACK);
    let (mut rtt, mut breakdown) =
        (Rtt { time: user, clock: ClockSource::User }, Breakdown { queue: None, wake: None });
    if one_clock(sent, read) {
        let left = slot.stamp(Stage::Driver).or(slot.stamp(Stage::Sched));
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
    let boot = read.boot.as_ns().saturating_sub(sent.boot.as_ns());
    let wall = i128::from(read.wall.as_ns()) - i128::from(sent.wall.as_ns());
    sent.epoch == read.epoch && (wall - i128::from(boot)).unsigned_abs() <= SLACK.as_nanos()
}

/// What the three times of a timestamp reply (RFC 792 page 16) say about the far clock, the travel taken as the same both
/// ways. The originate time is our own record of it, not what the reply claims.
pub(super) fn far_offset(far: &FarClock, sent: WallTime, came: WallTime) -> FarOffset {
    let standard = |ms: u32| (i64::from(ms) < DAY_MS).then_some(i64::from(ms));
    let offset_ms = standard(far.receive_ms).zip(standard(far.transmit_ms)).map(|(receive, transmit)| {
        let there = within_half_a_day(receive - of_day(sent));
        let back = within_half_a_day(transmit - of_day(came));
        // Both are the same offset, one with the travel added and one with it taken off; across midnight they may
        // stand half a day apart from each other, so the second is taken relative to the first.
        let offset = there + within_half_a_day(back - there).div_euclid(2);
        i32::try_from(within_half_a_day(offset)).unwrap_or(0)
    });
    FarOffset { offset_ms, receive_ms: far.receive_ms, transmit_ms: far.transmit_ms }
}

/// Milliseconds since midnight UTC.
fn of_day(at: WallTime) -> i64 {
    at.as_ns().div_euclid(1_000_000).rem_euclid(DAY_MS)
}

fn within_half_a_day(ms: i64) -> i64 {
    (ms + DAY_MS / 2).rem_euclid(DAY_MS) - DAY_MS / 2
}
