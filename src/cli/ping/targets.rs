//! From resolved operands to targets: which address, which of our own towards it, whether it stands for many hosts.

use std::net::IpAddr;

use super::plan::Plan;
use crate::cli::Refusal;
use crate::cli::operand::{Operand, is_link_local};
use crate::cli::resolve::{Candidates, choose};
use crate::net::Peer;
use crate::net::icmp::Sockets;
use crate::ping::Target;
use crate::report::ping::Host;
use crate::sys::interfaces;
use crate::sys::resolve::LookupError;
use crate::sys::route::{self, RouteHints};
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

/// Looks routes up the way that probes will go.
pub(super) struct Router<'a> {
    plan: &'a Plan,
    sockets: &'a Sockets,
    device_index: Option<u32>,
    vrf: Option<&'a str>,
}

impl<'a> Router<'a> {
    pub(super) fn new(plan: &'a Plan, sockets: &'a Sockets) -> Self {
        let device = plan.sockets.device.as_deref();
        let device_index = device.and_then(interfaces::index_of);
        Router { plan, sockets, device_index, vrf: device.filter(|name| interfaces::is_vrf(name)) }
    }

    /// What becomes of an operand.
    ///
    /// # Errors
    /// Where an option does not go with the address that a name turned out to have: nothing is probed then.
    pub(super) fn target(&self, operand: &Operand, found: Result<Candidates, LookupError>) -> Result<Fate, Refusal> {
        let found = match found {
            Ok(found) => found,
            Err(error) => {
                return Ok(Fate::Failed { temporary: error == LookupError::Temporary, reason: error.to_string() });
            }
        };
        let peers: Vec<Peer> = found.peers.iter().map(|peer| self.scoped(*peer)).collect();
        let has_socket = |family| self.sockets.kind(family).is_some();
        let Some((peer, source)) = choose(&peers, has_socket, |peer| self.source(peer)) else {
            let family = peers.first().map_or(Family::V4, |peer| Family::of(peer.addr));
            return Ok(failed(format!("{family} is not available here")));
        };
        if is_link_local(peer.addr) && !peer.addr.is_multicast() && peer.scope == 0 {
            return Ok(failed(format!("needs its interface, as in {}%eth0", peer.addr)));
        }
        let is_broadcast = route::is_broadcast(peer.addr, &self.hints(peer));
        if is_broadcast && !self.plan.sockets.broadcast {
            let words = "Do you want to ping broadcast? Then -b. If not, check your local firewall rules";
            return Ok(failed(words.to_owned()));
        }
        let group = is_broadcast || peer.addr.is_multicast();
        self.plan.check_address(Family::of(peer.addr), group)?;
        let mut host = Host::new(&operand.text, peer);
        host.canonical = found.canonical;
        host.zone = if peer.scope == 0 { None } else { interfaces::name_of(peer.scope) };
        host.group = group;
        host.source = source;
        host.device = self.plan.sockets.device.clone();
        host.show_source = host.device.is_some() || self.chosen(peer).is_some();
        Ok(Fate::Probed(Box::new(host)))
    }

    /// An address that needs an interface gets that of `-I`.
    fn scoped(&self, peer: Peer) -> Peer {
        let scope = self.device_index.filter(|_| peer.scope == 0 && is_link_local(peer.addr)).unwrap_or(peer.scope);
        Peer { scope, ..peer }
    }

    /// The source that the user chose for this family.
    fn chosen(&self, to: Peer) -> Option<Peer> {
        self.plan.sockets.sources.iter().copied().find(|source| Family::of(source.addr) == Family::of(to.addr))
    }

    fn source(&self, to: Peer) -> Option<IpAddr> {
        route::source_for(to.addr, to.scope, &self.hints(to)).ok()
    }

    /// Without the mark: that takes a privilege which is gone by now.
    fn hints(&self, to: Peer) -> RouteHints<'_> {
        RouteHints {
            device: self.vrf,
            ifindex: self.device_index.filter(|_| self.vrf.is_none()),
            tos: self.plan.sockets.tos,
            mark: None,
            dontroute: self.plan.sockets.dontroute,
            source: self.chosen(to).map(|source| (source.addr, source.scope)),
        }
    }
}

fn failed(reason: String) -> Fate {
    Fate::Failed { reason, temporary: false }
}

/// What a session needs to know of a host.
pub(super) fn target(host: &Host) -> Target {
    Target { peer: host.peer, group: host.group }
}
