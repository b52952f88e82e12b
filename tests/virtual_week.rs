//! A week in virtual time, for every machine: the wall clock is set forward and back, the host sleeps, the process is kept
//! from running, the path changes, sends are refused. Meanwhile the equations hold at every second, the schedule does not
//! drift, and memory stays what it was after the first day (counted by an allocator, for the thread of each test).
#![allow(unsafe_code, clippy::unwrap_used)]

#[path = "simulated/mod.rs"]
mod simulated;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::net::IpAddr;
use std::time::Duration;

use rprobe::check::{Method, Run, Setup, Watched};
use rprobe::net::NotSent;
use rprobe::net::sim::{Happening, Path, Route, Router, Sim};
use rprobe::probe::{Drive, Machine, Turn};
use rprobe::sys::errno::ENETUNREACH;
use rprobe::units::Family;
use rprobe::{ping, sweep, trace};
use simulated::{ms, secs};

const DAY: Duration = Duration::from_secs(86_400);
const HOUR_NS: i64 = 3_600_000_000_000;

struct Counting;

thread_local! {
    static LIVE: Cell<i64> = const { Cell::new(0) };
}

fn count(bytes: i64) {
    LIVE.with(|live| live.set(live.get() + bytes));
}

/// Bytes that this thread holds.
fn live() -> i64 {
    LIVE.with(Cell::get)
}

// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        // SAFETY: as our caller promised.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        count(-(layout.size() as i64));
        // SAFETY: as our caller promised.
        unsafe { System.dealloc(at, layout) }
    }
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size as i64 - layout.size() as i64);
        // SAFETY: as our caller promised.
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn host(n: u32) -> IpAddr {
    IpAddr::from((0xc000_0200 + n).to_be_bytes())
}

fn path(delay: u64) -> Path {
    Path::new(ms(delay)).jitter(ms(3)).loss(0.01).duplicates(0.001).reordering(0.01, ms(40))
}

/// What befalls a host in a week: something each quarter of an hour, and all of it again and again.
fn week(sim: Sim) -> Sim {
    let refused = NotSent { errno: ENETUNREACH, mtu: None };
    let blows = |nth: u64| match nth % 9 {
        0 => Happening::Step(HOUR_NS),
        1 => Happening::Path(path(80)),
        2 => Happening::Step(-2 * HOUR_NS),
        3 => Happening::Suspend(secs(600)),
        4 => Happening::QuietStep(HOUR_NS),
        5 => Happening::Refuse(Some(refused)),
        6 => Happening::Refuse(None),
        7 => Happening::Stall(ms(2500)),
        _ => Happening::Path(path(20)),
    };
    let quarters = 7 * 24 * 4;
    (1..quarters).fold(sim.without_log(), |sim, nth| {
        // Not on a second: what befalls a probe befalls it at any point of its way.
        sim.at(secs(900 * nth) + Duration::from_micros(7919 * nth), blows(nth))
    })
}

/// Runs for a week, asks `each` once a second, and returns how much more memory is held at the end than after a day.
fn live_through<M: Machine>(
    drive: &mut Drive<M, Sim>,
    mut each: impl FnMut(&Drive<M, Sim>),
    stop: impl FnOnce(&mut Drive<M, Sim>),
) -> i64 {
    let (mut second, mut after_a_day, mut stop) = (0, None, Some(stop));
    loop {
        let elapsed = drive.network().elapsed();
        if elapsed.as_secs() > second {
            second = elapsed.as_secs();
            each(drive);
        }
        if elapsed >= DAY && after_a_day.is_none() {
            after_a_day = Some(live());
        }
        if elapsed >= 7 * DAY {
            let more = live() - after_a_day.unwrap();
            if let Some(stop) = stop.take() {
                stop(drive);
                return more;
            }
        }
        match drive.turn(&mut |_| {}).unwrap() {
            Turn::Again => {}
            Turn::Done => panic!("ended after {elapsed:?}"),
            Turn::Wait(_) => drop(drive.wait(&[]).unwrap()),
        }
    }
}

#[test]
fn of_pinging() {
    let targets = vec![ping::Target { peer: host(1).into(), group: false }];
    let config = ping::Config { percentiles: true, ..ping::Config::new(targets, [7; 16]) };
    let mut drive = Drive::new(ping::Session::new(config), week(Sim::new(1, path(20))));
    let mut last = Vec::new();
    let more = live_through(
        &mut drive,
        |drive| {
            let session = drive.machine();
            let all = session.target_ids().map(|id| session.summary(id, rprobe::clock::Now::default()).unwrap());
            last = all.map(|summary| (summary.counters, summary.skipped)).collect();
            assert!(last.iter().all(|(counters, _)| counters.balanced()), "{last:?}");
        },
        |drive| drive.command(ping::Command::Stop),
    );
    // Bits of histograms, of which each fills as it needs to.
    assert!(more.abs() < 64 << 10, "{more} bytes more than after a day");
    for (counters, skipped) in last {
        // One slot a second, sent or skipped, from the first day to the last: no drift.
        let slots = counters.attempted + skipped;
        assert!((604_799..=604_801).contains(&slots), "{slots} slots, {counters:?}");
        // Suspends alone skip; each is ten minutes, one in two and a quarter hours.
        assert!((44_000..46_000).contains(&skipped), "{skipped} skipped");
        let sent = counters.sent as f64;
        assert!((0.005..0.03).contains(&(counters.lost as f64 / sent)), "{counters:?}");
        assert!(counters.not_sent > 60_000, "{counters:?}");
    }
}

