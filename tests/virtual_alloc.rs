//! Once warm, a ping session allocates nothing for a probe: proved by an allocator that counts.
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
use rprobe::probe::{Drive, Turn};
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

fn warm_then_count(config: Config, warm: u64, counted: u64) -> u64 {
    let mirror = Mirror { ns: 1_000_000_000, packets: Vec::with_capacity(SLOTS) };
    let mut drive = Drive::new(Session::new(config), mirror);
    let mut notes = 0u64;
    let mut until = |sent: u64, drive: &mut Drive<Session, Mirror>| {
        loop {
            let now = Now::default();
            // The summary clones statistics, which may allocate: look at it rarely.
            for _ in 0..64 {
                match drive.turn(&mut |_| notes += 1).unwrap() {
                    Turn::Wait(_) => {
                        drive.wait(&[]).unwrap();
                    }
                    Turn::Again => {}
                    Turn::Done => return 0,
                }
            }
            let before = ALLOCATIONS.load(Ordering::Relaxed);
            let done = drive.machine().summary(TargetId(0), now).unwrap().counters.sent >= sent;
            if done {
                return before;
            }
            SUMMARIES.fetch_add(ALLOCATIONS.load(Ordering::Relaxed) - before, Ordering::Relaxed);
        }
    };
    until(warm, &mut drive);
    SUMMARIES.store(0, Ordering::Relaxed);
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    let after = until(warm + counted, &mut drive);
    after - before - SUMMARIES.load(Ordering::Relaxed)
}

static SUMMARIES: AtomicU64 = AtomicU64::new(0);

#[test]
fn a_warm_session_allocates_nothing_for_a_probe() {
    let target = Target { peer: Peer::from(std::net::IpAddr::from([192, 0, 2, 1])), group: false };
    let flood = Config { pace: Pace::Flood, ..Config::new(vec![target.clone()], [3; 16]) };
    let quiet = Config { note_replies: false, ..flood.clone() };
    let paced = Config { interval: Duration::from_micros(100), ..Config::new(vec![target], [3; 16]) };
    // The table is warm when as many have settled as it keeps.
    for config in [flood, quiet, paced] {
        let allocations = warm_then_count(config, 150_000, 100_000);
        assert!(allocations <= 4, "{allocations} allocations for 100,000 probes");
    }
}
