//! Ping in virtual time: schedules, states of a probe, and how a run ends.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod virtual_bed;

use rprobe::clock::ClockSource;
use rprobe::net::sim::{Act, Happening, Path, Rule, Sim};
use rprobe::ping::{Config, Ended, Note, Pace, ReplyKind};
use virtual_bed::*;

fn calm() -> Sim {
    Sim::new(1, Path::new(ms(20)))
}

#[test]
fn three_probes_to_one_host() {
    let run = run(count(3), calm());
    assert_eq!(run.ended(), Ended::Count);
    assert_eq!(run.sent_at(), [ms(0), ms(1000), ms(2000)]);
    let good = run.good();
    assert_eq!(good.iter().map(|reply| reply.number).collect::<Vec<_>>(), [1, 2, 3]);
    for reply in good {
        let rtt = reply.rtt.unwrap();
        assert_eq!((rtt.time, rtt.clock), (ms(20), ClockSource::Kernel), "departure is not part of it");
        assert_eq!(reply.breakdown.queue, Some(us(5)));
        assert!(reply.counted);
    }
    let summary = run.summary();
    assert_eq!((summary.counters.sent, summary.counters.replied, summary.rtt.count()), (3, 3, 3));
    assert_eq!(summary.sending, secs(2));
    assert_eq!(summary.took, secs(2) + ms(20) + us(5));
}

#[test]
fn a_late_reply_is_not_lost() {
    let config = Config { timeout: Some(secs(1)), timeout_chosen: true, ..count(5) };
    let run = run(config, calm().rule(Rule::nth(2, Act::Delay(ms(1500)))).rule(Rule::nth(3, Act::Lose)));
    let counters = run.counters();
    assert_eq!((counters.replied, counters.late, counters.lost), (3, 1, 1));
    assert_eq!(run.lost(), [2, 3], "told as lost when its time was up");
    let late = run.kind(ReplyKind::Late);
    assert_eq!((late[0].number, late[0].rtt.unwrap().time, late[0].counted), (2, ms(1520), false));
    assert_eq!(run.summary().rtt.count(), 3);
}

#[test]
fn a_thousand_probes_do_not_drift() {
    let config = Config { interval: us(500), ..count(1000) };
    let run = run(config, calm().send_cost(us(3)).wake(us(60)));
    for (n, at) in run.sent_at().iter().enumerate() {
        let due = us(500) * n as u32;
        assert!(*at <= due + us(70) && *at + us(70) >= due, "probe {n} at {at:?}");
    }
}

#[test]
fn a_suspend_skips_slots_and_keeps_the_phase() {
    let run = run(count(5), calm().at(ms(1500), Happening::Suspend(secs(100))));
    assert_eq!(run.sent_at(), [ms(0), ms(1000), ms(102_000), ms(103_000), ms(104_000)]);
    assert_eq!((run.summary().skipped, run.counters().replied), (100, 5));
    assert!(run.notes.iter().any(|note| matches!(note, Note::Skipped { slots: 100, .. })));
}

#[test]
fn numbers_do_not_wrap() {
    let config = Config { pace: Pace::Flood, ..count(70_000) };
    let run = run_within(config, calm(), 10_000_000, |_| {});
    let good = run.good();
    assert_eq!(good.len(), 70_000);
    assert_eq!(good.last().unwrap().number, 70_000);
    assert_eq!(run.counters().duplicates + run.counters().foreign, 0);
}

#[test]
fn what_is_in_flight_at_the_end_is_not_lost() {
    let stopped = run_and_stop(Config { interval: ms(10), ..count(1000) }, calm(), ms(95));
    assert_eq!(stopped.ended(), Ended::Stopped);
    let counters = stopped.counters();
    assert!(counters.in_flight >= 2, "{counters:?}");
    assert_eq!((counters.lost, counters.loss()), (0, Some(0.0)));
    let deaf = run_and_stop(count(1000), Sim::new(1, Path::silent()), ms(2500));
    assert_eq!((deaf.counters().in_flight, deaf.counters().lost), (0, 3));
}
