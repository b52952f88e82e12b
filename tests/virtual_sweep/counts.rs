//! So many probes to each host, or without end: the schedule, late replies, figures of intervals, the end.

use rprobe::net::Exchange;
use rprobe::net::sim::{Act, Damage, Happening, Path, Rule, Sim};
use rprobe::sweep::{Config, Ended, Mode, Note, ReplyKind, Spacing, TargetId};

use crate::bed::*;

#[test]
fn every_host_has_its_place_in_every_period() {
    let run = run(count(3, 3), Sim::new(1, Path::new(ms(20))));
    assert_eq!(run.departures_us(0), [0, 100_000, 200_000]);
    assert_eq!(run.departures_us(2), [2_000, 102_000, 202_000]);
    assert_eq!(run.sim.elapsed(), ms(222) + us(5), "the last answer is the end");
    let numbers: Vec<_> = run.replies().iter().filter(|r| r.host.0 == 1).map(|r| r.number).collect();
    assert_eq!(numbers, [1, 2, 3]);
}

#[test]
fn what_is_late_is_late_and_not_lost() {
    let sim = Sim::new(1, Path::new(ms(20))).rule(Rule::nth(2, Act::Delay(ms(130))));
    let run = run(Config { keep_times: true, ..count(1, 4) }, sim);
    let counters = run.host(0).counters;
    assert_eq!((counters.replied, counters.late, counters.lost, counters.received()), (3, 1, 0, 4));
    assert_eq!(run.failures().len(), 1, "it had been told as lost");
    let late: Vec<_> = run.replies().into_iter().filter(|r| r.kind == ReplyKind::Late).collect();
    assert_eq!((late.len(), late[0].number, late[0].rtt.time), (1, 2, ms(150)));
    let row: Vec<_> = run.sweep.times(TargetId(0)).map(|time| time.map(|time| time.as_millis())).collect();
    assert_eq!(row, [Some(20), Some(150), Some(20), Some(20)]);
    assert_eq!(run.host(0).rtt.unwrap().max, ms(150));
}

#[test]
fn rows_have_a_gap_for_each_that_is_missing_and_end_where_sending_did() {
    let sim = || Sim::new(1, Path::new(ms(20))).rule(Rule::nth(2, Act::Lose));
    let full = run(Config { keep_times: true, ..count(2, 3) }, sim());
    let row = |run: &Run, host| run.sweep.times(TargetId(host)).map(|time| time.is_some()).collect::<Vec<_>>();
    assert_eq!((row(&full, 0), row(&full, 1)), (vec![true, false, true], vec![true, false, true]));
    let stopped = run_until(Config { keep_times: true, ..count(2, 3) }, sim(), Some(ms(50)));
    assert_eq!((stopped.ended(), row(&stopped, 0)), (Ended::Stopped, vec![true]));
}

#[test]
fn duplicates_and_damage_are_counted_apart() {
    let sim = Sim::new(1, Path::new(ms(20)))
        .rule(Rule::nth(1, Act::Duplicate(3, ms(1))))
        .rule(Rule::nth(2, Act::Damage(Damage::Byte(20))))
        .rule(Rule::nth(3, Act::Damage(Damage::Checksum)))
        .rule(Rule::nth(4, Act::Damage(Damage::CutTo(20))));
    let run = run(count(1, 5), sim);
    let counters = run.host(0).counters;
    assert_eq!((counters.replied, counters.duplicates, counters.corrupt, counters.truncated), (5, 3, 2, 1));
    assert_eq!(run.host(0).rtt.unwrap().count, 3, "damaged ones are kept out of the statistics");
    assert_eq!(run.totals().replies, 8);
}

#[test]
fn a_reply_that_overtakes_is_reordered() {
    let sim = Sim::new(1, Path::new(ms(10))).rule(Rule::nth(1, Act::Delay(ms(60))));
    let run = run(Config { period: ms(50), ..count(1, 3) }, sim);
    assert_eq!((run.host(0).counters.reordered, run.host(0).counters.replied), (1, 3));
}

#[test]
fn an_answer_from_elsewhere_proves_itself_or_is_refused() {
    let sim = || Sim::new(1, Path::new(ms(20))).rule(Rule::nth(1, Act::From(ip("203.0.113.9"))));
    let lax = run(count(1, 2), sim());
    assert_eq!((lax.host(0).counters.replied, lax.replies()[0].elsewhere), (2, true));
    assert_eq!(lax.replies()[0].from.addr, ip("203.0.113.9"));
    let strict = run(Config { check_source: true, ..count(1, 2) }, sim());
    let counters = strict.host(0).counters;
    assert_eq!((counters.replied, counters.lost, counters.foreign), (1, 1, 1));
    assert_eq!(strict.replies()[0].kind, ReplyKind::WrongSource);
    // Too short for a token: there the address is all there is to go by.
    let bare = run(Config { size: 4, ..count(1, 2) }, sim());
    assert_eq!((bare.host(0).counters.replied, bare.totals().counters.foreign), (1, 1));
}

