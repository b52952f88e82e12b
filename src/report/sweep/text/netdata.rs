//! Figures of each interval as netdata's plugins give them (`-N`): charts declared once, then set.

use std::io::{self, Write};
use std::sync::Arc;

use super::Text;
use crate::clock::as_ns;
use crate::report::sweep::Run;
use crate::sweep::Sweep;

/// The charts of a host: what ends its name, title, unit, context, type and priority, its dimensions.
const CHARTS: [(&str, &str, &str, &str, &str, u32, &[&str]); 3] = [
    (
        "packets",
        "FPing Packets",
        "packets",
        "fping.packets",
        "line",
        110_020,
        &["xmt sent absolute 1 1", "rcv received absolute 1 1"],
    ),
    ("quality", "FPing Quality", "percentage", "fping.quality", "area", 110_010, &["returned '' absolute 1 1"]),
    (
        "latency",
        "FPing Latency",
        "ms",
        "fping.latency",
        "area",
        110_000,
        &["min minimum absolute 1 1000000", "max maximum absolute 1 1000000", "avg average absolute 1 1000000"],
    ),
];

impl Text<'_> {
    /// The figures of an interval.
    pub(super) fn charts(&mut self, sweep: &Sweep) -> io::Result<()> {
        let run = Arc::clone(&self.run);
        let declare = !std::mem::replace(&mut self.charted, true);
        for host in sweep.hosts() {
            // netdata takes letters, digits and underscores for a name.
            let id: String = run.roster.target(host).to_string();
            let id: String = id.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
            let interval = sweep.interval(host);
            let (sent, received) = (interval.settled, interval.received());
            for chart in CHARTS {
                if declare {
                    self.declare(&run, &id, &run.roster.shown(host).to_string(), chart)?;
                }
                writeln!(self.out, "BEGIN fping.{id}_{}", chart.0)?;
                match chart.0 {
                    "packets" => writeln!(self.out, "SET xmt = {sent}\nSET rcv = {received}")?,
                    "quality" => {
                        let returned = (received * 100).checked_div(sent).unwrap_or(0);
                        writeln!(self.out, "SET returned = {returned}")?;
                    }
                    _ => {
                        if let Some((min, mean, max)) = interval.times() {
                            let (min, avg, max) = (as_ns(min), as_ns(mean), as_ns(max));
                            writeln!(self.out, "SET min = {min}\nSET avg = {avg}\nSET max = {max}")?;
                        }
                    }
                }
                writeln!(self.out, "END")?;
            }
        }
        self.out.flush()
    }

    fn declare(
        &mut self,
        run: &Run,
        id: &str,
        shown: &str,
        (suffix, title, unit, context, kind, priority, dimensions): (&str, &str, &str, &str, &str, u32, &[&str]),
    ) -> io::Result<()> {
        let every = run.report_every.map_or(0.0, |every| every.as_secs_f64());
        let shown = shown.replace('\'', "");
        let head = format!("CHART fping.{id}_{suffix} '' '{title}' {unit} '{shown}' {context} {kind} {priority}");
        writeln!(self.out, "{head} {every:.0}")?;
        dimensions.iter().try_for_each(|dimension| writeln!(self.out, "DIMENSION {dimension}"))
    }
}
