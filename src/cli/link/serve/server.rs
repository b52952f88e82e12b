//! The run of `rlink serve`: take, answer, tell, wait; and at the end answer what had come by then.

use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use crate::cli::Exit;
use crate::cli::conduct::Conductor;
use crate::cli::link::presence::{tell_dropped, tell_presence};
use crate::clock::BootTime;
use crate::link::{Answerer, Counts, Heard, Replies};
use crate::net::packet::LinkSocket;
use crate::report::link::{FrameClock, FrameReport, ServeTotals, Serving, Shown};
use crate::sys::ancillary::SendControl;
use crate::sys::batch::{OutgoingFrame, Queue, Received, RecvRing, SendRing};
use crate::sys::clock::{boot_now, wall_now};
use crate::sys::errno::Errno;
use crate::sys::poll::{self, Interest};
use crate::sys::signals::{Signal, restore_default_and_raise};

/// Frames taken and answered by one call.
const BATCH: usize = 256;
/// How long a full send buffer may hold answers up before they count as not sent.
const PATIENCE: Duration = Duration::from_millis(100);
/// How often the kernel's drop counter is read, and drops are told of.
const ACCOUNT_EVERY: Duration = Duration::from_secs(1);
/// Full batches in a row after which signals are looked for: a flood must not keep them out.
const TURNS: u32 = 64;

/// A run of `rlink serve`.
pub(super) struct Server<'a> {
    conductor: Conductor<'a>,
    socket: LinkSocket,
    answerer: Answerer,
    report: FrameReport<'a>,
    quiet: bool,
    counts: Counts,
    replies: Replies,
    inbox: RecvRing,
    outbox: SendRing,
    account_at: BootTime,
}

impl<'a> Server<'a> {
    /// That has room for frames of so many bytes.
    pub(super) fn new(
        conductor: Conductor<'a>,
        socket: LinkSocket,
        answerer: Answerer,
        report: FrameReport<'a>,
        quiet: bool,
        frame: usize,
    ) -> Self {
        Server {
            conductor,
            socket,
            answerer,
            report,
            quiet,
            counts: Counts::default(),
            replies: Replies::default(),
            inbox: RecvRing::new(BATCH, frame),
            outbox: SendRing::new(BATCH),
            account_at: BootTime::default(),
        }
    }

    /// Serves, and says so first.
    pub(super) fn serve(mut self, deadline: Option<Duration>, serving: &Serving) -> Exit {
        let started = boot_now();
        let until = deadline.map(|deadline| started + deadline);
        let written = self.report.serving(serving).map_err(Broken::Output);
        let written = written.and_then(|()| self.run(until)).and_then(|()| self.finish());
        if let Err(error) = written {
            return match error {
                Broken::Output(error) => self.conductor.cannot_write(&error),
                Broken::Socket(error) => {
                    self.conductor.say(&format!("the socket broke: {}", Errno::from(&error)));
                    Exit::Trouble
                }
            };
        }
        self.conductor.fate.hurry();
        self.counts.dropped += u64::from(self.socket.dropped());
        let totals = ServeTotals { counts: self.counts, took: boot_now().since(started), at: wall_now() };
        if let Err(error) = self.report.served(&totals) {
            return self.conductor.cannot_write(&error);
        }
        if self.conductor.has_lost_lines() { Exit::Trouble } else { Exit::Yes }
    }

    /// Until the end comes by a signal or the clock.
    fn run(&mut self, until: Option<BootTime>) -> Result<(), Broken> {
        let mut turns = 0;
        loop {
            let now = boot_now();
            let change = self.socket.look(now);
            // Not only after it was away: an address can change while the interface is up.
            self.answerer.mac = self.socket.link().mac.unwrap_or(self.answerer.mac);
            if let Some(presence) = change {
                tell_presence(self.conductor, &mut self.report, self.socket.link(), presence)
                    .map_err(Broken::Output)?;
            }
            if now >= self.account_at {
                self.account(now);
            }
            let taken = self.take().map_err(Broken::Socket)?;
            self.handle(taken)?;
            if until.is_some_and(|until| now >= until) {
                return Ok(());
            }
            turns += 1;
            if taken == BATCH && turns < TURNS {
                continue;
            }
            turns = 0;
            if taken < BATCH {
                self.wait(until).map_err(Broken::Socket)?;
            }
            if self.is_interrupted() {
                return Ok(());
            }
        }
    }

