//! The few system calls of the test bed that no safe crate offers: opening a TUN device, a capturing packet socket with
//! kernel stamps, and a wait with nanosecond deadlines.
//!
//! This is deliberately not the product's own kernel floor: the test bed is the independent side of every comparison.
//! All `unsafe` of the test bed stands in this file.
#![allow(unsafe_code)]

use std::ffi::CString;
use std::io;
use std::mem;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

/// `TUNSETIFF` of linux/if_tun.h: `_IOW('T', 202, int)`.
const TUNSETIFF: libc::c_ulong = 0x4004_54ca;

/// Turns -1 into the error that `errno` names.
fn check(ret: libc::c_int) -> io::Result<libc::c_int> {
    if ret < 0 { Err(io::Error::last_os_error()) } else { Ok(ret) }
}

/// Opens `/dev/net/tun` as the layer-3 device `name`, without packet information, in the namespace of this thread.
pub fn open_tun(name: &str) -> io::Result<OwnedFd> {
    let flags = libc::O_RDWR | libc::O_NONBLOCK | libc::O_CLOEXEC;
    // SAFETY: the path is a NUL-terminated literal.
    let fd = check(unsafe { libc::open(c"/dev/net/tun".as_ptr(), flags) })?;
    // SAFETY: open succeeded, so the descriptor is ours alone.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    // SAFETY: ifreq is plain data for which all zeros is a valid value.
    let mut req: libc::ifreq = unsafe { mem::zeroed() };
    assert!(name.len() < req.ifr_name.len(), "interface name too long");
    for (to, from) in req.ifr_name.iter_mut().zip(name.bytes()) {
        *to = from as libc::c_char;
    }
    req.ifr_ifru.ifru_flags = (libc::IFF_TUN | libc::IFF_NO_PI) as libc::c_short;
    // SAFETY: the descriptor is open and TUNSETIFF reads and writes one ifreq, which outlives the call.
    check(unsafe { libc::ioctl(fd.as_raw_fd(), TUNSETIFF as _, &mut req) })?;
    Ok(fd)
}

/// A packet socket bound to `interface`, hearing all protocols in both directions, with nanosecond receive stamps.
///
/// It is opened with protocol 0, which hears nothing, so that not a frame of another interface gets in before the bind.
pub fn packet_socket(interface: &str) -> io::Result<OwnedFd> {
    let name = CString::new(interface)?;
    // SAFETY: the name is NUL-terminated and outlives the call.
    let index = unsafe { libc::if_nametoindex(name.as_ptr()) };
    if index == 0 {
        return Err(io::Error::last_os_error());
    }
    let kind = libc::SOCK_RAW | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    // SAFETY: plain integers only.
    let fd = check(unsafe { libc::socket(libc::AF_PACKET, kind, 0) })?;
    // SAFETY: socket succeeded, so the descriptor is ours alone.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    // SO_TIMESTAMPNS would make up a stamp of the time of reading where the kernel took none.
    let stamps = libc::SOF_TIMESTAMPING_RX_SOFTWARE | libc::SOF_TIMESTAMPING_SOFTWARE;
    set_int(&fd, libc::SOL_SOCKET, libc::SO_TIMESTAMPING, stamps as i32)?;
    set_int(&fd, libc::SOL_PACKET, libc::PACKET_AUXDATA, 1)?;
    if set_int(&fd, libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, 64 << 20).is_err() {
        set_int(&fd, libc::SOL_SOCKET, libc::SO_RCVBUF, 64 << 20)?;
    }
    // SAFETY: sockaddr_ll is plain data for which all zeros is a valid value.
    let mut addr: libc::sockaddr_ll = unsafe { mem::zeroed() };
    addr.sll_family = libc::AF_PACKET as u16;
    addr.sll_protocol = (libc::ETH_P_ALL as u16).to_be();
    addr.sll_ifindex = index as i32;
    let len = mem::size_of_val(&addr) as libc::socklen_t;
    // SAFETY: the address is a whole sockaddr_ll and its length is given.
    check(unsafe { libc::bind(fd.as_raw_fd(), (&raw const addr).cast(), len) })?;
    Ok(fd)
}

