//! Round-trip times from whatever stamps there are, and wall clocks that step.

use std::time::Duration;

use rprobe::clock::BootTime;
use rprobe::clock::ClockSource;
use rprobe::net::Network;
use rprobe::net::sim::{Act, Happening, Path, Rule, Sim, Stamps};
use rprobe::ping::{Config, Note, Pace, Spells, Stamping};

use crate::bed::*;

const HOUR: i64 = 3_600_000_000_000;

#[test]
fn the_wait_for_arp_is_not_in_the_round_trip() {
    let run = run(count(2), Sim::new(1, Path::new(ms(20)).departure(ms(7))).wake(ms(3)));
    for reply in run.good() {
        assert_eq!(reply.rtt.unwrap().time, ms(20));
        assert_eq!((reply.breakdown.queue, reply.breakdown.wake), (Some(ms(7)), Some(ms(3))));
    }
}

#[test]
fn user_to_user_is_what_was_asked() {
    let config = Config { user_to_user: true, ..count(2) };
    let run = run(config, Sim::new(1, Path::new(ms(20)).departure(ms(7))).wake(ms(3)));
    for reply in run.good() {
        let rtt = reply.rtt.unwrap();
        assert_eq!((rtt.time, rtt.clock), (ms(30), ClockSource::User));
    }
}

#[test]
fn without_a_departure_stamp_our_own_is_taken() {
    let run = run(count(3), Sim::new(1, Path::new(ms(20)).departure(ms(7)).stamps(Stamps::Never)));
    let rtt = run.good()[0].rtt.unwrap();
    assert_eq!((rtt.time, rtt.clock), (ms(27), ClockSource::KernelRx));
    assert_eq!(run.summary().clocks, [0, 0, 3, 0]);
}

#[test]
fn without_an_arrival_stamp_both_ends_are_our_own() {
    let run = run(count(3), Sim::new(1, Path::new(ms(20)).arrival_stamps(false)).wake(ms(1)));
    let rtt = run.good()[0].rtt.unwrap();
    assert_eq!((rtt.time, rtt.clock), (ms(21) + us(5), ClockSource::User));
    assert_eq!(run.summary().clocks, [0, 0, 0, 3]);
}

#[test]
fn the_first_replies_may_lack_what_the_later_have() {
    let sim = Sim::new(1, Path::new(ms(20))).rule(Rule::nth(1, Act::NoArrivalStamp));
    let run = run(count(3), sim);
    assert_eq!(run.summary().clocks, [0, 2, 0, 1], "a summary that mixes clocks can say so");
}

#[test]
fn a_stamp_that_comes_after_the_reply_is_waited_for() {
    let sim = Sim::new(1, Path::new(us(100)).stamps(Stamps::After(us(1500))));
    let run = run(count(3), sim);
    for reply in run.good() {
        let rtt = reply.rtt.unwrap();
        assert_eq!((rtt.time, rtt.clock), (us(100), ClockSource::Kernel));
    }
}

#[test]
fn no_reply_waits_longer_than_the_grace_and_soon_none_waits() {
    let sim = Sim::new(1, Path::new(us(100)).stamps(Stamps::Never));
    let mut told = Vec::new();
    let mut seen = 0;
    let config = Config { interval: ms(100), ..count(20) };
    let run = run_each(config, sim, |note, now| {
        if let Note::Reply(reply) = note {
            seen += 1;
            told.push((reply.number, now.wall.since(reply.at).unwrap()));
        }
    });
    assert_eq!((seen, run.counters().replied), (20, 20));
    assert!(told.iter().take(8).all(|(_, after)| *after == ms(2)), "{told:?}");
    assert!(told.iter().skip(8).all(|(_, after)| *after == ms(0)), "{told:?}");
}

