//! Schedules, time-outs, and how a run ends.

use rprobe::clock::ClockSource;
use rprobe::net::sim::{Act, Happening, Path, Rule, Sim};
use rprobe::ping::{Config, Ended, Note, Pace, ReplyKind};

use crate::bed::*;

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
    assert!(run.session.all_answered());
}

#[test]
fn a_late_reply_is_not_lost() {
    let config = Config { timeout: Some(secs(1)), timeout_chosen: true, ..count(5) };
    let run = run(config, calm().rule(Rule::nth(2, Act::Delay(ms(1500)))).rule(Rule::nth(3, Act::Lose)));
    let counters = run.counters();
    assert_eq!((counters.replied, counters.late, counters.lost), (3, 1, 1));
    assert_eq!(counters.loss(), Some(1.0 - 4.0 / 5.0), "late is received");
    assert_eq!(run.lost(), [2, 3], "told as lost when its time was up");
    let late = run.kind(ReplyKind::Late);
    assert_eq!((late[0].number, late[0].rtt.unwrap().time, late[0].counted), (2, ms(1520), false));
    assert_eq!(run.summary().rtt.count(), 3, "late ones are in no statistic");
    assert_eq!((run.summary().loss_runs.longest(), run.summary().loss_runs.runs()), (2, 1));
}

#[test]
fn the_timeout_is_ten_seconds_unless_chosen() {
    let plain = run(count(1), Sim::new(1, Path::silent()));
    assert_eq!(plain.summary().took, secs(10));
    assert_eq!((plain.counters().lost, plain.counters().in_flight), (1, 0));
    let chosen = Config { timeout: Some(ms(300)), timeout_chosen: true, ..count(1) };
    assert_eq!(run(chosen, Sim::new(1, Path::silent())).summary().took, ms(300));
}

#[test]
fn the_last_answer_is_waited_for_as_long_as_answers_take() {
    let lose_last = |sim: Sim| sim.rule(Rule::nth(4, Act::Lose));
    let far = run(Config { interval: ms(10), ..count(4) }, lose_last(Sim::new(1, Path::new(ms(150)))));
    assert_eq!(far.summary().took, ms(30) + ms(300) + us(10), "twice the largest round trip");
    assert_eq!(far.counters().lost, 1);
    let fast = run(Config { interval: ms(10), ..count(4) }, lose_last(calm()));
    assert_eq!(fast.summary().took, ms(30) + ms(200), "but at least what a busy host may take");
    let slow = run(Config { interval: ms(500), ..count(4) }, lose_last(calm()));
    assert_eq!(slow.summary().took, ms(1500) + ms(500), "and an interval");
    let timeout = Some(secs(3));
    let chosen = run(Config { interval: ms(10), timeout, timeout_chosen: true, ..count(4) }, lose_last(calm()));
    assert_eq!(chosen.summary().took, ms(30) + secs(3), "or as long as the user said");
}

#[test]
fn the_wait_in_our_own_queue_is_not_taken_for_loss() {
    // 80 ms in a slow link's queue, 1 ms on the way: kernel stamps show only that.
    let config = Config { interval: ms(10), ..count(20) };
    let run1 = run(config, Sim::new(1, Path::new(ms(1)).departure(ms(80))));
    assert_eq!((run1.counters().replied, run1.summary().rtt.max()), (20, Some(ms(1))));
    let config = Config { interval: ms(10), ..count(1000) };
    let stopped = run_and_stop(config, Sim::new(1, Path::new(ms(1)).departure(ms(80))), ms(505));
    assert_eq!((stopped.counters().in_flight, stopped.counters().lost), (8, 0));
}

#[test]
fn the_end_of_a_flood_waits_for_round_trips_and_not_for_intervals() {
    let config = Config { pace: Pace::Flood, ..count(500) };
    let run = run(config, Sim::new(1, Path::new(ms(150))).rule(Rule::nth(500, Act::Lose)));
    let last = run.sent_at()[499];
    assert_eq!(run.summary().took - last, ms(300) + us(10));
}

#[test]
fn a_run_without_a_timeout_waits_for_every_answer() {
    let config = Config { timeout: None, timeout_chosen: true, ..count(1) };
    let run = run(config, calm().rule(Rule::nth(1, Act::Delay(secs(100_000)))));
    assert_eq!((run.counters().replied, run.counters().late), (1, 0));
}

#[test]
fn what_is_in_flight_at_the_end_is_not_lost() {
    let config = || Config { interval: ms(10), ..count(1000) };
    let stopped = run_and_stop(config(), calm(), ms(95));
    assert_eq!(stopped.ended(), Ended::Stopped);
    let counters = stopped.counters();
    assert_eq!((counters.sent, counters.in_flight, counters.lost, counters.loss()), (10, 2, 0, Some(0.0)));
    // The third last was due an answer long ago.
    let lossy = run_and_stop(config(), calm().rule(Rule::nth(3, Act::Lose)), ms(95));
    assert_eq!((lossy.counters().in_flight, lossy.counters().lost, lossy.lost()), (2, 1, vec![3]));
    // Where nothing has answered there is no measure of "too early to say".
    let deaf = run_and_stop(count(1000), Sim::new(1, Path::silent()), ms(2500));
    assert_eq!((deaf.counters().in_flight, deaf.counters().lost, deaf.counters().loss()), (0, 3, Some(1.0)));
}