/// Sets an option that takes an `int`.
pub fn set_int(fd: &OwnedFd, level: i32, name: i32, value: i32) -> io::Result<()> {
    let len = mem::size_of_val(&value) as libc::socklen_t;
    // SAFETY: the option value is one int, which outlives the call.
    check(unsafe { libc::setsockopt(fd.as_raw_fd(), level, name, (&raw const value).cast(), len) })?;
    Ok(())
}

/// What a packet socket says about a frame beside its bytes.
#[derive(Clone, Copy, Debug)]
pub struct FrameInfo {
    /// Bytes received (cut to the buffer).
    pub len: usize,
    /// CLOCK_REALTIME stamp of the kernel, nanoseconds; 0 when it took none.
    pub at_ns: u64,
    /// `sll_pkttype`: `PACKET_OUTGOING` and friends of linux/if_packet.h.
    pub kind: u8,
    /// `sll_hatype`: the link type, `ARPHRD_*` of linux/if_arp.h.
    pub link: u16,
    /// The sending kernel left the transport checksum to the device (`TP_STATUS_CSUMNOTREADY`): it is not there yet.
    pub checksum_pending: bool,
}

/// Control buffer with the alignment that `cmsghdr` wants.
#[repr(align(8))]
struct Control([u8; 256]);

/// Receives one frame; `None` when nothing waits.
pub fn receive_frame(fd: &OwnedFd, buf: &mut [u8]) -> io::Result<Option<FrameInfo>> {
    let mut control = Control([0; 256]);
    // SAFETY: sockaddr_ll and msghdr are plain data for which all zeros is a valid value.
    let (mut from, mut msg): (libc::sockaddr_ll, libc::msghdr) = unsafe { (mem::zeroed(), mem::zeroed()) };
    let mut iov = libc::iovec { iov_base: buf.as_mut_ptr().cast(), iov_len: buf.len() };
    msg.msg_name = (&raw mut from).cast();
    msg.msg_namelen = mem::size_of_val(&from) as libc::socklen_t;
    msg.msg_iov = &mut iov;
    msg.msg_iovlen = 1;
    msg.msg_control = control.0.as_mut_ptr().cast();
    msg.msg_controllen = control.0.len() as _;
    // SAFETY: every pointer in msg points to a live buffer of the stated length.
    let len = unsafe { libc::recvmsg(fd.as_raw_fd(), &mut msg, libc::MSG_DONTWAIT) };
    if len < 0 {
        let e = io::Error::last_os_error();
        return if e.kind() == io::ErrorKind::WouldBlock { Ok(None) } else { Err(e) };
    }
    let (mut at_ns, mut checksum_pending) = (0, false);
    // SAFETY: msg was filled by recvmsg; the CMSG functions stay within msg_controllen, and the stamp is read unaligned.
    unsafe {
        let mut c = libc::CMSG_FIRSTHDR(&msg);
        while !c.is_null() {
            if (*c).cmsg_level == libc::SOL_SOCKET && (*c).cmsg_type == libc::SCM_TIMESTAMPING {
                // Three stamps; the first is the software one.
                let ts: libc::timespec = libc::CMSG_DATA(c).cast::<libc::timespec>().read_unaligned();
                at_ns = ts.tv_sec as u64 * 1_000_000_000 + ts.tv_nsec as u64;
            }
            if (*c).cmsg_level == libc::SOL_PACKET && (*c).cmsg_type == libc::PACKET_AUXDATA {
                // The status is the first field of tpacket_auxdata.
                let status: u32 = libc::CMSG_DATA(c).cast::<u32>().read_unaligned();
                checksum_pending = status & libc::TP_STATUS_CSUMNOTREADY != 0;
            }
            c = libc::CMSG_NXTHDR(&msg, c);
        }
    }
    Ok(Some(FrameInfo { len: len as usize, at_ns, kind: from.sll_pkttype, link: from.sll_hatype, checksum_pending }))
}

