//! What `rlink scan` tells: a line an address, in columns, and what it came to; how far it is, for a terminal.

use std::fmt::Write as _;
use std::io;
use std::net::IpAddr;

use serde::Serialize;

use super::FrameReport;
use super::asked::{Neighbour, Unsent};
use crate::clock::{WallTime, as_ns};
use crate::link::scan::{Found, Progress, Totals};
use crate::report::address::Address;
use crate::report::clean;
use crate::report::number::{Ms, plural};
use crate::sys::errno::Errno;

#[derive(Serialize)]
struct Ended {
    prefixes: Vec<String>,
    addresses: u32,
    sent: u64,
    not_sent: u64,
    found: u64,
    conflicts: u64,
    dropped: u64,
    complete: bool,
    took_ns: u64,
}

impl FrameReport<'_> {
    /// Somebody is there. `column`: how wide addresses are printed, so that the lines of both families align.
    ///
    /// # Errors
    /// The writer's.
    pub fn found(&mut self, found: &Found, column: usize) -> io::Result<()> {
        let body = Neighbour {
            target: None,
            address: Address::plain(found.addr),
            mac: found.mac.to_string(),
            sender: None,
            kind: "found",
            seq: None,
            rtt_ns: found.rtt.map(|rtt| as_ns(rtt.time)),
            clock: found.rtt.map(|rtt| rtt.clock.name()),
            unicast: None,
            conflict: found.conflict,
        };
        self.write("neighbour", found.at, body, |_| {
            let addr = found.addr.to_string();
            let mut line = format!("{addr:<column$}  {}", found.mac);
            match found.rtt {
                Some(rtt) => {
                    let _ = write!(line, "  {} ms", Ms(rtt.time));
                }
                None => line.push_str("  heard"),
            }
            if found.conflict {
                line.push_str("  CONFLICT: another station has it, too");
            }
            line.push('\n');
            line
        })
    }

    /// This host did not send a question: an event for programs. Of what went wrong people are told once, by the command.
    ///
    /// # Errors
    /// The writer's.
    pub fn scan_unsent(&mut self, addr: Option<IpAddr>, errno: Errno, at: WallTime) -> io::Result<()> {
        let text = errno.to_string();
        let body = Unsent { target: None, address: addr.map(Address::plain), seq: None, errno: errno.0, text };
        self.write("unsent", at, body, |_| String::new())
    }

    /// The end.
    ///
    /// # Errors
    /// The writer's.
    pub fn scanned(&mut self, prefixes: &[String], t: &Totals, at: WallTime) -> io::Result<()> {
        let body = Ended {
            prefixes: prefixes.to_vec(),
            addresses: t.addresses,
            sent: t.sent,
            not_sent: t.not_sent,
            found: t.found,
            conflicts: t.conflicts,
            dropped: t.dropped,
            complete: t.complete,
            took_ns: as_ns(t.took),
        };
        self.write("scanned", at, body, |interface| scanned_text(interface, t))
    }
}

fn scanned_text(interface: &str, t: &Totals) -> String {
    let how = if t.complete { "scanned in" } else { "scanned in part, for" };
    let mut text = format!("\n--- {} {how} {:.3} s ---\n", clean(interface), t.took.as_secs_f64());
    let _ = write!(text, "{} address{} found", t.found, if t.found == 1 { "" } else { "es" });
    if t.addresses > 0 {
        let _ = write!(text, ", {} asked for", t.addresses);
    }
    let _ = write!(text, ", {} question{} sent", t.sent, plural(t.sent));
    if t.not_sent > 0 {
        let _ = write!(text, ", {} not sent", t.not_sent);
    }
    if t.conflicts > 0 {
        let _ = write!(text, ", {} conflict{}", t.conflicts, plural(t.conflicts));
    }
    text.push('\n');
    if t.dropped > 0 {
        let _ = writeln!(text, "{} dropped by the kernel for want of room", t.dropped);
    }
    text
}

/// How far a scan is, for a line that is written over.
#[must_use]
pub fn progress_text(p: &Progress, rounds: u32) -> String {
    let percent = u64::from(p.place) * 100 / u64::from(p.places.max(1));
    let round = if rounds > 1 { format!(" round {}/{rounds},", p.round) } else { String::new() };
    format!("{percent:3}%{round} {} found", p.found)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::clock::ClockSource;
    use crate::probe::times::Rtt;
    use crate::units::MacAddr;
    use std::time::Duration;

    #[test]
    fn columns_line_up() {
        let rtt = Some(Rtt { time: Duration::from_micros(990), clock: ClockSource::Kernel });
        let mac = MacAddr([2, 0, 0, 0, 0, 9]);
        let found = |addr: &str, rtt, conflict| Found {
            addr: addr.parse().unwrap(),
            mac,
            at: WallTime::default(),
            rtt,
            conflict,
        };
        let totals = Totals {
            addresses: 254,
            sent: 300,
            found: 2,
            conflicts: 1,
            took: Duration::from_millis(1500),
            complete: true,
            ..Totals::default()
        };
        let mut out = Vec::new();
        let mut report = FrameReport::new("eth0", false, Box::new(&mut out));
        report.found(&found("10.1.0.2", rtt, false), 28).unwrap();
        report.found(&found("fe80::200:5eff:fe10:1", None, true), 28).unwrap();
        report.scanned(&[], &totals, WallTime::default()).unwrap();
        report
            .scanned(&[], &Totals { complete: false, not_sent: 1, dropped: 2, ..totals }, WallTime::default())
            .unwrap();
        drop(report);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "10.1.0.2                      02:00:00:00:00:09  0.990 ms\n\
             fe80::200:5eff:fe10:1         02:00:00:00:00:09  heard  CONFLICT: another station has it, too\n\
             \n--- eth0 scanned in 1.500 s ---\n2 addresses found, 254 asked for, 300 questions sent, 1 conflict\n\
             \n--- eth0 scanned in part, for 1.500 s ---\n2 addresses found, 254 asked for, 300 questions sent, \
             1 not sent, 1 conflict\n2 dropped by the kernel for want of room\n"
        );
        let progress = Progress { round: 2, place: 127, places: 254, found: 3 };
        assert_eq!(progress_text(&progress, 2), " 50% round 2/2, 3 found");
    }
}
