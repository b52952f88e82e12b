//! Once warm, a ping session or a sweep allocates nothing for a probe: proved by an allocator that counts.
//!
//! The network here is the plainest that can answer: an array, so that what is counted is the machine's and the loop's.
#![allow(unsafe_code, clippy::unwrap_used)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rprobe::clock::{BootTime, Epoch, Now, Stage, WallTime};
use rprobe::net::{Answer, Arrival, Batch, Claim, Event, Exchange, Key, Network, NotSent, Peer, SentAt, Woken};
use rprobe::ping::{Config, Pace, Session, Target, TargetId};
use rprobe::probe::{Drive, Machine, Turn};
use rprobe::sweep;
use rprobe::units::Seq;

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as our caller promised.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as our caller promised.
        unsafe { System.dealloc(at, layout) }
    }
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as our caller promised.
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

const SLOTS: usize = 512;

/// Answers every probe at once, with a stamp before the reply.
struct Mirror {
    ns: u64,
    packets: Vec<(Key, Peer, Seq, [u8; 56])>,
}

impl Network for Mirror {
    fn now(&mut self) -> Now {
        self.ns += 100;
        Now { boot: BootTime::from_ns(self.ns), wall: WallTime::from_ns(self.ns as i64), epoch: Epoch(0) }
    }

    fn send(&mut self, batch: &mut Batch, done: &mut Vec<Result<SentAt, NotSent>>) {
        for index in 0..batch.len() {
            let (probe, payload) = batch.payload(index).unwrap();
            let mut bytes = [0; 56];
            bytes.copy_from_slice(payload);
            self.packets.push((probe.key, probe.to, probe.seq, bytes));
            let at = self.now();
            done.push(Ok(SentAt { at, checksum: Some(1) }));
        }
    }

    fn take(&mut self, hear: &mut dyn FnMut(Now, &Event<'_>)) -> io::Result<bool> {
        for index in 0..self.packets.len() {
            let (key, peer, seq, payload) = self.packets[index];
            // Now and then one is lost.
            if seq.0 % 1000 == 3 {
                continue;
            }
            let at = self.now();
            hear(at, &Event::Stamp { key, stage: Stage::Driver, at: WallTime::from_ns(self.ns as i64), packet: &[] });
            let read = self.now();
            let arrival =
                Arrival { kernel: Some(read.wall), nic: None, read, ttl: None, tos: None, to: None, ifindex: None };
            let claim = Claim::icmp(peer, Exchange::Echo, seq);
            hear(
                read,
                &Event::Answer(Answer {
                    claim,
                    arrival,
                    payload: &payload,
                    icmp_len: 64,
                    checksum_ok: true,
                    options: &[],
                    far: None,
                    packet: &[],
                    has_ip_header: false,
                }),
            );
        }
        self.packets.clear();
        Ok(false)
    }

    fn wait(&mut self, until: Option<BootTime>, _also: &[BorrowedFd<'_>]) -> io::Result<Woken> {
        self.ns = self.ns.max(until.unwrap().as_ns());
        Ok(Woken::Time)
    }

    fn fds(&self) -> Vec<BorrowedFd<'_>> {
        Vec::new()
    }
}

/// Allocations while `counted` more probes are sent, once `warm` have been; `sent` says how many that are.
fn warm_then_count<M: Machine>(machine: M, sent: fn(&M) -> u64, warm: u64, counted: u64) -> u64 {
    let mirror = Mirror { ns: 1_000_000_000, packets: Vec::with_capacity(SLOTS) };
    let mut drive = Drive::new(machine, mirror);
    let mut notes = 0u64;
    // Looking may allocate (statistics are cloned): it is done rarely, and not counted.
    let mut looking = 0;
    let mut until = |wanted: u64, drive: &mut Drive<M, Mirror>| {
        loop {
            for _ in 0..64 {
                match drive.turn(&mut |_| notes += 1).unwrap() {
                    Turn::Wait(_) => {
                        drive.wait(&[]).unwrap();
                    }
                    Turn::Again => {}
                    Turn::Done => panic!("over before it was counted"),
                }
            }
            let before = ALLOCATIONS.load(Ordering::Relaxed);
            let done = sent(drive.machine()) >= wanted;
            looking += ALLOCATIONS.load(Ordering::Relaxed) - before;
            if done {
                return before - (looking - (ALLOCATIONS.load(Ordering::Relaxed) - before));
            }
        }
    };
    let before = until(warm, &mut drive);
    let after = until(warm + counted, &mut drive);
    after - before
}

fn peer(n: u32) -> Peer {
    Peer::from(std::net::IpAddr::from((0xc000_0200 + n).to_be_bytes()))
}

#[test]
fn a_warm_machine_allocates_nothing_for_a_probe() {
    let target = Target { peer: peer(1), group: false };
    let flood = Config { pace: Pace::Flood, ..Config::new(vec![target], [3; 16]) };
    let quiet = Config { note_replies: false, ..flood.clone() };
    let paced = Config { interval: Duration::from_micros(100), ..Config::new(vec![target], [3; 16]) };
    // The table is warm when as many have settled as it keeps.
    for config in [flood, quiet, paced] {
        let sent = |session: &Session| session.summary(TargetId(0), Now::default()).unwrap().counters.sent;
        let allocations = warm_then_count(Session::new(config), sent, 150_000, 100_000);
        assert!(allocations <= 4, "{allocations} allocations for 100,000 probes");
    }
    let hosts = sweep::Config {
        mode: sweep::Mode::Loop,
        period: Duration::from_millis(2),
        timeout: Duration::from_millis(1),
        spacing: sweep::Spacing::Fixed(Duration::from_micros(1)),
        ..sweep::Config::new((0..1_000).map(peer).collect(), [3; 16])
    };
    let quiet = sweep::Config { note_all: false, ..hosts.clone() };
    for config in [hosts, quiet] {
        let sent = |sweep: &sweep::Sweep| sweep.totals(Now::default()).counters.sent;
        let allocations = warm_then_count(sweep::Sweep::new(config), sent, 150_000, 100_000);
        assert!(allocations <= 4, "{allocations} allocations for 100,000 probes of a sweep");
    }
}
