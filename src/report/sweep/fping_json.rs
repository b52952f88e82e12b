//! fping's own JSON (`-J` under its name; doc/fping-json.md of fping 5.5, which calls it alpha): one object a line.
//!
//! Times are milliseconds as its text shows them. Names are escaped, which fping does not do.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use super::figures::{Loss, Tm};
use super::roster::Name;
use super::{Failed, Report, Run, Style, icmp};
use crate::clock::{WallTime, as_ns};
use crate::report::Names;
use crate::report::lines::to_writer;
use crate::report::local_time::Stamp;
use crate::sweep::{NoReply, Note, Reply, ReplyKind, Sweep, Totals};

/// The report.
pub struct FpingJson<'w> {
    run: Arc<Run>,
    style: Style,
    out: Box<dyn Write + 'w>,
    err: Box<dyn Write + 'w>,
}

impl<'w> FpingJson<'w> {
    /// A report of this run.
    #[must_use]
    pub fn new(run: Arc<Run>, style: Style, out: Box<dyn Write + 'w>, err: Box<dyn Write + 'w>) -> Self {
        FpingJson { run, style, out, err }
    }

    fn stamp(&self, at: WallTime) -> String {
        self.style.timestamps.map_or_else(String::new, |format| format!("\"timestamp\": \"{}\", ", Stamp(at, format)))
    }

    fn reply(&mut self, r: &Reply) -> io::Result<()> {
        let is_answer = matches!(r.kind, ReplyKind::Good | ReplyKind::Corrupt { .. });
        if !self.style.shown.replies || !is_answer {
            return Ok(());
        }
        let (host, stamp) = (quoted(self.run.roster.shown(r.host)), self.stamp(r.at));
        let number = self.run.fping_number(r.number);
        write!(self.out, "{{\"resp\": {{{stamp}\"host\": {host}, \"seq\": {number}, \"size\": {}", r.bytes)?;
        write!(self.out, ", \"rtt\": {}", Tm(r.rtt.time))?;
        if let Some((far, _)) = r.far {
            let came = r.at.as_ns().div_euclid(1_000_000).rem_euclid(86_400_000);
            let (originate, receive, transmit) = (far.originate_ms, far.receive_ms, far.transmit_ms);
            write!(self.out, ", \"timestamps\": {{\"originate\": {originate}, \"receive\": {receive}, ")?;
            write!(self.out, "\"transmit\": {transmit}, \"localreceive\": {came}}}")?;
        }
        if self.style.print_reply_dst {
            let to = r.to.map_or_else(|| "unknown".to_owned(), |to| to.to_string());
            write!(self.out, ", \"replyDst\": \"{to}\"")?;
        }
        if self.style.print_tos {
            write!(self.out, ", \"tos\": {}", r.tos.map_or(-1, i32::from))?;
        }
        if self.style.print_ttl {
            write!(self.out, ", \"ttl\": {}", r.ttl.map_or(-1, |ttl| i32::from(ttl.0)))?;
        }
        writeln!(self.out, "}}}}")
    }

    /// The figures of a host, from behind its name to the end of the line.
    fn figures(&mut self, settled: u64, received: u64, times: Option<[Duration; 3]>) -> io::Result<()> {
        let loss = Loss { settled, received, whole: true };
        write!(self.out, "\"xmt\": {settled}, \"rcv\": {received}, \"loss\": {loss}")?;
        if self.style.outage {
            let lost = u128::from(settled.saturating_sub(received));
            write!(self.out, ", \"outage(ms)\": {}", lost * u128::from(as_ns(self.run.period)) / 1_000_000)?;
        }
        if let Some([min, mean, max]) = times {
            write!(self.out, ", \"rttMin\": {}, \"rttAvg\": {}, \"rttMax\": {}", Tm(min), Tm(mean), Tm(max))?;
        }
        writeln!(self.out, "}}}}")
    }
}

