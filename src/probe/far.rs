//! The far host's clock from an ICMP timestamp exchange (RFC 792 page 16), to the millisecond that the protocol has.
//!
//! Two estimates, one with the travel added and one with it taken off, are met in the middle; all sums are taken within half
//! a day, because the three times begin anew at midnight UTC.

use crate::clock::WallTime;
use crate::net::FarClock;

/// The far host's clock by an ICMP timestamp exchange (RFC 792), to the millisecond that the protocol has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FarOffset {
    /// Far clock minus ours, in milliseconds, the travel taken as the same both ways; `None` if the far host does not
    /// keep standard time (high bit set).
    pub offset_ms: Option<i32>,
    /// When the request arrived there, milliseconds since midnight UTC.
    pub receive_ms: u32,
    /// When the reply left there.
    pub transmit_ms: u32,
}

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// What the three times of a timestamp reply (RFC 792 page 16) say about the far clock, the travel taken as the same both
/// ways. The originate time is our own record of it, not what the reply claims.
#[must_use]
pub fn far_offset(far: &FarClock, sent: WallTime, came: WallTime) -> FarOffset {
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_far_clock_is_the_middle_of_two_estimates() {
        let far = |receive_ms, transmit_ms| FarClock { originate_ms: 0, receive_ms, transmit_ms };
        let noon = WallTime::from_ns(12 * 3_600_000 * 1_000_000);
        let later = noon + Duration::from_millis(20);
        let noon_ms = 12 * 3_600_000;
        assert_eq!(far_offset(&far(noon_ms + 10, noon_ms + 10), noon, later).offset_ms, Some(0));
        assert_eq!(far_offset(&far(noon_ms + 110, noon_ms + 110), noon, later).offset_ms, Some(100));
        assert_eq!(far_offset(&far(0x8000_0000 | 5, 5), noon, later).offset_ms, None, "no standard time");
        assert_eq!(far_offset(&far(86_400_000, 5), noon, later).offset_ms, None, "no time of day");
        // Across midnight.
        let before = WallTime::from_ns(-5_000_000);
        let after = before + Duration::from_millis(20);
        assert_eq!(far_offset(&far(5, 5), before, after).offset_ms, Some(0));
        assert_eq!(far_offset(&far(86_399_905, 86_399_905), before, after).offset_ms, Some(-100));
    }
}
