//! Opening, binding and connecting the sockets that probes go through.
//!
//! Every socket is close-on-exec and non-blocking: waiting is [`super::poll`]'s work. Which of them a process may open is
//! the kernel's decision (CAP_NET_RAW for raw ones, `net.ipv4.ping_group_range` for ping sockets); a refusal is returned
//! as it came.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

use socket2::{Domain, Protocol, SockAddr, Type};

use super::options::check;
use crate::units::{Family, Ident};

/// What kind of socket this is: it decides what bytes go in and come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `SOCK_RAW`, ICMP or ICMPv6: writes ICMP, reads IPv4 header + ICMP, or ICMPv6 alone.
    RawIcmp,
    /// `SOCK_DGRAM`, ICMP or ICMPv6: writes and reads ICMP; the kernel sets ident and checksum.
    Ping,
    /// `SOCK_RAW`, `IPPROTO_RAW`: writes whole IPv4 packets, reads nothing.
    RawHeader,
    /// `SOCK_DGRAM`, UDP.
    Udp,
    /// `AF_PACKET`, `SOCK_RAW`: writes and reads frames, link-layer header included.
    Packet,
    /// `AF_PACKET`, `SOCK_DGRAM`: the same without the link-layer header.
    PacketPayload,
    /// `SOCK_RAW`, UDP: writes the UDP header, reads it behind the IPv4 header, or alone of IPv6.
    RawUdp,
    /// `SOCK_RAW`, TCP: the same with TCP.
    RawTcp,
    /// `SOCK_STREAM`, which holds a port and does nothing else.
    Tcp,
}

/// An open socket; closed when dropped.
#[derive(Debug)]
pub struct Socket {
    pub(super) inner: socket2::Socket,
    family: Family,
    kind: Kind,
}

impl Socket {
    /// A raw ICMP or ICMPv6 socket. It hears strangers from now on: attach a filter, then [`Socket::drain`].
    pub fn raw_icmp(family: Family) -> io::Result<Socket> {
        Socket::open(family, Kind::RawIcmp, Type::RAW, icmp(family))
    }

    /// A ping socket: ICMP echo without privilege (`icmp(7)`).
    pub fn ping(family: Family) -> io::Result<Socket> {
        Socket::open(family, Kind::Ping, Type::DGRAM, icmp(family))
    }

    /// A raw IPv4 socket that sends whole packets, headers included (`raw(7)`), and receives none.
    pub fn raw_header_sender() -> io::Result<Socket> {
        Socket::open(Family::V4, Kind::RawHeader, Type::RAW, Protocol::from(libc::IPPROTO_RAW))
    }

    /// A raw UDP socket. It hears every datagram of the host from now on: attach a filter, then [`Socket::drain`].
    pub fn raw_udp(family: Family) -> io::Result<Socket> {
        Socket::open(family, Kind::RawUdp, Type::RAW, Protocol::UDP)
    }

    /// A raw TCP socket. It hears every segment of the host from now on: attach a filter, then [`Socket::drain`].
    pub fn raw_tcp(family: Family) -> io::Result<Socket> {
        Socket::open(family, Kind::RawTcp, Type::RAW, Protocol::TCP)
    }

    /// A TCP socket, to be bound and neither connected nor listened on: its port is then nobody else's.
    pub fn tcp(family: Family) -> io::Result<Socket> {
        Socket::open(family, Kind::Tcp, Type::STREAM, Protocol::TCP)
    }

    /// A UDP socket.
    pub fn udp(family: Family) -> io::Result<Socket> {
        Socket::open(family, Kind::Udp, Type::DGRAM, Protocol::UDP)
    }

    /// A packet socket (`packet(7)`). Opened with protocol 0 it hears nothing (lab_kernel 10) until
    /// [`Socket::bind_link`]: attach the filter before.
    pub fn packet() -> io::Result<Socket> {
        Socket::open(Family::V4, Kind::Packet, Type::RAW, Protocol::from(0))
    }

    /// As [`Socket::packet`], of packets without their link-layer header, which is then the same for every kind of link.
    pub fn packet_payload() -> io::Result<Socket> {
        Socket::open(Family::V4, Kind::PacketPayload, Type::DGRAM, Protocol::from(0))
    }

    fn open(family: Family, kind: Kind, ty: Type, protocol: Protocol) -> io::Result<Socket> {
        let domain = match family {
            _ if matches!(kind, Kind::Packet | Kind::PacketPayload) => Domain::PACKET,
            Family::V4 => Domain::IPV4,
            Family::V6 => Domain::IPV6,
        };
        let inner = socket2::Socket::new(domain, ty.nonblocking(), Some(protocol))?;
        Ok(Socket { inner, family, kind })
    }

