//! Plain sockets with their control messages, written a second time: what the product's kernel floor does in types is
//! done here in numbers, so that the two can disagree.
#![allow(unsafe_code)]

use std::io;
use std::mem;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd};
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, SockAddr, SockAddrStorage, Socket, Type};

use crate::lab::Host;
use crate::lab::responder::packet::icmp_checksum;
use crate::lab::sys;

/// A socket in a host's namespace.
pub struct Sock(pub Socket);

/// One control message: level, type, bytes.
pub type Control = (i32, i32, Vec<u8>);

/// What one `recvmsg` gave.
#[derive(Debug)]
pub struct Message {
    pub bytes: Vec<u8>,
    pub from: Option<IpAddr>,
    pub control: Vec<Control>,
}

/// A transmit stamp from the error queue.
#[derive(Debug, PartialEq, Eq)]
pub struct Stamp {
    /// `SCM_TSTAMP_*`: 0 SND, 1 SCHED.
    pub stage: u32,
    /// The number that the kernel or `SCM_TS_OPT_ID` gave the packet.
    pub id: u32,
    /// It carries a software stamp.
    pub stamped: bool,
    /// Bytes looped back with it.
    pub bytes: Vec<u8>,
}

/// An ICMP error from the error queue: type, code, and the bytes quoted with it.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    pub errno: i32,
    pub kind: u8,
    pub code: u8,
    pub offender: Option<IpAddr>,
    pub bytes: Vec<u8>,
}

impl Message {
    /// The bytes of one control message.
    pub fn find(&self, level: i32, kind: i32) -> Option<&[u8]> {
        self.control.iter().find(|c| (c.0, c.1) == (level, kind)).map(|c| &c.2[..])
    }

    /// A `u32` control message.
    pub fn number(&self, level: i32, kind: i32) -> Option<u32> {
        self.find(level, kind).map(|b| u32::from_ne_bytes(b[..4].try_into().unwrap()))
    }

    /// The extended error of either family: `errno, origin, type, code, info, data`, then the offender.
    fn extended_error(&self) -> Option<&[u8]> {
        self.find(libc::SOL_IP, libc::IP_RECVERR).or(self.find(libc::SOL_IPV6, libc::IPV6_RECVERR))
    }

    /// It as a transmit stamp.
    pub fn stamp(&self) -> Option<Stamp> {
        let e = self.extended_error()?;
        let word = |at: usize| u32::from_ne_bytes(e[at..at + 4].try_into().unwrap());
        let is_stamp = word(0) == libc::ENOMSG as u32 && e[4] == SO_EE_ORIGIN_TIMESTAMPING;
        let stamped = self.find(libc::SOL_SOCKET, libc::SCM_TIMESTAMPING).is_some_and(|t| t[..8] != [0; 8]);
        is_stamp.then(|| Stamp { stage: word(8), id: word(12), stamped, bytes: self.bytes.clone() })
    }

    /// It as an ICMP error.
    pub fn failure(&self) -> Option<Failure> {
        let e = self.extended_error()?;
        let errno = i32::from_ne_bytes(e[0..4].try_into().unwrap());
        let family = u16::from_ne_bytes(e[16..18].try_into().unwrap());
        let offender = match i32::from(family) {
            libc::AF_INET => Some(IpAddr::from(<[u8; 4]>::try_from(&e[20..24]).unwrap())),
            libc::AF_INET6 => Some(IpAddr::from(<[u8; 16]>::try_from(&e[24..40]).unwrap())),
            _ => None,
        };
        let is_icmp = e[4] == SO_EE_ORIGIN_ICMP || e[4] == SO_EE_ORIGIN_ICMP6;
        is_icmp.then(|| Failure { errno, kind: e[5], code: e[6], offender, bytes: self.bytes.clone() })
    }
}

/// linux/errqueue.h.
const SO_EE_ORIGIN_ICMP: u8 = 2;
const SO_EE_ORIGIN_ICMP6: u8 = 3;
const SO_EE_ORIGIN_TIMESTAMPING: u8 = 4;

impl Sock {
    /// A socket in `host`.
    pub fn new(host: &Host, domain: Domain, kind: Type, protocol: i32) -> io::Result<Sock> {
        host.enter(|| Socket::new(domain, kind.nonblocking(), Some(Protocol::from(protocol)))).map(Sock)
    }

    /// A raw ICMP socket of the family of `like`.
    pub fn raw(host: &Host, like: &str) -> Sock {
        let (domain, protocol) = family(like);
        Sock::new(host, domain, Type::RAW, protocol).unwrap()
    }

    /// A ping socket of the family of `like`.
    pub fn ping(host: &Host, like: &str) -> Sock {
        let (domain, protocol) = family(like);
        Sock::new(host, domain, Type::DGRAM, protocol).unwrap()
    }

