//! What waits in a socket: buffers, drop counters, what may enter the queues, and emptying them.
//!
//! Replies, errors and transmit stamps share one receive buffer, so that a flood of one drowns the others (lab_kernel 4):
//! its size, and how much was dropped, are part of a measurement.

use std::io;
use std::mem;
use std::os::fd::AsRawFd;

use libc::{IPPROTO_ICMPV6, SOL_SOCKET, c_int, c_void};

use super::consts::*;
use super::errno::Errno;
use super::filter::Insn;
use super::options::check;
use super::socket::{Kind, Socket};
use crate::units::Family;

/// The memory of a socket (`SO_MEMINFO`), in bytes as the kernel accounts them, and its drop counter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemInfo {
    /// Queued for receiving, stamps and errors included.
    pub receive_queued: u32,
    /// Receive buffer.
    pub receive_buffer: u32,
    /// On the way out.
    pub send_queued: u32,
    /// Send buffer.
    pub send_buffer: u32,
    /// Packets that this socket dropped since it was opened. While its buffer is full a raw socket counts every packet
    /// of its protocol, also those that its filter would have refused (`raw_v4_input`, `net/ipv4/raw.c`): a bound.
    pub drops: u32,
}

/// Follows a socket's drop counter.
#[derive(Clone, Copy, Debug, Default)]
pub struct Drops {
    known: u32,
}

impl Drops {
    /// From now on.
    #[must_use]
    pub fn of(socket: &Socket) -> Self {
        Drops { known: socket.memory_info().map_or(0, |info| info.drops) }
    }

    /// How many packets the socket has dropped since it was last asked.
    pub fn more(&mut self, socket: &Socket) -> u32 {
        let Ok(info) = socket.memory_info() else { return 0 };
        let more = info.drops.wrapping_sub(self.known);
        self.known = info.drops;
        more
    }
}

impl Socket {
    /// Asks for a receive buffer, beyond `rmem_max` where that is allowed. Returns what it is now: the kernel doubles
    /// what is asked, to cover its own overhead, and may give less.
    pub fn set_receive_buffer(&self, bytes: u32) -> io::Result<u32> {
        self.set_buffer(SO_RCVBUFFORCE, libc::SO_RCVBUF, bytes)
    }

    /// As [`Socket::set_receive_buffer`], for sending.
    pub fn set_send_buffer(&self, bytes: u32) -> io::Result<u32> {
        self.set_buffer(SO_SNDBUFFORCE, libc::SO_SNDBUF, bytes)
    }

    fn set_buffer(&self, force: c_int, plain: c_int, bytes: u32) -> io::Result<u32> {
        let v = c_int::try_from(bytes).unwrap_or(c_int::MAX);
        if self.set_int(SOL_SOCKET, force, v).is_err() {
            self.set_int(SOL_SOCKET, plain, v)?;
        }
        Ok(u32::try_from(self.get_int(SOL_SOCKET, plain)?).unwrap_or(0))
    }

    /// Whether packets come with the number of those dropped before them. Drops after the last packet are only in
    /// [`Socket::memory_info`] (lab_kernel 4), and those of a ping socket nowhere else.
    pub fn recv_drop_count(&self, on: bool) -> io::Result<()> {
        self.set_int(SOL_SOCKET, SO_RXQ_OVFL, on.into())
    }

    /// The socket's memory and drop counters (Linux 4.12).
    pub fn memory_info(&self) -> io::Result<MemInfo> {
        let mut words = [0_u32; SK_MEMINFO_VARS];
        let mut len = mem::size_of_val(&words) as libc::socklen_t;
        // SAFETY: `words` is valid for `len` bytes of writing, any bit pattern is a u32, and the kernel writes at most
        // `len` bytes and its count back into `len`.
        let r =
            unsafe { libc::getsockopt(self.as_raw_fd(), SOL_SOCKET, SO_MEMINFO, words.as_mut_ptr().cast(), &mut len) };
        check(r)?;
        Ok(MemInfo {
            receive_queued: words[SK_MEMINFO_RMEM_ALLOC],
            receive_buffer: words[SK_MEMINFO_RCVBUF],
            send_queued: words[SK_MEMINFO_WMEM_ALLOC],
            send_buffer: words[SK_MEMINFO_SNDBUF],
            drops: words[SK_MEMINFO_DROPS],
        })
    }

