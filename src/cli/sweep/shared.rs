//! Standard output between a report and the loop: what JSON flushes line by line leaves once a turn.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use crate::cli::stdout::Stdout;

/// A handle on standard output.
#[derive(Clone)]
pub(super) struct Shared<'a> {
    out: Rc<RefCell<Stdout<'a>>>,
    /// Whether a flush of the report's is passed on.
    passes: bool,
}

impl<'a> Shared<'a> {
    /// Of this output; with `passes`, each flush is done at once, because the order of two streams hangs on it.
    pub(super) fn new(out: Stdout<'a>, passes: bool) -> Self {
        Shared { out: Rc::new(RefCell::new(out)), passes }
    }

    /// Writes out what is there.
    pub(super) fn flush_now(&self) -> io::Result<()> {
        self.out.try_borrow_mut().map_or(Ok(()), |mut out| out.flush())
    }
}

impl Write for Shared<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.out.try_borrow_mut() {
            Ok(mut out) => out.write(bytes),
            // Nobody else writes meanwhile: both handles are this thread's, and neither is kept across a call.
            Err(_) => Ok(bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.passes { self.flush_now() } else { Ok(()) }
    }
}
