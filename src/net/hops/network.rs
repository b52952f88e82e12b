//! UDP or TCP sockets of one family or both, as one [`Network`].

use std::io;
use std::os::fd::BorrowedFd;

use super::protocol::Hops;
use crate::clock::{BootTime, Now};
use crate::net::channel::Channels;
use crate::net::socket::SocketKind;
use crate::net::{Batch, Event, Network, NotSent, Probe, SentAt, Woken};
use crate::sys::errno;
use crate::sys::socket::Socket;
use crate::units::{Family, Port};

/// Probes by UDP or TCP.
pub struct HopNet {
    pub(super) channels: Channels<Hops>,
    pub(super) kind: SocketKind,
    pub(super) flows: Vec<(Port, Port)>,
    /// The source ports are ours while these live.
    pub(super) _held: Vec<Socket>,
}

impl HopNet {
    /// Raw sockets, or ordinary UDP sockets.
    #[must_use]
    pub fn kind(&self) -> SocketKind {
        self.kind
    }

    /// Source and destination port of each flow, in the order asked for; of classic numbering the first destination
    /// port.
    #[must_use]
    pub fn flows(&self) -> &[(Port, Port)] {
        &self.flows
    }

    /// What cannot be seen or told by these sockets; `None`: they are raw ones and nothing is missing.
    #[must_use]
    pub fn fallback(&self) -> Option<&'static str> {
        (self.kind == SocketKind::Dgram).then_some(
            "no raw sockets here: by ordinary UDP sockets, which do not show the IP headers that routers quote, and tell \
             probes apart only where more than 8 bytes are quoted",
        )
    }
}

impl Network for HopNet {
    fn now(&mut self) -> Now {
        self.channels.now()
    }

    fn send(&mut self, batch: &mut Batch, done: &mut Vec<Result<SentAt, NotSent>>) {
        let fits = |hops: &Hops, probe: &Probe| {
            hops.family == Family::of(probe.to.addr) && hops.only.is_none_or(|flow| flow == probe.flow)
        };
        self.channels.send(batch, done, fits, errno::EAFNOSUPPORT);
    }

    fn take(&mut self, hear: &mut dyn FnMut(Now, &Event<'_>)) -> io::Result<bool> {
        self.channels.take(hear)
    }

    fn account(&mut self, hear: &mut dyn FnMut(Now, &Event<'_>)) {
        self.channels.account(hear);
    }

    fn wait(&mut self, until: Option<BootTime>, also: &[BorrowedFd<'_>]) -> io::Result<Woken> {
        self.channels.wait(until, also)
    }

    fn fds(&self) -> Vec<BorrowedFd<'_>> {
        self.channels.fds()
    }
}
