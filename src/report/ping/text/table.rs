//! The table that ends a run with several targets: one row each, those that could not be probed included.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::time::Duration;

use super::Text;
use crate::ping::Summary;
use crate::report::clean;
use crate::report::number::{Ms, percent_lost};

impl Text<'_> {
    pub(super) fn table(&mut self, ends: &[Summary]) -> io::Result<()> {
        let with_p99 = !self.style.peer && ends.iter().any(|s| s.rtt.has_percentiles());
        let mut head = vec!["sent", "received", "loss", "min ms", "avg ms", "max ms", "mdev ms"];
        if with_p99 {
            head.push("p99 ms");
        }
        let mut names = vec!["target".to_owned()];
        let mut rows = vec![head.into_iter().map(str::to_owned).collect::<Vec<_>>()];
        for s in ends {
            let Some(host) = self.run.host(s.target) else { continue };
            let (transmitted, settled) = self.denominators(s);
            let received = s.counters.received();
            let loss = if settled > 0 { format!("{}%", percent_lost(settled, received)) } else { "-".to_owned() };
            let mut row = vec![transmitted.to_string(), received.to_string(), loss];
            row.extend([s.rtt.min(), s.rtt.mean(), s.rtt.max(), s.rtt.mdev()].map(cell));
            if with_p99 {
                row.push(cell(s.rtt.percentile(99.0)));
            }
            names.push(clean(&host.operand).into_owned());
            rows.push(row);
        }
        for failed in &self.failed {
            names.push(clean(&failed.operand).into_owned());
            rows.push(Vec::new());
        }
        let reasons = self.failed.iter().map(|f| format!("not probed: {}", clean(&f.reason)));
        self.out.write_all(format!("\n{}", aligned(&names, &rows, reasons)).as_bytes())
    }
}

fn cell(time: Option<Duration>) -> String {
    time.map_or_else(|| "-".to_owned(), |t| Ms(t).to_string())
}

/// Names to the left, figures to the right of their columns; a row without figures has the next reason.
fn aligned(names: &[String], rows: &[Vec<String>], mut reasons: impl Iterator<Item = String>) -> String {
    let width_of = |cells: &mut dyn Iterator<Item = &String>| cells.map(|c| c.chars().count()).max().unwrap_or(0);
    let name_width = width_of(&mut names.iter());
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(|c| width_of(&mut rows.iter().filter_map(|r| r.get(c)))).collect();
    let mut text = String::new();
    for (name, row) in names.iter().zip(rows) {
        let _ = write!(text, "{name:name_width$}");
        for (cell, w) in row.iter().zip(&widths) {
            let _ = write!(text, "  {cell:>w$}");
        }
        if row.is_empty() {
            let _ = write!(text, "  {}", reasons.next().unwrap_or_default());
        }
        text.push('\n');
    }
    text
}
