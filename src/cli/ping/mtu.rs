//! `--mtu-search`: the search for the largest packet that passes, listened to.

use std::io::{self, IsTerminal};
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::os::fd::BorrowedFd;

use crate::cli::conduct::{Conductor, Listener};
use crate::cli::exit::Exit;
use crate::clock::{BootTime, WallTime};
use crate::net::icmp::IcmpNet;
use crate::ping::{Command, MtuConfig, MtuNote, MtuResult, MtuSession, MtuStep, TargetId};
use crate::probe::Drive;
use crate::report::ping::{MtuFound, Report};
use crate::sys::clock::{boot_now, wall_now};
use crate::units::Family;

struct Listening<'a> {
    /// Sizes that did not pass, smallest last heard of, and who said so.
    refused: Option<(u32, Option<IpAddr>)>,
    probes: u64,
    at: WallTime,
    deadline: Option<BootTime>,
    /// A search may take minutes where packets vanish: whoever watches is told of each step.
    shows_progress: bool,
    stop: bool,
    conductor: Conductor<'a>,
}

/// Searches, tells, and says whether a size was found.
pub(super) fn run(
    conductor: Conductor<'_>,
    config: MtuConfig,
    deadline: Option<std::time::Duration>,
    net: IcmpNet,
    report: &mut dyn Report,
) -> Exit {
    let family = Family::of(config.peer.addr);
    let mut drive = Drive::new(MtuSession::new(config), net);
    let mut listening = Listening {
        refused: None,
        probes: 0,
        at: wall_now(),
        deadline: deadline.map(|length| boot_now() + length),
        shows_progress: io::stderr().is_terminal(),
        stop: false,
        conductor,
    };
    while let ControlFlow::Break(exit) = conductor.conduct(&mut drive, Command::Stop, &mut listening) {
        if !std::mem::take(&mut listening.stop) {
            return exit;
        }
        drive.command(Command::Stop);
    }
    conductor.fate.hurry();
    let result = drive.machine().result();
    let black_hole = matches!(result, Some(MtuResult::Mtu { black_hole: true, .. }));
    let (mtu, exit) = match result {
        Some(MtuResult::Mtu { mtu, .. }) => (Some(mtu), Exit::Yes),
        Some(MtuResult::Refused { from, error }) => {
            conductor.say(&format!("From {from}: {error}"));
            (None, Exit::No)
        }
        Some(MtuResult::NotSent { errno }) => {
            conductor.say(&format!("not sent: {errno}"));
            (None, Exit::Trouble)
        }
        Some(MtuResult::Stopped) => {
            conductor.say("stopped before the largest size was found");
            return Exit::No;
        }
        Some(MtuResult::NoAnswer) | None => (None, Exit::No),
    };
    let found = MtuFound { black_hole, ..listening.found(mtu, family) };
    match report.mtu(&found).and_then(|()| report.flush()) {
        Err(error) => conductor.cannot_write(&error),
        Ok(()) if conductor.has_lost_lines() => Exit::Trouble,
        Ok(()) => exit,
    }
}

impl Listening<'_> {
    fn found(&self, mtu: Option<u32>, family: Family) -> MtuFound {
        let headers = if family == Family::V4 { 28 } else { 48 };
        let refused = self.refused.filter(|(size, _)| mtu.is_none_or(|mtu| *size > mtu));
        MtuFound {
            target: TargetId(0),
            at: self.at,
            mtu,
            size: mtu.map(|mtu| mtu.saturating_sub(headers)),
            refused: refused.map(|(size, _)| size),
            said_by: refused.and_then(|(_, by)| by),
            black_hole: false,
            probes: self.probes,
        }
    }
}

impl Listener<MtuSession, IcmpNet> for Listening<'_> {
    fn tell(&mut self, note: &MtuNote) {
        match *note {
            MtuNote::Step { size, step, tries, at } => {
                self.at = at;
                self.probes += u64::from(tries);
                if self.shows_progress {
                    self.conductor.say(&progress(size, step));
                }
                let by = match step {
                    MtuStep::Fits { .. } => return,
                    MtuStep::TooBig { from, .. } => Some(from),
                    MtuStep::TooBigHere { .. } | MtuStep::Silent => None,
                };
                // Of all who refused, whoever refused the smallest packet sits at the narrowest place.
                if self.refused.is_none_or(|(smallest, _)| size < smallest) {
                    self.refused = Some((size, by));
                }
            }
            MtuNote::Ended { at, .. } => self.at = at,
        }
    }

    fn turned(&mut self) -> ControlFlow<Exit> {
        if self.deadline.is_some_and(|deadline| boot_now() >= deadline) {
            self.deadline = None;
            self.stop = true;
            return ControlFlow::Break(Exit::No);
        }
        ControlFlow::Continue(())
    }

    fn status(&mut self, _: &mut Drive<MtuSession, IcmpNet>) {
        let (probes, refused) = (self.probes, self.refused);
        let smallest = refused.map_or_else(String::new, |(size, _)| format!(", {size} bytes are too big"));
        self.conductor.say(&format!("{probes} probes{smallest}"));
    }

    fn deadline(&self) -> Option<BootTime> {
        self.deadline
    }

    fn fds(&self) -> [Option<BorrowedFd<'_>>; 2] {
        [None; 2]
    }
}

fn progress(size: u32, step: MtuStep) -> String {
    match step {
        MtuStep::Fits { .. } => format!("{size} bytes get through"),
        MtuStep::TooBig { from, error, .. } => format!("{size} bytes are too big: {from} says {error}"),
        MtuStep::TooBigHere { mtu: Some(mtu) } => format!("{size} bytes are too big for this host: at most {mtu}"),
        MtuStep::TooBigHere { mtu: None } => format!("{size} bytes are too big for this host"),
        MtuStep::Silent => format!("{size} bytes vanish"),
    }
}
