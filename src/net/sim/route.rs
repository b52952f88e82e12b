//! A way through routers to a host, as a simulated network has it: what each hop does to probes and how it answers.
//!
//! A hop limit runs out at the router that it counts down to; what a router does to what it forwards (translating, losing,
//! rewriting, refusing what is too large) it does not do to what ends at it.

use std::net::IpAddr;
use std::time::Duration;

use super::limit::Limit;
use crate::net::Reply;
use crate::wire::icmp::IcmpError;

/// How much of a probe an error quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quoted {
    /// The IP header and eight octets (RFC 792).
    Eight,
    /// Everything.
    All,
}

/// One router. Probabilities are 0 to 1.
#[derive(Clone, Debug)]
pub struct Router {
    pub(super) addr: IpAddr,
    /// There and back.
    pub(super) rtt: Duration,
    pub(super) jitter: Duration,
    pub(super) silent: bool,
    /// Of its answers.
    pub(super) loss: f64,
    /// Of what it forwards.
    pub(super) drops: f64,
    pub(super) duplicates: f64,
    pub(super) late: (f64, Duration),
    pub(super) limit: Option<Limit>,
    pub(super) quoted: Quoted,
    /// Hop limit that its answers arrive with.
    pub(super) ttl: u8,
    pub(super) quoted_ttl: Option<u8>,
    pub(super) extensions: Option<Vec<u8>>,
    pub(super) translates_to: Option<IpAddr>,
    /// Keeps these bits of the TOS and sets those.
    pub(super) tos: Option<(u8, u8)>,
    /// The link behind it, and whether it says so.
    pub(super) mtu: Option<(u32, bool)>,
    /// Forwards nothing and says this.
    pub(super) refuses: Option<IcmpError>,
}

impl Router {
    /// A router that answers everything after so long, and forwards everything.
    #[must_use]
    pub fn new(addr: IpAddr, rtt: Duration) -> Self {
        Router {
            addr,
            rtt,
            jitter: Duration::ZERO,
            silent: false,
            loss: 0.0,
            drops: 0.0,
            duplicates: 0.0,
            late: (0.0, Duration::ZERO),
            limit: None,
            quoted: Quoted::All,
            ttl: 64,
            quoted_ttl: None,
            extensions: None,
            translates_to: None,
            tos: None,
            mtu: None,
            refuses: None,
        }
    }

    /// It answers nothing.
    #[must_use]
    pub fn silent(self) -> Self {
        Router { silent: true, ..self }
    }

    /// So many of its answers are lost.
    #[must_use]
    pub fn loss(self, loss: f64) -> Self {
        Router { loss, ..self }
    }

    /// So much of what it forwards is lost.
    #[must_use]
    pub fn drops(self, drops: f64) -> Self {
        Router { drops, ..self }
    }

    /// Up to so much later.
    #[must_use]
    pub fn jitter(self, jitter: Duration) -> Self {
        Router { jitter, ..self }
    }

    /// So many of its answers come twice.
    #[must_use]
    pub fn duplicates(self, duplicates: f64) -> Self {
        Router { duplicates, ..self }
    }

    /// So many of its answers come so much later.
    #[must_use]
    pub fn late(self, share: f64, by: Duration) -> Self {
        Router { late: (share, by), ..self }
    }

    /// Its errors are limited.
    #[must_use]
    pub fn limit(self, limit: Limit) -> Self {
        Router { limit: Some(limit), ..self }
    }

    /// It quotes so much.
    #[must_use]
    pub fn quoted(self, quoted: Quoted) -> Self {
        Router { quoted, ..self }
    }

    /// Its answers arrive with this hop limit.
    #[must_use]
    pub fn ttl(self, ttl: u8) -> Self {
        Router { ttl, ..self }
    }

    /// It quotes this hop limit, whatever was left.
    #[must_use]
    pub fn quoted_ttl(self, ttl: u8) -> Self {
        Router { quoted_ttl: Some(ttl), ..self }
    }

    /// Its errors have this extension structure.
    #[must_use]
    pub fn extensions(self, bytes: Vec<u8>) -> Self {
        Router { extensions: Some(bytes), ..self }
    }

    /// What it forwards comes from this address.
    #[must_use]
    pub fn translates_to(self, addr: IpAddr) -> Self {
        Router { translates_to: Some(addr), ..self }
    }

    /// It keeps these bits of the TOS and sets those.
    #[must_use]
    pub fn tos(self, keeps: u8, sets: u8) -> Self {
        Router { tos: Some((keeps, sets)), ..self }
    }

    /// The link behind it carries no more; it says so, or not.
    #[must_use]
    pub fn mtu(self, mtu: u32, says_so: bool) -> Self {
        Router { mtu: Some((mtu, says_so)), ..self }
    }

    /// It forwards nothing and says this.
    #[must_use]
    pub fn refuses(self, error: IcmpError) -> Self {
        Router { refuses: Some(error), ..self }
    }
}

/// How one of several routers is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Balance {
    /// By addresses, ports and the checksum of ICMP.
    Flow,
    /// By chance.
    Packet,
}

/// What a host does with probes that reach it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replies {
    /// As its exchange has it: an echo reply, a port unreachable, a RST.
    Usual,
    /// With data, a SYN-ACK, …
    With(Reply),
    /// With nothing.
    Silence,
}

/// A way: routers and a host behind them.
#[derive(Clone, Debug)]
pub struct Route {
    pub(super) hops: Vec<(Balance, Vec<Router>)>,
    pub(super) host: Router,
    pub(super) replies: Replies,
    /// From this router on, counted from 0, the last one forwards to here again.
    pub(super) loops_to: Option<usize>,
    /// The first link, beyond which this host refuses.
    pub(super) local_mtu: Option<u32>,
}

impl Route {
    /// Through these to the host, which does as usual.
    #[must_use]
    pub fn new(routers: Vec<Router>, host: Router) -> Self {
        let hops = routers.into_iter().map(|router| (Balance::Flow, vec![router])).collect();
        Route { hops, host, replies: Replies::Usual, loops_to: None, local_mtu: None }
    }

    /// At this hop (from 1) one of these is passed.
    #[must_use]
    pub fn balanced(mut self, hop: usize, by: Balance, routers: Vec<Router>) -> Self {
        if let Some(place) = hop.checked_sub(1).and_then(|hop| self.hops.get_mut(hop)).filter(|_| !routers.is_empty()) {
            *place = (by, routers);
        }
        self
    }

    /// The host does this.
    #[must_use]
    pub fn replies(self, replies: Replies) -> Self {
        Route { replies, ..self }
    }

    /// The last router forwards to this hop (from 1) again, and the host is never reached.
    #[must_use]
    pub fn loops_to(self, hop: usize) -> Self {
        Route { loops_to: hop.checked_sub(1).filter(|hop| *hop < self.hops.len()), ..self }
    }

    /// This host refuses larger packets.
    #[must_use]
    pub fn local_mtu(self, mtu: u32) -> Self {
        Route { local_mtu: Some(mtu), ..self }
    }
}

/// What the simulated network's sockets are able to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sockets {
    /// Raw sockets: the number of a datagram is its checksum, and quotes are seen.
    Raw,
    /// Raw sockets: the number is the IP ident.
    Dublin,
    /// Ordinary sockets: quotes are not seen, and the number of a datagram stands in its payload.
    Plain,
}