    /// A UDP socket, IPv4.
    pub fn udp(host: &Host) -> Sock {
        Sock::new(host, Domain::IPV4, Type::DGRAM, libc::IPPROTO_UDP).unwrap()
    }

    /// Sets an option that takes an `int`.
    pub fn set(&self, level: i32, name: i32, value: i32) -> io::Result<()> {
        let len = mem::size_of_val(&value) as libc::socklen_t;
        // SAFETY: the option value is one int, which outlives the call.
        let ret = unsafe { libc::setsockopt(self.0.as_raw_fd(), level, name, (&raw const value).cast(), len) };
        if ret < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    /// Reads an option of up to 16 numbers.
    pub fn get(&self, level: i32, name: i32) -> Vec<u32> {
        let mut value = [0u32; 16];
        let mut len = mem::size_of_val(&value) as libc::socklen_t;
        // SAFETY: the buffer is live and its length is given.
        let ret = unsafe { libc::getsockopt(self.0.as_raw_fd(), level, name, value.as_mut_ptr().cast(), &mut len) };
        assert_eq!(ret, 0, "{}", io::Error::last_os_error());
        value[..len as usize / 4].to_vec()
    }

    /// What this socket's own kernel drops were (`SK_MEMINFO_DROPS` of linux/sock_diag.h).
    pub fn drops(&self) -> u32 {
        self.get(libc::SOL_SOCKET, libc::SO_MEMINFO)[8]
    }

    /// Sends to `dst`.
    pub fn send(&self, dst: &str, bytes: &[u8]) -> io::Result<usize> {
        self.0.send_to(bytes, &address(dst))
    }

    /// Sends to `dst` with control messages.
    pub fn send_with(&self, dst: &str, bytes: &[u8], control: &[Control]) -> io::Result<usize> {
        let address = address(dst);
        let mut buf = Aligned([0; 256]);
        let mut iov = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
        // SAFETY: msghdr is plain data for which all zeros is a valid value.
        let mut msg: libc::msghdr = unsafe { mem::zeroed() };
        msg.msg_name = address.as_ptr().cast_mut().cast();
        msg.msg_namelen = address.len();
        msg.msg_iov = &mut iov;
        msg.msg_iovlen = 1;
        msg.msg_control = buf.0.as_mut_ptr().cast();
        msg.msg_controllen = buf.0.len() as _;
        let mut used = 0;
        // SAFETY: the CMSG functions stay within the buffer, whose 256 bytes hold the few small messages of these tests.
        unsafe {
            let mut c = libc::CMSG_FIRSTHDR(&msg);
            for (level, kind, data) in control {
                assert!(!c.is_null(), "too many control messages");
                (*c).cmsg_level = *level;
                (*c).cmsg_type = *kind;
                (*c).cmsg_len = libc::CMSG_LEN(data.len() as u32) as _;
                std::ptr::copy_nonoverlapping(data.as_ptr(), libc::CMSG_DATA(c), data.len());
                used += libc::CMSG_SPACE(data.len() as u32) as usize;
                c = libc::CMSG_NXTHDR(&msg, c);
            }
        }
        msg.msg_controllen = used as _;
        // SAFETY: every pointer in msg points to a live buffer of the stated length.
        let n = unsafe { libc::sendmsg(self.0.as_raw_fd(), &msg, 0) };
        if n < 0 { Err(io::Error::last_os_error()) } else { Ok(n as usize) }
    }

    /// Sends the same bytes to several addresses by one `sendmmsg`.
    pub fn send_many(&self, dsts: &[&str], bytes: &[u8]) -> io::Result<usize> {
        let addresses: Vec<SockAddr> = dsts.iter().map(|d| address(d)).collect();
        let mut iov = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
        let mut batch: Vec<libc::mmsghdr> = addresses
            .iter()
            .map(|a| {
                // SAFETY: mmsghdr is plain data for which all zeros is a valid value.
                let mut m: libc::mmsghdr = unsafe { mem::zeroed() };
                m.msg_hdr.msg_name = a.as_ptr().cast_mut().cast();
                m.msg_hdr.msg_namelen = a.len();
                m.msg_hdr.msg_iov = &mut iov;
                m.msg_hdr.msg_iovlen = 1;
                m
            })
            .collect();
        // SAFETY: the batch has as many entries as stated and each points to live buffers.
        let n = unsafe { libc::sendmmsg(self.0.as_raw_fd(), batch.as_mut_ptr(), batch.len() as u32, 0) };
        if n < 0 { Err(io::Error::last_os_error()) } else { Ok(n as usize) }
    }

    /// One message, without waiting; `None` when nothing is there.
    pub fn receive(&self, flags: i32) -> io::Result<Option<Message>> {
        let mut bytes = vec![0; 70_000];
        let mut buf = Aligned([0; 256]);
        let mut iov = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() };
        let mut from = SockAddrStorage::zeroed();
        // SAFETY: msghdr is plain data for which all zeros is a valid value.
        let mut msg: libc::msghdr = unsafe { mem::zeroed() };
        msg.msg_name = (&raw mut from).cast();
        msg.msg_namelen = from.size_of();
        msg.msg_iov = &mut iov;
        msg.msg_iovlen = 1;
        msg.msg_control = buf.0.as_mut_ptr().cast();
        msg.msg_controllen = buf.0.len() as _;
        // SAFETY: every pointer in msg points to a live buffer of the stated length.
        let n = unsafe { libc::recvmsg(self.0.as_raw_fd(), &mut msg, flags | libc::MSG_DONTWAIT) };
        if n < 0 {
            let e = io::Error::last_os_error();
            return if e.kind() == io::ErrorKind::WouldBlock { Ok(None) } else { Err(e) };
        }
        bytes.truncate(n as usize);
        let mut control = Vec::new();
        // SAFETY: msg was filled by recvmsg; the CMSG functions stay within msg_controllen, and each length counts its header.
        unsafe {
            let mut c = libc::CMSG_FIRSTHDR(&msg);
            while !c.is_null() {
                let data = libc::CMSG_DATA(c);
                let len = (*c).cmsg_len as usize - (data as usize - c as usize);
                let data = std::slice::from_raw_parts(data, len).to_vec();
                control.push(((*c).cmsg_level, (*c).cmsg_type, data));
                c = libc::CMSG_NXTHDR(&msg, c);
            }
        }
        // SAFETY: recvmsg wrote msg_namelen bytes of an address of this socket's family.
        let from = unsafe { SockAddr::new(from, msg.msg_namelen) }.as_socket().map(|a| a.ip());
        Ok(Some(Message { bytes, from, control }))
    }

