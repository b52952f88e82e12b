//! How figures look in a line: milliseconds with three decimals, per cent with as many of two decimals as it needs.

use std::fmt::Write as _;
use std::time::Duration;

use crate::check::{Metric, Rule, Unit};
use crate::report::number::Ms;

/// Appends a number without needless decimals, at most so many.
pub(super) fn push_short(text: &mut String, value: f64, decimals: usize) {
    // Writing to a string cannot fail.
    if value.fract() == 0.0 && value.abs() < 1e9 {
        let _ = write!(text, "{}", value as i64);
        return;
    }
    let begin = text.len();
    let _ = write!(text, "{value:.decimals$}");
    let written = text.get(begin..).unwrap_or_default();
    if written.contains('.') {
        text.truncate(begin + written.trim_end_matches('0').trim_end_matches('.').len());
    }
    // What rounds to nothing has no sign.
    if text.get(begin..) == Some("-0") {
        text.replace_range(begin.., "0");
    }
}

/// As [`push_short`], by itself.
pub(super) fn short(value: f64, decimals: usize) -> String {
    let mut text = String::new();
    push_short(&mut text, value, decimals);
    text
}

/// Appends a value of a metric without its unit, as performance data has it: times in milliseconds.
pub(super) fn push_bare(text: &mut String, metric: Metric, value: f64) {
    match metric.unit() {
        Unit::Time => _ = write!(text, "{}", Ms(Duration::from_nanos(value as u64))),
        Unit::Percent => push_short(text, value, 2),
        Unit::Plain | Unit::Bytes => push_short(text, value, 3),
    }
}

/// As [`push_bare`], by itself.
pub(super) fn bare(metric: Metric, value: f64) -> String {
    let mut text = String::new();
    push_bare(&mut text, metric, value);
    text
}

/// Its unit of measurement there.
pub(super) fn uom(metric: Metric) -> &'static str {
    match metric.unit() {
        Unit::Time => "ms",
        Unit::Percent => "%",
        Unit::Bytes => "B",
        Unit::Plain => "",
    }
}

/// Appends a value with its unit, as people read it.
pub(super) fn push_with_unit(text: &mut String, metric: Metric, value: f64) {
    push_bare(text, metric, value);
    text.push_str(if metric.unit() == Unit::Bytes { " bytes" } else { uom(metric) });
}

/// As [`push_with_unit`], by itself.
pub(super) fn with_unit(metric: Metric, value: f64) -> String {
    let mut text = String::new();
    push_with_unit(&mut text, metric, value);
    text
}

/// A limit with its unit: a time without needless decimals.
pub(super) fn limit(metric: Metric, value: f64) -> String {
    match metric.unit() {
        Unit::Time => format!("{}ms", short(value / 1e6, 6)),
        _ => with_unit(metric, value),
    }
}

/// Why a value alerts, in words: `above 50ms`.
pub(super) fn why(metric: Metric, rule: &Rule, value: f64) -> String {
    match rule {
        Rule::Range(range) if !range.inside && value > range.end => format!("above {}", limit(metric, range.end)),
        Rule::Range(range) if !range.inside && value < range.start => format!("below {}", limit(metric, range.start)),
        _ => rule.write(|bound| limit(metric, bound)),
    }
}
