//! What a sweep tells people and programs: text as fping prints it, JSON Lines, fping's own JSON, CSV, lists of the alive
//! and the dead, and a line of progress.
//!
//! A report gets plain values (a [`Run`] with its [`Roster`] and, for text, a [`Style`]), hears the sweep's notes in order, and
//! writes to a `dyn Write`. What only the end or an interval tells it reads from the sweep itself, host by host: nothing is
//! kept twice for there may be a million hosts.

mod csv;
mod figures;
mod fping_json;
mod icmp;
mod json;
mod lists;
mod progress;
mod roster;
mod scan;
mod text;

use std::io;
use std::time::Duration;

use crate::clock::WallTime;
use crate::net::Exchange;
pub use crate::report::Failed;
use crate::report::Names;
use crate::sweep::{Mode, Note, Spacing, Sweep, Totals};
use crate::units::{Family, Ident};

pub use csv::Csv;
pub use fping_json::FpingJson;
pub use json::Json;
pub use lists::Lists;
pub use progress::{Progress, progress_line};
pub use roster::{Label, Roster};
pub use scan::{Labels, ScanReport, Who};
pub use text::{Shown, Style, Text};

/// A sweep, as reports may know it beforehand.
#[derive(Clone, Debug)]
pub struct Run {
    /// Whom it asks, by the names they are shown with; empty where nothing is kept of each.
    pub roster: Roster,
    /// How many it asks.
    pub targets: u64,
    /// Which engine: "exact", "stateless".
    pub engine: &'static str,
    /// When it began.
    pub at: WallTime,
    /// How often each host is asked.
    pub mode: Mode,
    /// Time between two probes.
    pub spacing: Spacing,
    /// Time between two probes to one host.
    pub period: Duration,
    /// After how long a probe is given up.
    pub timeout: Duration,
    /// Echo or timestamp.
    pub exchange: Exchange,
    /// Payload bytes.
    pub size: usize,
    /// The ident of probes of each family that is asked.
    pub idents: Vec<(Family, Ident)>,
    /// The kind of socket: "raw", "dgram".
    pub socket: &'static str,
    /// What the order of the hosts was drawn from, if it was.
    pub seed: Option<u64>,
    /// Which of how many parts, from 0.
    pub shard: Option<(u64, u64)>,
    /// Time between two reports (`-Q`).
    pub report_every: Option<Duration>,
    /// Whether those count from the beginning.
    pub cumulative: bool,
    /// Targets that could not be asked at all: their names have no address.
    pub unknown: u64,
}

impl Run {
    /// Whether hosts are asked until they answer.
    #[must_use]
    pub fn until_alive(&self) -> bool {
        matches!(self.mode, Mode::Alive { .. })
    }

    /// A probe's number as fping counts: from 0, and all attempts to find a host alive are the first.
    fn fping_number(&self, number: u64) -> u64 {
        if self.until_alive() { 0 } else { number.saturating_sub(1) }
    }
}

/// One way to tell of a sweep. Every error is the writer's.
pub trait Report {
    /// The run begins.
    ///
    /// # Errors
    /// The writer's, as of every method here.
    fn start(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// A target that could not be asked.
    ///
    /// # Errors
    /// The writer's.
    fn failed(&mut self, failed: &Failed) -> io::Result<()>;

    /// Something happened.
    ///
    /// # Errors
    /// The writer's.
    fn note(&mut self, note: &Note, names: &dyn Names) -> io::Result<()>;

    /// An interval is over (`-Q`).
    ///
    /// # Errors
    /// The writer's.
    fn interval(&mut self, sweep: &Sweep, at: WallTime) -> io::Result<()>;

    /// Somebody asks how things stand (SIGQUIT).
    ///
    /// # Errors
    /// The writer's.
    fn status(&mut self, sweep: &Sweep, at: WallTime) -> io::Result<()> {
        let _ = (sweep, at);
        Ok(())
    }

    /// The run is over.
    ///
    /// # Errors
    /// The writer's.
    fn finish(&mut self, sweep: &Sweep, totals: &Totals) -> io::Result<()>;

    /// Writes what is held back.
    ///
    /// # Errors
    /// The writer's.
    fn flush(&mut self) -> io::Result<()>;
}
