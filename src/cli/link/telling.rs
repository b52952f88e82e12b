//! What the listeners of rlink's machines share: a report whose writer may fail, and what is said on stderr beside it.

use std::io;
use std::ops::ControlFlow;

use super::presence::{tell_dropped, tell_presence};
use crate::cli::Exit;
use crate::cli::conduct::Conductor;
use crate::link::{Happening, What};
use crate::report::link::FrameReport;
use crate::sys::link::Link;

/// A report and how it fares.
pub(super) struct Telling<'a> {
    /// What is said beside it.
    pub(super) conductor: Conductor<'a>,
    /// The report.
    pub(super) report: FrameReport<'a>,
    /// The interface it is about.
    pub(super) link: Link,
    error: Option<io::Error>,
}

impl<'a> Telling<'a> {
    pub(super) fn new(conductor: Conductor<'a>, report: FrameReport<'a>, link: Link) -> Self {
        Telling { conductor, report, link, error: None }
    }

    /// Tells something; the first failure is kept, and nothing is told after it.
    pub(super) fn tell(&mut self, tell: impl FnOnce(&mut FrameReport<'a>) -> io::Result<()>) {
        if self.error.is_none() {
            self.error = tell(&mut self.report).err();
        }
    }

    /// Something befell the run.
    pub(super) fn happened(&mut self, happening: &Happening) {
        match happening.what {
            What::Link(presence) => {
                let told = tell_presence(self.conductor, &mut self.report, &self.link, presence);
                self.error = self.error.take().or(told.err());
            }
            What::Dropped(more) => tell_dropped(self.conductor, more),
        }
    }

    /// Ends the run if nobody can be told any more.
    pub(super) fn turned(&mut self) -> ControlFlow<Exit> {
        match self.error.take() {
            Some(error) => ControlFlow::Break(self.conductor.cannot_write(&error)),
            None => ControlFlow::Continue(()),
        }
    }

    /// The exit of a run that came to its end, which `exit` says of what was found.
    pub(super) fn end(&mut self, exit: Exit) -> Exit {
        match self.turned() {
            ControlFlow::Break(exit) => exit,
            ControlFlow::Continue(()) if self.conductor.has_lost_lines() => Exit::Trouble,
            ControlFlow::Continue(()) => exit,
        }
    }
}
