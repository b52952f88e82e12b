//! The sockets of one family: which there are, and how raw and ordinary ones are put together.

use std::io;

use super::options::{Method, Numbering, Options};
use super::ports::{Held, source};
use crate::net::Exchange;
use crate::net::channel::Hears;
use crate::net::socket::{OpenError, SocketChoice, SocketKind, bad_source, io_while, is_refusal, sets_df};
use crate::sys::route::{RouteHints, SourceFinder};
use crate::sys::socket::{Kind, Socket};
use crate::sys::stamping::Granted;
use crate::sys::{caps, filter};
use crate::units::Family;
use crate::wire::protocol;

/// IPv4 first, as everywhere.
const FAMILIES: [Family; 2] = [Family::V4, Family::V6];

/// Packets up to this size pass every usual link whole, so that nobody need fragment them.
const SMALL: usize = 1280;

/// Ordinary sockets wait for two families' flows in one call.
const MOST_ORDINARY_FLOWS: usize = 12;

/// One family's.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) family: Family,
    pub(super) lines: Vec<Line>,
    /// They hold the ports.
    pub(super) held: Vec<Socket>,
    pub(super) finder: Option<SourceFinder>,
    /// Whether it is bound to the interface that was chosen.
    pub(super) bound: bool,
}

/// A family with its raw ICMP socket, where there is one.
pub(super) type Listener = (Family, Option<Socket>);

/// Sockets that make a channel.
#[derive(Debug)]
pub(super) struct Line {
    /// The one flow of an ordinary socket.
    pub(super) flow: Option<u16>,
    pub(super) sender: Socket,
    pub(super) ears: Vec<(Option<Socket>, Hears)>,
    pub(super) granted: Granted,
}

impl Opened {
    /// All of them, but those that only hold a port.
    pub(super) fn sockets(&self) -> impl Iterator<Item = &Socket> {
        self.lines.iter().flat_map(|line| {
            std::iter::once(&line.sender).chain(line.ears.iter().filter_map(|(socket, _)| socket.as_ref()))
        })
    }
}

/// The families that there are, with their raw ICMP sockets, or without where none may be opened.
pub(super) fn listeners(options: &Options) -> Result<(SocketKind, Vec<Listener>), OpenError> {
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
pub(super) fn raw_line(
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
pub(super) fn ordinary_lines(options: &Options, family: Family, sockets: Vec<Socket>) -> Opened {
    let line = |(flow, sender): (u16, Socket)| {
        let granted = options.sockets.stamp(&sender, true);
        Line { flow: Some(flow), sender, ears: vec![(None, Hears::Transport)], granted }
    };
    let lines = (0..).zip(sockets).map(line).collect();
    Opened { family, lines, held: Vec::new(), finder: None, bound: false }
}

/// Whether we write the IPv4 header: the ident is then ours, but nothing fragments the packet (lab_kernel 14).
fn writes_ip_header(options: &Options) -> bool {
    let headers = 20 + if options.method.exchange() == Exchange::Tcp { 60 } else { 8 };
    dont_fragment(options) || options.sockets.size + headers <= SMALL
}

pub(super) fn dont_fragment(options: &Options) -> bool {
    sets_df(options.sockets.pmtu) || options.method == Method::Udp(Numbering::Dublin)
}

pub(super) fn finder(
    options: &Options,
    family: Family,
    interface: Option<u32>,
    bound: bool,
) -> Result<SourceFinder, OpenError> {
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
        Some(source) => bad_source(wanted, source, &e),
        None => OpenError::Io { what: "opening a socket for route look-ups", error: e },
    })
}
