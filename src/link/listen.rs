//! What passes by: frames that are wanted, judged exactly and handed on with their times, until so many have come.
//!
//! The kernel's filter lets through a little more than is wanted (see `sys::filter::wanted`); here each frame is read
//! down to its transport and judged once more.

use super::Happening;
use crate::clock::{Now, WallTime};
use crate::net::{Batch, Event, Frame, Key, NotSent, SentAt};
use crate::probe::{Command, Machine, Next};
use crate::sys::address::Direction;
use crate::sys::filter::wanted::{Protocol, Wanted};
use crate::units::{EtherType, Tag};
use crate::wire::content::{self, Content, Ip};
use crate::wire::ethernet;
use std::net::IpAddr;

/// A run.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Which frames.
    pub wanted: Wanted,
    /// How many, at the most.
    pub count: Option<u64>,
}

/// A frame that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captured {
    /// When the kernel had it; where it does not say, when we read it.
    pub at: WallTime,
    /// How it stands to this host.
    pub direction: Direction,
    /// Its length, of which `bytes` may hold less; a tag that was taken out is not counted.
    pub len: usize,
    /// The outermost VLAN tag, where it was taken out of the frame.
    pub stripped: Option<(EtherType, Tag)>,
    /// The frame from its destination address on.
    pub bytes: Vec<u8>,
}

/// What a run tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// A frame.
    Frame(Captured),
    /// Something befell the run.
    Happened(Happening),
}

/// What a run has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Frames that were wanted, and told.
    pub frames: u64,
    /// Their bytes, those that were not captured included.
    pub bytes: u64,
    /// Of the frames, from this host.
    pub outgoing: u64,
    /// Frames that the kernel had no room for.
    pub dropped: u64,
}

/// The machine.
#[derive(Debug)]
pub struct Session {
    config: Config,
    totals: Totals,
    notes: Vec<Note>,
    spare: Vec<Vec<u8>>,
    stopping: bool,
}

impl Session {
    /// A run that has heard nothing yet.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Session { config, totals: Totals::default(), notes: Vec::new(), spare: Vec::new(), stopping: false }
    }

    /// What it has seen so far.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.totals
    }

    fn is_full(&self) -> bool {
        self.config.count.is_some_and(|count| self.totals.frames >= count)
    }

    fn frame(&mut self, now: Now, frame: &Frame<'_>) {
        if self.is_full() || !is_wanted(&self.config.wanted, frame) {
            return;
        }
        self.totals.frames += 1;
        self.totals.bytes += frame.len as u64;
        self.totals.outgoing += u64::from(frame.direction == Direction::Outgoing);
        let mut bytes = self.spare.pop().unwrap_or_default();
        bytes.clear();
        bytes.extend_from_slice(frame.bytes);
        self.notes.push(Note::Frame(Captured {
            at: frame.arrival.kernel.unwrap_or(now.wall),
            direction: frame.direction,
            len: frame.len,
            stripped: frame.stripped,
            bytes,
        }));
    }
}

/// Whether a frame is wanted. What cannot be read that far is wanted only where nothing is asked that it would say.
#[must_use]
pub fn is_wanted(wanted: &Wanted, frame: &Frame<'_>) -> bool {
    if wanted.is_all() {
        return true;
    }
    let Ok(read) = ethernet::Frame::new_checked(frame.bytes) else { return false };
    let read = read.with_stripped(frame.stripped);
    if !wanted.may_be(read.ether_type) {
        return false;
    }
    match content::read(&read) {
        Ok(Content::Arp(packet)) => {
            wanted.host.is_none_or(|host| host == IpAddr::V4(packet.sender) || host == IpAddr::V4(packet.target))
        }
        Ok(Content::Ip(ip)) => is_wanted_ip(wanted, &ip),
        Ok(Content::Other) => true,
        Err(_) => wanted.host.is_none() && wanted.ip_protocols().is_empty() && wanted.port.is_none(),
    }
}

fn is_wanted_ip(wanted: &Wanted, ip: &Ip<'_>) -> bool {
    let host = wanted.host.is_none_or(|host| ip.src == host || ip.dst == host);
    let protocol = match (wanted.protocol, wanted.ip_protocols()) {
        // ICMP within IPv6, and the reverse, are nobody's.
        (Some(Protocol::Icmp), _) => ip.protocol == 1 && ip.src.is_ipv4(),
        (Some(Protocol::Icmp6), _) => ip.protocol == 58 && ip.src.is_ipv6(),
        (_, []) => true,
        (_, some) => some.contains(&ip.protocol),
    };
    let port = wanted.port.is_none_or(|port| {
        let ports = ip.transport.ok().and_then(|transport| transport.ports());
        ports.is_some_and(|(src, dst)| src == port || dst == port)
    });
    host && protocol && port
}

impl Machine for Session {
    type Note = Note;
    type Command = Command;

    fn fill(&mut self, _: Now, _: &mut Batch) -> Next {
        if self.stopping || self.is_full() { Next::Done } else { Next::Idle }
    }

    fn sent(&mut self, _: Now, _: Key, _: Result<SentAt, NotSent>) {}

    fn heard(&mut self, now: Now, event: &Event<'_>) {
        match event {
            Event::Frame(frame) => self.frame(now, frame),
            Event::Dropped { more } => self.totals.dropped += more,
            _ => {}
        }
        self.notes.extend(Happening::of(now, event).map(Note::Happened));
    }

    fn command(&mut self, _: Now, command: Command) {
        match command {
            Command::Stop => self.stopping = true,
        }
    }

    fn notes(&mut self, tell: &mut dyn FnMut(&Note)) {
        for note in self.notes.drain(..) {
            tell(&note);
            if let Note::Frame(Captured { bytes, .. }) = note {
                self.spare.push(bytes);
            }
        }
    }
}

#[cfg(test)]
mod tests;
