//! CSV: one row for each host at the end, for spreadsheets and data frames.
//!
//! Columns: `target` as typed, `address`, `alive` (true, false), the counters of a summary (`sent` to `duplicates`), `loss`
//! from 0 to 1, and round-trip times in nanoseconds. An empty field is unknown.

mod scan;

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use super::{Failed, Report, Run};
use crate::clock::{WallTime, as_ns};
use crate::report::Names;
use crate::report::clean::harmless;
use crate::sweep::{Note, Sweep, Totals};

const COLUMNS: [&str; 16] = [
    "target",
    "address",
    "alive",
    "attempted",
    "not_sent",
    "sent",
    "replied",
    "late",
    "lost",
    "errors",
    "in_flight",
    "duplicates",
    "loss",
    "min_ns",
    "avg_ns",
    "max_ns",
];

/// The CSV report.
pub struct Csv<'w> {
    run: Arc<Run>,
    out: csv::Writer<Box<dyn Write + 'w>>,
}

impl<'w> Csv<'w> {
    /// A report of this run.
    #[must_use]
    pub fn new(run: Arc<Run>, out: Box<dyn Write + 'w>) -> Self {
        Csv { run, out: csv::Writer::from_writer(out) }
    }
}

impl Report for Csv<'_> {
    fn start(&mut self) -> io::Result<()> {
        self.out.write_record(COLUMNS)?;
        self.out.flush()
    }

    fn failed(&mut self, _: &Failed) -> io::Result<()> {
        Ok(())
    }

    fn note(&mut self, _: &Note, _: &dyn Names) -> io::Result<()> {
        Ok(())
    }

    fn interval(&mut self, _: &Sweep, _: WallTime) -> io::Result<()> {
        Ok(())
    }

    fn finish(&mut self, sweep: &Sweep, _: &Totals) -> io::Result<()> {
        for host in sweep.hosts() {
            let Some(s) = sweep.summary(host) else { continue };
            let c = &s.counters;
            let ns = |time: Option<Duration>| time.map(|time| as_ns(time).to_string()).unwrap_or_default();
            self.out.write_record([
                harmless(&self.run.roster.target(host).to_string()).as_ref(),
                &harmless(&self.run.roster.address(host).to_string()),
                if s.alive { "true" } else { "false" },
                &c.attempted.to_string(),
                &c.not_sent.to_string(),
                &c.sent.to_string(),
                &c.replied.to_string(),
                &c.late.to_string(),
                &c.lost.to_string(),
                &c.errors.to_string(),
                &c.in_flight.to_string(),
                &c.duplicates.to_string(),
                &c.loss().map(|loss| loss.to_string()).unwrap_or_default(),
                &ns(s.rtt.map(|rtt| rtt.min)),
                &ns(s.rtt.map(|rtt| rtt.mean)),
                &ns(s.rtt.map(|rtt| rtt.max)),
            ])?;
        }
        self.out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
