//! What is heard, judged: whose answer it is, how long it took, and whether it is the first. A plain value without socket
//! or clock.
//!
//! An answer counts when source, ident, sequence number and token fit a probe that only this run can have made; its
//! round-trip time comes from the clock that the token vouches for. Nothing is known of a probe but that.

use std::net::IpAddr;
use std::time::Duration;

use super::finder::Finder;
use super::proof::{PROOF_LEN, Proof};
use super::rate::Cut;
use super::seen::Seen;
use super::tally::Tally;
use crate::clock::{BootTime, ClockSource, Epoch, WallTime};
use crate::net::{Answer, Arrival, Event, Exchange, Peer, Trouble};
use crate::sys::errno::Errno;
use crate::units::{Family, Seq, Ttl};
use crate::wire::icmp::IcmpError;

/// An arrival stamp that was read later than this is no stamp of it.
const READ_WITHIN: Duration = Duration::from_secs(10);

/// Something that a caller may want to tell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Note {
    /// A target answered.
    Alive(Reply),
    /// It answered again.
    Duplicate(Reply),
    /// A target's first error.
    Error(Refusal),
    /// The kernel refused a target's probe.
    NotSent(Peer, Errno),
    /// The rate was cut.
    Slowed(Cut),
}

/// An answer that proved itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Who answered.
    pub peer: Peer,
    /// Its number among the targets.
    pub number: u128,
    /// Round-trip time; `None` where the clocks do not fit (a wall clock was set).
    pub rtt: Option<Duration>,
    /// Where its end was read.
    pub clock: ClockSource,
    /// Hop limit it arrived with.
    pub ttl: Option<Ttl>,
    /// Bytes of the ICMP message.
    pub bytes: usize,
    /// The sequence number on the wire.
    pub seq: Seq,
    /// When it arrived.
    pub at: WallTime,
}

/// An ICMP error about a probe of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Whom the probe was for.
    pub peer: Peer,
    /// Its number among the targets.
    pub number: u128,
    /// Who sent the error.
    pub offender: IpAddr,
    /// What it says.
    pub error: IcmpError,
    /// Whether the quote was too short for more than ident and sequence number.
    pub weak: bool,
    /// Hop limit it arrived with.
    pub ttl: Option<Ttl>,
    /// The sequence number on the wire.
    pub seq: Seq,
    /// When it arrived.
    pub at: WallTime,
}

/// Judges what is heard and counts it.
#[derive(Debug)]
pub struct Book {
    proof: Proof,
    finder: Finder,
    answered: Seen,
    failed: Seen,
    epoch: Option<Epoch>,
    /// What has been counted.
    pub tally: Tally,
}

impl Book {
    /// An empty one, for `count` targets.
    #[must_use]
    pub fn new(proof: Proof, finder: Finder, count: u128, percentiles: bool) -> Book {
        let tally = Tally { rtt: crate::stats::RttStats::new(percentiles), ..Tally::default() };
        Book { proof, finder, answered: Seen::new(count), failed: Seen::new(count), epoch: None, tally }
    }

    /// Takes what was heard, and says what is worth telling.
    pub fn hear(&mut self, event: &Event<'_>) -> Option<Note> {
        match event {
            Event::Answer(answer) => self.answer(answer),
            Event::Error(trouble) => self.error(trouble),
            Event::Dropped { more } => {
                self.tally.drops = self.tally.drops.saturating_add(*more);
                None
            }
            Event::Redirect { .. } => {
                self.tally.redirects += 1;
                None
            }
            Event::Foreign { .. } => {
                self.tally.foreign += 1;
                None
            }
            Event::Stamp { .. } | Event::Local { .. } | Event::Reached(_) | Event::Stepped { .. } => None,
            // Of a link's own networks.
            Event::Frame(_) | Event::Link(_) => None,
        }
    }

    /// Counts a probe that the kernel refused.
    pub fn refuse(&mut self, peer: Peer, errno: Errno) -> Note {
        self.tally.refuse(errno);
        Note::NotSent(peer, errno)
    }

