//! A target as the user knows it, and one that cannot be probed: what the reports of several commands begin with.

use std::net::IpAddr;

use super::address::Address;
use crate::clock::WallTime;
use crate::net::Peer;
use crate::units::{Family, Ident};

/// A target as the user knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// As typed.
    pub operand: String,
    /// The resolver's canonical name, where a name was typed.
    pub canonical: Option<String>,
    /// Its address.
    pub peer: Peer,
    /// The interface of a link-local address, by name.
    pub zone: Option<String>,
    /// Whether many may answer (broadcast, multicast).
    pub group: bool,
    /// Our own address towards it, where it is known.
    pub source: Option<IpAddr>,
    /// The interface it is bound to (`-I`).
    pub device: Option<String>,
    /// Whether the user chose device or source, so that the first line says `from`.
    pub show_source: bool,
    /// The ident of our probes, where it is known.
    pub ident: Option<Ident>,
    /// The kind of socket: "raw", "dgram", "packet".
    pub socket: &'static str,
    /// Whether it is a station of a link, known by its hardware address.
    pub station: bool,
}

impl Host {
    /// A numeric target, nothing chosen.
    #[must_use]
    pub fn new(operand: &str, peer: Peer) -> Self {
        Host {
            operand: operand.to_owned(),
            canonical: None,
            peer,
            zone: None,
            group: false,
            source: None,
            device: None,
            show_source: false,
            ident: None,
            socket: "raw",
            station: false,
        }
    }

    /// Its family.
    #[must_use]
    pub fn family(&self) -> Family {
        Family::of(self.peer.addr)
    }

    /// Its address, with the zone of a link-local one.
    pub(in crate::report) fn address(&self) -> Address<'_> {
        let Peer { addr, scope } = self.peer;
        Address { addr, scope, zone: self.zone.as_deref(), mac: self.peer.mac().filter(|_| self.station) }
    }

    /// The name in `PING` and statistics lines: the canonical one for IPv4, as typed for IPv6, as iputils has it.
    pub(in crate::report) fn title(&self) -> &str {
        match &self.canonical {
            Some(name) if self.peer.addr.is_ipv4() && !name.is_empty() => name,
            _ => &self.operand,
        }
    }
}

/// An operand that is not probed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// As typed.
    pub operand: String,
    /// Why, in words: "Name or service not known".
    pub reason: String,
    /// Whether it may well work later (a temporary failure of name resolution).
    pub temporary: bool,
    /// When.
    pub at: WallTime,
}
