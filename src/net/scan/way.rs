//! Whether all targets leave by one next hop, so that we may write its hardware address into every frame ourselves.
//!
//! What is chosen here must be what the kernel would choose for each single target. It is, where no rule looks at the
//! packet, one plain route holds a whole range, and every more special one within says the same. Where that is not plain
//! to see the answer is no, with the reason, and the kernel routes each packet.

use std::cmp::Reverse;
use std::fmt;
use std::net::IpAddr;

use crate::sys::errno::Errno;
use crate::sys::netlink::{Route, Rule, TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN};
use crate::units::prefix::{self, number};

/// Consecutive addresses, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first.
    pub first: IpAddr,
    /// The last, of the same family.
    pub last: IpAddr,
    /// Interface index of link-local IPv6 addresses; 0: none.
    pub scope: u32,
}

/// The one next hop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hop {
    pub(super) ifindex: u32,
    pub(super) gateway: IpAddr,
}

/// Why frames are not for us to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// It was not wanted.
    Unwanted,
    /// A mark was asked for, which only the kernel's routing heeds.
    Mark,
    /// The kernel gave no packet socket, or did not let it be used.
    NoSocket(Errno),
    /// The routing tables could not be read.
    NoTables(Errno),
    /// Rules look at packets.
    Rules,
    /// This host's own addresses, or broadcast addresses, are among the targets.
    OwnAddresses,
    /// Targets are on the link: each has a hardware address of its own.
    OnLink,
    /// Targets leave by more than one next hop.
    SeveralHops,
    /// There are targets without a route.
    NoRoute,
    /// The route is no plain one (several hops, a tunnel, a prohibition).
    NotPlain,
    /// Too many routes for so many ranges.
    TooMany,
    /// The interface has no Ethernet address.
    NoEthernet(String),
    /// The probes are longer than the interface's frames.
    TooLong,
    /// They leave by another interface than was asked for.
    OtherInterface(String),
    /// The next hop does not say its hardware address.
    NoNeighbour(IpAddr),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::Unwanted => f.write_str("as asked"),
            Why::Mark => f.write_str("a mark needs the kernel's routing"),
            Why::NoSocket(errno) => write!(f, "no packet socket: {errno}"),
            Why::NoTables(errno) => write!(f, "the routes cannot be read: {errno}"),
            Why::Rules => f.write_str("policy routing"),
            Why::OwnAddresses => f.write_str("addresses of this host among the targets"),
            Why::OnLink => f.write_str("targets on the link"),
            Why::SeveralHops => f.write_str("several next hops"),
            Why::NoRoute => f.write_str("no route to some targets"),
            Why::NotPlain => f.write_str("no plain route"),
            Why::TooMany => f.write_str("too many routes"),
            Why::NoEthernet(interface) => write!(f, "{interface} has no Ethernet address"),
            Why::TooLong => f.write_str("probes longer than a frame"),
            Why::OtherInterface(interface) => write!(f, "the route leaves by {interface}"),
            Why::NoNeighbour(hop) => write!(f, "no hardware address of {hop}"),
        }
    }
}

/// Comparisons of ranges with routes that are worth it: some 100 ms.
const MOST_WORK: usize = 50_000_000;

/// The next hop of all these ranges, which are of one family.
///
/// # Errors
/// Why there is not one, or not plainly.
pub(super) fn choose(rules: &[Rule], routes: &[Route], ranges: &[Range]) -> Result<Hop, Why> {
    let known = |rule: &Rule| rule.unconditional && [TABLE_LOCAL, TABLE_MAIN, TABLE_DEFAULT].contains(&rule.table);
    if rules.first().is_none_or(|rule| rule.table != TABLE_LOCAL) || !rules.iter().all(known) {
        return Err(Why::Rules);
    }
    if routes.len().saturating_mul(ranges.len()) > MOST_WORK {
        return Err(Why::TooMany);
    }
    let mut found: Option<Hop> = None;
    for range in ranges {
        let hop = hop_of(routes, range)?;
        if found.is_some_and(|found| found != hop) {
            return Err(Why::SeveralHops);
        }
        found = Some(hop);
    }
    found.ok_or(Why::NoRoute)
}

