//! The line of `check_icmp` 2.4: `OK - host rta 0.036ms lost 0%|rta=0.036ms;200.000;500.000;0; …`.
//!
//! Shape, order and labels are the plugin's. What it gets wrong in some releases is right: loss is what was lost, times are
//! milliseconds with decimals, thresholds are printed always, and an unknown value is `U` with its label in place.

use std::time::Duration;

use super::Checked;
use super::figure::short;
use super::perfdata::{self, Datum, Value};
use super::plugin::one_line;
use super::unreachable::words;
use crate::check::{Metric, Reason, Rule, Severity, State};
use crate::report::number::Ms;

/// What the line tells of: `-R`, `-P`, `-J`, `-M`, `-S`, `-O`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // each by its letter
pub struct Modes {
    pub rta: bool,
    pub loss: bool,
    pub jitter: bool,
    pub mos: bool,
    pub score: bool,
    pub order: bool,
}

impl Modes {
    /// Without any of them: latency and loss.
    pub const DEFAULT: Modes = Modes { rta: true, loss: true, jitter: false, mos: false, score: false, order: false };

    /// None chosen.
    pub const NONE: Modes = Modes { rta: false, loss: false, ..Modes::DEFAULT };

    fn metrics(self) -> impl Iterator<Item = Metric> {
        let all = [
            (self.rta, Metric::RttAvg),
            (self.loss, Metric::Loss),
            (self.jitter, Metric::JitterMean),
            (self.mos, Metric::MosSlac),
            (self.score, Metric::Score),
            (self.order, Metric::Reordered),
        ];
        all.into_iter().filter(|(on, _)| *on).map(|(_, metric)| metric)
    }
}

/// The line, without its line break.
#[must_use]
pub fn icmp_line(state: State, hosts: &[Checked], modes: Modes) -> String {
    let several = hosts.len() > 1;
    let texts: Vec<String> = hosts.iter().map(|host| text(state, host, modes)).collect();
    let mut data = String::new();
    hosts.iter().for_each(|host| append(&mut data, host, modes, several));
    let bar = if data.is_empty() { "" } else { "|" };
    format!("{} - {}{bar}{data}", state.word(), texts.join(" :: "))
}

/// The line of `check_host` at the first answer.
#[must_use]
pub fn first_answer(host: &Checked, packets: u64) -> String {
    let rta = host.figures.time(Metric::RttAvg).map_or_else(|| "U".to_owned(), |rta| Ms(rta).to_string());
    let received = host.samples.received();
    let [warning, critical] =
        [Severity::Warning, Severity::Critical].map(|of| perfdata::threshold(host, Metric::RttAvg, of));
    format!(
        "OK - {} responds to ICMP. Packet {received}, rta {rta}ms|pkt={received};;;0;{packets} \
         rta={rta};{warning};{critical};;",
        one_line(&host.name)
    )
}

fn text(state: State, host: &Checked, modes: Modes) -> String {
    let name = one_line(&host.name);
    if let Some(problem) = &host.problem {
        return format!("{name}: {}", one_line(problem));
    }
    match host.verdict.reason {
        Some(Reason::NoAnswer) => {
            return match &host.samples.unreachable {
                Some(seen) => format!("{name}: {} @ {}. rta nan, lost 100%", words(&seen.what), seen.from),
                None => format!("{name}: rta nan, lost 100%"),
            };
        }
        Some(Reason::NotSent(errno)) => return format!("{name}: nothing was sent: {errno}"),
        Some(Reason::NothingKnown) => return format!("{name}: ended before anything was known"),
        Some(Reason::Interrupted) => {
            return format!("{name}: {}", one_line(host.cut.as_deref().unwrap_or("interrupted")));
        }
        None => {}
    }
    let parts: Vec<String> = modes.metrics().filter_map(|metric| part(state, host, metric)).collect();
    format!("{name}{}", parts.concat())
}

/// One figure; where the whole is not OK, only of what alerts as badly.
fn part(state: State, host: &Checked, metric: Metric) -> Option<String> {
    let value = host.figures.get(metric);
    let shown = value.map_or_else(|| "nan".to_owned(), |value| number(metric, value));
    if state == State::Ok {
        return Some(match metric {
            Metric::Reordered if value > Some(0.0) => " Packets out of order".to_owned(),
            Metric::Reordered => " Packets in order".to_owned(),
            _ => format!(" {} {shown}", word(metric)),
        });
    }
    let findings = host.thresholds.iter().zip(&host.verdict.findings);
    let (threshold, _) = findings.rev().find(|(t, f)| t.metric == metric && f.state == state)?;
    let (sign, limit) = match threshold.rule {
        Rule::SinksTo(limit) => ("<", limit),
        Rule::Reaches(limit) | Rule::Expect(_, limit) => (">", limit),
        Rule::Range(range) => (">", range.end),
    };
    Some(match metric {
        Metric::Reordered => " Packets out of order".to_owned(),
        _ => format!(" {} {shown} {sign} {}", word(metric), number(metric, limit)),
    })
}

const fn word(metric: Metric) -> &'static str {
    match metric {
        Metric::RttAvg => "rta",
        Metric::Loss => "lost",
        Metric::JitterMean => "jitter",
        Metric::MosSlac => "MOS",
        _ => "Score",
    }
}

fn number(metric: Metric, value: f64) -> String {
    match metric {
        Metric::RttAvg | Metric::JitterMean => format!("{:.3}ms", value / 1e6),
        Metric::Loss => format!("{}%", short(value, 2)),
        Metric::MosSlac => format!("{value:.1}"),
        // The plugin cuts decimals off.
        _ => format!("{}", value.trunc()),
    }
}

fn append(data: &mut String, host: &Checked, modes: Modes, several: bool) {
    let extra = |label: &'static str, time: Option<Duration>| Datum {
        prefix: perfdata::prefix(host, several),
        label,
        value: time.map(|time| Value::Text(Ms(time).to_string())),
        uom: "ms",
        warning: None,
        critical: None,
        min: "",
        max: "",
    };
    for metric in modes.metrics() {
        if metric == Metric::Reordered {
            continue;
        }
        let mut datum = perfdata::metric(host, metric, several);
        if matches!(metric, Metric::MosSlac | Metric::Score) {
            datum.value = host.figures.get(metric).map(|value| Value::Text(number(metric, value)));
        }
        datum.append(data);
        match metric {
            Metric::RttAvg => {
                extra("rtmax", host.figures.time(Metric::RttMax)).append(data);
                extra("rtmin", host.figures.time(Metric::RttMin)).append(data);
            }
            Metric::JitterMean => {
                let (max, min) = host.figures.jitter_extremes.unzip();
                extra("jitter_max", max).append(data);
                extra("jitter_min", min).append(data);
            }
            _ => {}
        }
    }
}
