//! Receiving a batch: one `recvmmsg` into preallocated memory, each packet with its control messages decoded on demand.
//!
//! The packet memory is the kernel's to write: nobody touches it before, so that it takes only as many pages as packets
//! ever arrive at once, and a large ring costs a single ping nothing.

use std::io;
use std::mem::MaybeUninit;
use std::net::IpAddr;
use std::os::fd::AsFd;

use super::header::{self, Multi, NO_BYTES};
use crate::sys::address::{LinkName, Name};
use crate::sys::ancillary::{Ancillary, decode};
use crate::sys::socket::Socket;

/// Bytes of control messages per packet: stamps 64, extended error with an IPv6 offender 64, hop limit, class and drop
/// counter 24 each, packet information 40; and some to spare.
const CONTROL_LEN: usize = 320;

/// Which of a socket's two queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// Packets.
    Data,
    /// Errors and transmit stamps (`MSG_ERRQUEUE`).
    Error,
}

/// A control buffer in words, which aligns it for the kernel.
type Control = [u64; CONTROL_LEN / 8];

/// Preallocated memory for receiving batches of up to a fixed number of packets.
pub struct RecvRing {
    messages: Vec<Multi>,
    iovecs: Vec<libc::iovec>,
    names: Vec<Name>,
    controls: Vec<Control>,
    packets: Box<[MaybeUninit<u8>]>,
    packet_bytes: usize,
    /// How many messages the last call filled.
    filled: usize,
    /// Whether no call was made: every header is to be set.
    untouched: bool,
}

// SAFETY: the pointers in `messages` and `iovecs` lead into the other vectors of the same ring, which never grow, so that
// they stay right when the ring moves to another thread; they are followed only by the kernel, within `receive`.
unsafe impl Send for RecvRing {}

/// One received packet, borrowed from the ring until the next call.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// Who sent it, with scope; from the error queue: whom the failed packet was for. `None` if the kernel did not say.
    pub from: Option<(IpAddr, u32)>,
    /// The same of a packet socket: interface, protocol, how the frame stands to this host.
    pub link: Option<LinkName>,
    /// The port of that address; 0 on raw sockets.
    pub port: u16,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// It was longer than the ring's packet size.
    pub truncated: bool,
    /// Control messages are missing.
    pub control_truncated: bool,
    control: &'a [u8],
}

impl Received<'_> {
    /// What the kernel said beside it.
    #[must_use]
    #[inline]
    pub fn ancillary(&self) -> Ancillary {
        decode(self.control)
    }
}

impl RecvRing {
    /// A ring for up to `capacity` packets a call (1 to 1,024) of up to `packet_bytes` each.
    #[must_use]
    pub fn new(capacity: usize, packet_bytes: usize) -> RecvRing {
        let n = capacity.clamp(1, 1024);
        let packet_bytes = packet_bytes.max(1);
        let mut ring = RecvRing {
            messages: (0..n).map(|_| Multi::EMPTY).collect(),
            iovecs: vec![NO_BYTES; n],
            names: vec![Name::default(); n],
            controls: vec![[0; CONTROL_LEN / 8]; n],
            packets: Box::new_uninit_slice(n.saturating_mul(packet_bytes)),
            packet_bytes,
            filled: 0,
            untouched: true,
        };
        ring.wire();
        ring
    }

    /// Does without the senders' addresses, where the packets themselves begin with them: the kernel then copies fewer
    /// bytes out. [`Received::from`] is `None`.
    #[must_use]
    pub fn without_names(mut self) -> RecvRing {
        self.names.clear();
        for message in &mut self.messages {
            message.header.name = std::ptr::null_mut();
        }
        self
    }

