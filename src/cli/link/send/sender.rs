//! The run of `rlink send`: when each frame is due, what becomes of it, and what waits for an interface that went.

use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use crate::cli::Exit;
use crate::cli::conduct::Conductor;
use crate::cli::link::presence::tell_presence;
use crate::clock::{BootTime, WallTime};
use crate::link::{Answerer, Heard};
use crate::net::packet::{LinkSocket, Presence, is_absence};
use crate::report::link::{FrameClock, FrameReport, SendTotals, Shown};
use crate::sys::address::Direction;
use crate::sys::ancillary::{SendControl, Stages};
use crate::sys::batch::{OutgoingFrame, Queue, RecvRing, SendRing};
use crate::sys::clock::{boot_now, wall_now};
use crate::sys::errno::{self, Errno};
use crate::sys::poll::{self, Interest};
use crate::sys::signals::Signal;
use crate::units::MacAddr;

/// Frames of one call.
const BATCH: usize = 256;
/// Of frames that follow each other without a pause, one in so many is looked after: stamps cost more than frames.
const SAMPLE: u64 = 64;
/// How long the last stamps are waited for.
const GRACE: Duration = Duration::from_millis(200);
/// How long a full send buffer is waited for at a time.
const PATIENCE: Duration = Duration::from_millis(100);
/// How long a full queue of the interface, which nothing announces to have room again, is left alone.
const BREATH: Duration = Duration::from_micros(200);

/// A run of `rlink send`.
pub(super) struct Sender<'a> {
    conductor: Conductor<'a>,
    report: FrameReport<'a>,
    shows: bool,
    socket: LinkSocket,
    frame: Vec<u8>,
    interval: Duration,
    totals: SendTotals,
    outbox: SendRing,
    stamps: RecvRing,
    /// What the last frame was refused with, which is said once.
    refused: Option<Errno>,
}

/// What ends a run before its last frame.
enum Ended {
    Interrupted,
    Output(io::Error),
}

impl<'a> Sender<'a> {
    /// Of this frame, every `interval`; `shows` each as it leaves.
    pub(super) fn new(
        conductor: Conductor<'a>,
        report: FrameReport<'a>,
        shows: bool,
        socket: LinkSocket,
        frame: Vec<u8>,
        interval: Duration,
    ) -> Self {
        let stamps = RecvRing::new(BATCH, frame.len() + 64);
        let (totals, outbox) = (SendTotals::default(), SendRing::new(BATCH));
        Sender { conductor, report, shows, socket, frame, interval, totals, outbox, stamps, refused: None }
    }

    /// Sends so many of it.
    pub(super) fn send(mut self, count: u64) -> Exit {
        let started = boot_now();
        let ended = self.all(count, started);
        if let Ok(()) | Err(Ended::Interrupted) = ended {
            if let Err(error) = self.last_stamps() {
                return self.conductor.cannot_write(&error);
            }
        }
        if let Err(Ended::Output(error)) = ended {
            return self.conductor.cannot_write(&error);
        }
        self.conductor.fate.hurry();
        (self.totals.took, self.totals.at) = (boot_now().since(started), wall_now());
        if let Err(error) = self.report.sent(&self.totals) {
            return self.conductor.cannot_write(&error);
        }
        let all_sent = self.totals.sent == count;
        if all_sent && !self.conductor.has_lost_lines() { Exit::Yes } else { Exit::Trouble }
    }

    fn all(&mut self, count: u64, started: BootTime) -> Result<(), Ended> {
        let (mut next, mut due) = (0_u64, started);
        while next < count {
            self.wait_until(due)?;
            let burst = if self.interval.is_zero() { (count - next).min(BATCH as u64) } else { 1 };
            let dealt_with = self.burst(burst)?;
            next += dealt_with;
            if dealt_with > 0 {
                // What an absence or a suspend has cost is not made up in a burst.
                let now = boot_now();
                due = if now.since(due) > self.interval { now } else { due } + self.interval;
            }
            self.take_stamps().map_err(Ended::Output)?;
        }
        Ok(())
    }

