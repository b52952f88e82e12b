//! Lists of a sweep without state.

use std::io::{self, Write};
use std::time::Duration;

use super::{Failed, Lists, Report};
use crate::clock::WallTime;
use crate::report::sweep::{Labels, ScanReport, Who};
use crate::sweep::Totals;
use crate::sweep::stateless::Note;

impl ScanReport for Lists<'_> {
    fn begin(&mut self, _: &[String]) -> io::Result<()> {
        Ok(())
    }

    fn not_probed(&mut self, _: &Failed) -> io::Result<()> {
        Ok(())
    }

    fn heard(&mut self, note: &Note, _: WallTime, labels: &Labels) -> io::Result<()> {
        match (note, &mut self.alive) {
            (Note::Alive(r), Some(alive)) => writeln!(alive, "{}", labels.who(r.peer, Some(r.number)).target()),
            _ => Ok(()),
        }
    }

    fn silent(&mut self, who: &Who<'_>, _: WallTime) -> io::Result<()> {
        self.dead.as_mut().map_or(Ok(()), |dead| writeln!(dead, "{}", who.target()))
    }

    fn end(&mut self, _: &Totals, _: &dyn Fn(f64) -> Option<Duration>, _: (Duration, Duration)) -> io::Result<()> {
        self.pass()
    }

    fn pass(&mut self) -> io::Result<()> {
        self.flush()
    }
}
