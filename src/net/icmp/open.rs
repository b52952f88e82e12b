//! Opening the sockets, in two steps: what needs privilege first, what needs targets after it has been given up.
//!
//! A raw socket hears strangers from the moment it opens, so that its filter is attached first of all and whatever slipped
//! in before is discarded (kernel.md 10). Receive stamping is asked for as early as possible, because the kernel switches
//! it on behind our back (kernel.md 3).

use std::io;
use std::net::{IpAddr, Ipv4Addr};

use super::channel::Channel;
use super::header::IpFields;
use super::hear::Listener;
use super::network::IcmpNet;
use super::options::{self, Options, SocketChoice, SocketKind};
use super::refusal::OpenError;
use super::stamps::Stamps;
use crate::net::Peer;
use crate::sys::ancillary::Stages;
use crate::sys::batch::{RecvRing, SendRing};
use crate::sys::errno::{self, Errno};
use crate::sys::route::{self, RouteHints};
use crate::sys::socket::{Kind, Socket};
use crate::sys::stamping::{Granted, SwitchingOn, Timestamping};
use crate::sys::{caps, filter, interfaces, process};
use crate::units::{Family, Ident, Ttl};

/// Bytes of receive buffer per packet in it: the kernel accounts a small packet with its bookkeeping at 768, and a
/// stamp the same again.
const BUFFER_PER_PROBE: u32 = 2 * 1024;

/// Longest batch in one system call.
const LONGEST_BATCH: usize = 256;

/// IPv4 first, as everywhere.
const FAMILIES: [Family; 2] = [Family::V4, Family::V6];

/// What this process could open, before it knows its targets.
#[derive(Debug)]
pub struct Sockets {
    /// In the order of `FAMILIES`; `None`: not wanted.
    families: [Option<Result<Opened, OpenError>>; 2],
    interface: Option<u32>,
    switching_on: Option<SwitchingOn>,
}

#[derive(Debug)]
struct Opened {
    socket: Socket,
    sender: Option<Socket>,
    kind: SocketKind,
    ident: Ident,
    granted: Granted,
}

impl Sockets {
    /// Opens both families and sets what needs privilege: afterwards none is needed.
    ///
    /// # Errors
    /// When neither family can be opened, or an option is refused.
    pub fn open(options: &Options) -> Result<Sockets, OpenError> {
        // First of all: the kernel takes its time over it.
        let switching_on = (options.stages != options::Stages::None).then(SwitchingOn::begin);
        let interface = options.device.as_deref().map(interface_index).transpose()?;
        let wanted = |family| options.family.is_none_or(|only| only == family);
        let families = FAMILIES.map(|family| wanted(family).then(|| open_family(family, options)));
        for socket in families.iter().flatten().flatten().flat_map(Opened::all) {
            privileged(socket, options)?;
        }
        if families.iter().flatten().all(Result::is_err) {
            // The same refusal for both families is said once.
            let first = families.into_iter().flatten().find_map(Result::err);
            return Err(first.unwrap_or_else(|| OpenError::not_permitted(options.socket)));
        }
        Ok(Sockets { families, interface, switching_on })
    }

    /// The kind of socket that a family has, if it has one.
    #[must_use]
    pub fn kind(&self, family: Family) -> Option<SocketKind> {
        let [v4, v6] = &self.families;
        let opened = if family == Family::V4 { v4 } else { v6 };
        opened.as_ref()?.as_ref().ok().map(|o| o.kind)
    }

    /// The network that reaches these targets.
    ///
    /// # Errors
    /// When a target's family could not be opened, or an option is refused.
    pub fn into_net(self, options: &Options, targets: &[Peer]) -> Result<IcmpNet, OpenError> {
        let mut channels = Vec::new();
        for (family, opened) in FAMILIES.into_iter().zip(self.families) {
            let mut of_family = targets.iter().copied().filter(|t| Family::of(t.addr) == family);
            if let Some(first) = of_family.next() {
                let unwanted = || OpenError::option("", first.addr, "is of the other family than was asked for");
                let opened = opened.ok_or_else(unwanted)??;
                channels.push(channel(family, opened, options, self.interface, first)?);
            }
        }
        Ok(IcmpNet::new(channels, self.switching_on.map(SwitchingOn::wait)))
    }
}

