//! Performance data as the plugin interface has it: `'label'=value[UOM];[warn];[crit];[min];[max]`, separated by spaces.
//!
//! Thresholds are always printed, in the unit of the value; what is not known is `U`, and its label stays, so that nobody's
//! graph loses a column on the day when a host is down.

use std::borrow::Cow;

use super::Checked;
use super::figure::{bare, push_bare, uom};
use crate::check::{Metric, Range, Rule, Severity, Threshold, Unit};
use crate::report::is_unfit;

/// One value.
pub(super) struct Datum<'a> {
    /// What stands before the label: the host, where there are several.
    pub(super) prefix: &'a str,
    pub(super) label: &'a str,
    pub(super) value: Option<Value>,
    pub(super) uom: &'a str,
    pub(super) warning: Option<&'a Threshold>,
    pub(super) critical: Option<&'a Threshold>,
    pub(super) min: &'a str,
    pub(super) max: &'a str,
}

/// What a datum says.
pub(super) enum Value {
    /// A value of a metric, as the metric is written.
    Of(Metric, f64),
    /// What is written in a way of its own.
    Text(String),
}

impl Datum<'_> {
    /// Appends it, behind a space where something stands already.
    pub(super) fn append(&self, line: &mut String) {
        if !line.is_empty() {
            line.push(' ');
        }
        if self.prefix.bytes().all(is_plain) && self.label.bytes().all(is_plain) {
            line.extend([self.prefix, self.label]);
        } else {
            line.push_str(&quoted(&format!("{}{}", self.prefix, self.label)));
        }
        line.push('=');
        match &self.value {
            Some(Value::Of(metric, value)) => push_bare(line, *metric, *value),
            Some(Value::Text(text)) => line.push_str(text),
            None => line.push('U'),
        }
        line.extend([if self.value.is_some() { self.uom } else { "" }, ";"]);
        push_limit(line, self.warning);
        line.push(';');
        push_limit(line, self.critical);
        line.extend([";", self.min, ";", self.max]);
    }
}

/// What a label may hold without quotes.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b':' | b'%' | b'@' | b'#')
}

/// A label as the interface allows it: no equals sign, quotes around anything unusual and doubled within.
fn quoted(label: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_alphanumeric() || u8::try_from(c).is_ok_and(is_plain);
    if label.chars().all(plain) {
        return label.into();
    }
    let kept: String = label.chars().filter(|c| *c != '=' && *c != '|' && !is_unfit(*c)).collect();
    if kept.chars().all(plain) { kept.into() } else { format!("'{}'", kept.replace('\'', "''")).into() }
}

/// What stands before a label: the host, where there are several.
pub(super) fn prefix(host: &Checked, several: bool) -> &str {
    if several { &host.name } else { "" }
}

/// The threshold of this severity on a metric.
fn limit_of(host: &Checked, metric: Metric, severity: Severity) -> Option<&Threshold> {
    host.thresholds.iter().find(|t| t.metric == metric && t.severity == severity)
}

/// The threshold of this severity on a metric, as performance data writes it.
pub(super) fn threshold(host: &Checked, metric: Metric, severity: Severity) -> String {
    let mut text = String::new();
    push_limit(&mut text, limit_of(host, metric, severity));
    text
}

fn push_limit(line: &mut String, threshold: Option<&Threshold>) {
    let Some(Threshold { metric, rule, .. }) = threshold else { return };
    let bound = |value: f64| bare(*metric, value);
    match *rule {
        // Alerts at and below: what is meant is a least value.
        Rule::Reaches(limit) | Rule::SinksTo(limit) => push_bare(line, *metric, limit),
        Rule::Range(range) => line.push_str(&range.write(bound)),
        Rule::Expect(comparison, limit) => {
            use crate::check::Comparison::{AtLeast, AtMost, Different, Equal, Greater, Less};
            // The nearest range there is: whether its end belongs to it, a range cannot say.
            let (start, end, inside) = match comparison {
                Less | AtMost => (0.0, limit, false),
                Greater | AtLeast => (limit, f64::INFINITY, false),
                Equal => (limit, limit, false),
                Different => (limit, limit, true),
            };
            line.push_str(&Range { start, end, inside }.write(bound));
        }
    }
}

/// One metric of a host.
pub(super) fn metric(host: &Checked, metric: Metric, several: bool) -> Datum<'_> {
    let max = match metric {
        Metric::Loss | Metric::Score => "100",
        Metric::MosSlac | Metric::MosG107 => "5",
        Metric::Ttl => "255",
        _ => "",
    };
    Datum {
        prefix: prefix(host, several),
        label: metric.label(),
        value: host.figures.get(metric).map(|value| Value::Of(metric, value)),
        uom: uom(metric),
        warning: limit_of(host, metric, Severity::Warning),
        critical: limit_of(host, metric, Severity::Critical),
        min: if metric.unit() == Unit::Bytes { "" } else { "0" },
        max,
    }
}
