//! Packets, errors and stamps in.
//!
//! The packets are read first and the error queue second, and then the stamps are told first: whatever answer was there
//! has its stamp read by then.

use std::io;

use super::stamps::Stamps;
use super::{Channel, Ear, Heard, Hears, Protocol, ip_packet};
use crate::clock::{Now, Stage};
use crate::net::{Event, Peer};
use crate::sys::ancillary::{Ancillary, Origin, TxStamp};
use crate::sys::batch::{Queue, Received, RecvRing};
use crate::sys::clock::Clocks;
use crate::sys::errno::Errno;
use crate::sys::socket::{Socket, unspecified};
use crate::units::Family;

/// Strangers' errors in the queue of a raw socket before it is given up: they pass no filter and take the room of
/// replies (lab_kernel 7).
const STRANGERS: u32 = 64;

/// How many times one taking reads a full error queue.
const QUEUE_READS: usize = 4;

impl<P: Protocol> Channel<P> {
    /// Tells what has arrived; returns whether more waits.
    pub(super) fn take(&mut self, clocks: &mut Clocks, hear: &mut dyn FnMut(Now, &Event<'_>)) -> io::Result<bool> {
        let mut more = false;
        let mut arrived = false;
        for ear in &mut self.ears {
            let Ear { socket, ring, .. } = ear;
            let packets = receive(ring, socket.as_ref().unwrap_or(&self.sender), Queue::Data)?;
            more |= packets == ring.capacity();
            arrived |= packets > 0;
        }
        if self.stamps.outstanding() > 0 || self.setup.error_queue || self.setup.errors_by_queue {
            more |= self.take_queue(clocks, hear)?;
        }
        if arrived {
            let now = clocks.now();
            let family = self.protocol.family();
            for Ear { socket, hears, gate, ring, .. } in &mut self.ears {
                let mut met_stranger = false;
                for packet in (0..ring.filled()).filter_map(|i| ring.get(i)) {
                    let ancillary = packet.ancillary();
                    let event = self.protocol.packet(&heard(family, *hears, &packet, &ancillary, now));
                    if matches!(event, Event::Foreign { .. }) && gate.is_stranger(packet.bytes) {
                        met_stranger = true;
                    } else {
                        hear(now, &event);
                    }
                }
                let read_all = ring.filled() < ring.capacity();
                gate.turn(socket.as_ref().unwrap_or(&self.sender), met_stranger, read_all);
            }
        }
        Ok(more)
    }

    /// Reads the error queue: stamps, ICMP errors where they come by it alone, and what this host has to say.
    fn take_queue(&mut self, clocks: &mut Clocks, hear: &mut dyn FnMut(Now, &Event<'_>)) -> io::Result<bool> {
        let family = self.protocol.family();
        for _ in 0..QUEUE_READS {
            let n = receive(&mut self.queue, &self.sender, Queue::Error)?;
            let now = clocks.now();
            for i in 0..n {
                let Some(packet) = self.queue.get(i) else { break };
                let ancillary = packet.ancillary();
                if let Some(tx) = ancillary.tx {
                    stamped(&self.protocol, &mut self.stamps, self.setup.numbered, &tx, packet.bytes, now, hear);
                } else if let Some(error) = &ancillary.error {
                    if self.setup.errors_by_queue {
                        hear(now, &self.protocol.queued(&heard(family, Hears::Icmp, &packet, &ancillary, now), error));
                    } else if error.origin != Origin::Local {
                        // Errors about our own probes come by the filter too, with more to see.
                        let is_strangers = !self.protocol.quotes_us(packet.bytes);
                        self.strangers = self.strangers.saturating_add(is_strangers.into());
                    }
                }
            }
            if self.setup.error_queue && self.strangers > STRANGERS {
                self.setup.error_queue = false;
                self.sender.recv_error_queue(false)?;
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

    /// How full the fullest receive buffer is, in thousandths.
    pub(in crate::net) fn fill(&self) -> u32 {
        let of_ear = |ear: &Ear| {
            let info = ear.socket.as_ref().unwrap_or(&self.sender).memory_info().unwrap_or_default();
            let share = u64::from(info.receive_queued) * 1000 / u64::from(info.receive_buffer.max(1));
            u32::try_from(share).unwrap_or(u32::MAX)
        };
        self.ears.iter().map(of_ear).max().unwrap_or(0)
    }

    /// How many packets the sockets have dropped since the last call.
    pub(super) fn dropped(&mut self) -> u64 {
        let Channel { ears, sender, .. } = self;
        ears.iter_mut().map(|ear| u64::from(ear.drops.more(ear.socket.as_ref().unwrap_or(sender)))).sum()
    }
}

fn heard<'a>(family: Family, by: Hears, packet: &Received<'a>, ancillary: &'a Ancillary, read: Now) -> Heard<'a> {
    let (addr, scope) = packet.from.unwrap_or((unspecified(family), 0));
    Heard {
        by,
        from: Peer { addr, scope },
        port: packet.port,
        bytes: packet.bytes,
        cut: packet.truncated,
        ancillary,
        read,
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
    protocol: &impl Protocol,
    stamps: &mut Stamps,
    numbered: bool,
    tx: &TxStamp,
    copy: &[u8],
    now: Now,
    hear: &mut dyn FnMut(Now, &Event<'_>),
) {
    let packet = if copy.is_empty() { None } else { ip_packet(copy, protocol.number()) };
    let key = if numbered {
        stamps.by_number(tx.id)
    } else {
        packet.and_then(|packet| protocol.probe_in(packet)).and_then(|(to, seq)| stamps.by_packet(to, seq))
    };
    if tx.stage == Stage::Driver {
        stamps.settled();
    }
    let at = if tx.stage == Stage::Nic { tx.hard } else { tx.soft };
    if let (Some(key), Some(at)) = (key, at) {
        hear(now, &Event::Stamp { key, stage: tx.stage, at, packet: packet.unwrap_or_default() });
    }
}