impl Report for FpingJson<'_> {
    fn failed(&mut self, failed: &Failed) -> io::Result<()> {
        if !self.style.shown.quiet {
            writeln!(self.err, "{}: {}", crate::report::clean(&failed.operand), failed.reason)?;
        }
        let (target, reason) = (quoted(Name::Text(&failed.operand)), quoted(Name::Text(&failed.reason)));
        writeln!(self.out, "{{\"warning\": {{\"host\": {target}, \"message\": {reason}}}}}")
    }

    fn note(&mut self, note: &Note, _: &dyn Names) -> io::Result<()> {
        match note {
            Note::Reply(r) => self.reply(r),
            Note::NoReply { host, number, at, why, .. } => {
                let name = self.run.roster.shown(*host);
                if let (NoReply::Error { from, error, .. }, false) = (why, self.style.shown.quiet) {
                    writeln!(self.err, "{}", icmp::line(error, *from, name))?;
                }
                let times_out = matches!(why, NoReply::Lost | NoReply::Error { late: false, .. });
                if !self.style.shown.replies || !times_out {
                    return Ok(());
                }
                let (host, stamp, number) = (quoted(name), self.stamp(*at), self.run.fping_number(*number));
                writeln!(self.out, "{{\"timeout\": {{{stamp}\"host\": {host}, \"seq\": {number}}}}}")
            }
            _ => Ok(()),
        }
    }

    fn interval(&mut self, sweep: &Sweep, at: WallTime) -> io::Result<()> {
        let run = Arc::clone(&self.run);
        for host in sweep.hosts() {
            let Some(summary) = sweep.summary(host) else { continue };
            let time = at.as_ns().div_euclid(1_000_000_000);
            write!(self.out, "{{\"intSum\": {{\"time\": {time},\"host\": {}, ", quoted(run.roster.shown(host)))?;
            if run.cumulative {
                let times = summary.rtt.map(|rtt| [rtt.min, rtt.mean, rtt.max]);
                self.figures(summary.so_far.settled, summary.so_far.received, times)?;
            } else {
                let interval = sweep.interval(host);
                let times = interval.times().map(|(min, mean, max)| [min, mean, max]);
                self.figures(interval.settled, interval.received(), times)?;
            }
        }
        self.out.flush()
    }

    fn finish(&mut self, sweep: &Sweep, t: &Totals) -> io::Result<()> {
        let run = Arc::clone(&self.run);
        for host in sweep.hosts() {
            let Some(summary) = sweep.summary(host) else { continue };
            let name = quoted(run.roster.shown(host));
            if self.style.every_time {
                let settled = usize::try_from(summary.so_far.settled).unwrap_or(usize::MAX);
                let time = |time: Option<Duration>| time.map_or_else(|| "null".to_owned(), |time| Tm(time).to_string());
                let times: Vec<String> = sweep.times(host).take(settled).map(time).collect();
                writeln!(self.out, "{{\"vSum\": {{\"host\": {name}, \"values\": [{}]}}}}", times.join(", "))?;
                continue;
            }
            write!(self.out, "{{\"summary\": {{\"host\": {name}, ")?;
            let times = summary.rtt.map(|rtt| [rtt.min, rtt.mean, rtt.max]);
            self.figures(summary.so_far.settled, summary.so_far.received, times)?;
        }
        if self.style.stats {
            let other: u64 = t.redirects + t.errors.iter().map(|kind| kind.count).sum::<u64>();
            let [min, mean, max] = t.rtt.map_or([Duration::ZERO; 3], |rtt| [rtt.min, rtt.mean, rtt.max]);
            let unreachable = t.hosts.saturating_sub(t.alive);
            write!(self.out, "{{\"stats\": {{\"targets\": {}, \"alive\": {}, ", t.hosts, t.alive)?;
            write!(self.out, "\"unreachable\": {unreachable}, \"unknownAddresses\": {}, ", run.unknown)?;
            write!(self.out, "\"timeouts\": {}, \"icmpEchosSent\": {}, ", t.timeouts, t.counters.attempted)?;
            write!(self.out, "\"icmpEchoRepliesReceived\": {}, \"otherIcmpReceived\": {other}, ", t.replies)?;
            write!(self.out, "\"rttMin\": {}, \"rttAvg\": {}, \"rttMax\": {}, ", Tm(min), Tm(mean), Tm(max))?;
            writeln!(self.out, "\"elapsed\": {:.3}}}}}", t.took.as_secs_f64())?;
        }
        if let Some(enough) = self.style.enough {
            let verdict = if t.alive >= enough { "Enough" } else { "Not enough" };
            writeln!(self.out, "{verdict} hosts reachable (required: {enough}, reachable: {})", t.alive)?;
        }
        self.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()?;
        self.err.flush()
    }
}

/// A text as a JSON string.
fn quoted(name: Name<'_>) -> String {
    let mut text = Vec::new();
    // Writing to a vector does not fail.
    let _ = to_writer(&mut text, &name.to_string());
    String::from_utf8_lossy(&text).into_owned()
}
