//! What the kernel hands us, read as events: pure, so that every lie a network can tell is tested without one.
//!
//! Three kinds of bytes arrive. A raw IPv4 socket shows the whole packet; raw ICMPv6 and ping sockets show the ICMP message
//! and say the rest in control messages; the error queue shows what an error quotes, from the probe's ICMP header on.

use std::net::IpAddr;

use crate::net::channel::Heard;
use crate::net::channel::errors::{self, Quotes};
use crate::net::{Answer, Claim, Event, Exchange, FarClock};
use crate::sys::ancillary::ExtError;
use crate::units::{Family, Ident, Seq};
use crate::wire::icmp::{self, Message};
use crate::wire::quoted::{self, Quoted, QuotedProbe};
use crate::wire::{checksum, ipv6};

/// Which packets are ours, and how they look.
#[derive(Clone, Copy, Debug)]
pub(in crate::net) struct Listener {
    pub(in crate::net) family: Family,
    pub(in crate::net) ident: Ident,
    /// Whether packets begin with their IP header.
    pub(in crate::net) ip_header: bool,
}

impl Listener {
    /// Reads a packet from the receive queue.
    pub(in crate::net) fn packet<'a>(&self, heard: &Heard<'a>) -> Event<'a> {
        let Some(outer) = heard.outer(self.ip_header) else { return Event::Foreign { from: heard.from.addr } };
        let foreign = || Event::Foreign { from: outer.from.addr };
        let Ok(message) = icmp::parse(self.family, outer.message) else { return foreign() };
        let (exchange, seq, payload, far) = match message {
            Message::Echo { request: false, ident, seq, payload } if ident == self.ident => {
                (Exchange::Echo, seq, payload, None)
            }
            Message::Timestamp { request: false, ident, seq, originate_ms, receive_ms, transmit_ms }
                if ident == self.ident =>
            {
                (Exchange::Timestamp, seq, &[][..], Some(FarClock { originate_ms, receive_ms, transmit_ms }))
            }
            other => {
                let whose = |quoted: &Quoted<'a>| self.whose(quoted);
                return errors::received(self.family, heard, self.ip_header, &outer, &other, whose)
                    .unwrap_or_else(foreign);
            }
        };
        // The kernel has checked ICMPv6, and what ping sockets show; what our buffer cut cannot be checked.
        let cut = heard.cut || outer.message.len() < outer.len;
        Event::Answer(Answer {
            claim: Claim::icmp(outer.from, exchange, seq),
            arrival: outer.arrival(heard),
            payload,
            icmp_len: outer.len,
            checksum_ok: !self.ip_header || cut || icmp::checksum_ok(outer.message),
            options: outer.options,
            far,
            packet: heard.bytes,
            has_ip_header: self.ip_header,
        })
    }

    /// The probe that a quoted packet is, if its ident is ours.
    fn whose<'a>(&self, quoted: &Quoted<'a>) -> Option<Quotes<'a>> {
        let (exchange, ident, seq, checksum, payload) = match quoted.what {
            QuotedProbe::Echo { ident, seq, checksum, payload } => (Exchange::Echo, ident, seq, checksum, payload),
            QuotedProbe::Timestamp { ident, seq, checksum } => (Exchange::Timestamp, ident, seq, checksum, &[][..]),
            _ => return None,
        };
        let checksum = Some(without_addresses(quoted, checksum));
        let quotes = Quotes { exchange, seq: Some(seq), flow: None, checksum, payload };
        (ident == self.ident).then_some(quotes)
    }

    /// The ident of the echo request that an error in the queue is about: it quotes from the ICMP header on.
    pub(super) fn quoted_ident(quote: &[u8]) -> Option<Ident> {
        Some(Ident(u16::from_be_bytes(quote.get(4..6)?.try_into().ok()?)))
    }

    /// Reads an error from a ping socket's error queue. What it quotes begins with the probe's ICMP header (lab_kernel 8);
    /// the kernel gave it to us by its ident.
    pub(super) fn queued<'a>(&self, heard: &Heard<'a>, error: &ExtError) -> Event<'a> {
        errors::queued(self.family, heard, error, 0, |quote| {
            let (&[_, _, c0, c1, _, _, s0, s1], payload) = quote.split_first_chunk::<{ icmp::HEADER_LEN }>()?;
            Some(Quotes {
                exchange: Exchange::Echo,
                seq: Some(Seq(u16::from_be_bytes([s0, s1]))),
                flow: None,
                // Of ICMPv6 it covers addresses, which are not quoted.
                checksum: (self.family == Family::V4).then_some(u16::from_be_bytes([c0, c1])),
                payload,
            })
        })
    }
}

/// The checksum of a quoted probe without the pseudo-header that ICMPv6's covers (RFC 4443 §2.3): what the sender knows of
/// it, whichever source the kernel chose.
fn without_addresses(quoted: &Quoted<'_>, checksum: u16) -> u16 {
    let (IpAddr::V6(src), IpAddr::V6(dst)) = (quoted.src, quoted.dst) else { return checksum };
    let around = ipv6::HEADER_LEN + quoted.extensions_len;
    let len = quoted.total_len.saturating_sub(u32::try_from(around).unwrap_or(u32::MAX));
    !checksum::add(!checksum, !checksum::pseudo_v6(src, dst, quoted.protocol, len))
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
