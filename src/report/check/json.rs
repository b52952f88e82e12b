//! The `verdict` event: one JSON object a host, with every metric, every threshold and why.
//!
//! Times are whole nanoseconds, loss is a ratio from 0 to 1 as in rping's summaries, and what is not known is `null`.

use std::io::{self, Write};

use serde::Serialize;

use super::Checked;
use super::figure::why;
use super::unreachable::words;
use crate::check::{Fate, Metric, Reason, Refusal, Unit};
use crate::clock::as_ns;
use crate::report::lines::Lines;
use crate::report::times::Clocks;
use crate::wire::icmp::IcmpError;

/// The JSON Lines report.
pub struct Json<'w> {
    lines: Lines<'w>,
}

#[derive(Serialize)]
struct Body<'a> {
    target: &'a str,
    name: &'a str,
    address: Option<String>,
    method: &'a str,
    port: Option<u16>,
    state: &'a str,
    reason: Option<String>,
    attempted: u64,
    not_sent: u64,
    sent: u64,
    received: u64,
    late: u64,
    lost: u64,
    errors: u64,
    in_flight: u64,
    duplicates: Option<u64>,
    corrupt: u64,
    reordered: Option<u64>,
    loss: Option<f64>,
    loss_burst: Option<u64>,
    rtt: Rtt,
    jitter_mean_ns: Option<u64>,
    jitter_rfc3550_ns: Option<u64>,
    pdv_p99_ns: Option<u64>,
    mos_slac: Option<f64>,
    mos_g107: Option<f64>,
    score: Option<f64>,
    ttl: Option<u64>,
    hops: Option<u64>,
    pmtu: Option<u64>,
    clocks: Clocks,
    error: Option<Error>,
    thresholds: Vec<Threshold<'a>>,
    took_ns: u64,
}

#[derive(Serialize)]
struct Rtt {
    count: u64,
    min_ns: Option<u64>,
    avg_ns: Option<u64>,
    median_ns: Option<u64>,
    max_ns: Option<u64>,
    p90_ns: Option<u64>,
    p95_ns: Option<u64>,
    p99_ns: Option<u64>,
    mdev_ns: Option<u64>,
}

#[derive(Serialize)]
struct Error {
    from: String,
    #[serde(rename = "type")]
    ty: Option<u8>,
    code: Option<u8>,
    text: String,
}

#[derive(Serialize)]
struct Threshold<'a> {
    metric: &'a str,
    severity: &'a str,
    text: &'a str,
    unit: &'a str,
    value: Option<f64>,
    state: &'a str,
    why: Option<String>,
}

impl<'w> Json<'w> {
    /// To `out`.
    #[must_use]
    pub fn new(out: Box<dyn Write + 'w>) -> Self {
        Json { lines: Lines::new(out) }
    }

    /// The verdict on one host.
    ///
    /// # Errors
    /// The writer's.
    pub fn verdict(&mut self, host: &Checked) -> io::Result<()> {
        self.lines.write("verdict", host.at.as_ns(), Body::of(host))
    }
}

impl<'a> Body<'a> {
    fn of(host: &'a Checked) -> Self {
        let (samples, figures) = (&host.samples, &host.figures);
        let whole = |metric| figures.get(metric).map(|value| value as u64);
        Body {
            target: &host.target,
            name: &host.name,
            address: host.address.map(|address| match &host.zone {
                Some(zone) => format!("{address}%{zone}"),
                None => address.to_string(),
            }),
            method: host.method.name(),
            port: host.method.port().map(|port| port.0),
            state: host.verdict.state.name(),
            reason: reason(host),
            attempted: samples.fates.len() as u64,
            not_sent: samples.count(Fate::NotSent),
            sent: samples.sent(),
            received: samples.received(),
            late: samples.late,
            lost: samples.count(Fate::Lost),
            errors: samples.count(Fate::Refused),
            in_flight: samples.count(Fate::InFlight),
            duplicates: whole(Metric::Duplicates),
            corrupt: samples.corrupt,
            reordered: whole(Metric::Reordered),
            loss: figures.get(Metric::Loss).map(|percent| percent / 100.0),
            loss_burst: whole(Metric::LossBurst),
            rtt: Rtt {
                count: samples.rtts.len() as u64,
                min_ns: whole(Metric::RttMin),
                avg_ns: whole(Metric::RttAvg),
                median_ns: whole(Metric::RttMedian),
                max_ns: whole(Metric::RttMax),
                p90_ns: whole(Metric::RttP90),
                p95_ns: whole(Metric::RttP95),
                p99_ns: whole(Metric::RttP99),
                mdev_ns: whole(Metric::RttMdev),
            },
            jitter_mean_ns: whole(Metric::JitterMean),
            jitter_rfc3550_ns: whole(Metric::JitterRfc3550),
            pdv_p99_ns: whole(Metric::PdvP99),
            mos_slac: figures.get(Metric::MosSlac),
            mos_g107: figures.get(Metric::MosG107),
            score: figures.get(Metric::Score),
            ttl: whole(Metric::Ttl),
            hops: whole(Metric::Hops),
            pmtu: whole(Metric::Pmtu),
            clocks: Clocks::new(samples.clocks),
            error: samples.unreachable.map(|seen| Error {
                from: seen.from.to_string(),
                ty: icmp(&seen.what).map(|error| error.ty),
                code: icmp(&seen.what).map(|error| error.code),
                text: words(&seen.what),
            }),
            thresholds: thresholds(host),
            took_ns: as_ns(host.took),
        }
    }
}

fn icmp(what: &Refusal) -> Option<&IcmpError> {
    match what {
        Refusal::Icmp(error) => Some(error),
        Refusal::Reset => None,
    }
}

fn reason(host: &Checked) -> Option<String> {
    let told = match host.verdict.reason {
        Some(Reason::NoAnswer) => Some("no answer".to_owned()),
        Some(Reason::NotSent(errno)) => Some(format!("nothing was sent: {errno}")),
        Some(Reason::NothingKnown) => Some("ended before anything was known".to_owned()),
        Some(Reason::Interrupted) | None => None,
    };
    host.problem.clone().or(told).or_else(|| host.cut.clone())
}

fn thresholds(host: &Checked) -> Vec<Threshold<'_>> {
    let all = host.thresholds.iter().zip(&host.verdict.findings);
    let told = all.map(|(threshold, finding)| {
        let metric = threshold.metric;
        Threshold {
            metric: metric.name(),
            severity: match threshold.severity {
                crate::check::Severity::Warning => "warning",
                crate::check::Severity::Critical => "critical",
            },
            text: &threshold.text,
            unit: match metric.unit() {
                Unit::Time => "ns",
                Unit::Percent => "%",
                Unit::Bytes => "bytes",
                Unit::Plain => "",
            },
            value: finding.value,
            state: finding.state.name(),
            why: finding
                .value
                .filter(|value| threshold.rule.alerts(*value))
                .map(|value| why(metric, &threshold.rule, value)),
        }
    });
    told.collect()
}
