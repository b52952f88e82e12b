//! Socket options, one typed method each, with one name for both families.
//!
//! Sources: `ip(7)`, `ipv6(7)`, `raw(7)`, `icmp(7)`, `socket(7)`. Every method returns the kernel's refusal as it came;
//! none falls back silently.

use std::io;
use std::mem;
use std::net::Ipv6Addr;
use std::os::fd::AsRawFd;

use libc::{IPPROTO_IP, IPPROTO_IPV6, SOL_SOCKET, c_int, c_void};

use super::consts::*;
use super::errno::Errno;
use super::socket::Socket;
use crate::units::{Family, Ttl};

/// What to do about packets larger than the path allows (`IP_MTU_DISCOVER`; `ping -M`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PmtuMode {
    /// Set DF and refuse to send what is larger than the known path MTU.
    Do,
    /// Fragment locally what is larger than the known path MTU.
    Want,
    /// Set DF and ignore the known path MTU.
    Probe,
    /// Never set DF.
    Dont,
}

/// How a handshake stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handshake {
    /// The SYN-ACK has come.
    pub is_done: bool,
    /// How often anything was sent again.
    pub retransmissions: u32,
}

impl Socket {
    /// Hop limit of all packets, unicast and multicast.
    pub fn set_ttl(&self, ttl: Ttl) -> io::Result<()> {
        let v = c_int::from(ttl.0);
        self.set_by_family((IPPROTO_IP, libc::IP_TTL), (IPPROTO_IPV6, libc::IPV6_UNICAST_HOPS), v)?;
        self.set_by_family((IPPROTO_IP, libc::IP_MULTICAST_TTL), (IPPROTO_IPV6, libc::IPV6_MULTICAST_HOPS), v)
    }

    /// IPv4 type of service or IPv6 traffic class (DSCP and ECN).
    pub fn set_tos(&self, tos: u8) -> io::Result<()> {
        self.set_by_family((IPPROTO_IP, libc::IP_TOS), (IPPROTO_IPV6, libc::IPV6_TCLASS), c_int::from(tos))
    }

    /// Path MTU discovery. IPv6 routers never fragment: there `Dont` only lets this host do it.
    pub fn set_pmtu_mode(&self, mode: PmtuMode) -> io::Result<()> {
        let v = match mode {
            PmtuMode::Do => libc::IP_PMTUDISC_DO,
            PmtuMode::Want => libc::IP_PMTUDISC_WANT,
            PmtuMode::Probe => libc::IP_PMTUDISC_PROBE,
            PmtuMode::Dont => libc::IP_PMTUDISC_DONT,
        };
        self.set_by_family((IPPROTO_IP, libc::IP_MTU_DISCOVER), (IPPROTO_IPV6, libc::IPV6_MTU_DISCOVER), v)
    }

    /// Whether path MTU discovery of an IPv4 socket is as sockets begin (`Want`), and not `Dont` by the host's
    /// `net.ipv4.ip_no_pmtu_disc`.
    pub fn wants_pmtu(&self) -> io::Result<bool> {
        Ok(self.get_int(IPPROTO_IP, libc::IP_MTU_DISCOVER)? == libc::IP_PMTUDISC_WANT)
    }

    /// The path MTU known to the kernel for the connected destination, in bytes (`IP_MTU`, `IPV6_MTU`).
    pub fn path_mtu(&self) -> io::Result<u32> {
        let v = match self.family() {
            Family::V4 => self.get_int(IPPROTO_IP, libc::IP_MTU)?,
            Family::V6 => self.get_int(IPPROTO_IPV6, libc::IPV6_MTU)?,
        };
        Ok(u32::try_from(v).unwrap_or(0))
    }

    /// Allows sending to broadcast addresses; without it that is EACCES.
    pub fn set_broadcast(&self, on: bool) -> io::Result<()> {
        self.set_int(SOL_SOCKET, libc::SO_BROADCAST, on.into())
    }

    /// Sends to directly attached hosts only.
    pub fn set_dontroute(&self, on: bool) -> io::Result<()> {
        self.set_int(SOL_SOCKET, libc::SO_DONTROUTE, on.into())
    }

    /// Kernel debugging (`SO_DEBUG`; CAP_NET_ADMIN).
    pub fn set_debug(&self, on: bool) -> io::Result<()> {
        self.set_int(SOL_SOCKET, libc::SO_DEBUG, on.into())
    }

