//! Opening the sockets, in two steps: what needs privilege first, what needs targets after it has been given up.
//!
//! The source ports come first of all, because the filters say them; a raw socket hears strangers from the moment it
//! opens, so that its filter comes next, and what slipped in before is discarded (kernel.md 10).

use std::io;

use super::network::HopNet;
use super::numbers::Numbers;
use super::options::{Method, Numbering, Options};
use super::ports::{Held, source};
use super::protocol::Hops;
use super::sources::Sources;
use super::write::{IpFields, TcpFields};
use crate::net::channel::{Channel, Channels, Hears, Setup};
use crate::net::socket::{
    OpenError, SocketChoice, SocketKind, Stages, bind_device, interface_index, io_while, is_refusal, lease_flow_label,
    ordinary, privileged, sets_df, wanted_stages,
};
use crate::net::{Exchange, Peer};
use crate::sys::errno::{self, Errno};
use crate::sys::route::{RouteHints, SourceFinder};
use crate::sys::socket::{Kind, Socket};
use crate::sys::stamping::{Granted, SwitchingOn};
use crate::sys::{caps, filter, process};
use crate::units::{Family, Port, Ttl};
use crate::wire::protocol;

/// IPv4 first, as everywhere.
const FAMILIES: [Family; 2] = [Family::V4, Family::V6];

/// Packets up to this size pass every usual link whole, so that nobody need fragment them.
const SMALL: usize = 1280;

/// Ordinary sockets wait for two families' flows in one call.
const MOST_ORDINARY_FLOWS: usize = 12;

/// What this process could open, before it knows its targets.
#[derive(Debug)]
pub struct Sockets {
    kind: SocketKind,
    flows: Vec<(Port, Port)>,
    /// Of the families that there are.
    opened: Vec<Opened>,
    interface: Option<u32>,
    switching_on: Option<SwitchingOn>,
}

/// One family's.
#[derive(Debug)]
struct Opened {
    family: Family,
    lines: Vec<Line>,
    /// They hold the ports.
    held: Vec<Socket>,
    finder: Option<SourceFinder>,
    /// Whether it is bound to the interface that was chosen.
    bound: bool,
}

/// Sockets that make a channel.
#[derive(Debug)]
struct Line {
    /// The one flow of an ordinary socket.
    flow: Option<u16>,
    sender: Socket,
    ears: Vec<(Option<Socket>, Hears)>,
    granted: Granted,
}

impl Sockets {
    /// Opens both families and sets what needs privilege: afterwards none is needed.
    ///
    /// # Errors
    /// When neither family can be opened, an option is refused, or raw sockets are and nothing else will do.
    pub fn open(options: &Options) -> Result<Sockets, OpenError> {
        let wanted = &options.sockets;
        let switching_on = (wanted.stages != Stages::None).then(SwitchingOn::begin);
        let interface = interface_index(wanted)?;
        let (kind, listeners) = listeners(options)?;
        let families: Vec<Family> = listeners.iter().map(|(family, _)| *family).collect();
        let raw = kind == SocketKind::Raw;
        let mut held = Held::hold(options, &families, raw)?;
        let mut opened = Vec::new();
        for (index, (family, listener)) in listeners.into_iter().enumerate() {
            let ports = held.sockets.iter_mut().filter_map(|flow| flow.get_mut(index).and_then(Option::take));
            let ports: Vec<Socket> = ports.collect();
            let mut one = match listener {
                Some(icmp) => raw_line(options, family, icmp, &held, ports)?,
                None => ordinary_lines(options, family, ports),
            };
            one.sockets().try_for_each(|socket| privileged(socket, wanted))?;
            let sockets: Vec<&Socket> = one.sockets().collect();
            one.bound = bind_device(&sockets, wanted)?;
            if raw {
                one.finder = Some(finder(options, family, interface, one.bound)?);
            }
            opened.push(one);
        }
        Ok(Sockets { kind, flows: held.flows, opened, interface, switching_on })
    }

    /// The kind of socket: raw, or ordinary UDP sockets.
    #[must_use]
    pub fn kind(&self) -> SocketKind {
        self.kind
    }

    /// The network that reaches these targets.
    ///
    /// # Errors
    /// When a target's family could not be opened, or an option is refused.
    pub fn into_net(self, options: &Options, targets: &[Peer]) -> Result<HopNet, OpenError> {
        let mut channels = Vec::new();
        let mut held = Vec::new();
        let families: Vec<Family> = self.opened.iter().map(|opened| opened.family).collect();
        if let Some(missing) = targets.iter().find(|target| !families.contains(&Family::of(target.addr))) {
            return Err(missing_family(options, *missing));
        }
        for opened in self.opened {
            let of_family = targets.iter().find(|target| Family::of(target.addr) == opened.family);
            let Some(first) = of_family else { continue };
            // Where the socket is bound, no choice is left, and IPv6 refuses the attempt.
            let chosen = self.interface.filter(|_| !opened.bound);
            opened.sockets().try_for_each(|socket| ordinary(socket, &options.sockets, chosen))?;
            let mut finder = opened.finder;
            for line in opened.lines {
                let setup = setup(options, self.kind, &line, self.interface, opened.bound, *first)?;
                let hops = hops(options, self.kind, opened.family, &self.flows, &line, finder.take())?;
                channels.push(Channel::new(hops, line.sender, line.ears, &options.sockets, setup));
            }
            held.extend(opened.held);
        }
        let channels = Channels::new(channels, self.switching_on.map(SwitchingOn::wait));
        Ok(HopNet { channels, kind: self.kind, flows: self.flows, _held: held })
    }
}

