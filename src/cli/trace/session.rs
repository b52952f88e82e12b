//! A trace, listened to: its notes become lines, its end a verdict.

use std::ops::ControlFlow;
use std::os::fd::BorrowedFd;

use super::teller::Teller;
use crate::cli::conduct::{Conductor, Listener};
use crate::cli::exit::Exit;
use crate::clock::BootTime;
use crate::net::Network;
use crate::probe::Drive;
use crate::trace::{Command, Config, End, Note, Tracer};

struct Listening<'a, 't> {
    conductor: Conductor<'a>,
    teller: Teller<'t>,
    /// Targets that are over and were reached.
    reached: usize,
    /// Targets that are over because this host could not even ask.
    unsent: usize,
}

/// Traces to the end, and says whether all targets were reached.
pub(super) fn run<N: Network>(conductor: Conductor<'_>, config: Config, net: N, teller: Teller<'_>) -> Exit {
    let targets = config.targets.len();
    let mut drive = Drive::new(Tracer::new(config), net);
    let mut listening = Listening { conductor, teller, reached: 0, unsent: 0 };
    let broken = match conductor.conduct(&mut drive, Command::Stop, &mut listening) {
        ControlFlow::Break(exit) if listening.teller.error().is_some() => return exit,
        ended => ended.is_break(),
    };
    // The last lines wait for their names as long as any other; a signal ends that.
    while let Some(until) = listening.teller.deadline().filter(|_| !broken) {
        if !conductor.rests(until, listening.teller.fds()) {
            break;
        }
        listening.teller.flush();
    }
    // From here on a reader is waited for, but not for ever.
    conductor.fate.hurry();
    listening.teller.finish();
    if let ControlFlow::Break(exit) = Listener::<Tracer, N>::turned(&mut listening) {
        return exit;
    }
    if broken || conductor.has_lost_lines() || listening.unsent > 0 {
        Exit::Trouble
    } else if listening.reached == targets {
        Exit::Yes
    } else {
        Exit::No
    }
}

impl<N: Network> Listener<Tracer, N> for Listening<'_, '_> {
    fn tell(&mut self, note: &Note) {
        if let Note::End(path) = note {
            self.reached += usize::from(path.end == End::Reached);
            self.unsent += usize::from(matches!(path.end, End::NotSent { .. }));
        }
        self.teller.tell(note);
    }

    fn turned(&mut self) -> ControlFlow<Exit> {
        self.teller.flush();
        match self.teller.error() {
            Some(error) => ControlFlow::Break(self.conductor.cannot_write(error)),
            None => ControlFlow::Continue(()),
        }
    }

    fn status(&mut self, _: &mut Drive<Tracer, N>) {
        // What is known of a path stands there already; of several, progress shows how many are done.
        self.conductor.say(&format!("{} targets reached so far", self.reached));
    }

    fn deadline(&self) -> Option<BootTime> {
        self.teller.deadline()
    }

    fn fds(&self) -> [Option<BorrowedFd<'_>>; 2] {
        let mut fds = self.teller.fds();
        [fds.next(), fds.next()]
    }
}
