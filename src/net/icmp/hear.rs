//! What the kernel hands us, read as events: pure, so that every lie a network can tell is tested without one.
//!
//! Three kinds of bytes arrive. A raw IPv4 socket shows the whole packet; raw ICMPv6 and ping sockets show the ICMP message
//! and say the rest in control messages; the error queue shows what an error quotes, from the probe's ICMP header on.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::clock::Now;
use crate::net::{Answer, Arrival, Claim, Event, Exchange, FarClock, Peer, Quote, Trouble};
use crate::sys::ancillary::{Ancillary, ExtError, Origin};
use crate::units::{Family, Ident, Seq};
use crate::wire::icmp::{self, IcmpError, Message};
use crate::wire::quoted::{self, QuotedProbe};
use crate::wire::{extension, ipv4, ipv6};

/// A packet as a socket showed it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heard<'a> {
    /// Its sender, where the bytes do not begin with it; of a queued error: whom the probe was sent to.
    pub(super) from: Peer,
    pub(super) bytes: &'a [u8],
    /// Whether bytes of it were cut off by our own buffer.
    pub(super) cut: bool,
    pub(super) ancillary: &'a Ancillary,
    pub(super) read: Now,
}

/// Which packets are ours, and how they look.
#[derive(Clone, Copy, Debug)]
pub(super) struct Listener {
    pub(super) family: Family,
    pub(super) ident: Ident,
    /// Whether packets begin with their IP header.
    pub(super) ip_header: bool,
}

impl Listener {
    /// Reads a packet from the receive queue.
    pub(super) fn packet<'a>(&self, heard: &Heard<'a>) -> Event<'a> {
        let mut arrival = arrival(heard);
        if !self.ip_header {
            let options = heard.ancillary.ip_options.as_ref().map_or(&[][..], |options| options.as_bytes());
            return self.message(heard, arrival, heard.bytes, heard.bytes.len(), options);
        }
        let Ok(ip) = ipv4::Header::new_checked(heard.bytes) else {
            return Event::Foreign { from: heard.from.addr };
        };
        let heard = &Heard { from: IpAddr::from(ip.src()).into(), ..*heard };
        arrival.ttl = Some(ip.ttl());
        arrival.tos = Some(ip.tos());
        arrival.to = Some(ip.dst().into());
        let on_the_wire = usize::from(ip.total_len()).saturating_sub(ip.header_len());
        self.message(heard, arrival, ip.payload(), on_the_wire, ip.options())
    }

    fn message<'a>(
        &self,
        heard: &Heard<'a>,
        arrival: Arrival,
        message: &'a [u8],
        icmp_len: usize,
        options: &'a [u8],
    ) -> Event<'a> {
        let foreign = Event::Foreign { from: heard.from.addr };
        let claim = |exchange, seq| Claim::icmp(heard.from, exchange, seq);
        let answer = |claim, payload, far| {
            Event::Answer(Answer {
                claim,
                arrival,
                payload,
                icmp_len,
                // The kernel has checked ICMPv6, and what ping sockets show; what our buffer cut cannot be checked.
                checksum_ok: !self.ip_header || heard.cut || message.len() < icmp_len || icmp::checksum_ok(message),
                options,
                far,
                packet: heard.bytes,
                has_ip_header: self.ip_header,
            })
        };
        match icmp::parse(self.family, message) {
            Ok(Message::Echo { request: false, ident, seq, payload }) if ident == self.ident => {
                answer(claim(Exchange::Echo, seq), payload, None)
            }
            Ok(Message::Timestamp { request: false, ident, seq, originate_ms, receive_ms, transmit_ms })
                if ident == self.ident =>
            {
                answer(claim(Exchange::Timestamp, seq), &[], Some(FarClock { originate_ms, receive_ms, transmit_ms }))
            }
            Ok(Message::Error { error, quote, extensions }) => {
                self.trouble(heard, arrival, error, quote, extensions).map_or(foreign, Event::Error)
            }
            Ok(Message::Redirect { gateway, code, quote }) => {
                let (ty, info) = match gateway {
                    IpAddr::V4(gateway) => (icmp::v4::REDIRECT, gateway.to_bits()),
                    IpAddr::V6(_) => (icmp::v6::REDIRECT, 0),
                };
                let error = IcmpError { family: self.family, ty, code, info };
                match self.trouble(heard, arrival, error, quote, None) {
                    Some(about) => Event::Redirect { gateway, about },
                    None => foreign,
                }
            }
            _ => foreign,
        }
    }

    /// An error about a packet that could be ours.
    fn trouble<'a>(
        &self,
        heard: &Heard<'a>,
        arrival: Arrival,
        error: IcmpError,
        quote: &'a [u8],
        extensions: Option<&'a [u8]>,
    ) -> Option<Trouble<'a>> {
        let quoted = quoted::parse(self.family, quote).ok()?;
        let (exchange, ident, seq, checksum, payload) = match quoted.what {
            QuotedProbe::Echo { ident, seq, checksum, payload } => (Exchange::Echo, ident, seq, checksum, payload),
            QuotedProbe::Timestamp { ident, seq, checksum } => (Exchange::Timestamp, ident, seq, checksum, &[][..]),
            _ => return None,
        };
        (ident == self.ident).then_some(Trouble {
            claim: Claim::icmp(Peer { addr: quoted.dst, scope: scope_of(quoted.dst, heard) }, exchange, seq),
            arrival,
            offender: heard.from.addr,
            error,
            quoted_checksum: Some(checksum),
            quoted_payload: payload,
            quote: Some(Quote::of(&quoted, quote.len())),
            extensions,
            packet: heard.bytes,
            has_ip_header: self.ip_header,
        })
    }

    /// The ident of the echo request that an error in the queue is about: it quotes from the ICMP header on.
    pub(super) fn quoted_ident(quote: &[u8]) -> Option<Ident> {
        Some(Ident(u16::from_be_bytes(quote.get(4..6)?.try_into().ok()?)))
    }

    /// Reads an error from a ping socket's error queue. What it quotes begins with the probe's ICMP header (kernel.md 8).
    pub(super) fn queued<'a>(&self, heard: &Heard<'a>, error: &ExtError) -> Event<'a> {
        let (quote, extensions) = queued_extensions(self.family, heard.bytes, 0, error);
        let seq = quote.get(6..8).and_then(|b| b.try_into().ok()).map(|b| Seq(u16::from_be_bytes(b)));
        let claim = seq.map(|seq| Claim::icmp(heard.from, Exchange::Echo, seq));
        let (Some(claim), Origin::Icmp | Origin::Icmp6) = (claim, error.origin) else {
            let mtu = (error.errno.0 == EMSGSIZE).then_some(error.info);
            return Event::Local { claim, errno: error.errno, mtu };
        };
        let about = Trouble {
            claim,
            arrival: arrival(heard),
            offender: error.offender.unwrap_or(heard.from.addr),
            error: IcmpError { family: self.family, ty: error.ty, code: error.code, info: error.info },
            quoted_checksum: quote.get(2..4).and_then(|b| b.try_into().ok()).map(u16::from_be_bytes),
            quoted_payload: quote.get(icmp::HEADER_LEN..).unwrap_or_default(),
            quote: None,
            extensions,
            packet: &[],
            has_ip_header: false,
        };
        // The kernel queues redirects among the errors (net/ipv4/ping.c, ping_err); the queue has no room for an IPv6 gateway.
        match (error.origin, error.ty) {
            (Origin::Icmp, icmp::v4::REDIRECT) => {
                Event::Redirect { gateway: Ipv4Addr::from_bits(error.info).into(), about }
            }
            (Origin::Icmp6, icmp::v6::REDIRECT) => Event::Redirect { gateway: Ipv6Addr::UNSPECIFIED.into(), about },
            _ => Event::Error(about),
        }
    }
}

