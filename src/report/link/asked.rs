//! What `rlink arp` and `rlink ndp` tell: who has the address, how fast, and whether more than one has it.
//!
//! The lines have ping's shape, one an answer; a conflict has a line of its own, in words that can be searched for.

mod body;
mod text;

use std::io;
use std::time::Duration;

use super::FrameReport;
use crate::clock::{WallTime, as_ns};
use crate::link::ask::{Claim, How};
use crate::link::neighbour::{Answer, Summary, Task, Verdict};
use crate::net::Peer;
use crate::probe::TargetId;
use crate::report::address::Address;
use crate::report::clean;
use crate::report::event::About;
use crate::report::number::plural;
use crate::report::ping::SummaryBody;
use crate::sys::errno::Errno;
use crate::units::MacAddr;
use body::{Conflict, Judged, NoAnswer, Start, Taken, how_name, kind_name, sender};
pub(super) use body::{Neighbour, Unsent};
use text::{answer_text, by, statistics, verdict_text};

/// A run, as it was asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The operand as typed.
    pub operand: String,
    /// The address.
    pub peer: Peer,
    /// Our own on this link; `None`: nobody's (duplicate address detection).
    pub source: Option<std::net::IpAddr>,
    /// Our hardware address.
    pub mac: MacAddr,
    /// What for.
    pub task: Task,
    /// Questions at the most.
    pub count: Option<u64>,
    /// Time between two, where it is always the same.
    pub interval: Option<Duration>,
    /// How long an answer is waited for.
    pub timeout: Duration,
    /// When it began.
    pub at: WallTime,
}

impl Asked {
    /// An address of the link that was asked about, without its zone: there is one link here.
    fn address(&self) -> Address<'static> {
        Address::plain(self.peer.addr)
    }

    fn protocol(&self) -> &'static str {
        if self.peer.addr.is_ipv4() { "ARP" } else { "NDP" }
    }
}