/// The next hop of one range.
fn hop_of(routes: &[Route], range: &Range) -> Result<Hop, Why> {
    let wanted = (number(range.first), number(range.last));
    let of_table = |table| {
        let touching = |s: (u128, u128)| s.0 <= wanted.1 && wanted.0 <= s.1;
        routes.iter().filter(move |route| route.table == table && touching(span(route)))
    };
    if of_table(TABLE_LOCAL).next().is_some() {
        return Err(Why::OwnAddresses);
    }
    // The longest prefix, and of several routes to it the least metric.
    let covers = |s: (u128, u128)| s.0 <= wanted.0 && wanted.1 <= s.1;
    let covering = of_table(TABLE_MAIN).filter(|route| covers(span(route)));
    let Some(best) = covering.max_by_key(|route| (route.prefix, Reverse(route.metric))) else {
        return Err(if of_table(TABLE_MAIN).next().is_some() { Why::SeveralHops } else { Why::NoRoute });
    };
    let says = |route: &Route| (route.plain, route.gateway, route.ifindex, route.source);
    let weighs = |route: &Route| (route.prefix, Reverse(route.metric));
    let special = |route: &Route| route.prefix > best.prefix || weighs(route) == weighs(best);
    if of_table(TABLE_MAIN).any(|route| special(route) && says(route) != says(best)) {
        return Err(Why::SeveralHops);
    }
    match (best.plain, best.gateway, best.ifindex) {
        (true, Some(gateway), Some(ifindex)) => Ok(Hop { ifindex, gateway }),
        (true, None, Some(_)) => Err(Why::OnLink),
        _ => Err(Why::NotPlain),
    }
}

/// How many addresses of these ranges are on the link, at most: in networks that are reached without a gateway.
pub(super) fn on_link(routes: &[Route], ranges: &[Range]) -> u128 {
    if routes.len().saturating_mul(ranges.len()) > MOST_WORK {
        return 0;
    }
    let near = |route: &&Route| route.table == TABLE_MAIN && route.plain && route.gateway.is_none();
    let shared = |route: &Route, range: &Range| {
        let (first, last) = span(route);
        let (first, last) = (first.max(number(range.first)), last.min(number(range.last)));
        last.checked_sub(first).map_or(0, |rest| rest.saturating_add(1))
    };
    let all = ranges.iter().flat_map(|range| routes.iter().filter(near).map(move |route| shared(route, range)));
    all.fold(0, u128::saturating_add)
}

