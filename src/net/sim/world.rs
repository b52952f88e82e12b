//! The simulated network's clocks and its receive buffer: time moves from one thing that happens to the next.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::IpAddr;
use std::os::fd::BorrowedFd;
use std::rc::Rc;
use std::time::Duration;

use super::limit::Buckets;
use super::log::{Heard, Log, What};
use super::packet::Coming;
use super::path::{Crowd, Happening, Path, Rule};
use super::queue::Queue;
use super::rng::Rng;
use super::route::{Route, Sockets};
use crate::clock::{BootTime, Epoch, Now, WallTime, as_ns};
use crate::net::{Batch, Event, Exchange, Network, NotSent, Peer, SentAt, Woken};
use crate::units::Seq;

/// Where virtual time begins: an hour after boot, on a day in 2023, so that neither clock is near its zero.
pub(super) const BOOT: u64 = 3_600_000_000_000;
pub(super) const WALL: i64 = 1_700_000_000_000_000_000;

/// Events that one take gives at the most, as a batch of messages would.
const TAKE: usize = 64;

/// A network that is made up.
#[derive(Debug)]
pub struct Sim {
    pub(super) rng: Rng,
    pub(super) boot: u64,
    /// Wall clock minus boot clock.
    pub(super) offset: i64,
    pub(super) epoch: u32,
    pub(super) steps: VecDeque<i64>,
    pub(super) path: Path,
    pub(super) paths: HashMap<IpAddr, Path>,
    pub(super) routes: HashMap<IpAddr, Rc<Route>>,
    pub(super) buckets: Buckets,
    pub(super) sockets: Sockets,
    /// What probes to routes leave with.
    pub(super) tos: u8,
    pub(super) rules: Vec<Rule>,
    pub(super) crowds: Vec<Crowd>,
    pub(super) happenings: VecDeque<(u64, Happening)>,
    pub(super) refuse: Option<NotSent>,
    pub(super) send_cost: Duration,
    pub(super) wake: Duration,
    pub(super) buffer: usize,
    pub(super) counts: HashMap<IpAddr, u64>,
    pub(super) recent: VecDeque<(Peer, Exchange, Seq, Vec<u8>)>,
    pub(super) coming: Queue,
    /// What waits to be taken, when it arrived, and its stamp, if arrivals were stamped then.
    pub(super) inbox: VecDeque<(Coming, u64, Option<WallTime>)>,
    pub(super) stamping: bool,
    pub(super) dropped: u64,
    pub(super) keep_log: bool,
    pub(super) log: Log,
}

impl Sim {
    fn wall(&self) -> WallTime {
        WallTime::from_ns((self.boot as i64).saturating_add(self.offset))
    }

    pub(super) fn reading(&self) -> Now {
        Now { boot: BootTime::from_ns(self.boot), wall: self.wall(), epoch: Epoch(self.epoch) }
    }

    /// Moves time to `to`, or beyond if the process is kept from running then.
    pub(super) fn advance(&mut self, to: u64) {
        let mut to = to.max(self.boot);
        let mut asleep_until = 0;
        loop {
            let arrives = self.coming.next();
            let happens = self.happenings.front().map(|(at, _)| *at);
            let next = [arrives, happens].into_iter().flatten().min().filter(|at| *at <= to);
            let Some(at) = next else { break };
            self.boot = self.boot.max(at);
            if happens == Some(at) {
                let Some((_, what)) = self.happenings.pop_front() else { break };
                let (until, asleep) = self.happen(what);
                to = to.max(until);
                asleep_until = if asleep { until } else { asleep_until };
            } else if let Some((_, what)) = self.coming.pop() {
                self.arrive(what, at < asleep_until);
            }
        }
        self.boot = self.boot.max(to);
    }

    /// Returns until when the process does not run, and whether the host sleeps.
    fn happen(&mut self, what: Happening) -> (u64, bool) {
        match what {
            Happening::Step(ns) => {
                self.offset = self.offset.saturating_add(ns);
                self.epoch += 1;
                self.steps.push_back(ns);
            }
            Happening::QuietStep(ns) => self.offset = self.offset.saturating_add(ns),
            Happening::Suspend(time) => return (self.boot.saturating_add(as_ns(time)), true),
            Happening::Stall(time) => return (self.boot.saturating_add(as_ns(time)), false),
            Happening::Drop(packets) => self.drop_packets(packets),
            Happening::Refuse(why) => self.refuse = why,
            Happening::Path(path) => self.path = path,
        }
        (self.boot, false)
    }

