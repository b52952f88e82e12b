//! From resolved operands to targets: which address, which of our own towards it, whether it stands for many hosts.

use super::plan::Plan;
use crate::cli::Refusal;
use crate::cli::operand::Operand;
use crate::cli::resolve::Candidates;
use crate::cli::route::Router;
use crate::net::icmp::Sockets;
use crate::ping::Target;
use crate::report::Host;
use crate::sys::interfaces;
use crate::sys::resolve::LookupError;
use crate::sys::route;
use crate::units::Family;

/// What becomes of an operand.
pub(super) enum Fate {
    /// It is probed.
    Probed(Box<Host>),
    /// It cannot be.
    Failed {
        /// Why.
        reason: String,
        /// Whether it may work later.
        temporary: bool,
    },
}

/// What becomes of an operand.
///
/// # Errors
/// Where an option does not go with the address that a name turned out to have: nothing is probed then.
pub(super) fn place(
    plan: &Plan,
    sockets: &Sockets,
    operand: &Operand,
    found: Result<Candidates, LookupError>,
) -> Result<Fate, Refusal> {
    let found = match found {
        Ok(found) => found,
        Err(error) => {
            return Ok(Fate::Failed { temporary: error == LookupError::Temporary, reason: error.to_string() });
        }
    };
    let router = Router::new(&plan.sockets);
    let (peer, source) = match router.pick(&found.peers, |family| sockets.kind(family).is_some()) {
        Ok(picked) => picked,
        Err(reason) => return Ok(failed(reason)),
    };
    let is_broadcast = route::is_broadcast(peer.addr, &router.hints(peer));
    if is_broadcast && !plan.sockets.broadcast {
        let words = "Do you want to ping broadcast? Then -b. If not, check your local firewall rules";
        return Ok(failed(words.to_owned()));
    }
    let group = is_broadcast || peer.addr.is_multicast();
    plan.check_address(Family::of(peer.addr), group)?;
    let mut host = Host::new(&operand.text, peer);
    host.canonical = found.canonical;
    host.zone = if peer.scope == 0 { None } else { interfaces::name_of(peer.scope) };
    host.group = group;
    host.source = source;
    host.device = plan.sockets.device.clone();
    host.show_source = host.device.is_some() || router.chosen(peer).is_some();
    Ok(Fate::Probed(Box::new(host)))
}

fn failed(reason: String) -> Fate {
    Fate::Failed { reason, temporary: false }
}

/// What a session needs to know of a host.
pub(super) fn target(host: &Host) -> Target {
    Target { peer: host.peer, group: host.group }
}
