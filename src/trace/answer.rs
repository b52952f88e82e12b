//! What answered one probe, and everything that its answer gives evidence of.
//!
//! What a socket cannot see is `None`, never a guess. Only [`Answer::return_length`] is one, and says so.

use std::net::IpAddr;
use std::time::Duration;

use crate::clock::WallTime;
use crate::net::{self, Peer, Quote};
use crate::probe::times::{Breakdown, Rtt};
use crate::probe::token::Proof;
use crate::sys::errno::Errno;
use crate::units::{Port, Ttl};
use crate::wire::extension::meaning::Extensions;
use crate::wire::icmp::IcmpError;

/// What became of one probe of a hop.
#[derive(Clone, Debug, PartialEq)]
pub enum Try {
    /// Somebody answered.
    Answer(Answer),
    /// Nobody did.
    Silent {
        /// How long it was waited for.
        waited: Duration,
    },
    /// This host did not send it.
    NotSent {
        /// Why.
        errno: Errno,
        /// With `EMSGSIZE`: the MTU.
        mtu: Option<u32>,
    },
}

impl Try {
    /// The answer, if there is one.
    #[must_use]
    pub fn answer(&self) -> Option<&Answer> {
        match self {
            Try::Answer(answer) => Some(answer),
            Try::Silent { .. } | Try::NotSent { .. } => None,
        }
    }
}

/// An answer to one probe.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Who answered.
    pub from: Peer,
    /// When it arrived.
    pub at: WallTime,
    /// Its round-trip time.
    pub rtt: Rtt,
    /// What this host added.
    pub breakdown: Breakdown,
    /// Whether the probe had been given up for lost.
    pub late: bool,
    /// How sure it is that it answers this probe. `Weak` also where only the order of events tells which one.
    pub proof: Proof,
    /// What it says.
    pub what: What,
    /// The probe's number, from 1.
    pub number: u64,
    /// The hop limit that the probe left with: beyond the target's distance where an answer of the target's to a probe
    /// that went farther stands for a try of its own hop.
    pub sent_ttl: Ttl,
    /// Hop limit that the answer arrived with.
    pub reply_ttl: Option<Ttl>,
    /// Hops that the answer came by, if it left with the next of 64, 128 and 255 above what it arrived with.
    pub return_length: Option<u8>,
    /// TOS or traffic class of the answer itself.
    pub tos: Option<u8>,
    /// What the quote of the probe shows.
    pub evidence: Evidence,
    /// RFC 4884 extensions: MPLS labels, interfaces, and what else the router added.
    pub extensions: Option<Box<Extensions>>,
}

/// What an answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The hop limit ran out: a router on the way (or, with the target's own address, one that has it, too).
    TimeExceeded(IcmpError),
    /// The way ends: an ICMP error that is no time exceeded.
    Error(IcmpError),
    /// The target was reached.
    Reached(Reach),
}

impl What {
    /// The ICMP error, if it is one.
    #[must_use]
    pub fn error(&self) -> Option<IcmpError> {
        match *self {
            What::TimeExceeded(error) | What::Error(error) | What::Reached(Reach::PortUnreachable(error)) => {
                Some(error)
            }
            What::Reached(_) => None,
        }
    }
}

/// How a target shows that it was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// An echo reply.
    Echo,
    /// Nobody listens at the port (or, for TCP and ICMP too, "protocol unreachable"); also from another address than the
    /// target's, as behind a NAT.
    PortUnreachable(IcmpError),
    /// A UDP datagram or a TCP segment.
    Reply(net::Reply),
}

/// What the quote of a probe shows. `None`: this socket or this router does not show it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Hop limit that was left as the router had the probe. 1 is usual; 0 from a router that forwards what it should not;
    /// more inside of tunnels and behind whatever rewrites it.
    pub quoted_ttl: Option<Ttl>,
    /// TOS or traffic class as the router had it.
    pub quoted_tos: Option<u8>,
    /// IPv4 ident as the router had it.
    pub quoted_ident: Option<u16>,
    /// "Don't fragment" as the router had it.
    pub quoted_dont_fragment: Option<bool>,
    /// Octets of the packet as its quoted header says.
    pub quoted_total_len: Option<u32>,
    /// Octets quoted, the IP header included.
    pub quoted_len: Option<u32>,
    /// The source address, port or checksum was another than we sent: somebody before this hop translates.
    pub nat: Option<Nat>,
    /// The MTU that the answer names (`PacketTooBig`).
    pub mtu: Option<u32>,
}

impl Evidence {
    /// What a quote shows by itself.
    #[must_use]
    pub fn of(quote: &Quote) -> Self {
        Evidence {
            quoted_ttl: Some(quote.ttl),
            quoted_tos: Some(quote.tos),
            quoted_ident: quote.ip_ident,
            quoted_dont_fragment: Some(quote.dont_fragment),
            quoted_total_len: Some(quote.total_len),
            quoted_len: u32::try_from(quote.len).ok(),
            nat: None,
            mtu: None,
        }
    }
}

/// How a quoted probe differs from what we sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nat {
    /// The source address that the router saw, where it is not ours.
    pub source: Option<IpAddr>,
    /// The source port that the router saw, where it is not ours.
    pub port: Option<Port>,
    /// Quoted checksum minus ours, modulo 2^16 (Dublin traceroute's NAT id); 0 where it is the same or unknown.
    pub checksum: u16,
}
