//! Packets on their way to us, with all that they will say when they arrive.

use std::net::IpAddr;

use super::cross::Crossing;
use super::log::What;
use super::spoken::Spoken;
use crate::clock::{Now, Stage, WallTime};
use crate::net::{Answer, Arrival, Claim, Event, Exchange, FarClock, Key, Peer, Trouble};
use crate::sys::errno::Errno;
use crate::units::{Family, Seq, Ttl};
use crate::wire::icmp::IcmpError;

/// The ident of all our probes.
const IDENT: u16 = 0x5349;

/// Hop limit of every answer.
const TTL: Ttl = Ttl(64);

/// Something on its way.
#[derive(Clone, Debug)]
pub(super) enum Coming {
    /// A departure stamp.
    Stamp { key: Key, stage: Stage, at: WallTime },
    /// A reply.
    Reply(Box<Reply>),
    /// An ICMP error, or a redirect with its gateway.
    Error(Box<Error>),
    /// This host gives a probe up.
    GivenUp { probe: usize, claim: Claim, errno: Errno, mtu: Option<u32> },
    /// A packet that is not ours.
    Noise { from: IpAddr },
    /// A probe that has come to where it ends.
    Crossing(Box<Crossing>),
    /// What is said of a probe at a router or behind one.
    Spoken(Box<Spoken>),
    /// The next of a crowd's packets.
    Crowd(usize),
}

#[derive(Clone, Debug)]
pub(super) struct Reply {
    /// Which probe of the log; `None`: a stranger's.
    pub(super) probe: Option<usize>,
    pub(super) what: What,
    pub(super) from: Peer,
    pub(super) exchange: Exchange,
    pub(super) seq: Seq,
    pub(super) payload: Vec<u8>,
    pub(super) icmp_len: usize,
    pub(super) checksum_ok: bool,
    pub(super) far: Option<FarClock>,
    pub(super) stamped: bool,
    /// When it arrives by the card's clock.
    pub(super) nic: Option<WallTime>,
}

#[derive(Clone, Debug)]
pub(super) struct Error {
    pub(super) probe: Option<usize>,
    pub(super) what: What,
    pub(super) about: Claim,
    pub(super) offender: IpAddr,
    pub(super) error: IcmpError,
    pub(super) checksum: Option<u16>,
    pub(super) payload: Vec<u8>,
    pub(super) gateway: Option<IpAddr>,
}

/// An arrival at this time that is read now.
pub(super) fn arrival(kernel: Option<WallTime>, nic: Option<WallTime>, read: Now) -> Arrival {
    Arrival { kernel, nic, read, ttl: Some(TTL), tos: Some(0), to: None, ifindex: None }
}

impl Reply {
    /// Gives it as an event.
    pub(super) fn tell(&self, kernel: Option<WallTime>, read: Now, hear: &mut dyn FnMut(Now, &Event<'_>)) {
        let family = Family::of(self.from.addr);
        let ty = match (family, self.exchange) {
            (Family::V4, Exchange::Echo) => 0,
            (Family::V4, Exchange::Timestamp) => 14,
            // The simulated network speaks ICMP alone.
            (Family::V4, Exchange::Udp | Exchange::Tcp) => 0,
            (Family::V6, _) => 129,
        };
        let packet = message(ty, self.seq, &self.payload);
        hear(
            read,
            &Event::Answer(Answer {
                claim: Claim::icmp(self.from, self.exchange, self.seq),
                arrival: arrival(kernel.filter(|_| self.stamped), self.nic, read),
                payload: &self.payload,
                icmp_len: self.icmp_len,
                checksum_ok: self.checksum_ok,
                options: &[],
                far: self.far,
                packet: &packet,
                has_ip_header: false,
            }),
        );
    }
}

impl Error {
    /// Gives it as an event.
    pub(super) fn tell(&self, kernel: Option<WallTime>, read: Now, hear: &mut dyn FnMut(Now, &Event<'_>)) {
        let trouble = Trouble {
            claim: self.about,
            arrival: arrival(kernel, None, read),
            offender: self.offender,
            error: self.error,
            quoted_checksum: self.checksum,
            quoted_payload: &self.payload,
            quote: None,
            extensions: None,
            packet: &[],
            has_ip_header: false,
        };
        match self.gateway {
            Some(gateway) => hear(read, &Event::Redirect { gateway, about: trouble }),
            None => hear(read, &Event::Error(trouble)),
        }
    }
}

impl Coming {
    /// Gives what has no more to it.
    pub(super) fn tell_plain(&self, read: Now, hear: &mut dyn FnMut(Now, &Event<'_>)) {
        match *self {
            Coming::Stamp { key, stage, at } => hear(read, &Event::Stamp { key, stage, at, packet: &[] }),
            Coming::GivenUp { claim, errno, mtu, .. } => hear(read, &Event::Local { claim: Some(claim), errno, mtu }),
            Coming::Noise { from } => hear(read, &Event::Foreign { from }),
            Coming::Reply(_) | Coming::Error(_) | Coming::Crossing(_) | Coming::Spoken(_) | Coming::Crowd(_) => {}
        }
    }
}

/// An ICMP message as the wire has it (of ICMPv6 without the pseudo-header's part of the checksum).
pub(super) fn message(ty: u8, seq: Seq, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![ty, 0, 0, 0];
    bytes.extend_from_slice(&IDENT.to_be_bytes());
    bytes.extend_from_slice(&seq.0.to_be_bytes());
    bytes.extend_from_slice(payload);
    let checksum = checksum(&bytes);
    bytes[2..4].copy_from_slice(&checksum.to_be_bytes());
    bytes
}

/// RFC 1071.
fn checksum(bytes: &[u8]) -> u16 {
    let words = bytes.chunks(2).map(|word| u64::from(word[0]) << 8 | u64::from(word.get(1).copied().unwrap_or(0)));
    let mut sum: u64 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}
