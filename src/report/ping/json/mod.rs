//! JSON Lines: one object a line, whole and flushed, for programs that read along.
//!
//! What each event holds is said once, in [`event`], and in `schema/events.json`, which a test holds against every one of
//! them. Numbers are numbers, times integer nanoseconds, and what is not known is `null`, never 0 and never left out.
//!
//! `lost` is said as the time-out passes; should the answer still come, a `late` follows for the same `seq`, and the
//! summary counts the probe there alone.

mod event;
mod summary;

pub(in crate::report) use summary::Body as SummaryBody;

use std::io::{self, Write};
use std::sync::Arc;

use super::{MtuFound, Report, Run};
use crate::ping::{NoReply, Note, Summary, TargetId};
use crate::report::event::{Error, NotSent, Plain, Probe, Redirect, name_of};
use crate::report::lines::Lines;
use crate::report::{Failed, Names};
use event::{Mtu, Recovered, Start, about, probe, reply};

/// The JSON Lines report.
pub struct Json<'w> {
    run: Arc<Run>,
    lines: Lines<'w>,
}

impl<'w> Json<'w> {
    /// A report of this run to `out`.
    #[must_use]
    pub fn new(run: Arc<Run>, out: Box<dyn Write + 'w>) -> Self {
        Json { run, lines: Lines::new(out) }
    }

    fn counted(&mut self, event: &'static str, all: &[Summary]) -> io::Result<()> {
        let run = Arc::clone(&self.run);
        all.iter().try_for_each(|s| {
            let body = summary::Body::new(about(&run, s.target), s);
            self.lines.write(event, s.at.wall.as_ns(), body)
        })
    }

    fn no_reply(&mut self, probe: Probe<'_>, ts_ns: i64, why: &NoReply, names: &dyn Names) -> io::Result<()> {
        match why {
            NoReply::Lost => self.lines.write("lost", ts_ns, Plain { probe }),
            NoReply::NotSent { errno, mtu } => self.lines.write("not_sent", ts_ns, NotSent::new(probe, *errno, *mtu)),
            NoReply::Error { from, error, proof, after, ttl } => {
                let body = Error::new(probe, *from, error, *proof, *after, *ttl, names);
                self.lines.write("error", ts_ns, body)
            }
        }
    }
}

impl Report for Json<'_> {
    fn start(&mut self) -> io::Result<()> {
        let run = Arc::clone(&self.run);
        run.hosts.iter().try_for_each(|host| self.lines.write("start", run.at.as_ns(), Start::new(&run, host)))
    }

    fn note(&mut self, note: &Note, names: &dyn Names) -> io::Result<()> {
        let run = Arc::clone(&self.run);
        let probe = |target: &TargetId, number: &u64| probe(&run, *target, *number);
        match note {
            Note::Sent { .. } | Note::Packet { .. } => Ok(()),
            Note::Reply(r) => self.lines.write(name_of(r.kind), r.at.as_ns(), reply(&run, r, names)),
            Note::NoReply { target, number, at, why } => self.no_reply(probe(target, number), at.as_ns(), why, names),
            Note::Unanswered { target, number, at } => {
                self.lines.write("unanswered", at.as_ns(), Plain { probe: probe(target, number) })
            }
            Note::Redirect { target, number, at, from, gateway, error } => {
                self.lines.write("redirect", at.as_ns(), Redirect::new(probe(target, number), *from, *gateway, error))
            }
            Note::Recovered { target, at, not_sent } => {
                let body = Recovered { about: about(&run, *target), not_sent: *not_sent };
                self.lines.write("recovered", at.as_ns(), body)
            }
            Note::Dropped { at, more } => self.lines.dropped(*at, *more),
            Note::Stepped { at, ns } => self.lines.stepped(*at, *ns),
            Note::Skipped { at, slots } => self.lines.skipped(*at, *slots),
        }
    }

    fn failed(&mut self, failed: &Failed) -> io::Result<()> {
        self.lines.not_probed(failed)
    }

    fn mtu(&mut self, found: &MtuFound) -> io::Result<()> {
        let run = Arc::clone(&self.run);
        self.lines.write("mtu", found.at.as_ns(), Mtu::new(about(&run, found.target), found))
    }

    fn status(&mut self, so_far: &[Summary]) -> io::Result<()> {
        self.counted("status", so_far)?;
        self.lines.flush()
    }

    fn summary(&mut self, ends: &[Summary]) -> io::Result<()> {
        self.counted("summary", ends)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.lines.flush()
    }
}