impl Opened {
    fn sockets(&self) -> impl Iterator<Item = &Socket> {
        self.lines.iter().flat_map(|line| {
            std::iter::once(&line.sender).chain(line.ears.iter().filter_map(|(socket, _)| socket.as_ref()))
        })
    }
}

/// The families that there are, with their raw ICMP sockets, or without where none may be opened.
fn listeners(options: &Options) -> Result<(SocketKind, Vec<(Family, Option<Socket>)>), OpenError> {
    let wanted = &options.sockets;
    let command = wanted.names.command;
    let families = FAMILIES.into_iter().filter(|family| wanted.family.is_none_or(|only| only == *family));
    let families: Vec<Family> = families.collect();
    let mut missing = None;
    if wanted.socket != SocketChoice::Dgram {
        let mut raw = Vec::new();
        let mut refused = false;
        for &family in &families {
            match caps::with_net_raw(|| Socket::raw_icmp(family)) {
                Ok(socket) => raw.push((family, Some(socket))),
                Err(e) if is_refusal(&e) => refused = true,
                Err(error) => missing = Some(OpenError::NoFamily { family, error }),
            }
        }
        if !raw.is_empty() {
            return Ok((SocketKind::Raw, raw));
        }
        if let Some(missing) = missing.filter(|_| !refused) {
            return Err(missing);
        }
    }
    match options.method {
        Method::Tcp(_) => return Err(OpenError::needs_raw("-T", command)),
        Method::Udp(Numbering::Dublin) => return Err(OpenError::needs_raw("--dublin", command)),
        _ if wanted.socket == SocketChoice::Raw => return Err(OpenError::not_permitted(SocketChoice::Raw, command)),
        Method::Udp(_) => {}
    }
    if options.flows.len() > MOST_ORDINARY_FLOWS {
        return Err(OpenError::needs_raw("more than 12 flows", command));
    }
    let there = |family: &Family| Socket::udp(*family).is_ok();
    Ok((SocketKind::Dgram, families.into_iter().filter(there).map(|family| (family, None)).collect()))
}

/// Raw sockets: one for errors, one for answers, and one to send whole IPv4 packets by.
fn raw_line(
    options: &Options,
    family: Family,
    errors: Socket,
    held: &Held,
    ports: Vec<Socket>,
) -> Result<Opened, OpenError> {
    let (number, open): (u8, fn(Family) -> io::Result<Socket>) = match options.method {
        Method::Udp(_) => (protocol::UDP, Socket::raw_udp),
        Method::Tcp(_) => (protocol::TCP, Socket::raw_tcp),
    };
    let filtering = io_while("attaching the socket filter");
    errors.attach_filter(&filter::error_filter(family, number, &held.range())).map_err(&filtering)?;
    let answers = caps::with_net_raw(|| open(family)).map_err(io_while("opening a raw socket"))?;
    answers.attach_filter(&filter::answer_filter(family, &held.range())).map_err(&filtering)?;
    for socket in ports.iter().filter(|socket| socket.kind() == Kind::Udp) {
        socket.attach_filter(&filter::nothing()).map_err(&filtering)?;
    }
    let own_ip = family == Family::V4 && writes_ip_header(options);
    options.sockets.stamp(&errors, false);
    let (sender, granted, ears) = if own_ip {
        let sender = caps::with_net_raw(Socket::raw_header_sender).map_err(io_while("opening a raw socket"))?;
        options.sockets.stamp(&answers, false);
        let granted = options.sockets.stamp(&sender, true);
        (sender, granted, vec![(Some(errors), Hears::Icmp), (Some(answers), Hears::Transport)])
    } else {
        let granted = options.sockets.stamp(&answers, true);
        (answers, granted, vec![(Some(errors), Hears::Icmp), (None, Hears::Transport)])
    };
    let line = Line { flow: None, sender, ears, granted };
    let emptying = io_while("emptying a raw socket");
    line.ears
        .iter()
        .try_for_each(|(ear, _)| ear.as_ref().unwrap_or(&line.sender).drain().map(drop))
        .map_err(emptying)?;
    Ok(Opened { family, lines: vec![line], held: ports, finder: None, bound: false })
}

