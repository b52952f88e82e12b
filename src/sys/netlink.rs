//! The kernel's tables of routes, rules and neighbours, as they are now (`rtnetlink(7)`).
//!
//! Read where this process does itself what the kernel would do for each packet: to choose the next hop once and look up
//! its hardware address. Messages are read as bytes (`dump`); what a later kernel adds is skipped, what is cut short ends
//! the table.

mod dump;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::address::array;
use crate::units::Family;
use dump::{attributes, dump, family_number};

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
mod tests;