    /// Whether this host hears its own multicast packets.
    pub fn set_multicast_loop(&self, on: bool) -> io::Result<()> {
        let v4 = (IPPROTO_IP, libc::IP_MULTICAST_LOOP);
        self.set_by_family(v4, (IPPROTO_IPV6, libc::IPV6_MULTICAST_LOOP), on.into())
    }

    /// Firewall and routing mark (CAP_NET_ADMIN; CAP_NET_RAW from Linux 5.17).
    pub fn set_mark(&self, mark: u32) -> io::Result<()> {
        self.inner.set_mark(mark)
    }

    /// Sends and receives through this interface only, VRF devices included (`SO_BINDTODEVICE`).
    pub fn bind_device(&self, name: &str) -> io::Result<()> {
        self.inner.bind_device(Some(name.as_bytes()))
    }

    /// Sends unicast packets through this interface; receives from any.
    pub fn set_unicast_interface(&self, ifindex: u32) -> io::Result<()> {
        let (level, name) = match self.family() {
            Family::V4 => (IPPROTO_IP, IP_UNICAST_IF),
            Family::V6 => (IPPROTO_IPV6, IPV6_UNICAST_IF),
        };
        // In network byte order for both families, unlike every other interface option.
        self.set_raw(level, name, &ifindex.to_be_bytes())
    }

    /// Sends multicast packets through this interface.
    pub fn set_multicast_interface(&self, ifindex: u32) -> io::Result<()> {
        match self.family() {
            Family::V4 => {
                // struct ip_mreqn: group, local address, interface index; the index alone decides.
                let mut request = [0_u8; 12];
                request[8..12].copy_from_slice(&ifindex.to_ne_bytes());
                self.set_raw(IPPROTO_IP, libc::IP_MULTICAST_IF, &request)
            }
            Family::V6 => self.set_raw(IPPROTO_IPV6, libc::IPV6_MULTICAST_IF, &ifindex.to_ne_bytes()),
        }
    }

    /// Whether we write the IPv4 header ourselves (`IP_HDRINCL`; raw IPv4 sockets).
    pub fn set_hdrincl(&self, on: bool) -> io::Result<()> {
        self.set_int(IPPROTO_IP, libc::IP_HDRINCL, on.into())
    }

    /// IPv4 options of every packet (record route, timestamp, source route), at most 40 bytes.
    pub fn set_ip_options(&self, options: &[u8]) -> io::Result<()> {
        self.set_raw(IPPROTO_IP, libc::IP_OPTIONS, options)
    }

    /// Shares its port, or a ping socket's ident, with nobody: ping sockets are born willing to (`INET_PROTOSW_REUSE` in
    /// net/ipv4/af_inet.c), and then one of them hears the replies of all.
    pub fn share_no_port(&self) -> io::Result<()> {
        self.inner.set_reuse_address(false)
    }

    /// Leases an IPv6 flow label (20 bits; 0: the kernel chooses) for `dest` and makes the socket send the flow
    /// information of each destination address. Returns the label, to be given as `flow` of each packet.
    pub fn set_flow_label(&self, label: u32, dest: Ipv6Addr) -> io::Result<u32> {
        let mut request = FlowLabelRequest {
            dst: dest.octets(),
            label: (label & 0xf_ffff).to_be(),
            action: IPV6_FL_A_GET,
            share: IPV6_FL_S_ANY,
            flags: IPV6_FL_F_CREATE,
            ..FlowLabelRequest::default()
        };
        // SAFETY: `request` is a repr(C) in6_flowlabel_req of the stated length; the kernel may write the chosen label
        // back into it during the call, which the pointer from `&mut` allows.
        let r = unsafe {
            let at: *mut FlowLabelRequest = &mut request;
            libc::setsockopt(
                self.as_raw_fd(),
                IPPROTO_IPV6,
                IPV6_FLOWLABEL_MGR,
                at.cast::<c_void>(),
                mem::size_of::<FlowLabelRequest>() as libc::socklen_t,
            )
        };
        check(r)?;
        self.set_int(IPPROTO_IPV6, IPV6_FLOWINFO_SEND, 1)?;
        Ok(u32::from_be(request.label) & 0xf_ffff)
    }

    /// Whether the kernel puts a flow label of its own where none is leased; without, it is 0.
    pub fn set_auto_flow_label(&self, on: bool) -> io::Result<()> {
        self.set_int(IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, on.into())
    }

    /// Whether ICMP errors and local errors are kept in the error queue (`IP_RECVERR`). On a raw socket that lets
    /// strangers' errors past the filter (lab_kernel 7): leave it off there.
    pub fn recv_error_queue(&self, on: bool) -> io::Result<()> {
        self.set_by_family((IPPROTO_IP, libc::IP_RECVERR), (IPPROTO_IPV6, libc::IPV6_RECVERR), on.into())
    }