impl Opened {
    fn all(&self) -> impl Iterator<Item = &Socket> {
        std::iter::once(&self.socket).chain(&self.sender)
    }
}

fn open_family(family: Family, options: &Options) -> Result<Opened, OpenError> {
    let raw_only = options.socket == SocketChoice::Raw || options.header.is_some();
    if options.socket != SocketChoice::Dgram {
        match caps::with_net_raw(|| Socket::raw_icmp(family)) {
            Ok(socket) => return open_raw(family, socket, options),
            Err(e) if !is_refusal(&e) => return Err(OpenError::NoFamily { family, error: e }),
            Err(_) if raw_only => return Err(OpenError::not_permitted(SocketChoice::Raw)),
            Err(_) => {}
        }
    }
    match Socket::ping(family) {
        Ok(socket) => open_ping(socket, options),
        Err(e) if is_refusal(&e) => Err(OpenError::not_permitted(options.socket)),
        Err(error) if Errno::from(&error) == errno::EAFNOSUPPORT => Err(OpenError::NoFamily { family, error }),
        Err(error) => Err(OpenError::Io { what: "opening a ping socket", error }),
    }
}

/// EPERM: no CAP_NET_RAW. EACCES: not in `ping_group_range`, or a security module.
fn is_refusal(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied
}

fn open_raw(family: Family, socket: Socket, options: &Options) -> Result<Opened, OpenError> {
    let ident = match options.ident {
        Some(ident) => ident,
        None => random_ident()?,
    };
    let program = filter::echo_filter(family, filter::Idents::One(ident), options.timestamps);
    socket.attach_filter(&program).map_err(io_while("attaching the socket filter"))?;
    let stamping = wanted(options);
    let stamp = |socket: &Socket, wanted| stamp(socket, options, wanted);
    let (sender, granted) = match options.header {
        Some(_) if family == Family::V4 => {
            let sender = caps::with_net_raw(Socket::raw_header_sender).map_err(io_while("opening a raw socket"))?;
            stamp(&socket, Timestamping { transmit: false, ..stamping });
            let granted = stamp(&sender, stamping);
            (Some(sender), granted)
        }
        _ => {
            let granted = stamp(&socket, stamping);
            (None, granted)
        }
    };
    socket.drain().map_err(io_while("emptying a raw socket"))?;
    Ok(Opened { socket, sender, kind: SocketKind::Raw, ident, granted })
}

fn open_ping(socket: Socket, options: &Options) -> Result<Opened, OpenError> {
    let granted = stamp(&socket, options, wanted(options));
    // Bound with its source address later, where there is one; only the ident is settled here.
    let ident = options.ident.unwrap_or(Ident(0));
    Ok(Opened { socket, sender: None, kind: SocketKind::Dgram, ident, granted })
}

fn stamp(socket: &Socket, options: &Options, wanted: Timestamping) -> Granted {
    if options.stages == options::Stages::None { Granted::default() } else { socket.timestamping(wanted) }
}

fn wanted(options: &Options) -> Timestamping {
    Timestamping {
        receive: true,
        transmit: true,
        copies: options.copies || options.no_stamp_numbers,
        numbers: !options.no_stamp_numbers,
    }
}

/// Never 0, which ping sockets cannot have and some firewalls drop.
fn random_ident() -> Result<Ident, OpenError> {
    let random = process::random_u64().map_err(io_while("asking the kernel for random bytes"))?;
    Ok(Ident((random % 0xffff) as u16 + 1))
}

fn interface_index(name: &str) -> Result<u32, OpenError> {
    interfaces::index_of(name)
        .ok_or_else(|| OpenError::option("-I", name, "no such interface (see: ip link), and no address of this host"))
}

