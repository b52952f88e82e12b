//! Operands to hosts: addresses at once, names by workers, so that a signal ends even a look-up that hangs.
//!
//! Of a name's addresses the first is taken, in the system's order, that has a socket and a route; where none has a
//! route, the first that has a socket, whose probes then say what is wrong.

use std::io;
use std::net::IpAddr;
use std::os::fd::AsFd;

use super::operand::{Host, Operand};
use crate::clock::BootTime;
use crate::names::Lookups;
use crate::net::Peer;
use crate::sys::clock::boot_now;
use crate::sys::interfaces;
use crate::sys::poll::{Interest, wait};
use crate::sys::resolve::LookupError;
use crate::sys::signals::{Signal, Signals, restore_default_and_raise};
use crate::units::Family;

/// What an operand turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidates {
    /// Its addresses, best first.
    pub(super) peers: Vec<Peer>,
    /// The resolver's name for it, where a name was typed.
    pub(super) canonical: Option<String>,
}

/// How resolving ended.
pub(super) enum Resolved {
    /// Every operand has its answer.
    All(Vec<Result<Candidates, LookupError>>),
    /// A signal came that ends a run.
    Signal(Signal),
}

/// Resolves all operands, in their order. A signal ends the process: nothing has been sent and nothing is to be told.
///
/// # Errors
/// When no look-up can be started or waited for.
pub(super) fn resolve(
    operands: &[Operand],
    family: Option<Family>,
    signals: &Signals,
) -> io::Result<Vec<Result<Candidates, LookupError>>> {
    loop {
        match resolve_until(operands, family, signals, None)? {
            Resolved::All(found) => return Ok(found),
            Resolved::Signal(signal) => restore_default_and_raise(signal),
        }
    }
}

/// As [`resolve`], but no longer than `until`: what is not known by then has not been answered.
///
/// # Errors
/// When no look-up can be started or waited for.
pub(super) fn resolve_until(
    operands: &[Operand],
    family: Option<Family>,
    signals: &Signals,
    until: Option<BootTime>,
) -> io::Result<Resolved> {
    let mut found: Vec<_> = operands.iter().map(literal).collect();
    let names: Vec<usize> = found.iter().enumerate().filter(|(_, known)| known.is_none()).map(|(at, _)| at).collect();
    if !names.is_empty() {
        let texts = names.iter().filter_map(|at| operands.get(*at)).map(|operand| operand.text.clone()).collect();
        let mut lookups = Lookups::start(texts, family)?;
        while !lookups.is_done() && until.is_none_or(|until| boot_now() < until) {
            wait(&[(signals.as_fd(), Interest::Read), (lookups.as_fd(), Interest::Read)], until)?;
            while let Some(signal) = signals.read() {
                if signal != Signal::Quit {
                    return Ok(Resolved::Signal(signal));
                }
            }
            while let Some((index, answer)) = lookups.take() {
                if let Some(slot) = names.get(index).and_then(|at| found.get_mut(*at)) {
                    *slot = Some(answer.map(|found| Candidates {
                        peers: found.addrs.into_iter().map(|(addr, scope)| Peer { addr, scope }).collect(),
                        canonical: found.canonical,
                    }));
                }
            }
        }
    }
    let unanswered = || Err(LookupError::Other("no answer from the name server by the deadline".to_owned()));
    Ok(Resolved::All(found.into_iter().map(|known| known.unwrap_or_else(unanswered)).collect()))
}

/// An address, with the interface behind its `%`; `None` if it is a name.
fn literal(operand: &Operand) -> Option<Result<Candidates, LookupError>> {
    let Host::Address { addr, zone } = &operand.host else { return None };
    let scope = match zone {
        None => Ok(0),
        Some(zone) => interface(zone).ok_or_else(|| LookupError::NoInterface(zone.clone())),
    };
    Some(scope.map(|scope| Candidates { peers: vec![Peer { addr: *addr, scope }], canonical: None }))
}

/// An interface by name or number.
fn interface(zone: &str) -> Option<u32> {
    interfaces::index_of(zone).or_else(|| zone.parse().ok().filter(|index| interfaces::name_of(*index).is_some()))
}

/// The address to probe, and our own towards it where there is a route.
pub(super) fn choose(
    peers: &[Peer],
    has_socket: impl Fn(Family) -> bool,
    route: impl Fn(Peer) -> Option<IpAddr>,
) -> Option<(Peer, Option<IpAddr>)> {
    let usable = || peers.iter().copied().filter(|peer| has_socket(Family::of(peer.addr)));
    let routed = usable().find_map(|peer| route(peer).map(|source| (peer, Some(source))));
    routed.or_else(|| usable().next().map(|peer| (peer, None)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn peer(text: &str) -> Peer {
        Peer::from(text.parse::<IpAddr>().unwrap())
    }

    #[test]
    fn the_first_address_that_can_be_reached_is_probed() {
        let (six, four) = (peer("2001:db8::1"), peer("192.0.2.1"));
        let (all, ours) = ([six, four], "192.0.2.9".parse().unwrap());
        let route = |_: Peer| Some(ours);
        assert_eq!(choose(&all, |_| true, route), Some((six, Some(ours))));
        assert_eq!(choose(&all, |_| true, |to| (to == four).then_some(ours)), Some((four, Some(ours))));
        assert_eq!(choose(&all, |family| family == Family::V4, route), Some((four, Some(ours))));
        assert_eq!(choose(&all, |_| true, |_| None), Some((six, None)));
        assert_eq!(choose(&all, |_| false, route), None);
    }

    #[test]
    fn addresses_need_no_resolver() {
        let host = |addr: &str, zone: Option<&str>| Operand {
            text: addr.into(),
            host: Host::Address { addr: addr.parse().unwrap(), zone: zone.map(str::to_owned) },
        };
        let lo = interfaces::index_of("lo").unwrap();
        let scoped = |zone: &str| literal(&host("fe80::1", Some(zone))).unwrap();
        assert_eq!(literal(&host("192.0.2.1", None)).unwrap().unwrap().peers, [peer("192.0.2.1")]);
        assert_eq!(scoped("lo").unwrap().peers[0].scope, lo);
        assert_eq!(scoped(&lo.to_string()).unwrap().peers[0].scope, lo);
        assert_eq!(scoped("nosuch0"), Err(LookupError::NoInterface("nosuch0".into())));
        assert!(literal(&Operand { text: "h".into(), host: Host::Name }).is_none());
    }
}
