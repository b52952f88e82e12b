//! How figures look in a line: milliseconds with three decimals, per cent with as many of two decimals as it needs.

use std::time::Duration;

use crate::check::{Metric, Rule, Unit};
use crate::report::number::Ms;

/// A number without needless decimals, at most so many.
pub(super) fn short(value: f64, decimals: usize) -> String {
    if value.fract() == 0.0 && value.abs() < 1e9 {
        return (value as i64).to_string();
    }
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    // What rounds to nothing has no sign.
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// A value of a metric without its unit, as performance data has it: times in milliseconds.
pub(super) fn bare(metric: Metric, value: f64) -> String {
    match metric.unit() {
        Unit::Time => Ms(Duration::from_nanos(value as u64)).to_string(),
        Unit::Percent => short(value, 2),
        Unit::Plain | Unit::Bytes => short(value, 3),
    }
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

/// A value with its unit, as people read it.
pub(super) fn with_unit(metric: Metric, value: f64) -> String {
    let unit = if metric.unit() == Unit::Bytes { " bytes" } else { uom(metric) };
    format!("{}{unit}", bare(metric, value))
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
