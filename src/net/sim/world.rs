//! The simulated network itself: its clocks, what is on its way, and what it does with each probe.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::io;
use std::net::IpAddr;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use super::log::{Heard, Log, Record, What};
use super::packet::{Coming, Error, Reply, message};
use super::path::{Act, Crowd, Damage, Happening, Narrow, Path, Quote, Rule, Stamps, Stranger};
use super::rng::Rng;
use crate::clock::{BootTime, Epoch, Now, WallTime, as_ns};
use crate::net::{Batch, Claim, Event, Exchange, FarClock, Network, NotSent, Peer, Probe, SentAt, Woken};
use crate::sys::errno::Errno;
use crate::units::{Family, Seq};
use crate::wire::icmp::IcmpError;

/// Where virtual time begins: an hour after boot, on a day in 2023, so that neither clock is near its zero.
const BOOT: u64 = 3_600_000_000_000;
const WALL: i64 = 1_700_000_000_000_000_000;

/// asm-generic/errno.h.
const EMSGSIZE: Errno = Errno(90);

/// Strangers imitate one of so many latest probes.
const RECENT: usize = 16;

/// Events that one take gives at the most, as a batch of messages would.
const TAKE: usize = 64;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// A network that is made up.
#[derive(Debug)]
pub struct Sim {
    rng: Rng,
    boot: u64,
    /// Wall clock minus boot clock.
    offset: i64,
    epoch: u32,
    steps: VecDeque<i64>,
    path: Path,
    paths: HashMap<IpAddr, Path>,
    rules: Vec<Rule>,
    crowds: Vec<Crowd>,
    happenings: VecDeque<(u64, Happening)>,
    refuse: Option<NotSent>,
    send_cost: Duration,
    wake: Duration,
    buffer: usize,
    counts: HashMap<IpAddr, u64>,
    recent: VecDeque<(Peer, Exchange, Seq, Vec<u8>)>,
    coming: BinaryHeap<Reverse<Queued>>,
    order: u64,
    inbox: VecDeque<(Coming, u64, WallTime)>,
    dropped: u64,
    keep_log: bool,
    log: Log,
}

#[derive(Debug)]
struct Queued {
    at: u64,
    order: u64,
    what: Coming,
}

impl PartialEq for Queued {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.order) == (other.at, other.order)
    }
}
impl Eq for Queued {}
impl PartialOrd for Queued {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Queued {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

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
            rules: Vec::new(),
            crowds: Vec::new(),
            happenings: VecDeque::new(),
            refuse: None,
            send_cost: Duration::ZERO,
            wake: Duration::ZERO,
            buffer: usize::MAX,
            counts: HashMap::new(),
            recent: VecDeque::new(),
            coming: BinaryHeap::new(),
            order: 0,
            inbox: VecDeque::new(),
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
        self.queue(BOOT + as_ns(every), Coming::Crowd(self.crowds.len() - 1));
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

    fn queue(&mut self, at: u64, what: Coming) {
        self.order += 1;
        self.coming.push(Reverse(Queued { at, order: self.order, what }));
    }

    fn wall(&self) -> WallTime {
        WallTime::from_ns((self.boot as i64).saturating_add(self.offset))
    }

    fn reading(&self) -> Now {
        Now { boot: BootTime::from_ns(self.boot), wall: self.wall(), epoch: Epoch(self.epoch) }
    }