/// What only a privileged process may set.
fn privileged(socket: &Socket, options: &Options) -> Result<(), OpenError> {
    if let Some(mark) = options.mark {
        let set = || caps::with_net_admin(|| socket.set_mark(mark));
        caps::with_net_raw(set).map_err(|e| {
            let why = format!("{}; a mark needs CAP_NET_ADMIN, or CAP_NET_RAW from Linux 5.17", Errno::from(&e));
            OpenError::option("-m", mark, why)
        })?;
    }
    if let Some(device) = options.device.as_deref().filter(|d| interfaces::is_vrf(d)) {
        caps::with_net_raw(|| socket.bind_device(device))
            .map_err(|e| OpenError::option("-I", device, Errno::from(&e)))?;
    }
    if options.debug {
        caps::with_net_admin(|| socket.set_debug(true))
            .map_err(|e| OpenError::option("-d", "", format!("{}; SO_DEBUG needs CAP_NET_ADMIN", Errno::from(&e))))?;
    }
    let room = options.window.max(16).saturating_mul(BUFFER_PER_PROBE + 2 * options.size as u32);
    if room > 200 * 1024 {
        caps::with_net_admin(|| socket.set_receive_buffer(room)).map_err(io_while("setting the receive buffer"))?;
    }
    if let Some(bytes) = options.send_buffer {
        caps::with_net_admin(|| socket.set_send_buffer(bytes)).map_err(io_while("setting the send buffer"))?;
    }
    Ok(())
}

/// Sets what needs no privilege, and makes the channel.
fn channel(
    family: Family,
    opened: Opened,
    options: &Options,
    interface: Option<u32>,
    first: Peer,
) -> Result<Channel, OpenError> {
    for socket in opened.all() {
        ordinary(socket, options, interface)?;
    }
    let source = source(family, &opened, options, interface, first)?;
    let mut ident = opened.ident;
    if opened.kind == SocketKind::Dgram {
        bind_ping(&opened.socket, options, source)?;
        ident = opened.socket.local_ident().map_err(io_while("asking for the ident of a ping socket"))?;
    } else if let Some(source) = source {
        opened.socket.bind(source.addr, source.scope).map_err(|e| bad_source(source, &e))?;
    }
    if options.connect {
        let connect = opened.socket.connect(first.addr, first.scope, 0);
        connect.map_err(|e| OpenError::option("-C", first.addr, Errno::from(&e)))?;
    }
    let mut flow = 0;
    if let (Some(label), IpAddr::V6(dest)) = (options.flow_label, first.addr) {
        let lease = opened.socket.set_flow_label(label, dest);
        flow = lease.map_err(|e| OpenError::option("-F", format_args!("{label:#x}"), Errno::from(&e)))?;
    }
    let error_queue = opened.kind == SocketKind::Dgram || options.tell_queue_drops;
    for socket in opened.all() {
        socket.recv_error_queue(error_queue).map_err(io_while("switching the error queue on"))?;
    }
    let ip = options.header.filter(|_| family == Family::V4).map(|include| IpFields {
        include,
        src: match source.map(|s| s.addr) {
            Some(IpAddr::V4(a)) => a,
            _ => Ipv4Addr::UNSPECIFIED,
        },
        tos: options.tos.unwrap_or(0),
        ttl: options.ttl.unwrap_or(Ttl(64)),
    });
    let stages = match options.stages {
        _ if !opened.granted.transmit => Stages::NONE,
        options::Stages::None => Stages::NONE,
        options::Stages::Driver => Stages::DRIVER | Stages::NIC,
        options::Stages::Both => Stages::SCHED | Stages::DRIVER | Stages::NIC,
    };
    // A batch is rarely longer than what may be unanswered; a single ping touches little memory.
    let batch = (options.window as usize).clamp(8, LONGEST_BATCH);
    // An answer is as long as its probe; an error quotes at most 1,280 octets with IPv6, 576 with IPv4.
    let packet = (options.size + 128).max(1536);
    Ok(Channel {
        listener: Listener { family, ident, ip_header: opened.kind == SocketKind::Raw && family == Family::V4 },
        kind: opened.kind,
        ip,
        connected: options.connect,
        flow,
        stages,
        numbered: opened.granted.numbered,
        error_queue: opened.kind == SocketKind::Raw && options.tell_queue_drops,
        interface,
        out: SendRing::new(batch),
        data: RecvRing::new(batch, packet),
        queue: RecvRing::new(batch, packet),
        stamps: Stamps::default(),
        written: Vec::with_capacity(batch),
        strangers: 0,
        drops: opened.socket.memory_info().map_or(0, |m| m.drops),
        socket: opened.socket,
        sender: opened.sender,
    })
}

