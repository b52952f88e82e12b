//! One probe each interval on an absolute schedule, and its round-trip time as the stamps give it.
//!
//! Prints `ID SEQ RTT_NS` for each reply: from the driver taking the probe to the kernel receiving the reply
//! (`--stamped`), or from before the call to after it (`--unstamped`), to be held against a capture. Over a raw ICMP
//! socket, or (`--packet`) over a packet socket to a station.

use crate::args::{Args, Outcome};
use crate::icmp::{Echo, Template, read_echo};
use crate::link;
use crate::socket::{self, Batch, clock};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::time::Duration;

/// Writes a sequence number into a probe.
type Number = Box<dyn Fn(&mut [u8], u16)>;

/// How probes are made and replies are read.
struct Way {
    fd: OwnedFd,
    out: Batch,
    number: Number,
    read: fn(&[u8]) -> Option<Echo>,
}

impl Way {
    fn icmp(args: &Args, ident: u16) -> Outcome<Self> {
        let template = Template::echo(ident);
        let mut out = Batch::new(1, template.len(), false);
        template.copy(out.bytes_mut(0));
        let number = Box::new(move |bytes: &mut [u8], seq| template.number(bytes, seq));
        Ok(Way { fd: socket::raw(args.target()?)?, out, number, read: read_echo })
    }

    fn link(args: &Args, ident: u16) -> Outcome<Self> {
        let interface = args.text("interface")?;
        let fd = socket::frames(interface, link::TYPE, false)?;
        let own = socket::hardware_address(fd.as_raw_fd(), interface)?;
        let request = link::request(u32::from(ident), own, args.mac()?);
        let mut out = Batch::new(1, request.len(), false);
        out.bytes_mut(0).copy_from_slice(&request);
        Ok(Way { fd, out, number: Box::new(link::number), read: link::read })
    }
}

/// Runs `bare paced`.
pub fn run(args: &Args) -> Outcome {
    let count = args.number("count")?.unwrap_or(500).min(65_535);
    let interval = args.interval()?.as_nanos() as u64;
    let stamped = args.has("stamped");
    let ident = std::process::id() as u16;
    let Way { fd, mut out, number: write, read } =
        if args.has("packet") { Way::link(args, ident)? } else { Way::icmp(args, ident)? };
    if stamped {
        socket::stamp(&fd, true)?;
    }
    // SAFETY: numbers only.
    unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1) };
    let mut ends = Ends {
        ident: u32::from(ident),
        read,
        stamped,
        sent: vec![None; 1 << 16],
        came: vec![None; 1 << 16],
        replies: Batch::new(4, 128, true),
        reports: Batch::new(4, 8, true),
    };

    let begin = clock(libc::CLOCK_MONOTONIC);
    for number in 0..count {
        let due = begin + number * interval;
        sleep_until(due);
        let seq = number as u16;
        write(out.bytes_mut(0), seq);
        if !stamped {
            ends.sent[usize::from(seq)] = Some(clock(libc::CLOCK_REALTIME));
        }
        out.send(fd.as_raw_fd(), 1)?;
        // The last probe waits a second; each other until the next is due. A late one is read in a later turn.
        let end = due + if number + 1 == count { 1_000_000_000 } else { interval };
        loop {
            ends.drain(fd.as_raw_fd())?;
            let now = clock(libc::CLOCK_MONOTONIC);
            if ends.rtt(seq).is_some() || now >= end || !socket::wait(&fd, Duration::from_nanos(end - now)) {
                break;
            }
        }
    }
    // Printed at the end, so that a terminal is no part of what is measured.
    for seq in 0..count as u16 {
        if let Some(rtt) = ends.rtt(seq) {
            println!("{ident} {seq} {rtt}");
        }
    }
    Ok(())
}

/// Both ends of each probe, in nanoseconds of the wall clock.
struct Ends {
    ident: u32,
    read: fn(&[u8]) -> Option<Echo>,
    stamped: bool,
    sent: Vec<Option<u64>>,
    came: Vec<Option<u64>>,
    replies: Batch,
    reports: Batch,
}

impl Ends {
    fn rtt(&self, seq: u16) -> Option<i64> {
        Some(self.came[usize::from(seq)]? as i64 - self.sent[usize::from(seq)]? as i64)
    }

    fn drain(&mut self, fd: RawFd) -> Outcome {
        for i in 0..self.replies.receive(fd, 0)? {
            if let Some((0, ident, seq)) = (self.read)(self.replies.message(i)) {
                if ident == self.ident {
                    let stamp = self.replies.control(i).at_ns;
                    self.came[usize::from(seq)] = if self.stamped { stamp } else { Some(clock(libc::CLOCK_REALTIME)) };
                }
            }
        }
        for i in 0..self.reports.receive(fd, libc::MSG_ERRQUEUE)? {
            let control = self.reports.control(i);
            if let Some(number) = control.number {
                self.sent[usize::from(number as u16)] = control.at_ns;
            }
        }
        Ok(())
    }
}

fn sleep_until(due_ns: u64) {
    let due = libc::timespec { tv_sec: (due_ns / 1_000_000_000) as _, tv_nsec: (due_ns % 1_000_000_000) as _ };
    // SAFETY: a timespec that lives here.
    while unsafe { libc::clock_nanosleep(libc::CLOCK_MONOTONIC, libc::TIMER_ABSTIME, &due, std::ptr::null_mut()) } != 0
    {
    }
}
