//! Long text below the status line (`-v`): for each host where probes went, what became of them, and each threshold.

use std::fmt::Write;

use super::Checked;
use super::figure::{why, with_unit};
use super::plugin::one_line;
use crate::check::Fate;

/// One host's lines.
#[must_use]
pub fn details(host: &Checked) -> String {
    let samples = &host.samples;
    let mut text = one_line(&host.name);
    // Writing to a string does not fail.
    if let Some(address) = host.address {
        let zone = host.zone.as_ref().map_or_else(String::new, |zone| format!("%{}", one_line(zone)));
        let _ = write!(text, " ({address}{zone})");
    }
    let _ = write!(
        text,
        " {}: {}; sent {}, received {}, late {}, lost {}, errors {}, in flight {}, not sent {}",
        host.method.name(),
        host.verdict.state.word(),
        samples.sent(),
        samples.received(),
        samples.late,
        samples.count(Fate::Lost),
        samples.count(Fate::Refused),
        samples.count(Fate::InFlight),
        samples.count(Fate::NotSent),
    );
    let names = ["nic", "kernel", "kernel_rx", "user"];
    for (name, _) in names.into_iter().zip(samples.clocks).filter(|(_, n)| *n > 0) {
        let _ = write!(text, ", clock {name}");
    }
    text.push('\n');
    for (threshold, finding) in host.thresholds.iter().zip(&host.verdict.findings) {
        let metric = threshold.metric;
        let value = finding.value.map_or_else(|| "not known".to_owned(), |value| with_unit(metric, value));
        let alert = finding.value.filter(|value| threshold.rule.alerts(*value));
        let alert = alert.map_or_else(String::new, |value| format!(", {}", why(metric, &threshold.rule, value)));
        let _ = writeln!(text, "  {} {metric} {value} ({}){alert}", finding.state.word(), one_line(&threshold.text));
    }
    text
}
