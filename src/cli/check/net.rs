//! One network type for what a group of targets is probed by.

use std::io;
use std::os::fd::BorrowedFd;

use crate::clock::{BootTime, Now};
use crate::net::connect::ConnectNet;
use crate::net::hops::HopNet;
use crate::net::icmp::IcmpNet;
use crate::net::{Batch, Event, Network, NotSent, SentAt, Woken};

/// Echoes, TCP and UDP probes, or connections.
pub(super) enum CheckNet {
    Icmp(IcmpNet),
    Hops(HopNet),
    Connect(ConnectNet),
}

impl CheckNet {
    fn any(&self) -> &dyn Network {
        match self {
            CheckNet::Icmp(net) => net,
            CheckNet::Hops(net) => net,
            CheckNet::Connect(net) => net,
        }
    }

    fn any_mut(&mut self) -> &mut dyn Network {
        match self {
            CheckNet::Icmp(net) => net,
            CheckNet::Hops(net) => net,
            CheckNet::Connect(net) => net,
        }
    }
}

impl Network for CheckNet {
    fn now(&mut self) -> Now {
        self.any_mut().now()
    }

    fn send(&mut self, batch: &mut Batch, done: &mut Vec<Result<SentAt, NotSent>>) {
        self.any_mut().send(batch, done);
    }

    fn take(&mut self, hear: &mut dyn FnMut(Now, &Event<'_>)) -> io::Result<bool> {
        self.any_mut().take(hear)
    }

    fn account(&mut self, hear: &mut dyn FnMut(Now, &Event<'_>)) {
        self.any_mut().account(hear);
    }

    fn wait(&mut self, until: Option<BootTime>, also: &[BorrowedFd<'_>]) -> io::Result<Woken> {
        self.any_mut().wait(until, also)
    }

    fn fds(&self) -> Vec<BorrowedFd<'_>> {
        self.any().fds()
    }
}
