//! How hosts are shown: by the name that was typed or found, or by their address, of which no copy is kept as text.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use crate::net::Peer;
use crate::probe::TargetId;
use crate::report::address::Address;
use crate::report::clean;

/// What a host is called, where that is not its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// As typed.
    pub target: Box<str>,
    /// As shown: the same, a name that was looked up, or name and address.
    pub shown: Box<str>,
}

/// All hosts of a run.
#[derive(Clone, Debug)]
pub struct Roster {
    peers: Arc<[Peer]>,
    labels: HashMap<u32, Label>,
    /// Names of the interfaces of link-local addresses.
    zones: Vec<(u32, String)>,
    /// Characters of the longest name shown.
    width: usize,
}

impl Roster {
    /// Of these hosts; what is typed or found of a name is cleaned of what a terminal would obey.
    #[must_use]
    pub fn new(peers: Arc<[Peer]>, mut labels: HashMap<u32, Label>, zones: Vec<(u32, String)>) -> Self {
        for label in labels.values_mut() {
            label.shown = clean(&label.shown).into();
        }
        let mut roster = Roster { peers, labels, zones, width: 0 };
        let hosts = 0..u32::try_from(roster.peers.len()).unwrap_or(u32::MAX);
        roster.width = hosts.map(|host| roster.shown(TargetId(host)).width()).max().unwrap_or(0);
        roster
    }

    /// How many hosts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.peers.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.peers.is_empty()
    }

    /// A host as lines show it.
    #[must_use]
    pub fn shown(&self, host: TargetId) -> Name<'_> {
        match self.labels.get(&host.0) {
            Some(label) => Name::Text(&label.shown),
            None => self.address(host),
        }
    }

    /// A host as it was typed.
    #[must_use]
    pub fn target(&self, host: TargetId) -> Name<'_> {
        match self.labels.get(&host.0) {
            Some(label) => Name::Text(&label.target),
            None => self.address(host),
        }
    }

    /// A host's address with its zone.
    #[must_use]
    pub fn address(&self, host: TargetId) -> Name<'_> {
        let peer = self.peers.get(host.0 as usize).copied();
        peer.map_or(Name::Text(""), |peer| Name::Address(peer.addr, self.zone(peer.scope)))
    }

    /// A host as it was typed, as text.
    pub(super) fn typed(&self, host: TargetId) -> Cow<'_, str> {
        match self.labels.get(&host.0) {
            Some(label) => Cow::Borrowed(&label.target),
            None => Cow::Owned(self.address(host).to_string()),
        }
    }

    /// A host's address, for events.
    pub(super) fn place(&self, host: TargetId) -> Option<Address<'_>> {
        let Peer { addr, scope } = self.peers.get(host.0 as usize).copied()?;
        Some(Address { addr, scope, zone: self.zone(scope).and_then(|zone| zone.name), mac: None })
    }

    /// The width that names are padded to.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    fn zone(&self, scope: u32) -> Option<Zone<'_>> {
        let name = || self.zones.iter().find(|(index, _)| *index == scope).map(|(_, name)| name.as_str());
        (scope != 0).then(|| Zone { name: name(), index: scope })
    }
}

/// The zone of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone<'a> {
    name: Option<&'a str>,
    index: u32,
}

impl<'a> Zone<'a> {
    /// An interface, by its name where that is known.
    pub(super) fn new(name: Option<&'a str>, index: u32) -> Zone<'a> {
        Zone { name, index }
    }
}

/// What a host is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name<'a> {
    /// By a text.
    Text(&'a str),
    /// By its address.
    Address(IpAddr, Option<Zone<'a>>),
}

impl Name<'_> {
    fn width(&self) -> usize {
        match self {
            Name::Text(text) => text.chars().count(),
            Name::Address(..) => self.to_string().len(),
        }
    }
}

impl fmt::Display for Name<'_> {
    /// Pads as asked, which addresses with a zone need done here.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Name::Text(text) => f.pad(text),
            Name::Address(addr, None) => match addr {
                IpAddr::V4(addr) => addr.fmt(f),
                IpAddr::V6(addr) => addr.fmt(f),
            },
            Name::Address(addr, Some(Zone { name: Some(name), .. })) => f.pad(&format!("{addr}%{}", clean(name))),
            Name::Address(addr, Some(Zone { index, .. })) => f.pad(&format!("{addr}%{index}")),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn roster() -> Roster {
        let peer = |addr: &str, scope| Peer { addr: addr.parse().unwrap(), scope };
        let peers = [peer("192.0.2.1", 0), peer("fe80::1", 3), peer("fe80::2", 9), peer("192.0.2.2", 0)];
        let label = Label { target: "a\u{1b}b".into(), shown: "a\u{1b}b".into() };
        Roster::new(peers.into(), HashMap::from([(3, label)]), vec![(3, "eth0".into())])
    }

    #[test]
    fn hosts_are_shown_by_name_or_address() {
        let roster = roster();
        let shown: Vec<String> = (0..5).map(|n| roster.shown(TargetId(n)).to_string()).collect();
        assert_eq!(shown, ["192.0.2.1", "fe80::1%eth0", "fe80::2%9", "ab", ""]);
        assert_eq!(roster.target(TargetId(3)).to_string(), "a\u{1b}b", "JSON escapes it");
        assert_eq!(roster.address(TargetId(3)).to_string(), "192.0.2.2");
        assert_eq!(roster.width(), "fe80::1%eth0".len());
    }

    #[test]
    fn names_are_padded() {
        let roster = roster();
        for host in 0..4 {
            assert_eq!(format!("{:<14}|", roster.shown(TargetId(host))).len(), 15, "{host}");
        }
    }
}
