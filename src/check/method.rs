//! What is asked of a host.

use crate::net::Exchange;
use crate::units::Port;

/// What counts as an answer, and how it is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Method {
    /// ICMP echo request and reply.
    #[default]
    Icmp,
    /// A TCP handshake's first half: from SYN to SYN-ACK.
    Tcp(Port),
    /// A UDP datagram: to data, or to the host's own port unreachable.
    Udp(Port),
}

impl Method {
    /// The name that events and series use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Method::Icmp => "icmp",
            Method::Tcp(_) => "tcp",
            Method::Udp(_) => "udp",
        }
    }

    /// What its probes ask for.
    #[must_use]
    pub const fn exchange(self) -> Exchange {
        match self {
            Method::Icmp => Exchange::Echo,
            Method::Tcp(_) => Exchange::Tcp,
            Method::Udp(_) => Exchange::Udp,
        }
    }

    /// The port, if there is one.
    #[must_use]
    pub const fn port(self) -> Option<Port> {
        match self {
            Method::Icmp => None,
            Method::Tcp(port) | Method::Udp(port) => Some(port),
        }
    }
}
