//! Batches out: headers in front of each payload, stamps asked for, and every refusal told in its place.

use std::io;
use std::net::IpAddr;
use std::ops::Range;
use std::os::fd::AsFd;
use std::time::Duration;

use super::{Channel, Protocol, Written};
use crate::clock::Now;
use crate::net::socket::set_fragmented;
use crate::net::{Batch, NotSent, Peer, SentAt};
use crate::sys::ancillary::{SendControl, Stages};
use crate::sys::batch::Outgoing;
use crate::sys::clock::{Clocks, boot_now};
use crate::sys::errno::{self, Errno};
use crate::sys::interfaces;
use crate::sys::poll::{self, Interest};
use crate::sys::route::{self, RouteHints};

/// How long a full send buffer may hold a batch up before its probes count as not sent.
const PATIENCE: Duration = Duration::from_millis(20);

impl<P: Protocol> Channel<P> {
    /// Sends a run of a batch in order; one result a probe.
    pub(super) fn send(
        &mut self,
        batch: &mut Batch,
        run: Range<usize>,
        clocks: &mut Clocks,
        done: &mut Vec<Result<SentAt, NotSent>>,
    ) {
        let mut start = run.start;
        if self.setup.source.as_mut().is_some_and(|source| !source.is_ours(boot_now())) {
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
            let written = self.protocol.write(room, probe, now);
            let number = (probe.stamp && !self.setup.stages.is_empty() && written.is_ok())
                .then(|| self.stamps.enter(probe.key, probe.to.addr, probe.seq));
            self.written.push((written, number));
        }
    }

    /// Gives a written stretch to the kernel. It stops at the first probe it will not take and hides why when others went
    /// before it (lab_kernel 9): the rest is given again from there.
    fn push(
        &mut self,
        batch: &Batch,
        stretch: Range<usize>,
        clocks: &mut Clocks,
        done: &mut Vec<Result<SentAt, NotSent>>,
    ) {
        let mut next = stretch.start;
        // Which probe was refused, and how often.
        let mut refused = (stretch.end, 0);
        while next < stretch.end {
            if let Some((Err(errno), _)) = self.written.get(next - stretch.start) {
                done.push(Err(NotSent { errno: *errno, mtu: None }));
                next += 1;
                continue;
            }
            let at = clocks.now();
            match self.give(batch, next..stretch.end, stretch.start) {
                Ok(n) => {
                    let sent = self.written.get(next - stretch.start..).unwrap_or_default().iter().take(n);
                    let checksum = |written: &Result<Written, Errno>| written.ok().and_then(|w| w.checksum);
                    done.extend(sent.map(|(written, _)| Ok(SentAt { at, checksum: checksum(written) })));
                    // Zero without an error cannot be; going on from the same place for ever must not be.
                    next += n.max(1);
                }
                // None of these was sent.
                Err(error) if self.may_fragment(&error) => {}
                Err(error) => {
                    refused = (next, if refused.0 == next { refused.1 + 1 } else { 1 });
                    if refused.1 <= self.chances(&error) {
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

    /// One system call for what is written, up to the first that could not be.
    fn give(&mut self, batch: &Batch, stretch: Range<usize>, first: usize) -> io::Result<usize> {
        let Channel { out, written, sender, setup, interface, .. } = self;
        let items = stretch.map_while(|i| {
            let (Ok(made), number) = written.get(i - first)? else { return None };
            let probe = batch.probes().get(i)?;
            let control = SendControl {
                // A header of our own carries its own hop limit.
                ttl: if setup.own_ip { None } else { probe.ttl },
                stages: if number.is_some() { setup.stages } else { Stages::NONE },
                stamp: number.filter(|_| setup.numbered),
                source: made.source,
                // An interface chosen by option is a hint only where a source is given (IPv6).
                ifindex: made.source.and(*interface),
                ..SendControl::default()
            };
            Some(Outgoing {
                to: (!setup.connected).then_some((probe.to.addr, probe.to.scope)),
                port: made.port,
                flow: setup.flow,
                bytes: batch.packet(i, made.len)?,
                control,
            })
        });
        out.send(sender, items)
    }

    /// Whether a refusal was of our own making: the link is narrower than the probe, which is now sent in fragments.
    fn may_fragment(&mut self, error: &io::Error) -> bool {
        Errno::from(error) == errno::EMSGSIZE
            && std::mem::take(&mut self.setup.whole)
            && set_fragmented(&self.sender).is_ok()
    }

    /// How many more tries the same probe deserves, because the refusal may be somebody else's: on sockets with an error
    /// queue an ICMP error about an earlier probe fails the next send (lab_kernel 7), and a full send buffer empties by
    /// itself. Where many probes are in flight, several errors may come while one is sent.
    fn chances(&self, error: &io::Error) -> u32 {
        const ERRORS_MEANWHILE: u32 = 4;
        match error.kind() {
            io::ErrorKind::WouldBlock => {
                let until = Some(boot_now() + PATIENCE);
                poll::wait(&[(self.sender.as_fd(), Interest::Write)], until).is_ok().into()
            }
            // A firewall of this host. (EACCES may be an error from the network.)
            _ if Errno::from(error) == errno::EPERM => 0,
            _ if self.setup.errors_by_queue => ERRORS_MEANWHILE,
            _ => self.setup.error_queue.into(),
        }
    }

    /// An interface that went and came back (a tunnel, a card) has its name again, and another number.
    fn find_interface_again(&mut self, error: &io::Error) {
        let Some(name) = self.setup.device.as_deref() else { return };
        if ![errno::ENODEV, errno::ENETUNREACH].contains(&Errno::from(error)) {
            return;
        }
        let Some(index) = interfaces::index_of(name).filter(|index| self.interface != Some(*index)) else { return };
        let set = self.sockets().try_for_each(|socket| {
            socket.set_unicast_interface(index).and_then(|()| socket.set_multicast_interface(index))
        });
        // What is refused now is tried again when the next probe fails.
        self.interface = set.is_ok().then_some(index);
    }

    fn not_sent(&self, error: &io::Error, to: Option<Peer>) -> NotSent {
        let errno = Errno::from(error);
        let mtu = (errno == errno::EMSGSIZE).then_some(to).flatten().and_then(|to| self.path_mtu(to.addr, to.scope));
        NotSent { errno, mtu }
    }

    fn path_mtu(&self, to: IpAddr, scope: u32) -> Option<u32> {
        let hints = RouteHints { ifindex: self.interface, ..RouteHints::default() };
        route::path_mtu(to, scope, &hints).ok()
    }
}
