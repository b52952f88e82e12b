//! The line of `check_ping`: `PING OK - Packet loss = 0%, RTA = 0.02 ms|rta=0.019000ms;100.000000;200.000000;0.000000 …`.
//!
//! An ICMP error has a line of its own there, without performance data.

use super::Checked;
use super::figure::short;
use super::plugin::one_line;
use crate::check::{Metric, Reason, Refusal, Rule, Severity};
use crate::units::Family;

/// One host's line, without its line break.
#[must_use]
pub fn ping_line(host: &Checked) -> String {
    let state = host.verdict.state;
    let name = one_line(&host.name);
    if let Some(problem) = &host.problem {
        return format!("{} - {}: {name}", state.word(), one_line(problem));
    }
    match host.verdict.reason {
        Some(Reason::Interrupted) => {
            return format!("PING {} - {}", state.word(), one_line(host.cut.as_deref().unwrap_or("interrupted")));
        }
        Some(Reason::NotSent(errno)) => return format!("{} - {errno} ({name})", state.word()),
        Some(Reason::NothingKnown) => return format!("PING {} - ended before anything was known", state.word()),
        Some(Reason::NoAnswer) => {
            if let Some(seen) = &host.samples.unreachable {
                return format!("CRITICAL - {} ({name})", words(&seen.what));
            }
        }
        None => {}
    }
    let loss = host.figures.get(Metric::Loss).unwrap_or(100.0);
    let duplicates = if host.samples.duplicates > 0 { "DUPLICATES FOUND! " } else { "" };
    let limit = |metric, severity| limit(host, metric, severity);
    let (wrta, crta) = (limit(Metric::RttAvg, Severity::Warning), limit(Metric::RttAvg, Severity::Critical));
    let (wpl, cpl) = (limit(Metric::Loss, Severity::Warning), limit(Metric::Loss, Severity::Critical));
    let ms = |ns: f64| format!("{:.6}", ns / 1e6);
    let (wrta, crta) = (ms(wrta), ms(crta));
    let loss_data = format!("pl={}%;{};{};0;", short(loss, 2), short(wpl, 2), short(cpl, 2));
    let begin = format!("PING {} - {duplicates}Packet loss = {}%", state.word(), short(loss, 2));
    match host.figures.get(Metric::RttAvg) {
        Some(rta) => {
            format!("{begin}, RTA = {:.2} ms|rta={}ms;{wrta};{crta};0.000000 {loss_data}", rta / 1e6, ms(rta))
        }
        None => format!("{begin}| rta=U;{wrta};{crta};; {loss_data}"),
    }
}

fn limit(host: &Checked, metric: Metric, severity: Severity) -> f64 {
    let found = host.thresholds.iter().find(|t| t.metric == metric && t.severity == severity);
    match found.map(|threshold| threshold.rule) {
        Some(Rule::Reaches(limit)) => limit,
        _ => 0.0,
    }
}

/// What the plugin makes of `ping`'s lines.
fn words(what: &Refusal) -> &'static str {
    let Refusal::Icmp(error) = what else { return "Connection refused" };
    match (error.family, error.ty, error.code) {
        (Family::V4, 3, 0) | (Family::V6, 1, 0) => "Network Unreachable",
        (Family::V4, 3, 1) | (Family::V6, 1, 3) => "Host Unreachable",
        (Family::V4, 3, 2) => "Bogus ICMP: Protocol Unreachable",
        (Family::V4, 3, 3) | (Family::V6, 1, 4) => "Bogus ICMP: Port Unreachable",
        (Family::V4, 3, 9) => "Network Prohibited",
        (Family::V4, 3, 10) => "Host Prohibited",
        (Family::V4, 3, 13) | (Family::V6, 1, 1) => "Packet Filtered",
        (Family::V4, 11, _) | (Family::V6, 3, _) => "Time to live exceeded",
        _ => "Destination Unreachable",
    }
}
