//! One family's socket: batches out, packets and stamps in.
//!
//! Sending writes headers in front of each payload and asks the kernel to stamp those that want it. Receiving reads the
//! packets first and the error queue second, and then tells the stamps first: whatever reply was there has its stamp
//! read by then.

use std::io;
use std::ops::Range;
use std::time::Duration;

use super::header::{self, IpFields, Written};
use super::hear::{self, Heard, Listener};
use super::options::SocketKind;
use super::source::Source;

use crate::clock::{Now, Stage};
use crate::net::stamps::Stamps;
use crate::net::{Batch, Event, NotSent, Peer, SentAt};
use crate::sys::ancillary::{Ancillary, Origin, SendControl, Stages, TxStamp};
use crate::sys::batch::{Outgoing, Queue, RecvRing, SendRing};
use crate::sys::clock::{Clocks, boot_now};
use crate::sys::errno::{self, Errno};
use crate::sys::interfaces;
use crate::sys::poll::{self, Interest};
use crate::sys::queue::Drops;
use crate::sys::route::{self, RouteHints};
use crate::sys::socket::{Socket, unspecified};
use std::os::fd::AsFd;

/// How long a full send buffer may hold a batch up before its probes count as not sent.
const PATIENCE: Duration = Duration::from_millis(20);

/// Strangers' errors in the queue of a raw socket before it is given up: they pass no filter and take the room of
/// replies (kernel.md 7).
const STRANGERS: u32 = 64;

/// How many times one taking reads a full error queue.
const QUEUE_READS: usize = 4;

/// One family's sockets, ready to probe.
pub(super) struct Channel {
    pub(super) socket: Socket,
    /// Sends where we write the IP header; `socket` only receives then.
    pub(super) sender: Option<Socket>,
    pub(super) kind: SocketKind,
    pub(super) listener: Listener,
    pub(super) ip: Option<IpFields>,
    /// Whether the socket is connected to its one target.
    pub(super) connected: bool,
    /// IPv6 flow information of each destination.
    pub(super) flow: u32,
    pub(super) stages: Stages,
    /// Whether stamps carry numbers of our own.
    pub(super) numbered: bool,
    /// Whether a raw socket keeps its error queue for what this host says.
    pub(super) error_queue: bool,
    pub(super) interface: Option<u32>,
    /// The source that must be ours, where we write the IP header.
    pub(super) source: Option<Source>,
    /// The interface's name, where probes leave by it without the socket being bound to it.
    pub(super) device: Option<String>,
    pub(super) out: SendRing,
    pub(super) data: RecvRing,
    pub(super) queue: RecvRing,
    pub(super) stamps: Stamps,
    pub(super) written: Vec<(Written, Option<u32>)>,
    pub(super) strangers: u32,
    pub(super) drops: Drops,
}

impl Channel {
    fn sending(&self) -> &Socket {
        self.sender.as_ref().unwrap_or(&self.socket)
    }

    /// Sends a run of a batch in order; one result a probe.
    pub(super) fn send(
        &mut self,
        batch: &mut Batch,
        run: Range<usize>,
        clocks: &mut Clocks,
        done: &mut Vec<Result<SentAt, NotSent>>,
    ) {
        let mut start = run.start;
        if self.source.as_mut().is_some_and(|source| !source.is_ours(boot_now())) {
            done.extend(run.map(|_| Err(NotSent { errno: errno::EADDRNOTAVAIL, mtu: None })));
            return;
        }
        while start < run.end {
            let end = run.end.min(start + self.out.capacity());
            self.write(batch, start..end, clocks.now());
            self.push(batch, start..end, clocks, done);
            start = end;
        }
    }

    /// Writes the headers of a stretch, and numbers its stamps.
    fn write(&mut self, batch: &mut Batch, stretch: Range<usize>, now: Now) {
        self.written.clear();
        for i in stretch {
            let Some((probe, room)) = batch.packet_mut(i) else { break };
            let family = self.listener.family;
            // A packet that cannot be written is empty, and the kernel refuses it.
            let written = header::write(family, room, probe, self.listener.ident, now.wall, self.ip.as_ref());
            let number = (probe.stamp && !self.stages.is_empty())
                .then(|| self.stamps.enter(probe.key, probe.to.addr, probe.seq));
            self.written.push((written.unwrap_or((0, None)), number));
        }
    }

