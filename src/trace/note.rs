//! What a trace tells: each hop once it is settled, in order of distance, and each way as it ends.

use std::net::IpAddr;
use std::time::Duration;

use super::answer::{Answer, Try, What};
use crate::clock::{Now, WallTime};
use crate::net::Peer;
use crate::probe::TargetId;
use crate::probe::counters::Counters;
use crate::sys::errno::Errno;
use crate::units::Ttl;
use crate::wire::icmp::IcmpError;

/// What a trace tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Note {
    /// One probe is settled ([`super::Config::note_tries`]): progress, in no order. The hop that it belongs to is told
    /// later, with all of its tries.
    Try {
        /// Whose.
        target: TargetId,
        /// Which hop limit.
        ttl: Ttl,
        /// Its number.
        number: u64,
        /// When it was settled.
        at: WallTime,
        /// What became of it.
        what: Try,
    },
    /// A hop is settled. For each target in order of distance, without gaps, each once.
    Hop(Hop),
    /// A probe of a hop that has been told as silent is answered after all.
    Revised {
        /// Whose.
        target: TargetId,
        /// The hop that was told, from the source.
        distance: u8,
        /// Which of its tries, from 0.
        index: usize,
        /// What came.
        answer: Answer,
    },
    /// A size of the MTU search is settled ([`super::Config::mtu`]).
    Mtu(MtuNote),
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
    /// A target's trace is over.
    End(Path),
}

/// One hop.
#[derive(Clone, Debug, PartialEq)]
pub struct Hop {
    /// Whose.
    pub target: TargetId,
    /// Its distance: the hop limit of its probes.
    pub distance: u8,
    /// What became of its probes, in the order in which they were sent: as many as were asked for ([`super::Config::tries`])
    /// or fewer. Where further probes were answered ([`super::Config::extra`]), their answers stand in the place of silence.
    pub tries: Vec<Try>,
    /// Silent tries that were answered at other times or beyond: the router limits its errors, and nothing is lost.
    pub limited: bool,
    /// More than one router answered on one flow: somebody before it balances by packet (or the way changed meanwhile).
    pub per_packet: bool,
    /// When it was settled.
    pub at: WallTime,
}

impl Hop {
    /// The answers, in the order of their probes.
    pub fn answers(&self) -> impl Iterator<Item = &Answer> {
        self.tries.iter().filter_map(Try::answer)
    }

    /// Whether the target itself answered.
    #[must_use]
    pub fn reached(&self) -> bool {
        self.answers().any(|answer| matches!(answer.what, What::Reached(_)))
    }

    /// Those who answered, each once, in the order in which they first did.
    #[must_use]
    pub fn routers(&self) -> Vec<Peer> {
        let mut routers = Vec::new();
        for answer in self.answers() {
            if !routers.contains(&answer.from) {
                routers.push(answer.from);
            }
        }
        routers
    }
}

/// What became of one size of the MTU search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MtuNote {
    /// Whose.
    pub target: TargetId,
    /// Bytes of the IP packet.
    pub size: u32,
    /// What became of it.
    pub step: MtuStep,
    /// How often it was sent.
    pub tries: u32,
    /// When it was settled.
    pub at: WallTime,
}

/// What became of one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MtuStep {
    /// It arrived whole.
    Fits,
    /// A router said that it is too large.
    TooBig {
        /// Who.
        from: IpAddr,
        /// What, the next hop's MTU included if it was named.
        error: IcmpError,
    },
    /// This host did not send it, for it is too large.
    TooBigHere {
        /// What would not be, where the kernel says.
        mtu: Option<u32>,
    },
    /// Nobody said anything.
    Silent,
}

/// The path's MTU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathMtu {
    /// Bytes of the largest IP packet that arrives; `None`: nothing answered sizes at all.
    pub mtu: Option<u32>,
    /// The hop up to which the sizes were tried: the target's, or the farthest that answers.
    pub up_to: u8,
    /// Who made it so small; `None`: nobody, it is the largest that was tried.
    pub limit: Option<MtuLimit>,
}

/// Where a path's MTU is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MtuLimit {
    /// This host's own interface or route.
    Here,
    /// A router says so: the link behind it is narrow.
    Router {
        /// Who.
        addr: IpAddr,
        /// Its distance, where it is known.
        distance: Option<u8>,
        /// The MTU that it named; 0 from routers that name none.
        named: u32,
    },
    /// Larger packets vanish without a word.
    BlackHole {
        /// The last hop that answers them, 0 for none: the next link is narrow.
        after: Option<u8>,
    },
}

/// How a target's trace ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The target answered.
    Reached,
    /// A router refuses to forward: administratively prohibited.
    Prohibited {
        /// Who.
        by: IpAddr,
        /// Its words.
        error: IcmpError,
        /// The hop at which it answers so.
        at: u8,
    },
    /// A router knows no way, or another ICMP error ends it.
    Unreachable {
        /// Who.
        by: IpAddr,
        /// Its words.
        error: IcmpError,
        /// The hop at which it answers so.
        at: u8,
    },
    /// Too many silent hops in a row, and the target does not answer from beyond them.
    Gap {
        /// The last hop that answered; 0: none.
        last: u8,
    },
    /// The highest hop limit was tried.
    LastHop,
    /// Packets go round.
    Loop {
        /// Where it begins.
        from: u8,
        /// Hops of one round.
        length: u8,
    },
    /// [`super::Command::Stop`].
    Stopped,
    /// This host could not send.
    NotSent {
        /// Why.
        errno: Errno,
    },
}

/// A field that somebody on the way rewrites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rewritten {
    /// The first hop whose quote shows it.
    pub at: u8,
    /// The last hop before whose quote does not: it was rewritten between the two. 0: this host.
    pub after: u8,
    /// What was sent.
    pub sent: u8,
    /// What was quoted.
    pub quoted: u8,
}

/// What a target's trace came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// Whose.
    pub target: TargetId,
    /// How it ended.
    pub end: End,
    /// The target's distance, if it was reached.
    pub distance: Option<u8>,
    /// Hops that were told.
    pub hops: u8,
    /// What became of all its probes. A time exceeded and the target's answer count as replied, any other error as error.
    pub counters: Counters,
    /// The path's MTU, if it was asked for and is known.
    pub mtu: Option<PathMtu>,
    /// The first hop that stands behind a NAT.
    pub nat_at: Option<u8>,
    /// Who rewrites the DSCP (the upper six bits of the TOS); hops that show no quote are passed over.
    pub dscp: Option<Rewritten>,
    /// Who rewrites the ECN field (the lower two bits).
    pub ecn: Option<Rewritten>,
    /// Quotes that showed a TOS at all; 0: whether it is rewritten cannot be told.
    pub tos_quotes: u32,
    /// Whether somebody balances by packet ([`Hop::per_packet`]).
    pub per_packet: bool,
    /// Whether answers did not tell which probe they answer, so that probes had to go one by one.
    pub one_by_one: bool,
    /// Answers that could belong to several probes and were given to none.
    pub unattributed: u64,
    /// What our own socket dropped meanwhile, of all targets together.
    pub dropped: u64,
    /// From the first probe to the end.
    pub took: Duration,
    /// When it ended.
    pub at: Now,
}