    /// Whether queued ICMP errors say where their RFC 4884 extension begins (Linux 5.9).
    pub fn recv_error_rfc4884(&self, on: bool) -> io::Result<()> {
        self.set_by_family((IPPROTO_IP, IP_RECVERR_RFC4884), (IPPROTO_IPV6, IPV6_RECVERR_RFC4884), on.into())
    }

    /// Whether each packet comes with its hop limit.
    pub fn recv_hop_limit(&self, on: bool) -> io::Result<()> {
        self.set_by_family((IPPROTO_IP, libc::IP_RECVTTL), (IPPROTO_IPV6, libc::IPV6_RECVHOPLIMIT), on.into())
    }

    /// Whether each packet comes with its type of service or traffic class.
    pub fn recv_tos(&self, on: bool) -> io::Result<()> {
        self.set_by_family((IPPROTO_IP, libc::IP_RECVTOS), (IPPROTO_IPV6, libc::IPV6_RECVTCLASS), on.into())
    }

    /// Whether each packet comes with its IPv4 options (raw sockets see them in the header).
    pub fn recv_ip_options(&self, on: bool) -> io::Result<()> {
        self.set_int(IPPROTO_IP, libc::IP_RECVOPTS, on.into())
    }

    /// Whether each packet comes with its interface and destination address.
    pub fn recv_pktinfo(&self, on: bool) -> io::Result<()> {
        self.set_by_family((IPPROTO_IP, libc::IP_PKTINFO), (IPPROTO_IPV6, libc::IPV6_RECVPKTINFO), on.into())
    }

    /// How often a connecting socket sends its SYN again at the most (`TCP_SYNCNT`).
    pub fn set_syn_retries(&self, retries: u8) -> io::Result<()> {
        self.set_int(libc::IPPROTO_TCP, libc::TCP_SYNCNT, retries.into())
    }

    /// How a TCP socket's handshake stands (`TCP_INFO`).
    pub fn handshake(&self) -> io::Result<Handshake> {
        // SAFETY: tcp_info is plain numbers, for which zero is valid.
        let mut info: libc::tcp_info = unsafe { mem::zeroed() };
        let mut len = mem::size_of::<libc::tcp_info>() as libc::socklen_t;
        let at: *mut libc::tcp_info = &mut info;
        // SAFETY: `len` writable bytes at `at`, any content of which is valid; the kernel writes no more.
        let r = unsafe { libc::getsockopt(self.as_raw_fd(), libc::IPPROTO_TCP, libc::TCP_INFO, at.cast(), &mut len) };
        check(r)?;
        // include/net/tcp_states.h: 2 is SYN_SENT, 7 is CLOSE; all others come after a handshake.
        Ok(Handshake { is_done: !matches!(info.tcpi_state, 2 | 7), retransmissions: info.tcpi_total_retrans })
    }

    fn set_by_family(&self, v4: (c_int, c_int), v6: (c_int, c_int), value: c_int) -> io::Result<()> {
        let (level, name) = match self.family() {
            Family::V4 => v4,
            Family::V6 => v6,
        };
        self.set_int(level, name, value)
    }

    pub(super) fn set_int(&self, level: c_int, name: c_int, value: c_int) -> io::Result<()> {
        self.set_raw(level, name, &value.to_ne_bytes())
    }

    pub(super) fn set_raw(&self, level: c_int, name: c_int, value: &[u8]) -> io::Result<()> {
        let len = libc::socklen_t::try_from(value.len()).map_err(|_| Errno(libc::EINVAL).into_io())?;
        // SAFETY: `value` is readable for `len` bytes; the options set through here are only read by the kernel.
        check(unsafe { libc::setsockopt(self.as_raw_fd(), level, name, value.as_ptr().cast(), len) })
    }

    pub(super) fn get_int(&self, level: c_int, name: c_int) -> io::Result<c_int> {
        let mut value: c_int = 0;
        let mut len = mem::size_of::<c_int>() as libc::socklen_t;
        let at: *mut c_int = &mut value;
        // SAFETY: `value` is valid for `len` bytes of writing and any bit pattern is an int.
        check(unsafe { libc::getsockopt(self.as_raw_fd(), level, name, at.cast(), &mut len) })?;
        Ok(value)
    }
}

/// The result of a system call that returns −1 for failure.
pub(super) fn check(r: c_int) -> io::Result<()> {
    if r < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
