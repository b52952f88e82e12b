//! Text as fping prints it, on the streams that it goes to: lines about replies and verdicts on standard output, summaries,
//! errors and figures on standard error.
//!
//! Called by fping's name, every character is fping's. By our own name losses have a tenth where whole per cents would lie,
//! a late reply says so, and the closing figures (`-s`) go on with what fping does not know; see [`rows`] and [`closing`].

mod closing;
mod netdata;
mod rows;
mod scan;
mod style;

pub use style::{Shown, Style};

use std::io::{self, Write};
use std::sync::Arc;

use super::figures::{Loss, Tm};
use super::{Failed, Report, Run, icmp};
use crate::clock::WallTime;
use crate::probe::TargetId;
use crate::report::local_time::Stamp;
use crate::report::{Names, TimeOfDay, clean};
use crate::sweep::{Mode, NoReply, Note, Reply, ReplyKind, SoFar, Sweep, Totals};
use crate::sys::errno::Errno;

/// The text report.
pub struct Text<'w> {
    run: Arc<Run>,
    style: Style,
    out: Box<dyn Write + 'w>,
    err: Box<dyn Write + 'w>,
    /// Reasons for not sending that have been told.
    told: Vec<Errno>,
    charted: bool,
}

impl<'w> Text<'w> {
    /// A report of this run.
    #[must_use]
    pub fn new(run: Arc<Run>, style: Style, out: Box<dyn Write + 'w>, err: Box<dyn Write + 'w>) -> Self {
        Text { run, style, out, err, told: Vec::new(), charted: false }
    }

    /// A line of our own on stderr, which fping would not print.
    fn say(&mut self, at: WallTime, what: &str) -> io::Result<()> {
        if self.style.fping || self.style.shown.quiet {
            return Ok(());
        }
        self.out.flush()?;
        writeln!(self.err, "{}: {} {what}", self.style.name, TimeOfDay(at))
    }

    fn loss(&self, so_far: SoFar) -> Loss {
        Loss { settled: so_far.settled, received: so_far.received, whole: self.style.fping }
    }

    fn time(&mut self, at: WallTime) -> io::Result<()> {
        match self.style.timestamps {
            Some(format) => write!(self.out, "[{}] ", Stamp(at, format)),
            None => Ok(()),
        }
    }

    fn reply(&mut self, r: &Reply) -> io::Result<()> {
        let run = Arc::clone(&self.run);
        let shown = self.style.shown;
        match r.kind {
            ReplyKind::Duplicate => return self.duplicate(r),
            ReplyKind::WrongSource => return Ok(()),
            // Under fping's name a late reply is none.
            ReplyKind::Late if self.style.fping && !r.first => return Ok(()),
            _ => {}
        }
        let verdict = r.first && (shown.verdicts || shown.alive);
        if verdict {
            write!(self.out, "{}", run.roster.shown(r.host))?;
            if shown.verdicts {
                self.out.write_all(b" is alive")?;
            }
        }
        if shown.replies {
            self.time(r.at)?;
            let (name, width) = (run.roster.shown(r.host), run.roster.width());
            let (number, mean) = (run.fping_number(r.number), r.so_far.mean.unwrap_or(r.rtt.time));
            let loss = self.loss(r.so_far);
            let (rtt, mean) = (Tm(r.rtt.time), Tm(mean));
            write!(self.out, "{name:<width$} : [{number}], {} bytes, {rtt} ms ({mean} avg, {loss}% loss)", r.bytes)?;
        }
        if !verdict && !shown.replies {
            return Ok(());
        }
        self.elsewhere(r)?;
        self.extras(r)?;
        self.out.write_all(b"\n")
    }

    /// What is told behind a reply.
    fn extras(&mut self, r: &Reply) -> io::Result<()> {
        let style = &self.style;
        if let Some((far, _)) = r.far {
            let comma = if style.shown.alive { " " } else { ", " };
            let came = r.at.as_ns().div_euclid(1_000_000).rem_euclid(86_400_000);
            let (originate, receive, transmit) = (far.originate_ms, far.receive_ms, far.transmit_ms);
            let times = format!("Originate={originate} Receive={receive} Transmit={transmit} Localreceive={came}");
            write!(self.out, "{comma}timestamps: {times}")?;
        }
        if style.print_reply_dst {
            match r.to {
                Some(to) => write!(self.out, " (SRC {to})")?,
                None => self.out.write_all(b" (SRC unknown)")?,
            }
        }
        if style.print_tos {
            match r.tos {
                Some(tos) => write!(self.out, " (TOS {tos})")?,
                None => self.out.write_all(b" (TOS unknown)")?,
            }
        }
        if style.print_ttl {
            match r.ttl {
                Some(ttl) => write!(self.out, " (TTL {})", ttl.0)?,
                None => self.out.write_all(b" (TTL unknown)")?,
            }
        }
        if style.elapsed && !style.shown.replies {
            write!(self.out, " ({} ms)", Tm(r.rtt.time))?;
        }
        match r.kind {
            ReplyKind::Late if !style.fping => self.out.write_all(b" (late)"),
            ReplyKind::Corrupt { .. } if !style.fping => self.out.write_all(b" (damaged)"),
            _ => Ok(()),
        }
    }

