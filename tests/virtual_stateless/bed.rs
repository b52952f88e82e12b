//! The world of these tests: a line, a far side that answers, a receive buffer, and the time that everything takes.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;

use rprobe::clock::{BootTime, Epoch, Now, WallTime};
use rprobe::net::scan::{Ask, Halt, Hearing, Sending};
use rprobe::net::{Answer, Arrival, Claim, Event, Exchange, Peer, Trouble};
use rprobe::sweep::stateless::{Book, Desk, Field, Finder, Note, Order, Proof, Rate, Shard, Tally, Turn, Worker};
use rprobe::sweep::targets::{Block, Space};
use rprobe::sys::errno::Errno;
use rprobe::units::{Family, Seq, Ttl};
use rprobe::wire::icmp::IcmpError;

pub const KEY: [u8; 16] = [7; 16];
/// Wall clock minus boot clock.
const WALL: i64 = 1_700_000_000_000_000_000;

/// What the world is like.
#[derive(Clone)]
pub struct Nature {
    /// Nanoseconds of sending a probe.
    pub cost_ns: u64,
    pub rtt_ns: u64,
    /// Whether an address answers.
    pub answers: fn(IpAddr) -> bool,
    /// Answers a second that this host can read, and how many its buffer holds.
    pub reads: f64,
    pub buffer: usize,
    /// Probes a second that the line takes, and how many its queue holds.
    pub line: f64,
    pub queue: f64,
    /// Whether a full line is a full neighbour table.
    pub neighbours: bool,
    /// What the kernel says to a probe for an address.
    pub refuses: fn(IpAddr) -> Option<i32>,
}

impl Default for Nature {
    fn default() -> Self {
        Nature {
            cost_ns: 1_000,
            rtt_ns: 20_000_000,
            answers: |_| true,
            reads: 1e9,
            buffer: 20_000,
            line: 1e9,
            queue: 1e6,
            neighbours: false,
            refuses: |_| None,
        }
    }
}

pub struct World {
    pub nature: Nature,
    pub now: u64,
    on_the_way: BTreeMap<(u64, u64), Ask>,
    buffer: VecDeque<(u64, Ask)>,
    dropped: u64,
    told: u64,
    may_read: f64,
    may_send: f64,
    /// Up to when the budgets have been filled.
    filled: u64,
    pub sent: HashMap<IpAddr, u32>,
    count: u64,
}

impl World {
    fn pass(&mut self, ns: u64) {
        self.now += ns;
        let seconds = (self.now - self.filled) as f64 / 1e9;
        self.filled = self.now;
        self.may_read = (self.may_read + self.nature.reads * seconds).min(1e4);
        self.may_send = (self.may_send + self.nature.line * seconds).min(self.nature.queue);
        while let Some(entry) = self.on_the_way.first_entry().filter(|e| e.key().0 <= self.now) {
            let (at, ask) = (entry.key().0, entry.remove());
            if self.buffer.len() < self.nature.buffer { self.buffer.push_back((at, ask)) } else { self.dropped += 1 }
        }
    }
}

#[derive(Clone)]
pub struct Hand(pub Rc<RefCell<World>>);

impl Sending for Hand {
    fn now(&mut self) -> BootTime {
        BootTime::from_ns(self.0.borrow().now)
    }

    fn send(&mut self, asks: &[Ask]) -> (usize, Option<Halt>) {
        let mut world = self.0.borrow_mut();
        for (done, ask) in asks.iter().enumerate() {
            if let Some(errno) = (world.nature.refuses)(ask.to.addr) {
                return (done, Some(Halt::Refused(Errno(errno))));
            }
            if world.may_send < 1.0 {
                return (done, Some(Halt::NoRoom { neighbours: world.nature.neighbours }));
            }
            world.may_send -= 1.0;
            let cost = world.nature.cost_ns;
            world.pass(cost);
            *world.sent.entry(ask.to.addr).or_default() += 1;
            if (world.nature.answers)(ask.to.addr) {
                world.count += 1;
                let key = (world.now + world.nature.rtt_ns, world.count);
                world.on_the_way.insert(key, *ask);
            }
        }
        (asks.len(), None)
    }
}