    /// Gives a written stretch to the kernel. It stops at the first probe it will not take and hides why when others went
    /// before it (kernel.md 9): the rest is given again from there.
    fn push(
        &mut self,
        batch: &Batch,
        stretch: Range<usize>,
        clocks: &mut Clocks,
        done: &mut Vec<Result<SentAt, NotSent>>,
    ) {
        let mut next = stretch.start;
        let mut refused: Option<usize> = None;
        while next < stretch.end {
            let at = clocks.now();
            match self.give(batch, next..stretch.end, stretch.start) {
                Ok(n) => {
                    let sent = self.written.get(next - stretch.start..).unwrap_or_default().iter().take(n);
                    done.extend(sent.map(|((_, checksum), _)| Ok(SentAt { at, checksum: *checksum })));
                    // Zero without an error cannot be; going on from the same place for ever must not be.
                    next += n.max(1);
                }
                Err(error) => {
                    let again = refused != Some(next) && self.innocent(&error);
                    refused = Some(next);
                    if again {
                        continue;
                    }
                    if let Some((_, Some(_))) = self.written.get(next - stretch.start) {
                        self.stamps.settled();
                    }
                    self.find_interface_again(&error);
                    let to = batch.probes().get(next).map(|p| p.to);
                    done.push(Err(self.not_sent(&error, to)));
                    next += 1;
                }
            }
        }
    }

    fn give(&mut self, batch: &Batch, stretch: Range<usize>, first: usize) -> io::Result<usize> {
        let Channel { out, written, socket, sender, stages, numbered, connected, flow, .. } = self;
        let items = stretch.filter_map(|i| {
            let ((len, _), number) = written.get(i - first)?;
            let probe = batch.probes().get(i)?;
            let to = (!*connected).then_some((probe.to.addr, probe.to.scope));
            let control = SendControl {
                // A header of our own carries its own hop limit.
                ttl: if sender.is_some() { None } else { probe.ttl },
                stages: if number.is_some() { *stages } else { Stages::NONE },
                stamp: number.filter(|_| *numbered),
                ..SendControl::default()
            };
            Some(Outgoing { to, flow: *flow, bytes: batch.packet(i, *len)?, control })
        });
        out.send(sender.as_ref().unwrap_or(socket), items)
    }

    /// Whether the refusal may be somebody else's, so that the same probe deserves a second try: on ping sockets an ICMP
    /// error about an earlier probe fails the next send (kernel.md 7), and a full send buffer empties by itself.
    fn innocent(&self, error: &io::Error) -> bool {
        match error.kind() {
            io::ErrorKind::WouldBlock => {
                let until = Some(boot_now() + PATIENCE);
                poll::wait(&[(self.sending().as_fd(), Interest::Write)], until).is_ok()
            }
            // A firewall of this host. (EACCES may be an error from the network.)
            _ if Errno::from(error) == errno::EPERM => false,
            _ => self.error_queue || self.kind == SocketKind::Dgram,
        }
    }

    /// An interface that went and came back (a tunnel, a card) has its name again, and another number.
    fn find_interface_again(&mut self, error: &io::Error) {
        let Some(name) = self.device.as_deref() else { return };
        if ![errno::ENODEV, errno::ENETUNREACH].contains(&Errno::from(error)) {
            return;
        }
        let Some(index) = interfaces::index_of(name).filter(|index| self.interface != Some(*index)) else { return };
        self.interface = Some(index);
        for socket in std::iter::once(&self.socket).chain(&self.sender) {
            // What is refused now is tried again when the next probe fails.
            if socket.set_unicast_interface(index).and_then(|()| socket.set_multicast_interface(index)).is_err() {
                self.interface = None;
            }
        }
    }

    fn not_sent(&self, error: &io::Error, to: Option<Peer>) -> NotSent {
        let errno = Errno::from(error);
        let mtu = (errno == errno::EMSGSIZE).then_some(to).flatten().and_then(|to| {
            let hints = RouteHints { ifindex: self.interface, ..RouteHints::default() };
            route::path_mtu(to.addr, to.scope, &hints).ok()
        });
        NotSent { errno, mtu }
    }