    /// Answers what had come by then: every frame is answered, told of or counted as dropped. A second signal ends at once.
    fn finish(&mut self) -> Result<(), Broken> {
        if self.socket.stop_hearing().is_err() {
            return Ok(());
        }
        loop {
            let taken = self.take().map_err(Broken::Socket)?;
            self.handle(taken)?;
            if taken == 0 {
                return Ok(());
            }
            if let Some(signal) = self.conductor.signals.read().filter(|signal| *signal != Signal::Quit) {
                restore_default_and_raise(signal);
            }
        }
    }

    fn take(&mut self) -> io::Result<usize> {
        self.socket.receive(&mut self.inbox, Queue::Data)
    }

    /// Answers what was taken, and then tells of it: nobody's answer waits for our output.
    fn handle(&mut self, taken: usize) -> Result<(), Broken> {
        self.replies.clear();
        for packet in (0..taken).filter_map(|i| self.inbox.get(i)) {
            let seen = self.answerer.look(&heard(&packet));
            self.counts.count(&seen);
            if let Ok(seen) = seen {
                self.answerer.answer(&seen, &mut self.replies);
            }
        }
        self.answer();
        if self.quiet {
            return Ok(());
        }
        for packet in (0..taken).filter_map(|i| self.inbox.get(i)) {
            let heard = heard(&packet);
            let Ok(seen) = self.answerer.look(&heard) else { continue };
            let clock = if heard.at.is_some() { FrameClock::Kernel } else { FrameClock::User };
            let at = heard.at.unwrap_or_else(wall_now);
            self.report.frame(&Shown { at, clock, outgoing: false, seen }).map_err(Broken::Output)?;
        }
        Ok(())
    }

    /// Sends the answers. A send buffer that is full empties by itself: answers wait for it, and so do the requests behind
    /// them, in the socket's queue, where the kernel counts those that find no room.
    fn answer(&mut self) {
        let mut next = 0;
        while next < self.replies.len() {
            let frames =
                self.replies.from(next).map(|bytes| OutgoingFrame { by: None, bytes, control: SendControl::default() });
            match self.socket.send(&mut self.outbox, frames) {
                Ok(n) => {
                    self.counts.answered += n as u64;
                    next += n.max(1);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && self.waits_for_room() => {}
                Err(_) => {
                    self.counts.not_sent += 1;
                    next += 1;
                }
            }
        }
    }

    fn waits_for_room(&self) -> bool {
        let until = Some(boot_now() + PATIENCE);
        poll::wait(&[(self.socket.as_fd(), Interest::Write)], until).is_ok_and(|ready| ready.get(0).write)
    }

    fn wait(&self, until: Option<BootTime>) -> io::Result<()> {
        let fds = [(self.socket.as_fd(), Interest::Read), (self.conductor.signals.as_fd(), Interest::Read)];
        let until = [until, Some(self.socket.look_at()), Some(self.account_at)].into_iter().flatten().min();
        poll::wait(&fds, until).map(drop)
    }

    /// Whether a signal ends the run; SIGQUIT asks how things stand.
    fn is_interrupted(&self) -> bool {
        let mut interrupted = false;
        while let Some(signal) = self.conductor.signals.read() {
            match signal {
                Signal::Quit => {
                    let c = &self.counts;
                    self.conductor.say(&format!(
                        "{} frames heard, {} echo requests answered, {} dropped",
                        c.heard, c.answered, c.dropped
                    ));
                }
                other if interrupted => restore_default_and_raise(other),
                _ => interrupted = true,
            }
        }
        interrupted
    }

    /// Asks for drops, and says so if there were any.
    fn account(&mut self, now: BootTime) {
        self.account_at = now + ACCOUNT_EVERY;
        let more = u64::from(self.socket.dropped());
        self.counts.dropped += more;
        if more > 0 {
            tell_dropped(self.conductor, more);
        }
    }
}

fn heard<'a>(packet: &Received<'a>) -> Heard<'a> {
    let ancillary = packet.ancillary();
    Heard {
        bytes: packet.bytes,
        cut: packet.truncated,
        direction: packet.link.unwrap_or_default().direction,
        stripped: ancillary.frame.and_then(|info| info.vlan),
        at: ancillary.rx_soft,
    }
}

/// What ends a server before its time.
enum Broken {
    Output(io::Error),
    Socket(io::Error),
}