impl Hearing for Hand {
    fn take(&mut self, hear: &mut dyn FnMut(Now, &Event<'_>)) -> io::Result<bool> {
        loop {
            let mut world = self.0.borrow_mut();
            if world.may_read < 1.0 {
                return Ok(false);
            }
            let Some((at, ask)) = world.buffer.pop_front() else { return Ok(false) };
            world.may_read -= 1.0;
            let now = at_ns(world.now);
            drop(world);
            hear(now, &answer(ask.to, ask.seq, &ask.head, at, now));
        }
    }

    fn account(&mut self, hear: &mut dyn FnMut(Now, &Event<'_>)) {
        let mut world = self.0.borrow_mut();
        let more = world.dropped - world.told;
        world.told = world.dropped;
        let now = at_ns(world.now);
        drop(world);
        if more > 0 {
            hear(now, &Event::Dropped { more });
        }
    }

    fn fill(&mut self) -> u32 {
        let world = self.0.borrow();
        (world.buffer.len() * 1000 / world.nature.buffer) as u32
    }
}

pub fn at_ns(ns: u64) -> Now {
    Now { boot: BootTime::from_ns(ns), wall: WallTime::from_ns(WALL + ns as i64), epoch: Epoch(0) }
}

pub fn arrival(at_kernel: u64, read: Now) -> Arrival {
    let kernel = Some(WallTime::from_ns(WALL + at_kernel as i64));
    Arrival { kernel, nic: None, read, ttl: Some(Ttl(60)), tos: None, to: None, ifindex: None }
}

pub fn answer(from: Peer, seq: Seq, payload: &[u8], at: u64, read: Now) -> Event<'_> {
    Event::Answer(Answer {
        claim: Claim { peer: from, exchange: Exchange::Echo, seq: Some(seq), flow: None },
        arrival: arrival(at, read),
        payload,
        icmp_len: payload.len() + 8,
        checksum_ok: true,
        options: &[],
        far: None,
        packet: &[],
        has_ip_header: false,
    })
}

/// "Host unreachable" about a probe.
pub fn unreachable(to: Peer, seq: Seq, quoted: &[u8], read: Now) -> Event<'_> {
    Event::Error(Trouble {
        claim: Claim { peer: to, exchange: Exchange::Echo, seq: Some(seq), flow: None },
        arrival: arrival(0, read),
        offender: IpAddr::from([10, 0, 0, 1]),
        error: IcmpError { family: Family::V4, ty: 3, code: 1, info: 0 },
        quoted_checksum: None,
        quoted_payload: quoted,
        quote: None,
        extensions: None,
        packet: &[],
        has_ip_header: false,
    })
}

/// So many addresses from 10.0.0.0 on.
pub fn space(count: u32) -> Space {
    let ip = |n: u32| IpAddr::from(Ipv4Addr::from_bits(0x0a00_0000 + n));
    Space::new([Block::range(ip(0), ip(count - 1), 0).unwrap()]).unwrap()
}

pub fn book(space: &Space) -> Book {
    Book::new(Proof::new(&KEY), Finder::new(space), space.total(), true)
}

/// What came of a run.
pub struct Ran {
    pub tally: Tally,
    pub notes: Vec<Note>,
    pub sent: HashMap<IpAddr, u32>,
    /// Nanoseconds of sending.
    pub sending: u64,
    pub untried: u64,
    /// Probes sent up to each tenth of a second.
    pub course: Vec<u64>,
}

/// Runs so many workers side by side, a turn each, until all is sent (or `stop_at` has come) and heard.
pub fn sweep(count: u32, nature: Nature, rate: Option<f64>, workers: usize, stop_at: Option<u64>) -> Ran {
    let space = space(count);
    let world = World {
        nature,
        now: 0,
        on_the_way: BTreeMap::new(),
        buffer: VecDeque::new(),
        dropped: 0,
        told: 0,
        may_read: 0.0,
        may_send: 1.0,
        filled: 0,
        sent: HashMap::new(),
        count: 0,
    };
    let world = Rc::new(RefCell::new(world));
    let mut hand = Hand(Rc::clone(&world));
    let begin = hand.now();
    let rate = Rate::new(begin, rate);
    let order = Order::new(space.total(), 5, Shard::WHOLE, None);
    let field = Field::new(&space, order, Proof::new(&KEY), begin, rate.now());
    let mut desk = Desk::new(hand.clone(), book(&space), rate);
    let mut notes = Vec::new();
    let mut crew: Vec<(Worker, Option<Turn>)> = (0..workers).map(|_| (Worker::new(), Some(Turn::Again))).collect();
    let mut course = Vec::new();
    while crew.iter().any(|(_, turn)| turn.is_some()) {
        let now = hand.now();
        if stop_at.is_some_and(|at| now.as_ns() >= at) {
            field.stop();
        }
        while course.len() as u64 <= now.as_ns() / 100_000_000 {
            course.push(field.sent());
        }
        let mut next = u64::MAX;
        for (worker, turn) in &mut crew {
            match *turn {
                Some(Turn::Wait(until)) if until > hand.now() && !field.is_stopped() => {
                    next = next.min(until.as_ns());
                    continue;
                }
                None => continue,
                _ => {}
            }
            *turn = Some(worker.turn(&field, &mut hand)).filter(|turn| *turn != Turn::Done);
            next = 0;
            for (peer, errno) in worker.take_refused() {
                notes.push(desk.book_mut().refuse(peer, errno));
            }
            let now = hand.now();
            desk.attend(&field, now, &mut |note| notes.push(*note)).unwrap();
        }
        // All wait: so does the world, as long as a thread would.
        let step = next.saturating_sub(world.borrow().now).min(1_000_000);
        world.borrow_mut().pass(step.max(100));
        let now = hand.now();
        desk.attend(&field, now, &mut |note| notes.push(*note)).unwrap();
    }
    let sending = world.borrow().now;
    for _ in 0..100_000 {
        world.borrow_mut().pass(1_000_000);
        let now = hand.now();
        desk.attend(&field, now, &mut |note| notes.push(*note)).unwrap();
        let world = world.borrow();
        if world.on_the_way.is_empty() && world.buffer.is_empty() {
            break;
        }
    }
    desk.account();
    let untried = crew.iter().flat_map(|(w, _)| w.abandoned()).map(|r| r.end - r.start).sum();
    let tally = Tally { sent: field.sent(), ..desk.book().tally.clone() };
    let sent = std::mem::take(&mut world.borrow_mut().sent);
    Ran { tally, notes, sent, sending, untried, course }
}
