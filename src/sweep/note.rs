//! What a sweep tells its owner: each probe's fate as it settles, and what became of each host.
//!
//! Probe numbers are a host's own, count from 1, are 64 bits wide and never wrap. What the wire carries as sequence number
//! is another count, of all probes of the run.

use std::net::IpAddr;

use crate::clock::WallTime;
use crate::net::{FarClock, Peer};
use crate::probe::TargetId;
use crate::probe::far::FarOffset;
pub use crate::probe::reply::ReplyKind;
use crate::probe::times::{Breakdown, Rtt};
use crate::probe::token::Proof;
use crate::sys::errno::Errno;
use crate::units::{Seq, Ttl};
use crate::wire::icmp::IcmpError;

/// How a host stands as something is told of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SoFar {
    /// Probes that are not in flight: answered, given up, or not sent at all.
    pub settled: u64,
    /// Of these, answered; late ones where they count.
    pub received: u64,
    /// Mean round-trip time.
    pub mean: Option<std::time::Duration>,
}

/// A reply.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reply {
    /// Whose.
    pub host: TargetId,
    /// The probe it answers.
    pub number: u64,
    /// Its number on the wire.
    pub seq: Seq,
    /// Its kind. Only [`ReplyKind::Good`] and, where they count, [`ReplyKind::Late`] enter the round-trip statistics.
    pub kind: ReplyKind,
    /// Whether it is the one that makes its host alive.
    pub first: bool,
    /// Who answered.
    pub from: Peer,
    /// Whether that is not the address that was asked.
    pub elsewhere: bool,
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
    /// Its round-trip time.
    pub rtt: Rtt,
    /// What this host added to it.
    pub breakdown: Breakdown,
    /// How sure it is.
    pub proof: Proof,
    /// The three times of a timestamp reply as they came, and what they say.
    pub far: Option<(FarClock, FarOffset)>,
    /// How its host stands.
    pub so_far: SoFar,
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
        after: Rtt,
        /// Hop limit the error arrived with.
        ttl: Option<Ttl>,
        /// Whether the probe had been given up before.
        late: bool,
    },
    /// This host did not send it.
    NotSent {
        /// Why.
        errno: Errno,
        /// With `EMSGSIZE`: the MTU.
        mtu: Option<u32>,
    },
}

/// What a sweep tells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Note {
    /// A reply came.
    Reply(Reply),
    /// A probe will have none.
    NoReply {
        /// To whom it went.
        host: TargetId,
        /// Which.
        number: u64,
        /// Its number on the wire.
        seq: Seq,
        /// When it was settled.
        at: WallTime,
        /// Why.
        why: NoReply,
        /// How its host stands.
        so_far: SoFar,
    },
    /// A host has not answered any attempt ([`super::Mode::Alive`]).
    Unreachable {
        /// Which.
        host: TargetId,
        /// When that was settled.
        at: WallTime,
    },
    /// A router told of a better first hop.
    Redirect {
        /// Whose probe.
        host: TargetId,
        /// Which.
        number: u64,
        /// Its number on the wire.
        seq: Seq,
        /// When.
        at: WallTime,
        /// Who said so.
        from: IpAddr,
        /// The better first hop.
        gateway: IpAddr,
        /// The redirect as the wire has it.
        error: IcmpError,
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
    /// Rounds of the schedule were missed (a suspend, a period too short for this host) and are not made up.
    Skipped {
        /// When.
        at: WallTime,
        /// How many.
        rounds: u64,
    },
}
