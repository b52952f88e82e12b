//! Sockets, batches of messages and their stamps: libc, called straight.

use std::io;
use std::mem::{size_of, zeroed};
use std::net::Ipv4Addr;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

/// linux/icmp.h
const ICMP_FILTER: libc::c_int = 1;
/// linux/if_packet.h
const PACKET_TX_TIMESTAMP: libc::c_int = 16;
const PACKET_QDISC_BYPASS: libc::c_int = 20;
const PACKET_IGNORE_OUTGOING: libc::c_int = 23;

/// Room for one `scm_timestamping` and one `sock_extended_err` with its address.
const CONTROL: usize = 256;

fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

fn open(domain: libc::c_int, kind: libc::c_int, protocol: libc::c_int) -> io::Result<OwnedFd> {
    let kind = kind | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    // SAFETY: a new descriptor, owned by nobody else.
    unsafe { Ok(OwnedFd::from_raw_fd(check(libc::socket(domain, kind, protocol))?)) }
}

fn set<T>(fd: &OwnedFd, level: libc::c_int, name: libc::c_int, value: T) -> io::Result<()> {
    // SAFETY: the kernel reads size_of::<T>() bytes of a value that lives here.
    let result =
        unsafe { libc::setsockopt(fd.as_raw_fd(), level, name, (&raw const value).cast(), size_of::<T>() as u32) };
    check(result).map(drop)
}

fn buffers(fd: &OwnedFd) -> io::Result<()> {
    let bytes: libc::c_int = 8 << 20;
    for (forced, plain) in [(libc::SO_RCVBUFFORCE, libc::SO_RCVBUF), (libc::SO_SNDBUFFORCE, libc::SO_SNDBUF)] {
        set(fd, libc::SOL_SOCKET, forced, bytes).or_else(|_| set(fd, libc::SOL_SOCKET, plain, bytes))?;
    }
    Ok(())
}

/// A raw ICMP socket, connected, that hears echo replies only.
pub fn raw(target: Ipv4Addr) -> io::Result<OwnedFd> {
    let fd = open(libc::AF_INET, libc::SOCK_RAW, libc::IPPROTO_ICMP)?;
    set(&fd, libc::SOL_RAW, ICMP_FILTER, !1u32)?;
    buffers(&fd)?;
    // SAFETY: an address of the size that is passed.
    unsafe {
        let mut address: libc::sockaddr_in = zeroed();
        address.sin_family = libc::AF_INET as u16;
        address.sin_addr.s_addr = u32::from(target).to_be();
        let size = size_of::<libc::sockaddr_in>() as u32;
        check(libc::connect(fd.as_raw_fd(), (&raw const address).cast(), size))?;
    }
    Ok(fd)
}

/// A packet socket on an interface: all IPv4 frames that come in, or (`outgoing`) all frames both ways.
pub fn packet(interface: &str, outgoing: bool) -> io::Result<OwnedFd> {
    frames(interface, if outgoing { libc::ETH_P_ALL } else { libc::ETH_P_IP }, outgoing)
}

/// The same for frames of one type.
pub fn frames(interface: &str, protocol: libc::c_int, outgoing: bool) -> io::Result<OwnedFd> {
    let fd = open(libc::AF_PACKET, libc::SOCK_RAW, 0)?;
    if !outgoing {
        set(&fd, libc::SOL_PACKET, PACKET_IGNORE_OUTGOING, 1u32)?;
    }
    buffers(&fd)?;
    let name = std::ffi::CString::new(interface)?;
    // SAFETY: an address of the size that is passed, and a string that ends in a zero.
    unsafe {
        let mut address: libc::sockaddr_ll = zeroed();
        address.sll_family = libc::AF_PACKET as u16;
        address.sll_protocol = (protocol as u16).to_be();
        address.sll_ifindex = check(libc::if_nametoindex(name.as_ptr()) as libc::c_int)?;
        if address.sll_ifindex == 0 {
            return Err(io::Error::last_os_error());
        }
        let size = size_of::<libc::sockaddr_ll>() as u32;
        check(libc::bind(fd.as_raw_fd(), (&raw const address).cast(), size))?;
    }
    Ok(fd)
}