#[test]
fn of_sweeping() {
    let hosts = (1..=10).map(|n| host(n).into()).collect();
    let config = sweep::Config {
        mode: sweep::Mode::Loop,
        period: secs(10),
        timeout: ms(500),
        ..sweep::Config::new(hosts, [7; 16])
    };
    let mut drive = Drive::new(sweep::Sweep::new(config), week(Sim::new(2, path(20))));
    let mut last = None;
    let more = live_through(
        &mut drive,
        |drive| {
            let all = drive.machine().totals(rprobe::clock::Now::default()).counters;
            assert!(all.balanced(), "{all:?}");
            last = Some(all);
        },
        |drive| drive.command(sweep::Command::Stop),
    );
    assert!(more.abs() < 64 << 10, "{more} bytes more than after a day");
    // A week has 60,480 periods of ten seconds; the host slept through 4,500 of them.
    let attempted = last.unwrap().attempted;
    assert!((555_000..=604_810).contains(&attempted), "{attempted}");
}

/// One trace every ten minutes, each on a host that something befalls in the middle of it.
#[test]
fn of_tracing() {
    let route = || {
        let routers = (1..=9).map(|n| Router::new(IpAddr::from([198, 51, 100, n]), ms(u64::from(n) * 3)));
        Route::new(routers.collect(), Router::new(host(1), ms(30)))
    };
    let mut held = None;
    for nth in 0..7 * 24 * 6u64 {
        let target = trace::Target { peer: host(1).into(), source: Some(Sim::source(Family::V4)) };
        let mut token_key = [7; 16];
        token_key[..8].copy_from_slice(&nth.to_be_bytes());
        let config = trace::Config { size: 32, ..trace::Config::new(vec![target], token_key) };
        let blow = [
            Happening::Step(HOUR_NS),
            Happening::Step(-HOUR_NS),
            Happening::QuietStep(-HOUR_NS),
            Happening::Suspend(secs(600)),
            Happening::Stall(ms(700)),
        ];
        let blow = blow[(nth % 5) as usize].clone();
        let sim = Sim::new(nth, Path::default()).route(host(1), route()).without_log().at(ms(nth % 40), blow);
        let mut drive = Drive::new(trace::Tracer::new(config), sim);
        let mut hops = Vec::new();
        loop {
            let mut hear = |note: &trace::Note| {
                if let trace::Note::Hop(hop) = note {
                    hops.extend(hop.answers().map(|answer| answer.rtt.time));
                }
            };
            match drive.turn(&mut hear).unwrap() {
                Turn::Again => {}
                Turn::Done => break,
                Turn::Wait(_) => drop(drive.wait(&[]).unwrap()),
            }
            let counters = drive.machine().counters(rprobe::probe::TargetId(0)).unwrap();
            assert!(counters.balanced(), "{counters:?}");
        }
        // What a clock was set by is no part of a time.
        assert!(hops.iter().all(|time| *time < ms(750)), "trace {nth}: {hops:?}");
        drop((drive, hops));
        let now = live();
        assert!((now - *held.get_or_insert(now)).abs() < 4096, "{now} bytes held after trace {nth}");
    }
}

/// A check every five minutes.
#[test]
fn of_checking() {
    let mut held = None;
    for nth in 0..7 * 24 * 12u64 {
        let target = ping::Target { peer: host(1).into(), group: false };
        let setup = Setup {
            targets: vec![Watched { target, critical: ms(500), patience: secs(1) }],
            method: Method::Icmp,
            flows: 1,
            packets: 5,
            interval: ms(80),
            floor: Duration::ZERO,
            deadline: None,
            size: 68,
            first_answer_ends: false,
            token_key: [7; 16],
        };
        let blow = [
            Happening::Step(HOUR_NS),
            Happening::QuietStep(HOUR_NS),
            Happening::Step(-HOUR_NS),
            Happening::Stall(ms(120)),
        ];
        let blow = blow[(nth % 4) as usize].clone();
        let sim = Sim::new(nth, Path::new(ms(10)).jitter(ms(3))).without_log().at(ms(nth % 400), blow);
        let mut drive = Drive::new(Run::new(setup), sim);
        drive.run(&mut |_| {}).unwrap();
        let outcome = drive.machine().outcome(rprobe::probe::TargetId(0)).unwrap();
        // A loss-free path: whatever befell the clock, nothing is lost and no time is an hour.
        assert_eq!(outcome.samples.received(), 5, "check {nth}: {:?}", outcome.samples);
        assert!(outcome.samples.rtts.iter().all(|rtt| *rtt < ms(500)), "check {nth}: {:?}", outcome.samples);
        drop((drive, outcome));
        let now = live();
        assert!((now - *held.get_or_insert(now)).abs() < 4096, "{now} bytes held after check {nth}");
    }
}
