//! The witness: every echo request and reply on an interface, of ICMP and of stations, with the stamps that any capture would have.
//!
//! It sleeps and drains instead of waiting in the kernel, so that no packet has to wake it: a capture that is woken by
//! each probe lengthens the very path it measures.

use crate::args::{Args, Outcome};
use crate::icmp::{ETHERNET, read_echo};
use crate::link;
use crate::socket::{self, Batch};
use std::io::Write;
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

static OVER: AtomicBool = AtomicBool::new(false);

extern "C" fn end(_signal: libc::c_int) {
    OVER.store(true, Ordering::Relaxed);
}

/// Runs `bare capture` until SIGTERM or SIGINT.
pub fn run(args: &Args) -> Outcome {
    let fd = socket::packet(args.text("interface")?, true)?;
    socket::stamp(&fd, false)?;
    let handler = end as extern "C" fn(libc::c_int) as libc::sighandler_t;
    // SAFETY: the handler does nothing but store a flag.
    unsafe {
        libc::signal(libc::SIGTERM, handler);
        libc::signal(libc::SIGINT, handler);
    }
    let mut batch = Batch::new(256, 128, true);
    let mut lines = String::new();
    println!("ready");
    std::io::stdout().flush()?;
    loop {
        let over = OVER.load(Ordering::Relaxed);
        loop {
            let got = batch.receive(fd.as_raw_fd(), 0)?;
            for i in 0..got {
                let frame = batch.message(i);
                let packet = frame.get(ETHERNET..).unwrap_or_default();
                let echo = link::read(frame).or_else(|| read_echo(packet));
                if let (Some((kind, ident, seq)), Some(at)) = (echo, batch.control(i).at_ns) {
                    let way = if kind == 8 { "out" } else { "in" };
                    lines.push_str(&format!("{way} {ident} {seq} {at}\n"));
                }
            }
            if got == 0 {
                break;
            }
        }
        if over {
            // All at once: what was measured is over.
            std::io::stdout().write_all(lines.as_bytes())?;
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