/// Ordinary sockets, one for each flow.
fn ordinary_lines(options: &Options, family: Family, sockets: Vec<Socket>) -> Opened {
    let line = |(flow, sender): (u16, Socket)| {
        let granted = options.sockets.stamp(&sender, true);
        Line { flow: Some(flow), sender, ears: vec![(None, Hears::Transport)], granted }
    };
    let lines = (0..).zip(sockets).map(line).collect();
    Opened { family, lines, held: Vec::new(), finder: None, bound: false }
}

/// Whether we write the IPv4 header: the ident is then ours, but nothing fragments the packet (kernel.md 14).
fn writes_ip_header(options: &Options) -> bool {
    let headers = 20 + if options.method.exchange() == Exchange::Tcp { 60 } else { 8 };
    dont_fragment(options) || options.sockets.size + headers <= SMALL
}

fn dont_fragment(options: &Options) -> bool {
    sets_df(options.sockets.pmtu) || options.method == Method::Udp(Numbering::Dublin)
}

fn finder(options: &Options, family: Family, interface: Option<u32>, bound: bool) -> Result<SourceFinder, OpenError> {
    let wanted = &options.sockets;
    let source = source(options, family);
    let hints = RouteHints {
        device: wanted.device.as_deref().filter(|_| bound),
        ifindex: interface.filter(|_| !bound),
        tos: wanted.tos,
        mark: wanted.mark,
        dontroute: wanted.dontroute,
        source: source.map(|source| (source.addr, source.scope)),
    };
    let make = || SourceFinder::new(family, &hints);
    let made = caps::with_net_admin(|| caps::with_net_raw(make));
    made.map_err(|e| match source {
        Some(source) => crate::net::socket::bad_source(wanted, source, &e),
        None => OpenError::Io { what: "opening a socket for route look-ups", error: e },
    })
}

/// Sets what needs no privilege and is not every socket's.
fn setup(
    options: &Options,
    kind: SocketKind,
    line: &Line,
    interface: Option<u32>,
    bound: bool,
    first: Peer,
) -> Result<Setup, OpenError> {
    let sender = &line.sender;
    let by_queue = kind == SocketKind::Dgram;
    if sender.family() == Family::V6 {
        // Before Linux 4.1 there is no such option, and no such label.
        let _ = sender.set_auto_flow_label(false);
    }
    let flow = lease_flow_label(sender, &options.sockets, first)?;
    let error_queue = by_queue || options.sockets.tell_queue_drops;
    sender.recv_error_queue(error_queue).map_err(io_while("switching the error queue on"))?;
    // Before Linux 5.9 there is no such option, and only extensions that show themselves are found.
    let _ = sender.recv_error_rfc4884(by_queue);
    Ok(Setup {
        errors_by_queue: by_queue,
        error_queue: !by_queue && options.sockets.tell_queue_drops,
        own_ip: sender.kind() == Kind::RawHeader,
        connected: false,
        flow,
        stages: wanted_stages(&options.sockets, line.granted),
        numbered: line.granted.numbered,
        interface,
        device: options.sockets.device.clone().filter(|_| !bound),
        source: None,
    })
}

fn hops(
    options: &Options,
    kind: SocketKind,
    family: Family,
    flows: &[(Port, Port)],
    line: &Line,
    finder: Option<SourceFinder>,
) -> Result<Hops, OpenError> {
    let random = process::random_u64().map_err(io_while("asking the kernel for random bytes"))?.to_be_bytes();
    let [a, b, c, d, ..] = random;
    let tcp = match options.method {
        Method::Tcp(tcp) => Some(TcpFields {
            base: u16::from_be_bytes([a, b]),
            ack_base: u16::from_be_bytes([c, d]),
            flags: tcp.flags,
            options: tcp.options.bytes(),
        }),
        Method::Udp(_) => None,
    };
    let ip = (line.sender.kind() == Kind::RawHeader).then(|| IpFields {
        tos: options.sockets.tos.unwrap_or(0),
        ttl: options.sockets.ttl.unwrap_or(Ttl(64)),
        dont_fragment: dont_fragment(options),
    });
    Ok(Hops {
        family,
        kind,
        method: options.method,
        flows: flows.to_vec(),
        only: line.flow,
        ip,
        tcp,
        sources: finder.map(Sources::new),
        numbers: Numbers::new(),
        tcp_payload: 0,
    })
}

/// Why a target's family is not there.
fn missing_family(options: &Options, target: Peer) -> OpenError {
    let family = Family::of(target.addr);
    if options.sockets.family.is_some_and(|only| only != family) {
        return OpenError::option("", target.addr, "is of the other family than was asked for");
    }
    let error = Socket::udp(family).err().unwrap_or_else(|| errno::EAFNOSUPPORT.into_io());
    OpenError::NoFamily { family, error: Errno::from(&error).into_io() }
}
