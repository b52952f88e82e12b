//! Frames as a [`Network`]: batches of probes out, what comes in as events, stamps for both.
//!
//! What a probe's frame is made of, and what a frame means that comes in, is its [`Format`]'s: echo between stations, or
//! the frames of machines that make their own.

use std::io;
use std::net::IpAddr;
use std::ops::Range;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use super::hear::Heard;
use super::socket::{LinkSocket, Presence, is_absence};
use crate::clock::{BootTime, Now, Stage};
use crate::net::channel::stamps::Stamps;
use crate::net::wait::{Woken, wait};
use crate::net::{Batch, Event, Network, NotSent, Probe, SentAt};
use crate::sys::ancillary::{SendControl, Stages};
use crate::sys::batch::{OutgoingFrame, Queue, RecvRing, SendRing};
use crate::sys::clock::{Clocks, boot_now};
use crate::sys::errno::{self, Errno};
use crate::sys::link::Link;
use crate::sys::poll::{self, Interest};
use crate::sys::stamping::StampGuard;
use crate::units::Seq;

/// How often the kernel's drop counters are read.
const ACCOUNT_EVERY: Duration = Duration::from_secs(1);
/// How long a full send buffer may hold a batch up before its probes count as not sent.
const PATIENCE: Duration = Duration::from_millis(20);

/// What frames are made of, and what they mean.
pub trait Format {
    /// Whether the machine is told when the interface goes and comes back.
    const TELLS_PRESENCE: bool;

    /// Writes a probe's frame to the end of `room`, where its payload stands behind free bytes, and returns the frame's
    /// length: 0 if it cannot be written.
    fn write(&self, probe: &Probe, room: &mut [u8]) -> usize;

    /// What a frame means.
    fn read<'a>(&self, heard: &Heard<'a>) -> Event<'a>;

    /// The number by which a probe is found again where its stamp comes with a copy of the frame.
    fn number(&self, probe: &Probe) -> Seq;

    /// Whom the frame in such a copy is for, and its number.
    fn probe_in(&self, copy: &[u8]) -> Option<(IpAddr, Seq)>;

    /// What the interface is now: it may have come back as another, and addresses change while it is up.
    fn follow(&mut self, link: &Link);
}

/// Frames of one format on one interface.
pub struct PacketNet<F> {
    socket: LinkSocket,
    format: F,
    stages: Stages,
    numbered: bool,
    out: SendRing,
    data: RecvRing,
    queue: RecvRing,
    stamps: Stamps,
    /// Length and stamp number of each frame of the stretch being sent.
    written: Vec<(usize, Option<u32>)>,
    clocks: Clocks,
    account_at: BootTime,
    /// How the interface stood when it was last told.
    told: Presence,
    /// Keeps receive stamping on.
    _guard: Option<StampGuard>,
}

/// Memory for batches: frames out, frames in, stamps.
pub(super) struct Rings {
    pub(super) out: SendRing,
    pub(super) data: RecvRing,
    pub(super) queue: RecvRing,
}

impl<F: Format> PacketNet<F> {
    pub(super) fn new(socket: LinkSocket, format: F, stages: Stages, rings: Rings, guard: Option<StampGuard>) -> Self {
        let mut clocks = Clocks::new();
        let account_at = clocks.now().boot + ACCOUNT_EVERY;
        let Rings { out, data, queue } = rings;
        PacketNet {
            stages: if socket.granted().transmit { stages } else { Stages::NONE },
            numbered: socket.granted().numbered,
            socket,
            format,
            written: Vec::with_capacity(out.capacity()),
            out,
            data,
            queue,
            stamps: Stamps::default(),
            clocks,
            account_at,
            told: Presence::Up,
            _guard: guard,
        }
    }

    /// Writes the headers of a stretch, and numbers its stamps.
    fn write(&mut self, batch: &mut Batch, stretch: Range<usize>) {
        self.written.clear();
        for i in stretch {
            let Some((probe, room)) = batch.packet_mut(i) else { break };
            let len = self.format.write(probe, room);
            let number = (probe.stamp && !self.stages.is_empty())
                .then(|| self.stamps.enter(probe.key, probe.to.addr, self.format.number(probe)));
            self.written.push((len, number));
        }
    }

    fn give(&mut self, batch: &Batch, stretch: Range<usize>, first: usize) -> io::Result<usize> {
        let PacketNet { socket, out, written, stages, numbered, .. } = self;
        let frames = stretch.filter_map(|i| {
            let (len, number) = written.get(i - first)?;
            let control = SendControl {
                stages: if number.is_some() { *stages } else { Stages::NONE },
                stamp: number.filter(|_| *numbered),
                ..SendControl::default()
            };
            Some(OutgoingFrame { by: None, bytes: batch.packet(i, *len)?, control })
        });
        socket.send(out, frames)
    }

    /// Gives a written stretch to the kernel; after a refusal the rest again from there (lab_kernel 9).
    fn push(&mut self, batch: &Batch, stretch: Range<usize>, done: &mut Vec<Result<SentAt, NotSent>>) {
        let mut next = stretch.start;
        let mut refused: Option<usize> = None;
        while next < stretch.end {
            let at = self.clocks.now();
            match self.give(batch, next..stretch.end, stretch.start) {
                Ok(n) => {
                    done.extend((0..n).map(|_| Ok(SentAt { at, checksum: None })));
                    next += n.max(1);
                }
                Err(error) => {
                    let again = refused != Some(next) && self.deserves_another_try(&error);
                    refused = Some(next);
                    if again {
                        continue;
                    }
                    if let Some((_, Some(_))) = self.written.get(next - stretch.start) {
                        self.stamps.settled();
                    }
                    done.push(Err(self.not_sent(&error)));
                    next += 1;
                }
            }
        }
    }

