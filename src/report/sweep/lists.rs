//! Lists of the alive and of the dead (`--alive-file`, `--dead-file`): one target a line, as it is shown, for the next
//! sweep to read.

mod scan;

use std::io::{self, Write};
use std::sync::Arc;

use super::{Failed, Report, Run};
use crate::clock::WallTime;
use crate::report::Names;
use crate::sweep::{Note, Sweep, Totals};

/// Whoever answers is listed at once; who does not, at the end.
pub struct Lists<'w> {
    run: Arc<Run>,
    alive: Option<Box<dyn Write + 'w>>,
    dead: Option<Box<dyn Write + 'w>>,
}

impl<'w> Lists<'w> {
    /// Of this run.
    #[must_use]
    pub fn new(run: Arc<Run>, alive: Option<Box<dyn Write + 'w>>, dead: Option<Box<dyn Write + 'w>>) -> Self {
        Lists { run, alive, dead }
    }
}

impl Report for Lists<'_> {
    fn failed(&mut self, _: &Failed) -> io::Result<()> {
        Ok(())
    }

    fn note(&mut self, note: &Note, _: &dyn Names) -> io::Result<()> {
        match (note, &mut self.alive) {
            (Note::Reply(r), Some(alive)) if r.first => writeln!(alive, "{}", self.run.roster.target(r.host)),
            _ => Ok(()),
        }
    }

    fn interval(&mut self, _: &Sweep, _: WallTime) -> io::Result<()> {
        self.flush()
    }

    fn finish(&mut self, sweep: &Sweep, _: &Totals) -> io::Result<()> {
        if let Some(dead) = &mut self.dead {
            for host in sweep.hosts().filter(|host| sweep.summary(*host).is_some_and(|s| !s.alive)) {
                writeln!(dead, "{}", self.run.roster.target(host))?;
            }
        }
        self.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        [&mut self.alive, &mut self.dead].into_iter().flatten().try_for_each(|list| list.flush())
    }
}
