//! One thing that alerts or must hold, as `-w`, `-c` and `--expect` say it.
//!
//! `-w` and `-c` name what alerts: the classic pair (`200ms,40%`: at that latency or loss, or beyond) or `metric=range` in
//! the plugin range syntax. `--expect` names what must hold and is read in `expect`, values are in `value`.

use std::time::Duration;

use thiserror::Error;

use super::range::{Range, RangeError};
use super::value::{named, percent, plugin_time, value, with_units};
use super::{Metric, Named};
use crate::clock::as_ns;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// `-w`.
    Warning,
    /// `-c` and `--expect`.
    Critical,
}

/// A comparison of `--expect`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
    /// `==`
    Equal,
    /// `!=`
    Different,
}

/// When a value alerts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// At the limit and above: latency, loss and jitter as `check_icmp` has them.
    Reaches(f64),
    /// At the limit and below: MOS and score as `check_icmp` has them.
    SinksTo(f64),
    /// By a plugin range.
    Range(Range),
    /// Where the comparison does not hold.
    Expect(Comparison, f64),
}

/// A threshold on one metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// On what.
    pub metric: Metric,
    /// How bad it is when it alerts.
    pub severity: Severity,
    /// When it alerts.
    pub rule: Rule,
    /// As somebody wrote it.
    pub text: String,
}

/// The classic pair.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// Latency.
    pub rta: Duration,
    /// Loss, per cent.
    pub loss: f64,
}

/// Why a text is no threshold; its text shows the right form.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ThresholdError {
    /// Neither a pair nor `metric=range`.
    #[error("neither a pair nor metric=range: write {0}")]
    Shape(String),
    /// A metric alone.
    #[error("{0} of what? write {0}={1}")]
    NoRange(&'static str, &'static str),
    /// There is no such metric.
    #[error("no such metric; there are {0}")]
    NoMetric(String),
    /// A time without a unit.
    #[error("a time without a unit: write {0}")]
    NoUnit(String),
    /// A value that is none.
    #[error("{0}")]
    Value(String),
    /// Another comparison than ours.
    #[error("{0}: write METRIC < VALUE with one of < <= > >= == !=, as in rtt.p95 < 50ms")]
    Expression(&'static str),
}

impl Comparison {
    /// As it is written.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Comparison::Less => "<",
            Comparison::AtMost => "<=",
            Comparison::Greater => ">",
            Comparison::AtLeast => ">=",
            Comparison::Equal => "==",
            Comparison::Different => "!=",
        }
    }

    /// Whether it holds.
    #[must_use]
    #[allow(clippy::float_cmp)] // both sides are what was written and what was measured, unrounded
    pub fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Comparison::Less => value < limit,
            Comparison::AtMost => value <= limit,
            Comparison::Greater => value > limit,
            Comparison::AtLeast => value >= limit,
            Comparison::Equal => value == limit,
            Comparison::Different => value != limit,
        }
    }
}

impl Rule {
    /// Whether a value alerts.
    #[must_use]
    pub fn alerts(&self, value: f64) -> bool {
        match *self {
            Rule::Reaches(limit) => value >= limit,
            Rule::SinksTo(limit) => value <= limit,
            Rule::Range(range) => range.alerts(value),
            Rule::Expect(comparison, limit) => !comparison.holds(value, limit),
        }
    }

    /// The largest value that it speaks of, infinity apart.
    fn largest(&self) -> Option<f64> {
        match *self {
            Rule::Reaches(limit) | Rule::SinksTo(limit) | Rule::Expect(_, limit) => Some(limit),
            Rule::Range(range) => [range.end, range.start].into_iter().find(|bound| bound.is_finite()),
        }
    }

    /// In the words of a message: the limit behind its sign, or the range.
    pub fn write(&self, bound: impl Fn(f64) -> String) -> String {
        match *self {
            Rule::Reaches(limit) => format!(">= {}", bound(limit)),
            Rule::SinksTo(limit) => format!("<= {}", bound(limit)),
            Rule::Expect(comparison, limit) => format!("not {} {}", comparison.sign(), bound(limit)),
            Rule::Range(range) => {
                let alerts = if range.inside { "inside" } else { "outside" };
                format!("{alerts} {}", Range { inside: false, ..range }.write(bound))
            }
        }
    }
}

