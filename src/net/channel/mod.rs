//! One family's sockets as every network uses them: batches out, packets, errors and stamps in.
//!
//! What differs between protocols (the headers in front of a payload, what an answer or an error says) is behind
//! [`Protocol`], which is pure; what the kernel makes difficult (short batches, pending errors, stamps that drift, queues
//! that strangers fill) is here, once. [`Channels`] makes a [`super::Network`] of several.

pub(super) mod errors;
mod gate;
mod heard;
mod send;
mod several;
pub(super) mod stamps;
mod take;

use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd};

use crate::clock::Now;
use crate::net::socket::{Options, Source};
use crate::net::{Event, Probe};
use crate::sys::ancillary::{ExtError, Stages};
use crate::sys::batch::{RecvRing, SendRing};
use crate::sys::errno::Errno;
use crate::sys::queue::Drops;
use crate::sys::socket::{Kind, Socket};
use crate::sys::stamping::Timestamping;
use crate::units::{Family, Seq};

pub(super) use gate::Gate;
pub(super) use heard::{Heard, Hears, ip_packet};
pub(super) use several::Channels;
use stamps::Stamps;

/// Longest batch in one system call.
const LONGEST_BATCH: usize = 256;

/// A probe's headers are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Written {
    /// How long the packet is, as the socket takes it.
    pub(super) len: usize,
    /// The transport checksum on the wire, where it is known.
    pub(super) checksum: Option<u16>,
    /// The destination port, where the kernel writes it.
    pub(super) port: u16,
    /// The source that the kernel must take, where the checksum hangs on it.
    pub(super) source: Option<IpAddr>,
}

/// What is a protocol's own: bytes, and nothing of sockets.
pub(super) trait Protocol {
    /// IPv4 or IPv6.
    fn family(&self) -> Family;

    /// The number of the protocol that probes are carried by.
    fn number(&self) -> u8;

    /// Writes a probe's headers in front of its payload. The packet is the end of `room`.
    ///
    /// # Errors
    /// What cannot be sent so; it is told as not sent.
    fn write(&mut self, room: &mut [u8], probe: &Probe, now: Now) -> Result<Written, Errno>;

    /// Reads a packet.
    fn packet<'a>(&self, heard: &Heard<'a>) -> Event<'a>;

    /// Reads an error from the error queue of a socket whose errors come by no other way.
    fn queued<'a>(&self, heard: &Heard<'a>, error: &ExtError) -> Event<'a>;

    /// Destination and number of our own probe, in an IP packet of our own.
    fn probe_in(&self, packet: &[u8]) -> Option<(IpAddr, Seq)>;

    /// Whether an error in a raw socket's error queue is about a probe of ours.
    fn quotes_us(&self, bytes: &[u8]) -> bool;
}

/// A socket that is read.
struct Ear {
    /// `None`: the sender's.
    socket: Option<Socket>,
    hears: Hears,
    gate: Gate,
    ring: RecvRing,
    drops: Drops,
}

/// Sockets of one family that probe by one protocol.
pub(super) struct Channel<P> {
    pub(super) protocol: P,
    sender: Socket,
    ears: Vec<Ear>,
    setup: Setup,
    /// The number of the interface now, which may be another than it was.
    interface: Option<u32>,
    out: SendRing,
    queue: RecvRing,
    stamps: Stamps,
    written: Vec<(Result<Written, Errno>, Option<u32>)>,
    strangers: u32,
}

/// How a channel's sockets are set up.
#[derive(Debug, Default)]
pub(super) struct Setup {
    /// Whether the error queue is all that tells of ICMP errors: ping sockets, UDP sockets.
    pub(super) errors_by_queue: bool,
    /// Whether a raw socket keeps its error queue for what this host says.
    pub(super) error_queue: bool,
    /// Whether we write the IP header.
    pub(super) own_ip: bool,
    /// Whether the sender is connected to its one target.
    pub(super) connected: bool,
    /// Whether probes go whole or not at all by our own choice, not the user's: until the first that is refused for it.
    pub(super) whole: bool,
    /// IPv6 flow information of each destination.
    pub(super) flow: u32,
    /// The departure stamps that a probe asks for.
    pub(super) stages: Stages,
    /// The stamps that its sockets give; `None`: none.
    pub(super) stamps: Option<Timestamping>,
    /// Whether stamps carry numbers of our own.
    pub(super) numbered: bool,
    /// The interface that probes leave by.
    pub(super) interface: Option<u32>,
    /// Its name, where the socket is not bound to it.
    pub(super) device: Option<String>,
    /// The source that must be ours, where we write the IP header.
    pub(super) source: Option<Source>,
}

impl<P: Protocol> Channel<P> {
    /// A channel that sends by one socket and hears by its ears, in the order given; `None` stands for the sender.
    pub(super) fn new(
        protocol: P,
        sender: Socket,
        ears: Vec<(Option<Socket>, Hears, Gate)>,
        options: &Options,
        setup: Setup,
    ) -> Channel<P> {
        // A batch is rarely longer than what may be unanswered; a single ping touches little memory.
        let batch = (options.window as usize).clamp(8, LONGEST_BATCH);
        // An answer is as long as its probe; an error quotes at most 1,280 octets with IPv6, 576 with IPv4.
        let packet = (options.size + 128).max(1536);
        let ear = |(socket, hears, gate): (Option<Socket>, Hears, Gate)| {
            let read = socket.as_ref().unwrap_or(&sender);
            let ring = RecvRing::new(batch, packet);
            Ear {
                ring: if shows_ip_header(read) { ring.without_names() } else { ring },
                drops: Drops::of(read),
                hears,
                gate,
                socket,
            }
        };
        Channel {
            ears: ears.into_iter().map(ear).collect(),
            protocol,
            interface: setup.interface,
            setup,
            out: SendRing::new(batch),
            queue: RecvRing::new(batch, packet),
            stamps: Stamps::default(),
            written: Vec::with_capacity(batch),
            strangers: 0,
            sender,
        }
    }

    /// Switches the stamps of arrivals on or off. What the kernel refuses stays as it was.
    fn stamp_arrivals(&self, wanted: bool) {
        let Some(stamps) = self.setup.stamps else { return };
        let _ = self.sender.timestamping(Timestamping { receive: wanted, ..stamps });
        for ear in self.ears.iter().filter_map(|ear| ear.socket.as_ref()) {
            let _ = ear.timestamping(Timestamping { receive: wanted, transmit: false, ..stamps });
        }
    }

    /// The sockets, each once.
    fn sockets(&self) -> impl Iterator<Item = &Socket> {
        std::iter::once(&self.sender).chain(self.ears.iter().filter_map(|ear| ear.socket.as_ref()))
    }

    fn fds(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.sockets().map(AsFd::as_fd)
    }
}

/// Raw IPv4 sockets alone show the IP header.
fn shows_ip_header(socket: &Socket) -> bool {
    socket.family() == Family::V4 && matches!(socket.kind(), Kind::RawIcmp | Kind::RawUdp | Kind::RawTcp)
}
