//! Which way the probes of one family go: frames of ours where that can be, else packets that the kernel routes; and why.

use std::fmt;
use std::net::IpAddr;

use super::lane::{By, Lane};
use super::neighbour::hardware_address;
use super::open::{Opened, Packets, ScanOptions, io_as, refused};
use super::ring::Ring;
use super::template::{Common, Headers, Template};
use super::way::{self, Hop, Range, Why};
use crate::net::icmp::OpenError;
use crate::sys::errno::Errno;
use crate::sys::interfaces;
use crate::sys::link::Link;
use crate::sys::netlink::{self, Route, Rule};
use crate::sys::packet::Hears;
use crate::sys::route::{self, RouteHints};
use crate::sys::socket::{Socket, unspecified};
use crate::units::{Family, MacAddr};
use crate::wire::ethernet;

/// What became of one family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Path {
    /// Frames by a packet socket, past the queueing discipline.
    Frames {
        /// The interface they leave by.
        interface: String,
        /// The next hop.
        hop: IpAddr,
        /// Its hardware address.
        mac: MacAddr,
    },
    /// Packets by a raw socket, routed by the kernel.
    Raw(Why),
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Frames { interface, hop, .. } => write!(f, "frames by {interface} to {hop}"),
            Path::Raw(why) => write!(f, "raw sockets ({why})"),
        }
    }
}

/// Entries of the kernel's neighbour table where it does not say how many it may have (`gc_thresh3`, net/ipv4/arp.c).
const TABLE_LEN: u32 = 1024;

/// An entry goes, where there is need, five seconds after it was made (`neigh_forced_gc`, net/core/neighbour.c).
const ENTRY_SECONDS: f64 = 5.0;

/// The ways out of one family.
pub(super) struct Ways {
    pub(super) path: Path,
    /// One for each thread.
    pub(super) lanes: Vec<Lane>,
    /// What hears the answers to frames.
    pub(super) ring: Option<Ring>,
    /// Probes a second that the neighbour table bears, where targets are on the link: half of it, so that the other half
    /// stays for everybody else on this host. `None`: it need not be cared for.
    pub(super) most: Option<f64>,
}

/// One way out for each thread.
pub(super) fn ways(common: Common, opened: Opened, options: &ScanOptions, ranges: &[Range]) -> Result<Ways, OpenError> {
    let family = common.family;
    let source = options.sources.iter().copied().find(|s| Family::of(*s) == family);
    if let Some(source) = source.filter(|source| !route::is_local_address(*source)) {
        // The kernel would let it pass (lab_kernel 14).
        return Err(refused("-S", source, "not an address of this host; no probe is sent from it"));
    }
    let tables = tables(family);
    let near = tables.as_ref().map_or(0, |(_, routes)| way::on_link(routes, ranges));
    let mut raw = by_kernel(common, opened.raw, options, source, near > 0)?;
    let frames = opened.frames.and_then(|packets| {
        let (rules, routes) = tables?;
        let hop = way::choose(&rules, &routes, ranges)?;
        let first = ranges.first().ok_or(Why::NoRoute)?;
        by_frame(common, packets, options, hop, *first, source, &mut raw)
    });
    Ok(match frames {
        Ok((path, lanes, ring)) => Ways { path, lanes, ring: Some(ring), most: None },
        Err(why) => Ways { path: Path::Raw(why), lanes: raw, ring: None, most: bearable(family, near) },
    })
}

/// How fast a neighbour table can be filled with so many targets.
fn bearable(family: Family, near: u128) -> Option<f64> {
    let name = if family == Family::V4 { "ipv4" } else { "ipv6" };
    let read = std::fs::read_to_string(format!("/proc/sys/net/{name}/neigh/default/gc_thresh3"));
    let len: u32 = read.ok().and_then(|text| text.trim().parse().ok()).unwrap_or(TABLE_LEN);
    let share = len / 2;
    (near > share.into()).then(|| f64::from(share.max(1)) / ENTRY_SECONDS)
}

/// Packets, each routed by the kernel.
fn by_kernel(
    common: Common,
    sockets: Vec<Socket>,
    options: &ScanOptions,
    source: Option<IpAddr>,
    on_link: bool,
) -> Result<Vec<Lane>, OpenError> {
    let headers = match common.family {
        Family::V4 => Headers::Ip(source.unwrap_or(unspecified(Family::V4))),
        Family::V6 => Headers::None,
    };
    let template = Template::new(common, headers).map_err(|e| refused("-b", options.size, e))?;
    let mut lanes = Vec::with_capacity(sockets.len());
    for socket in sockets {
        if let Some(source) = source.filter(|_| common.family == Family::V6) {
            io_as("binding to the source address", socket.bind(source, 0))?;
        }
        lanes.push(Lane::new(socket, By::Kernel { on_link }, template.clone()));
    }
    Ok(lanes)
}

/// Frames, all to one next hop. `raw` is there to make the kernel ask for that one's address.
fn by_frame(
    common: Common,
    packets: Packets,
    options: &ScanOptions,
    hop: Hop,
    first: Range,
    source: Option<IpAddr>,
    raw: &mut [Lane],
) -> Result<(Path, Vec<Lane>, Ring), Why> {
    let name = interfaces::name_of(hop.ifindex).ok_or(Why::NoRoute)?;
    let link = Link::named(&name).map_err(|e| Why::NoTables(e.into()))?;
    if options.device.as_ref().is_some_and(|device| *device != name) {
        return Err(Why::OtherInterface(name));
    }
    let from = link.mac.filter(|_| !link.is_loopback()).ok_or_else(|| Why::NoEthernet(name.clone()))?;
    let hints = RouteHints { source: source.map(|s| (s, 0)), ..RouteHints::default() };
    let source = route::source_for(first.first, first.scope, &hints).map_err(|_| Why::NoRoute)?;
    let mac = match raw.first_mut() {
        Some(asking) => hardware_address(&hop, asking).map_err(|e| Why::NoTables(e.into()))?,
        None => None,
    };
    let mac = mac.ok_or(Why::NoNeighbour(hop.gateway))?;
    let template = Template::new(common, Headers::Frame { source, from, to: mac }).map_err(|_| Why::TooLong)?;
    if template.len() > link.mtu as usize + ethernet::HEADER_LEN {
        return Err(Why::TooLong);
    }
    let ring = Ring::new(packets.ear, &common).map_err(|e| Why::NoSocket(e.into()))?;
    let mut lanes = Vec::with_capacity(packets.senders.len());
    for socket in packets.senders {
        socket.bind_link(hop.ifindex, Hears::Nothing).map_err(|e| Why::NoSocket(e.into()))?;
        lanes.push(Lane::new(socket, By::Frame, template.clone()));
    }
    Ok((Path::Frames { interface: name, hop: hop.gateway, mac }, lanes, ring))
}

/// Rules and routes, as they are now.
fn tables(family: Family) -> Result<(Vec<Rule>, Vec<Route>), Why> {
    let unread = |e: std::io::Error| Why::NoTables(Errno::from(e));
    Ok((netlink::rules(family).map_err(unread)?, netlink::routes(family).map_err(unread)?))
}
