//! What a search for a path's MTU is asked, and what it tells.

use std::net::IpAddr;
use std::time::Duration;

use crate::clock::WallTime;
use crate::net::Peer;
use crate::ping::{Proof, Rtt};
use crate::sys::errno::Errno;
use crate::wire::icmp::IcmpError;

/// What to search.
#[derive(Clone, Debug)]
pub struct MtuConfig {
    /// To whom.
    pub peer: Peer,
    /// Smallest IP packet to think of, in bytes.
    pub min: u32,
    /// Largest, in bytes: the MTU of the interface, where it is known.
    pub max: u32,
    /// How often a size is sent before silence is believed.
    pub tries: u32,
    /// How long each is waited for.
    pub timeout: Duration,
    /// Keys the tokens; random for each run.
    pub token_key: [u8; 16],
}

impl MtuConfig {
    /// From what every link carries (RFC 791: 68 bytes; RFC 8200 §5: 1280) to `max`, three tries of a second each.
    #[must_use]
    pub fn new(peer: Peer, max: u32, token_key: [u8; 16]) -> Self {
        let min = if peer.addr.is_ipv4() { 68 } else { 1280 };
        MtuConfig { peer, min, max, tries: 3, timeout: Duration::from_secs(1), token_key }
    }
}

/// What became of one size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MtuStep {
    /// It was answered.
    Fits {
        /// After how long.
        rtt: Rtt,
    },
    /// Somebody on the way said that it is too large.
    TooBig {
        /// Who.
        from: IpAddr,
        /// What, the next hop's MTU included if it was named.
        error: IcmpError,
        /// How sure it is that it is about our probe.
        proof: Proof,
    },
    /// This host did not send it, for it is too large.
    TooBigHere {
        /// What would not be, where the kernel says.
        mtu: Option<u32>,
    },
    /// Nobody said anything.
    Silent,
}

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MtuResult {
    /// Packets up to this size pass.
    Mtu {
        /// Bytes of the IP packet.
        mtu: u32,
        /// Who said that larger ones are too large: a router or, unspecified, this host; `None` if nobody did.
        limited_by: Option<IpAddr>,
        /// Whether the next larger size vanished without a word.
        black_hole: bool,
    },
    /// The host answers no size at all.
    NoAnswer,
    /// An ICMP error of another kind ended it.
    Refused {
        /// Who sent it.
        from: IpAddr,
        /// What it says.
        error: IcmpError,
    },
    /// This host could not send.
    NotSent {
        /// Why.
        errno: Errno,
    },
    /// It was stopped.
    Stopped,
}

/// What a search tells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MtuNote {
    /// A size is settled.
    Step {
        /// Bytes of the IP packet.
        size: u32,
        /// What became of it.
        step: MtuStep,
        /// How often it was sent.
        tries: u32,
        /// When.
        at: WallTime,
    },
    /// The search is over.
    Ended {
        /// How.
        result: MtuResult,
        /// When.
        at: WallTime,
    },
}
