//! Opening a scan, in two steps: sockets while there is privilege, the way out once the targets are known.

use std::fmt;
use std::io;
use std::net::IpAddr;

use super::path::{Path, ways};
use super::sender::{Ear, Sender};
use super::template::{Common, HEAD_LEN};
use super::way::{Range, Why};
use crate::net::Peer;
use crate::net::icmp::{OpenError, Options, SocketChoice, Sockets, Stages};
use crate::sys::clock::Clocks;
use crate::sys::errno::Errno;
use crate::sys::socket::Socket;
use crate::sys::{caps, process};
use crate::units::{Family, Ident, Ttl};

/// Receive buffer in packets of 2 KiB: tens of milliseconds of answers at full rate. It takes no memory that is not used.
const WINDOW: u32 = 8192;

/// Send buffer in bytes: what a driver may hold of ours.
const SEND_BUFFER: u32 = 2 << 20;

/// IPv4 first, as everywhere.
const FAMILIES: [Family; 2] = [Family::V4, Family::V6];

/// What a scan is to be.
#[derive(Clone, Debug)]
pub struct ScanOptions {
    /// The one family to open, where the other is surely not needed.
    pub family: Option<Family>,
    /// Echo identifier; random where `None`.
    pub ident: Option<Ident>,
    /// Bytes of payload, at least [`HEAD_LEN`].
    pub size: usize,
    /// Hop limit.
    pub ttl: Ttl,
    /// Type of service or traffic class.
    pub tos: u8,
    /// Interface to send through.
    pub device: Option<String>,
    /// Source addresses, at most one a family.
    pub sources: Vec<IpAddr>,
    /// Firewall mark.
    pub mark: Option<u32>,
    /// Whether to write frames where that can be.
    pub frames: bool,
    /// How many senders, one a thread.
    pub threads: usize,
}

impl Default for ScanOptions {
    fn default() -> Self {
        ScanOptions {
            family: None,
            ident: None,
            size: HEAD_LEN,
            ttl: Ttl(64),
            tos: 0,
            device: None,
            sources: Vec::new(),
            mark: None,
            frames: true,
            threads: 1,
        }
    }
}

/// The sockets of one family.
#[derive(Debug)]
pub(super) struct Opened {
    /// One a thread, of packets: with headers of ours in IPv4, of the kernel's in IPv6.
    pub(super) raw: Vec<Socket>,
    /// For frames.
    pub(super) frames: Result<Packets, Why>,
}

/// Packet sockets, which hear nothing yet.
#[derive(Debug)]
pub(super) struct Packets {
    /// One a thread.
    pub(super) senders: Vec<Socket>,
    /// To receive with.
    pub(super) ear: Socket,
}

/// What this process could open, before it knows its targets.
#[derive(Debug)]
pub struct ScanSockets {
    ident: Ident,
    ear: Sockets,
    ear_options: Options,
    /// In the order of `FAMILIES`.
    families: [Option<Result<Opened, OpenError>>; 2],
}

/// A scan, ready to begin.
pub struct Scan {
    /// One a thread.
    pub senders: Vec<Sender>,
    /// For all of them.
    pub ear: Ear,
    /// The ident of every probe.
    pub ident: Ident,
    /// What was chosen for each family that is probed.
    pub paths: Vec<(Family, Path)>,
    /// Probes a second that this host's neighbour table bears, where targets are on the link.
    pub most: Option<f64>,
}

impl ScanSockets {
    /// Opens everything that needs privilege: afterwards none is needed.
    ///
    /// # Errors
    /// When raw sockets are not permitted, or an option is refused.
    pub fn open(options: &ScanOptions) -> Result<ScanSockets, OpenError> {
        let ident = match options.ident {
            Some(ident) => ident,
            // Never 0, which some firewalls drop.
            None => Ident((io_as("asking for random bytes", process::random_u64())? % 0xffff) as u16 + 1),
        };
        let ear_options = Options {
            socket: SocketChoice::Raw,
            family: options.family,
            ident: Some(ident),
            window: WINDOW,
            stages: Stages::Driver,
            ..Options::default()
        };
        let ear = Sockets::open(&ear_options)?;
        let families = FAMILIES
            .map(|family| options.family.is_none_or(|only| only == family).then(|| open_family(family, options)));
        Ok(ScanSockets { ident, ear, ear_options, families })
    }