/// Lets only those packets in for which a program (code, jump if true, jump if false, constant) says so.
pub fn filter(fd: &OwnedFd, program: &[(u16, u8, u8, u32)]) -> io::Result<()> {
    let mut program: Vec<libc::sock_filter> =
        program.iter().map(|&(code, jt, jf, k)| libc::sock_filter { code, jt, jf, k }).collect();
    let program = libc::sock_fprog { len: program.len() as u16, filter: program.as_mut_ptr() };
    set(fd, libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, program)
}

/// Sends past the queueing discipline, and past every capture.
pub fn bypass(fd: &OwnedFd) -> io::Result<()> {
    set(fd, libc::SOL_PACKET, PACKET_QDISC_BYPASS, 1u32)
}

/// Software stamps of arrival, and (`send`) of the driver taking each probe, numbered by a counter of the socket.
pub fn stamp(fd: &OwnedFd, send: bool) -> io::Result<()> {
    let mut flags = libc::SOF_TIMESTAMPING_RX_SOFTWARE | libc::SOF_TIMESTAMPING_SOFTWARE;
    if send {
        flags |= libc::SOF_TIMESTAMPING_TX_SOFTWARE
            | libc::SOF_TIMESTAMPING_OPT_ID
            | libc::SOF_TIMESTAMPING_OPT_TSONLY
            | libc::SOF_TIMESTAMPING_OPT_CMSG;
    }
    set(fd, libc::SOL_SOCKET, libc::SO_TIMESTAMPING, flags)?;
    // The kernel switches arrival stamps on asynchronously: the first packets may go without.
    std::thread::sleep(Duration::from_millis(50));
    Ok(())
}

/// The Ethernet address of an interface, by any socket of its namespace.
pub fn hardware_address(fd: RawFd, interface: &str) -> io::Result<[u8; 6]> {
    // SAFETY: an ifreq that lives here; its name keeps a zero at the end; SIOCGIFHWADDR fills the address.
    unsafe {
        let mut request: libc::ifreq = zeroed();
        for (to, from) in request.ifr_name.iter_mut().take(libc::IFNAMSIZ - 1).zip(interface.bytes()) {
            *to = from as libc::c_char;
        }
        check(libc::ioctl(fd, libc::SIOCGIFHWADDR as _, &mut request))?;
        let bytes = request.ifr_ifru.ifru_hwaddr.sa_data;
        Ok([0, 1, 2, 3, 4, 5].map(|i| bytes[i] as u8))
    }
}

/// Frames that a packet socket dropped since the last asking.
pub fn drops(fd: &OwnedFd) -> io::Result<u32> {
    let mut counts = [0u32; 2];
    let mut size = size_of_val(&counts) as u32;
    // SAFETY: two words that live here, and their size.
    unsafe {
        check(libc::getsockopt(
            fd.as_raw_fd(),
            libc::SOL_PACKET,
            libc::PACKET_STATISTICS,
            counts.as_mut_ptr().cast(),
            &mut size,
        ))?;
    }
    Ok(counts[1])
}

/// Waits until something can be read, or the error queue holds something, or the time is over (false).
pub fn wait(fd: &OwnedFd, limit: Duration) -> bool {
    let mut poll = libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    let limit = libc::timespec { tv_sec: limit.as_secs() as _, tv_nsec: limit.subsec_nanos() as _ };
    // SAFETY: one pollfd and one timespec that live here.
    unsafe { libc::ppoll(&mut poll, 1, &limit, std::ptr::null()) > 0 }
}

/// A clock, in nanoseconds.
pub fn clock(which: libc::clockid_t) -> u64 {
    // SAFETY: a timespec that lives here.
    unsafe {
        let mut now: libc::timespec = zeroed();
        libc::clock_gettime(which, &mut now);
        nanoseconds(&now)
    }
}

fn nanoseconds(at: &libc::timespec) -> u64 {
    at.tv_sec as u64 * 1_000_000_000 + at.tv_nsec as u64
}

/// What control messages say of one message.
#[derive(Default, Clone, Copy)]
pub struct Control {
    /// When it arrived, or (with `number`) when the driver took the probe; CLOCK_REALTIME.
    pub at_ns: Option<u64>,
    /// From the error queue: the number of the probe that was stamped.
    pub number: Option<u32>,
}

/// Messages to be sent or received by one system call. The headers point into the other vectors, which never move.
pub struct Batch {
    headers: Vec<libc::mmsghdr>,
    pieces: Vec<libc::iovec>,
    bytes: Vec<u8>,
    control: Vec<u64>,
    size: usize,
}