    /// Points every header at its parts. Done once: none of the vectors ever grows.
    fn wire(&mut self) {
        let packets = self.packets.chunks_exact_mut(self.packet_bytes);
        let parts = self.iovecs.iter_mut().zip(&mut self.names).zip(&mut self.controls).zip(packets);
        for (message, (((iovec, name), control), packet)) in self.messages.iter_mut().zip(parts) {
            *iovec = libc::iovec { iov_base: packet.as_mut_ptr().cast(), iov_len: packet.len() };
            message.header.iov = iovec;
            message.header.iov_len = 1;
            message.header.name = name.as_mut_ptr();
            message.header.control = control.as_mut_ptr().cast();
        }
    }

    /// How many packets one call takes.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.messages.len()
    }

    /// How many packets the last call took.
    #[must_use]
    pub fn filled(&self) -> usize {
        self.filled
    }

    /// Takes what is queued, without waiting, and returns how many packets can be looked at with [`RecvRing::get`].
    /// Nothing queued is `Ok(0)`. An error is the socket's pending one, and is gone with this call.
    pub fn receive(&mut self, socket: &Socket, queue: Queue) -> io::Result<usize> {
        let name_len = if self.names.is_empty() { 0 } else { Name::capacity() as libc::c_int };
        // What the kernel overwrote in the last call; the others still stand as they were set.
        let stale =
            if std::mem::take(&mut self.untouched) { self.messages.len() } else { self.filled.saturating_add(1) };
        for message in self.messages.iter_mut().take(stale) {
            message.header.name_len = name_len;
            message.header.control_len = CONTROL_LEN;
            message.header.flags = 0;
        }
        self.filled = 0;
        let flags = match queue {
            Queue::Data => libc::MSG_DONTWAIT,
            Queue::Error => libc::MSG_DONTWAIT | libc::MSG_ERRQUEUE,
        };
        // SAFETY: `wire` pointed each header at its own name (if any), iovec, control buffer and packet memory in this ring, all
        // still where they were, and the lengths are those set here and there. No reference into them is alive: `get`
        // borrows the ring.
        match unsafe { header::receive(socket.as_fd(), &mut self.messages, flags) } {
            Ok(n) => {
                self.filled = n.min(self.messages.len());
                Ok(self.filled)
            }
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => Ok(0),
            Err(e) => Err(e),
        }
    }

    /// The `i`th packet of the last call.
    #[must_use]
    #[inline]
    pub fn get(&self, i: usize) -> Option<Received<'_>> {
        let message = self.messages.get(i).filter(|_| i < self.filled)?;
        let h = &message.header;
        let start = i.checked_mul(self.packet_bytes)?;
        let len = usize::try_from(message.len).unwrap_or(usize::MAX).min(self.packet_bytes);
        let control = bytes(self.controls.get(i)?);
        let name_len = usize::try_from(h.name_len).unwrap_or(0);
        let from = self.names.get(i).and_then(|name| name.read(name_len));
        Some(Received {
            from: from.map(|e| (e.addr, e.scope)),
            port: from.map_or(0, |e| e.port),
            link: self.names.get(i).and_then(|name| name.read_link(name_len)),
            bytes: received(self.packets.get(start..start.checked_add(len)?)?),
            truncated: h.flags & libc::MSG_TRUNC as libc::c_uint != 0,
            control_truncated: h.flags & libc::MSG_CTRUNC as libc::c_uint != 0,
            control: control.get(..h.control_len).unwrap_or(control),
        })
    }
}

/// What the kernel wrote of a packet.
fn received(packet: &[MaybeUninit<u8>]) -> &[u8] {
    // SAFETY: the same memory, of the same length, which is that of the packet as the kernel wrote it from its beginning
    // in the last call: `get` looks at no other packets, and cuts each at its length.
    unsafe { std::slice::from_raw_parts(packet.as_ptr().cast::<u8>(), packet.len()) }
}

/// The words of a control buffer as the bytes that the kernel wrote.
fn bytes(control: &Control) -> &[u8] {
    // SAFETY: the same memory, of the same length; a byte has no alignment and every bit pattern is one.
    unsafe { std::slice::from_raw_parts(control.as_ptr().cast::<u8>(), CONTROL_LEN) }
}