impl Threshold {
    /// `metric=range`.
    ///
    /// # Errors
    /// Where it is none; the text shows the right form.
    pub fn read(severity: Severity, text: &str) -> Result<Threshold, ThresholdError> {
        let Some((name, range)) = text.split_once('=') else {
            return Err(match Named::find(text.trim()) {
                Some(named) => ThresholdError::NoRange(named.metric.name(), named.metric.example()),
                None => ThresholdError::Shape(match severity {
                    Severity::Warning => "200ms,40% or rtt.p95=50ms".to_owned(),
                    Severity::Critical => "500ms,80% or rtt.p95=100ms".to_owned(),
                }),
            });
        };
        let named = named(name)?;
        let range = Range::read(range.trim(), |bound| value(named, bound)).map_err(|error| match error {
            RangeError::Bound(ThresholdError::NoUnit(_)) => ThresholdError::NoUnit(with_units(name, range)),
            RangeError::Bound(error) => error,
            other => ThresholdError::Value(format!("{other}; write {name}={}", named.metric.example())),
        })?;
        Ok(Threshold { metric: named.metric, severity, rule: Rule::Range(range), text: text.to_owned() })
    }

    /// What a classic pair stands for.
    #[must_use]
    pub fn of_pair(severity: Severity, pair: Pair) -> [Threshold; 2] {
        let threshold = |metric, limit, text| Threshold { metric, severity, rule: Rule::Reaches(limit), text };
        let (ns, loss) = (as_ns(pair.rta), pair.loss);
        [
            threshold(Metric::RttAvg, ns as f64, format!("{}ms", ns as f64 / 1e6)),
            threshold(Metric::Loss, loss, format!("{loss}%")),
        ]
    }
}

impl Pair {
    /// `check_icmp`'s defaults: `-w 200ms,40%`.
    pub const WARNING: Pair = Pair { rta: Duration::from_millis(200), loss: 40.0 };
    /// `-c 500ms,80%`.
    pub const CRITICAL: Pair = Pair { rta: Duration::from_millis(500), loss: 80.0 };

    /// Reads `200ms,40%`; a bare latency is milliseconds and the sign of per cent may be left out, as `check_icmp` has it.
    /// `None`: it is not of this form.
    #[must_use]
    pub fn read(text: &str) -> Option<Result<Pair, ThresholdError>> {
        let (rta, loss) = text.split_once(',')?;
        if text.contains('=') {
            return None;
        }
        Some(plugin_time(rta.trim()).and_then(|rta| Ok(Pair { rta, loss: percent(loss.trim())? })))
    }
}

/// How long a probe may take before somebody is alarmed: the largest limit of CRITICAL on a round trip.
#[must_use]
pub fn critical_rtt(thresholds: &[Threshold]) -> Option<Duration> {
    largest(thresholds, |threshold| threshold.severity == Severity::Critical)
}

/// How long a probe is waited for while its host has answered nothing: to twice the critical round-trip time, so that what
/// is merely too slow is still measured, and to a second unless `check_icmp` would give up sooner. Where there is no
/// critical time: a second, or as long as any other limit says.
#[must_use]
pub fn patience(thresholds: &[Threshold], interval: Duration, packets: u64) -> Duration {
    const SECOND: Duration = Duration::from_secs(1);
    match critical_rtt(thresholds) {
        Some(critical) => {
            critical.saturating_mul(2).max(longest_wait(critical, interval, packets).min(SECOND)).max(interval)
        }
        None => largest(thresholds, |_| true).unwrap_or_default().max(SECOND),
    }
}

/// How long the last probe is waited for at the most. `check_icmp` ends one interval and one critical time more than there
/// are packets after its last; we leave half of that interval out.
pub(super) fn longest_wait(critical: Duration, interval: Duration, packets: u64) -> Duration {
    let times = u32::try_from(packets.saturating_add(1)).unwrap_or(u32::MAX);
    (interval / 2).saturating_add(critical.saturating_mul(times))
}

fn largest(thresholds: &[Threshold], which: impl Fn(&Threshold) -> bool) -> Option<Duration> {
    let limits = thresholds.iter().filter(|threshold| threshold.metric.is_round_trip() && which(threshold));
    let ns = limits.filter_map(|threshold| threshold.rule.largest()).reduce(f64::max)?;
    Some(Duration::from_nanos(ns as u64))
}

#[cfg(test)]
#[path = "threshold_tests.rs"]
mod tests;
