//! What a run of rtrace tells people and programs: text in traceroute's shape, JSON Lines, RIPE Atlas results.
//!
//! Each is a [`Report`]: it gets a [`Run`] and, for text, a [`Style`], hears the tracer's notes in order, and writes to a
//! `dyn Write`. Hops of several targets settle side by side; who prints them as text keeps each target's together.

mod atlas;
mod json;
mod marks;
mod run;
mod text;

use std::io;

use super::Names;
use crate::trace::Note;

pub use atlas::Atlas;
pub use json::Json;
pub use run::{Run, Traced};
pub use text::{Shape, Style, Text};

/// One way to tell of a run.
///
/// Called in this order: [`start`](Report::start) once, [`failed`](Report::failed) for what cannot be traced, then the
/// notes as they come; the last note of each target is its [`Note::End`]. Each line is written whole.
pub trait Report {
    /// The run begins.
    ///
    /// # Errors
    /// The writer's, as of every method here.
    fn start(&mut self) -> io::Result<()>;

    /// An operand that could not be traced at all. Where a line on stderr is due, the command writes it.
    ///
    /// # Errors
    /// The writer's.
    fn failed(&mut self, failed: &super::Failed) -> io::Result<()> {
        let _ = failed;
        Ok(())
    }

    /// Something happened. `names` is asked for what is known at this moment and never waited for.
    ///
    /// # Errors
    /// The writer's.
    fn note(&mut self, note: &Note, names: &dyn Names) -> io::Result<()>;

    /// Writes what is held back. To be called before waiting.
    ///
    /// # Errors
    /// The writer's.
    fn flush(&mut self) -> io::Result<()>;
}