fn ordinary(socket: &Socket, options: &Options, interface: Option<u32>) -> Result<(), OpenError> {
    let wrong = |what, value: &dyn std::fmt::Display, e: io::Error| OpenError::option(what, value, Errno::from(&e));
    let v4 = socket.family() == Family::V4;
    if let Some(ttl) = options.ttl {
        socket.set_ttl(ttl).map_err(|e| wrong("-t", &ttl, e))?;
    }
    if let Some(tos) = options.tos {
        socket.set_tos(tos).map_err(|e| wrong("-Q", &tos, e))?;
    }
    if let Some(mode) = options.pmtu {
        socket.set_pmtu_mode(mode).map_err(|e| wrong("-M", &"", e))?;
    }
    if let Some(index) = interface {
        socket.set_unicast_interface(index).map_err(|e| wrong("-I", &index, e))?;
        socket.set_multicast_interface(index).map_err(|e| wrong("-I", &index, e))?;
    }
    if options.broadcast {
        socket.set_broadcast(true).map_err(io_while("allowing broadcast"))?;
    }
    if options.dontroute {
        socket.set_dontroute(true).map_err(|e| wrong("-r", &"", e))?;
    }
    if options.no_multicast_loop {
        socket.set_multicast_loop(false).map_err(|e| wrong("-L", &"", e))?;
    }
    if v4 && !options.ip_options.is_empty() && socket.kind() != Kind::RawHeader {
        socket.set_ip_options(&options.ip_options).map_err(|e| wrong("-R or -T", &"", e))?;
    }
    if socket.kind() != Kind::RawHeader {
        // Raw IPv4 shows the header itself; each control message costs a flood.
        if !(v4 && socket.kind() == Kind::RawIcmp) {
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

/// The source address to bind to, if there is one.
fn source(
    family: Family,
    opened: &Opened,
    options: &Options,
    interface: Option<u32>,
    first: Peer,
) -> Result<Option<Peer>, OpenError> {
    let given = options.sources.iter().copied().find(|s| Family::of(s.addr) == family);
    if let Some(source) = given {
        // With a header of our own the kernel would let any source through (kernel.md 14): refusing is our part.
        if opened.sender.is_some() && !route::is_local_address(source.addr) {
            return Err(OpenError::option("-I", source.addr, "not an address of this host; no probe is sent from it"));
        }
        return Ok(Some(source));
    }
    if !options.sticky_source {
        return Ok(None);
    }
    let hints = RouteHints { ifindex: interface, mark: None, ..RouteHints::default() };
    let addr = route::source_for(first.addr, first.scope, &hints)
        .map_err(|e| OpenError::option("-B", first.addr, Errno::from(&e)))?;
    Ok(Some(Peer { addr, scope: first.scope }))
}

fn bind_ping(socket: &Socket, options: &Options, source: Option<Peer>) -> Result<(), OpenError> {
    let any = crate::sys::socket::unspecified(socket.family());
    let from = source.unwrap_or(Peer { addr: any, scope: 0 });
    let port = options.ident.map_or(0, |i| i.0);
    socket.bind_port(from.addr, from.scope, port).map_err(|e| match (source, options.ident) {
        (_, Some(ident)) if e.kind() == io::ErrorKind::AddrInUse => {
            OpenError::option("-e", ident, "another process probes with this ident; leave -e out to get a free one")
        }
        (Some(source), _) => bad_source(source, &e),
        _ => OpenError::Io { what: "binding a ping socket", error: e },
    })
}

fn bad_source(source: Peer, e: &io::Error) -> OpenError {
    let why = match Errno::from(e) {
        errno::EADDRNOTAVAIL => "not an address of this host (see: ip address)".to_owned(),
        other => other.to_string(),
    };
    OpenError::option("-I", source.addr, why)
}

fn io_while(what: &'static str) -> impl Fn(io::Error) -> OpenError {
    move |error| OpenError::Io { what, error }
}
