//! From notes to the report: asks for the names and origins that lines show, lets lines wait a moment for them, and keeps
//! the errors of writers until the loop asks.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd};

use super::open::Source;
use crate::cli::held::Held;
use crate::clock::BootTime;
use crate::names::{Learned, Names, Origin, Origins};
use crate::net::Peer;
use crate::report;
use crate::report::trace::Report;
use crate::sys::clock::boot_now;
use crate::sys::interfaces;
use crate::trace::Note;

/// The report of a run, and the names that it shows.
pub(super) struct Teller<'a> {
    report: Box<dyn Report + 'a>,
    known: Known,
    held: Held<Note>,
    error: Option<io::Error>,
}

/// Names of addresses and interfaces and those who announce them, as far as they are known.
struct Known {
    names: Option<Names>,
    origins: Option<Origins>,
    interfaces: BTreeMap<u32, String>,
}

impl report::Names for Known {
    fn name(&self, addr: IpAddr) -> Option<&str> {
        self.names.as_ref()?.get(addr).flatten().map(String::as_str)
    }

    fn interface(&self, index: u32) -> Option<&str> {
        self.interfaces.get(&index).map(String::as_str)
    }

    fn origin(&self, addr: IpAddr) -> Option<&Origin> {
        self.origins.as_ref()?.get(addr).flatten()
    }
}

impl Known {
    fn ask(&mut self, peer: Peer) {
        if peer.scope != 0 {
            let name = || interfaces::name_of(peer.scope).unwrap_or_else(|| peer.scope.to_string());
            self.interfaces.entry(peer.scope).or_insert_with(name);
        }
        if let Some(names) = &mut self.names {
            names.ask(peer.addr);
        }
        if let Some(origins) = &mut self.origins {
            origins.ask(peer.addr);
        }
    }

    fn is_pending(&self, addr: IpAddr) -> bool {
        self.names.as_ref().is_some_and(|names| names.get(addr).is_none())
            || self.origins.as_ref().is_some_and(|origins| origins.get(addr).is_none())
    }
}

impl<'a> Teller<'a> {
    /// Tells by this report.
    ///
    /// # Errors
    /// When look-ups cannot be prepared.
    pub(super) fn new(report: Box<dyn Report + 'a>, names: bool, origins: Option<Source>) -> io::Result<Self> {
        let names = names.then(Names::new).transpose()?;
        let origins = match origins {
            None => None,
            Some(Source::File(database)) => Some(Learned::with(move |addr| database.find(addr))?),
            Some(Source::Zone(zone)) => Some(Learned::with(move |addr| zone.find(addr))?),
        };
        let known = Known { names, origins, interfaces: BTreeMap::new() };
        Ok(Teller { report, known, held: Held::new(), error: None })
    }

    /// Something else is to be told, in its turn.
    pub(super) fn write(&mut self, write: impl FnOnce(&mut dyn Report) -> io::Result<()>) {
        if let Err(error) = write(self.report.as_mut()) {
            self.error.get_or_insert(error);
        }
    }

    /// Something happened.
    pub(super) fn tell(&mut self, note: &Note) {
        // Looked up as soon as it is heard of: by the time the hop is told, its name is known.
        for_each_peer(note, |peer| self.known.ask(peer));
        if matches!(note, Note::Try { .. }) || (self.held.is_empty() && !self.is_pending(note)) {
            self.print(note);
        } else {
            self.held.push(boot_now(), note.clone());
        }
    }

    /// Prints what waits no longer. To be called after each turn, before waiting.
    pub(super) fn flush(&mut self) {
        if let Some(names) = &mut self.known.names {
            names.collect();
        }
        if let Some(origins) = &mut self.known.origins {
            origins.collect();
        }
        while let Some(note) = self.held.pop(boot_now(), |note| is_pending(&self.known, note)) {
            self.print(&note);
        }
        self.write(|report| report.flush());
    }

    /// Prints all that waits.
    pub(super) fn finish(&mut self) {
        while let Some(note) = self.held.pop_any() {
            self.print(&note);
        }
        self.write(|report| report.flush());
    }

    /// When [`Teller::flush`] wants to be called at the latest.
    pub(super) fn deadline(&self) -> Option<BootTime> {
        self.held.deadline()
    }

    /// Readable when something has become known.
    pub(super) fn fds(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let names = self.known.names.as_ref().map(AsFd::as_fd);
        names.into_iter().chain(self.known.origins.as_ref().map(AsFd::as_fd))
    }

    /// The first error of the report's writers.
    pub(super) fn error(&self) -> Option<&io::Error> {
        self.error.as_ref()
    }

    fn is_pending(&self, note: &Note) -> bool {
        is_pending(&self.known, note)
    }

    fn print(&mut self, note: &Note) {
        if let Err(error) = self.report.note(note, &self.known) {
            self.error.get_or_insert(error);
        }
    }
}

fn is_pending(known: &Known, note: &Note) -> bool {
    let mut pending = false;
    for_each_peer(note, |peer| pending |= known.is_pending(peer.addr));
    pending
}

/// Those whose names a note's line shows.
fn for_each_peer(note: &Note, mut each: impl FnMut(Peer)) {
    match note {
        Note::Try { what, .. } => what.answer().into_iter().for_each(|answer| each(answer.from)),
        Note::Hop(hop) => hop.answers().for_each(|answer| each(answer.from)),
        Note::Revised { answer, .. } => each(answer.from),
        Note::Mtu(_) | Note::Dropped { .. } | Note::Stepped { .. } | Note::End(_) => {}
    }
}
