//! From resolved operands to addresses that are probed.

use super::dialect::Dialect;
use super::plan::Plan;
use crate::cli::resolve::{Candidates, choose};
use crate::cli::route::{Router, check_scope};
use crate::net::Peer;
use crate::net::icmp::Options;
use crate::sys::resolve::LookupError;
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
    let router = Router::new(options);
    let peers: Vec<Peer> = candidates.peers.iter().map(|peer| router.scoped(*peer)).collect();
    let chosen = if plan.dialect.takes_all_addresses() && plan.dialect != Dialect::Rcheck {
        peers.iter().copied().filter(|peer| has_socket(Family::of(peer.addr))).collect()
    } else if let [only] = peers.as_slice() {
        // There is nothing to choose: whether it has a route its first probe will tell.
        Vec::from_iter(has_socket(Family::of(only.addr)).then_some(*only))
    } else {
        choose(&peers, &has_socket, |peer| router.source(peer)).map_or_else(Vec::new, |(peer, _)| vec![peer])
    };
    let Some(first) = chosen.first() else {
        let family = peers.first().map_or(Family::V4, |peer| Family::of(peer.addr));
        return Found::Problem { reason: format!("{family} is not available here"), is_name: false };
    };
    if chosen.iter().any(|peer| peer.addr.is_multicast()) {
        let reason = "stands for many hosts: none of them would be checked".to_owned();
        return Found::Problem { reason, is_name: false };
    }
    if let Err(reason) = check_scope(*first) {
        return Found::Problem { reason, is_name: false };
    }
    Found::Peers(chosen)
}
