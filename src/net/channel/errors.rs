//! ICMP errors and redirects as events, whichever way they came and whatever protocol they are about: the protocol says
//! which probe the quote is, and the rest is here.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::heard::{Heard, Outer, arrival, scope_of};
use crate::net::{Claim, Event, Exchange, Peer, Quote, Trouble};
use crate::sys::ancillary::{ExtError, Origin};
use crate::units::{Family, Seq};
use crate::wire::icmp::{self, IcmpError, Message};
use crate::wire::quoted::{self, Quoted};
use crate::wire::{extension, ipv4, ipv6};

/// The probe that a quote is of, to all appearance one of ours.
#[derive(Clone, Copy, Debug)]
pub(in crate::net) struct Quotes<'a> {
    pub(in crate::net) exchange: Exchange,
    pub(in crate::net) seq: Option<Seq>,
    pub(in crate::net) flow: Option<u16>,
    /// The transport checksum, if it is quoted.
    pub(in crate::net) checksum: Option<u16>,
    /// What is quoted behind the transport header.
    pub(in crate::net) payload: &'a [u8],
}

/// An error or a redirect about a probe that `whose` knows; `None` if it is neither, or about somebody else's.
pub(in crate::net) fn received<'a>(
    family: Family,
    heard: &Heard<'a>,
    ip_header: bool,
    outer: &Outer<'a>,
    message: &Message<'a>,
    whose: impl FnOnce(&Quoted<'a>) -> Option<Quotes<'a>>,
) -> Option<Event<'a>> {
    let (error, quote, extensions, gateway) = match *message {
        Message::Error { error, quote, extensions } => (error, quote, extensions, None),
        Message::Redirect { gateway, code, quote } => (IcmpError::redirect(gateway, code), quote, None, Some(gateway)),
        _ => return None,
    };
    let quoted = quoted::parse(family, quote).ok()?;
    let what = whose(&quoted)?;
    let peer = Peer { addr: quoted.dst, scope: scope_of(quoted.dst, heard) };
    let about = Trouble {
        claim: Claim { peer, exchange: what.exchange, seq: what.seq, flow: what.flow },
        arrival: outer.arrival(heard),
        offender: outer.from.addr,
        error,
        quoted_checksum: what.checksum,
        quoted_payload: what.payload,
        quote: Some(Quote::of(&quoted, quote.len())),
        extensions,
        packet: heard.bytes,
        has_ip_header: ip_header,
    };
    Some(match gateway {
        Some(gateway) => Event::Redirect { gateway, about },
        None => Event::Error(about),
    })
}

/// An error from the error queue, whose quote begins `hidden` octets behind the quoted IP header; `whose` reads it from
/// there on.
pub(in crate::net) fn queued<'a>(
    family: Family,
    heard: &Heard<'a>,
    error: &ExtError,
    hidden: usize,
    whose: impl FnOnce(&'a [u8]) -> Option<Quotes<'a>>,
) -> Event<'a> {
    let (quote, extensions) = extensions(family, heard.bytes, hidden, error);
    let what = whose(quote);
    let claim = what.map(|q| Claim { peer: heard.from, exchange: q.exchange, seq: q.seq, flow: q.flow });
    let (Some(what), Some(claim), Origin::Icmp | Origin::Icmp6) = (what, claim, error.origin) else {
        let mtu = (error.errno.0 == EMSGSIZE).then_some(error.info);
        return Event::Local { claim, errno: error.errno, mtu };
    };
    let about = Trouble {
        claim,
        arrival: arrival(heard),
        offender: error.offender.unwrap_or(heard.from.addr),
        error: IcmpError { family, ty: error.ty, code: error.code, info: error.info },
        quoted_checksum: what.checksum,
        quoted_payload: what.payload,
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

/// `EMSGSIZE` has this number on every Linux but MIPS' and SPARC's, where a local error merely goes without its MTU.
const EMSGSIZE: i32 = crate::sys::errno::EMSGSIZE.0;

/// Splits what the error queue returns of an ICMP error into the quote, which begins `hidden` octets behind the quoted IP
/// header, and the extension structure. The kernel says where that begins if the router did (RFC 4884 §5); one that a
/// router put behind 128 octets without saying so is found as in [`extension::split`].
fn extensions<'a>(family: Family, bytes: &'a [u8], hidden: usize, error: &ExtError) -> (&'a [u8], Option<&'a [u8]>) {
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