    /// IPv4 or IPv6; of a packet socket it says nothing.
    #[must_use]
    pub fn family(&self) -> Family {
        self.family
    }

    /// What it was opened as.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Leaves IPv4 alone, where an IPv6 socket would take the same port there.
    pub fn only_v6(&self) -> io::Result<()> {
        if self.family == Family::V6 { self.inner.set_only_v6(true) } else { Ok(()) }
    }

    /// Undoes [`Socket::connect`], with the source address that it chose (a UDP socket that is not bound).
    pub fn disconnect(&self) -> io::Result<()> {
        // SAFETY: an all-zero sockaddr is AF_UNSPEC; the kernel reads no more than its length of it.
        check(unsafe {
            let nobody: libc::sockaddr = std::mem::zeroed();
            let at: *const libc::sockaddr = &nobody;
            libc::connect(self.as_raw_fd(), at, std::mem::size_of::<libc::sockaddr>() as libc::socklen_t)
        })
    }

    /// Sends from this address (port, or ident of a ping socket, chosen by the kernel). `scope` is the interface index of
    /// a link-local address, otherwise 0.
    pub fn bind(&self, addr: IpAddr, scope: u32) -> io::Result<()> {
        self.bind_port(addr, scope, 0)
    }

    /// As [`Socket::bind`], with a port; on a ping socket the port *is* the ident of its echo requests.
    pub fn bind_port(&self, addr: IpAddr, scope: u32, port: u16) -> io::Result<()> {
        self.inner.bind(&address(addr, scope, port))
    }

    /// Sets the one destination. On UDP and ping sockets this looks the route up and sends nothing.
    pub fn connect(&self, addr: IpAddr, scope: u32, port: u16) -> io::Result<()> {
        self.inner.connect(&address(addr, scope, port))
    }

    /// The ident that the kernel writes into the echo requests of a ping socket; binds the socket to any address if it is
    /// not bound yet. On other sockets it is the local port and means nothing.
    pub fn local_ident(&self) -> io::Result<Ident> {
        let (_, _, port) = self.local()?;
        if port != 0 {
            return Ok(Ident(port));
        }
        self.bind(unspecified(self.family), 0)?;
        let (_, _, port) = self.local()?;
        Ok(Ident(port))
    }

    /// The address that the socket is bound to, with its scope; after [`Socket::connect`] the one that the route chose.
    pub fn local_addr(&self) -> io::Result<(IpAddr, u32)> {
        let (addr, scope, _) = self.local()?;
        Ok((addr, scope))
    }

    /// The local port.
    pub fn local_port(&self) -> io::Result<u16> {
        let (_, _, port) = self.local()?;
        Ok(port)
    }

    fn local(&self) -> io::Result<(IpAddr, u32, u16)> {
        match self.inner.local_addr()?.as_socket() {
            Some(SocketAddr::V4(a)) => Ok((IpAddr::V4(*a.ip()), 0, a.port())),
            Some(SocketAddr::V6(a)) => Ok((IpAddr::V6(*a.ip()), a.scope_id(), a.port())),
            None => Err(io::Error::from_raw_os_error(libc::EAFNOSUPPORT)),
        }
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inner.as_fd()
    }
}

impl AsRawFd for Socket {
    fn as_raw_fd(&self) -> RawFd {
        self.inner.as_raw_fd()
    }
}

fn icmp(family: Family) -> Protocol {
    match family {
        Family::V4 => Protocol::ICMPV4,
        Family::V6 => Protocol::ICMPV6,
    }
}

/// 0.0.0.0 or ::.
#[must_use]
pub fn unspecified(family: Family) -> IpAddr {
    match family {
        Family::V4 => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        Family::V6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    }
}

/// 127.0.0.1 or ::1.
#[must_use]
pub fn loopback(family: Family) -> IpAddr {
    match family {
        Family::V4 => IpAddr::V4(Ipv4Addr::LOCALHOST),
        Family::V6 => IpAddr::V6(Ipv6Addr::LOCALHOST),
    }
}

fn address(addr: IpAddr, scope: u32, port: u16) -> SockAddr {
    match addr {
        IpAddr::V4(a) => SockAddr::from(SocketAddrV4::new(a, port)),
        IpAddr::V6(a) => SockAddr::from(SocketAddrV6::new(a, port, 0, scope)),
    }
}
