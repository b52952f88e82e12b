//! Packets that nobody asked for, at a rate, from an address of choice, of either family: echo replies under one ident and
//! every sequence number, errors about probes that nobody sent, replies of stations. What a prober makes of them is what is
//! measured. They come until standard input ends; with `--listen` from the first echo request on, under the ident of the last.

use crate::args::{Args, Outcome};
use crate::forged::{Forged, asked};
use crate::link;
use crate::socket::{self, Batch, clock};
use std::io::{Read, Write};
use std::net::IpAddr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const BATCH: usize = 64;
/// Of a process that is none of those measured.
const NOBODY: u64 = 7;
/// Lets nothing in.
const NOTHING: [(u16, u8, u8, u32); 1] = [(0x06, 0, 0, 0)];

static OVER: AtomicBool = AtomicBool::new(false);

/// Runs `bare strangers` and prints how many it sent, and how fast.
pub fn run(args: &Args) -> Outcome {
    let interface = args.text("interface")?;
    let to: IpAddr = args.target()?;
    let what = args.text("what")?;
    let protocol = match what {
        "stations" => link::TYPE,
        _ if to.is_ipv6() => libc::ETH_P_IPV6,
        _ => libc::ETH_P_IP,
    };
    let fd = socket::frames(interface, protocol, false)?;
    let own = socket::hardware_address(fd.as_raw_fd(), interface)?;
    let (from, to) = ((own, args.text("from")?.parse()?), (args.mac()?, to));
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        OVER.store(true, Ordering::Relaxed);
    });
    println!("ready");
    std::io::stdout().flush()?;
    let make = |ident: u64| -> Outcome<Forged> {
        Ok(match what {
            "replies" => Forged::reply(u16::try_from(ident)?, from, to),
            "unreachable" => Forged::unreachable(u16::try_from(ident)?, from, to),
            "exceeded-udp" => Forged::exceeded(false, args.text("about")?.parse()?, from, to),
            "exceeded-echo" => Forged::exceeded(true, args.text("about")?.parse()?, from, to),
            "stations" => Forged::link_reply(u32::try_from(ident)?, from, to),
            _ => return Err(format!("--what {what}: no such strangers").into()),
        })
    };
    let listens = args.has("listen");
    let mut ident = if listens { None } else { Some(args.number("ident")?.unwrap_or(NOBODY)) };
    if !listens {
        socket::filter(&fd, &NOTHING)?;
    }
    let mut forged = make(ident.unwrap_or(NOBODY))?;
    let (mut out, mut ears) = (Batch::new(BATCH, forged.len(), false), Batch::new(16, 128, false));
    fill(&mut out, &forged);
    let rate = args.number("rate")?.unwrap_or(200_000) as f64;
    let mut begin = clock(libc::CLOCK_MONOTONIC);
    let (mut sent, mut elapsed) = (0_u64, 0.0);
    while !OVER.load(Ordering::Relaxed) {
        // Another process that asks is the one to be fooled from then on.
        let heard = if listens { listen(&fd, &mut ears)? } else { None };
        if heard.is_some() && heard != ident {
            if ident.is_none() {
                begin = clock(libc::CLOCK_MONOTONIC);
            }
            ident = heard;
            forged = make(heard.unwrap_or(NOBODY))?;
            fill(&mut out, &forged);
        }
        if ident.is_none() {
            socket::wait(&fd, Duration::from_millis(100));
            continue;
        }
        elapsed = (clock(libc::CLOCK_MONOTONIC) - begin) as f64 / 1e9;
        let due = ((elapsed * rate) as u64).saturating_sub(sent).min(BATCH as u64) as usize;
        if due == 0 {
            // What a short sleep leaves due is made up by larger batches.
            std::thread::sleep(Duration::from_micros(50));
            continue;
        }
        for i in 0..due {
            forged.number(out.bytes_mut(i), (sent + i as u64) as u16);
        }
        sent += match out.send(fd.as_raw_fd(), due) {
            Ok(sent) => sent as u64,
            Err(error) if matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::ENOBUFS)) => 0,
            Err(error) => return Err(error.into()),
        };
    }
    println!("{:.1} kpps, {sent} strangers sent", sent as f64 / f64::max(elapsed, 1e-3) / 1e3);
    Ok(())
}

/// The ident of an echo request that came in.
fn listen(fd: &OwnedFd, ears: &mut Batch) -> Outcome<Option<u64>> {
    let got = ears.receive(fd.as_raw_fd(), 0)?;
    Ok((0..got).rev().find_map(|i| asked(ears.message(i))).map(u64::from))
}

fn fill(out: &mut Batch, forged: &Forged) {
    for i in 0..BATCH {
        forged.copy(out.bytes_mut(i));
    }
}