#[test]
fn stamps_are_waited_for_again_once_they_come_in_time() {
    // None for ten probes, in time for one, then late ones.
    let sim = Sim::new(1, Path::new(us(100)).stamps(Stamps::After(us(900))))
        .rule(Rule::range(1..=10, Act::Stamp(Stamps::Never)))
        .rule(Rule::nth(12, Act::Stamp(Stamps::AtOnce)));
    let run = run(Config { interval: ms(100), ..count(14) }, sim);
    let clocks: Vec<_> = run.good().iter().map(|reply| reply.rtt.unwrap().clock).collect();
    assert_eq!(clocks[10], ClockSource::KernelRx, "nobody waited for it");
    assert_eq!(clocks[11..], [ClockSource::Kernel; 3]);
}

#[test]
fn replies_stay_in_order_behind_one_that_waits() {
    let sim = Sim::new(1, Path::new(us(100))).rule(Rule::nth(2, Act::Stamp(Stamps::Never)));
    let run = run(Config { interval: us(200), ..count(6) }, sim);
    let numbers: Vec<u64> = run.good().iter().map(|reply| reply.number).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
}

#[test]
fn a_step_of_the_wall_clock_harms_no_round_trip() {
    for ns in [HOUR, -HOUR, 15_000_000, -15_000_000, -25_000_000] {
        for step in [Happening::Step(ns), Happening::QuietStep(ns)] {
            // The second probe leaves at 1 s and is answered at 1.02 s; the clock is set in between.
            let run = run(count(4), Sim::new(1, Path::new(ms(20))).at(ms(1010), step.clone()));
            let good = run.good();
            assert_eq!((good.len(), run.counters().lost), (4, 0), "{step:?}");
            for reply in &good {
                let rtt = reply.rtt.unwrap();
                let expected = match reply.number {
                    2 => (ms(20) + us(5), ClockSource::User),
                    _ => (ms(20), ClockSource::Kernel),
                };
                assert_eq!((rtt.time, rtt.clock), expected, "{step:?}");
                assert_eq!(reply.breakdown.queue.is_some(), reply.number != 2, "{step:?}");
            }
            assert_eq!(run.sent_at(), [ms(0), ms(1000), ms(2000), ms(3000)], "nor the schedule");
            let told = run.notes.iter().any(|note| matches!(note, Note::Stepped { .. }));
            assert_eq!(told, matches!(step, Happening::Step(_)));
        }
    }
}

#[test]
fn a_step_while_the_process_stands_still_is_no_harm_either() {
    let sim =
        Sim::new(1, Path::new(ms(20))).at(ms(1001), Happening::Stall(secs(2))).at(ms(1500), Happening::Step(-HOUR));
    let run = run(count(3), sim);
    let second = run.good()[1].rtt.unwrap();
    assert_eq!((second.time, second.clock), (secs(2) + ms(1), ClockSource::User));
}

#[test]
fn a_flood_may_stamp_a_sample_and_makes_statistics_of_that() {
    let config = Config { stamping: Stamping::Sample(10), interval: ms(1), ..count(100) };
    let run1 = run(config, Sim::new(1, Path::new(ms(5)).departure(ms(1))));
    assert_eq!((run1.counters().replied, run1.summary().rtt.count()), (100, 10));
    assert_eq!(run1.summary().clocks, [0, 10, 0, 0]);
    assert_eq!((run1.summary().rtt.min(), run1.summary().rtt.max()), (Some(ms(5)), Some(ms(5))));
    let counted: Vec<u64> = run1.good().iter().filter(|r| r.counted).map(|r| r.number).collect();
    assert_eq!(counted, (0..10).map(|n| n * 10 + 1).collect::<Vec<_>>());
    let none = run(Config { stamping: Stamping::None, ..count(3) }, Sim::new(1, Path::new(ms(5))));
    assert_eq!((none.summary().rtt.count(), none.summary().clocks), (3, [0, 0, 3, 0]));
}

/// A tenth of each second is stamped; stamps are asked for a little before, and until its answers are in.
const SPELLS: Spells = Spells { every: secs(1), length: ms(100), most: u32::MAX, lead: ms(5) };

