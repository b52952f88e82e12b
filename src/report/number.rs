//! Figures as `ping` prints them: milliseconds with three decimals, percentages by C's `%g`, times of day; bytes in hex.
//!
//! No locale takes part: the decimal sign is a point everywhere.

use std::fmt::{self, Write as _};
use std::time::Duration;

use crate::clock::{WallTime, as_ns};

/// Milliseconds with three decimals, rounded to the nearest microsecond.
#[derive(Clone, Copy)]
pub(super) struct Ms(pub(super) Duration);

impl fmt::Display for Ms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let us = as_ns(self.0) / 1000 + u64::from(as_ns(self.0) % 1000 >= 500);
        write!(f, "{}.{:03}", us / 1000, us % 1000)
    }
}

/// A number as C's `%g`: six significant digits, no trailing zeros.
pub(super) struct General(pub(super) f64);

impl fmt::Display for General {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0.0 || !self.0.is_finite() {
            return write!(f, "{}", if self.0 == 0.0 { 0.0 } else { self.0 });
        }
        let scientific = format!("{:.5e}", self.0);
        let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
        let exponent: i32 = exponent.parse().unwrap_or(0);
        if (-4..6).contains(&exponent) {
            let decimals = usize::try_from(5 - exponent).unwrap_or(0);
            f.write_str(trim(&format!("{:.decimals$}", self.0)))
        } else {
            let sign = if exponent < 0 { '-' } else { '+' };
            write!(f, "{}e{sign}{:02}", trim(mantissa), exponent.abs())
        }
    }
}

/// Without the zeros behind the last digit of a fraction.
fn trim(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

/// Lost probes in per cent, through C's `float`, as `ping` computes it.
pub(super) fn percent_lost(settled: u64, received: u64) -> General {
    let lost = settled.saturating_sub(received) as f64;
    General(f64::from((lost * 100.0 / settled.max(1) as f64) as f32))
}

/// Seconds and microseconds since 1970, as `-D` prints them.
pub(super) struct UnixTime(pub(super) WallTime);

impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let us = self.0.as_ns().div_euclid(1000);
        write!(f, "{}.{:06}", us.div_euclid(1_000_000), us.rem_euclid(1_000_000))
    }
}

/// The time of day in UTC, for diagnostics.
pub struct TimeOfDay(pub WallTime);

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = self.0.as_ns().div_euclid(1_000_000_000).rem_euclid(86_400);
        write!(f, "{:02}:{:02}:{:02}Z", s / 3600, s / 60 % 60, s % 60)
    }
}

/// The same to the microsecond, for packets.
pub(super) struct TimeOfPacket(pub(super) WallTime);

impl fmt::Display for TimeOfPacket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let us = self.0.as_ns().div_euclid(1000).rem_euclid(86_400_000_000);
        let s = us / 1_000_000;
        write!(f, "{:02}:{:02}:{:02}.{:06}Z", s / 3600, s / 60 % 60, s % 60, us % 1_000_000)
    }
}

/// Bytes in hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What a word gets behind it where there is not one of its kind.
pub(super) fn plural(n: u64) -> &'static str {
    if n == 1 { "" } else { "s" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_have_three_decimals_always() {
        let of = |ns| Ms(Duration::from_nanos(ns)).to_string();
        assert_eq!(
            [of(0), of(499), of(500), of(21_499), of(999_500), of(11_012_300_000)],
            ["0.000", "0.000", "0.001", "0.021", "1.000", "11012.300"]
        );
        assert_eq!(Ms(Duration::MAX).to_string(), "18446744073709.552");
        assert_eq!(of(u64::MAX), "18446744073709.552");
    }

    #[test]
    fn percentages_are_those_of_printf() {
        let of = |settled, received| percent_lost(settled, received).to_string();
        assert_eq!([of(3, 3), of(3, 2), of(3, 0), of(7, 3)], ["0", "33.3333", "100", "57.1429"]);
        assert_eq!([of(1000, 999), of(100_000, 99_999), of(1_000_000, 999_999)], ["0.1", "0.001", "0.0001"]);
        assert_eq!([of(10_000_000, 9_999_999), of(200, 199)], ["1e-05", "0.5"]);
        assert_eq!([of(0, 0), of(1, 2)], ["0", "0"]);
        assert_eq!([General(1e6).to_string(), General(123_456.7).to_string()], ["1e+06", "123457"]);
    }

    #[test]
    fn times() {
        let t = WallTime::from_ns(1_795_259_269_820_283_999);
        assert_eq!(UnixTime(t).to_string(), "1795259269.820283");
        assert_eq!(UnixTime(WallTime::from_ns(-1)).to_string(), "-1.999999");
        assert_eq!(TimeOfDay(t).to_string(), "11:07:49Z");
        assert_eq!(TimeOfDay(WallTime::from_ns(i64::MIN)).to_string().len(), 9);
    }
}
