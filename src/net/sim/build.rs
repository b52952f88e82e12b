//! How a simulated network is set up, and what it says about itself.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

use super::cross::OURS;
use super::limit::Buckets;
use super::log::Log;
use super::packet::Coming;
use super::path::{Crowd, Happening, Path, Rule, Stranger};
use super::queue::Queue;
use super::rng::Rng;
use super::route::{Route, Sockets};
use super::world::{BOOT, Sim, WALL};
use crate::clock::as_ns;
use crate::units::Family;

impl Sim {
    /// A network whose every path is this one.
    #[must_use]
    pub fn new(seed: u64, path: Path) -> Self {
        Sim {
            rng: Rng::new(seed),
            boot: BOOT,
            offset: WALL - BOOT as i64,
            epoch: 0,
            steps: VecDeque::new(),
            path,
            paths: HashMap::new(),
            routes: HashMap::new(),
            buckets: Buckets::default(),
            sockets: Sockets::Raw,
            tos: 0,
            rules: Vec::new(),
            crowds: Vec::new(),
            happenings: VecDeque::new(),
            refuse: None,
            send_cost: Duration::ZERO,
            wake: Duration::ZERO,
            buffer: usize::MAX,
            counts: HashMap::new(),
            recent: VecDeque::new(),
            coming: Queue::default(),
            inbox: VecDeque::new(),
            stamping: true,
            dropped: 0,
            keep_log: true,
            log: Log::default(),
        }
    }

    /// This address has a path of its own.
    #[must_use]
    pub fn path(mut self, to: IpAddr, path: Path) -> Self {
        self.paths.insert(to, path);
        self
    }

    /// This address stands behind routers.
    #[must_use]
    pub fn route(mut self, to: IpAddr, route: Route) -> Self {
        self.routes.insert(to, Rc::new(route));
        self
    }

    /// What the sockets are that probes to routes leave by.
    #[must_use]
    pub fn sockets(mut self, sockets: Sockets) -> Self {
        self.sockets = sockets;
        self
    }

    /// The TOS that probes to routes leave with.
    #[must_use]
    pub fn tos(mut self, tos: u8) -> Self {
        self.tos = tos;
        self
    }

    /// Our own address, as probes of this family to routes leave with it.
    #[must_use]
    pub fn source(family: Family) -> IpAddr {
        if family == Family::V4 { OURS.0 } else { OURS.1 }
    }

    /// Some probes are treated so, on top of their path's ways. Later rules win where two contradict.
    #[must_use]
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// This befalls the host so long after the beginning.
    #[must_use]
    pub fn at(mut self, after: Duration, what: Happening) -> Self {
        let at = BOOT.saturating_add(as_ns(after));
        let place = self.happenings.partition_point(|(other, _)| *other <= at);
        self.happenings.insert(place, (at, what));
        self
    }

    /// Strangers' packets come from this address, one every so often.
    #[must_use]
    pub fn strangers(mut self, kind: Stranger, from: IpAddr, every: Duration) -> Self {
        let every = every.max(Duration::from_nanos(1));
        self.crowds.push(Crowd { kind, from, every });
        self.coming.push(BOOT + as_ns(every), Coming::Crowd(self.crowds.len() - 1));
        self
    }

    /// Each send takes so long.
    #[must_use]
    pub fn send_cost(mut self, cost: Duration) -> Self {
        self.send_cost = cost;
        self
    }

    /// From the time that something happens, or is waited for, until this process runs.
    #[must_use]
    pub fn wake(mut self, wake: Duration) -> Self {
        self.wake = wake;
        self
    }

    /// The receive buffer holds so many packets and stamps; what comes beyond is dropped and told.
    #[must_use]
    pub fn buffer(mut self, packets: usize) -> Self {
        self.buffer = packets;
        self
    }

    /// Keeps no record of each probe, for long runs.
    #[must_use]
    pub fn without_log(mut self) -> Self {
        self.keep_log = false;
        self
    }

    /// What it did.
    #[must_use]
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Time since the beginning.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.boot - BOOT)
    }
}
