//! What a ping session tells its owner: each probe's fate as it settles, what happened to the run, and the summaries.
//!
//! Probe numbers count from 1, are 64 bits wide and never wrap; what the wire carries is `Seq::of_number`.

use std::net::IpAddr;
use std::time::Duration;

use crate::clock::{Now, WallTime};
use crate::net::Peer;
pub use crate::probe::TargetId;
pub use crate::probe::counters::Counters;
pub use crate::probe::reply::ReplyKind;
pub use crate::probe::times::{Breakdown, Rtt};
pub use crate::probe::token::Proof;
use crate::sys::errno::Errno;
use crate::units::Ttl;
use crate::wire::icmp::IcmpError;

/// IPv4 options of a reply (`-R`, `-T`), as the wire has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpOptions {
    len: u8,
    bytes: [u8; 40],
}

impl IpOptions {
    /// Keeps a copy of at most 40 bytes; `None` if there are none.
    #[must_use]
    pub fn new(options: &[u8]) -> Option<Self> {
        let len = options.len().min(40);
        let mut bytes = [0; 40];
        bytes.get_mut(..len)?.copy_from_slice(options.get(..len)?);
        (len > 0).then_some(IpOptions { len: len as u8, bytes })
    }

    /// The options.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

/// A reply.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reply {
    /// Whose.
    pub target: TargetId,
    /// The probe it answers.
    pub number: u64,
    /// Its kind. Only [`ReplyKind::Good`] enters the round-trip statistics.
    pub kind: ReplyKind,
    /// Who answered.
    pub from: Peer,
    /// When it arrived.
    pub at: WallTime,
    /// Length of the ICMP message.
    pub bytes: usize,
    /// Whether it is shorter than what was sent.
    pub truncated: bool,
    /// Whether a later probe had been answered before.
    pub reordered: bool,
    /// Hop limit it arrived with.
    pub ttl: Option<Ttl>,
    /// TOS or traffic class it arrived with.
    pub tos: Option<u8>,
    /// The address it was sent to.
    pub to: Option<IpAddr>,
    /// Its round-trip time. A session always knows one, if only by its own clock.
    pub rtt: Option<Rtt>,
    /// Whether `rtt` entered the statistics (in a flood that stamps a sample, those alone do).
    pub counted: bool,
    /// What this host added.
    pub breakdown: Breakdown,
    /// How sure it is.
    pub proof: Proof,
    /// Where `kind` names a wrong byte: what was sent there, and what came back.
    pub wrong_byte: Option<(u8, u8)>,
    /// IPv4 options it carried.
    pub options: Option<IpOptions>,
    /// The far clock.
    pub far: Option<super::FarOffset>,
}

/// A probe that ended without a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoReply {
    /// Nothing came within the time-out.
    Lost,
    /// An ICMP error came.
    Error {
        /// Who sent it.
        from: IpAddr,
        /// What it says.
        error: IcmpError,
        /// How sure it is that it is about this probe.
        proof: Proof,
        /// Time from the probe's departure to the error's arrival.
        after: Option<Rtt>,
        /// Hop limit the error arrived with.
        ttl: Option<Ttl>,
    },
    /// This host did not send it.
    NotSent {
        /// Why.
        errno: Errno,
        /// With `EMSGSIZE`: the MTU.
        mtu: Option<u32>,
    },
}

/// What a session tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Note {
    /// A probe left ([`super::Config::note_sent`]).
    Sent {
        /// To whom.
        target: TargetId,
        /// Which.
        number: u64,
    },
    /// A reply came.
    Reply(Reply),
    /// A probe will have none.
    NoReply {
        /// To whom it went.
        target: TargetId,
        /// Which.
        number: u64,
        /// When it was settled.
        at: WallTime,
        /// Why.
        why: NoReply,
    },
    /// Still nothing as the next one leaves ([`super::Config::note_unanswered`]).
    Unanswered {
        /// To whom.
        target: TargetId,
        /// Which.
        number: u64,
        /// When.
        at: WallTime,
    },
    /// A router told of a better first hop.
    Redirect {
        /// Whose probe.
        target: TargetId,
        /// Which.
        number: u64,
        /// When.
        at: WallTime,
        /// Who said so.
        from: IpAddr,
        /// The better first hop.
        gateway: IpAddr,
        /// The redirect as the wire has it.
        error: IcmpError,
    },
    /// Probes to this target leave again after some could not be sent.
    Recovered {
        /// To whom.
        target: TargetId,
        /// When.
        at: WallTime,
        /// How many in a row were not sent.
        not_sent: u64,
    },
    /// Our own socket dropped packets.
    Dropped {
        /// When it was noticed.
        at: WallTime,
        /// How many.
        more: u64,
    },
    /// The wall clock was set.
    Stepped {
        /// When.
        at: WallTime,
        /// By how many nanoseconds; negative: back.
        ns: i64,
    },
    /// Slots of the schedule were missed (a suspend, a stopped process) and are not made up.
    Skipped {
        /// When.
        at: WallTime,
        /// How many.
        slots: u64,
    },
    /// A packet of a probe or its answer, for a capture file ([`super::Config::capture`]): made as the probe settles.
    Packet {
        /// Whose.
        target: TargetId,
        /// Which.
        number: u64,
        /// When it passed.
        at: WallTime,
        /// Whether it left (or arrived).
        outgoing: bool,
        /// The other end.
        peer: Peer,
        /// Our own address, where it is known.
        local: Option<IpAddr>,
        /// Hop limit, where it is known.
        ttl: Option<Ttl>,
        /// TOS or traffic class, where it is known.
        tos: Option<u8>,
        /// From the IP header on, or from the ICMP header on.
        bytes: Vec<u8>,
        /// Whether `bytes` begins with an IP header.
        has_ip_header: bool,
        /// The probe's outcome in a word or two: "replied", "lost", "duplicate", …
        outcome: &'static str,
    },
}

/// What one target ends with, or has so far.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Whose.
    pub target: TargetId,
    /// Its counters.
    pub counters: Counters,
    /// Round-trip statistics of good replies.
    pub rtt: crate::stats::RttStats,
    /// Losses in a row.
    pub loss_runs: crate::stats::LossRuns,
    /// Replies by the clock of their round-trip time: nic, kernel, kernel_rx, user.
    pub clocks: [u64; 4],
    /// Most probes sent from one on until it was answered, itself included (`pipe`).
    pub pipe: u64,
    /// Time from the first send to the end.
    pub took: Duration,
    /// Time from the first send to the last, for `ipg`.
    pub sending: Duration,
    /// What our own socket dropped, of all targets together.
    pub dropped: u64,
    /// Slots of the schedule that were skipped.
    pub skipped: u64,
    /// When it was made.
    pub at: Now,
}
