//! Sending a batch: one `sendmmsg` for many packets, each with its own address and control messages.
//!
//! A place of the ring remembers the control messages that it last sent. As long as they only differ by the stamp's
//! number, which is the normal case of a flood, four bytes are written instead of five messages.

use std::io;
use std::net::IpAddr;
use std::os::fd::AsFd;
use std::ptr;

use super::header::{self, Header, Multi, NO_BYTES};
use crate::sys::address::{Endpoint, Name};
use crate::sys::ancillary::{SEND_CONTROL_LEN, SendControl, encode};
use crate::sys::socket::Socket;
use crate::units::{EtherType, Family, MacAddr};

/// One packet to send.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// Destination and its scope (interface index of a link-local address, otherwise 0); `None` on a connected socket.
    pub to: Option<(IpAddr, u32)>,
    /// Destination port, of UDP sockets; 0 on raw ones, which know none (IPv6 refuses any but the protocol's number).
    pub port: u16,
    /// IPv6 flow label, sent after [`Socket::set_flow_label`] only; 0 for none.
    pub flow: u32,
    /// What the socket takes: ICMP, UDP payload, or a whole IPv4 packet.
    pub bytes: &'a [u8],
    /// What to ask of the kernel for this packet.
    pub control: SendControl,
}

/// One frame to send through a packet socket.
#[derive(Clone, Copy, Debug)]
pub struct OutgoingFrame<'a> {
    /// Interface index and EtherType to send by; `None` for those the socket is bound to.
    pub by: Option<(u32, EtherType)>,
    /// The frame, link-layer header included.
    pub bytes: &'a [u8],
    /// Which stamps to ask for; what else a [`SendControl`] can ask is of IP.
    pub control: SendControl,
}

/// Where one packet's header points to. What every packet needs stands together, the control messages behind it: of few
/// packets there are any, and the processor fetches memory in lines.
#[repr(C)]
struct Place {
    iovec: libc::iovec,
    name: Name,
    name_len: usize,
    control: Control,
}

/// A control buffer and what it holds.
#[repr(C)]
struct Control {
    len: usize,
    number_at: Option<usize>,
    holds: Option<(Family, SendControl)>,
    bytes: Aligned,
}

/// Aligned for the kernel.
#[repr(C, align(8))]
struct Aligned([u8; SEND_CONTROL_LEN]);

/// Preallocated memory for batches of up to a fixed number of packets. What no batch was ever large enough for stays
/// untouched.
pub struct SendRing {
    messages: Vec<Multi>,
    places: Vec<Place>,
    capacity: usize,
}

// SAFETY: the pointers in `messages` and `places` are set anew for each call and are only used within it; between calls
// nobody follows them.
unsafe impl Send for SendRing {}

impl SendRing {
    /// A ring for up to `capacity` packets a call (at least one, at most the kernel's `UIO_MAXIOV`, 1,024).
    #[must_use]
    pub fn new(capacity: usize) -> SendRing {
        let capacity = capacity.clamp(1, 1024);
        SendRing { messages: Vec::with_capacity(capacity), places: Vec::with_capacity(capacity), capacity }
    }

    /// How many packets one call takes.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Sends the packets in order, at most [`SendRing::capacity`] of them, in one system call, and returns how many the
    /// kernel took. Fewer than given: it stopped at one, and hides why; send again from that one to learn the errno
    /// (lab_kernel 9). An error is that of the first packet, and nothing was sent.
    pub fn send<'a>(&mut self, socket: &Socket, items: impl Iterator<Item = Outgoing<'a>>) -> io::Result<usize> {
        self.give(socket, items, |place, item| {
            let to = item.to.map(|(addr, scope)| Endpoint { addr, scope, port: item.port });
            place.name_len = to.map_or(0, |to| place.name.write(to, item.flow));
            (item.bytes, item.control)
        })
    }

    /// As [`SendRing::send`], for a packet socket.
    pub fn send_frames<'a>(
        &mut self,
        socket: &Socket,
        items: impl Iterator<Item = OutgoingFrame<'a>>,
    ) -> io::Result<usize> {
        self.give(socket, items, |place, item| {
            let name = &mut place.name;
            place.name_len = item.by.map_or(0, |(ifindex, ty)| name.write_link(ifindex, ty.0, MacAddr::ZERO));
            (item.bytes, item.control)
        })
    }

    /// Lets `address` write each item's name into its place and take from it what is sent, then makes the call.
    fn give<'a, T>(
        &mut self,
        socket: &Socket,
        items: impl Iterator<Item = T>,
        address: impl Fn(&mut Place, &T) -> (&'a [u8], SendControl),
    ) -> io::Result<usize> {
        let family = socket.family();
        let mut n = 0;
        for item in items.take(self.capacity) {
            if n == self.places.len() {
                // Within the capacity reserved in `new`: no place moves.
                self.places.push(Place::EMPTY);
                self.messages.push(Multi::EMPTY);
            }
            let Some(place) = self.places.get_mut(n) else { break };
            let (bytes, control) = address(place, &item);
            place.iovec = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
            place.control.fill(family, &control);
            n += 1;
        }
        // Only now that no place is touched any more are pointers into them taken.
        for (message, place) in self.messages.iter_mut().zip(&mut self.places).take(n) {
            place.point(&mut message.header);
        }
        let Some(batch) = self.messages.get_mut(..n).filter(|b| !b.is_empty()) else { return Ok(0) };
        // SAFETY: each header filled above points to the name, iovec and control buffer of its own place, none of which
        // has moved since, with their lengths, and its iovec to `bytes` of an item, which outlive this call (`'a`). The
        // kernel only reads them.
        unsafe { header::send(socket.as_fd(), batch) }
    }
}

impl Place {
    const EMPTY: Place = Place {
        iovec: NO_BYTES,
        name: Name::EMPTY,
        name_len: 0,
        control: Control { len: 0, number_at: None, holds: None, bytes: Aligned([0; SEND_CONTROL_LEN]) },
    };

    /// Points a header at this place.
    fn point(&mut self, h: &mut Header) {
        h.iov = &mut self.iovec;
        h.iov_len = 1;
        h.name = if self.name_len == 0 { ptr::null_mut() } else { self.name.as_mut_ptr() };
        h.name_len = self.name_len as libc::c_int;
        h.control = if self.control.len == 0 { ptr::null_mut() } else { self.control.bytes.0.as_mut_ptr().cast() };
        h.control_len = self.control.len;
        h.flags = 0;
    }
}

impl Control {
    fn fill(&mut self, family: Family, control: &SendControl) {
        if let Some((held_family, held)) = &mut self.holds {
            let same = SendControl { stamp: held.stamp, ..*control } == *held;
            if same && *held_family == family && held.stamp.is_some() == control.stamp.is_some() {
                if let (Some(at), Some(id)) = (self.number_at, control.stamp) {
                    if let Some(place) = self.bytes.0.get_mut(at..at + 4) {
                        place.copy_from_slice(&id.to_ne_bytes());
                    }
                }
                return;
            }
        }
        (self.len, self.number_at) = encode(control, family, &mut self.bytes.0);
        self.holds = Some((family, *control));
    }
}
