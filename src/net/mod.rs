//! Ways to reach a host: what a machine may ask of a network, and what it hears from it.
//!
//! A [`Network`] takes whole batches of probes and gives events. It knows bytes and sockets and nothing of rates,
//! time-outs or statistics; a machine knows those and no bytes. The members are the kernel's sockets ([`icmp`], [`hops`] for
//! UDP and TCP, [`connect`] for handshakes without privilege, [`packet`] for frames) and [`sim`], a seeded fake that moves
//! virtual time; [`scan`] is for probes of which nothing is kept. What their sockets have in common stands in `socket` (how
//! they are opened) and `channel` (how they are used).

mod batch;
mod channel;
pub mod connect;
mod event;
#[doc(hidden)]
pub mod fuzz_entry;
pub mod hops;
pub mod icmp;
pub mod packet;
pub mod scan;
pub mod sim;
mod socket;
mod wait;

use std::io;
use std::net::IpAddr;
use std::os::fd::BorrowedFd;

use crate::clock::{BootTime, Now};
use crate::sys::errno::Errno;
use crate::units::MacAddr;

pub use batch::{Batch, HEADROOM, Probe};
pub use event::{Answer, Arrival, Claim, Event, FarClock, Frame, Quote, Reached, Reply, Trouble};
pub use wait::Woken;

/// An address to probe, with the interface index that a link-local IPv6 address needs (0: none).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Peer {
    /// The address.
    pub addr: IpAddr,
    /// `sin6_scope_id`: an interface index, or 0.
    pub scope: u32,
}

impl Peer {
    /// A station of a link, whether or not it speaks IP. It goes by the link-local address that is formed from its
    /// hardware address (modified EUI-64, RFC 4291 appendix A): one for each address, groups included, so that a machine
    /// that tells hosts apart by their addresses tells stations apart too.
    #[must_use]
    pub const fn station(mac: MacAddr, ifindex: u32) -> Self {
        Peer { addr: IpAddr::V6(mac.link_local()), scope: ifindex }
    }

    /// The hardware address of a [`Peer::station`]; of another peer that of its link-local address, if it was formed so.
    #[must_use]
    pub fn mac(self) -> Option<MacAddr> {
        match self.addr {
            IpAddr::V6(addr) => MacAddr::of_link_local(addr),
            IpAddr::V4(_) => None,
        }
    }

    /// Whether the two may be one. A zone that one of them does not know does not tell them apart.
    #[must_use]
    pub fn may_be(self, other: Peer) -> bool {
        self.addr == other.addr && self.may_be_on(other.scope)
    }

    /// Whether it may be in this zone; 0: one that is not known.
    #[must_use]
    pub fn may_be_on(&self, scope: u32) -> bool {
        self.scope == scope || self.scope == 0 || scope == 0
    }
}

impl From<IpAddr> for Peer {
    fn from(addr: IpAddr) -> Self {
        Peer { addr, scope: 0 }
    }
}

/// A probe in flight: a slot of its machine's table and the slot's generation, so that a key that outlived its probe
/// fits nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Key {
    /// Index into the table.
    pub slot: u32,
    /// How often the slot had been used before.
    pub generation: u32,
}

/// Which exchange a probe asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Exchange {
    /// ICMP echo request and reply (RFC 792, RFC 4443 §4).
    #[default]
    Echo,
    /// ICMP timestamp request and reply (RFC 792 types 13 and 14; IPv4 only).
    Timestamp,
    /// A UDP datagram, answered by a port unreachable or by data.
    Udp,
    /// A TCP SYN, answered by a SYN-ACK or a RST; no connection is ever made.
    Tcp,
}

impl Exchange {
    /// A short name that never changes, for machines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Exchange::Echo => "echo",
            Exchange::Timestamp => "timestamp",
            Exchange::Udp => "udp",
            Exchange::Tcp => "tcp",
        }
    }
}

/// What is known of a probe that the kernel took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SentAt {
    /// Our clocks just before the call.
    pub at: Now,
    /// The transport checksum on the wire, where we know it: always where we write the header that holds it, so of ICMPv4
    /// and not of ICMPv6 (the kernel computes it), and not of datagrams of ordinary UDP sockets.
    pub checksum: Option<u16>,
}

/// Why the kernel did not take a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotSent {
    /// The error of the send call.
    pub errno: Errno,
    /// With `EMSGSIZE`: the largest IP packet that would have gone, where it is known.
    pub mtu: Option<u32>,
}

/// A way to reach hosts.
pub trait Network {
    /// The clocks that everything here is told in. A step of the wall clock since the last call is announced by the next
    /// [`Network::take`].
    fn now(&mut self) -> Now;

    /// Sends the batch in order and pushes one result a probe to `done`. Writes headers into the batch's own headroom.
    fn send(&mut self, batch: &mut Batch, done: &mut Vec<Result<SentAt, NotSent>>);

    /// Gives what has arrived, stamps before the replies they belong to; never blocks. Returns whether more waits.
    ///
    /// # Errors
    /// When a socket is broken for good.
    fn take(&mut self, hear: &mut dyn FnMut(Now, &Event<'_>)) -> io::Result<bool>;

    /// Tells what only the kernel's counters know, such as drops that no later packet announced. [`Network::take`] does
    /// it by itself from time to time; at the end of a run it is for the loop to ask.
    fn account(&mut self, hear: &mut dyn FnMut(Now, &Event<'_>)) {
        let _ = hear;
    }

    /// Whether arrivals are to be stamped from now on; they are at the beginning. The kernel may take some milliseconds.
    fn stamp_arrivals(&mut self, wanted: bool) {
        let _ = wanted;
    }

    /// Waits until something arrives, a descriptor of `also` is readable, or the time has come (`None`: no limit).
    ///
    /// # Errors
    /// When waiting itself fails.
    fn wait(&mut self, until: Option<BootTime>, also: &[BorrowedFd<'_>]) -> io::Result<Woken>;

    /// The descriptors whose readiness means that [`Network::take`] has something, for a loop of one's own.
    fn fds(&self) -> Vec<BorrowedFd<'_>>;
}
