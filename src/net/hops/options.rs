//! What a caller wants of UDP and TCP probes, beside what every network's sockets have.

use crate::net::{Exchange, socket};
use crate::units::Port;
use crate::wire::tcp::{SynOptions, flag};

/// What to probe by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// UDP datagrams.
    Udp(Numbering),
    /// TCP segments.
    Tcp(Tcp),
}

impl Method {
    /// The exchange that its probes ask for.
    #[must_use]
    pub const fn exchange(self) -> Exchange {
        match self {
            Method::Udp(_) => Exchange::Udp,
            Method::Tcp(_) => Exchange::Tcp,
        }
    }
}

/// Where a UDP probe carries its number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Numbering {
    /// In the checksum, and in the IPv4 ident where that is ours: all else stays, and so does the path (Paris traceroute).
    /// Through an ordinary socket: in the first two octets of the payload. Not 0.
    #[default]
    Paris,
    /// In the destination port, as a distance from the flow's: every probe is a flow of its own (Van Jacobson's
    /// traceroute).
    Classic,
    /// In the IPv4 ident (not 0), or with IPv6 as the length of the payload: the checksum stays what it is, so that NAT
    /// shows (Dublin Traceroute). Needs raw sockets.
    Dublin,
}

/// What a TCP probe is. Its number is the low half of the sequence number, and of the acknowledgment number with ACK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tcp {
    /// Flags ([`flag`]).
    pub flags: u8,
    /// Options; a timestamp is the same for all.
    pub options: SynOptions,
}

impl Default for Tcp {
    /// A plain SYN, with a segment size that fits both families over Ethernet.
    fn default() -> Self {
        Tcp { flags: flag::SYN, options: SynOptions { mss: Some(1440), ..SynOptions::default() } }
    }
}

/// A flow: what routers hash, beside the addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Source port; `None`: a free one.
    pub src_port: Option<Port>,
    /// Destination port.
    pub dst_port: Port,
}

/// What the network is to be.
#[derive(Clone, Debug)]
pub struct Options {
    /// What to probe by.
    pub method: Method,
    /// The flows, as [`crate::net::Probe::flow`] numbers them. At least one; at most 12 where there are no raw sockets,
    /// of which each flow takes one.
    pub flows: Vec<Flow>,
    /// The sockets. `size` is the longest payload; `ident`, `connect`, `sticky_source`, `timestamps`, `header` and
    /// `ip_options` mean nothing here.
    pub sockets: socket::Options,
}
