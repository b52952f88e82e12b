//! Every way of hearing at once, for fuzzing: what one packet is to each method, family and kind of socket.

use std::net::IpAddr;

use super::numbers::Numbers;
use super::options::{Method, Numbering, Tcp};
use super::protocol::Hops;
use super::sources::Sources;
use super::write::{IpFields, TcpFields};
use crate::clock::Now;
use crate::net::Event;
use crate::net::channel::{Heard, Hears, Protocol};
use crate::net::socket::SocketKind;
use crate::sys::ancillary::{Ancillary, ExtError, Origin, Rfc4884};
use crate::sys::errno::EINVAL;
use crate::sys::socket::unspecified;
use crate::units::{Family, Port, Ttl};

/// Hears it every way; whether `judge` found all of it good. Source port 40000, destination port 33434; the even
/// numbers were sent.
pub(in crate::net) fn hear_all(data: &[u8], judge: &mut dyn FnMut(&Event<'_>) -> bool) -> bool {
    let udp = [Numbering::Paris, Numbering::Classic, Numbering::Dublin].map(Method::Udp);
    let mut good = true;
    for method in udp.into_iter().chain([Method::Tcp(Tcp::default())]) {
        for family in [Family::V4, Family::V6] {
            for kind in [SocketKind::Raw, SocketKind::Dgram] {
                if kind == SocketKind::Dgram && matches!(method, Method::Tcp(_)) {
                    continue;
                }
                good &= one(data, &reader(method, family, kind), judge);
            }
        }
    }
    good
}

fn one(data: &[u8], hops: &Hops, judge: &mut dyn FnMut(&Event<'_>) -> bool) -> bool {
    let ancillary = Ancillary::default();
    let from = unspecified(hops.family).into();
    let heard =
        |by| Heard { by, from, port: 33_434, bytes: data, cut: false, ancillary: &ancillary, read: Now::default() };
    if hops.kind == SocketKind::Raw {
        let own = hops.own_probe(data).is_none_or(|(dst, _)| Family::of(dst) == hops.family);
        return own && judge(&hops.hear(&heard(Hears::Icmp))) & judge(&hops.hear(&heard(Hears::Transport)));
    }
    let mut good = judge(&hops.hear(&heard(Hears::Transport)));
    let at = |offset| Rfc4884 { offset, invalid: false };
    for rfc4884 in [None, Some(at(100)), Some(at(1)), Some(at(u16::MAX))] {
        let origin = if hops.family == Family::V4 { Origin::Icmp } else { Origin::Icmp6 };
        let ty = if hops.family == Family::V4 { 11 } else { 3 };
        let error = ExtError { errno: EINVAL, origin, ty, code: 0, info: 0, data: 0, offender: None, rfc4884 };
        good &= judge(&hops.hear_queued(&heard(Hears::Icmp), &error));
    }
    good
}

/// The reader and writer of such sockets, without them.
pub(in crate::net) fn without_kernel(
    method: Method,
    family: Family,
    kind: SocketKind,
    source: IpAddr,
) -> impl Protocol {
    Hops { sources: Some(Sources::fixed(source)), numbers: Numbers::new(), ..reader(method, family, kind) }
}

/// With one flow, and nothing that only who sends needs.
pub(super) fn reader(method: Method, family: Family, kind: SocketKind) -> Hops {
    let raw = kind == SocketKind::Raw;
    let ip = IpFields { tos: 0, ttl: Ttl(64), dont_fragment: false };
    let tcp = |tcp: Tcp| TcpFields { base: 0xabcd, ack_base: 0xdcba, flags: tcp.flags, options: tcp.options.bytes() };
    Hops {
        family,
        kind,
        method,
        flows: vec![(Port(40_000), Port(33_434))],
        only: (!raw).then_some(0),
        ip: (raw && family == Family::V4).then_some(ip),
        tcp: if let Method::Tcp(wanted) = method { Some(tcp(wanted)) } else { None },
        sources: None,
        numbers: Numbers::even(),
        tcp_payload: 12,
    }
}
