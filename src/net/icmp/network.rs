//! Both families' channels as one [`Network`].

use std::io;
use std::os::fd::BorrowedFd;

use super::protocol::Icmp;
use crate::clock::{BootTime, Now};
use crate::net::channel::Channels;
use crate::net::socket::SocketKind;
use crate::net::{Batch, Event, Network, NotSent, SentAt, Woken};
use crate::sys::errno;
use crate::units::{Family, Ident};

/// ICMP sockets of one family or both.
pub struct IcmpNet {
    pub(super) channels: Channels<Icmp>,
}

impl IcmpNet {
    /// The ident on the wire of a family's probes, if it is probed.
    #[must_use]
    pub fn ident(&self, family: Family) -> Option<Ident> {
        self.protocol(family).map(|p| p.listener.ident)
    }

    /// The kind of socket that a family is probed by.
    #[must_use]
    pub fn kind(&self, family: Family) -> Option<SocketKind> {
        self.protocol(family).map(|p| p.kind)
    }

    /// How full the fullest receive buffer is, in thousandths: what comes next is dropped at 1,000.
    #[must_use]
    pub fn fill(&self) -> u32 {
        self.channels.iter().map(|c| c.fill()).max().unwrap_or(0)
    }

    fn protocol(&self, family: Family) -> Option<&Icmp> {
        self.channels.iter().map(|c| &c.protocol).find(|p| p.listener.family == family)
    }
}

impl Network for IcmpNet {
    fn now(&mut self) -> Now {
        self.channels.now()
    }

    fn send(&mut self, batch: &mut Batch, done: &mut Vec<Result<SentAt, NotSent>>) {
        let fits = |protocol: &Icmp, probe: &crate::net::Probe| protocol.listener.family == Family::of(probe.to.addr);
        self.channels.send(batch, done, fits, errno::EAFNOSUPPORT);
    }

    fn take(&mut self, hear: &mut dyn FnMut(Now, &Event<'_>)) -> io::Result<bool> {
        self.channels.take(hear)
    }

    fn account(&mut self, hear: &mut dyn FnMut(Now, &Event<'_>)) {
        self.channels.account(hear);
    }

    fn stamp_arrivals(&mut self, wanted: bool) {
        self.channels.stamp_arrivals(wanted);
    }

    fn wait(&mut self, until: Option<BootTime>, also: &[BorrowedFd<'_>]) -> io::Result<Woken> {
        self.channels.wait(until, also)
    }

    fn fds(&self) -> Vec<BorrowedFd<'_>> {
        self.channels.fds()
    }
}
