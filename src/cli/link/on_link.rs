//! Which interface, and which of our own addresses on it: named by the user, or by where the address asked for is.

use std::net::{IpAddr, Ipv6Addr};

use crate::cli::Refusal;
use crate::sys::interfaces::{self, Interface};
use crate::sys::route::{RouteHints, source_for};
use crate::units::prefix::is_within;

/// An interface and its addresses.
#[derive(Clone, Debug)]
pub(super) struct OnLink {
    /// Its name.
    pub(super) name: String,
    /// Its index.
    pub(super) index: u32,
    /// Our addresses there, each with the length of its prefix.
    pub(super) networks: Vec<(IpAddr, u8)>,
}

impl OnLink {
    /// The interface of this name. One that is not there is refused where it is opened.
    pub(super) fn named(name: &str) -> Result<OnLink, Refusal> {
        let found = list()?.into_iter().find(|interface| interface.name == name);
        let interface = found.unwrap_or_else(|| Interface { name: name.to_owned(), ..Interface::default() });
        Ok(OnLink::of(interface))
    }

    /// The interface on whose link an address is, as this host's routes have it.
    pub(super) fn towards(operand: &str, addr: IpAddr) -> Result<OnLink, Refusal> {
        let on_link = RouteHints { dontroute: true, ..RouteHints::default() };
        let source = source_for(addr, 0, &on_link).ok();
        let has = |interface: &Interface| source.is_some_and(|source| interface.addresses.contains(&source));
        let found = list()?.into_iter().find(has);
        let far = || Refusal::of("ADDRESS", operand, "on no link of this host; name the interface to ask on: -I IF");
        found.map(OnLink::of).ok_or_else(far)
    }

    fn of(interface: Interface) -> OnLink {
        OnLink { name: interface.name, index: interface.index, networks: interface.networks }
    }

    /// Our own addresses.
    pub(super) fn own(&self) -> Vec<IpAddr> {
        self.networks.iter().map(|(addr, _)| *addr).collect()
    }

    /// Our link-local address.
    pub(super) fn link_local(&self) -> Option<Ipv6Addr> {
        self.networks.iter().find_map(|(addr, _)| match addr {
            IpAddr::V6(addr) if addr.is_unicast_link_local() => Some(*addr),
            _ => None,
        })
    }

    /// From which of our addresses to ask for `target`: one of its own network, else any of the family, for IPv6 best the
    /// link-local one (RFC 4861 §7.2.2 leaves it to us; everybody on the link can answer that).
    pub(super) fn source_for(&self, target: IpAddr) -> Option<IpAddr> {
        let of_family = || self.networks.iter().filter(|(addr, _)| addr.is_ipv4() == target.is_ipv4());
        let same = of_family().filter(|(addr, len)| is_within(target, *addr, *len)).max_by_key(|(_, len)| *len);
        let link_local = self.link_local().map(IpAddr::V6).filter(|_| target.is_ipv6());
        same.map(|(addr, _)| *addr).or(link_local).or_else(|| of_family().map(|(addr, _)| *addr).next())
    }
}

fn list() -> Result<Vec<Interface>, Refusal> {
    interfaces::list().map_err(|error| Refusal::io("cannot list the interfaces", &error))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_nearest_of_our_addresses_asks() {
        let networks = [("10.1.0.1", 24), ("10.0.0.1", 8), ("fe80::1", 64), ("2001:db8::1", 64)];
        let networks = networks.map(|(addr, len)| (ip(addr), len)).to_vec();
        let link = OnLink { name: "eth0".into(), index: 2, networks };
        for (target, source) in [
            ("10.1.0.9", "10.1.0.1"),
            ("10.9.0.9", "10.0.0.1"),
            ("192.0.2.1", "10.1.0.1"),
            ("2001:db8::9", "2001:db8::1"),
            ("fe80::9", "fe80::1"),
            ("2001:db9::9", "fe80::1"),
        ] {
            assert_eq!(link.source_for(ip(target)), Some(ip(source)), "{target}");
        }
        let bare = OnLink { networks: Vec::new(), ..link };
        assert_eq!(bare.source_for(ip("10.1.0.9")), None);
    }
}
