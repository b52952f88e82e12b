//! A ping session, listened to: its notes become lines, its end a verdict.

use std::ops::ControlFlow;
use std::os::fd::BorrowedFd;

use super::teller::Teller;
use crate::cli::conduct::{Conductor, Listener};
use crate::cli::exit::Exit;
use crate::clock::BootTime;
use crate::net::Network;
use crate::ping::{Command, Config, Note, Session, Summary, TargetId};
use crate::probe::Drive;
use crate::sys::errno::Errno;

struct Listening<'a, 't> {
    conductor: Conductor<'a>,
    teller: Teller<'t>,
    capture_failed: bool,
}

/// Runs a session to its end and tells of it.
pub(in crate::cli) fn run<N: Network>(conductor: Conductor<'_>, config: Config, net: N, teller: Teller<'_>) -> Exit {
    let mut drive = Drive::new(Session::new(config), net);
    let mut listening = Listening { conductor, teller, capture_failed: false };
    let broken = match conductor.conduct(&mut drive, Command::Stop, &mut listening) {
        ControlFlow::Break(exit) if listening.teller.error().is_some() => return exit,
        ended => ended.is_break(),
    };
    // The last lines wait for their names as long as any other; a signal ends that.
    while let Some(until) = listening.teller.deadline().filter(|_| !broken) {
        if !conductor.rests(until, listening.teller.fd().into_iter()) {
            break;
        }
        listening.teller.flush();
    }
    // From here on a reader is waited for, but not for ever.
    conductor.fate.hurry();
    let ends = summaries(&mut drive);
    listening.teller.finish(&ends);
    if let ControlFlow::Break(exit) = Listener::<Session, N>::turned(&mut listening) {
        return exit;
    }
    if broken || listening.capture_failed || conductor.has_lost_lines() {
        return Exit::Trouble;
    }
    verdict(drive.machine(), &ends)
}

impl<N: Network> Listener<Session, N> for Listening<'_, '_> {
    fn tell(&mut self, note: &Note) {
        self.teller.tell(note);
    }

    fn turned(&mut self) -> ControlFlow<Exit> {
        self.teller.flush();
        if let Some(error) = self.teller.take_capture_error() {
            self.conductor.say(&format!("--pcapng: {}; the capture ends here", Errno::from(&error)));
            self.capture_failed = true;
        }
        match self.teller.error() {
            Some(error) => ControlFlow::Break(self.conductor.cannot_write(error)),
            None => ControlFlow::Continue(()),
        }
    }

    fn status(&mut self, drive: &mut Drive<Session, N>) {
        let so_far = summaries(drive);
        self.teller.write(|report| report.status(&so_far));
    }

    fn deadline(&self) -> Option<BootTime> {
        self.teller.deadline()
    }

    fn fds(&self) -> [Option<BorrowedFd<'_>>; 2] {
        [self.teller.fd(), None]
    }
}

fn summaries<N: Network>(drive: &mut Drive<Session, N>) -> Vec<Summary> {
    let now = drive.network_mut().now();
    let count = drive.machine().config().targets.len();
    (0..count).filter_map(|index| drive.machine().summary(TargetId(index as u32), now)).collect()
}

/// All answered, one did not, or one could not even be asked.
fn verdict(session: &Session, ends: &[Summary]) -> Exit {
    let unasked = |end: &Summary| end.counters.attempted > 0 && end.counters.sent == 0;
    let met = if session.config().until.is_some() { session.until_met() } else { session.all_answered() };
    match met {
        true => Exit::Yes,
        false if ends.iter().any(unasked) => Exit::Trouble,
        false => Exit::No,
    }
}
