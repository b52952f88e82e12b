//! One probe each interval on an absolute schedule, and its round-trip time as the stamps give it.
//!
//! Prints `ID SEQ RTT_NS` for each reply: from the driver taking the probe to the kernel receiving the reply
//! (`--stamped`), or from before the call to after it (`--unstamped`), to be held against a capture.

use crate::args::{Args, Outcome};
use crate::icmp::{Template, read_echo};
use crate::socket::{self, Batch, clock};
use std::os::fd::AsRawFd;
use std::time::Duration;

/// Runs `bare paced`.
pub fn run(args: &Args) -> Outcome {
    let target = args.target()?;
    let count = args.number("count")?.unwrap_or(500);
    let interval = args.interval()?.as_nanos() as u64;
    let stamped = args.has("stamped");
    let fd = socket::raw(target)?;
    if stamped {
        socket::stamp(&fd, true)?;
    }
    // SAFETY: numbers only.
    unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1) };
    let ident = std::process::id() as u16;
    let template = Template::echo(ident);
    let mut out = Batch::new(1, template.len(), false);
    template.copy(out.bytes_mut(0));
    let mut replies = Batch::new(4, 128, true);
    let mut reports = Batch::new(4, 8, true);
    let mut lines = String::new();

    let begin = clock(libc::CLOCK_MONOTONIC);
    for number in 0..count {
        let due = begin + number * interval;
        sleep_until(due);
        let seq = number as u16;
        template.number(out.bytes_mut(0), seq);
        let (mut sent_at, mut came_at) = (if stamped { None } else { Some(clock(libc::CLOCK_REALTIME)) }, None);
        out.send(fd.as_raw_fd(), 1)?;
        // The last probe waits a second; each other until the next is due.
        let end = due + if number + 1 == count { 1_000_000_000 } else { interval };
        while sent_at.is_none() || came_at.is_none() {
            let now = clock(libc::CLOCK_MONOTONIC);
            if now >= end || !socket::wait(&fd, Duration::from_nanos(end - now)) {
                break;
            }
            for i in 0..replies.receive(fd.as_raw_fd(), 0)? {
                if read_echo(replies.message(i)) == Some((0, ident, seq)) {
                    came_at = if stamped { replies.control(i).at_ns } else { Some(clock(libc::CLOCK_REALTIME)) };
                }
            }
            for i in 0..reports.receive(fd.as_raw_fd(), libc::MSG_ERRQUEUE)? {
                let control = reports.control(i);
                if control.number == Some(number as u32) {
                    sent_at = control.at_ns;
                }
            }
        }
        if let (Some(sent), Some(came)) = (sent_at, came_at) {
            lines.push_str(&format!("{ident} {seq} {}\n", came as i64 - sent as i64));
        }
    }
    // Printed at the end, so that a terminal is no part of what is measured.
    print!("{lines}");
    Ok(())
}

fn sleep_until(due_ns: u64) {
    let due = libc::timespec { tv_sec: (due_ns / 1_000_000_000) as _, tv_nsec: (due_ns % 1_000_000_000) as _ };
    // SAFETY: a timespec that lives here.
    while unsafe { libc::clock_nanosleep(libc::CLOCK_MONOTONIC, libc::TIMER_ABSTIME, &due, std::ptr::null_mut()) } != 0
    {
    }
}
