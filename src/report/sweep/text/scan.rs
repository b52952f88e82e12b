//! Text of a sweep without state: the lines of every sweep, and which way its probes went.

use std::io::{self, Write};
use std::time::Duration;

use super::{Failed, Report, Text, icmp};
use crate::clock::WallTime;
use crate::report::sweep::figures::Tm;
use crate::report::sweep::{Labels, ScanReport, Who};
use crate::sweep::Totals;
use crate::sweep::stateless::{Note, Reply};

impl Text<'_> {
    fn alive(&mut self, reply: &Reply, who: &Who<'_>) -> io::Result<()> {
        let shown = self.style.shown;
        if !shown.verdicts && !shown.alive {
            return Ok(());
        }
        let verdict = if shown.verdicts { " is alive" } else { "" };
        write!(self.out, "{}{verdict}", who.shown())?;
        if self.style.print_ttl {
            match reply.ttl {
                Some(ttl) => write!(self.out, " (TTL {})", ttl.0)?,
                None => self.out.write_all(b" (TTL unknown)")?,
            }
        }
        match reply.rtt {
            Some(rtt) if self.style.elapsed => writeln!(self.out, " ({} ms)", Tm(rtt)),
            _ => self.out.write_all(b"\n"),
        }
    }
}

impl ScanReport for Text<'_> {
    fn begin(&mut self, ways: &[String]) -> io::Result<()> {
        let at = self.run.at;
        ways.iter().try_for_each(|way| self.say(at, &format!("stateless engine: {way}")))?;
        self.err.flush()
    }

    fn not_probed(&mut self, failed: &Failed) -> io::Result<()> {
        self.failed(failed)
    }

    fn heard(&mut self, note: &Note, at: WallTime, labels: &Labels) -> io::Result<()> {
        match note {
            Note::Alive(reply) => self.alive(reply, &labels.who(reply.peer, Some(reply.number))),
            Note::Duplicate(_) => Ok(()),
            Note::Error(e) if !self.style.shown.quiet => {
                let who = labels.who(e.peer, Some(e.number));
                writeln!(self.err, "{}", icmp::line(&e.error, e.offender, who.shown()))
            }
            Note::NotSent(_, errno) if !self.told.contains(errno) => {
                self.told.push(*errno);
                self.say(at, &format!("probes are not sent: {errno}"))
            }
            Note::Error(_) | Note::NotSent(..) => Ok(()),
            Note::Slowed(cut) => {
                let why = cut.why.text();
                self.say(at, &format!("slowed down from {:.0} to {:.0} probes a second: {why}", cut.from, cut.to))
            }
        }
    }

    fn silent(&mut self, who: &Who<'_>, _: WallTime) -> io::Result<()> {
        let shown = self.style.shown;
        match (shown.verdicts, shown.unreachable) {
            (true, _) => writeln!(self.out, "{} is unreachable", who.shown()),
            (_, true) => writeln!(self.out, "{}", who.shown()),
            _ => Ok(()),
        }
    }

    fn end(
        &mut self,
        totals: &Totals,
        percentile: &dyn Fn(f64) -> Option<Duration>,
        (mean, most): (Duration, Duration),
    ) -> io::Result<()> {
        if self.style.stats {
            self.out.flush()?;
            self.closing(totals, percentile)?;
            writeln!(
                self.err,
                " {} ms (sending of a batch; times are too long by up to this, {} ms at most)",
                Tm(mean),
                Tm(most)
            )?;
            writeln!(self.err)?;
        }
        if let Some(enough) = self.style.enough {
            self.err.flush()?;
            let verdict = if totals.alive >= enough { "Enough" } else { "Not enough" };
            writeln!(self.out, "{verdict} hosts reachable (required: {enough}, reachable: {})", totals.alive)?;
        }
        self.pass()
    }

    fn pass(&mut self) -> io::Result<()> {
        self.flush()
    }
}