#[test]
fn late_replies_too_say_how_long_answers_take() {
    let timeout = Some(ms(100));
    let config = Config { interval: ms(60), timeout, timeout_chosen: true, ..count(1000) };
    let run = run_and_stop(config, Sim::new(1, Path::new(ms(150))), ms(1010));
    assert!(run.counters().late > 10);
    assert_eq!((run.counters().replied, run.counters().in_flight), (0, 1), "sent 50 ms ago, and not overdue");
}

#[test]
fn a_deadline_ends_the_run_and_nothing_else_does() {
    let config = || Config { deadline: Some(ms(5500)), ..Config::new(vec![target(host())], [7; 16]) };
    let answered = run(config(), calm());
    assert_eq!((answered.ended(), answered.counters().sent, answered.summary().took), (Ended::Deadline, 6, ms(5500)));
    // An error does not end it (iputils#565).
    let refused = run(config(), Sim::new(1, Path::silent()).rule(Rule::every(unreachable())));
    assert_eq!((refused.ended(), refused.counters().errors), (Ended::Deadline, 6));
}

#[test]
fn with_a_deadline_the_count_is_of_replies() {
    let config = || Config { deadline: Some(secs(20)), ..count(3) };
    let run1 = run(config(), calm().rule(Rule::range(1..=4, Act::Lose)).rule(Rule::nth(2, unreachable())));
    assert_eq!((run1.ended(), run1.counters().sent, run1.counters().replied), (Ended::Count, 7, 3));
    assert!(run1.session.all_answered());
    let never = run(config(), calm().rule(Rule::range(3..=100, Act::Lose)));
    assert_eq!((never.ended(), never.counters().replied), (Ended::Deadline, 2));
    assert!(!never.session.all_answered(), "two of three");
}

#[test]
fn a_count_is_of_probes_and_never_of_errors() {
    let run = run(count(4), calm().rule(Rule::range(2..=3, Act::Lose)).rule(Rule::range(2..=3, unreachable())));
    assert_eq!((run.counters().sent, run.counters().replied, run.counters().errors), (4, 2, 2));
}

#[test]
fn half_millisecond_intervals_do_not_drift() {
    // Every send costs 3 µs, every waking 60 µs: none of it adds up, and once it is known none of it is late.
    let config = Config { interval: us(500), ..count(2000) };
    let run = run(config, calm().send_cost(us(3)).wake(us(60)));
    for (n, at) in (0..).zip(run.sent_at()) {
        // The first was sent without any waking, the second by a wait that knew nothing yet.
        let late = if n < 2 { us(70) } else { us(4) };
        assert!(at >= us(500) * n && at <= us(500) * n + late, "probe {n} at {at:?}");
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
fn a_reply_that_waited_for_us_is_not_late() {
    // The process stands still for 30 s just after it sent; the reply is in the socket all the while.
    let run = run(count(2), calm().at(ms(1), Happening::Stall(secs(30))));
    let good = run.good();
    assert_eq!(good.len(), 2);
    assert_eq!(good[0].rtt.unwrap().time, ms(20));
    assert_eq!(good[0].breakdown.wake, Some(secs(30) - ms(19) - us(5)));
    assert_eq!((run.lost().len(), run.summary().skipped), (0, 29));
}

#[test]
fn a_short_stall_is_caught_up() {
    let config = Config { interval: ms(2), ..count(20) };
    let run = run(config, calm().at(us(3500), Happening::Stall(ms(8))));
    assert_eq!(run.summary().skipped, 0);
    assert_eq!(run.summary().sending, ms(38));
}

#[test]
fn a_week_of_pinging() {
    let week = 604_800;
    let config = Config { note_replies: false, ..count(week) };
    let run = run_within(config, calm().wake(us(50)).without_log(), 10_000_000, None);
    let summary = run.summary();
    assert_eq!((summary.counters.replied, summary.skipped), (week, 0));
    let sending = secs(week - 1);
    assert!(summary.sending >= sending && summary.sending <= sending + us(50), "{:?}", summary.sending);
}

#[test]
fn an_unanswered_probe_is_told_as_the_next_leaves() {
    let config = Config { note_unanswered: true, ..count(4) };
    let run = run(config, calm().rule(Rule::range(2..=3, Act::Lose)));
    let told: Vec<u64> = run
        .notes
        .iter()
        .filter_map(|note| if let Note::Unanswered { number, .. } = note { Some(*number) } else { None })
        .collect();
    assert_eq!(told, [2, 3]);
}

#[test]
fn a_session_without_targets_is_over_at_once() {
    let run = run(Config::new(Vec::new(), [0; 16]), calm());
    assert_eq!(run.ended(), Ended::Count);
    assert!(!run.session.until_met());
}

#[test]
fn the_same_seed_is_the_same_run() {
    let wild = || {
        let path = Path::new(ms(30)).jitter(ms(20)).loss(0.2).duplicates(0.1).damage(0.1);
        run(Config { interval: ms(5), ..count(300) }, Sim::new(99, path)).notes
    };
    assert_eq!(wild(), wild());
}
