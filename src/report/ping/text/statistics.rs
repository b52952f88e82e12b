//! The block at the end of a target: iputils' two lines, and between them what it has no words for.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::time::Duration;

use super::trouble::seconds;
use super::{Text, Tone};
use crate::clock::{ClockSource, as_ns};
use crate::ping::Summary;
use crate::report::clean;
use crate::report::number::{Ms, percent_lost};

const CLOCKS: [ClockSource; 4] = [ClockSource::Nic, ClockSource::Kernel, ClockSource::KernelRx, ClockSource::User];

impl Text<'_> {
    pub(super) fn statistics(&mut self, s: &Summary) -> io::Result<()> {
        let Some(title) = self.run.host(s.target).map(|h| clean(h.title()).into_owned()) else { return Ok(()) };
        self.dots.flush(&mut self.out)?;
        self.out.write_all(b"\n")?;
        self.say(Some(s.target), Tone::Plain, &format!("--- {title} ping statistics ---"))?;
        let counts = self.counts(s);
        self.say(Some(s.target), Tone::Plain, &counts)?;
        if !self.style.peer {
            for line in self.remarks(s) {
                self.say(Some(s.target), Tone::Plain, &line)?;
            }
        }
        let last = self.rtt_line(s);
        if last.is_empty() && self.run.several {
            return Ok(());
        }
        self.say(Some(s.target), Tone::Plain, &last)
    }

    /// Probes transmitted, and those that the loss figure is of. Under `ping`'s name a probe that could not be sent
    /// counts as transmitted and lost, as there; otherwise it is neither. What is in flight is never lost.
    pub(super) fn denominators(&self, s: &Summary) -> (u64, u64) {
        let transmitted = if self.style.peer { s.counters.attempted } else { s.counters.sent };
        (transmitted, transmitted.saturating_sub(s.counters.in_flight))
    }

    fn counts(&self, s: &Summary) -> String {
        let c = &s.counters;
        let (transmitted, settled) = self.denominators(s);
        let mut line = format!("{transmitted} packets transmitted, {} received", c.received());
        for (n, what) in [(c.duplicates, "duplicates"), (c.corrupt, "corrupted"), (c.errors, "errors")] {
            if n > 0 {
                let _ = write!(line, ", +{n} {what}");
            }
        }
        if transmitted > 0 {
            let ms = as_ns(s.sending).saturating_add(500_000) / 1_000_000;
            let _ = write!(line, ", {}% packet loss, time {ms}ms", percent_lost(settled, c.received()));
        }
        line
    }

    /// What is said only where it is so.
    fn remarks(&self, s: &Summary) -> Vec<String> {
        let c = &s.counters;
        let mut lines = Vec::new();
        let mut count = |n: u64, text: &str| {
            if n > 0 {
                lines.push(format!("{n} {text}"));
            }
        };
        count(c.in_flight, "in flight, neither answered nor lost");
        count(c.late, "late, answered after the time-out");
        count(c.truncated, "truncated");
        count(c.reordered, "reordered");
        count(c.foreign, "foreign, not answers to these probes");
        if c.not_sent > 0 {
            lines.push(format!("{} not sent{}", c.not_sent, self.reasons(s)));
        }
        if s.dropped > 0 {
            lines.push(format!("{} dropped by our own socket for want of room", s.dropped));
        }
        if s.skipped > 0 {
            lines.push(format!("{} skipped, too late for the schedule", s.skipped));
        }
        if self.trouble.steps > 0 {
            let times =
                if self.trouble.steps == 1 { "once".to_owned() } else { format!("{} times", self.trouble.steps) };
            lines.push(format!("wall clock set {times}, by {} s in all", seconds(self.trouble.stepped_ns)));
        }
        if s.loss_runs.longest() > 1 {
            let runs = s.loss_runs.runs();
            let of = if runs > 1 { format!(" (of {runs} runs)") } else { String::new() };
            lines.push(format!("longest run of losses {}{of}", s.loss_runs.longest()));
        }
        if s.clocks.iter().filter(|&&n| n > 0).count() > 1 {
            let used =
                CLOCKS.iter().zip(s.clocks).filter(|&(_, n)| n > 0).map(|(clock, n)| format!("{} {n}", clock.name()));
            lines.push(format!("rtt by clock: {}", used.collect::<Vec<_>>().join(", ")));
        }
        if self.run.sample.is_some_and(|one_in| one_in > 1) && s.rtt.count() > 0 {
            lines.push(format!("rtt of {} probes, stamped by the kernel", s.rtt.count()));
        }
        lines.extend(percentiles(s));
        lines
    }

    /// " (Network is unreachable 3, Operation not permitted 1)".
    fn reasons(&self, s: &Summary) -> String {
        let by_errno = self.trouble.refusals(s.target).map(|r| r.by_errno.as_slice()).unwrap_or_default();
        match by_errno {
            [] => String::new(),
            [(errno, _)] => format!(" ({errno})"),
            several => {
                let all: Vec<String> = several.iter().map(|(errno, n)| format!("{errno} {n}")).collect();
                format!(" ({})", all.join(", "))
            }
        }
    }

    /// The last line: empty where iputils' is.
    fn rtt_line(&self, s: &Summary) -> String {
        let mut parts = Vec::new();
        let r = &s.rtt;
        if let (Some(min), Some(avg), Some(max), Some(mdev)) = (r.min(), r.mean(), r.max(), r.mdev()) {
            parts.push(format!("rtt min/avg/max/mdev = {}/{}/{}/{} ms", Ms(min), Ms(avg), Ms(max), Ms(mdev)));
        }
        if s.pipe > 1 {
            parts.push(format!("pipe {}", s.pipe));
        }
        let (transmitted, _) = self.denominators(s);
        if let (Some(ewma), true) = (r.ewma(), self.run.reply_driven && transmitted > 1) {
            let gap = as_ns(s.sending) / (transmitted - 1);
            parts.push(format!("ipg/ewma {}/{} ms", Ms(Duration::from_nanos(gap)), Ms(ewma)));
        }
        parts.join(", ")
    }
}

/// The line of `--percentiles`.
fn percentiles(s: &Summary) -> Option<String> {
    let at = |p| s.rtt.percentile(p).map(Ms);
    let (p50, p90, p95, p99) = (at(50.0)?, at(90.0)?, at(95.0)?, at(99.0)?);
    let mut line = format!("p50/p90/p95/p99 = {p50}/{p90}/{p95}/{p99} ms");
    for (name, value) in
        [("jitter_mean", s.rtt.jitter_mean()), ("jitter_rfc3550", s.rtt.jitter_rfc3550()), ("pdv_p99", s.rtt.pdv_p99())]
    {
        if let Some(value) = value {
            let _ = write!(line, ", {name} {} ms", Ms(value));
        }
    }
    Some(line)
}
