//! JSON Lines: one object a line, whole and flushed, each with the version, its event's name and a time.

use std::io::{self, Write};

use serde::Serialize;

/// What every line has.
#[derive(Serialize)]
struct Line<T> {
    v: u8,
    event: &'static str,
    ts_ns: i64,
    #[serde(flatten)]
    body: T,
}

/// A writer of events.
pub(super) struct Lines<'w> {
    out: Box<dyn Write + 'w>,
    line: Vec<u8>,
}

impl<'w> Lines<'w> {
    /// To `out`.
    pub(super) fn new(out: Box<dyn Write + 'w>) -> Self {
        Lines { out, line: Vec::new() }
    }

    /// Writes one event, timed in nanoseconds of the wall clock.
    pub(super) fn write<T: Serialize>(&mut self, event: &'static str, ts_ns: i64, body: T) -> io::Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, &Line { v: 1, event, ts_ns, body })?;
        self.line.push(b'\n');
        self.out.write_all(&self.line)?;
        self.out.flush()
    }

    /// Writes out what a buffering writer holds back.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
