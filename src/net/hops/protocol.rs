//! UDP and TCP as a channel's protocol: what [`super::write`] writes and [`super::hear`] reads.

use std::net::IpAddr;

use super::numbers::Numbers;
use super::options::Method;
use super::sources::Sources;
use super::write::{IpFields, TcpFields};
use crate::clock::Now;
use crate::net::channel::{Heard, Protocol, Written};
use crate::net::socket::SocketKind;
use crate::net::{Event, Probe};
use crate::sys::ancillary::ExtError;
use crate::sys::errno::Errno;
use crate::units::{Family, Port, Seq};

/// UDP or TCP probes of one family.
#[derive(Debug)]
pub(super) struct Hops {
    pub(super) family: Family,
    pub(super) kind: SocketKind,
    pub(super) method: Method,
    /// Source and destination port of each flow.
    pub(super) flows: Vec<(Port, Port)>,
    /// The one flow of an ordinary socket; `None`: all.
    pub(super) only: Option<u16>,
    /// Where we write the IPv4 header.
    pub(super) ip: Option<IpFields>,
    /// Where we write TCP headers.
    pub(super) tcp: Option<TcpFields>,
    /// Where we write UDP or TCP headers.
    pub(super) sources: Option<Sources>,
    /// What was sent.
    pub(super) numbers: Numbers,
    /// Octets of payload of the last segment: a RST acknowledges them too.
    pub(super) tcp_payload: u32,
}

impl Protocol for Hops {
    fn family(&self) -> Family {
        self.family
    }

    fn number(&self) -> u8 {
        self.protocol_number()
    }

    fn write(&mut self, room: &mut [u8], probe: &Probe, now: Now) -> Result<Written, Errno> {
        self.write_probe(room, probe, now)
    }

    fn packet<'a>(&self, heard: &Heard<'a>) -> Event<'a> {
        self.hear(heard)
    }

    fn queued<'a>(&self, heard: &Heard<'a>, error: &ExtError) -> Event<'a> {
        self.hear_queued(heard, error)
    }

    fn probe_in(&self, packet: &[u8]) -> Option<(IpAddr, Seq)> {
        self.own_probe(packet)
    }

    fn quotes_us(&self, bytes: &[u8]) -> bool {
        let port = bytes.first_chunk().map(|b| Port(u16::from_be_bytes(*b)));
        self.flows.iter().any(|flow| Some(flow.0) == port)
    }
}