impl FrameReport<'_> {
    /// The run begins.
    ///
    /// # Errors
    /// The writer's.
    pub fn asking(&mut self, run: &Asked) -> io::Result<()> {
        let task = match run.task {
            Task::Ask => "ask",
            Task::Duplicate => "dad",
            Task::Announce(_) => "announce",
        };
        let body = Start {
            target: &run.operand,
            address: run.address(),
            source: run.source,
            mac: run.mac.to_string(),
            task,
            count: run.count,
            interval_ns: run.interval.map(as_ns),
            timeout_ns: as_ns(run.timeout),
        };
        self.write("ask", run.at, body, |interface| {
            let (protocol, address, mac) = (run.protocol(), run.address(), run.mac);
            let interface = clean(interface);
            match (run.task, run.source) {
                (Task::Announce(_), _) => format!("{protocol} {address} is announced at {mac} on {interface}\n"),
                (_, Some(source)) => format!("{protocol} {address} from {source} {mac} on {interface}\n"),
                (_, None) => format!("{protocol} {address} from nobody {mac} on {interface}\n"),
            }
        })
    }

    /// Somebody answered.
    ///
    /// # Errors
    /// The writer's.
    pub fn answer(&mut self, run: &Asked, answer: &Answer) -> io::Result<()> {
        let body = Neighbour {
            target: Some(&run.operand),
            address: run.address(),
            mac: answer.claim.mac.to_string(),
            sender: sender(&answer.claim),
            kind: kind_name(answer.kind),
            seq: (answer.number > 0).then_some(answer.number),
            rtt_ns: answer.rtt.map(|rtt| as_ns(rtt.time)),
            clock: answer.rtt.map(|rtt| rtt.clock.name()),
            unicast: Some(answer.to_us),
            conflict: answer.conflict,
        };
        self.write("neighbour", answer.at, body, |_| answer_text(run, answer))
    }

    /// Nobody answered in time.
    ///
    /// # Errors
    /// The writer's.
    pub fn no_answer(&mut self, run: &Asked, number: u64, at: WallTime) -> io::Result<()> {
        let body = NoAnswer { target: &run.operand, address: run.address(), seq: number };
        self.write("no_answer", at, body, |_| format!("{} does not answer seq={number}\n", run.address()))
    }

    /// This host did not send one.
    ///
    /// # Errors
    /// The writer's.
    pub fn unsent(&mut self, run: &Asked, number: u64, errno: Errno, at: WallTime) -> io::Result<()> {
        let body = Unsent {
            target: Some(&run.operand),
            address: Some(run.address()),
            seq: Some(number),
            errno: errno.0,
            text: errno.to_string(),
        };
        self.write("unsent", at, body, |_| format!("{} seq={number} not sent: {errno}\n", run.address()))
    }

    /// An announcement left.
    ///
    /// # Errors
    /// The writer's.
    pub fn announced(&mut self, run: &Asked, number: u64, at: WallTime) -> io::Result<()> {
        let body = NoAnswer { target: &run.operand, address: run.address(), seq: number };
        self.write("announced", at, body, |_| format!("announced {} at {} seq={number}\n", run.address(), run.mac))
    }

    /// Several stations have the address.
    ///
    /// # Errors
    /// The writer's.
    pub fn conflict(&mut self, run: &Asked, stations: &[MacAddr], at: WallTime) -> io::Result<()> {
        let macs: Vec<String> = stations.iter().map(MacAddr::to_string).collect();
        let line = format!("CONFLICT: {} stations have {}: {}\n", macs.len(), run.address(), macs.join(", "));
        let body = Conflict { target: &run.operand, address: run.address(), macs };
        self.write("conflict", at, body, |_| line)
    }

    /// Somebody else has the address, or wants it.
    ///
    /// # Errors
    /// The writer's.
    pub fn taken(&mut self, run: &Asked, claim: &Claim, at: WallTime) -> io::Result<()> {
        let body = Taken {
            target: &run.operand,
            address: run.address(),
            mac: claim.mac.to_string(),
            sender: sender(claim),
            how: how_name(claim.how),
        };
        self.write("taken", at, body, |_| {
            let what = match claim.how {
                How::Answer { .. } => "has it",
                How::Use => "uses it",
                How::Wish { .. } => "wants it as well",
            };
            format!("CONFLICT: {} {what}: {}{}\n", claim.mac, run.address(), by(claim))
        })
    }

    /// The end.
    ///
    /// # Errors
    /// The writer's.
    pub fn asked(&mut self, run: &Asked, s: &Summary) -> io::Result<()> {
        if let Some(verdict) = s.verdict {
            let name = match verdict {
                Verdict::Free => "free",
                Verdict::Taken => "taken",
                Verdict::Undecided => "undecided",
            };
            let macs = s.stations.iter().map(|station| station.mac.to_string()).collect();
            let body =
                Judged { target: &run.operand, address: run.address(), verdict: name, probes: s.counters.sent, macs };
            self.write("dad", s.at.wall, body, |_| verdict_text(run, s, verdict))?;
        }
        let summary = crate::ping::Summary {
            target: TargetId(0),
            counters: s.counters,
            rtt: s.rtt.clone(),
            loss_runs: s.loss_runs,
            clocks: s.clocks,
            pipe: 0,
            took: s.took,
            sending: s.sending,
            dropped: s.dropped,
            skipped: s.skipped,
            at: s.at,
        };
        let body =
            SummaryBody::new(About { target: run.operand.as_str().into(), address: Some(run.address()) }, &summary);
        self.write_plain("summary", s.at.wall, body, || match run.task {
            Task::Ask => statistics(run, s),
            Task::Duplicate => String::new(),
            Task::Announce(_) => {
                let c = &s.counters;
                let unsent = if c.not_sent > 0 { format!(", {} not sent", c.not_sent) } else { String::new() };
                format!("{} announcement{} sent{unsent}\n", c.sent, plural(c.sent))
            }
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