    /// Sends so many frames and returns how many are dealt with: none, where the interface had to be waited for.
    fn burst(&mut self, n: u64) -> Result<u64, Ended> {
        let is_sample = self.interval.is_zero();
        let looks_after = |i: u64| !is_sample || i % SAMPLE == 0;
        let (first, granted) = (self.totals.sent, self.socket.granted());
        let control = |i| SendControl {
            stages: if granted.transmit && looks_after(i) { Stages::DRIVER } else { Stages::NONE },
            stamp: (granted.numbered && looks_after(i)).then_some(i as u32),
            ..SendControl::default()
        };
        let frame = self.frame.as_slice();
        let frames = (first..first + n).map(|i| OutgoingFrame { by: None, bytes: frame, control: control(i) });
        match self.socket.send(&mut self.outbox, frames) {
            Ok(sent) => {
                let sent = sent as u64;
                self.totals.attempted += sent;
                self.totals.sent += sent;
                self.totals.asked += (first..first + sent).filter(|i| looks_after(*i)).count() as u64;
                self.refused = None;
                Ok(sent)
            }
            // Queues that are full empty by themselves; only a signal ends that.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                let fds = [(self.socket.as_fd(), Interest::Write), (self.conductor.signals.as_fd(), Interest::Read)];
                let _ = poll::wait(&fds, Some(boot_now() + PATIENCE));
                self.heed_signals().map(|()| 0)
            }
            Err(error) if Errno::from(&error) == errno::ENOBUFS => {
                let fds = [(self.conductor.signals.as_fd(), Interest::Read)];
                let _ = poll::wait(&fds, Some(boot_now() + BREATH));
                self.heed_signals().map(|()| 0)
            }
            Err(error) => {
                self.await_interface()?;
                if self.socket.presence() == Presence::Up && is_absence(Errno::from(&error)) {
                    return Ok(0);
                }
                self.refuse(Errno::from(error));
                Ok(1)
            }
        }
    }

    /// A frame that this host does not send, for a reason that is not the interface's absence.
    fn refuse(&mut self, why: Errno) {
        self.totals.attempted += 1;
        self.totals.not_sent += 1;
        if self.refused.replace(why) != Some(why) {
            self.conductor.say(&format!("not sent: {why}"));
        }
    }

    /// Waits for an interface that went; the frame that it refused is sent when it is back.
    fn await_interface(&mut self) -> Result<(), Ended> {
        loop {
            if let Some(presence) = self.socket.look(boot_now()) {
                let told = tell_presence(self.conductor, &mut self.report, self.socket.link(), presence);
                told.map_err(Ended::Output)?;
            }
            if self.socket.presence() == Presence::Up {
                return Ok(());
            }
            let fds = [(self.conductor.signals.as_fd(), Interest::Read)];
            let _ = poll::wait(&fds, Some(self.socket.look_at()));
            self.heed_signals()?;
        }
    }

    fn wait_until(&mut self, due: BootTime) -> Result<(), Ended> {
        loop {
            self.heed_signals()?;
            if boot_now() >= due {
                return Ok(());
            }
            let fds = [(self.socket.as_fd(), Interest::Errors), (self.conductor.signals.as_fd(), Interest::Read)];
            // Stamps are read as they come, so that each line is told in its time.
            if poll::wait(&fds, Some(due)).is_ok_and(|ready| ready.get(0).error) {
                self.take_stamps().map_err(Ended::Output)?;
                self.await_interface()?;
            }
        }
    }

    /// An interrupt ends the run; SIGQUIT asks how things stand.
    fn heed_signals(&self) -> Result<(), Ended> {
        while let Some(signal) = self.conductor.signals.read() {
            if signal != Signal::Quit {
                return Err(Ended::Interrupted);
            }
            let t = &self.totals;
            self.conductor.say(&format!("{} frames sent, {} seen leaving, {} not sent", t.sent, t.stamped, t.not_sent));
        }
        Ok(())
    }

    fn last_stamps(&mut self) -> io::Result<()> {
        let until = boot_now() + GRACE;
        self.take_stamps()?;
        while self.totals.stamped < self.totals.asked && self.socket.granted().transmit && boot_now() < until {
            poll::wait(&[(self.socket.as_fd(), Interest::Errors)], Some(until))?;
            self.take_stamps()?;
        }
        if self.shows && self.totals.stamped == 0 && self.totals.sent > 0 {
            // Nobody stamps here: the frames are shown all the same, in one line.
            self.show(wall_now(), FrameClock::User)?;
        }
        Ok(())
    }

    /// Reads the stamps of frames that have left, and tells of each.
    fn take_stamps(&mut self) -> io::Result<()> {
        loop {
            let n = self.socket.receive(&mut self.stamps, Queue::Error)?;
            let left: Vec<WallTime> =
                (0..n).filter_map(|i| self.stamps.get(i)?.ancillary().tx.and_then(|tx| tx.soft)).collect();
            self.totals.stamped += left.len() as u64;
            if self.shows {
                left.into_iter().try_for_each(|at| self.show(at, FrameClock::Kernel))?;
            }
            if n < self.stamps.capacity() {
                return Ok(());
            }
        }
    }

    fn show(&mut self, at: WallTime, clock: FrameClock) -> io::Result<()> {
        let heard = Heard { bytes: &self.frame, cut: false, direction: Direction::Outgoing, stripped: None, at: None };
        let nobody = Answerer { mac: MacAddr::ZERO, vlan: None, answers: false };
        match nobody.look(&heard) {
            Ok(seen) => self.report.frame(&Shown { at, clock, outgoing: true, seen }),
            // It was written with a whole header.
            Err(_) => Ok(()),
        }
    }
}
