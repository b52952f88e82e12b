//! Source ports that are ours alone: each is held by a bound socket, so that no other process probes from it, and that
//! this host does not answer a target's datagrams with "port unreachable".
//!
//! A held TCP port does not listen, and never connects: the kernel resets whatever a SYN-ACK would begin, which leaves
//! nothing half-open at the target.

use std::io;
use std::ops::RangeInclusive;

use super::options::Options;
use crate::net::socket::{OpenError, bad_source, io_while, is_refusal};
use crate::net::{Exchange, Peer};
use crate::sys::errno::Errno;
use crate::sys::socket::{Socket, unspecified};
use crate::units::{Family, Port};

/// How often a free port of both families is looked for.
const TRIES: u32 = 64;

/// The flows' ports, and the sockets that hold the source ports: for each flow, one of each family.
#[derive(Debug)]
pub(super) struct Held {
    /// Source and destination port of each flow.
    pub(super) flows: Vec<(Port, Port)>,
    /// In the order of flows and, within, of the families given. A port under 1024 that only raw sockets may use is not
    /// held.
    pub(super) sockets: Vec<Vec<Option<Socket>>>,
}

impl Held {
    /// Holds the ports in these families. `raw`: the sockets only hold; else probes leave by them, from the source that
    /// was asked for.
    pub(super) fn hold(options: &Options, families: &[Family], raw: bool) -> Result<Held, OpenError> {
        let mut held = Held { flows: Vec::new(), sockets: Vec::new() };
        let mut next = 0;
        for flow in &options.flows {
            let (port, sockets) = match flow.src_port {
                Some(port) => (port.0, one(options, families, raw, port.0)?),
                None => free(options, families, raw, next)?,
            };
            held.flows.push((Port(port), flow.dst_port));
            held.sockets.push(sockets);
            next = port.checked_add(1).unwrap_or(0);
        }
        Ok(held)
    }

    /// From the lowest source port to the highest.
    pub(super) fn range(&self) -> RangeInclusive<Port> {
        let ports = || self.flows.iter().map(|flow| flow.0);
        ports().min().unwrap_or_default()..=ports().max().unwrap_or_default()
    }
}

/// A port that nobody has in any of the families; `wish`, if that is one.
fn free(options: &Options, families: &[Family], raw: bool, wish: u16) -> Result<(u16, Vec<Option<Socket>>), OpenError> {
    let mut wish = wish;
    for _ in 0..TRIES {
        let mut sockets = Vec::new();
        let mut port = wish;
        for &family in families {
            match bound(options, family, raw, port) {
                Ok(socket) => {
                    port = socket.local_port().map_err(io_while("asking for a port"))?;
                    sockets.push(Some(socket));
                }
                Err(e) if e.kind() == io::ErrorKind::AddrInUse => break,
                Err(e) => return Err(refused(options, family, raw, &e)),
            }
        }
        if sockets.len() == families.len() {
            return Ok((port, sockets));
        }
        wish = 0;
    }
    Err(OpenError::option(options.sockets.names.source_port, "", "no port is free"))
}

/// This port and no other.
fn one(options: &Options, families: &[Family], raw: bool, port: u16) -> Result<Vec<Option<Socket>>, OpenError> {
    let name = options.sockets.names.source_port;
    let hold = |&family: &Family| match bound(options, family, raw, port) {
        Ok(socket) => Ok(Some(socket)),
        Err(e) if e.kind() == io::ErrorKind::AddrInUse => {
            let why = "another process has this port; leave it out to get a free one";
            Err(OpenError::option(name, port, why))
        }
        // A port under 1024 (`ip_unprivileged_port_start`), which raw sockets need not ask for.
        Err(e) if is_refusal(&e) && raw => Ok(None),
        Err(e) if is_refusal(&e) => Err(OpenError::option(name, port, "ports under 1024 need privilege")),
        Err(e) => Err(refused(options, family, raw, &e)),
    };
    families.iter().map(hold).collect()
}

fn bound(options: &Options, family: Family, raw: bool, port: u16) -> io::Result<Socket> {
    let socket = match options.method.exchange() {
        Exchange::Tcp => Socket::tcp(family)?,
        _ => Socket::udp(family)?,
    };
    socket.only_v6()?;
    let from = source(options, family).filter(|_| !raw);
    let from = from.unwrap_or(Peer { addr: unspecified(family), scope: 0 });
    socket.bind_port(from.addr, from.scope, port)?;
    Ok(socket)
}

/// The source address that was asked for.
pub(super) fn source(options: &Options, family: Family) -> Option<Peer> {
    options.sockets.sources.iter().copied().find(|source| Family::of(source.addr) == family)
}

fn refused(options: &Options, family: Family, raw: bool, e: &io::Error) -> OpenError {
    match source(options, family) {
        Some(source) if !raw => bad_source(&options.sockets, source, e),
        _ => OpenError::option(options.sockets.names.source_port, "", Errno::from(e)),
    }
}