    /// Lets only these ICMP types through to a raw socket. IPv4's mask covers types 0 to 31; higher ones always pass.
    pub fn icmp_filter(&self, allow: &[u8]) -> io::Result<()> {
        match self.family() {
            Family::V4 => {
                let allowed = allow.iter().filter(|t| **t < 32).fold(0_u32, |mask, t| mask | 1 << t);
                self.set_raw(SOL_RAW, ICMP_FILTER, &(!allowed).to_ne_bytes())
            }
            Family::V6 => {
                let mut blocked = [u32::MAX; 8];
                for t in allow {
                    blocked[usize::from(t >> 5)] &= !(1 << (t & 31));
                }
                let mut bytes = [0_u8; 32];
                for (to, from) in bytes.chunks_exact_mut(4).zip(blocked) {
                    to.copy_from_slice(&from.to_ne_bytes());
                }
                self.set_raw(IPPROTO_ICMPV6, ICMPV6_FILTER, &bytes)
            }
        }
    }

    /// Attaches a classic BPF program: packets for which it returns 0 never reach the queue. What was queued before
    /// stays: [`Socket::drain`] it.
    pub fn attach_filter(&self, program: &[Insn]) -> io::Result<()> {
        let len = libc::c_ushort::try_from(program.len()).map_err(|_| Errno(libc::EINVAL).into_io())?;
        let fprog = libc::sock_fprog { len, filter: program.as_ptr().cast_mut().cast() };
        // SAFETY: `fprog` points to `len` instructions in the kernel's layout (`Insn` is repr(C) like sock_filter); the
        // kernel only reads and copies them.
        let r = unsafe {
            let at: *const libc::sock_fprog = &fprog;
            libc::setsockopt(
                self.as_raw_fd(),
                SOL_SOCKET,
                libc::SO_ATTACH_FILTER,
                at.cast::<c_void>(),
                mem::size_of::<libc::sock_fprog>() as libc::socklen_t,
            )
        };
        check(r)
    }

    /// Discards everything queued, data and errors, and returns how much that was. Bounded: a socket that is filled
    /// faster than it is emptied is left after 65,536 packets.
    pub fn drain(&self) -> io::Result<usize> {
        let mut discarded = 0;
        for queue in [0, libc::MSG_ERRQUEUE] {
            if self.kind() == Kind::RawHeader {
                break;
            }
            while discarded < 65_536 {
                let mut byte = 0_u8;
                let at: *mut u8 = &mut byte;
                // SAFETY: one byte at `at` may be written; the rest of the packet is cut off by the kernel.
                let r =
                    unsafe { libc::recv(self.as_raw_fd(), at.cast(), 1, libc::MSG_DONTWAIT | libc::MSG_TRUNC | queue) };
                if r >= 0 {
                    discarded += 1;
                    continue;
                }
                let e = io::Error::last_os_error();
                if e.kind() == io::ErrorKind::WouldBlock {
                    break;
                }
                if Errno::from(&e).is_broken() {
                    return Err(e);
                }
                // A pending ICMP error fails one receive and is gone with it.
                discarded += 1;
            }
        }
        Ok(discarded)
    }

    /// Takes the pending error of the socket (`SO_ERROR`), which would otherwise fail the next, innocent call.
    pub fn take_error(&self) -> io::Result<Option<Errno>> {
        Ok(self.inner.take_error()?.map(|e| Errno::from(&e)))
    }
}