    /// Whether the frame may well go now: a full send buffer empties by itself, and an interface that went may be back.
    fn deserves_another_try(&mut self, error: &io::Error) -> bool {
        if error.kind() == io::ErrorKind::WouldBlock {
            return poll::wait(&[(self.socket.as_fd(), Interest::Write)], Some(boot_now() + PATIENCE)).is_ok();
        }
        self.socket.look(self.clocks.now().boot);
        self.format.follow(self.socket.link());
        is_absence(Errno::from(error)) && self.socket.presence() == Presence::Up
    }

    fn not_sent(&self, error: &io::Error) -> NotSent {
        let errno = match self.socket.presence() {
            Presence::Gone => errno::ENODEV,
            Presence::Down => errno::ENETDOWN,
            Presence::Up => Errno::from(error),
        };
        NotSent { errno, mtu: (errno == errno::EMSGSIZE).then_some(self.socket.link().mtu) }
    }

    /// Looks after the interface, and returns what has changed since it was last told. One that came back may have another
    /// address, and another index: the latter is ours alone, and peers keep the one that they were named by.
    fn look(&mut self) -> Option<Presence> {
        let now = self.clocks.now().boot;
        self.socket.look(now);
        self.format.follow(self.socket.link());
        let presence = self.socket.presence();
        (presence != std::mem::replace(&mut self.told, presence)).then_some(presence)
    }

    /// Reads the error queue for stamps.
    fn take_stamps(&mut self, hear: &mut dyn FnMut(Now, &Event<'_>)) -> io::Result<bool> {
        let PacketNet { socket, queue, stamps, format, numbered, clocks, .. } = self;
        let n = socket.receive(queue, Queue::Error)?;
        let now = clocks.now();
        for packet in (0..n).filter_map(|i| queue.get(i)) {
            let Some(tx) = packet.ancillary().tx else { continue };
            let key = if *numbered {
                stamps.by_number(tx.id)
            } else {
                format.probe_in(packet.bytes).and_then(|(to, number)| stamps.by_packet(to, number))
            };
            if tx.stage == Stage::Driver {
                stamps.settled();
            }
            let at = if tx.stage == Stage::Nic { tx.hard } else { tx.soft };
            if let (Some(key), Some(at)) = (key, at) {
                hear(now, &Event::Stamp { key, stage: tx.stage, at, packet: &[] });
            }
        }
        if n == 0 {
            stamps.none_came();
        }
        Ok(n == queue.capacity())
    }
}

impl<F: Format> Network for PacketNet<F> {
    fn now(&mut self) -> Now {
        self.clocks.now()
    }

    fn send(&mut self, batch: &mut Batch, done: &mut Vec<Result<SentAt, NotSent>>) {
        let mut start = 0;
        while start < batch.len() {
            let end = batch.len().min(start + self.out.capacity());
            self.write(batch, start..end);
            self.push(batch, start..end, done);
            start = end;
        }
    }

    fn take(&mut self, hear: &mut dyn FnMut(Now, &Event<'_>)) -> io::Result<bool> {
        let now = self.clocks.now();
        if let Some(ns) = self.clocks.take_step() {
            hear(now, &Event::Stepped { ns });
        }
        if let Some(presence) = self.look().filter(|_| F::TELLS_PRESENCE) {
            hear(now, &Event::Link(presence));
        }
        // Packets are read first and told last: whatever reply was there has its stamp read by then.
        let n = self.socket.receive(&mut self.data, Queue::Data)?;
        let mut more = n == self.data.capacity();
        if self.stamps.outstanding() > 0 {
            more |= self.take_stamps(hear)?;
        }
        let read = self.clocks.now();
        for packet in (0..n).filter_map(|i| self.data.get(i)) {
            let link = packet.link.unwrap_or_default();
            let heard = Heard { bytes: packet.bytes, link, ancillary: &packet.ancillary(), read };
            hear(read, &self.format.read(&heard));
        }
        if now.boot >= self.account_at {
            self.account(hear);
        }
        Ok(more)
    }

    fn account(&mut self, hear: &mut dyn FnMut(Now, &Event<'_>)) {
        let now = self.clocks.now();
        self.account_at = now.boot + ACCOUNT_EVERY;
        let more = u64::from(self.socket.dropped());
        if more > 0 {
            hear(now, &Event::Dropped { more });
        }
    }

    fn wait(&mut self, until: Option<BootTime>, also: &[BorrowedFd<'_>]) -> io::Result<Woken> {
        // Who waits for frames alone learns of the interface only by looking.
        let look =
            Some(self.socket.look_at()).filter(|look| F::TELLS_PRESENCE && until.is_none_or(|until| *look < until));
        Ok(match wait([self.socket.as_fd()], also, look.or(until))? {
            Woken::Time if look.is_some() => Woken::Ready,
            woken => woken,
        })
    }

    fn fds(&self) -> Vec<BorrowedFd<'_>> {
        vec![self.socket.as_fd()]
    }
}