#[test]
fn a_flood_is_stamped_in_spells() {
    let config =
        Config { stamping: Stamping::Sample(4), spells: Some(SPELLS), pace: Pace::Flood, preload: 1, ..count(12_000) };
    let sim = Sim::new(1, Path::new(ms(20)).departure(ms(1)));
    let run = run(config, sim);
    assert!(run.summary().took > secs(2), "{:?}", run.summary().took);
    let counted: Vec<_> = run.good().iter().filter(|r| r.counted).map(|r| r.number).collect();
    let (first, log) = (run.sim.log().probes[0].at.boot, run.sim.log());
    let phase = |at: BootTime| at.since(first).as_nanos() % secs(1).as_nanos();
    for record in &log.probes {
        let wanted = phase(record.at.boot) < ms(100).as_nanos() && (record.nth - 1) % 4 == 0;
        assert_eq!(counted.contains(&record.nth), wanted, "probe {} at {:?}", record.nth, record.at.boot.since(first));
    }
    // Each is of stamps of both ends, and in between nothing is asked of the kernel.
    let all = counted.len() as u64;
    assert_eq!(run.summary().clocks, [0, all, 0, 0]);
    let (mut asked, mut on, mut since) = (Duration::ZERO, true, first);
    for (at, wanted) in &log.stamping {
        assert_ne!(*wanted, on);
        asked += if on { at.since(since) } else { Duration::ZERO };
        (on, since) = (*wanted, *at);
    }
    assert!(log.stamping.len() >= 4 && asked < ms(600), "{asked:?} {:?}", log.stamping);
}

#[test]
fn a_fast_flood_has_enough_of_a_spell_sooner() {
    let spells = Spells { most: 3, ..SPELLS };
    let config =
        Config { stamping: Stamping::Sample(2), spells: Some(spells), pace: Pace::Flood, preload: 1, ..count(12_000) };
    let run = run(config, Sim::new(1, Path::new(ms(20)).departure(ms(1))));
    let seconds = run.summary().took.as_secs() + 1;
    assert!(seconds > 2, "{seconds}");
    assert_eq!(run.good().iter().filter(|r| r.counted).count() as u64, 3 * seconds);
    let off = run.sim.log().stamping.iter().filter(|(_, wanted)| !wanted).count() as u64;
    assert_eq!(off, seconds, "stamps are switched off when the answers are in: {:?}", run.sim.log().stamping);
}

#[test]
fn a_kernel_without_receive_stamps_has_spells_of_its_own_clock() {
    let config = Config { stamping: Stamping::Sample(4), spells: Some(SPELLS), pace: Pace::Flood, ..count(40) };
    let mut sim = Sim::new(1, Path::new(ms(1)));
    sim.stamp_arrivals(false);
    assert_eq!(run(config, sim).summary().rtt.count(), 10);
}

#[test]
fn two_steps_that_cancel_each_other_are_two_steps() {
    // Forward before the reply arrives, back before it is read: our own two readings agree, the stamps in between do not.
    let sim = Sim::new(1, Path::new(ms(20)))
        .at(ms(1010), Happening::Step(10_000_000))
        .at(ms(1015), Happening::Stall(ms(85)))
        .at(ms(1050), Happening::Step(-10_000_000));
    let run = run(count(2), sim);
    let second = run.good()[1].rtt.unwrap();
    assert_eq!((second.time, second.clock), (ms(100), ClockSource::User));
}

#[test]
fn the_cards_stamps_are_the_best() {
    let path = || Path::new(ms(20)).card_stamps(-123_456_789);
    let run1 = run(count(3), Sim::new(1, path()).at(ms(1010), Happening::Step(HOUR)));
    for reply in run1.good() {
        let rtt = reply.rtt.unwrap();
        assert_eq!((rtt.time, rtt.clock), (ms(20), ClockSource::Nic), "whatever the wall clock does");
    }
    assert_eq!(run1.summary().clocks, [3, 0, 0, 0]);
    // They are waited for as the kernel's are.
    let late = run(count(3), Sim::new(1, path().stamps(Stamps::After(ms(21)))));
    assert_eq!(late.summary().clocks, [3, 0, 0, 0]);
    let none = run(count(3), Sim::new(1, path().stamps(Stamps::Never)));
    assert_eq!(none.summary().clocks, [0, 0, 3, 0]);
}
