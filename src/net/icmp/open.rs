//! Opening the sockets, in two steps: what needs privilege first, what needs targets after it has been given up.
//!
//! A raw socket hears strangers from the moment it opens (lab_kernel 10): the kernel sorts by type at once, by ident when
//! the first stranger has come ([`Gate`]). Receive stamping is asked for as early as possible, because the kernel switches
//! it on behind our back (lab_kernel 3).

use std::io;

use super::bell::Bell;
use super::header::IpFields;
use super::hear::Listener;
use super::network::IcmpNet;
use super::protocol::Icmp;
use crate::net::Peer;
use crate::net::channel::{Channel, Channels, Gate, Hears, Setup};
use crate::net::socket::{
    HeaderInclude, OpenError, Options, SocketChoice, SocketKind, Source, Stages, bad_source, bind_device,
    interface_index, io_while, is_refusal, lease_flow_label, ordinary, privileged, set_whole, sets_df, wanted_stages,
};
use crate::sys::errno::{self, Errno};
use crate::sys::route::{self, RouteHints};
use crate::sys::socket::Socket;
use crate::sys::stamping::Granted;
use crate::sys::{caps, filter, process};
use crate::units::{Family, Ident, Ttl};

/// IPv4 first, as everywhere.
const FAMILIES: [Family; 2] = [Family::V4, Family::V6];

/// What this process could open, before it knows its targets.
#[derive(Debug)]
pub struct Sockets {
    /// In the order of `FAMILIES`; `None`: not wanted.
    families: [Option<Result<Opened, OpenError>>; 2],
    interface: Option<u32>,
    bell: Bell,
}

#[derive(Debug)]
struct Opened {
    socket: Socket,
    sender: Option<Socket>,
    kind: SocketKind,
    ident: Ident,
    gate: Gate,
    granted: Granted,
    /// Whether it is bound to the interface that was chosen.
    bound: bool,
}

impl Sockets {
    /// Opens both families and sets what needs privilege: afterwards none is needed.
    ///
    /// # Errors
    /// When neither family can be opened, or an option is refused.
    pub fn open(options: &Options) -> Result<Sockets, OpenError> {
        let mut bell = Bell::new(options.stages != Stages::None);
        let interface = interface_index(options)?;
        let wanted = |family| options.family.is_none_or(|only| only == family);
        let mut families = FAMILIES.map(|family| wanted(family).then(|| open_family(family, options, &mut bell)));
        for opened in families.iter_mut().flatten().flatten() {
            opened.all().try_for_each(|socket| privileged(socket, options))?;
            let sockets: Vec<&Socket> = opened.all().collect();
            opened.bound = bind_device(&sockets, options)?;
        }
        if families.iter().flatten().all(Result::is_err) {
            // The same refusal for both families is said once.
            let first = families.into_iter().flatten().find_map(Result::err);
            return Err(first.unwrap_or_else(|| OpenError::not_permitted(options.socket, options.names.command)));
        }
        Ok(Sockets { families, interface, bell })
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
        let stamps = self.bell.heard(self.families.iter().flatten().flatten().map(|opened| &opened.socket));
        let mut channels = Vec::new();
        for (family, opened) in FAMILIES.into_iter().zip(self.families) {
            let mut of_family = targets.iter().copied().filter(|t| Family::of(t.addr) == family);
            if let Some(first) = of_family.next() {
                let unwanted = || OpenError::option("", first.addr, "is of the other family than was asked for");
                let opened = opened.ok_or_else(unwanted)??;
                channels.push(channel(family, opened, options, self.interface, first)?);
            }
        }
        Ok(IcmpNet { channels: Channels::new(channels, stamps) })
    }
}

impl Opened {
    fn all(&self) -> impl Iterator<Item = &Socket> {
        std::iter::once(&self.socket).chain(&self.sender)
    }
}

fn open_family(family: Family, options: &Options, bell: &mut Bell) -> Result<Opened, OpenError> {
    let raw_only = options.socket == SocketChoice::Raw || options.header.is_some();
    if options.socket != SocketChoice::Dgram {
        match caps::with_net_raw(|| Socket::raw_icmp(family)) {
            Ok(socket) => return open_raw(family, socket, options, bell),
            Err(e) if !is_refusal(&e) => return Err(OpenError::NoFamily { family, error: e }),
            Err(_) if raw_only => return Err(OpenError::not_permitted(SocketChoice::Raw, options.names.command)),
            Err(_) => {}
        }
    }
    match Socket::ping(family) {
        Ok(socket) => {
            bell.ask();
            open_ping(socket, options)
        }
        Err(e) if is_refusal(&e) => Err(OpenError::not_permitted(options.socket, options.names.command)),
        Err(error) if Errno::from(&error) == errno::EAFNOSUPPORT => Err(OpenError::NoFamily { family, error }),
        Err(error) => Err(OpenError::Io { what: "opening a ping socket", error }),
    }
}

fn open_raw(family: Family, socket: Socket, options: &Options, bell: &mut Bell) -> Result<Opened, OpenError> {
    socket.icmp_filter(heard_types(family)).map_err(io_while("setting the ICMP filter"))?;
    let ident = match options.ident {
        Some(ident) => ident,
        None => random_ident()?,
    };
    let gate = Gate::Open(filter::echo_filter(family, filter::Idents::One(ident), options.timestamps));
    let (sender, granted) = match options.header {
        Some(_) if family == Family::V4 => {
            bell.ask();
            let sender = caps::with_net_raw(Socket::raw_header_sender).map_err(io_while("opening a raw socket"))?;
            options.stamp(&socket, false);
            let granted = options.stamp(&sender, true);
            (Some(sender), granted)
        }
        _ => {
            bell.ring(&socket);
            let granted = options.stamp(&socket, true);
            (None, granted)
        }
    };
    Ok(Opened { socket, sender, kind: SocketKind::Raw, ident, gate, granted, bound: false })
}