    /// Who else answered: in the middle of the line on the other stream, where fping has it; ours stays in the line.
    fn elsewhere(&mut self, r: &Reply) -> io::Result<()> {
        match (r.elsewhere, self.style.fping) {
            (false, _) => Ok(()),
            (true, true) => write!(self.err, " [<- {}]", r.from.addr),
            (true, false) => write!(self.out, " [<- {}]", r.from.addr),
        }
    }

    fn duplicate(&mut self, r: &Reply) -> io::Result<()> {
        let counts = matches!(self.run.mode, Mode::Count(_));
        let shown = self.style.shown;
        if shown.replies || self.run.mode == Mode::Loop || (counts && shown.quiet) {
            return Ok(());
        }
        self.out.flush()?;
        let (name, number) = (self.run.roster.shown(r.host), self.run.fping_number(r.number));
        write!(self.err, "{name} : duplicate for [{number}], {} bytes, {} ms", r.bytes, Tm(r.rtt.time))?;
        if r.elsewhere {
            write!(self.err, " [<- {}]", r.from.addr)?;
        }
        writeln!(self.err)
    }

    fn no_reply(&mut self, host: TargetId, number: u64, at: WallTime, why: &NoReply, so_far: SoFar) -> io::Result<()> {
        match why {
            NoReply::Lost => self.timed_out(host, number, at, so_far),
            NoReply::Error { from, error, late, .. } => {
                if !self.style.shown.quiet {
                    self.out.flush()?;
                    writeln!(self.err, "{}", icmp::line(error, *from, self.run.roster.shown(host)))?;
                }
                // fping waits for the time-out and says so then.
                if *late { Ok(()) } else { self.timed_out(host, number, at, so_far) }
            }
            NoReply::NotSent { errno, .. } => self.not_sent(host, *errno),
        }
    }

    fn timed_out(&mut self, host: TargetId, number: u64, at: WallTime, so_far: SoFar) -> io::Result<()> {
        if !self.style.shown.replies {
            return Ok(());
        }
        self.time(at)?;
        let (name, width) = (self.run.roster.shown(host), self.run.roster.width());
        write!(self.out, "{name:<width$} : [{}], timed out (", self.run.fping_number(number))?;
        match so_far.mean {
            Some(mean) => write!(self.out, "{}", Tm(mean))?,
            None => self.out.write_all(b"NaN")?,
        }
        writeln!(self.out, " avg, {}% loss)", self.loss(so_far))
    }

    fn not_sent(&mut self, host: TargetId, errno: Errno) -> io::Result<()> {
        let shown = self.style.shown;
        let is_new = !self.told.contains(&errno);
        // Beyond fping: where no verdicts are printed, each reason is told once.
        if shown.quiet || !(shown.verdicts || (is_new && !self.style.fping)) {
            return Ok(());
        }
        if is_new {
            self.told.push(errno);
        }
        self.out.flush()?;
        writeln!(self.err, "{}: error while sending ping: {errno}", self.run.roster.shown(host))
    }
}

impl Report for Text<'_> {
    fn failed(&mut self, failed: &Failed) -> io::Result<()> {
        if self.style.shown.quiet {
            return Ok(());
        }
        writeln!(self.err, "{}: {}", clean(&failed.operand), clean(&failed.reason))
    }

    fn note(&mut self, note: &Note, _: &dyn Names) -> io::Result<()> {
        match note {
            Note::Reply(r) => self.reply(r),
            Note::NoReply { host, number, at, why, so_far, .. } => self.no_reply(*host, *number, *at, why, *so_far),
            // They are told at the end, in their order.
            Note::Unreachable { .. } => Ok(()),
            Note::Redirect { host, from, error, .. } => {
                if self.style.shown.quiet {
                    return Ok(());
                }
                self.out.flush()?;
                writeln!(self.err, "{}", icmp::line(error, *from, self.run.roster.shown(*host)))
            }
            Note::Dropped { at, more } => {
                self.say(*at, &format!("our own socket had no room for {more} packets: answers may be missing"))
            }
            Note::Stepped { at, ns } => self.say(*at, &format!("the wall clock was set by {} ms", ns / 1_000_000)),
            Note::Skipped { at, rounds } => {
                self.say(*at, &format!("{rounds} rounds were missed and are not made up: the period is too short"))
            }
        }
    }

    fn interval(&mut self, sweep: &Sweep, at: WallTime) -> io::Result<()> {
        if self.style.netdata { self.charts(sweep) } else { self.splits(sweep, at, self.run.cumulative) }
    }

    fn status(&mut self, sweep: &Sweep, at: WallTime) -> io::Result<()> {
        self.splits(sweep, at, self.run.report_every.is_none() || self.run.cumulative)
    }

    fn finish(&mut self, sweep: &Sweep, totals: &Totals) -> io::Result<()> {
        self.out.flush()?;
        self.unreachable(sweep)?;
        if !self.run.until_alive() {
            self.out.flush()?;
            self.rows(sweep)?;
        }
        if self.style.stats {
            self.out.flush()?;
            self.closing(totals, &|p| sweep.percentile_of_all(p))?;
        }
        if let Some(enough) = self.style.enough {
            self.err.flush()?;
            let verdict = if totals.alive >= enough { "Enough" } else { "Not enough" };
            writeln!(self.out, "{verdict} hosts reachable (required: {enough}, reachable: {})", totals.alive)?;
        }
        self.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()?;
        self.err.flush()
    }
}