#[test]
fn timestamps_tell_the_far_clock() {
    let sim = Sim::new(1, Path::new(ms(20)).far_clock_ms(-250));
    let run = run(Config { exchange: Exchange::Timestamp, ..count(1, 1) }, sim);
    let (_, offset) = run.replies()[0].far.unwrap();
    assert!((-251..=-249).contains(&offset.offset_ms.unwrap()), "{offset:?}");
}

#[test]
fn intervals_count_what_is_settled_and_begin_anew() {
    let config = Config { intervals: true, mode: Mode::Loop, ..count(1, 0) };
    let sim = Sim::new(1, Path::new(ms(20))).rule(Rule::nth(2, Act::Lose));
    let mut first = None;
    let mut drive = rprobe::probe::Drive::new(rprobe::sweep::Sweep::new(config), sim);
    while drive.network().elapsed() < ms(450) {
        if let rprobe::probe::Turn::Wait(_) = drive.turn(&mut |_| {}).unwrap() {
            drive.wait(&[]).unwrap();
        }
        if first.is_none() && drive.network().elapsed() >= ms(250) {
            first = Some(drive.machine().interval(TargetId(0)));
            drive.machine_mut().reset_intervals();
        }
    }
    let first = first.unwrap();
    assert_eq!((first.settled, first.received()), (3, 2));
    assert_eq!(first.times().unwrap().0, ms(20));
    let second = drive.machine().interval(TargetId(0));
    assert_eq!((second.settled, second.received()), (2, 2));
}

#[test]
fn a_loop_ends_when_it_is_told_to() {
    let run = run_until(Config { mode: Mode::Loop, ..count(2, 0) }, Sim::new(1, Path::new(ms(20))), Some(ms(1015)));
    assert_eq!(run.ended(), Ended::Stopped);
    let counters = run.host(0).counters;
    assert_eq!((counters.sent, counters.replied, counters.in_flight, counters.lost), (11, 10, 1, 0));
}

#[test]
fn what_a_stop_leaves_is_in_flight_only_while_it_can_be() {
    // The answer of the second is long overdue by the measure of the first.
    let sim = Sim::new(1, Path::new(ms(5))).rule(Rule::nth(2, Act::Lose));
    let config = Config { timeout: ms(1000), ..count(1, 5) };
    let run = run_until(config, sim, Some(ms(150)));
    let counters = run.host(0).counters;
    assert_eq!((counters.sent, counters.replied, counters.lost, counters.in_flight), (2, 1, 1, 0));
}

#[test]
fn a_suspend_is_skipped_and_told() {
    let sim = Sim::new(1, Path::new(ms(5))).at(ms(250), Happening::Suspend(ms(60_000)));
    let run = run(count(2, 5), sim);
    let skipped: u64 = run.notes.iter().map(|n| if let Note::Skipped { rounds, .. } = n { *rounds } else { 0 }).sum();
    assert_eq!((skipped, run.totals().skipped), (599, 599));
    let departures = run.departures_us(0);
    assert_eq!(departures.len(), 5, "a count is a count");
    assert_eq!(departures[3..], [60_250_000, 60_300_000], "late by part of a period, and the phase is kept");
}

#[test]
fn a_rate_gives_way_where_packets_are_dropped() {
    let sim = Sim::new(1, Path::new(ms(5))).at(ms(500), Happening::Drop(10));
    let config = Config { spacing: Spacing::Auto, mode: Mode::Loop, period: ms(1), ..alive(50) };
    let run = run_until(config, sim, Some(ms(700)));
    let at: Vec<_> = run.sim.log().probes.iter().map(|r| r.at.boot.since(run.sim.log().probes[0].at.boot)).collect();
    let sent = |from: u64, to: u64| at.iter().filter(|at| (ms(from)..ms(to)).contains(*at)).count();
    assert!(sent(400, 490) > sent(0, 90), "it speeds up: {} {}", sent(0, 90), sent(400, 490));
    assert!(sent(510, 600) < sent(400, 490) * 6 / 10, "it halves: {} {}", sent(400, 490), sent(510, 600));
    assert_eq!(run.totals().dropped, 10);
}

#[test]
fn percentiles_are_kept_where_they_are_wanted() {
    let run = run(Config { percentiles: true, ..count(2, 10) }, Sim::new(1, Path::new(ms(20))));
    let p99 = run.sweep.percentile(TargetId(1), 99.0).unwrap();
    assert!(p99.abs_diff(ms(20)) < us(200), "{p99:?}");
    assert!(run.sweep.percentile_of_all(50.0).unwrap().abs_diff(ms(20)) < us(200));
    assert_eq!(run.sweep.percentile(TargetId(2), 99.0), run.sweep.percentile_of_all(99.0));
}
