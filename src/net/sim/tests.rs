//! The simulated network does what it says.
#![allow(clippy::unwrap_used)]
use std::net::IpAddr;
use std::time::Duration;

use super::*;
use crate::clock::{Now, Stage, WallTime};
use crate::net::{Batch, Event, Exchange, Key, Network, NotSent, Peer, Probe};
use crate::sys::errno::Errno;
use crate::units::Seq;

const HOST: [u8; 4] = [192, 0, 2, 1];

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Sends probes number `from` to `to` at once and returns how many were refused.
fn send(sim: &mut Sim, from: u32, to: u32) -> usize {
    let mut batch = Batch::new(1000);
    let mut done = Vec::new();
    for slot in from..=to {
        let key = Key { slot, generation: 0 };
        let probe = Probe::new(key, Peer::from(IpAddr::from(HOST)), Exchange::Echo, Seq(slot as u16));
        batch.push(probe, 16).fill(slot as u8);
    }
    sim.send(&mut batch, &mut done);
    done.iter().filter(|how| how.is_err()).count()
}

/// Takes everything and names it.
fn take(sim: &mut Sim) -> Vec<String> {
    let mut heard = Vec::new();
    let mut hear = |_: Now, event: &Event<'_>| {
        heard.push(match event {
            Event::Stamp { key, stage: Stage::Driver, .. } => format!("stamp {}", key.slot),
            Event::Answer(answer) => format!("reply {}", answer.claim.seq.unwrap()),
            Event::Error(trouble) => format!("error {} from {}", trouble.claim.seq.unwrap(), trouble.offender),
            Event::Dropped { more } => format!("dropped {more}"),
            Event::Stepped { ns } => format!("stepped {ns}"),
            other => format!("{other:?}"),
        });
    };
    while sim.take(&mut hear).unwrap() {}
    heard
}

#[test]
fn stamps_come_before_the_replies_that_they_belong_to() {
    let mut sim = Sim::new(1, Path::new(ms(20)));
    send(&mut sim, 1, 2);
    assert_eq!(take(&mut sim), [""; 0], "nothing has come yet");
    sim.wait(None, &[]).unwrap();
    assert_eq!((take(&mut sim), sim.elapsed()), (vec!["stamp 1".into(), "stamp 2".into()], Duration::from_micros(5)));
    sim.wait(None, &[]).unwrap();
    assert_eq!(take(&mut sim), ["reply 1", "reply 2"]);
    assert_eq!(sim.elapsed(), ms(20) + Duration::from_micros(5));
}

#[test]
fn waiting_ends_at_its_time_and_never_waits_for_nothing() {
    let mut sim = Sim::new(1, Path::silent().stamps(Stamps::Never));
    let until = sim.now().boot + ms(7);
    sim.wait(Some(until), &[]).unwrap();
    assert_eq!(sim.elapsed(), ms(7));
    assert!(sim.wait(None, &[]).is_err(), "a machine that waits for ever has a bug, and its test should end");
}

#[test]
fn what_arrives_in_a_suspend_is_lost_and_in_a_stall_waits() {
    for (what, heard) in [
        (Happening::Suspend(ms(100)), vec!["stamp 1".to_owned()]),
        (Happening::Stall(ms(100)), vec!["stamp 1".to_owned(), "reply 1".to_owned()]),
    ] {
        let mut sim = Sim::new(1, Path::new(ms(20))).at(ms(10), what);
        send(&mut sim, 1, 1);
        let until = sim.now().boot + ms(15);
        let mut all = Vec::new();
        while sim.elapsed() < ms(15) {
            sim.wait(Some(until), &[]).unwrap();
            all.append(&mut take(&mut sim));
        }
        assert_eq!((all, sim.elapsed()), (heard, ms(110)));
    }
}

#[test]
fn a_step_is_announced_and_a_quiet_one_is_not() {
    let mut sim = Sim::new(1, Path::silent()).at(ms(1), Happening::Step(-50)).at(ms(2), Happening::QuietStep(70));
    let start = sim.now();
    sim.wait(Some(start.boot + ms(5)), &[]).unwrap();
    assert_eq!(take(&mut sim), ["stepped -50"]);
    sim.wait(Some(start.boot + ms(5)), &[]).unwrap();
    let end = sim.now();
    assert_eq!(end.wall, WallTime::from_ns((start.wall + ms(5)).as_ns() + 20));
    assert_eq!(end.epoch.0, 1);
}

#[test]
fn a_full_buffer_drops_and_says_so() {
    let mut sim = Sim::new(1, Path::new(ms(20)).stamps(Stamps::Never)).buffer(3);
    send(&mut sim, 1, 5);
    sim.wait(None, &[]).unwrap();
    assert_eq!(take(&mut sim), ["reply 1", "reply 2", "reply 3", "dropped 2"]);
    assert_eq!(sim.log().dropped, 2);
}

#[test]
fn sends_are_refused_for_a_while() {
    let why = NotSent { errno: Errno(101), mtu: None };
    let sim = Sim::new(1, Path::silent()).at(ms(1), Happening::Refuse(Some(why)));
    let mut sim = sim.at(ms(2), Happening::Refuse(None));
    let start = sim.now().boot;
    assert_eq!(send(&mut sim, 1, 2), 0);
    for _ in 0..2 {
        sim.wait(Some(start + ms(1)), &[]).unwrap();
        take(&mut sim);
    }
    assert_eq!(send(&mut sim, 3, 5), 3);
    sim.wait(Some(start + ms(2)), &[]).unwrap();
    assert_eq!(send(&mut sim, 6, 6), 0);
    assert_eq!(sim.log().probes.iter().filter(|probe| probe.refused).count(), 3);
}

#[test]
fn a_narrow_path_speaks_or_is_silent() {
    let router = IpAddr::from([198, 51, 100, 1]);
    for (narrow, refused, heard) in [
        (Narrow::Here, 1, vec![]),
        (Narrow::Nobody, 0, vec![]),
        (Narrow::Router(router), 0, vec!["error 1 from 198.51.100.1".to_owned()]),
    ] {
        let mut sim = Sim::new(1, Path::new(ms(20)).stamps(Stamps::Never).mtu(43, narrow));
        assert_eq!(send(&mut sim, 1, 1), refused);
        sim.wait(Some(sim.reading().boot + ms(50)), &[]).unwrap();
        assert_eq!(take(&mut sim), heard);
        let mut wide = Sim::new(1, Path::new(ms(20)).stamps(Stamps::Never).mtu(44, narrow));
        assert_eq!(send(&mut wide, 1, 1), 0);
        wide.wait(None, &[]).unwrap();
        assert_eq!(take(&mut wide), ["reply 1"]);
    }
}

#[test]
fn chances_are_met() {
    let mut sim = Sim::new(3, Path::new(ms(20)).stamps(Stamps::Never).loss(0.25).duplicates(0.1));
    for round in 0..40 {
        send(&mut sim, round * 250 + 1, round * 250 + 250);
    }
    let start = sim.now().boot;
    let mut replies = 0;
    while sim.elapsed() < ms(500) {
        sim.wait(Some(start + ms(500)), &[]).unwrap();
        replies += take(&mut sim).len();
    }
    assert!((8000..8500).contains(&replies), "{replies} of 10,000 × 0.75 × 1.1");
}