/// First and last address of a route, as numbers.
fn span(route: &Route) -> (u128, u128) {
    prefix::span(route.to, route.prefix.into())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const RULES: [Rule; 3] = [rule(TABLE_LOCAL), rule(TABLE_MAIN), rule(TABLE_DEFAULT)];

    const fn rule(table: u32) -> Rule {
        Rule { table, unconditional: true }
    }

    /// `192.0.2.0/24 via 10.0.0.1 dev 2`, and `metric`, `table`, `src`, `plain` where they are said.
    fn route(text: &str) -> Route {
        let mut words = text.split(' ');
        let (to, prefix) = words.next().unwrap().split_once('/').unwrap();
        let (to, prefix) = (to.parse().unwrap(), prefix.parse().unwrap());
        let (gateway, ifindex, source) = (None, None, None);
        let mut route = Route { to, prefix, table: TABLE_MAIN, gateway, ifindex, metric: 0, source, plain: true };
        while let Some(word) = words.next() {
            let value = words.next().unwrap();
            match word {
                "via" => route.gateway = value.parse().ok(),
                "dev" => route.ifindex = value.parse().ok(),
                "metric" => route.metric = value.parse().unwrap(),
                "src" => route.source = value.parse().ok(),
                "plain" => route.plain = value == "yes",
                _ => route.table = value.parse().unwrap(),
            }
        }
        route
    }

    fn ask(routes: &[&str], ranges: &[(&str, &str)]) -> Result<Hop, Why> {
        let routes: Vec<Route> = routes.iter().map(|text| route(text)).collect();
        let range = |(first, last): &(&str, &str)| Range {
            first: first.parse().unwrap(),
            last: last.parse().unwrap(),
            scope: 0,
        };
        choose(&RULES, &routes, &ranges.iter().map(range).collect::<Vec<_>>())
    }

    const NET: (&str, &str) = ("192.0.2.0", "192.0.2.255");

    fn hop(ifindex: u32, gateway: &str) -> Result<Hop, Why> {
        Ok(Hop { ifindex, gateway: gateway.parse().unwrap() })
    }

    #[test]
    fn one_route_for_all_is_one_hop() {
        assert_eq!(ask(&["0.0.0.0/0 via 10.0.0.1 dev 2", "10.0.0.0/24 dev 2"], &[NET]), hop(2, "10.0.0.1"));
        let two = ["192.0.2.0/24 via 10.0.0.1 dev 2", "198.51.100.0/24 via 10.0.0.1 dev 2"];
        assert_eq!(ask(&two, &[NET, ("198.51.100.7", "198.51.100.9")]), hop(2, "10.0.0.1"));
        assert_eq!(ask(&["::/0 via fe80::1 dev 3"], &[("2001:db8::", "2001:db8::ffff")]), hop(3, "fe80::1"));
    }

    #[test]
    fn the_longest_prefix_and_the_least_metric_decide() {
        let routes = [
            "0.0.0.0/0 via 10.0.0.1 dev 2",
            "192.0.0.0/16 via 10.0.0.9 dev 4",
            "192.0.0.0/16 via 10.0.0.8 dev 4 metric 5",
        ];
        assert_eq!(ask(&routes, &[NET]), hop(4, "10.0.0.9"));
    }

    #[test]
    fn a_more_special_route_within_must_say_the_same() {
        let default = "0.0.0.0/0 via 10.0.0.1 dev 2";
        assert_eq!(ask(&[default, "192.0.2.64/26 via 10.0.0.1 dev 2"], &[NET]), hop(2, "10.0.0.1"));
        for other in [
            "192.0.2.64/26 via 10.0.0.3 dev 2",
            "192.0.2.7/32 dev 2",
            "192.0.2.7/32 plain no",
            "192.0.2.64/26 via 10.0.0.1 dev 2 src 10.0.0.77",
            "0.0.0.0/0 via 10.0.0.3 dev 2",
        ] {
            assert_eq!(ask(&[default, other], &[NET]), Err(Why::SeveralHops), "{other}");
        }
        assert_eq!(ask(&["192.0.2.128/25 via 10.0.0.1 dev 2"], &[NET]), Err(Why::SeveralHops), "one half has a route");
    }

    #[test]
    fn targets_on_the_link_are_counted() {
        let routes =
            ["192.0.2.0/25 dev 2", "0.0.0.0/0 via 10.0.0.1 dev 2", "198.51.100.0/24 dev 3 table 255"].map(route);
        let count = |first: &str, last: &str| {
            on_link(&routes, &[Range { first: first.parse().unwrap(), last: last.parse().unwrap(), scope: 0 }])
        };
        assert_eq!(count("192.0.2.100", "192.0.2.200"), 28);
        assert_eq!((count("198.51.100.1", "198.51.100.9"), count("0.0.0.0", "255.255.255.255")), (0, 128));
        let all = [route("::/0 dev 2")];
        let range = Range { first: "::".parse().unwrap(), last: IpAddr::from([255; 16]), scope: 0 };
        assert_eq!(on_link(&all, &[range]), u128::MAX);
    }

    #[test]
    fn what_is_not_for_frames_is_told() {
        assert_eq!(ask(&[], &[NET]), Err(Why::NoRoute));
        assert_eq!(ask(&["192.0.2.0/24 dev 2"], &[NET]), Err(Why::OnLink));
        assert_eq!(ask(&["192.0.2.0/24 via 10.0.0.1 dev 2 plain no"], &[NET]), Err(Why::NotPlain));
        let own = ["0.0.0.0/0 via 10.0.0.1 dev 2", "192.0.2.9/32 dev 2 table 255"];
        assert_eq!(ask(&own, &[NET]), Err(Why::OwnAddresses));
        let two = ["192.0.2.0/24 via 10.0.0.1 dev 2", "198.51.100.0/24 via 10.0.0.2 dev 2"];
        assert_eq!(ask(&two, &[NET, ("198.51.100.7", "198.51.100.9")]), Err(Why::SeveralHops));
        let marked = Rule { table: TABLE_MAIN, unconditional: false };
        for rules in [vec![], vec![rule(TABLE_MAIN)], vec![rule(TABLE_LOCAL), marked], vec![rule(TABLE_LOCAL), rule(7)]]
        {
            assert_eq!(choose(&rules, &[], &[]), Err(Why::Rules), "{rules:?}");
        }
    }
}
