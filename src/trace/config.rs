//! What a trace is asked to do: plain values, already checked.

use std::net::IpAddr;
use std::time::Duration;

use crate::net::{Exchange, Peer};
use crate::units::{Ident, Port, Ttl};

/// One host to trace the way to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its address.
    pub peer: Peer,
    /// Our own address as the probes leave with it, where it is known: a router that quotes another one stands behind a
    /// NAT.
    pub source: Option<IpAddr>,
}

impl From<Peer> for Target {
    fn from(peer: Peer) -> Self {
        Target { peer, source: None }
    }
}

/// What is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    /// ICMP echo requests. The number travels in the sequence field and is balanced in the payload.
    #[default]
    Icmp,
    /// UDP datagrams. The first two octets of the payload are the network's, to balance the checksum.
    Udp,
    /// TCP SYNs; the number travels in the sequence number.
    Tcp,
}

impl Method {
    /// The exchange that it is, as a network knows it.
    #[must_use]
    pub const fn exchange(self) -> Exchange {
        match self {
            Method::Icmp => Exchange::Echo,
            Method::Udp => Exchange::Udp,
            Method::Tcp => Exchange::Tcp,
        }
    }
}

/// How long a probe is waited for: so long as what is already known makes it worth it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Waits {
    /// Longest of all.
    pub max: Duration,
    /// Where nothing beyond has answered: twice this while nothing has answered at all, and never less than `here` times
    /// the longest round trip seen.
    pub beyond: Duration,
    /// So many times the round trip of another answer at the same hop.
    pub here: f64,
    /// So many times the round trip of the nearest answer from beyond.
    pub near: f64,
    /// Shortest of all: a router that is slow to make an error is slow by so much on the nearest link, too.
    pub least: Duration,
}

impl Default for Waits {
    /// Short, because a hop that is silent is tried again before it is given up.
    fn default() -> Self {
        Waits {
            max: Duration::from_secs(5),
            beyond: Duration::from_millis(800),
            here: 3.0,
            near: 2.0,
            least: Duration::from_millis(30),
        }
    }
}

impl Waits {
    /// As Linux traceroute's `-w MAX,HERE,NEAR`: `max` also where nothing beyond has answered.
    #[must_use]
    pub fn exact(max: Duration, here: f64, near: f64) -> Self {
        Waits { max, beyond: max, here, near, least: Duration::ZERO }
    }
}

/// A trace.
#[derive(Clone, Debug)]
pub struct Config {
    /// The ways to trace, side by side.
    pub targets: Vec<Target>,
    /// What is sent.
    pub method: Method,
    /// Hop limit of the first hop (1 at the least).
    pub first: Ttl,
    /// Highest hop limit.
    pub last: Ttl,
    /// Probes for each hop.
    pub tries: u8,
    /// Further probes for a hop that is silent while hops beyond it are not.
    pub extra: u8,
    /// Probes of one target in flight at once.
    pub at_once: u32,
    /// Hop limits that are tried before anything is known; no fewer than `gap_limit`.
    pub window: u8,
    /// How long a probe is waited for.
    pub wait: Waits,
    /// Shortest time between two probes to one target.
    pub spacing: Duration,
    /// Probes a second, all targets together (`None`: no limit).
    pub rate: Option<u32>,
    /// So many silent hops in a row beyond the last answer, and the way is taken to be closed.
    pub gap_limit: u8,
    /// Bytes behind the ICMP, UDP or TCP header. 10 hold a token and what balances the checksum; a TCP SYN has none.
    pub size: usize,
    /// Bytes of IP and transport header, for sizes of whole packets; `None`: as many as the protocols have without options.
    pub headers: Option<u32>,
    /// Which flow: of UDP and TCP the network's number for it, of ICMP what the checksum is held at.
    pub flow: u16,
    /// The ICMP ident on the wire, where it is known: with it the checksum of a flow is the same in every run.
    pub ident: Option<Ident>,
    /// Our source port, where it is known: a router that quotes another one stands behind a NAT.
    pub source_port: Option<Port>,
    /// Whether routers that balance by flow see one flow. (`false`: ports vary as old traceroute's do.)
    pub one_flow: bool,
    /// TOS or traffic class that the probes leave with, to tell who rewrites it.
    pub tos: u8,
    /// Search the path's MTU once the hops are known, up to this size of an IP packet. The network must set "don't
    /// fragment" and not refuse by what the kernel remembers of the path.
    pub mtu: Option<u32>,
    /// Make a note of each try as it is settled ([`super::Note::Try`]).
    pub note_tries: bool,
    /// Keys the tokens and the order of probes; random for each run.
    pub token_key: [u8; 16],
}

impl Config {
    /// Three tries for each of 30 hops with ICMP echo, on one flow.
    #[must_use]
    pub fn new(targets: Vec<Target>, token_key: [u8; 16]) -> Self {
        Config {
            targets,
            method: Method::Icmp,
            first: Ttl(1),
            last: Ttl(30),
            tries: 3,
            extra: 3,
            at_once: 64,
            window: 16,
            wait: Waits::default(),
            spacing: Duration::from_micros(100),
            rate: Some(10_000),
            gap_limit: 5,
            size: 32,
            headers: None,
            flow: 0,
            ident: None,
            source_port: None,
            one_flow: true,
            tos: 0,
            mtu: None,
            note_tries: false,
            token_key,
        }
    }
}
