//! Values as fping takes them: milliseconds, factors, seconds with a word behind a comma.

use std::time::Duration;

use crate::cli::Refusal;
use crate::duration::{self, DurationError};

/// Longest time that an option takes: some 24 days.
const LONGEST: Duration = Duration::from_millis(i32::MAX as u64);

/// A time: a bare number is milliseconds, as fping has it; a number with a unit is what it says.
pub(super) fn millis(option: &str, text: &str) -> Result<Duration, Refusal> {
    let bare = text.ends_with(|c: char| c.is_ascii_digit() || c == '.');
    let time = if bare { plain(text, 1e6, "ms") } else { duration::parse(text) };
    limited(option, text, time, "not a time in milliseconds (20, 0.5) or with a unit (500us, 1.5s)")
}

/// Seconds, as `-Q` takes them.
fn seconds(option: &str, text: &str) -> Result<Duration, Refusal> {
    let bare = text.ends_with(|c: char| c.is_ascii_digit() || c == '.');
    let time = if bare { plain(text, 1e9, "s") } else { duration::parse(text) };
    limited(option, text, time, "not a time in seconds, as in 5 or 0.5, or with a unit, as in 500ms")
}

/// A number without its unit; C's `strtod` knows exponents, too.
fn plain(text: &str, unit_ns: f64, unit: &str) -> Result<Duration, DurationError> {
    if !text.contains(['e', 'E']) {
        return duration::parse(&format!("{text}{unit}"));
    }
    let value: f64 = text.parse().map_err(|_| DurationError::Shape)?;
    let ns = value * unit_ns;
    if !(0.0..1.8e19).contains(&ns) {
        return Err(DurationError::Shape);
    }
    Ok(Duration::from_nanos(ns as u64))
}

fn limited(
    option: &str,
    text: &str,
    time: Result<Duration, DurationError>,
    shape: &'static str,
) -> Result<Duration, Refusal> {
    match time {
        Ok(time) if time <= LONGEST => Ok(time),
        Ok(_) | Err(DurationError::TooLong) => Err(Refusal::of(option, text, "too long: at most 24 days")),
        Err(DurationError::Shape) => Err(Refusal::of(option, text, shape)),
        Err(DurationError::Negative) => Err(Refusal::of(option, text, "a time cannot be negative")),
        Err(why) => Err(Refusal::of(option, text, why)),
    }
}

/// A back-off factor.
pub(super) fn factor(option: &str, text: &str) -> Result<f64, Refusal> {
    let shape = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let value = if shape { text.parse::<f64>().ok() } else { None };
    value
        .filter(|value| (1.0..=5.0).contains(value))
        .ok_or_else(|| Refusal::of(option, text, "not a factor between 1.0 and 5.0"))
}

/// `SECS[,cumulative]`; other words behind the comma mean nothing, as with fping.
pub(super) fn every(option: &str, text: &str) -> Result<(Duration, bool), Refusal> {
    let (time, word) = text.split_once(',').unwrap_or((text, ""));
    Ok((seconds(option, time)?, word == "cumulative"))
}

/// `I/N`: part I of N, from 1; the number of the part from 0, and of how many.
pub(super) fn shard(option: &str, text: &str) -> Result<(u64, u64), Refusal> {
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u64>().ok()).flatten();
    let parts = text.split_once('/').and_then(|(part, of)| Some((digits(part)?, digits(of)?)));
    match parts {
        Some((part, of)) if part >= 1 && part <= of => Ok((part - 1, of)),
        _ => Err(Refusal::of(option, text, "not a part of several, as in 1/4 for the first of four")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bare_numbers_are_milliseconds() {
        let us = |text| millis("-t", text).map(|time| time.as_nanos());
        for (text, expect) in [
            ("500", 500_000_000),
            ("0.5", 500_000),
            (".25", 250_000),
            ("0", 0),
            ("1e3", 1_000_000_000),
            ("2.5E-1", 250_000),
            ("20ms", 20_000_000),
            ("1.5s", 1_500_000_000),
            ("500us", 500_000),
        ] {
            assert_eq!(us(text), Ok(expect), "{text}");
        }
        for text in ["", "-1", "x", "1x", "nan", "inf", "1e99", "1e", "0x10", "9999999999", "-5ms", "1,5"] {
            assert!(us(text).unwrap_err().to_string().starts_with("-t "), "{text}");
        }
    }

    #[test]
    fn factors_and_parts() {
        assert_eq!(factor("-B", "1.5"), Ok(1.5));
        assert!(["0.9", "5.1", "", "x", "-2", "1e0", "nan"].iter().all(|text| factor("-B", text).is_err()));
        assert_eq!(shard("--shard", "2/4"), Ok((1, 4)));
        assert!(["0/4", "5/4", "1", "/", "1/0", "a/b", "+1/4"].iter().all(|text| shard("--shard", text).is_err()));
        assert_eq!(every("-Q", "5,cumulative"), Ok((Duration::from_secs(5), true)));
        assert_eq!(every("-Q", "0.5"), Ok((Duration::from_millis(500), false)));
        assert_eq!(every("-Q", "1,other"), Ok((Duration::from_secs(1), false)));
        assert!(every("-Q", ",cumulative").is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_a_time_or_a_refusal(text in "\\PC{0,20}") {
            let _ = millis("-t", &text);
            let _ = every("-Q", &text);
            let _ = factor("-B", &text);
            let _ = shard("--shard", &text);
        }
    }
}
