//! TCP handshakes by ordinary sockets, for who has no privilege: each probe is a connection that is opened and closed at
//! once.
//!
//! The kernel says when a connection stands and not when its SYN-ACK came, so the times are this process's own. It also
//! sends a SYN again after a second; what answers that is told to nobody, because the probe itself was lost.

use std::collections::HashMap;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use super::socket::{OpenError, Options, bind_device, interface_index, io_while, ordinary};
use super::wait::wait;
use super::{Arrival, Batch, Claim, Event, Exchange, Network, NotSent, Peer, Reached, Reply, SentAt, Trouble, Woken};
use crate::clock::{BootTime, Now};
use crate::sys::ancillary::Origin;
use crate::sys::batch::{Queue, RecvRing};
use crate::sys::clock::Clocks;
use crate::sys::epoll::Epoll;
use crate::sys::errno::{self, Errno};
use crate::sys::process;
use crate::sys::socket::Socket;
use crate::units::{Family, Port, Seq};
use crate::wire::icmp::IcmpError;

/// Connections to one port of any host.
pub struct ConnectNet {
    port: Port,
    options: Options,
    interface: Option<u32>,
    clocks: Clocks,
    epoll: Epoll,
    next: u64,
    connecting: HashMap<u64, Connecting>,
    /// Refused by the very call.
    refused: Vec<Connecting>,
    ring: RecvRing,
}

/// A connection on its way.
#[derive(Debug)]
struct Connecting {
    socket: Socket,
    to: Peer,
    seq: Seq,
    flow: u16,
}

impl ConnectNet {
    /// Needs no privilege, and opens nothing but the descriptor to wait on.
    ///
    /// # Errors
    /// When that cannot be had, or the interface that was chosen does not exist.
    pub fn new(port: Port, options: Options) -> Result<ConnectNet, OpenError> {
        // Unanswered connections stay open until their probes are given up.
        process::raise_open_files();
        Ok(ConnectNet {
            port,
            interface: interface_index(&options)?,
            options,
            clocks: Clocks::new(),
            epoll: Epoll::new().map_err(io_while("making an epoll descriptor"))?,
            next: 0,
            connecting: HashMap::new(),
            refused: Vec::new(),
            ring: RecvRing::new(1, 256),
        })
    }