    /// One message from the data queue, waiting a second at most.
    pub fn hear(&self) -> Option<Message> {
        self.within(Duration::from_secs(10), |s| s.receive(0).expect("receive"))
    }

    /// One message from the error queue, waiting a second at most.
    pub fn hear_error(&self) -> Option<Message> {
        self.within(Duration::from_secs(10), |s| s.receive(libc::MSG_ERRQUEUE).expect("receive"))
    }

    /// All that waits now and comes within `quiet` of each other.
    pub fn drain(&self, flags: i32, quiet: Duration) -> Vec<Message> {
        let mut all = Vec::new();
        while let Some(m) = self.within(quiet, |s| s.receive(flags).expect("receive")) {
            all.push(m);
        }
        all
    }

    /// Asks until there is something, at most `limit`.
    pub fn within<T>(&self, limit: Duration, mut ask: impl FnMut(&Sock) -> Option<T>) -> Option<T> {
        let until = Instant::now() + limit;
        loop {
            let got = ask(self);
            let left = until.saturating_duration_since(Instant::now());
            if got.is_some() || left.is_zero() {
                return got;
            }
            sys::wait_readable([self.0.as_fd()], Some(left.min(Duration::from_millis(5)))).unwrap();
        }
    }
}

/// A control buffer with the alignment that `cmsghdr` wants.
#[repr(align(8))]
struct Aligned([u8; 256]);

fn family(like: &str) -> (Domain, i32) {
    if like.contains(':') { (Domain::IPV6, libc::IPPROTO_ICMPV6) } else { (Domain::IPV4, libc::IPPROTO_ICMP) }
}

/// An address with or without a port.
fn address(text: &str) -> SockAddr {
    let ip = text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 0));
    ip.or_else(|_| text.parse::<SocketAddr>()).expect("an address").into()
}

/// An echo request, its checksum right for IPv4 (the kernel makes that of IPv6).
pub fn echo(like: &str, ident: u16, seq: u16) -> Vec<u8> {
    let mut m = vec![if like.contains(':') { 128 } else { 8 }, 0, 0, 0];
    m.extend(ident.to_be_bytes());
    m.extend(seq.to_be_bytes());
    m.extend(*b"payload of sixteen bytes or more");
    if !like.contains(':') {
        let any = IpAddr::from([0; 4]);
        let sum = icmp_checksum(any, any, &m);
        m[2..4].copy_from_slice(&sum.to_be_bytes());
    }
    m
}

/// The ICMP message in what a raw socket heard: behind the IP header on IPv4.
pub fn icmp_of(m: &Message) -> &[u8] {
    match m.bytes[0] >> 4 {
        4 if m.from.is_some_and(|f| f.is_ipv4()) => &m.bytes[usize::from(m.bytes[0] & 15) * 4..],
        _ => &m.bytes,
    }
}

/// Ident and sequence number of an ICMP message.
pub fn ident_seq(icmp: &[u8]) -> (u16, u16) {
    (u16::from_be_bytes([icmp[4], icmp[5]]), u16::from_be_bytes([icmp[6], icmp[7]]))
}
