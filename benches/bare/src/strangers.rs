//! Echo replies that nobody asked for, at a rate: under one ident and every sequence number, from an address of choice, with
//! zeros for a payload. What a pinger makes of them is what is measured.

use crate::args::{Args, Outcome};
use crate::icmp::Template;
use crate::socket::{self, Batch, clock};
use std::os::fd::AsRawFd;

const BATCH: usize = 64;

/// Runs `bare strangers` and prints how many it sent, and how fast.
pub fn run(args: &Args) -> Outcome {
    let interface = args.text("interface")?;
    let fd = socket::packet(interface, false)?;
    let own = socket::hardware_address(fd.as_raw_fd(), interface)?;
    let from = args.text("from")?.parse()?;
    let ident = u16::try_from(args.number("ident")?.ok_or("--ident is missing")?)?;
    let make = if args.has("errors") { Template::stranger_error } else { Template::stranger };
    let template = make(ident, (own, from), (args.mac()?, args.target()?));
    let mut out = Batch::new(BATCH, template.len(), false);
    for i in 0..BATCH {
        template.copy(out.bytes_mut(i));
    }
    let rate = args.number("rate")?.unwrap_or(200_000) as f64;
    let seconds: f64 = args.text("seconds").map_or(Ok(5.0), str::parse)?;
    println!("ready");
    let begin = clock(libc::CLOCK_MONOTONIC);
    let mut sent = 0_u64;
    let elapsed = loop {
        let elapsed = (clock(libc::CLOCK_MONOTONIC) - begin) as f64 / 1e9;
        if elapsed >= seconds {
            break elapsed;
        }
        let due = ((elapsed * rate) as u64).saturating_sub(sent).min(BATCH as u64) as usize;
        if due == 0 {
            // What a short sleep leaves due is made up by larger batches.
            std::thread::sleep(std::time::Duration::from_micros(50));
            continue;
        }
        // The number of an error means nothing, and its place is not the sequence number's.
        for i in 0..due {
            template.number(out.bytes_mut(i), (sent + i as u64) as u16);
        }
        sent += match out.send(fd.as_raw_fd(), due) {
            Ok(sent) => sent as u64,
            Err(error) if matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::ENOBUFS)) => 0,
            Err(error) => return Err(error.into()),
        };
    };
    println!("{:.1} kpps, {sent} strangers sent", sent as f64 / elapsed / 1e3);
    Ok(())
}
