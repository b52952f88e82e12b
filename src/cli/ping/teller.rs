//! From notes to reports: asks for the names that lines show, lets lines wait a moment for them, and never lets a report
//! that cannot write stop the measurement at once: errors are kept until the loop asks.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd};

use super::plan::NamesWanted;
use crate::cli::held::Held;
use crate::clock::BootTime;
use crate::names::Names;
use crate::net::Peer;
use crate::ping::{NoReply, Note, Summary, TargetId};
use crate::report;
use crate::report::ping::Report;
use crate::sys::clock::boot_now;
use crate::sys::interfaces;

/// The reports of a run, and the names that they show.
pub(in crate::cli) struct Teller<'a> {
    report: Box<dyn Report + 'a>,
    capture: Option<Box<dyn Report + 'a>>,
    capture_error: Option<io::Error>,
    error: Option<io::Error>,
    known: Known,
    /// Which targets' lines show names.
    named: Vec<bool>,
    /// Each with the address whose name it would like to have.
    held: Held<(Option<IpAddr>, Note)>,
    /// Single probes are not told.
    quiet: bool,
}

/// Names of addresses and interfaces, as far as they are known.
struct Known {
    names: Option<Names>,
    interfaces: BTreeMap<u32, String>,
    /// Peers are stations of a link.
    stations: bool,
}

impl report::Names for Known {
    fn name(&self, addr: IpAddr) -> Option<&str> {
        self.names.as_ref()?.get(addr).flatten().map(String::as_str)
    }

    fn interface(&self, index: u32) -> Option<&str> {
        self.interfaces.get(&index).map(String::as_str)
    }

    fn shows_stations(&self) -> bool {
        self.stations
    }
}

impl<'a> Teller<'a> {
    /// Tells by this report; `was_named` says of each target whether the user typed a name.
    ///
    /// # Errors
    /// When look-ups cannot be prepared.
    pub(in crate::cli) fn new(
        report: Box<dyn Report + 'a>,
        capture: Option<Box<dyn Report + 'a>>,
        wanted: NamesWanted,
        was_named: impl Iterator<Item = bool>,
        quiet: bool,
    ) -> io::Result<Self> {
        let named: Vec<bool> = match wanted {
            NamesWanted::None => Vec::new(),
            NamesWanted::OfNamedHosts => was_named.collect(),
            NamesWanted::All => was_named.map(|_| true).collect(),
        };
        let names = if named.contains(&true) { Some(Names::new()?) } else { None };
        let known = Known { names, interfaces: BTreeMap::new(), stations: false };
        Ok(Teller { report, capture, capture_error: None, error: None, known, named, held: Held::new(), quiet })
    }

    /// The same, of stations on a link: they have hardware addresses and no names.
    pub(in crate::cli) fn of_stations(mut self) -> Self {
        self.known.stations = true;
        self
    }

    /// The run begins.
    pub(in crate::cli) fn start(&mut self) {
        self.write(|report| report.start());
        self.write_capture(|report, _| report.start());
    }

    /// Something else is to be told, in its turn.
    pub(in crate::cli) fn write(&mut self, write: impl FnOnce(&mut dyn Report) -> io::Result<()>) {
        if let Err(error) = write(self.report.as_mut()) {
            self.error.get_or_insert(error);
        }
    }

    /// Something happened.
    pub(in crate::cli) fn tell(&mut self, note: &Note) {
        if matches!(note, Note::Packet { .. }) {
            self.write_capture(|report, known| report.note(note, known));
            return;
        }
        if self.quiet && is_of_one_probe(note) {
            return;
        }
        let (peer, target) = sender(note);
        if let Some(peer) = peer.filter(|peer| peer.scope != 0) {
            let name = || interfaces::name_of(peer.scope).unwrap_or_else(|| peer.scope.to_string());
            self.known.interfaces.entry(peer.scope).or_insert_with(name);
        }
        let Some(names) = &mut self.known.names else {
            self.print(note);
            return;
        };
        let shows_name = target.is_some_and(|target| self.named.get(target.0 as usize) == Some(&true));
        let addr = peer.map(|peer| peer.addr).filter(|_| shows_name);
        if let Some(addr) = addr {
            names.ask(addr);
        }
        let is_pending = addr.is_some_and(|addr| names.get(addr).is_none());
        if is_pending || !self.held.is_empty() {
            self.held.push(boot_now(), (addr, note.clone()));
        } else {
            self.print(note);
        }
    }

    /// Prints what waits no longer and what reports hold back. To be called after each turn, before waiting.
    pub(in crate::cli) fn flush(&mut self) {
        if let Some(names) = &mut self.known.names {
            names.collect();
        }
        while let Some(note) = self.next_held() {
            self.print(&note);
        }
        self.write(|report| report.flush());
    }

    /// Prints all that waits, and the end of the run.
    pub(in crate::cli) fn finish(&mut self, ends: &[Summary]) {
        while let Some((_, note)) = self.held.pop_any() {
            self.print(&note);
        }
        self.write(|report| report.summary(ends));
        self.write_capture(|report, _| report.summary(ends));
    }

    /// When [`Teller::flush`] wants to be called at the latest.
    pub(in crate::cli) fn deadline(&self) -> Option<BootTime> {
        self.held.deadline()
    }

    /// Readable when a name has become known.
    pub(in crate::cli) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.known.names.as_ref().map(AsFd::as_fd)
    }

    /// The first error of the report's writers.
    pub(in crate::cli) fn error(&self) -> Option<&io::Error> {
        self.error.as_ref()
    }

    /// The error that ended the capture, once.
    pub(in crate::cli) fn take_capture_error(&mut self) -> Option<io::Error> {
        self.capture_error.take()
    }

    fn next_held(&mut self) -> Option<Note> {
        if self.held.is_empty() {
            return None;
        }
        let names = self.known.names.as_ref();
        let is_pending = |addr| names.is_some_and(|names| names.get(addr).is_none());
        self.held.pop(boot_now(), |(addr, _)| addr.is_some_and(is_pending)).map(|(_, note)| note)
    }

    fn print(&mut self, note: &Note) {
        if let Err(error) = self.report.note(note, &self.known) {
            self.error.get_or_insert(error);
        }
    }

    /// A capture that cannot be written is given up; the run goes on.
    fn write_capture(&mut self, write: impl FnOnce(&mut dyn Report, &Known) -> io::Result<()>) {
        let Some(capture) = &mut self.capture else { return };
        if let Err(error) = write(capture.as_mut(), &self.known) {
            self.capture = None;
            self.capture_error = Some(error);
        }
    }
}

/// What a quiet run leaves out.
fn is_of_one_probe(note: &Note) -> bool {
    matches!(note, Note::Reply(_) | Note::NoReply { .. } | Note::Unanswered { .. } | Note::Redirect { .. })
}

/// Whose address a line shows, and whose probe it is about.
fn sender(note: &Note) -> (Option<Peer>, Option<TargetId>) {
    match note {
        Note::Reply(reply) => (Some(reply.from), Some(reply.target)),
        Note::NoReply { target, why: NoReply::Error { from, .. }, .. } | Note::Redirect { target, from, .. } => {
            (Some(Peer::from(*from)), Some(*target))
        }
        _ => (None, None),
    }
}