/// Waits until one of `fds` is readable or `timeout` is over; says which are.
pub fn wait_readable<const N: usize>(fds: [BorrowedFd<'_>; N], timeout: Option<Duration>) -> io::Result<[bool; N]> {
    let mut polls = fds.map(|fd| libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLIN, revents: 0 });
    let ts = timeout.map(|t| libc::timespec { tv_sec: t.as_secs() as _, tv_nsec: t.subsec_nanos() as _ });
    let ts = ts.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: the array has N entries; the timeout is null or points to a live timespec; no signal mask is given.
    let n = unsafe { libc::ppoll(polls.as_mut_ptr(), N as libc::nfds_t, ts, std::ptr::null()) };
    if n < 0 {
        let e = io::Error::last_os_error();
        return if e.kind() == io::ErrorKind::Interrupted { Ok([false; N]) } else { Err(e) };
    }
    Ok(polls.map(|p| p.revents != 0))
}

/// Reads what is there; `None` when nothing waits.
pub fn read(fd: &OwnedFd, buf: &mut [u8]) -> io::Result<Option<usize>> {
    // SAFETY: the buffer is live and its length is given.
    let n = unsafe { libc::read(fd.as_raw_fd(), buf.as_mut_ptr().cast(), buf.len()) };
    if n >= 0 {
        return Ok(Some(n as usize));
    }
    let e = io::Error::last_os_error();
    if e.kind() == io::ErrorKind::WouldBlock { Ok(None) } else { Err(e) }
}

/// Writes one packet or frame.
pub fn write(fd: &OwnedFd, bytes: &[u8]) -> io::Result<()> {
    // SAFETY: the buffer is live and its length is given.
    let n = unsafe { libc::write(fd.as_raw_fd(), bytes.as_ptr().cast(), bytes.len()) };
    if n < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Sends a signal to one process.
pub fn signal(pid: u32, signal: i32) -> io::Result<()> {
    // SAFETY: plain integers; the pid is that of a child not yet waited for.
    check(unsafe { libc::kill(pid as libc::pid_t, signal) })?;
    Ok(())
}

/// Sends a signal to one thread of a child: `kill` leaves it to the kernel which of them gets it.
pub fn signal_thread(pid: u32, thread: u32, signal: i32) -> io::Result<()> {
    // SAFETY: plain integers; the pid is that of a child not yet waited for.
    check(unsafe { libc::syscall(libc::SYS_tgkill, pid as libc::pid_t, thread as libc::pid_t, signal) as i32 })?;
    Ok(())
}

/// Gives a command the signals that a shell's foreground gives it: a test run in the background has some ignored, and so
/// would the command.
pub fn default_signals(command: &mut Command) {
    let reset = || {
        for n in [libc::SIGINT, libc::SIGQUIT, libc::SIGHUP, libc::SIGTERM] {
            // SAFETY: SIG_DFL is a valid action for these signals.
            unsafe { libc::signal(n, libc::SIG_DFL) };
        }
        Ok(())
    };
    // SAFETY: between fork and exec only signal(2) is called, which is async-signal-safe.
    unsafe { command.pre_exec(reset) };
}

/// Makes timed waits of this thread as exact as the kernel can.
pub fn finest_timer_slack() {
    // SAFETY: PR_SET_TIMERSLACK takes one integer and touches this thread only.
    unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1 as libc::c_ulong) };
}

/// A copy of `fd` that is passed on to commands started from here (no close-on-exec).
pub fn inheritable(fd: &OwnedFd) -> io::Result<OwnedFd> {
    // SAFETY: fcntl F_DUPFD on an open descriptor.
    let copy = check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_DUPFD, 10) })?;
    // SAFETY: fcntl succeeded, so the new descriptor is ours alone.
    Ok(unsafe { OwnedFd::from_raw_fd(copy) })
}

/// Bytes that wait in a pipe (`FIONREAD`).
pub fn bytes_waiting(fd: &OwnedFd) -> io::Result<usize> {
    let mut n: libc::c_int = 0;
    // SAFETY: FIONREAD writes one int, which outlives the call.
    check(unsafe { libc::ioctl(fd.as_raw_fd(), libc::FIONREAD as _, &mut n) })?;
    Ok(n as usize)
}
