//! The witness: every echo request and reply on an interface, of ICMP and of stations, with the stamps that any capture would have.
//!
//! It sleeps and drains instead of waiting in the kernel, so that no packet has to wake it: a capture that is woken by
//! each probe lengthens the very path it measures. Where there are too many packets even for that, `--sample` takes one
//! far address in 128.

use crate::args::{Args, Outcome};
use crate::icmp::{ETHERNET, read_echo};
use crate::link;
use crate::socket::{self, Batch};
use std::io::Write;
use std::net::Ipv4Addr;
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Echo requests to addresses, and replies from addresses, whose last byte ends in the seven bits of 77.
const SAMPLE: [(u16, u8, u8, u32); 9] = [
    (0x30, 0, 0, 34), // the type, behind an IPv4 header without options
    (0x15, 0, 2, 8),  // a request:
    (0x30, 0, 0, 33), // to
    (0x05, 0, 0, 1),
    (0x30, 0, 0, 29), // else: from
    (0x54, 0, 0, 0x7f),
    (0x15, 0, 1, 77),
    (0x06, 0, 0, u32::MAX),
    (0x06, 0, 0, 0),
];

static OVER: AtomicBool = AtomicBool::new(false);

extern "C" fn end(_signal: libc::c_int) {
    OVER.store(true, Ordering::Relaxed);
}

/// Runs `bare capture` until SIGTERM or SIGINT.
pub fn run(args: &Args) -> Outcome {
    let sample = args.has("sample");
    let fd = socket::packet(args.text("interface")?, true)?;
    if sample {
        socket::filter(&fd, &SAMPLE)?;
    }
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
                let of_stations = link::read(frame);
                let echo = of_stations.or_else(|| read_echo(packet));
                if let (Some((kind, ident, seq)), Some(at)) = (echo, batch.control(i).at_ns) {
                    let way = if kind == 8 { "out" } else { "in" };
                    let far = if kind == 8 { 16 } else { 12 };
                    let far = packet.get(far..far + 4).filter(|_| of_stations.is_none());
                    let far: [u8; 4] = far.and_then(|a| a.try_into().ok()).unwrap_or_default();
                    lines.push_str(&format!("{way} {ident} {seq} {at} {}\n", Ipv4Addr::from(far)));
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
