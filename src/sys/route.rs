//! What this host would do with a packet: which source address, whether the destination is its own or a broadcast.
//!
//! Connecting a UDP socket makes the kernel look its routes up and sends nothing; it then names the source address that
//! it chose, with rules, VRFs and marks taken into account. No table is read or interpreted here.

use std::fs;
use std::io;
use std::net::IpAddr;

use super::interfaces;
use super::socket::Socket;
use crate::units::Family;

/// What a route look-up shall take into account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RouteHints<'a> {
    /// Bind to this device (also a VRF).
    pub device: Option<&'a str>,
    /// Leave through this interface.
    pub ifindex: Option<u32>,
    /// Type of service or traffic class.
    pub tos: Option<u8>,
    /// Firewall mark.
    pub mark: Option<u32>,
    /// Only directly attached hosts.
    pub dontroute: bool,
    /// Source address and scope already chosen.
    pub source: Option<(IpAddr, u32)>,
}

/// Any port: nothing is sent to it.
const PORT: u16 = 1025;

/// The source address that the kernel would choose for `dest`. Errors are the kernel's: ENETUNREACH, EHOSTUNREACH,
/// EADDRNOTAVAIL for a source that is not this host's.
pub fn source_for(dest: IpAddr, scope: u32, hints: &RouteHints<'_>) -> io::Result<IpAddr> {
    let socket = prepared(dest, hints)?;
    socket.set_broadcast(true)?;
    socket.connect(dest, scope, PORT)?;
    Ok(socket.local_addr()?.0)
}

/// Finds sources again and again, also where a mark or a device may no longer be set: the socket has them from before.
#[derive(Debug)]
pub struct SourceFinder {
    socket: Socket,
}

impl SourceFinder {
    /// One that takes these hints into account; a source among them is always the answer.
    pub fn new(family: Family, hints: &RouteHints<'_>) -> io::Result<SourceFinder> {
        let socket = prepared_of(family, hints)?;
        socket.set_broadcast(true)?;
        Ok(SourceFinder { socket })
    }

    /// As [`source_for`].
    pub fn find(&self, dest: IpAddr, scope: u32) -> io::Result<IpAddr> {
        self.socket.connect(dest, scope, PORT)?;
        let found = self.socket.local_addr();
        // The next look-up would keep the source.
        self.socket.disconnect()?;
        Ok(found?.0)
    }
}

/// The path MTU to `dest` that the kernel knows, in bytes with the IP header; the interface's, if it knows no smaller.
pub fn path_mtu(dest: IpAddr, scope: u32, hints: &RouteHints<'_>) -> io::Result<u32> {
    let socket = prepared(dest, hints)?;
    socket.set_broadcast(true)?;
    socket.connect(dest, scope, PORT)?;
    socket.path_mtu()
}

/// Whether `dest` is a broadcast address on the way that these hints choose: those are refused with EACCES to a socket
/// that may not broadcast, and to no other. (A `prohibit` route refuses both.)
pub fn is_broadcast(dest: IpAddr, hints: &RouteHints<'_>) -> bool {
    let refused = |s: &Socket| s.connect(dest, 0, PORT).is_err_and(|e| e.raw_os_error() == Some(libc::EACCES));
    let allowed = |s: &Socket| s.set_broadcast(true).and_then(|()| s.connect(dest, 0, PORT)).is_ok();
    dest.is_ipv4() && prepared(dest, hints).is_ok_and(|s| refused(&s) && allowed(&s))
}

fn prepared(dest: IpAddr, hints: &RouteHints<'_>) -> io::Result<Socket> {
    prepared_of(Family::of(dest), hints)
}

fn prepared_of(family: Family, hints: &RouteHints<'_>) -> io::Result<Socket> {
    let socket = Socket::udp(family)?;
    if let Some(device) = hints.device {
        socket.bind_device(device)?;
    }
    if let Some(mark) = hints.mark {
        socket.set_mark(mark)?;
    }
    if let Some(tos) = hints.tos {
        socket.set_tos(tos)?;
    }
    if hints.dontroute {
        socket.set_dontroute(true)?;
    }
    if let Some(ifindex) = hints.ifindex {
        socket.set_unicast_interface(ifindex)?;
        socket.set_multicast_interface(ifindex)?;
    }
    if let Some((source, scope)) = hints.source {
        socket.bind(source, scope)?;
    }
    Ok(socket)
}

/// Whether an address stands for many hosts: multicast or broadcast. A socket binds to it and then hears nothing else.
#[must_use]
pub fn is_group(addr: IpAddr) -> bool {
    let is_limited_broadcast = matches!(addr, IpAddr::V4(addr) if addr.is_broadcast());
    addr.is_multicast() || is_limited_broadcast || is_broadcast(addr, &RouteHints::default())
}

/// Whether packets to `addr` stay on this host. An address counts if an interface has it, or if a socket can be bound
/// to it for any other reason than `ip_nonlocal_bind` (all of 127.0.0.0/8, local routes).
#[must_use]
pub fn is_local_address(addr: IpAddr) -> bool {
    if addr.is_unspecified() || is_group(addr) {
        return false;
    }
    if interfaces::list().is_ok_and(|all| all.iter().any(|i| i.addresses.contains(&addr))) {
        return true;
    }
    let sysctl = match Family::of(addr) {
        Family::V4 => "/proc/sys/net/ipv4/ip_nonlocal_bind",
        Family::V6 => "/proc/sys/net/ipv6/ip_nonlocal_bind",
    };
    let anything_binds = fs::read_to_string(sysctl).is_ok_and(|v| v.trim() != "0");
    !anything_binds && Socket::udp(Family::of(addr)).and_then(|s| s.bind(addr, 0)).is_ok()
}
