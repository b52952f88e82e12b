//! Our own status line: the state, each host with its latency and loss and what alerts, and the performance data of all
//! metrics.
//!
//! Labels that `check_icmp` has stand first and in its order, so that what graphs its data graphs ours.

use super::Checked;
use super::figure::{why, with_unit};
use super::perfdata;
use super::unreachable::words;
use crate::check::{Fate, Metric, Reason, State, Unit};
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

/// The line, without its line break.
#[must_use]
pub fn line(state: State, hosts: &[Checked]) -> String {
    let several = hosts.len() > 1;
    let texts: Vec<String> = hosts.iter().map(text).collect();
    let mut data = String::new();
    for host in hosts {
        for metric in ORDER {
            perfdata::metric(host, metric, several).append(&mut data);
        }
        if host.figures.get(Metric::Pmtu).is_some() || host.thresholds.iter().any(|t| t.metric == Metric::Pmtu) {
            perfdata::metric(host, Metric::Pmtu, several).append(&mut data);
        }
    }
    let bar = if data.is_empty() { "" } else { "|" };
    format!("{} - {}{bar}{data}", state.word(), texts.join(" :: "))
}

/// One host's part of it.
fn text(host: &Checked) -> String {
    let mut parts = Vec::new();
    if let Some(problem) = &host.problem {
        parts.push(one_line(problem));
    }
    match host.verdict.reason {
        Some(Reason::NotSent(errno)) => parts.push(format!("nothing was sent: {errno}")),
        Some(Reason::NothingKnown) => parts.push("ended before anything was known".to_owned()),
        Some(Reason::NoAnswer) => parts.push(match &host.samples.unreachable {
            Some(unreachable) => format!("{} @ {}", words(&unreachable.what), unreachable.from),
            None => "no answer".to_owned(),
        }),
        Some(Reason::Interrupted) | None => {}
    }
    parts.extend(host.cut.iter().map(|cut| one_line(cut)));
    for metric in [Metric::RttAvg, Metric::Loss] {
        if let Some(value) = host.figures.get(metric) {
            parts.push(format!("{metric} {}", with_unit(metric, value)));
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
    parts.extend(counts.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")));
    format!("{}: {}{}", one_line(&host.name), parts.join(", "), alerts(host))
}

/// What alerts, worst first: `; CRITICAL rtt.p95 61.2ms above 50ms`.
fn alerts(host: &Checked) -> String {
    let all = || host.thresholds.iter().zip(&host.verdict.findings);
    let mut text = String::new();
    let known = host.samples.received() > 0;
    for state in [State::Critical, State::Unknown, State::Warning] {
        for (threshold, finding) in all().filter(|(_, finding)| finding.state == state) {
            let metric = threshold.metric;
            match finding.value {
                Some(value) => {
                    text += &format!(
                        "; {} {metric} {} {}",
                        state.word(),
                        with_unit(metric, value),
                        why(metric, &threshold.rule, value)
                    )
                }
                // Where nothing answered that goes without saying.
                None if known || metric.unit() == Unit::Bytes => text += &format!("; {metric} is not known"),
                None => {}
            }
        }
    }
    text
}

/// Text that can break neither the line nor what begins behind its bar.
pub(super) fn one_line(text: &str) -> String {
    clean(text).replace('|', "/")
}
