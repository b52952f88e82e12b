//! Between a sweep and those who tell of it: notes become lines, intervals reports, and whoever watches sees a line of
//! progress that gives way to every other.

use std::io;
use std::ops::ControlFlow;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use super::shared::Shared;
use crate::cli::conduct::{Conductor, Listener};
use crate::cli::exit::Exit;
use crate::cli::painted::Meter;
use crate::clock::BootTime;
use crate::net::Network;
use crate::net::icmp::IcmpNet;
use crate::probe::Drive;
use crate::report::NoNames;
use crate::report::sweep::{Failed, Progress, Report, progress_line};
use crate::sweep::{Note, Sweep, Totals};
use crate::sys::clock::boot_now;

/// Who tells.
pub(super) struct Teller<'a> {
    conductor: Conductor<'a>,
    reports: Vec<Box<dyn Report + 'a>>,
    out: Shared<'a>,
    /// Whether something was told since the last flush.
    dirty: bool,
    /// Time between two reports, and the next.
    reporting: Option<(Duration, BootTime)>,
    cumulative: bool,
    meter: Option<Meter>,
    error: Option<io::Error>,
}

impl<'a> Teller<'a> {
    pub(super) fn new(
        conductor: Conductor<'a>,
        reports: Vec<Box<dyn Report + 'a>>,
        out: Shared<'a>,
        report_every: Option<Duration>,
        cumulative: bool,
        watch: bool,
    ) -> Self {
        let now = boot_now();
        Teller {
            conductor,
            reports,
            out,
            dirty: false,
            reporting: report_every.map(|every| (every, now + every)),
            cumulative,
            meter: watch.then(|| Meter::new(now)),
            error: None,
        }
    }

    /// The run begins; these targets are not asked.
    pub(super) fn start(&mut self, failed: &[Failed]) {
        self.each(|report| report.start());
        for failed in failed {
            self.each(|report| report.failed(failed));
        }
        self.flush();
    }

    /// Nothing is asked at all.
    pub(super) fn give_up(&mut self) {
        self.flush();
    }

    /// The run is over.
    pub(super) fn finish(&mut self, drive: &mut Drive<Sweep, IcmpNet>) -> Totals {
        self.clear();
        let now = drive.network_mut().now();
        let totals = drive.machine().totals(now);
        self.each(|report| report.finish(drive.machine(), &totals));
        self.flush();
        if let Some(error) = self.error.as_ref().filter(|error| error.kind() != io::ErrorKind::BrokenPipe) {
            self.conductor.cannot_write(error);
        }
        totals
    }

    /// Whether nobody reads any more, which is no failure.
    pub(super) fn is_gone(&self) -> bool {
        self.error.as_ref().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// Whether something could not be written.
    pub(super) fn has_failed(&self) -> bool {
        self.error.is_some()
    }

    fn each(&mut self, mut tell: impl FnMut(&mut dyn Report) -> io::Result<()>) {
        self.dirty = true;
        for report in &mut self.reports {
            if let Err(error) = tell(report.as_mut()) {
                self.error.get_or_insert(error);
            }
        }
    }

    fn flush(&mut self) {
        if std::mem::take(&mut self.dirty) {
            self.each(|report| report.flush());
            self.dirty = false;
            if let Err(error) = self.out.flush_now() {
                self.error.get_or_insert(error);
            }
        }
    }

    /// Takes the line of progress away before another line.
    fn clear(&mut self) {
        if let Some(meter) = &mut self.meter {
            meter.line.wipe();
        }
    }

    fn draw(&mut self, drive: &mut Drive<Sweep, IcmpNet>) {
        let Some(meter) = &mut self.meter else { return };
        let now = drive.network_mut().now();
        if now.boot < meter.next() {
            return;
        }
        let sweep = drive.machine();
        let totals = sweep.totals(now);
        if let Some(rate) = meter.due(now.boot, totals.counters.sent) {
            let progress = Progress { mode: sweep.config().mode, open: sweep.open() as u64 };
            meter.line.paint(&progress_line(progress, &totals, rate));
        }
    }

    fn report(&mut self, drive: &mut Drive<Sweep, IcmpNet>) {
        let Some((every, next)) = self.reporting else { return };
        let now = drive.network_mut().now();
        if now.boot < next {
            return;
        }
        self.clear();
        self.each(|report| report.interval(drive.machine(), now.wall));
        if !self.cumulative {
            drive.machine_mut().reset_intervals();
        }
        // The schedule is absolute; what was missed is not made up.
        let missed = now.boot.since(next).as_nanos() / every.as_nanos().max(1);
        let steps = u32::try_from(missed).unwrap_or(u32::MAX).saturating_add(1);
        self.reporting = Some((every, next + every.saturating_mul(steps)));
    }
}

impl Listener<Sweep, IcmpNet> for Teller<'_> {
    fn tell(&mut self, note: &Note) {
        self.clear();
        self.each(|report| report.note(note, &NoNames));
    }

    fn turned(&mut self) -> ControlFlow<Exit> {
        self.flush();
        match &self.error {
            Some(error) if error.kind() == io::ErrorKind::BrokenPipe => ControlFlow::Break(Exit::Yes),
            Some(_) => ControlFlow::Break(Exit::Trouble),
            None => ControlFlow::Continue(()),
        }
    }

    fn watch(&mut self, drive: &mut Drive<Sweep, IcmpNet>) {
        self.report(drive);
        self.draw(drive);
    }

    fn status(&mut self, drive: &mut Drive<Sweep, IcmpNet>) {
        self.clear();
        let now = drive.network_mut().now();
        self.each(|report| report.status(drive.machine(), now.wall));
        self.flush();
    }

    fn deadline(&self) -> Option<BootTime> {
        let reporting = self.reporting.map(|(_, next)| next);
        [reporting, self.meter.as_ref().map(Meter::next)].into_iter().flatten().min()
    }

    fn fds(&self) -> [Option<BorrowedFd<'_>>; 2] {
        [None, None]
    }
}
