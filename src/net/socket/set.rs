//! Socket options, in two steps like the opening: what needs privilege, and what anybody may set.

use std::io;
use std::net::IpAddr;

use super::options::{self, Options};
use super::refusal::{OpenError, io_while, is_refusal};
use crate::net::Peer;
use crate::sys::ancillary;
use crate::sys::errno::{self, Errno};
use crate::sys::options::PmtuMode;
use crate::sys::socket::{Kind, Socket};
use crate::sys::stamping::{Granted, Timestamping};
use crate::sys::{caps, interfaces};
use crate::units::Family;
use crate::wire::{icmp, ipv4};

/// The default of the kernel holds some 250 small packets, strangers' among them that no filter can tell from ours; it
/// takes no memory that is not used.
const LEAST_RECEIVE_BUFFER: u32 = 512 * 1024;

/// Bytes of receive buffer per packet in it: the kernel accounts a small packet with its bookkeeping at 768, and a
/// stamp the same again.
const BUFFER_PER_PROBE: u32 = 2 * 1024;

/// Binds to the interface that was chosen where nothing less will do, and says whether it did: to a VRF, and to the
/// interface of IPv6 probes with a source.
pub(in crate::net) fn bind_device(sockets: &[&Socket], options: &Options) -> Result<bool, OpenError> {
    let Some(device) = &options.device else { return Ok(false) };
    let is_vrf = interfaces::is_vrf(device);
    let must = is_vrf || options.bind;
    if !must && !sockets.iter().any(|socket| takes_interface_as_a_hint(socket.family(), options)) {
        return Ok(false);
    }
    match caps::with_net_raw(|| sockets.iter().try_for_each(|socket| socket.bind_device(device))) {
        Ok(()) => Ok(true),
        // Before Linux 5.7 that takes CAP_NET_RAW: a hint must do then.
        Err(e) if !must && is_refusal(&e) => Ok(false),
        Err(e) => Err(OpenError::option(options.names.device, device, Errno::from(&e))),
    }
}

/// Whether an interface chosen by `IPV6_UNICAST_IF` would be no more than a hint: IPv6 holds a route to it only where no
/// source is set (`ip6_route_output_flags` in net/ipv6/route.c), and binding or connecting sets one.
fn takes_interface_as_a_hint(family: Family, options: &Options) -> bool {
    let has_source = options.sources.iter().any(|s| Family::of(s.addr) == family);
    family == Family::V6 && (has_source || options.sticky_source || options.connect)
}

/// What only a privileged process may set.
pub(in crate::net) fn privileged(socket: &Socket, options: &Options) -> Result<(), OpenError> {
    if let Some(mark) = options.mark {
        let set = || caps::with_net_admin(|| socket.set_mark(mark));
        caps::with_net_raw(set).map_err(|e| {
            let why = format!("{}; a mark needs CAP_NET_ADMIN, or CAP_NET_RAW from Linux 5.17", Errno::from(&e));
            OpenError::option(options.names.mark, mark, why)
        })?;
    }
    if options.debug {
        caps::with_net_admin(|| socket.set_debug(true))
            .map_err(|e| OpenError::option("-d", "", format!("{}; SO_DEBUG needs CAP_NET_ADMIN", Errno::from(&e))))?;
    }
    let room = options.window.max(16).saturating_mul(BUFFER_PER_PROBE + 2 * options.size as u32);
    let room = room.max(LEAST_RECEIVE_BUFFER);
    caps::with_net_admin(|| socket.set_receive_buffer(room)).map_err(io_while("setting the receive buffer"))?;
    if let Some(bytes) = options.send_buffer {
        caps::with_net_admin(|| socket.set_send_buffer(bytes)).map_err(io_while("setting the send buffer"))?;
    }
    Ok(())
}

/// What anybody may set; `interface` is where probes leave, if that was chosen.
pub(in crate::net) fn ordinary(socket: &Socket, options: &Options, interface: Option<u32>) -> Result<(), OpenError> {
    let wrong = |what, value: &dyn std::fmt::Display, e: io::Error| OpenError::option(what, value, Errno::from(&e));
    let v4 = socket.family() == Family::V4;
    if let Some(ttl) = options.ttl {
        socket.set_ttl(ttl).map_err(|e| wrong(options.names.ttl, &ttl, e))?;
    }
    if let Some(tos) = options.tos {
        socket.set_tos(tos).map_err(|e| wrong(options.names.tos, &tos, e))?;
    }
    if let Some(mode) = options.pmtu {
        socket.set_pmtu_mode(mode).map_err(|e| wrong(options.names.pmtu, &"", e))?;
    }
    if let Some(index) = interface {
        let name = options.device.as_deref().unwrap_or_default();
        socket.set_unicast_interface(index).map_err(|e| wrong(options.names.device, &name, e))?;
        socket.set_multicast_interface(index).map_err(|e| wrong(options.names.device, &name, e))?;
    }
    if options.broadcast {
        socket.set_broadcast(true).map_err(io_while("allowing broadcast"))?;
    }
    if options.dontroute {
        socket.set_dontroute(true).map_err(|e| wrong(options.names.dontroute, &"", e))?;
    }
    if options.no_multicast_loop {
        socket.set_multicast_loop(false).map_err(|e| wrong("-L", &"", e))?;
    }
    if v4 && !options.ip_options.is_empty() && socket.kind() != Kind::RawHeader {
        socket.set_ip_options(&options.ip_options).map_err(|e| wrong("-R or -T", &"", e))?;
    }
    if socket.kind() != Kind::RawHeader {
        // Raw IPv4 shows the header itself; each control message costs a flood.
        if !(v4 && matches!(socket.kind(), Kind::RawIcmp | Kind::RawUdp | Kind::RawTcp)) {
            if v4 && !options.ip_options.is_empty() {
                socket.recv_ip_options(true).map_err(io_while("asking for IP options"))?;
            }
            socket.recv_pktinfo(true).map_err(io_while("asking for destination addresses"))?;
            socket.recv_hop_limit(true).map_err(io_while("asking for hop limits"))?;
            socket.recv_tos(true).map_err(io_while("asking for traffic classes"))?;
        }
    }
    Ok(())
}

