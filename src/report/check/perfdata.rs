//! Performance data as the plugin interface has it: `'label'=value[UOM];[warn];[crit];[min];[max]`, separated by spaces.
//!
//! Thresholds are always printed, in the unit of the value; what is not known is `U`, and its label stays, so that nobody's
//! graph loses a column on the day when a host is down.

use std::borrow::Cow;

use super::Checked;
use super::figure::{bare, uom};
use crate::check::{Metric, Range, Rule, Severity, Unit};

/// One value.
pub(super) struct Datum<'a> {
    pub(super) label: String,
    pub(super) value: Option<String>,
    pub(super) uom: &'a str,
    pub(super) warning: String,
    pub(super) critical: String,
    pub(super) min: &'a str,
    pub(super) max: &'a str,
}

impl Datum<'_> {
    /// Appends it, behind a space where something stands already.
    pub(super) fn append(&self, line: &mut String) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&quoted(&self.label));
        line.push('=');
        match &self.value {
            Some(value) => line.extend([value, self.uom]),
            None => line.push('U'),
        }
        line.extend([";", &self.warning, ";", &self.critical, ";", self.min, ";", self.max]);
    }
}

/// A label as the interface allows it: no equals sign, quotes around anything unusual and doubled within.
fn quoted(label: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | ':' | '%' | '@' | '#');
    if label.chars().all(plain) {
        return label.into();
    }
    let kept: String = label.chars().filter(|c| *c != '=' && *c != '|' && !c.is_control()).collect();
    if kept.chars().all(plain) { kept.into() } else { format!("'{}'", kept.replace('\'', "''")).into() }
}

/// What stands before a label: the host, where there are several.
pub(super) fn prefix(host: &Checked, several: bool) -> &str {
    if several { &host.name } else { "" }
}

/// The threshold of this severity on a metric, as performance data writes it.
pub(super) fn threshold(host: &Checked, metric: Metric, severity: Severity) -> String {
    let mut all = host.thresholds.iter().filter(|t| t.metric == metric && t.severity == severity);
    all.next().map_or_else(String::new, |threshold| written(metric, &threshold.rule))
}

fn written(metric: Metric, rule: &Rule) -> String {
    let bound = |value: f64| bare(metric, value);
    match *rule {
        Rule::Reaches(limit) => bound(limit),
        // Alerts at and below: what is meant is a least value.
        Rule::SinksTo(limit) => bound(limit),
        Rule::Range(range) => range.write(bound),
        Rule::Expect(comparison, limit) => {
            use crate::check::Comparison::{AtLeast, AtMost, Different, Equal, Greater, Less};
            // The nearest range there is: whether its end belongs to it, a range cannot say.
            let (start, end, inside) = match comparison {
                Less | AtMost => (0.0, limit, false),
                Greater | AtLeast => (limit, f64::INFINITY, false),
                Equal => (limit, limit, false),
                Different => (limit, limit, true),
            };
            Range { start, end, inside }.write(bound)
        }
    }
}

/// One metric of a host.
pub(super) fn metric(host: &Checked, metric: Metric, several: bool) -> Datum<'static> {
    let max = match metric {
        Metric::Loss | Metric::Score => "100",
        Metric::MosSlac | Metric::MosG107 => "5",
        Metric::Ttl => "255",
        _ => "",
    };
    Datum {
        label: prefix(host, several).to_owned() + metric.label(),
        value: host.figures.get(metric).map(|value| bare(metric, value)),
        uom: uom(metric),
        warning: threshold(host, metric, Severity::Warning),
        critical: threshold(host, metric, Severity::Critical),
        min: if metric.unit() == Unit::Bytes { "" } else { "0" },
        max,
    }
}