/// Splits what the error queue returns of an ICMP error into the quote, which begins `hidden` octets behind the quoted IP
/// header, and the extension structure. The kernel says where that begins if the router did (RFC 4884 §5); one that a
/// router put behind 128 octets without saying so is found as in [`extension::split`].
pub(in crate::net) fn queued_extensions<'a>(
    family: Family,
    bytes: &'a [u8],
    hidden: usize,
    error: &ExtError,
) -> (&'a [u8], Option<&'a [u8]>) {
    // The kernel does not tell how long the quoted IP header was: no option and no extension header is ours.
    let header = hidden + if family == Family::V4 { ipv4::MIN_HEADER_LEN } else { ipv6::HEADER_LEN };
    let at = match error.rfc4884 {
        Some(told) => usize::from(told.offset),
        None => extension::QUOTE_MIN.saturating_sub(header),
    };
    let Some((quote, after)) = bytes.split_at_checked(at) else { return (bytes, None) };
    let proven = || extension::Structure::new(after).is_ok_and(|s| s.checksum() == extension::Checksum::Right);
    let found =
        if error.rfc4884.is_some() { !after.is_empty() } else { extension::may_follow(family, error.ty) && proven() };
    if found { (quote, Some(after)) } else { (bytes, None) }
}

/// `EMSGSIZE` has this number on every Linux but MIPS' and SPARC's, where a local error merely goes without its MTU.
const EMSGSIZE: i32 = crate::sys::errno::EMSGSIZE.0;

fn arrival(heard: &Heard<'_>) -> Arrival {
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
fn scope_of(dst: IpAddr, heard: &Heard<'_>) -> u32 {
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
pub(super) fn ip_packet(copy: &[u8]) -> Option<&[u8]> {
    const LONGEST_LINK_HEADER: usize = 64;
    (0..=LONGEST_LINK_HEADER.min(copy.len())).find_map(|at| {
        let packet = copy.get(at..)?;
        let whole = match packet.first()? >> 4 {
            4 => ipv4::Header::new_checked(packet).is_ok_and(|ip| {
                usize::from(ip.total_len()) == packet.len() && ip.protocol() == crate::wire::protocol::ICMP
            }),
            6 => ipv6::Header::new_checked(packet)
                .is_ok_and(|ip| usize::from(ip.payload_len()) + ipv6::HEADER_LEN == packet.len()),
            _ => false,
        };
        whole.then_some(packet)
    })
}

/// Destination and sequence number of our own probe in a stamp's copy.
pub(super) fn probe_in(packet: &[u8]) -> Option<(IpAddr, Seq)> {
    let family = if packet.first()? >> 4 == 4 { Family::V4 } else { Family::V6 };
    let probe = quoted::parse(family, packet).ok()?;
    match probe.what {
        QuotedProbe::Echo { seq, .. } | QuotedProbe::Timestamp { seq, .. } => Some((probe.dst, seq)),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