/// The longest packet that no path fragments in practice (RFC 791 §3.1 has every host take it whole), and that Linux
/// believes no message to the contrary about (`net.ipv4.route.min_pmtu`, 552, is what it takes for the truth).
const NEVER_FRAGMENTED: usize = 552;

/// Has the kernel leave out the IP idents of short IPv4 probes, where nothing else was chosen: DF is set either way, and with
/// it an ident means nothing (RFC 6864 §4.1), but only in mode `Do` it is not made (`ip_select_ident`,
/// include/net/ip.h). `true`: so it is, until a link turns out to be too narrow; then [`set_fragmented`].
pub(in crate::net) fn set_whole(socket: &Socket, options: &Options) -> bool {
    let short = options.size + ipv4::MAX_HEADER_LEN + icmp::HEADER_LEN <= NEVER_FRAGMENTED;
    let free = options.spare_idents && options.pmtu.is_none() && short;
    free && socket.family() == Family::V4
        && socket.kind() != Kind::RawHeader
        && socket.wants_pmtu().unwrap_or(false)
        && socket.set_pmtu_mode(PmtuMode::Do).is_ok()
}

/// As sockets begin: what is longer than the MTU is sent in fragments.
pub(in crate::net) fn set_fragmented(socket: &Socket) -> io::Result<()> {
    socket.set_pmtu_mode(PmtuMode::Want)
}

/// The number of the interface that was chosen.
pub(in crate::net) fn interface_index(options: &Options) -> Result<Option<u32>, OpenError> {
    let Some(name) = options.device.as_deref() else { return Ok(None) };
    let none = match options.names.source == options.names.device {
        true => "no such interface (see: ip link), and no address of this host",
        false => "no such interface (see: ip link)",
    };
    interfaces::index_of(name).map(Some).ok_or_else(|| OpenError::option(options.names.device, name, none))
}

/// What a refused source address means.
pub(in crate::net) fn bad_source(options: &Options, source: Peer, e: &io::Error) -> OpenError {
    let why = match Errno::from(e) {
        errno::EADDRNOTAVAIL => "not an address of this host (see: ip address)".to_owned(),
        other => other.to_string(),
    };
    OpenError::option(options.names.source, source.addr, why)
}

/// Whether the kernel would set the bit in this mode, in a header of its own (`ip_dont_fragment` of include/net/ip.h); in
/// ours it does nothing.
pub(in crate::net) fn sets_df(mode: Option<PmtuMode>) -> bool {
    matches!(mode, Some(PmtuMode::Do | PmtuMode::Want | PmtuMode::Probe))
}

/// The flow information to send to an IPv6 target; 0 for none.
pub(in crate::net) fn lease_flow_label(socket: &Socket, options: &Options, target: Peer) -> Result<u32, OpenError> {
    let (Some(label), IpAddr::V6(dest)) = (options.flow_label, target.addr) else { return Ok(0) };
    let leased = socket.set_flow_label(label, dest);
    if label == 0 && leased.is_err() {
        // Any would have done: where the kernel has none to give (ENOBUFS, ENOPROTOOPT) all probes go without, which is
        // one flow as well.
        return Ok(0);
    }
    leased.map_err(|e| {
        let why = match e.kind() {
            io::ErrorKind::PermissionDenied => {
                "another process has this label for itself, or had it a moment ago".to_owned()
            }
            _ => Errno::from(&e).to_string(),
        };
        OpenError::option(options.names.flow_label, format_args!("{label:#x}"), why)
    })
}

impl Options {
    /// Switches stamps on, as many of them as are wanted and granted.
    pub(in crate::net) fn stamp(&self, socket: &Socket, transmit: bool) -> Granted {
        let wanted = self.stamps().map(|stamps| Timestamping { transmit, ..stamps });
        wanted.map_or_else(Granted::default, |wanted| socket.timestamping(wanted))
    }

    /// The stamps that a sender is asked for; `None`: none.
    pub(in crate::net) fn stamps(&self) -> Option<Timestamping> {
        (self.stages != options::Stages::None).then_some(Timestamping {
            receive: true,
            transmit: true,
            copies: self.copies || self.no_stamp_numbers,
            numbers: !self.no_stamp_numbers,
        })
    }
}

/// The departure stamps that each packet asks for.
pub(in crate::net) fn wanted_stages(options: &Options, granted: Granted) -> ancillary::Stages {
    match options.stages {
        _ if !granted.transmit => ancillary::Stages::NONE,
        options::Stages::None => ancillary::Stages::NONE,
        options::Stages::Driver => ancillary::Stages::DRIVER | ancillary::Stages::NIC,
        options::Stages::Both => ancillary::Stages::SCHED | ancillary::Stages::DRIVER | ancillary::Stages::NIC,
    }
}
