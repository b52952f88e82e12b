//! JSON Lines by `schema/events.json`: `sweep` opens a run and `sweep_end` closes it; between them stand what happens, and
//! one `summary` for each host.
//!
//! Where hosts are asked until they answer, the reply that makes one alive is told as `alive`, and a host that is given up
//! as `unreachable`; all other replies and losses go by the names that they have with ping.

mod event;
mod scan;

use std::io::{self, Write};
use std::sync::Arc;

use super::{Failed, Report, Run};
use crate::clock::WallTime;
use crate::report::Names;
use crate::report::event::{Error, NotSent, Plain, Redirect, name_of};
use crate::report::lines::Lines;
use crate::sweep::{NoReply, Note, Sweep, Totals};
use event::{Begin, End, Interval, Summary, Unreachable, about, probe, reply};

/// The JSON Lines report.
pub struct Json<'w> {
    run: Arc<Run>,
    lines: Lines<'w>,
}

impl<'w> Json<'w> {
    /// A report of this run.
    #[must_use]
    pub fn new(run: Arc<Run>, out: Box<dyn Write + 'w>) -> Self {
        Json { run, lines: Lines::new(out) }
    }
}

impl Report for Json<'_> {
    fn start(&mut self) -> io::Result<()> {
        let run = Arc::clone(&self.run);
        self.lines.write("sweep", run.at.as_ns(), Begin::new(&run))
    }

    fn failed(&mut self, failed: &Failed) -> io::Result<()> {
        self.lines.not_probed(failed)
    }

    fn note(&mut self, note: &Note, names: &dyn Names) -> io::Result<()> {
        let run = Arc::clone(&self.run);
        match note {
            Note::Reply(r) => {
                let event = if r.first && run.until_alive() { "alive" } else { name_of(r.kind) };
                self.lines.write(event, r.at.as_ns(), reply(&run, r, names))
            }
            Note::NoReply { host, number, seq, at, why, .. } => {
                let ts_ns = at.as_ns();
                let probe = probe(&run, *host, *number, *seq);
                match why {
                    NoReply::Lost => self.lines.write("lost", ts_ns, Plain { probe }),
                    NoReply::NotSent { errno, mtu } => {
                        self.lines.write("not_sent", ts_ns, NotSent::new(probe, *errno, *mtu))
                    }
                    NoReply::Error { from, error, proof, after, ttl, .. } => {
                        let body = Error::new(probe, *from, error, *proof, Some(*after), *ttl, names);
                        self.lines.write("error", ts_ns, body)
                    }
                }
            }
            Note::Unreachable { host, at } => {
                self.lines.write("unreachable", at.as_ns(), Unreachable { about: about(&run, *host) })
            }
            Note::Redirect { host, number, seq, at, from, gateway, error } => {
                let body = Redirect::new(probe(&run, *host, *number, *seq), *from, *gateway, error);
                self.lines.write("redirect", at.as_ns(), body)
            }
            Note::Dropped { at, more } => self.lines.dropped(*at, *more),
            Note::Stepped { at, ns } => self.lines.stepped(*at, *ns),
            Note::Skipped { at, rounds } => self.lines.skipped(*at, *rounds),
        }
    }

    fn interval(&mut self, sweep: &Sweep, at: WallTime) -> io::Result<()> {
        let run = Arc::clone(&self.run);
        sweep.hosts().try_for_each(|host| {
            self.lines.write("interval", at.as_ns(), Interval::new(about(&run, host), &sweep.interval(host)))
        })
    }

    fn finish(&mut self, sweep: &Sweep, totals: &Totals) -> io::Result<()> {
        let (run, ts_ns) = (Arc::clone(&self.run), totals.at.wall.as_ns());
        for host in sweep.hosts() {
            let Some(summary) = sweep.summary(host) else { continue };
            let percentile = |p| sweep.percentile(host, p);
            self.lines.write("summary", ts_ns, Summary::new(about(&run, host), &summary, totals, &percentile))?;
        }
        let percentile = |p| sweep.percentile_of_all(p);
        self.lines.write("sweep_end", ts_ns, End::new(&run, totals, &percentile))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.lines.flush()
    }
}
