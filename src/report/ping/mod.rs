//! What a run of rping tells people and programs: text, JSON Lines, CSV and capture files, each a [`Report`].
//!
//! A report gets plain values (a [`Run`] and, for text, a [`Style`]), hears the session's notes in order, and writes to a
//! `dyn Write`. It knows no flags, no signals and no sockets, so each line of each format is tested as a string. Every
//! error of the writer goes up unchanged: what a broken pipe means is for the command to say.

mod csv;
mod json;
mod pcapng;
mod run;
mod text;

use std::io;
use std::net::IpAddr;

use super::{Failed, Names};
use crate::clock::WallTime;
use crate::ping::{Note, Summary, TargetId};

pub use csv::Csv;
pub use json::Json;
pub(super) use json::SummaryBody;
pub use pcapng::Pcapng;
pub use run::Run;
pub use text::{Style, Text};

/// One way to tell of a run.
///
/// Called in this order: [`start`](Report::start) once, then notes, status lines and the like as they happen, then
/// [`summary`](Report::summary) once, always: after a signal and with nothing received, too. Each line is written whole.
pub trait Report {
    /// The run begins.
    ///
    /// # Errors
    /// The writer's, as of every method here.
    fn start(&mut self) -> io::Result<()>;

    /// Something happened. `names` is asked for what is known at this moment and never waited for.
    ///
    /// # Errors
    /// The writer's.
    fn note(&mut self, note: &Note, names: &dyn Names) -> io::Result<()>;

    /// An operand that could not be probed at all: its name did not resolve, its family is not to be had. Where a line on
    /// stderr is due, the command writes it; here it is kept from vanishing from the results.
    ///
    /// # Errors
    /// The writer's.
    fn failed(&mut self, failed: &Failed) -> io::Result<()> {
        let _ = failed;
        Ok(())
    }

    /// A search for the largest packet came to its end.
    ///
    /// # Errors
    /// The writer's.
    fn mtu(&mut self, found: &MtuFound) -> io::Result<()> {
        let _ = found;
        Ok(())
    }

    /// Somebody asks how things stand (SIGQUIT).
    ///
    /// # Errors
    /// The writer's.
    fn status(&mut self, so_far: &[Summary]) -> io::Result<()> {
        let _ = so_far;
        Ok(())
    }

    /// The run is over: one summary for each target of [`Run::hosts`].
    ///
    /// # Errors
    /// The writer's.
    fn summary(&mut self, ends: &[Summary]) -> io::Result<()>;

    /// Writes what is held back. Lines never are; the dots of a flood are, until the end of a turn of the loop: call it
    /// before waiting.
    ///
    /// # Errors
    /// The writer's.
    fn flush(&mut self) -> io::Result<()>;
}

/// What a search for the path MTU found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MtuFound {
    /// Whose.
    pub target: TargetId,
    /// When.
    pub at: WallTime,
    /// The largest IP packet that was answered; `None` where none was.
    pub mtu: Option<u32>,
    /// Its ICMP payload, as `-s` would have it.
    pub size: Option<u32>,
    /// The smallest IP packet that did not get through, if there was one.
    pub refused: Option<u32>,
    /// Who said that it was too big: a router, or `None` where this host did or nobody.
    pub said_by: Option<IpAddr>,
    /// Whether larger packets vanished without a word from anyone.
    pub black_hole: bool,
    /// How many probes it took.
    pub probes: u64,
}
