//! Durations as users write them: a bare number is seconds (`0.2`, `.5`), the units `ns us ms s m h` may follow and may be
//! put together (`1m30s`), and nothing else is one.
//!
//! Exact to the nanosecond: digits are scaled as integers, so `0.0015` is 1,500,000 ns and no floating point rounds it.
//! What a nanosecond cannot hold is refused rather than rounded to nothing: an interval of zero would be a flood.

use std::time::Duration;

use thiserror::Error;

/// Why a text is no duration.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DurationError {
    /// Not of the form.
    #[error("not a duration: write seconds (0.2) or units (200ms, 1m30s)")]
    Shape,
    /// A minus sign.
    #[error("a duration cannot be negative: write seconds (0.2) or units (200ms, 1m30s)")]
    Negative,
    /// Another unit than ours.
    #[error("unknown unit '{0}': the units are ns, us, ms, s, m (minutes) and h")]
    Unit(String),
    /// One number of several without its unit.
    #[error("a number without its unit: write all of them, as in 1m30s")]
    UnitMissing,
    /// Not zero, but less than a nanosecond.
    #[error("finer than a nanosecond, the smallest duration there is")]
    TooFine,
    /// More than fits 64 bits of nanoseconds (584 years).
    #[error("too long to be counted in nanoseconds (584 years are the most)")]
    TooLong,
}

/// Reads a duration. Digits past the nanosecond are dropped (a script's `0.3333333333333333` is a third of a second).
///
/// # Errors
/// Where the text is not one; the error's text shows the right form.
pub fn parse(text: &str) -> Result<Duration, DurationError> {
    if text.starts_with('-') {
        return Err(DurationError::Negative);
    }
    let mut rest = text;
    let mut total: u128 = 0;
    let mut parts = 0u32;
    let mut bare = false;
    while !rest.is_empty() || parts == 0 {
        let number_end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        let (number, after) = rest.split_at(number_end);
        let unit_end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_end);
        let number = Number::read(number).ok_or(DurationError::Shape)?;
        bare |= unit.is_empty();
        total = total.checked_add(number.times(unit_ns(unit)?)?).ok_or(DurationError::TooLong)?;
        parts += 1;
        rest = after;
    }
    if bare && parts > 1 {
        return Err(DurationError::UnitMissing);
    }
    u64::try_from(total).map(Duration::from_nanos).map_err(|_| DurationError::TooLong)
}

/// Nanoseconds of a unit; no unit is seconds.
fn unit_ns(unit: &str) -> Result<u64, DurationError> {
    Ok(match unit {
        "ns" => 1,
        "us" | "µs" => 1_000,
        "ms" => 1_000_000,
        "s" | "" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        // A sign or a comma is a malformed number rather than a unit.
        _ if unit.chars().all(char::is_alphabetic) => return Err(DurationError::Unit(unit.to_owned())),
        _ => return Err(DurationError::Shape),
    })
}

/// A decimal number as its digits.
struct Number<'a> {
    whole: &'a str,
    fraction: &'a str,
}

impl<'a> Number<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let is_none = fraction.contains('.') || (whole.is_empty() && fraction.is_empty());
        (!is_none).then_some(Number { whole, fraction })
    }

    /// This many times `unit` nanoseconds.
    fn times(&self, unit: u64) -> Result<u128, DurationError> {
        let unit = u128::from(unit);
        let whole = match self.whole {
            "" => 0,
            digits => digits.parse::<u64>().map_err(|_| DurationError::TooLong)?,
        };
        // Eighteen digits of an hour are far below a nanosecond; what follows them decides only about zero.
        let (mut numerator, mut denominator) = (0u128, 1u128);
        for digit in self.fraction.bytes().take(18) {
            numerator = numerator * 10 + u128::from(digit - b'0');
            denominator *= 10;
        }
        let ns = u128::from(whole) * unit + numerator * unit / denominator;
        let is_zero = self.whole.bytes().chain(self.fraction.bytes()).all(|digit| digit == b'0');
        if ns == 0 && !is_zero { Err(DurationError::TooFine) } else { Ok(ns) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ns(text: &str) -> Result<u128, DurationError> {
        parse(text).map(|d| d.as_nanos())
    }

    #[test]
    fn a_bare_number_is_seconds_to_the_nanosecond() {
        for (text, expect) in [
            ("1", 1_000_000_000),
            ("0.2", 200_000_000),
            (".5", 500_000_000),
            ("5.", 5_000_000_000),
            ("0", 0),
            ("0.000", 0),
            ("0.0015", 1_500_000),
            ("0.000000001", 1),
            ("0.3333333333333333333333333333", 333_333_333),
            ("18446744073.709551615", u64::MAX.into()),
        ] {
            assert_eq!(ns(text), Ok(expect), "{text}");
        }
    }

    #[test]
    fn units_are_ours_alone_and_add_up() {
        for (text, expect) in [
            ("1ns", 1),
            ("1.5us", 1_500),
            ("2µs", 2_000),
            ("200ms", 200_000_000),
            ("1s", 1_000_000_000),
            ("1m", 60_000_000_000),
            ("0.5h", 1_800_000_000_000),
            ("1m30s", 90_000_000_000),
            ("1h1m1s1ms1us1ns", 3_661_001_001_001),
        ] {
            assert_eq!(ns(text), Ok(expect), "{text}");
        }
        for unit in ["M", "d", "w", "y", "sec", "min", "S", "MS", "month", "e3", "x"] {
            let name = unit.trim_end_matches(char::is_numeric).to_owned();
            assert_eq!(ns(&format!("1{unit}")), Err(DurationError::Unit(name)), "{unit}");
        }
    }

    #[test]
    fn nothing_else_is_a_duration() {
        for text in [
            "",
            " ",
            ".",
            "s",
            "nan",
            "inf",
            "1e-3",
            "+1",
            "1,5",
            "1.2.3",
            "1 s",
            " 1",
            "1 ",
            "1..2",
            "٣",
            "1-",
            "1m-2s",
            "\u{1b}[2J",
        ] {
            assert_eq!(ns(text), Err(DurationError::Shape), "{text:?}");
        }
        assert_eq!(ns("-1"), Err(DurationError::Negative));
        assert_eq!(ns("1m30"), Err(DurationError::UnitMissing));
        assert_eq!(ns("1.5.3s"), Err(DurationError::Shape));
    }

    #[test]
    fn what_cannot_be_held_is_refused() {
        for text in ["0.0000000001", "0.5ns", "0.00000000000000000000000001h"] {
            assert_eq!(ns(text), Err(DurationError::TooFine), "{text}");
        }
        for text in ["18446744073.709551616", "99999999999999999999", "99999999999h", "18446744073709551615h1h"] {
            assert_eq!(ns(text), Err(DurationError::TooLong), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_duration_or_an_error(text in "\\PC{0,40}") {
            let _ = parse(&text);
        }

        #[test]
        fn nanoseconds_come_back_as_written(value: u64) {
            prop_assert_eq!(ns(&format!("{value}ns")), Ok(value.into()));
            let seconds = format!("{}.{:09}", value / 1_000_000_000, value % 1_000_000_000);
            prop_assert_eq!(ns(&seconds), Ok(value.into()));
        }
    }
}
