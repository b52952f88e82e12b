//! A row for each host: at the end, at each interval, and whenever somebody asks.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use super::Text;
use crate::clock::{WallTime, as_ns};
use crate::probe::TargetId;
use crate::report::local_time::Clock;
use crate::report::sweep::figures::{Loss, Tm};
use crate::sweep::Sweep;

/// Which percentiles are shown.
const PERCENTILES: [f64; 4] = [50.0, 90.0, 95.0, 99.0];

/// What a row tells.
struct Row {
    settled: u64,
    received: u64,
    times: Option<(Duration, Duration, Duration)>,
}

impl Text<'_> {
    /// The hosts that have not answered, in their order.
    pub(super) fn unreachable(&mut self, sweep: &Sweep) -> io::Result<()> {
        let shown = self.style.shown;
        if !shown.verdicts && !shown.unreachable {
            return Ok(());
        }
        let run = Arc::clone(&self.run);
        for host in sweep.hosts().filter(|host| sweep.summary(*host).is_some_and(|s| !s.alive)) {
            let verdict = if shown.verdicts { " is unreachable" } else { "" };
            writeln!(self.out, "{}{verdict}", run.roster.shown(host))?;
        }
        Ok(())
    }

    /// The summaries of count and loop mode.
    pub(super) fn rows(&mut self, sweep: &Sweep) -> io::Result<()> {
        if self.style.shown.replies {
            writeln!(self.err)?;
        }
        for host in sweep.hosts() {
            let Some(summary) = sweep.summary(host) else { continue };
            self.begin(host)?;
            if self.style.every_time {
                let settled = usize::try_from(summary.so_far.settled).unwrap_or(usize::MAX);
                for time in sweep.times(host).take(settled) {
                    match time {
                        Some(time) => write!(self.err, " {}", Tm(time))?,
                        None => self.err.write_all(b" -")?,
                    }
                }
                writeln!(self.err)?;
                continue;
            }
            let times = summary.rtt.map(|rtt| (rtt.min, rtt.mean, rtt.max));
            let so_far = summary.so_far;
            self.row(&Row { settled: so_far.settled, received: so_far.received, times })?;
            let late = summary.counters.late;
            if late > 0 && !self.style.fping {
                write!(self.err, ", late = {late}")?;
            }
            if self.style.percentiles {
                self.percentiles(|p| sweep.percentile(host, p))?;
            }
            writeln!(self.err)?;
        }
        Ok(())
    }

    /// The figures of an interval, or of the run so far.
    pub(super) fn splits(&mut self, sweep: &Sweep, at: WallTime, cumulative: bool) -> io::Result<()> {
        self.out.flush()?;
        if self.style.shown.replies || self.style.shown.verdicts {
            writeln!(self.err)?;
        }
        writeln!(self.err, "[{}]", Clock(at))?;
        for host in sweep.hosts() {
            let Some(summary) = sweep.summary(host) else { continue };
            let row = if cumulative {
                let (so_far, rtt) = (summary.so_far, summary.rtt);
                let times = rtt.map(|rtt| (rtt.min, rtt.mean, rtt.max));
                Row { settled: so_far.settled, received: so_far.received, times }
            } else {
                let interval = sweep.interval(host);
                Row { settled: interval.settled, received: interval.received(), times: interval.times() }
            };
            self.begin(host)?;
            self.row(&row)?;
            writeln!(self.err)?;
        }
        self.err.flush()
    }

    fn begin(&mut self, host: TargetId) -> io::Result<()> {
        let (name, width) = (self.run.roster.shown(host), self.run.roster.width());
        write!(self.err, "{name:<width$} :")
    }

    fn row(&mut self, row: &Row) -> io::Result<()> {
        let Row { settled, received, times } = *row;
        let loss = Loss { settled, received, whole: self.style.fping };
        write!(self.err, " xmt/rcv/%loss = {settled}/{received}/{loss}%")?;
        if self.style.outage {
            let period = as_ns(self.run.period);
            let outage = u128::from(settled.saturating_sub(received)) * u128::from(period) / 1_000_000;
            write!(self.err, ", outage(ms) = {outage}")?;
        }
        if let Some((min, mean, max)) = times {
            write!(self.err, ", min/avg/max = {}/{}/{}", Tm(min), Tm(mean), Tm(max))?;
        }
        Ok(())
    }

    /// Percentiles behind a row, where there are any.
    pub(super) fn percentiles(&mut self, of: impl Fn(f64) -> Option<Duration>) -> io::Result<()> {
        let values: Vec<String> = PERCENTILES.iter().filter_map(|p| of(*p)).map(|time| Tm(time).to_string()).collect();
        if values.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = PERCENTILES.iter().map(|p| format!("p{p}")).collect();
        write!(self.err, ", {} = {}", names.join("/"), values.join("/"))
    }
}
