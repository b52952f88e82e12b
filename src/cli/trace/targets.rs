//! From resolved operands to targets: which address, and which of our own towards it.

use super::open::Sockets;
use super::plan::Plan;
use crate::cli::operand::Operand;
use crate::cli::resolve::Candidates;
use crate::cli::route::Router;
use crate::report::Host;
use crate::sys::interfaces;
use crate::sys::resolve::LookupError;
use crate::sys::route;

/// Why an operand cannot be traced.
pub(super) struct Problem {
    pub(super) reason: String,
    /// Whether it may work later.
    pub(super) temporary: bool,
}

/// The host of an operand.
pub(super) fn place(
    plan: &Plan,
    sockets: &Sockets,
    operand: &Operand,
    found: Result<Candidates, LookupError>,
) -> Result<Host, Problem> {
    let found =
        found.map_err(|error| Problem { temporary: error == LookupError::Temporary, reason: error.to_string() })?;
    let lasting = |reason: String| Problem { reason, temporary: false };
    let router = Router::new(&plan.sockets);
    let (peer, source) = router.pick(&found.peers, |family| sockets.kind(family).is_some()).map_err(lasting)?;
    if peer.addr.is_multicast() || route::is_broadcast(peer.addr, &router.hints(peer)) {
        return Err(lasting("stands for many hosts: there is no one way to them".to_owned()));
    }
    let mut host = Host::new(&operand.text, peer);
    host.canonical = found.canonical;
    host.zone = if peer.scope == 0 { None } else { interfaces::name_of(peer.scope) };
    host.source = source;
    host.device = plan.sockets.device.clone();
    Ok(host)
}