    /// The scan of these targets.
    ///
    /// # Errors
    /// When a target's family could not be opened, or an option is refused.
    pub fn into_scan(self, options: &ScanOptions, ranges: &[Range]) -> Result<Scan, OpenError> {
        let mut routed = Vec::new();
        let mut rings = Vec::new();
        let mut paths = Vec::new();
        let mut most: Option<f64> = None;
        let mut senders: Vec<Sender> = (0..options.threads.max(1)).map(|_| Sender { v4: None, v6: None }).collect();
        for (family, opened) in FAMILIES.into_iter().zip(self.families) {
            let ranges: Vec<Range> = ranges.iter().copied().filter(|r| Family::of(r.first) == family).collect();
            let Some(first) = ranges.first() else { continue };
            let unwanted = || refused("", first.first, "is of the other family than was asked for");
            let opened = opened.ok_or_else(unwanted)??;
            let first = Peer { addr: first.first, scope: first.scope };
            let common = Common { family, ident: self.ident, size: options.size, ttl: options.ttl, tos: options.tos };
            let found = ways(common, opened, options, &ranges)?;
            for (sender, lane) in senders.iter_mut().zip(found.lanes) {
                *(if family == Family::V4 { &mut sender.v4 } else { &mut sender.v6 }) = Some(lane);
            }
            paths.push((family, found.path));
            match found.ring {
                Some(ring) => rings.push(ring),
                None => routed.push(first),
            }
            most = [most, found.most].into_iter().flatten().reduce(f64::min);
        }
        // A family that is heard by a ring needs no other ear: the kernel would write each answer twice.
        let net = if routed.is_empty() { None } else { Some(self.ear.into_net(&self.ear_options, &routed)?) };
        let ear = Ear { net, rings, clocks: Clocks::new() };
        Ok(Scan { senders, ear, ident: self.ident, paths, most })
    }
}

fn open_family(family: Family, options: &ScanOptions) -> Result<Opened, OpenError> {
    let threads = options.threads.max(1);
    let raw = (0..threads).map(|_| open_raw(family, options)).collect::<Result<_, _>>()?;
    let frames = match options {
        ScanOptions { frames: false, .. } => Err(Why::Unwanted),
        ScanOptions { mark: Some(_), .. } => Err(Why::Mark),
        _ => open_packets(threads).map_err(|e| Why::NoSocket(e.into())),
    };
    Ok(Opened { raw, frames })
}

/// A socket that only sends, and says so where the kernel had no room (`ENOBUFS` is otherwise kept from raw sockets).
fn open_raw(family: Family, options: &ScanOptions) -> Result<Socket, OpenError> {
    let opened = caps::with_net_raw(|| match family {
        Family::V4 => Socket::raw_header_sender(),
        Family::V6 => Socket::raw_icmp(family),
    });
    let socket = io_as("opening a raw socket", opened)?;
    if family == Family::V6 {
        // It hears nothing: the filter comes before the copy for each socket (`ipv6_raw_deliver`, net/ipv6/raw.c).
        io_as("setting the ICMPv6 filter", socket.icmp_filter(&[]))?;
        io_as("setting the hop limit", socket.set_ttl(options.ttl))?;
        io_as("setting the traffic class", socket.set_tos(options.tos))?;
        io_as("emptying a raw socket", socket.drain())?;
    }
    io_as("asking for refusals", socket.recv_error_queue(true))?;
    if let Some(mark) = options.mark {
        let set = || caps::with_net_admin(|| socket.set_mark(mark));
        caps::with_net_raw(set).map_err(|e| refused("-k", mark, Errno::from(&e)))?;
    }
    if let Some(device) = &options.device {
        let bound = caps::with_net_raw(|| socket.bind_device(device));
        bound.map_err(|e| refused("--oiface", device, Errno::from(&e)))?;
    }
    caps::with_net_admin(|| io_as("setting the send buffer", socket.set_send_buffer(SEND_BUFFER)))?;
    Ok(socket)
}

fn open_packets(threads: usize) -> io::Result<Packets> {
    let senders = (0..threads).map(|_| open_frames()).collect::<io::Result<_>>()?;
    Ok(Packets { senders, ear: caps::with_net_raw(Socket::packet_payload)? })
}

fn open_frames() -> io::Result<Socket> {
    let socket = caps::with_net_raw(Socket::packet)?;
    socket.bypass_scheduler(true)?;
    caps::with_net_admin(|| socket.set_send_buffer(SEND_BUFFER))?;
    Ok(socket)
}

pub(super) fn refused(what: &'static str, value: impl fmt::Display, why: impl fmt::Display) -> OpenError {
    OpenError::Option { what, value: value.to_string(), why: why.to_string() }
}

pub(super) fn io_as<T>(what: &'static str, result: io::Result<T>) -> Result<T, OpenError> {
    result.map_err(|error| OpenError::Io { what, error })
}
