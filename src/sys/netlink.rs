//! The kernel's tables of routes, rules and neighbours, as they are now (`rtnetlink(7)`).
//!
//! Read where this process does itself what the kernel would do for each packet: to choose the next hop once and look up
//! its hardware address. Messages are read as bytes; what a later kernel adds is skipped, what is cut short ends the table.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use socket2::{Domain, Protocol, Type};

use super::address::array;
use super::errno::Errno;
use crate::units::Family;

/// `struct nlmsghdr`: length, type, flags, number, port.
const HEADER_LEN: usize = 16;
const NLM_F_REQUEST_DUMP: u16 = 0x1 | 0x100 | 0x200;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const RTM_NEWROUTE: u16 = 24;
const RTM_GETROUTE: u16 = 26;
const RTM_NEWNEIGH: u16 = 28;
const RTM_GETNEIGH: u16 = 30;
const RTM_NEWRULE: u16 = 32;
const RTM_GETRULE: u16 = 34;

/// The table that every packet goes through first: this host's own and broadcast addresses (`RT_TABLE_LOCAL`).
pub const TABLE_LOCAL: u32 = 255;
/// The table that routes are put in where none is named (`RT_TABLE_MAIN`).
pub const TABLE_MAIN: u32 = 254;
/// An empty one behind it, of IPv4 (`RT_TABLE_DEFAULT`).
pub const TABLE_DEFAULT: u32 = 253;

/// One route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The destination network.
    pub to: IpAddr,
    /// Its prefix length.
    pub prefix: u8,
    /// The table it stands in.
    pub table: u32,
    /// Where the packet goes next; `None`: to the destination itself, on the link.
    pub gateway: Option<IpAddr>,
    /// The interface it leaves by.
    pub ifindex: Option<u32>,
    /// Of routes to the same network the least counts.
    pub metric: u32,
    /// The source address that it prefers.
    pub source: Option<IpAddr>,
    /// Whether it is an ordinary unicast route by one next hop, without encapsulation.
    pub plain: bool,
}

/// One rule of policy routing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Which table it sends to.
    pub table: u32,
    /// Whether it takes every packet: it looks at no address, mark, interface or port.
    pub unconditional: bool,
}

/// One entry of a neighbour table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// Whose.
    pub addr: IpAddr,
    /// On which link.
    pub ifindex: u32,
    /// Its hardware address, if it is known and not doubted.
    pub mac: Option<[u8; 6]>,
}

/// All routes of a family, of all tables.
pub fn routes(family: Family) -> io::Result<Vec<Route>> {
    dump(RTM_GETROUTE, family, 12, |ty, body| (ty == RTM_NEWROUTE).then(|| route(family, body)).flatten())
}

/// All rules of a family, in order.
pub fn rules(family: Family) -> io::Result<Vec<Rule>> {
    dump(RTM_GETRULE, family, 12, |ty, body| (ty == RTM_NEWRULE).then(|| rule(body)).flatten())
}

/// All neighbours of a family.
pub fn neighbours(family: Family) -> io::Result<Vec<Neighbour>> {
    dump(RTM_GETNEIGH, family, 12, |ty, body| (ty == RTM_NEWNEIGH).then(|| neighbour(family, body)).flatten())
}

/// Asks for a whole table and reads each message with `read`.
fn dump<T>(
    what: u16,
    family: Family,
    body_len: usize,
    mut read: impl FnMut(u16, &[u8]) -> Option<T>,
) -> io::Result<Vec<T>> {
    let kind = Type::RAW;
    let mut socket = socket2::Socket::new(Domain::from(libc::AF_NETLINK), kind, Some(Protocol::from(0)))?;
    let len = HEADER_LEN + body_len;
    let mut request = Vec::with_capacity(len);
    request.extend((len as u32).to_ne_bytes());
    request.extend(what.to_ne_bytes());
    request.extend(NLM_F_REQUEST_DUMP.to_ne_bytes());
    request.extend(1_u32.to_ne_bytes());
    request.extend(0_u32.to_ne_bytes());
    request.push(family_number(family));
    request.resize(len, 0);
    socket.write_all(&request)?;

    let mut found = Vec::new();
    // The kernel fills at most 32 KiB at once (netlink_dump, net/netlink/af_netlink.c).
    let mut buffer = vec![0; 32 * 1024];
    loop {
        let n = socket.read(&mut buffer)?;
        let mut rest = buffer.get(..n).unwrap_or_default();
        if rest.is_empty() {
            return Ok(found);
        }
        while let Some((ty, body, after)) = message(rest) {
            match ty {
                NLMSG_DONE => return Ok(found),
                NLMSG_ERROR => {
                    let code = array(body, 0).map_or(libc::EIO, |b| i32::from_ne_bytes(b).saturating_neg());
                    return Err(Errno(code).into_io());
                }
                _ => found.extend(read(ty, body)),
            }
            rest = after;
        }
    }
}

