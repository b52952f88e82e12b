//! JSON Lines of a trace: `hop` events as hops settle, a `summary` with the whole path as each target ends.
//!
//! What each event holds is said once, in `event` and `summary`, and in `schema/events.json`. What is not known is
//! `null`, never 0 and never left out; what a socket cannot see is not known.

mod event;
mod extension;
mod summary;

use std::io::{self, Write};
use std::sync::Arc;

use super::{Report, Run};
use crate::report::Failed;
use crate::report::Names;
use crate::report::lines::Lines;
use crate::trace::{Hop, Note};
use event::{LateHop, MtuTried, OneHop, Start, about};
use summary::{Seen, Summary};

/// The JSON Lines report.
pub struct Json<'w> {
    run: Arc<Run>,
    lines: Lines<'w>,
    /// Who answered at each hop of each target, for the summary.
    seen: Vec<Vec<Seen>>,
}

impl<'w> Json<'w> {
    /// A report of this run to `out`.
    #[must_use]
    pub fn new(run: Arc<Run>, out: Box<dyn Write + 'w>) -> Self {
        let seen = run.traced.iter().map(|_| Vec::new()).collect();
        Json { run, lines: Lines::new(out), seen }
    }

    fn hop(&mut self, hop: &Hop, names: &dyn Names) -> io::Result<()> {
        let run = Arc::clone(&self.run);
        let Some(traced) = run.traced(hop.target) else { return Ok(()) };
        if let Some(seen) = self.seen.get_mut(hop.target.0 as usize) {
            seen.push(Seen::of(hop));
        }
        self.lines.write("hop", hop.at.as_ns(), OneHop::new(about(traced), hop, names))
    }
}

impl Report for Json<'_> {
    fn start(&mut self) -> io::Result<()> {
        let run = Arc::clone(&self.run);
        run.traced.iter().try_for_each(|traced| self.lines.write("start", run.at.as_ns(), Start::new(&run, traced)))
    }

    fn failed(&mut self, failed: &Failed) -> io::Result<()> {
        self.lines.not_probed(failed)
    }

    fn note(&mut self, note: &Note, names: &dyn Names) -> io::Result<()> {
        let run = Arc::clone(&self.run);
        match note {
            Note::Try { .. } => Ok(()),
            Note::Hop(hop) => self.hop(hop, names),
            Note::Revised { target, distance, index, answer } => {
                let Some(traced) = run.traced(*target) else { return Ok(()) };
                if let Some(seen) = self.seen.get_mut(target.0 as usize) {
                    seen.iter_mut().filter(|seen| seen.distance == *distance).for_each(|seen| seen.add(answer));
                }
                let body = LateHop::new(about(traced), *distance, *index, answer, names);
                self.lines.write("hop_late", answer.at.as_ns(), body)
            }
            Note::Mtu(note) => {
                let Some(traced) = run.traced(note.target) else { return Ok(()) };
                self.lines.write("mtu_tried", note.at.as_ns(), MtuTried::new(about(traced), note))
            }
            Note::Dropped { at, more } => self.lines.dropped(*at, *more),
            Note::Stepped { at, ns } => self.lines.stepped(*at, *ns),
            Note::End(path) => {
                let Some(traced) = run.traced(path.target) else { return Ok(()) };
                let seen = self.seen.get_mut(path.target.0 as usize).map(std::mem::take).unwrap_or_default();
                let body = Summary::new(about(traced), path, seen);
                self.lines.write("summary", path.at.wall.as_ns(), body)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.lines.flush()
    }
}
