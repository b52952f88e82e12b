//! The responder's own record: what it saw and what it did about it, to be compared with what the tool counted.

use std::net::IpAddr;

use serde::Deserialize;

/// What a packet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// ICMP or ICMPv6 echo request.
    Echo,
    /// ICMP timestamp request (type 13).
    Timestamp,
    /// UDP.
    Udp,
    /// TCP.
    Tcp,
    /// Anything else: neighbour discovery, group reports, nonsense.
    Other,
}

/// What was done about a packet. Hops count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A host answered.
    Replied,
    /// A rule dropped the answer.
    Dropped,
    /// A rule or a host that is down made an ICMP error.
    Error,
    /// Time exceeded at this hop, and it said so.
    Expired(usize),
    /// Too long for the line behind this hop, and it said so.
    TooBig(usize),
    /// It ended at this hop, which said nothing: silent, rate-limited or a black hole.
    Swallowed(usize),
    /// This hop does not let it pass, and said so.
    Refused(usize),
    /// This hop does not let it pass, and said nothing.
    Filtered(usize),
    /// Lost behind this hop.
    Lost(usize),
    /// The host is down and nobody says so, or there is no such host.
    NoHost,
    /// The host is there and does not speak this.
    NotServed,
    /// Its ICMP checksum was wrong.
    BadChecksum,
    /// A fragment, kept until the rest is there.
    Fragment,
    /// Not an IP packet.
    Garbage,
}

/// One packet that the responder saw.
#[derive(Clone, Debug)]
pub struct Seen {
    /// When, on the clock that `answer` was given (live: CLOCK_REALTIME), nanoseconds.
    pub at_ns: u64,
    /// Source.
    pub src: IpAddr,
    /// Destination.
    pub dst: IpAddr,
    /// Time to live or hop limit as it left the tool's host.
    pub ttl: u8,
    /// Type of service or traffic class.
    pub tos: u8,
    /// Identification of IPv4.
    pub id: u32,
    /// IPv6 flow label.
    pub label: u32,
    /// The first four bytes behind the IP header: what routers that balance by flow look at, beside the addresses.
    pub first: [u8; 4],
    /// Length of the IP packet, bytes.
    pub len: usize,
    /// What it is.
    pub kind: Kind,
    /// Ident of an ICMP query, source port of UDP and TCP.
    pub ident: u16,
    /// Sequence number of an ICMP query, destination port of UDP and TCP.
    pub seq: u16,
    /// The how-manieth of its host or hop.
    pub nth: u64,
    /// What was done.
    pub action: Action,
    /// How many packets it made the responder send.
    pub sent: usize,
}

/// Questions to the record.
pub trait Record {
    /// Echo requests only.
    fn echoes(&self) -> Vec<&Seen>;
    /// How many packets met this fate.
    fn count(&self, action: Action) -> usize;
}

impl Record for [Seen] {
    fn echoes(&self) -> Vec<&Seen> {
        self.iter().filter(|s| s.kind == Kind::Echo).collect()
    }

    fn count(&self, action: Action) -> usize {
        self.iter().filter(|s| s.action == action).count()
    }
}
