//! From resolved operands to addresses that are probed.

use super::dialect::Dialect;
use super::plan::Plan;
use crate::cli::operand::is_link_local;
use crate::cli::resolve::{Candidates, choose};
use crate::net::Peer;
use crate::net::icmp::Options;
use crate::sys::interfaces;
use crate::sys::resolve::LookupError;
use crate::sys::route::{self, RouteHints};
use crate::units::Family;

/// What becomes of an operand.
pub(super) enum Found {
    /// These are probed: one, or by some plugins' names all that it has.
    Peers(Vec<Peer>),
    /// It cannot be probed.
    Problem {
        /// Why.
        reason: String,
        /// Whether it is the name that did not resolve.
        is_name: bool,
    },
}

/// The addresses to probe.
pub(super) fn find(
    plan: &Plan,
    options: &Options,
    has_socket: impl Fn(Family) -> bool,
    found: Result<Candidates, LookupError>,
) -> Found {
    let candidates = match found {
        Ok(candidates) => candidates,
        Err(error) => return Found::Problem { reason: error.to_string(), is_name: true },
    };
    let device = options.device.as_deref();
    let ifindex = device.and_then(interfaces::index_of);
    // A link-local address gets the interface that was chosen.
    let scoped = |peer: &Peer| {
        let scope = ifindex.filter(|_| peer.scope == 0 && is_link_local(peer.addr)).unwrap_or(peer.scope);
        Peer { scope, ..*peer }
    };
    let peers: Vec<Peer> = candidates.peers.iter().map(scoped).collect();
    let source = |to: Peer| {
        let own = options.sources.iter().find(|source| Family::of(source.addr) == Family::of(to.addr));
        let vrf = device.filter(|name| interfaces::is_vrf(name));
        let hints = RouteHints {
            device: vrf,
            ifindex: ifindex.filter(|_| vrf.is_none()),
            source: own.map(|source| (source.addr, source.scope)),
            ..RouteHints::default()
        };
        route::source_for(to.addr, to.scope, &hints).ok()
    };
    let chosen = if plan.dialect.takes_all_addresses() && plan.dialect != Dialect::Rcheck {
        peers.iter().copied().filter(|peer| has_socket(Family::of(peer.addr))).collect()
    } else {
        choose(&peers, &has_socket, source).map_or_else(Vec::new, |(peer, _)| vec![peer])
    };
    let Some(first) = chosen.first() else {
        let family = peers.first().map_or(Family::V4, |peer| Family::of(peer.addr));
        return Found::Problem { reason: format!("{family} is not available here"), is_name: false };
    };
    if is_link_local(first.addr) && !first.addr.is_multicast() && first.scope == 0 {
        return Found::Problem { reason: format!("needs its interface, as in {}%eth0", first.addr), is_name: false };
    }
    Found::Peers(chosen)
}