    /// Begins one handshake.
    fn connect(&mut self, to: Peer, seq: Seq, flow: u16) -> Result<(), Errno> {
        let family = Family::of(to.addr);
        let system = |error: io::Error| Errno::from(&error);
        let socket = Socket::tcp(family).map_err(system)?;
        // Refusals of options are those that opening has checked on other sockets already.
        let bound = bind_device(&[&socket], &self.options).map_err(|_| errno::ENODEV)?;
        ordinary(&socket, &self.options, self.interface.filter(|_| !bound)).map_err(|_| errno::EINVAL)?;
        socket.set_syn_retries(1).map_err(system)?;
        socket.recv_error_queue(true).map_err(system)?;
        if let Some(source) = self.options.sources.iter().find(|source| Family::of(source.addr) == family) {
            socket.bind(source.addr, source.scope).map_err(system)?;
        }
        let begun = socket.connect(to.addr, to.scope, self.port.0).map_err(system);
        let connecting = Connecting { socket, to, seq, flow };
        match begun {
            Ok(()) | Err(errno::EINPROGRESS) => {
                self.epoll.add_writable(connecting.socket.as_fd(), self.next).map_err(system)?;
                self.connecting.insert(self.next, connecting);
                self.next += 1;
                Ok(())
            }
            // This host itself, or one beside it, was quicker than the call.
            Err(errno::ECONNREFUSED) => {
                self.refused.push(connecting);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Tells how a handshake ended, and closes it.
    fn tell(&mut self, ended: &Connecting, error: Option<Errno>, hear: &mut dyn FnMut(Now, &Event<'_>)) {
        let now = self.clocks.now();
        let claim = Claim { peer: ended.to, exchange: Exchange::Tcp, seq: Some(ended.seq), flow: Some(ended.flow) };
        let arrival = Arrival::unstamped(now);
        let stands = ended.socket.handshake().ok();
        // An answer to the second SYN, or one of which it cannot be told.
        let is_again = stands.is_none_or(|stands| stands.retransmissions > 0);
        let how = match error {
            // Closed by the other end at once: after the handshake, as a refusal has an error of its own.
            Some(errno::ECONNRESET) => Reply::SynAck,
            None if stands.is_some_and(|stands| stands.is_done) => Reply::SynAck,
            // Something is in the error queue that ends nothing.
            None => return,
            Some(errno::ECONNREFUSED) => Reply::Rst,
            Some(error) => return self.failed(ended, claim, arrival, error, hear),
        };
        if !is_again {
            let reached = Reached { claim, arrival, from: ended.to, how, tcp: &[], payload: &[] };
            hear(now, &Event::Reached(reached));
        }
    }

    /// A handshake that an ICMP error ended, or this host.
    fn failed(
        &mut self,
        ended: &Connecting,
        claim: Claim,
        arrival: Arrival,
        error: Errno,
        hear: &mut dyn FnMut(Now, &Event<'_>),
    ) {
        let read = self.ring.receive(&ended.socket, Queue::Error).unwrap_or(0);
        let told = (read > 0).then(|| self.ring.get(0)).flatten().and_then(|packet| packet.ancillary().error);
        let now = arrival.read;
        match told.filter(|told| told.origin != Origin::Local).and_then(|told| Some((told, told.offender?))) {
            Some((told, offender)) => {
                let family = Family::of(ended.to.addr);
                let error = IcmpError { family, ty: told.ty, code: told.code, info: told.info };
                let trouble = Trouble::unquoted(claim, arrival, offender, error);
                hear(now, &Event::Error(trouble));
            }
            // Its own time was up: whoever waits has other ideas of that.
            None if error == Errno(ETIMEDOUT) => {}
            None => hear(now, &Event::Local { claim: Some(claim), errno: error, mtu: None }),
        }
    }
}

/// asm-generic/errno.h.
const ETIMEDOUT: i32 = 110;

impl Network for ConnectNet {
    fn now(&mut self) -> Now {
        self.clocks.now()
    }

    fn send(&mut self, batch: &mut Batch, done: &mut Vec<Result<SentAt, NotSent>>) {
        for probe in batch.probes() {
            let at = self.clocks.now();
            let begun = self.connect(probe.to, probe.seq, probe.flow);
            done.push(match begun {
                Ok(()) => Ok(SentAt { at, checksum: None }),
                Err(errno) => Err(NotSent { errno, mtu: None }),
            });
        }
    }

    fn take(&mut self, hear: &mut dyn FnMut(Now, &Event<'_>)) -> io::Result<bool> {
        if let Some(ns) = self.clocks.take_step() {
            let now = self.clocks.now();
            hear(now, &Event::Stepped { ns });
        }
        for ended in std::mem::take(&mut self.refused) {
            self.tell(&ended, Some(errno::ECONNREFUSED), hear);
        }
        let mut ready = Vec::new();
        let told = self.epoll.ready(|number| ready.push(number))?;
        for number in ready {
            let Some(ended) = self.connecting.remove(&number) else { continue };
            let error = ended.socket.take_error()?;
            self.tell(&ended, error, hear);
        }
        Ok(told > 0)
    }

    fn wait(&mut self, until: Option<BootTime>, also: &[BorrowedFd<'_>]) -> io::Result<Woken> {
        // A refusal at once is there to be taken; whether the caller is called is still looked at.
        let refused = !self.refused.is_empty();
        let until = if refused { Some(self.clocks.now().boot) } else { until };
        Ok(match wait([self.epoll.as_fd()], also, until)? {
            Woken::Time if refused => Woken::Ready,
            woken => woken,
        })
    }

    fn fds(&self) -> Vec<BorrowedFd<'_>> {
        vec![self.epoll.as_fd()]
    }
}