    /// Moves time to `to`, or beyond if the process is kept from running then.
    fn advance(&mut self, to: u64) {
        let mut to = to.max(self.boot);
        let mut asleep_until = 0;
        loop {
            let arrives = self.coming.peek().map(|Reverse(queued)| queued.at);
            let happens = self.happenings.front().map(|(at, _)| *at);
            let next = [arrives, happens].into_iter().flatten().min().filter(|at| *at <= to);
            let Some(at) = next else { break };
            self.boot = self.boot.max(at);
            if happens == Some(at) {
                let Some((_, what)) = self.happenings.pop_front() else { break };
                let (until, asleep) = self.happen(what);
                to = to.max(until);
                asleep_until = if asleep { until } else { asleep_until };
            } else if let Some(Reverse(queued)) = self.coming.pop() {
                self.arrive(queued.what, at < asleep_until);
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

    fn arrive(&mut self, what: Coming, asleep: bool) {
        if let Coming::Crowd(index) = what {
            self.stranger(index);
        } else if self.inbox.len() >= self.buffer {
            self.drop_packets(1);
        } else if !asleep {
            let kernel = self.wall();
            self.inbox.push_back((what, self.boot, kernel));
        }
    }

    fn stranger(&mut self, index: usize) {
        let Some(crowd) = self.crowds.get(index).copied() else { return };
        self.queue(self.boot + as_ns(crowd.every), Coming::Crowd(index));
        let pick = self.rng.below(self.recent.len() as u64) as usize;
        let imitated = self.recent.get(pick).cloned();
        let (to, exchange, seq, mut payload) =
            imitated.unwrap_or((crowd.from.into(), Exchange::Echo, Seq(1), vec![0; 56]));
        match crowd.kind {
            Stranger::Reply => self.rng.fill(&mut payload),
            Stranger::Twin | Stranger::Error => {
                let token = payload.len().min(8);
                self.rng.fill(&mut payload[..token]);
            }
            Stranger::Noise => {}
        }
        let what = match crowd.kind {
            Stranger::Noise => Coming::Noise { from: crowd.from },
            Stranger::Error => Coming::Error(Box::new(Error {
                probe: None,
                about: Claim { peer: to, exchange, seq },
                offender: crowd.from,
                error: too_big(Family::of(to.addr), 1280),
                checksum: None,
                payload,
                gateway: None,
            })),
            Stranger::Reply | Stranger::Twin => Coming::Reply(Box::new(Reply {
                probe: None,
                what: What::Reply,
                from: crowd.from.into(),
                exchange,
                seq,
                icmp_len: payload.len() + 8,
                payload,
                checksum_ok: true,
                far: None,
                stamped: true,
            })),
        };
        self.arrive(what, false);
    }

    /// Everything that is done with one probe.
    fn treat(&mut self, probe: &Probe, payload: &[u8]) -> Result<SentAt, NotSent> {
        let at = self.reading();
        let addr = probe.to.addr;
        let nth = {
            let count = self.counts.entry(addr).or_insert(0);
            *count += 1;
            *count
        };
        let index = self.log.probes.len();
        if self.keep_log {
            let (key, to, seq) = (probe.key, probe.to, probe.seq);
            self.log.probes.push(Record { key, to, nth, seq, at, refused: false, heard: Vec::new() });
        }
        let mut plan = Plan::of(self.paths.get(&addr).unwrap_or(&self.path), &mut self.rng);
        let acts = self.rules.iter().filter(|rule| rule.nth.contains(&nth) && rule.to.is_none_or(|to| to == addr));
        acts.for_each(|rule| plan.apply(rule.act));
        let family = Family::of(addr);
        let size = payload.len() as u32 + if family == Family::V4 { 28 } else { 48 };
        match plan.mtu.filter(|(mtu, _)| size > *mtu) {
            Some((mtu, Narrow::Here)) => plan.refuse = Some(NotSent { errno: EMSGSIZE, mtu: Some(mtu) }),
            Some((_, Narrow::Nobody)) => plan.reply = None,
            Some((mtu, Narrow::Router(from))) => plan.fail(from, too_big(family, mtu)),
            Some((_, Narrow::OldRouter(from))) => plan.fail(from, too_big(family, 0)),
            None => {}
        }
        if let Some(why) = plan.refuse.or(self.refuse) {
            if let Some(record) = self.log.probes.get_mut(index) {
                record.refused = true;
            }
            return Err(why);
        }
        if self.recent.len() >= RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back((probe.to, probe.exchange, probe.seq, payload.to_vec()));
        let bytes = message(if family == Family::V4 { 8 } else { 128 }, probe.seq, payload);
        let sum = u16::from_be_bytes([bytes[2], bytes[3]]);
        self.schedule(plan, probe, payload, index, at, sum);
        self.boot = self.boot.saturating_add(as_ns(self.send_cost));
        Ok(SentAt { at, checksum: (family == Family::V4).then_some(sum) })
    }

    fn schedule(&mut self, plan: Plan, probe: &Probe, payload: &[u8], index: usize, at: Now, sum: u16) {
        let sent = at.boot.as_ns();
        let left = sent + as_ns(plan.departure);
        let claim = Claim { peer: probe.to, exchange: probe.exchange, seq: probe.seq };
        let shown = match plan.stamps {
            Stamps::AtOnce => Some(left),
            Stamps::After(late) => Some(sent + as_ns(late)),
            Stamps::Never => None,
        };
        if let Some(shown) = shown.filter(|_| probe.stamp) {
            self.queue(shown, Coming::Stamp { key: probe.key, at: at.wall + plan.departure });
        }
        if let Some((errno, after)) = plan.give_up {
            self.queue(sent + as_ns(after), Coming::GivenUp { probe: index, claim, errno, mtu: None });
        }
        let error = |offender, error, quote: Quote, gateway, rng: &mut Rng| {
            let mut quoted = payload.to_vec();
            match quote {
                Quote::Whole => {}
                Quote::WrongToken => rng.fill(&mut quoted),
                Quote::Header | Quote::WrongChecksum => quoted.clear(),
            }
            let checksum = Some(if quote == Quote::WrongChecksum { sum ^ 0x55aa } else { sum });
            let (probe, payload) = (Some(index), quoted);
            Box::new(Error { probe, about: claim, offender, error, checksum, payload, gateway })
        };
        for (from, what, quote, after) in plan.errors {
            let error = error(from, what, quote, None, &mut self.rng);
            self.queue(left + as_ns(after), Coming::Error(error));
        }
        if let Some((from, gateway)) = plan.redirect {
            let what = IcmpError { family: Family::of(from), ty: 5, code: 1, info: 0 };
            let error = error(from, what, Quote::Whole, Some(gateway), &mut self.rng);
            self.queue(left + as_ns(plan.delay) / 2, Coming::Error(error));
        }
        let Some(from) = plan.reply else { return };
        let mut reply = Reply {
            probe: Some(index),
            what: What::Reply,
            from: Peer { addr: from.unwrap_or(probe.to.addr), scope: probe.to.scope },
            exchange: probe.exchange,
            seq: probe.seq,
            icmp_len: payload.len() + 8,
            payload: payload.to_vec(),
            checksum_ok: true,
            far: None,
            stamped: plan.arrival_stamps,
        };
        if from.is_some_and(|from| from != probe.to.addr) {
            reply.what = What::WrongSource;
        }
        if probe.exchange == Exchange::Timestamp {
            let ms = |wall: WallTime| wall.as_ns().div_euclid(1_000_000).rem_euclid(DAY_MS);
            let there = (ms(at.wall + plan.departure + plan.delay / 2) + plan.far_clock_ms).rem_euclid(DAY_MS) as u32;
            let originate_ms = ms(at.wall) as u32;
            reply.far = Some(FarClock { originate_ms, receive_ms: there, transmit_ms: there });
            reply.icmp_len = 20;
        }
        for damage in plan.damage {
            reply.hurt(damage, &mut self.rng);
        }
        let mut arrives = left + as_ns(plan.delay);
        for _ in 0..=plan.copies {
            self.queue(arrives, Coming::Reply(Box::new(reply.clone())));
            arrives += as_ns(plan.gap);
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
                    let what = if error.gateway.is_some() { What::Redirect } else { What::Error };
                    self.heard(error.probe, arrived, what);
                    error.tell(kernel, read, hear);
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
                Coming::Stamp { .. } | Coming::Crowd(_) => what.tell_plain(read, hear),
            }
        }
        let dropped = std::mem::take(&mut self.dropped);
        if dropped > 0 {
            hear(read, &Event::Dropped { more: dropped });
        }
        Ok(!self.inbox.is_empty())
    }

    fn wait(&mut self, until: Option<BootTime>, _also: &[BorrowedFd<'_>]) -> io::Result<Woken> {
        let until = until.map(BootTime::as_ns);
        while self.inbox.is_empty() && self.dropped == 0 && self.steps.is_empty() {
            let arrives = self.coming.peek().map(|Reverse(queued)| queued.at);
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

/// What will be done with one probe.
struct Plan {
    departure: Duration,
    delay: Duration,
    /// `None`: no reply; otherwise from whom, if not from the one who was asked.
    reply: Option<Option<IpAddr>>,
    copies: u32,
    gap: Duration,
    damage: Vec<Damage>,
    errors: Vec<(IpAddr, IcmpError, Quote, Duration)>,
    redirect: Option<(IpAddr, IpAddr)>,
    refuse: Option<NotSent>,
    give_up: Option<(Errno, Duration)>,
    stamps: Stamps,
    arrival_stamps: bool,
    mtu: Option<(u32, Narrow)>,
    far_clock_ms: i64,
}

impl Plan {
    fn of(path: &Path, rng: &mut Rng) -> Plan {
        let mut delay = path.delay + rng.up_to(path.jitter);
        if rng.chance(path.reordering.0) {
            delay += path.reordering.1;
        }
        let lost = rng.chance(path.loss) || !path.responds;
        Plan {
            departure: path.departure,
            delay,
            reply: (!lost).then_some(None),
            copies: u32::from(rng.chance(path.duplicates)),
            gap: rng.up_to(path.delay),
            damage: if rng.chance(path.damage) { vec![Damage::Byte(rng.below(56) as usize)] } else { Vec::new() },
            errors: Vec::new(),
            redirect: None,
            refuse: None,
            give_up: None,
            stamps: path.stamps,
            arrival_stamps: path.arrival_stamps,
            mtu: path.mtu,
            far_clock_ms: path.far_clock_ms,
        }
    }

    fn apply(&mut self, act: Act) {
        match act {
            Act::Lose => self.reply = None,
            Act::Delay(more) => self.delay += more,
            Act::Duplicate(copies, gap) => (self.copies, self.gap) = (copies, gap),
            Act::Damage(damage) => self.damage.push(damage),
            Act::From(addr) => self.reply = Some(Some(addr)),
            Act::Error(from, error, quote, after) => self.errors.push((from, error, quote, after)),
            Act::Redirect(from, gateway) => self.redirect = Some((from, gateway)),
            Act::Refuse(why) => self.refuse = Some(why),
            Act::GiveUp(errno, after) => (self.reply, self.give_up) = (None, Some((errno, after))),
            Act::Stamp(stamps) => self.stamps = stamps,
            Act::NoArrivalStamp => self.arrival_stamps = false,
        }
    }

    /// A router drops it and says so.
    fn fail(&mut self, from: IpAddr, error: IcmpError) {
        self.reply = None;
        self.errors.push((from, error, Quote::Whole, self.delay));
    }
}

impl Reply {
    fn hurt(&mut self, damage: Damage, rng: &mut Rng) {
        self.what = if self.what == What::Reply { What::Damaged } else { self.what };
        match damage {
            Damage::Byte(at) => {
                if let Some(byte) = self.payload.get_mut(at) {
                    *byte = !*byte;
                }
            }
            Damage::Payload => rng.fill(&mut self.payload),
            Damage::Checksum => self.checksum_ok = false,
            Damage::CutTo(len) => {
                self.payload.truncate(len);
                self.icmp_len = self.icmp_len.min(len + 8);
            }
            Damage::Grown(more) => {
                self.payload.resize(self.payload.len() + more, 0);
                self.icmp_len += more;
            }
        }
    }
}

/// A packet was too big for the next link (RFC 1191 §4, RFC 4443 §3.2).
fn too_big(family: Family, mtu: u32) -> IcmpError {
    match family {
        Family::V4 => IcmpError { family, ty: 3, code: 4, info: mtu },
        Family::V6 => IcmpError { family, ty: 2, code: 0, info: mtu },
    }
}
