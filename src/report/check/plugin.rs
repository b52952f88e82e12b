//! Our own status line: the state, each host with its latency and loss and what alerts, and the performance data of all
//! metrics.
//!
//! Labels that `check_icmp` has stand first and in its order, so that what graphs its data graphs ours.

use std::fmt::Write as _;

use super::Checked;
use super::figure::{push_with_unit, why};
use super::perfdata;
use super::unreachable::words;
use crate::check::{Fate, Metric, Reason, State};
use crate::report::clean;

/// In the order of `check_icmp`, then the rest.
const ORDER: [Metric; 19] = [
    Metric::RttAvg,
    Metric::RttMax,
    Metric::RttMin,
    Metric::Loss,
    Metric::JitterMean,
    Metric::MosSlac,
    Metric::Score,
    Metric::RttMedian,
    Metric::RttP90,
    Metric::RttP95,
    Metric::RttP99,
    Metric::RttMdev,
    Metric::LossBurst,
    Metric::JitterRfc3550,
    Metric::PdvP99,
    Metric::MosG107,
    Metric::Duplicates,
    Metric::Reordered,
    Metric::Ttl,
];

/// What is measured only where it is asked for.
const ASKED: [Metric; 2] = [Metric::Hops, Metric::Pmtu];

/// The line, without its line break.
#[must_use]
pub fn line(state: State, hosts: &[Checked]) -> String {
    let several = hosts.len() > 1;
    let mut line = format!("{} - ", state.word());
    for (n, host) in hosts.iter().enumerate() {
        line.push_str(if n > 0 { " :: " } else { "" });
        push_text(&mut line, host);
    }
    let mut data = String::new();
    for host in hosts {
        for metric in ORDER {
            perfdata::metric(host, metric, several).append(&mut data);
        }
        for metric in ASKED {
            if host.figures.get(metric).is_some() || host.thresholds.iter().any(|t| t.metric == metric) {
                perfdata::metric(host, metric, several).append(&mut data);
            }
        }
    }
    if !data.is_empty() {
        line.extend(["|", &data]);
    }
    line
}

/// Appends one host's part of it.
fn push_text(line: &mut String, host: &Checked) {
    line.extend([&one_line(&host.name), ": "]);
    let begin = line.len();
    // Each part is begun by this; writing to a string cannot fail.
    let part = |line: &mut String| {
        if line.len() > begin {
            line.push_str(", ");
        }
    };
    if let Some(problem) = &host.problem {
        line.push_str(&one_line(problem));
    }
    match host.verdict.reason {
        Some(Reason::NotSent(errno)) => {
            part(line);
            let _ = write!(line, "nothing was sent: {errno}");
        }
        Some(Reason::NothingKnown) => {
            part(line);
            line.push_str("ended before anything was known");
        }
        Some(Reason::NoAnswer) => {
            part(line);
            let _ = match &host.samples.unreachable {
                Some(unreachable) => write!(line, "{} @ {}", words(&unreachable.what), unreachable.from),
                None => write!(line, "no answer"),
            };
        }
        Some(Reason::Interrupted) | None => {}
    }
    if let Some(cut) = &host.cut {
        part(line);
        line.push_str(&one_line(cut));
    }
    for metric in [Metric::RttAvg, Metric::Loss] {
        if let Some(value) = host.figures.get(metric) {
            part(line);
            line.extend([metric.name(), " "]);
            push_with_unit(line, metric, value);
        }
    }
    let samples = &host.samples;
    let counts = [
        (samples.count(Fate::InFlight), "in flight"),
        (if samples.sent() > 0 { samples.count(Fate::NotSent) } else { 0 }, "not sent"),
        (samples.late, "late"),
        (samples.duplicates, "duplicates"),
        (samples.corrupt, "damaged"),
    ];
    for (n, what) in counts.into_iter().filter(|(n, _)| *n > 0) {
        part(line);
        let _ = write!(line, "{n} {what}");
    }
    push_alerts(line, host);
}

/// Appends what alerts, worst first: `; CRITICAL rtt.p95 61.2ms above 50ms`.
fn push_alerts(line: &mut String, host: &Checked) {
    let all = || host.thresholds.iter().zip(&host.verdict.findings);
    let known = host.samples.received() > 0;
    for state in [State::Critical, State::Unknown, State::Warning] {
        for (threshold, finding) in all().filter(|(_, finding)| finding.state == state) {
            let metric = threshold.metric;
            match finding.value {
                Some(value) => {
                    let _ = write!(line, "; {} {metric} ", state.word());
                    push_with_unit(line, metric, value);
                    line.extend([" ", &why(metric, &threshold.rule, value)]);
                }
                // Where nothing answered that goes without saying.
                None if known || ASKED.contains(&metric) => _ = write!(line, "; {metric} is not known"),
                None => {}
            }
        }
    }
}

/// Text that can break neither the line nor what begins behind its bar.
pub(super) fn one_line(text: &str) -> String {
    clean(text).replace('|', "/")
}
