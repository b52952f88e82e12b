//! The time of day in the zone of this host (`localtime_r(3)`, so `TZ` and `/etc/localtime` count).

use std::mem;

use crate::clock::WallTime;

/// A time as calendars and clocks show it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LocalTime {
    /// Year, with its century.
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 60.
    pub second: u8,
    /// 0 is Sunday.
    pub weekday: u8,
    /// Minutes ahead of UTC.
    pub offset_minutes: i32,
}

impl LocalTime {
    /// Of a point in time; all zeros where the C library cannot tell.
    #[must_use]
    pub fn of(at: WallTime) -> Self {
        // A timespec for its first field alone: `time_t` itself is deprecated where its width is about to change (musl).
        // 64 bits wide but for C libraries that will not see 2038.
        let at = libc::timespec { tv_sec: at.as_ns().div_euclid(1_000_000_000) as _, tv_nsec: 0 };
        // SAFETY: a tm is integers and a pointer, for all of which zero is a value.
        let mut tm: libc::tm = unsafe { mem::zeroed() };
        // SAFETY: both pointers are to live values of the right types; the call keeps neither.
        let done = unsafe { libc::localtime_r(&at.tv_sec, &mut tm) };
        if done.is_null() {
            return LocalTime::default();
        }
        let small = |n: libc::c_int| u8::try_from(n).unwrap_or(0);
        LocalTime {
            year: tm.tm_year.saturating_add(1900),
            month: small(tm.tm_mon.saturating_add(1)),
            day: small(tm.tm_mday),
            hour: small(tm.tm_hour),
            minute: small(tm.tm_min),
            second: small(tm.tm_sec),
            weekday: small(tm.tm_wday),
            offset_minutes: i32::try_from(tm.tm_gmtoff / 60).unwrap_or(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_time_of_the_zone() {
        // 2024-06-10 05:50:00 UTC, a Monday; whatever the zone, less its offset it is that.
        let t = LocalTime::of(WallTime::from_ns(1_717_998_600_000_000_000));
        let minutes = i32::from(t.hour) * 60 + i32::from(t.minute) - t.offset_minutes;
        assert_eq!(minutes.rem_euclid(24 * 60), 5 * 60 + 50);
        assert_eq!((t.year, t.month, t.second), (2024, 6, 0));
        assert!((9..=11).contains(&t.day) && t.weekday == (t.day - 9), "{t:?}");
    }

    #[test]
    fn before_1970_is_a_time_too() {
        assert!((1969..=1970).contains(&LocalTime::of(WallTime::from_ns(-1)).year));
    }
}