    /// Whether a target answered; `None` where there are too many to remember.
    #[must_use]
    pub fn has_answered(&self, number: u128) -> Option<bool> {
        self.answered.is_exact().then(|| self.answered.contains(number))
    }

    /// Whether an error came for a target; `None` where there are too many to remember.
    #[must_use]
    pub fn has_failed(&self, number: u128) -> Option<bool> {
        self.failed.is_exact().then(|| self.failed.contains(number))
    }

    fn answer(&mut self, answer: &Answer<'_>) -> Option<Note> {
        let peer = answer.claim.peer;
        let seq = self.proof.seq(peer.addr);
        if answer.claim.exchange != Exchange::Echo || answer.claim.seq != Some(seq) {
            self.tally.foreign += 1;
            return None;
        }
        let proved = self.proof.read(peer.addr, answer.payload);
        let (Some(left), Some(number)) = (proved, self.finder.number_of(peer)) else {
            self.tally.corrupt += 1;
            return None;
        };
        self.tally.corrupt += u64::from(!answer.checksum_ok);
        let (arrived, clock) = self.arrived(&answer.arrival);
        let rtt = (arrived >= left).then(|| arrived.since(left));
        let at = answer.arrival.kernel.unwrap_or(answer.arrival.read.wall);
        let (ttl, bytes) = (answer.arrival.ttl, answer.icmp_len);
        let reply = Reply { peer, number, rtt, clock, ttl, bytes, seq, at };
        if !self.answered.insert(number) {
            self.tally.duplicates += 1;
            return Some(Note::Duplicate(reply));
        }
        self.tally.alive += 1;
        if self.tally.errors > 0 && self.failed.contains(number) {
            self.tally.errors -= 1;
        }
        if let Some(rtt) = rtt {
            self.tally.rtt.record(rtt);
            if let Some(count) = self.tally.clocks.get_mut(clock as usize) {
                *count += 1;
            }
        }
        Some(Note::Alive(reply))
    }

    fn error(&mut self, trouble: &Trouble<'_>) -> Option<Note> {
        let peer = trouble.claim.peer;
        let seq = self.proof.seq(peer.addr);
        let fits = trouble.claim.exchange == Exchange::Echo && trouble.claim.seq == Some(seq);
        let Some(number) = self.finder.number_of(peer).filter(|_| fits) else {
            self.tally.foreign += 1;
            return None;
        };
        let quote = trouble.quoted_payload;
        // Zeros at the end may be what a router filled up with (RFC 4884 §5.5): then it quotes less than it seems to.
        let seen = quote.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let proven = self.proof.read(peer.addr, quote).is_some();
        let weak = !proven && seen < PROOF_LEN;
        if !proven && !weak {
            self.tally.corrupt += 1;
            return None;
        }
        if self.answered.contains(number) || !self.failed.insert(number) {
            return None;
        }
        self.tally.weak += u64::from(weak);
        self.tally.error((Family::of(peer.addr), trouble.error.ty, trouble.error.code));
        let (offender, error) = (trouble.offender, trouble.error);
        let at = trouble.arrival.kernel.unwrap_or(trouble.arrival.read.wall);
        let ttl = trouble.arrival.ttl;
        Some(Note::Error(Refusal { peer, number, offender, error, weak, ttl, seq, at }))
    }

    /// When a packet arrived, on our own clock: the kernel's wall-clock stamp, as long before our reading as both say. A
    /// wall clock that was set since the last packet makes the stamp worthless.
    fn arrived(&mut self, arrival: &Arrival) -> (BootTime, ClockSource) {
        let read = arrival.read;
        let stepped = self.epoch.replace(read.epoch).is_some_and(|epoch| epoch != read.epoch);
        let ago = arrival.kernel.and_then(|at| read.wall.since(at)).filter(|ago| !stepped && *ago < READ_WITHIN);
        match ago {
            Some(ago) => (read.boot - ago, ClockSource::KernelRx),
            None => (read.boot, ClockSource::User),
        }
    }
}
