//! The one thread that writes: what the others have put into the mailbox, the line of progress, and the end.

use std::io::{self, Write};

use super::mailbox::Mailbox;
use crate::cli::conduct::Conductor;
use crate::cli::painted::Meter;
use crate::cli::sweep::shared::Shared;
use crate::clock::Now;
use crate::report::sweep::{Failed, Labels, ScanReport, progress_line};
use crate::sweep::Mode;
use crate::sweep::stateless::{Note, Outcome, Progress, Wish};
use crate::sys::clock::{Clocks, boot_now};
use crate::sys::signals::{Signal, restore_default_and_raise};

/// How many of the silent are told between two looks at what is written.
const SILENT: usize = 4_096;

/// Who tells.
pub(super) struct Teller<'a> {
    conductor: Conductor<'a>,
    reports: Vec<Box<dyn ScanReport + 'a>>,
    out: Shared<'a>,
    labels: &'a Labels,
    clocks: Clocks,
    notes: Vec<Note>,
    meter: Option<Meter>,
    /// So many alive are enough (`-X`).
    enough: Option<u64>,
    stopping: bool,
    error: Option<io::Error>,
}

impl<'a> Teller<'a> {
    pub(super) fn new(
        conductor: Conductor<'a>,
        reports: Vec<Box<dyn ScanReport + 'a>>,
        out: Shared<'a>,
        labels: &'a Labels,
        watch: bool,
        enough: Option<u64>,
    ) -> Self {
        let meter = watch.then(|| Meter::new(boot_now()));
        let (clocks, notes) = (Clocks::new(), Vec::new());
        Teller { conductor, reports, out, labels, clocks, notes, meter, enough, stopping: false, error: None }
    }

    /// The run begins by these ways; these targets are not asked.
    pub(super) fn begin(&mut self, ways: &[String], failed: &[Failed]) {
        self.each(|report| report.begin(ways));
        for failed in failed {
            self.each(|report| report.not_probed(failed));
        }
        self.flush();
    }

    /// Tells what has come, hears signals, and says whether the run goes on.
    pub(super) fn turn(&mut self, mailbox: &Mailbox, progress: &Progress) -> Wish {
        if self.stopping {
            self.conductor.fate.hurry();
        }
        self.tell(mailbox);
        while let Some(signal) = self.conductor.signals.read() {
            match signal {
                Signal::Quit => {
                    self.clear();
                    let line = self.progress(progress, 0.0);
                    let _ = writeln!(io::stderr(), "{line}");
                }
                _ if self.stopping => restore_default_and_raise(signal),
                _ => {
                    self.conductor.fate.hurry();
                    self.stopping = true;
                }
            }
        }
        self.draw(progress);
        let is_enough = self.enough.is_some_and(|enough| progress.tally.alive >= enough);
        if self.stopping || is_enough || self.error.is_some() { Wish::Stop } else { Wish::GoOn }
    }

    /// The run is over.
    pub(super) fn finish(&mut self, mailbox: &Mailbox, outcome: &Outcome) {
        self.tell(mailbox);
        self.clear();
        let now = self.clocks.now();
        for (i, (number, peer)) in outcome.silent().into_iter().flatten().enumerate() {
            let who = self.labels.who(peer, Some(number));
            self.each(|report| report.silent(&who, now.wall));
            if i % SILENT == SILENT - 1 {
                // Finding them took time that no reader is to blame for.
                self.conductor.fate.hurry();
                self.flush();
            }
            if self.error.is_some() {
                break;
            }
        }
        let totals = outcome.totals(now);
        let spread = (outcome.tally.spread, outcome.tally.spread_most);
        self.each(|report| report.end(&totals, &|p| outcome.tally.rtt.percentile(p), spread));
        self.flush();
        if let Some(error) = self.error.as_ref().filter(|_| !self.is_gone()) {
            self.conductor.cannot_write(error);
        }
    }

    /// Whether nobody reads any more, which is no failure.
    pub(super) fn is_gone(&self) -> bool {
        self.error.as_ref().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// Whether something could not be written.
    pub(super) fn has_failed(&self) -> bool {
        self.error.is_some()
    }

    fn tell(&mut self, mailbox: &Mailbox) {
        let mut notes = std::mem::take(&mut self.notes);
        mailbox.take(&mut notes);
        if !notes.is_empty() {
            self.clear();
            let Now { wall, .. } = self.clocks.now();
            let labels = self.labels;
            for note in &notes {
                self.each(|report| report.heard(note, wall, labels));
            }
            self.flush();
        }
        self.notes = notes;
    }

    fn each(&mut self, mut tell: impl FnMut(&mut dyn ScanReport) -> io::Result<()>) {
        for report in &mut self.reports {
            if let Err(error) = tell(report.as_mut()) {
                self.error.get_or_insert(error);
            }
        }
    }

    fn flush(&mut self) {
        self.each(|report| report.pass());
        if let Err(error) = self.out.flush_now() {
            self.error.get_or_insert(error);
        }
    }

    /// Takes the line of progress away before another line.
    fn clear(&mut self) {
        if let Some(meter) = &mut self.meter {
            meter.line.wipe();
        }
    }

    fn draw(&mut self, progress: &Progress) {
        let sent = progress.tally.sent;
        let Some(rate) = self.meter.as_mut().and_then(|meter| meter.due(boot_now(), sent)) else { return };
        let line = self.progress(progress, rate);
        if let Some(meter) = &mut self.meter {
            meter.line.paint(&line);
        }
    }

    fn progress(&mut self, progress: &Progress, rate: f64) -> String {
        let tally = &progress.tally;
        let totals = tally.totals(progress.targets, (progress.elapsed, progress.elapsed), self.clocks.now());
        let open = progress.targets.saturating_sub(tally.attempted());
        let rate = if rate > 0.0 { rate } else { totals.rate().unwrap_or(0.0) };
        let line = progress_line(
            crate::report::sweep::Progress { mode: Mode::Alive { attempts: 1, backoff: 1.0 }, open },
            &totals,
            rate,
        );
        if progress.waiting { format!("{line}, waiting for late answers") } else { line }
    }
}