    fn drop_packets(&mut self, packets: u64) {
        self.dropped += packets;
        self.log.dropped += packets;
    }

    pub(super) fn arrive(&mut self, what: Coming, asleep: bool) {
        if let Coming::Crowd(index) = what {
            self.stranger(index);
        } else if let Coming::Crossing(crossing) = what {
            self.crossed(*crossing);
        } else if self.inbox.len() >= self.buffer {
            self.drop_packets(1);
        } else if !asleep {
            let kernel = self.stamping.then(|| self.wall());
            self.inbox.push_back((what, self.boot, kernel));
        }
    }

    /// Notes in the log that something was taken.
    fn heard(&mut self, probe: Option<usize>, arrived: u64, what: What) {
        match probe {
            Some(probe) => {
                let read = BootTime::from_ns(self.boot);
                if let Some(record) = self.log.probes.get_mut(probe) {
                    record.heard.push(Heard { arrived: BootTime::from_ns(arrived), read, what });
                }
            }
            None => self.log.strangers += 1,
        }
    }
}

impl Network for Sim {
    fn now(&mut self) -> Now {
        self.reading()
    }

    fn send(&mut self, batch: &mut Batch, done: &mut Vec<Result<SentAt, NotSent>>) {
        for index in 0..batch.len() {
            if let Some((probe, payload)) = batch.payload(index) {
                done.push(self.treat(probe, payload));
            }
        }
        // What a send's own cost let happen has happened.
        self.advance(self.boot);
    }

    fn take(&mut self, hear: &mut dyn FnMut(Now, &Event<'_>)) -> io::Result<bool> {
        self.advance(self.boot);
        let read = self.reading();
        while let Some(ns) = self.steps.pop_front() {
            hear(read, &Event::Stepped { ns });
        }
        for _ in 0..TAKE {
            let Some((what, arrived, kernel)) = self.inbox.pop_front() else { break };
            match &what {
                Coming::Reply(reply) => {
                    self.heard(reply.probe, arrived, reply.what);
                    reply.tell(kernel, read, hear);
                }
                Coming::Error(error) => {
                    self.heard(error.probe, arrived, error.what);
                    error.tell(kernel, read, hear);
                }
                Coming::Spoken(spoken) => {
                    self.heard(Some(spoken.probe), arrived, spoken.what);
                    spoken.tell(kernel, read, hear);
                }
                Coming::GivenUp { probe, .. } => {
                    if let Some(record) = self.log.probes.get_mut(*probe) {
                        record.refused = true;
                    }
                    what.tell_plain(read, hear);
                }
                Coming::Noise { .. } => {
                    self.log.strangers += 1;
                    what.tell_plain(read, hear);
                }
                Coming::Stamp { .. } | Coming::Crossing(_) | Coming::Crowd(_) => what.tell_plain(read, hear),
            }
        }
        self.account(hear);
        Ok(!self.inbox.is_empty())
    }

    fn account(&mut self, hear: &mut dyn FnMut(Now, &Event<'_>)) {
        let dropped = std::mem::take(&mut self.dropped);
        if dropped > 0 {
            hear(self.reading(), &Event::Dropped { more: dropped });
        }
    }

    fn stamp_arrivals(&mut self, wanted: bool) {
        self.stamping = wanted;
        self.log.stamping.push((BootTime::from_ns(self.boot), wanted));
    }

    fn wait(&mut self, until: Option<BootTime>, _also: &[BorrowedFd<'_>]) -> io::Result<Woken> {
        let until = until.map(BootTime::as_ns);
        while self.inbox.is_empty() && self.dropped == 0 && self.steps.is_empty() {
            let arrives = self.coming.next();
            let happens = self.happenings.front().map(|(at, _)| *at);
            let next = [arrives, happens, until].into_iter().flatten().min();
            let Some(next) = next else {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "waiting for ever: nothing is on its way"));
            };
            self.advance(next);
            if until.is_some_and(|until| self.boot >= until) {
                self.advance(self.boot + as_ns(self.wake));
                return Ok(Woken::Time);
            }
        }
        self.advance(self.boot + as_ns(self.wake));
        Ok(Woken::Ready)
    }

    fn fds(&self) -> Vec<BorrowedFd<'_>> {
        Vec::new()
    }
}
