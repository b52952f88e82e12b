//! An address as people read it: with the zone of a link-local one, the interface by name where that is known; a station
//! of a link by its hardware address.

use std::fmt;
use std::net::IpAddr;

use super::{Names, clean};
use crate::net::Peer;
use crate::units::MacAddr;

/// An address with its zone, as `getnameinfo` writes it.
#[derive(Clone, Copy)]
pub(super) struct Address<'a> {
    pub(super) addr: IpAddr,
    pub(super) scope: u32,
    pub(super) zone: Option<&'a str>,
    /// The hardware address that is shown instead.
    pub(super) mac: Option<MacAddr>,
}

impl<'a> Address<'a> {
    /// One that needs no zone.
    pub(super) fn plain(addr: IpAddr) -> Self {
        Address { addr, scope: 0, zone: None, mac: None }
    }

    /// That of a peer, the interface named if that is known.
    pub(super) fn of(peer: Peer, names: &'a dyn Names) -> Self {
        let zone = if peer.scope == 0 { None } else { names.interface(peer.scope) };
        Address { addr: peer.addr, scope: peer.scope, zone, mac: peer.mac().filter(|_| names.shows_stations()) }
    }
}

impl fmt::Display for Address<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(mac) = self.mac {
            return mac.fmt(f);
        }
        match (self.scope, self.zone) {
            (_, Some(zone)) => write!(f, "{}%{}", self.addr, clean(zone)),
            (0, None) => self.addr.fmt(f),
            (scope, None) => write!(f, "{}%{scope}", self.addr),
        }
    }
}

impl serde::Serialize for Address<'_> {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
