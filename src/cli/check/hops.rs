//! How many hops away the hosts are that answered, by rtrace's machine: all of them side by side, by the method that they
//! were measured with, until each answers or the deadline comes.

use std::io;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use super::net::CheckNet;
use super::turns::Turner;
use crate::check::Method;
use crate::clock::BootTime;
use crate::net::{Peer, Woken};
use crate::probe::{Drive, Turn};
use crate::sys::clock::boot_now;
use crate::trace::{self, Command, Config, Target, Tracer, Waits};

/// Traces of some hosts on one network.
pub(super) struct Traces {
    drive: Drive<Tracer, CheckNet>,
    deadline: BootTime,
    /// The caller's names for them, in their order.
    hosts: Vec<usize>,
}

impl Traces {
    /// To these hosts, each with the caller's name for it.
    pub(super) fn new(
        method: Method,
        net: CheckNet,
        hosts: &[(usize, Peer)],
        deadline: BootTime,
        token_key: [u8; 16],
    ) -> Traces {
        let targets = hosts.iter().map(|(_, peer)| Target::from(*peer)).collect();
        let plain = Config::new(targets, token_key);
        let (method, size) = match method {
            Method::Icmp => (trace::Method::Icmp, plain.size),
            Method::Udp(_) => (trace::Method::Udp, plain.size),
            Method::Tcp(_) => (trace::Method::Tcp, 0),
        };
        // The distance is wanted, and who is on the way is not: silent routers are not asked again and again.
        let wait = Waits { max: Duration::from_secs(1), ..Waits::default() };
        let config = Config { method, size, tries: 2, extra: 0, wait, ..plain };
        Traces { drive: Drive::new(Tracer::new(config), net), deadline, hosts: hosts.iter().map(|(n, _)| *n).collect() }
    }

    /// What was found: the distance of each host that was reached.
    pub(super) fn found(&self) -> impl Iterator<Item = (usize, u8)> {
        let tracer = self.drive.machine();
        let distance = |id| tracer.path(id).and_then(|path| path.distance);
        self.hosts.iter().zip(tracer.target_ids()).filter_map(move |(host, id)| Some((*host, distance(id)?)))
    }
}

impl Turner for Traces {
    fn turn(&mut self) -> io::Result<Turn> {
        if boot_now() >= self.deadline {
            self.drive.command(Command::Stop);
        }
        Ok(match self.drive.turn(&mut |_| {})? {
            Turn::Wait(until) => Turn::Wait(Some(until.map_or(self.deadline, |until| until.min(self.deadline)))),
            other => other,
        })
    }

    fn fds(&self) -> Vec<BorrowedFd<'_>> {
        self.drive.fds()
    }

    fn wait(&mut self, until: Option<BootTime>, also: &[BorrowedFd<'_>]) -> io::Result<Woken> {
        self.drive.wait_until(until, also)
    }

    fn stop(&mut self) {
        self.drive.command(Command::Stop);
    }
}