    /// Tells what has arrived; returns whether more waits.
    pub(super) fn take(&mut self, clocks: &mut Clocks, hear: &mut dyn FnMut(Now, &Event<'_>)) -> io::Result<bool> {
        let packets = receive(&mut self.data, &self.socket, Queue::Data)?;
        let mut more = packets == self.data.capacity();
        if self.stamps.outstanding() > 0 || self.error_queue || self.kind == SocketKind::Dgram {
            more |= self.take_queue(clocks, hear)?;
        }
        if packets > 0 {
            let now = clocks.now();
            let any = unspecified(self.listener.family);
            for packet in (0..packets).filter_map(|i| self.data.get(i)) {
                let (addr, scope) = packet.from.unwrap_or((any, 0));
                let heard = Heard {
                    from: Peer { addr, scope },
                    bytes: packet.bytes,
                    cut: packet.truncated,
                    ancillary: &packet.ancillary,
                    read: now,
                };
                hear(now, &self.listener.packet(&heard));
            }
        }
        Ok(more)
    }

    /// Reads the error queue: stamps, on ping sockets ICMP errors, and what this host has to say.
    fn take_queue(&mut self, clocks: &mut Clocks, hear: &mut dyn FnMut(Now, &Event<'_>)) -> io::Result<bool> {
        for _ in 0..QUEUE_READS {
            let sending = self.sender.as_ref().unwrap_or(&self.socket);
            let n = receive(&mut self.queue, sending, Queue::Error)?;
            let now = clocks.now();
            for i in 0..n {
                let Some(packet) = self.queue.get(i) else { break };
                if let Some(tx) = packet.ancillary.tx {
                    stamped(&mut self.stamps, self.numbered, &tx, packet.bytes, now, hear);
                } else if self.kind == SocketKind::Dgram {
                    let (addr, scope) = packet.from.unwrap_or((unspecified(self.listener.family), 0));
                    queued(&self.listener, Peer { addr, scope }, packet.bytes, &packet.ancillary, now, hear);
                } else if packet.ancillary.error.is_some_and(|e| e.origin != Origin::Local) {
                    // Errors about our own probes come by the filter too, with more to see.
                    let is_strangers = Listener::quoted_ident(packet.bytes) != Some(self.listener.ident);
                    self.strangers = self.strangers.saturating_add(is_strangers.into());
                }
            }
            if self.error_queue && self.strangers > STRANGERS {
                self.error_queue = false;
                self.sending().recv_error_queue(false)?;
            }
            if n < self.queue.capacity() {
                if n == 0 {
                    self.stamps.none_came();
                }
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// How many packets the socket has dropped since the last call.
    pub(super) fn dropped(&mut self) -> u32 {
        self.drops.more(&self.socket)
    }
}

/// Receives; an error is one that was pending on the socket, of an earlier probe, and is gone with the first call.
fn receive(ring: &mut RecvRing, socket: &Socket, queue: Queue) -> io::Result<usize> {
    ring.receive(socket, queue).or_else(|_| ring.receive(socket, queue)).or_else(|e| match e.raw_os_error() {
        // Pending errors can follow each other faster than they are read; those of a broken socket stay.
        Some(code) if Errno(code).is_broken() => Err(e),
        _ => Ok(0),
    })
}

fn stamped(
    stamps: &mut Stamps,
    numbered: bool,
    tx: &TxStamp,
    copy: &[u8],
    now: Now,
    hear: &mut dyn FnMut(Now, &Event<'_>),
) {
    let packet = if copy.is_empty() { None } else { hear::ip_packet(copy) };
    let key = if numbered {
        stamps.by_number(tx.id)
    } else {
        packet.and_then(hear::probe_in).and_then(|(to, seq)| stamps.by_packet(to, seq))
    };
    if tx.stage == Stage::Driver {
        stamps.settled();
    }
    let at = if tx.stage == Stage::Nic { tx.hard } else { tx.soft };
    if let (Some(key), Some(at)) = (key, at) {
        hear(now, &Event::Stamp { key, stage: tx.stage, at, packet: packet.unwrap_or_default() });
    }
}

fn queued(
    listener: &Listener,
    to: Peer,
    bytes: &[u8],
    ancillary: &Ancillary,
    now: Now,
    hear: &mut dyn FnMut(Now, &Event<'_>),
) {
    if let Some(error) = &ancillary.error {
        let heard = Heard { from: to, bytes, cut: false, ancillary, read: now };
        hear(now, &listener.queued(&heard, error));
    }
}