/// The first message of a buffer: type, body, and what follows.
fn message(bytes: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let len = usize::try_from(u32::from_ne_bytes(array(bytes, 0)?)).ok()?;
    let ty = u16::from_ne_bytes(array(bytes, 4)?);
    let body = bytes.get(HEADER_LEN..len)?;
    Some((ty, body, bytes.get(aligned(len)..).unwrap_or_default()))
}

/// The attributes from `at` on (`struct rtattr`): type and value.
fn attributes(body: &[u8], at: usize) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = body.get(at..).unwrap_or_default();
    std::iter::from_fn(move || {
        let len = usize::from(u16::from_ne_bytes(array(rest, 0)?));
        let ty = u16::from_ne_bytes(array(rest, 2)?) & 0x3fff;
        let value = rest.get(4..len)?;
        rest = rest.get(aligned(len)..).unwrap_or_default();
        Some((ty, value))
    })
}

const fn aligned(len: usize) -> usize {
    len.saturating_add(3) & !3
}

fn family_number(family: Family) -> u8 {
    match family {
        Family::V4 => libc::AF_INET as u8,
        Family::V6 => libc::AF_INET6 as u8,
    }
}

fn address(value: &[u8]) -> Option<IpAddr> {
    match value.len() {
        4 => Some(Ipv4Addr::from(array::<4>(value, 0)?).into()),
        16 => Some(Ipv6Addr::from(array::<16>(value, 0)?).into()),
        _ => None,
    }
}

fn number(value: &[u8]) -> Option<u32> {
    Some(u32::from_ne_bytes(array(value, 0)?))
}

/// `struct rtmsg` and its attributes (`include/uapi/linux/rtnetlink.h`).
fn route(family: Family, body: &[u8]) -> Option<Route> {
    const RTN_UNICAST: u8 = 1;
    const RTM_F_CLONED: u32 = 0x200;
    let [its_family, prefix, _, _, table, _, _, kind] = array(body, 0)?;
    // Cached routes to single hosts stand in IPv6's table too; they are no decision.
    let is_cached = u32::from_ne_bytes(array(body, 8)?) & RTM_F_CLONED != 0;
    if its_family != family_number(family) || is_cached {
        return None;
    }
    let to = super::socket::unspecified(family);
    let plain = kind == RTN_UNICAST;
    let (table, gateway, ifindex, metric, source) = (table.into(), None, None, 0, None);
    let mut route = Route { to, prefix, table, gateway, ifindex, metric, source, plain };
    for (ty, value) in attributes(body, 12) {
        match ty {
            1 => route.to = address(value)?,
            4 => route.ifindex = number(value),
            5 => route.gateway = address(value),
            6 => route.metric = number(value)?,
            7 => route.source = address(value),
            15 => route.table = number(value)?,
            // RTA_IIF, RTA_MULTIPATH, RTA_VIA (a gateway of the other family), RTA_ENCAP_TYPE, RTA_ENCAP, RTA_NH_ID
            3 | 9 | 18 | 21 | 22 | 30 => route.plain = false,
            _ => {}
        }
    }
    Some(route)
}

/// `struct fib_rule_hdr` and its attributes (`include/uapi/linux/fib_rules.h`).
fn rule(body: &[u8]) -> Option<Rule> {
    const FR_ACT_TO_TBL: u8 = 1;
    const FRA_PRIORITY: u16 = 6;
    const FRA_SUPPRESS_PREFIXLEN: u16 = 14;
    const FRA_TABLE: u16 = 15;
    const FRA_PAD: u16 = 18;
    const FRA_PROTOCOL: u16 = 21;
    let [_, dst_len, src_len, tos, table, _, _, action] = array(body, 0)?;
    let flags = u32::from_ne_bytes(array(body, 8)?);
    let plain = dst_len == 0 && src_len == 0 && tos == 0 && action == FR_ACT_TO_TBL && flags == 0;
    let mut rule = Rule { table: table.into(), unconditional: plain };
    for (ty, value) in attributes(body, 12) {
        match ty {
            FRA_TABLE => rule.table = number(value)?,
            // −1: suppresses nothing.
            FRA_SUPPRESS_PREFIXLEN => rule.unconditional &= number(value) == Some(u32::MAX),
            FRA_PRIORITY | FRA_PAD | FRA_PROTOCOL => {}
            _ => rule.unconditional = false,
        }
    }
    Some(rule)
}