impl Batch {
    pub fn new(count: usize, size: usize, with_control: bool) -> Self {
        let words = if with_control { CONTROL / 8 } else { 0 };
        let mut batch = Batch {
            headers: Vec::with_capacity(count),
            pieces: Vec::with_capacity(count),
            bytes: vec![0; count * size],
            control: vec![0; count * words],
            size,
        };
        for i in 0..count {
            let base = batch.bytes[i * size..].as_mut_ptr().cast();
            batch.pieces.push(libc::iovec { iov_base: base, iov_len: size });
        }
        for i in 0..count {
            // SAFETY: all zeros is a valid header.
            let mut header: libc::mmsghdr = unsafe { zeroed() };
            header.msg_hdr.msg_iov = &mut batch.pieces[i];
            header.msg_hdr.msg_iovlen = 1;
            if with_control {
                header.msg_hdr.msg_control = batch.control[i * words..].as_mut_ptr().cast();
            }
            batch.headers.push(header);
        }
        batch
    }

    pub fn bytes_mut(&mut self, i: usize) -> &mut [u8] {
        &mut self.bytes[i * self.size..(i + 1) * self.size]
    }

    /// Makes the first `count` messages as long as they were received, so that they go back as they are.
    pub fn echo(&mut self, count: usize) {
        for (piece, header) in self.pieces.iter_mut().zip(&self.headers).take(count) {
            piece.iov_len = header.msg_len as usize;
        }
    }

    /// Makes all messages as long as they can be again.
    pub fn restore(&mut self, count: usize) {
        for piece in self.pieces.iter_mut().take(count) {
            piece.iov_len = self.size;
        }
    }

    /// The bytes of a received message.
    pub fn message(&self, i: usize) -> &[u8] {
        let length = (self.headers[i].msg_len as usize).min(self.size);
        &self.bytes[i * self.size..][..length]
    }

    /// Sends the first `count` messages; how many went.
    pub fn send(&mut self, fd: RawFd, count: usize) -> io::Result<usize> {
        // SAFETY: the headers point to memory of this batch.
        let sent = unsafe { libc::sendmmsg(fd, self.headers.as_mut_ptr(), count as u32, 0) };
        check(sent).map(|sent| sent as usize)
    }

    /// Receives what is there, up to a batch; from the error queue with MSG_ERRQUEUE.
    pub fn receive(&mut self, fd: RawFd, flags: libc::c_int) -> io::Result<usize> {
        let room = if self.control.is_empty() { 0 } else { CONTROL };
        for header in &mut self.headers {
            header.msg_hdr.msg_controllen = room as _;
        }
        let flags = flags | libc::MSG_DONTWAIT;
        let (headers, count) = (self.headers.as_mut_ptr(), self.headers.len() as u32);
        // SAFETY: the headers point to memory of this batch, with its sizes.
        let got = unsafe { libc::recvmmsg(fd, headers, count, flags, std::ptr::null_mut()) };
        match check(got) {
            Ok(got) => Ok(got as usize),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// What the control messages of a received message say.
    pub fn control(&self, i: usize) -> Control {
        let mut found = Control::default();
        let header = &self.headers[i].msg_hdr;
        // SAFETY: the kernel wrote whole control messages; the macros stay within msg_controllen.
        unsafe {
            let mut at = libc::CMSG_FIRSTHDR(header);
            while !at.is_null() {
                let data = libc::CMSG_DATA(at);
                match ((*at).cmsg_level, (*at).cmsg_type) {
                    (libc::SOL_SOCKET, libc::SCM_TIMESTAMPING) => {
                        let at = nanoseconds(&data.cast::<libc::timespec>().read_unaligned());
                        found.at_ns = (at != 0).then_some(at);
                    }
                    (libc::SOL_IP, libc::IP_RECVERR) | (libc::SOL_PACKET, PACKET_TX_TIMESTAMP) => {
                        let error = data.cast::<libc::sock_extended_err>().read_unaligned();
                        if error.ee_origin == libc::SO_EE_ORIGIN_TIMESTAMPING {
                            found.number = Some(error.ee_data);
                        }
                    }
                    _ => {}
                }
                at = libc::CMSG_NXTHDR(header, at);
            }
        }
        found
    }
}
