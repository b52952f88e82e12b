//! Which of a name's addresses is probed, and from which of our own: looked up the way that probes will go.

use std::net::IpAddr;

use super::operand::is_link_local;
use super::resolve::choose;
use crate::net::Peer;
use crate::net::icmp::Options;
use crate::sys::interfaces;
use crate::sys::route::{self, RouteHints};
use crate::units::Family;

/// Looks routes up for sockets with these options.
pub(super) struct Router<'a> {
    options: &'a Options,
    device_index: Option<u32>,
    vrf: Option<&'a str>,
}

impl<'a> Router<'a> {
    pub(super) fn new(options: &'a Options) -> Self {
        let device = options.device.as_deref();
        let device_index = device.and_then(interfaces::index_of);
        Router { options, device_index, vrf: device.filter(|name| interfaces::is_vrf(name)) }
    }

    /// The address to probe, of these, and our own towards it where there is a route.
    ///
    /// # Errors
    /// A line, where none of them can be.
    pub(super) fn pick(
        &self,
        peers: &[Peer],
        has_socket: impl Fn(Family) -> bool,
    ) -> Result<(Peer, Option<IpAddr>), String> {
        let peers: Vec<Peer> = peers.iter().map(|peer| self.scoped(*peer)).collect();
        let Some((peer, source)) = choose(&peers, has_socket, |peer| self.source(peer)) else {
            let family = peers.first().map_or(Family::V4, |peer| Family::of(peer.addr));
            return Err(format!("{family} is not available here"));
        };
        check_scope(peer)?;
        Ok((peer, source))
    }

    /// An address that needs an interface gets that of the options.
    pub(super) fn scoped(&self, peer: Peer) -> Peer {
        let scope = self.device_index.filter(|_| peer.scope == 0 && is_link_local(peer.addr)).unwrap_or(peer.scope);
        Peer { scope, ..peer }
    }

    /// The source that the user chose for this family.
    pub(super) fn chosen(&self, to: Peer) -> Option<Peer> {
        self.options.sources.iter().copied().find(|source| Family::of(source.addr) == Family::of(to.addr))
    }

    /// Our own address towards this one, where there is a route.
    pub(super) fn source(&self, to: Peer) -> Option<IpAddr> {
        route::source_for(to.addr, to.scope, &self.hints(to)).ok()
    }

    /// Without the mark: that takes a privilege which is gone by now.
    pub(super) fn hints(&self, to: Peer) -> RouteHints<'_> {
        RouteHints {
            device: self.vrf,
            ifindex: self.device_index.filter(|_| self.vrf.is_none()),
            tos: self.options.tos,
            mark: None,
            dontroute: self.options.dontroute,
            source: self.chosen(to).map(|source| (source.addr, source.scope)),
        }
    }
}

/// Refuses a link-local address whose link nobody named.
pub(super) fn check_scope(peer: Peer) -> Result<(), String> {
    if is_link_local(peer.addr) && !peer.addr.is_multicast() && peer.scope == 0 {
        return Err(format!("needs its interface, as in {}%eth0", peer.addr));
    }
    Ok(())
}

/// A link-local source belongs to the interface that was named with it.
pub(super) fn scope_sources(options: &mut Options) {
    let Some(index) = options.device.as_deref().and_then(interfaces::index_of) else { return };
    for source in &mut options.sources {
        if is_link_local(source.addr) {
            source.scope = index;
        }
    }
}
