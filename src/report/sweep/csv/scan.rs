//! CSV of a sweep without state: a row for each target that answers, as it does; the silent follow at the end.

use std::io;
use std::time::Duration;

use super::{COLUMNS, Csv, Failed};
use crate::clock::{WallTime, as_ns};
use crate::report::clean::harmless;
use crate::report::sweep::{Labels, ScanReport, Who};
use crate::sweep::Totals;
use crate::sweep::stateless::Note;

impl Csv<'_> {
    /// One probe, answered or not.
    fn row(&mut self, who: &Who<'_>, alive: bool, rtt: Option<Duration>) -> io::Result<()> {
        let (replied, lost) = if alive { ("1", "0") } else { ("0", "1") };
        let rtt = rtt.map(|rtt| as_ns(rtt).to_string()).unwrap_or_default();
        let verdict = if alive { "true" } else { "false" };
        self.out.write_record([
            harmless(&who.target().to_string()).as_ref(),
            &harmless(&who.address().to_string()),
            verdict,
            "1",
            "0",
            "1",
            replied,
            "0",
            lost,
            "0",
            "0",
            "0",
            lost,
            &rtt,
            &rtt,
            &rtt,
        ])?;
        Ok(())
    }
}

impl ScanReport for Csv<'_> {
    fn begin(&mut self, _: &[String]) -> io::Result<()> {
        self.out.write_record(COLUMNS)?;
        self.out.flush()
    }

    fn not_probed(&mut self, _: &Failed) -> io::Result<()> {
        Ok(())
    }

    fn heard(&mut self, note: &Note, _: WallTime, labels: &Labels) -> io::Result<()> {
        match note {
            Note::Alive(r) => self.row(&labels.who(r.peer, Some(r.number)), true, r.rtt),
            _ => Ok(()),
        }
    }

    fn silent(&mut self, who: &Who<'_>, _: WallTime) -> io::Result<()> {
        self.row(who, false, None)
    }

    fn end(&mut self, _: &Totals, _: &dyn Fn(f64) -> Option<Duration>, _: (Duration, Duration)) -> io::Result<()> {
        self.pass()
    }

    fn pass(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
