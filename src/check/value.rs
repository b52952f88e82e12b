//! A value as a threshold has it: a time, a percentage, a number, in the metric's unit or the plugin's.
//!
//! A time needs its unit, for a bare number is seconds to one tool and milliseconds to another; only the plugin's own names
//! (`rta`) are in its own unit.

use std::time::Duration;

use super::threshold::ThresholdError;
use super::{Metric, Named, Unit};
use crate::clock::as_ns;
use crate::duration;

/// The metric of a name, or the list of them.
pub(super) fn named(name: &str) -> Result<Named, ThresholdError> {
    Named::find(name.trim()).ok_or_else(|| ThresholdError::NoMetric(Metric::ALL.map(Metric::name).join(", ")))
}

/// One value of a metric, in its unit.
pub(super) fn value(named: Named, text: &str) -> Result<f64, ThresholdError> {
    match named.metric.unit() {
        Unit::Time if named.by_plugin => plugin_time(text).map(|time| as_ns(time) as f64),
        Unit::Time => time(text).map(|time| as_ns(time) as f64),
        Unit::Percent => percent(text),
        Unit::Plain | Unit::Bytes => number(text),
    }
}

fn time(text: &str) -> Result<Duration, ThresholdError> {
    match number(text) {
        // Nothing is nothing in any unit.
        Ok(0.0) => Ok(Duration::ZERO),
        Ok(_) => Err(ThresholdError::NoUnit(format!("{text}ms"))),
        Err(_) => duration::parse(text).map_err(|error| ThresholdError::Value(error.to_string())),
    }
}

/// A time in the plugin's way: milliseconds where no unit follows; `m` and `u` are short for `ms` and `us`.
///
/// # Errors
/// Where it is none.
pub fn plugin_time(text: &str) -> Result<Duration, ThresholdError> {
    let bare = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && !text.is_empty();
    let with_unit = match text.strip_suffix('u').or_else(|| text.strip_suffix("us")) {
        Some(us) => format!("{us}us"),
        None if bare => format!("{text}ms"),
        None => match text.strip_suffix('m') {
            Some(ms) => format!("{ms}ms"),
            None => text.to_owned(),
        },
    };
    duration::parse(&with_unit).map_err(|error| ThresholdError::Value(error.to_string()))
}

/// A percentage, 0 to 100, with its sign or without.
///
/// # Errors
/// Where it is none.
pub fn percent(text: &str) -> Result<f64, ThresholdError> {
    let wrong = || ThresholdError::Value(format!("'{text}' is no percentage: write 40%"));
    let number = number(text.strip_suffix('%').unwrap_or(text)).map_err(|_| wrong())?;
    if (0.0..=100.0).contains(&number) { Ok(number) } else { Err(wrong()) }
}

/// A plain number.
///
/// # Errors
/// Where it is none.
pub fn number(text: &str) -> Result<f64, ThresholdError> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number = if plain { text.parse().ok() } else { None };
    number.ok_or_else(|| ThresholdError::Value(format!("'{text}' is no number")))
}

/// The range as it would be right: each bound that is a bare number with a unit.
pub(super) fn with_units(name: &str, range: &str) -> String {
    let bound = |text: &str| match number(text) {
        Ok(n) if n > 0.0 => format!("{text}ms"),
        _ => text.to_owned(),
    };
    let (at, rest) = range.trim().strip_prefix('@').map_or(("", range.trim()), |rest| ("@", rest));
    let right: Vec<String> = rest.split(':').map(bound).collect();
    format!("{name}={at}{}", right.join(":"))
}