/// The types of what answers a probe or speaks of one: replies, errors, redirects.
fn heard_types(family: Family) -> &'static [u8] {
    match family {
        Family::V4 => &[0, 3, 4, 5, 11, 12, 14],
        Family::V6 => &[129, 1, 2, 3, 4, 137],
    }
}

fn open_ping(socket: Socket, options: &Options) -> Result<Opened, OpenError> {
    let granted = options.stamp(&socket, true);
    // Bound with its source address later, where there is one; only the ident is settled here.
    let ident = options.ident.unwrap_or(Ident(0));
    Ok(Opened { socket, sender: None, kind: SocketKind::Dgram, ident, gate: Gate::Told, granted, bound: false })
}

/// Never 0, which ping sockets cannot have and some firewalls drop.
fn random_ident() -> Result<Ident, OpenError> {
    let random = process::random_u64().map_err(io_while("asking the kernel for random bytes"))?;
    Ok(Ident((random % 0xffff) as u16 + 1))
}

/// Sets what needs no privilege, and makes the channel.
fn channel(
    family: Family,
    opened: Opened,
    options: &Options,
    interface: Option<u32>,
    first: Peer,
) -> Result<Channel<Icmp>, OpenError> {
    // Where the socket is bound, no choice is left, and IPv6 refuses the attempt.
    let chosen = interface.filter(|_| !opened.bound);
    for socket in opened.all() {
        ordinary(socket, options, chosen)?;
    }
    let source = source(family, &opened, options, interface, first)?;
    let mut ident = opened.ident;
    if opened.kind == SocketKind::Dgram {
        bind_ping(&opened.socket, options, source)?;
        ident = opened.socket.local_ident().map_err(io_while("asking for the ident of a ping socket"))?;
    } else if let Some(source) = source {
        let mut bound = opened.all().map(|socket| socket.bind(source.addr, source.scope));
        bound.try_for_each(|bound| bound).map_err(|e| bad_source(options, source, &e))?;
    }
    if options.connect {
        let mut connected = opened.all().map(|socket| socket.connect(first.addr, first.scope, 0));
        let refused = |e| OpenError::option("-C", first.addr, Errno::from(&e));
        connected.try_for_each(|connected| connected).map_err(refused)?;
    }
    let flow = lease_flow_label(&opened.socket, options, first)?;
    let error_queue = opened.kind == SocketKind::Dgram || options.tell_queue_drops;
    // Of a socket that only receives nobody reads the error queue, and one that fills ends every wait at once.
    let sending = opened.sender.as_ref().unwrap_or(&opened.socket);
    sending.recv_error_queue(error_queue).map_err(io_while("switching the error queue on"))?;
    // Before Linux 5.9 there is no such option, and only extensions that show themselves are found.
    let _ = sending.recv_error_rfc4884(opened.kind == SocketKind::Dgram);
    let ip = options.header.filter(|_| family == Family::V4).map(|include| IpFields {
        include: HeaderInclude { df: include.df || sets_df(options.pmtu), ..include },
        tos: options.tos.unwrap_or(0),
        ttl: options.ttl.unwrap_or(Ttl(64)),
        options: options.ip_options.clone(),
    });
    let whole = set_whole(opened.sender.as_ref().unwrap_or(&opened.socket), options);
    let setup = Setup {
        whole,
        errors_by_queue: opened.kind == SocketKind::Dgram,
        error_queue: opened.kind == SocketKind::Raw && options.tell_queue_drops,
        own_ip: opened.sender.is_some(),
        connected: options.connect,
        flow,
        stages: wanted_stages(options, opened.granted),
        stamps: options.stamps(),
        numbered: opened.granted.numbered,
        interface,
        device: options.device.clone().filter(|_| !opened.bound),
        source: source.filter(|_| opened.sender.is_some()).map(|source| Source::new(source.addr)),
    };
    let ip_header = opened.kind == SocketKind::Raw && family == Family::V4;
    let protocol = Icmp { listener: Listener { family, ident, ip_header }, kind: opened.kind, ip };
    let (sender, receiver) = match opened.sender {
        Some(sender) => (sender, Some(opened.socket)),
        None => (opened.socket, None),
    };
    Ok(Channel::new(protocol, sender, vec![(receiver, Hears::Icmp, opened.gate)], options, setup))
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
        if route::is_group(source.addr) {
            return Err(OpenError::option(
                options.names.source,
                source.addr,
                "stands for many hosts; a source is one of this host's own",
            ));
        }
        if opened.sender.is_some() && !route::is_local_address(source.addr) {
            return Err(OpenError::option(
                options.names.source,
                source.addr,
                "not an address of this host; no probe is sent from it",
            ));
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
    socket.share_no_port().map_err(io_while("keeping an ident for ourselves"))?;
    socket.bind_port(from.addr, from.scope, port).map_err(|e| match (source, options.ident) {
        (_, Some(ident)) if e.kind() == io::ErrorKind::AddrInUse => {
            OpenError::option("-e", ident, "another process probes with this ident; leave -e out to get a free one")
        }
        (Some(source), _) => bad_source(options, source, &e),
        _ => OpenError::Io { what: "binding a ping socket", error: e },
    })
}
