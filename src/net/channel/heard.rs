//! A packet as a socket showed it, and what is the same in all of them: the IP header, arrival, scope, and what the error
//! queue returns. Pure, so that every lie a network can tell is tested without one.

use std::net::IpAddr;

use crate::clock::Now;
use crate::net::{Arrival, Peer};
use crate::sys::ancillary::Ancillary;
use crate::wire::{ipv4, ipv6};

/// What a socket hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::net) enum Hears {
    /// ICMP.
    Icmp,
    /// The protocol of the probes, where that is another.
    Transport,
}

/// A packet as a socket showed it.
#[derive(Clone, Copy, Debug)]
pub(in crate::net) struct Heard<'a> {
    /// By which socket it came.
    pub(in crate::net) by: Hears,
    /// Its sender, where the bytes do not begin with it; of a queued error: whom the probe was sent to.
    pub(in crate::net) from: Peer,
    /// The port of that address, where the socket has ports.
    pub(in crate::net) port: u16,
    pub(in crate::net) bytes: &'a [u8],
    /// Whether bytes of it were cut off by our own buffer.
    pub(in crate::net) cut: bool,
    pub(in crate::net) ancillary: &'a Ancillary,
    pub(in crate::net) read: Now,
}

/// A packet without its IP header.
#[derive(Clone, Copy, Debug)]
pub(in crate::net) struct Outer<'a> {
    pub(in crate::net) from: Peer,
    ip: Option<ipv4::Header<'a>>,
    /// What the IP header is followed by.
    pub(in crate::net) message: &'a [u8],
    /// How long that was on the wire.
    pub(in crate::net) len: usize,
    /// IPv4 options.
    pub(in crate::net) options: &'a [u8],
}

impl<'a> Heard<'a> {
    /// Takes the IP header off, where the bytes begin with one; `None` if it is none.
    pub(in crate::net) fn outer(&self, ip_header: bool) -> Option<Outer<'a>> {
        if !ip_header {
            let options = self.ancillary.ip_options.as_ref().map_or(&[][..], |options| options.as_bytes());
            let (message, len) = (self.bytes, self.bytes.len());
            return Some(Outer { from: self.from, ip: None, message, len, options });
        }
        let ip = ipv4::Header::new_checked(self.bytes).ok()?;
        Some(Outer {
            from: IpAddr::from(ip.src()).into(),
            ip: Some(ip),
            message: ip.payload(),
            len: usize::from(ip.total_len()).saturating_sub(ip.header_len()),
            options: ip.options(),
        })
    }
}

impl Outer<'_> {
    /// When and how it came; what its own header says counts for more than what the kernel says of it.
    pub(in crate::net) fn arrival(&self, heard: &Heard<'_>) -> Arrival {
        let arrival = arrival(heard);
        match self.ip {
            Some(ip) => Arrival { ttl: Some(ip.ttl()), tos: Some(ip.tos()), to: Some(ip.dst().into()), ..arrival },
            None => arrival,
        }
    }
}

/// What the kernel said of an arrival.
pub(in crate::net) fn arrival(heard: &Heard<'_>) -> Arrival {
    let a = heard.ancillary;
    Arrival {
        kernel: a.rx_soft,
        nic: a.rx_hard,
        read: heard.read,
        ttl: a.hop_limit,
        tos: a.tos,
        to: a.pktinfo.map(|p| p.local),
        ifindex: a.pktinfo.map(|p| p.ifindex),
    }
}

/// A quoted link-local destination lies on the link that the error came from.
pub(in crate::net) fn scope_of(dst: IpAddr, heard: &Heard<'_>) -> u32 {
    match dst {
        IpAddr::V6(a) if a.is_unicast_link_local() || a.is_multicast() => {
            if heard.from.scope != 0 {
                heard.from.scope
            } else {
                heard.ancillary.pktinfo.map_or(0, |p| p.ifindex)
            }
        }
        _ => 0,
    }
}

/// The IP packet in a stamp's copy, which begins with whatever link-layer header the device has: the IP header is where
/// its length reaches exactly to the end.
pub(in crate::net) fn ip_packet(copy: &[u8], protocol: u8) -> Option<&[u8]> {
    const LONGEST_LINK_HEADER: usize = 64;
    (0..=LONGEST_LINK_HEADER.min(copy.len())).find_map(|at| {
        let packet = copy.get(at..)?;
        let whole = match packet.first()? >> 4 {
            4 => ipv4::Header::new_checked(packet)
                .is_ok_and(|ip| usize::from(ip.total_len()) == packet.len() && ip.protocol() == protocol),
            6 => ipv6::Header::new_checked(packet)
                .is_ok_and(|ip| usize::from(ip.payload_len()) + ipv6::HEADER_LEN == packet.len()),
            _ => false,
        };
        whole.then_some(packet)
    })
}
