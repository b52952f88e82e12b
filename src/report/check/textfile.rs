//! A file for the textfile collector of Prometheus' node_exporter (text format 0.0.4).
//!
//! Base units: seconds, ratios, bytes. A series never vanishes: what is not known is `NaN`, so that a host that is down
//! keeps its series and `absent()` means that the check itself has stopped.

use std::fmt::Write;

use super::Checked;
use crate::check::{Fate, Metric, Unit};
use crate::clock::WallTime;

/// Of a metric: its series' name, and what it says.
const SERIES: [(Metric, &str, &str); 20] = [
    (Metric::RttMin, "rcheck_rtt_min_seconds", "Smallest round-trip time."),
    (Metric::RttAvg, "rcheck_rtt_avg_seconds", "Mean round-trip time."),
    (Metric::RttMedian, "rcheck_rtt_median_seconds", "Median round-trip time."),
    (Metric::RttMax, "rcheck_rtt_max_seconds", "Largest round-trip time."),
    (Metric::RttP90, "rcheck_rtt_p90_seconds", "90th percentile of round-trip times."),
    (Metric::RttP95, "rcheck_rtt_p95_seconds", "95th percentile of round-trip times."),
    (Metric::RttP99, "rcheck_rtt_p99_seconds", "99th percentile of round-trip times."),
    (Metric::RttMdev, "rcheck_rtt_mdev_seconds", "Standard deviation of round-trip times."),
    (Metric::Loss, "rcheck_loss_ratio", "Share of probes that were not answered."),
    (Metric::LossBurst, "rcheck_loss_burst_packets", "Longest run of losses."),
    (Metric::JitterMean, "rcheck_jitter_mean_seconds", "Mean difference of successive round-trip times."),
    (Metric::JitterRfc3550, "rcheck_jitter_rfc3550_seconds", "Interarrival jitter (RFC 3550) of round trips."),
    (Metric::PdvP99, "rcheck_pdv_p99_seconds", "99th percentile of time above the smallest (RFC 5481)."),
    (Metric::MosSlac, "rcheck_mos_slac", "Mean opinion score by SLAC's recipe."),
    (Metric::MosG107, "rcheck_mos_g107", "Mean opinion score by ITU-T G.107."),
    (Metric::Score, "rcheck_score", "R of SLAC's recipe, 0 to 93.2."),
    (Metric::Duplicates, "rcheck_duplicates", "Further answers to answered probes."),
    (Metric::Reordered, "rcheck_reordered", "Answers that came after a later probe's (RFC 4737)."),
    (Metric::Ttl, "rcheck_ttl", "Smallest hop limit that an answer arrived with."),
    (Metric::Pmtu, "rcheck_pmtu_bytes", "Largest packet that passes in one piece; NaN where it was not searched."),
];

/// The file's text; `finished` is when the run ended.
#[must_use]
pub fn textfile(hosts: &[Checked], finished: WallTime) -> String {
    let mut text = String::new();
    let mut series = |name: &str, help: &str, value: &dyn Fn(&Checked) -> f64| {
        // Writing to a string does not fail.
        let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n");
        for host in hosts {
            let _ = writeln!(text, "{name}{{{}}} {}", labels(host), number(value(host)));
        }
    };
    series("rcheck_state", "The verdict: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.", &|host| {
        f64::from(host.verdict.state.code())
    });
    series("rcheck_sent_packets", "Probes that were sent.", &|host| host.samples.sent() as f64);
    series("rcheck_received_packets", "Probes that were answered.", &|host| host.samples.received() as f64);
    series("rcheck_error_packets", "Probes that were answered by an ICMP error.", &|host| {
        host.samples.count(Fate::Refused) as f64
    });
    for (metric, name, help) in SERIES {
        let base = match metric.unit() {
            Unit::Time => 1e9,
            Unit::Percent => 100.0,
            Unit::Plain | Unit::Bytes => 1.0,
        };
        series(name, help, &|host| host.figures.get(metric).map_or(f64::NAN, |value| value / base));
    }
    let at = finished.as_ns() as f64 / 1e9;
    let (name, help) = ("rcheck_last_run_timestamp_seconds", "When this file was written.");
    let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {at:.3}\n");
    text
}

fn labels(host: &Checked) -> String {
    let address = host.address.map_or_else(String::new, |address| address.to_string());
    let port = host.method.port().map_or_else(String::new, |port| port.to_string());
    let labels = [
        ("target", host.target.as_str()),
        ("name", &host.name),
        ("address", &address),
        ("method", host.method.name()),
        ("port", &port),
    ];
    let written = labels.map(|(label, value)| format!("{label}=\"{}\"", escaped(value)));
    written.join(",")
}

/// A label's value: backslash, quote and line break escaped.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn number(value: f64) -> String {
    if value.is_nan() { "NaN".to_owned() } else { value.to_string() }
}
