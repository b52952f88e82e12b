//! `rlink serve`: shows the frames of one type, and answers echo requests. It never blocks in receiving: it waits for
//! frames and signals at once, and then takes all that is there, a batch a call.

use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use clap::Args as ClapArgs;

use super::presence::tell_presence;
use super::values::{ether_type, refusal, tag};
use crate::cli::conduct::Conductor;
use crate::cli::stdout::{Fate, Stdout};
use crate::cli::{Exit, Refusal, privilege};
use crate::clock::BootTime;
use crate::link::{Answerer, Counts, Heard, Replies};
use crate::net::packet::{LinkOptions, LinkSocket};
use crate::report::TimeOfDay;
use crate::report::link::{FrameClock, FrameReport, ServeTotals, Shown};
use crate::sys::ancillary::SendControl;
use crate::sys::batch::{OutgoingFrame, Queue, Received, RecvRing, SendRing};
use crate::sys::clock::{boot_now, wall_now};
use crate::sys::errno::Errno;
use crate::sys::filter::{Frames, frame_filter};
use crate::sys::packet::Hears;
use crate::sys::poll::{self, Interest};
use crate::sys::signals::{Signal, Signals, restore_default_and_raise};
use crate::sys::stamping::{SwitchingOn, Timestamping};

/// Frames taken and answered by one call.
const BATCH: usize = 256;
/// Room for frames that come faster than we are scheduled.
const RECEIVE_BUFFER: u32 = 8 * 1024 * 1024;
/// How long a full send buffer may hold answers up before they count as not sent.
const PATIENCE: Duration = Duration::from_millis(100);
/// How often the kernel's drop counter is read, and drops are told of.
const ACCOUNT_EVERY: Duration = Duration::from_secs(1);
/// Full batches in a row after which signals are looked for: a flood must not keep them out.
const TURNS: u32 = 64;
/// Bytes of a frame that are not its payload: header, two tags and some to spare.
const HEADERS: usize = 64;

/// What it can be told.
#[derive(Clone, Debug, ClapArgs)]
#[command(override_usage = "rlink serve -I IF [OPTIONS]")]
pub(super) struct Args {
    /// The interface to hear
    #[arg(short = 'I', long, value_name = "IF")]
    interface: String,
    /// The type of frames to hear (default 0x88b5)
    #[arg(long, value_name = "TYPE")]
    ethertype: Option<String>,
    /// Serve a VLAN: frames with an 802.1Q tag of this number
    ///
    /// Without it frames without a tag are served, and those of VLANs that have no interface here are shown only.
    #[arg(long, value_name = "ID")]
    vlan: Option<String>,
    /// Answer echo requests (the default)
    #[arg(long, overrides_with = "no_echo")]
    echo: bool,
    /// Answer nothing
    #[arg(long, overrides_with = "echo")]
    no_echo: bool,
    /// Show no frames, only the totals
    #[arg(short = 'q', long)]
    quiet: bool,
    /// End after TIME
    #[arg(short = 'w', long, value_name = "TIME")]
    deadline: Option<String>,
    /// Print JSON Lines
    #[arg(short = 'j', long)]
    json: bool,
}

/// Serves until it is interrupted; `name` begins messages.
///
/// # Errors
/// One line, where nothing was served.
pub(super) fn run(args: &Args, name: &str) -> Result<Exit, Refusal> {
    let ether_type = ether_type(args.ethertype.as_ref())?;
    let vlan = tag(args.vlan.as_ref())?.map(|tag| tag.id);
    let deadline = args.deadline.as_ref().map(|text| crate::cli::values::run_length("-w", text)).transpose()?;
    let (hears, filter) = match vlan {
        None => (Hears::One(ether_type), Vec::new()),
        Some(id) => (Hears::All, frame_filter(Frames { types: &[ether_type], vlan: Some(id) })),
    };
    // Who shows nothing needs no times.
    let stamping = (!args.quiet).then(SwitchingOn::begin);
    let socket = LinkSocket::open(&LinkOptions {
        filter,
        timestamping: stamping.as_ref().map(|_| Timestamping::RECEIVE),
        receive_buffer: RECEIVE_BUFFER,
        frame_info: true,
        ..LinkOptions::new(&args.interface, hears)
    });
    let socket = socket.map_err(|error| refusal(&error))?;
    privilege::give_up()?;
    let signals = Signals::block_and_open().map_err(|error| Refusal::io("cannot hear signals", &error))?;
    let _stamps = stamping.map(SwitchingOn::wait);

    let fate = Fate::default();
    let out = Stdout::new(name, signals.as_fd(), &fate).map_err(|error| Refusal::io("standard output", &error))?;
    let conductor = Conductor { name, signals: &signals, fate: &fate };
    let mac = socket.link().mac.unwrap_or_default();
    let packet = usize::try_from(socket.link().mtu).unwrap_or(usize::MAX).saturating_add(HEADERS);
    let server = Server {
        conductor,
        answerer: Answerer { mac, vlan, answers: !args.no_echo },
        socket,
        report: FrameReport::new(&args.interface, args.json, Box::new(out)),
        quiet: args.quiet,
        counts: Counts::default(),
        replies: Replies::default(),
        inbox: RecvRing::new(BATCH, packet),
        outbox: SendRing::new(BATCH),
        account_at: BootTime::default(),
    };
    Ok(server.serve(deadline))
}

struct Server<'a> {
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

impl Server<'_> {
    fn serve(mut self, deadline: Option<Duration>) -> Exit {
        let started = boot_now();
        let until = deadline.map(|deadline| started + deadline);
        let written = self.run(until);
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
            if let Some(presence) = self.socket.look(now) {
                self.answerer.mac = self.socket.link().mac.unwrap_or(self.answerer.mac);
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
            let at = TimeOfDay(wall_now());
            self.conductor
                .say(&format!("{at} {more} frames dropped by the kernel: they came faster than they were read"));
        }
    }
}

fn heard<'a>(packet: &Received<'a>) -> Heard<'a> {
    Heard {
        bytes: packet.bytes,
        cut: packet.truncated,
        direction: packet.link.unwrap_or_default().direction,
        stripped: packet.ancillary.frame.and_then(|info| info.vlan),
        at: packet.ancillary.rx_soft,
    }
}

/// What ends a server before its time.
enum Broken {
    Output(io::Error),
    Socket(io::Error),
}