/// `struct ndmsg` and its attributes (`include/uapi/linux/neighbour.h`).
fn neighbour(family: Family, body: &[u8]) -> Option<Neighbour> {
    /// Reachable, stale, delay, probe, permanent: what the kernel sends by (`NUD_VALID` without NOARP).
    const VALID: u16 = 0x02 | 0x04 | 0x08 | 0x10 | 0x80;
    let [its_family] = array(body, 0)?;
    let ifindex = u32::from_ne_bytes(array(body, 4)?);
    let state = u16::from_ne_bytes(array(body, 8)?);
    if its_family != family_number(family) {
        return None;
    }
    let (mut addr, mut mac) = (None, None);
    for (ty, value) in attributes(body, 12) {
        match ty {
            1 => addr = address(value),
            2 if value.len() == 6 && state & VALID != 0 => mac = array(value, 0),
            _ => {}
        }
    }
    Some(Neighbour { addr: addr?, ifindex, mac })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn attribute(ty: u16, value: &[u8]) -> Vec<u8> {
        let mut bytes = ((value.len() + 4) as u16).to_ne_bytes().to_vec();
        bytes.extend(ty.to_ne_bytes());
        bytes.extend(value);
        bytes.resize(aligned(bytes.len()), 0);
        bytes
    }

    #[test]
    fn a_route_is_read() {
        let mut body = vec![2, 24, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0];
        for (ty, value) in
            [(1, [192, 0, 2, 0]), (4, 7_u32.to_ne_bytes()), (5, [10, 0, 0, 1]), (6, 100_u32.to_ne_bytes())]
        {
            body.extend(attribute(ty, &value));
        }
        let read = route(Family::V4, &body).unwrap();
        let (to, gateway) = ("192.0.2.0".parse().unwrap(), "10.0.0.1".parse().ok());
        let wanted = Route {
            to,
            prefix: 24,
            table: TABLE_MAIN,
            gateway,
            ifindex: Some(7),
            metric: 100,
            source: None,
            plain: true,
        };
        assert_eq!(read, wanted);
        assert_eq!(route(Family::V6, &body), None, "of the other family");
        for ty in [9, 18, 22, 30] {
            let more = [&body[..], &attribute(ty, &[0; 8])].concat();
            assert!(!route(Family::V4, &more).unwrap().plain, "attribute {ty}");
        }
        body[7] = 7;
        assert!(!route(Family::V4, &body).unwrap().plain, "prohibit");
        body[9] = 2;
        assert_eq!(route(Family::V4, &body), None, "cached");
    }

    #[test]
    fn rules_that_look_at_something_are_told_from_those_that_do_not() {
        let mut body = vec![2, 0, 0, 0, 254, 0, 0, 1, 0, 0, 0, 0];
        body.extend(attribute(15, &254_u32.to_ne_bytes()));
        body.extend(attribute(14, &u32::MAX.to_ne_bytes()));
        body.extend(attribute(6, &32_766_u32.to_ne_bytes()));
        assert_eq!(rule(&body), Some(Rule { table: 254, unconditional: true }));
        // FRA_FWMARK
        let marked = [&body[..], &attribute(10, &[1, 0, 0, 0])].concat();
        assert!(!rule(&marked).unwrap().unconditional);
        body[1] = 8;
        assert!(!rule(&body).unwrap().unconditional);
    }

    #[test]
    fn a_neighbour_that_is_doubted_has_no_address() {
        let mut body = vec![2, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0];
        body.extend(attribute(1, &[10, 0, 0, 1]));
        body.extend(attribute(2, &[2, 0, 0, 0, 0, 9]));
        let read = neighbour(Family::V4, &body).unwrap();
        assert_eq!((read.ifindex, read.mac), (3, Some([2, 0, 0, 0, 0, 9])));
        // Incomplete, failed.
        for state in [0x01, 0x20] {
            body[8] = state;
            assert_eq!(neighbour(Family::V4, &body).unwrap().mac, None);
        }
    }

    #[test]
    fn this_hosts_tables_can_be_read() {
        let all = routes(Family::V4).unwrap();
        let local = |r: &Route| r.table == TABLE_LOCAL && r.to == IpAddr::from([127, 0, 0, 0]) && r.prefix == 8;
        assert!(all.iter().any(local), "{all:?}");
        let rules = rules(Family::V4).unwrap();
        assert!(rules.iter().any(|r| r.table == TABLE_LOCAL && r.unconditional), "{rules:?}");
        neighbours(Family::V4).unwrap();
    }

    proptest! {
        #[test]
        fn nothing_the_kernel_says_panics(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            let _ = (message(&bytes), rule(&bytes));
            for family in [Family::V4, Family::V6] {
                let _ = (route(family, &bytes), neighbour(family, &bytes));
            }
        }
    }
}
