//! ICMP as a channel's protocol: what [`super::header`] writes and [`super::hear`] reads.

use std::net::IpAddr;

use super::header::{self, IpFields};
use super::hear::{self, Listener};
use crate::clock::Now;
use crate::net::channel::{Heard, Protocol, Written};
use crate::net::socket::SocketKind;
use crate::net::{Event, Probe};
use crate::sys::ancillary::ExtError;
use crate::sys::errno::Errno;
use crate::units::{Family, Ident, Seq};
use crate::wire::protocol;

/// ICMP echo and timestamp requests of one family.
pub(super) struct Icmp {
    pub(super) listener: Listener,
    pub(super) kind: SocketKind,
    /// Where we write the IP header.
    pub(super) ip: Option<IpFields>,
}

/// The reader and writer of such sockets, without them: for fuzzing.
pub(in crate::net) fn without_kernel(family: Family, kind: SocketKind) -> impl Protocol {
    let ip_header = family == Family::V4 && kind == SocketKind::Raw;
    Icmp { listener: Listener { family, ident: Ident(0x4321), ip_header }, kind, ip: None }
}

impl Protocol for Icmp {
    fn family(&self) -> Family {
        self.listener.family
    }

    fn number(&self) -> u8 {
        match self.listener.family {
            Family::V4 => protocol::ICMP,
            Family::V6 => protocol::ICMPV6,
        }
    }

    #[inline]
    fn write(&mut self, room: &mut [u8], probe: &Probe, now: Now) -> Result<Written, Errno> {
        let Listener { family, ident, .. } = self.listener;
        let (len, checksum) = header::write(family, room, probe, ident, now.wall, self.ip.as_ref())?;
        Ok(Written { len, checksum, port: 0, source: None })
    }

    fn packet<'a>(&self, heard: &Heard<'a>) -> Event<'a> {
        self.listener.packet(heard)
    }

    fn queued<'a>(&self, heard: &Heard<'a>, error: &ExtError) -> Event<'a> {
        self.listener.queued(heard, error)
    }

    fn probe_in(&self, packet: &[u8]) -> Option<(IpAddr, Seq)> {
        hear::probe_in(packet)
    }

    fn quotes_us(&self, bytes: &[u8]) -> bool {
        Listener::quoted_ident(bytes) == Some(self.listener.ident)
    }
}
