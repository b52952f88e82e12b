//! Flood, adaptive, preload: answers set the pace.

use std::time::Duration;

use rprobe::net::NotSent;
use rprobe::net::sim::{Act, Happening, Path, Rule, Sim};
use rprobe::ping::{Config, Note, Pace};
use rprobe::sys::errno::Errno;

use crate::bed::*;

fn flood(n: u64) -> Config {
    Config { pace: Pace::Flood, ..count(n) }
}

fn for_a_while(config: Config, time: Duration) -> Config {
    Config { count: None, deadline: Some(time), ..config }
}

#[test]
fn a_flood_is_as_fast_as_answers_let_it() {
    let run = run(flood(10_000), Sim::new(1, Path::new(ms(10))).send_cost(us(2)));
    assert_eq!(run.counters().replied, 10_000);
    // The window of 128 turns over every 10 ms.
    let took = run.summary().took;
    assert!(took < ms(1000), "{took:?}");
    assert_eq!(run.summary().pipe, 128, "a receive buffer must hold the answers");
}

#[test]
fn a_flood_never_stalls() {
    let run = run(for_a_while(flood(0), secs(5)), Sim::new(1, Path::silent()));
    let sent = run.counters().sent;
    assert!((500..=520).contains(&sent), "{sent} in 5 s, where 100 a second are the least");
}

#[test]
fn a_flood_backs_off_when_probes_are_lost() {
    let rate = |loss| run(for_a_while(flood(0), secs(2)), Sim::new(4, Path::new(ms(10)).loss(loss))).counters().sent;
    let (clean, lossy) = (rate(0.0), rate(0.2));
    assert!(lossy * 3 < clean, "{lossy} beside {clean}");
    assert!(lossy > 400, "{lossy}: loss is noticed in round-trip times, not in time-outs");
}

#[test]
fn a_flood_goes_on_after_an_outage() {
    let sim = Sim::new(1, Path::new(ms(1)));
    let silent = Happening::Path(Path::silent());
    let sim = sim.at(secs(1), silent).at(secs(3), Happening::Path(Path::new(ms(1))));
    let run = run(for_a_while(flood(0), secs(4)), sim);
    let sent = |from: u64, to: u64| run.sent_at().iter().filter(|at| **at >= secs(from) && **at < secs(to)).count();
    assert!(sent(0, 1) > 50_000 && sent(3, 4) > 50_000, "{} then {}", sent(0, 1), sent(3, 4));
    assert!((195..500).contains(&sent(1, 3)), "{}", sent(1, 3));
}

#[test]
fn a_flood_that_is_refused_does_not_spin() {
    let enobufs = NotSent { errno: Errno(105), mtu: None };
    let run = run(for_a_while(flood(0), secs(2)), Sim::new(1, Path::default()).rule(Rule::every(Act::Refuse(enobufs))));
    assert!((195..=202).contains(&run.counters().not_sent), "{}", run.counters().not_sent);
}

#[test]
fn a_full_receive_buffer_narrows_the_flood() {
    let sim = Sim::new(1, Path::new(ms(5))).buffer(60);
    let run = run(for_a_while(flood(0), secs(2)), sim);
    let (sent, dropped) = (run.counters().sent, run.summary().dropped);
    assert!(dropped > 0 && dropped * 5 < sent, "{dropped} of {sent}");
    assert!(run.counters().lost * 5 < sent);
}

#[test]
fn targets_of_a_flood_have_a_window_each() {
    let slow = ip("192.0.2.2");
    let config = Config { targets: vec![target(host()), target(slow)], ..for_a_while(flood(0), secs(1)) };
    let run = run(config, Sim::new(1, Path::new(ms(1))).path(slow, Path::silent()));
    let (fast, slow) = (run.summary_of(0).counters.sent, run.summary_of(1).counters.sent);
    assert!(fast > 50_000 && (98..120).contains(&slow), "{fast} and {slow}");
}

#[test]
fn an_interval_of_zero_is_a_flood() {
    let run = run(Config { interval: ms(0), ..count(1000) }, Sim::new(1, Path::new(ms(10))));
    assert!(run.summary().took < ms(300), "{:?}", run.summary().took);
}

#[test]
fn a_quiet_flood_makes_no_notes_of_replies() {
    let quiet = run(Config { note_replies: false, ..flood(1000) }, Sim::new(1, Path::new(ms(1)).loss(0.05)));
    assert_eq!(quiet.notes, []);
    assert_eq!(quiet.summary().rtt.count(), quiet.counters().replied);
    let dots = run(Config { note_sent: true, ..flood(100) }, Sim::new(1, Path::new(ms(1))));
    assert_eq!(dots.notes.iter().filter(|note| matches!(note, Note::Sent { .. })).count(), 100);
}

#[test]
fn an_adaptive_run_has_one_probe_out_at_a_time() {
    let config = |floor| Config { pace: Pace::Adaptive { floor }, ..count(50) };
    let run1 = run(config(ms(2)), Sim::new(1, Path::new(ms(10))));
    assert_eq!(run1.summary().pipe, 1);
    assert_eq!(run1.summary().sending, (ms(10) + us(5)) * 49, "each leaves as the one before is answered");
    let near = run(config(ms(2)), Sim::new(1, Path::new(us(50))));
    assert_eq!(near.summary().sending, ms(2) * 49, "but not before the floor");
}

#[test]
fn an_adaptive_run_does_not_wait_for_what_is_lost() {
    let config = Config { pace: Pace::Adaptive { floor: ms(2) }, ..count(50) };
    let run = run(config, Sim::new(1, Path::new(ms(10))).rule(Rule::nth(25, Act::Lose)));
    let gap = run.sent_at()[25] - run.sent_at()[24];
    assert!(gap >= ms(20) && gap < ms(21), "{gap:?}: twice the usual time");
    assert_eq!(run.counters().lost, 1);
}

#[test]
fn an_adaptive_run_that_nobody_answers_keeps_to_its_interval() {
    let config = Config { pace: Pace::Adaptive { floor: ms(2) }, ..count(4) };
    let run = run(config, Sim::new(1, Path::silent()));
    assert_eq!(run.sent_at(), [ms(0), ms(1000), ms(2000), ms(3000)]);
}

#[test]
fn adaptive_with_preload_keeps_so_many_out() {
    let config = Config { pace: Pace::Adaptive { floor: ms(0) }, preload: 5, ..count(500) };
    let run = run(config, Sim::new(1, Path::new(ms(10))));
    assert_eq!(run.summary().pipe, 5);
}

#[test]
fn preload_leaves_at_once_and_the_schedule_follows() {
    let run1 = run(Config { preload: 3, ..count(5) }, Sim::new(1, Path::new(ms(10))));
    assert_eq!(run1.sent_at(), [ms(0), ms(0), ms(0), ms(1000), ms(2000)]);
    let counters = run_within(
        Config { preload: 65_536, interval: us(10), ..count(70_000) },
        Sim::new(1, Path::new(ms(500))),
        1_000_000,
        None,
    )
    .counters();
    assert_eq!((counters.replied, counters.foreign), (70_000, 0));
}
