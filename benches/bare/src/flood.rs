//! As many round trips as the machine can make: a batch out, everything in, again; at most one batch is in flight.
//!
//! `--stamped` asks for both kernel stamps of every probe and forms each round-trip time; `--unstamped` only counts.

use crate::args::{Args, Outcome};
use crate::icmp::{ETHERNET, Template, read_echo};
use crate::socket::{self, Batch, clock};
use std::mem::zeroed;
use std::net::Ipv4Addr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::Duration;

/// An answer that takes longer is counted as lost.
const PATIENCE: Duration = Duration::from_millis(100);

struct Flood {
    fd: OwnedFd,
    template: Template,
    ident: u16,
    /// Bytes before the IP header in what is received.
    skip: usize,
    stamped: bool,
    window: usize,
    sent: u64,
    received: u64,
    lost: u64,
    in_flight: usize,
    stamps: Stamps,
}

/// Both ends of each probe by its 16-bit number; an RTT is formed when the second end arrives. 0 is no stamp.
struct Stamps {
    out: Vec<u64>,
    back: Vec<u64>,
    formed: u64,
    total_ns: u64,
}

impl Stamps {
    fn settle(&mut self, seq: u16) {
        let (out, back) = (&mut self.out[usize::from(seq)], &mut self.back[usize::from(seq)]);
        if *out != 0 && *back != 0 {
            self.total_ns += back.saturating_sub(*out);
            self.formed += 1;
            (*out, *back) = (0, 0);
        }
    }
}

/// Runs `bare flood` and prints its figures.
pub fn run(args: &Args) -> Outcome {
    let target = args.target()?;
    let ident = std::process::id() as u16;
    let (fd, template, skip) = if args.has("packet") {
        let interface = args.text("interface")?;
        let fd = socket::packet(interface, false)?;
        socket::bypass(&fd)?;
        (fd, Template::frame(ident, own_addresses(interface, target)?, (args.mac()?, target)), ETHERNET)
    } else {
        (socket::raw(target)?, Template::echo(ident), 0)
    };
    let stamped = args.has("stamped");
    if stamped {
        socket::stamp(&fd, true)?;
    }
    let window = args.number("batch")?.unwrap_or(256).clamp(1, 1024) as usize;
    let stamps = Stamps { out: vec![0; 1 << 16], back: vec![0; 1 << 16], formed: 0, total_ns: 0 };
    let (sent, received, lost) = (0, 0, 0);
    let mut flood = Flood { fd, template, ident, skip, stamped, window, sent, received, lost, in_flight: 0, stamps };

    let count = args.number("count")?.unwrap_or(u64::MAX);
    let seconds = args.number("seconds")?.unwrap_or(if count == u64::MAX { 2 } else { 3600 });
    let begin = clock(libc::CLOCK_MONOTONIC);
    flood.send_all(count, begin + seconds * 1_000_000_000)?;
    let elapsed_ns = clock(libc::CLOCK_MONOTONIC) - begin;

    let trips = flood.received.max(1) as f64;
    println!(
        "{:.1} kpps, {:.2} us CPU per round trip, {} sent, {} received, {} lost, {} stamped, {:.1} us mean RTT",
        flood.received as f64 / (elapsed_ns as f64 / 1e6),
        cpu_us() / trips,
        flood.sent,
        flood.received,
        flood.lost,
        flood.stamps.formed,
        flood.stamps.total_ns as f64 / 1e3 / flood.stamps.formed.max(1) as f64,
    );
    Ok(())
}

impl Flood {
    fn send_all(&mut self, count: u64, until_ns: u64) -> Outcome {
        let fd = self.fd.as_raw_fd();
        let mut out = Batch::new(self.window, self.template.len(), false);
        for i in 0..self.window {
            self.template.copy(out.bytes_mut(i));
        }
        let mut replies = Batch::new(self.window, 128, self.stamped);
        // With OPT_TSONLY the looped-back message is empty.
        let mut reports = Batch::new(if self.stamped { self.window } else { 0 }, 8, true);
        loop {
            let over = self.sent >= count || clock(libc::CLOCK_MONOTONIC) >= until_ns;
            if over && self.in_flight == 0 {
                return Ok(());
            }
            let room = (self.window - self.in_flight).min((count - self.sent) as usize);
            if !over && room > 0 {
                for i in 0..room {
                    self.template.number(out.bytes_mut(i), (self.sent + i as u64) as u16);
                }
                let sent = out.send(fd, room)?;
                self.sent += sent as u64;
                self.in_flight += sent;
            }
            if !self.drain(&mut replies, &mut reports)? && !socket::wait(&self.fd, PATIENCE) {
                self.lost += self.in_flight as u64;
                self.in_flight = 0;
            }
        }
    }

    /// Reads what is there: replies, then stamps, which were queued before the replies they belong to.
    fn drain(&mut self, replies: &mut Batch, reports: &mut Batch) -> Outcome<bool> {
        let fd = self.fd.as_raw_fd();
        let mut any = false;
        loop {
            let got = replies.receive(fd, 0)?;
            for i in 0..got {
                let packet = replies.message(i).get(self.skip..).unwrap_or_default();
                let Some((0, ident, seq)) = read_echo(packet) else { continue };
                if ident != u32::from(self.ident) {
                    continue;
                }
                self.received += 1;
                self.in_flight = self.in_flight.saturating_sub(1);
                if self.stamped {
                    self.stamps.back[usize::from(seq)] = replies.control(i).at_ns.unwrap_or(0);
                    self.stamps.settle(seq);
                }
            }
            any |= got > 0;
            if got < self.window {
                break;
            }
        }
        while self.stamped {
            let got = reports.receive(fd, libc::MSG_ERRQUEUE)?;
            for i in 0..got {
                let control = reports.control(i);
                if let (Some(at), Some(number)) = (control.at_ns, control.number) {
                    self.stamps.out[usize::from(number as u16)] = at;
                    self.stamps.settle(number as u16);
                }
            }
            any |= got > 0;
            if got < self.window {
                break;
            }
        }
        Ok(any)
    }
}

/// The hardware address of an interface, and the source address towards a target.
fn own_addresses(interface: &str, target: Ipv4Addr) -> Outcome<([u8; 6], Ipv4Addr)> {
    // Connecting a UDP socket asks the routing table and sends nothing.
    let udp = std::net::UdpSocket::bind("0.0.0.0:0")?;
    udp.connect((target, 9))?;
    let mac = socket::hardware_address(udp.as_raw_fd(), interface)?;
    match udp.local_addr()?.ip() {
        std::net::IpAddr::V4(address) => Ok((mac, address)),
        std::net::IpAddr::V6(_) => Err("an IPv6 source for an IPv4 target".into()),
    }
}

/// User and system time of this process so far.
fn cpu_us() -> f64 {
    // SAFETY: a rusage that lives here.
    let usage = unsafe {
        let mut usage: libc::rusage = zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage
    };
    [usage.ru_utime, usage.ru_stime].iter().map(|t| t.tv_sec as f64 * 1e6 + t.tv_usec as f64).sum()
}
