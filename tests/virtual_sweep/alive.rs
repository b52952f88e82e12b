//! Who is alive: attempts with back-off, and what ends them.

use rprobe::net::sim::{Act, Path, Rule, Sim};
use rprobe::sweep::{Config, Ended, Mode, NoReply, ReplyKind};

use crate::bed::*;

#[test]
fn who_answers_is_asked_once() {
    let run = run(alive(3), Sim::new(1, Path::new(ms(20))));
    assert_eq!(run.ended(), Ended::Finished);
    assert_eq!(
        run.replies().iter().map(|r| (r.host.0, r.number, r.first)).collect::<Vec<_>>(),
        [(0, 1, true), (1, 1, true), (2, 1, true)]
    );
    assert_eq!([0, 1, 2].map(|index| run.departures_us(index)), [[0], [10_000], [20_000]]);
    assert_eq!(run.totals().alive, 3);
    assert_eq!(run.sim.elapsed(), ms(40) + us(5), "it ends with the last answer");
}

#[test]
fn the_dead_are_asked_four_times_and_longer_each_time() {
    let run = run(alive(1), Sim::new(1, Path::silent()));
    assert_eq!(run.departures_us(0), [0, 500_000, 1_250_000, 2_375_000]);
    assert_eq!(run.sim.elapsed(), us(2_375_000 + 1_687_500));
    assert_eq!(run.unreachable(), [0]);
    let counters = run.host(0).counters;
    assert_eq!((counters.sent, counters.lost, run.totals().timeouts), (4, 4, 4));
    assert!(!run.host(0).alive);
}

#[test]
fn the_back_off_and_the_attempts_are_ours_to_choose() {
    let config = Config { mode: Mode::Alive { attempts: 3, backoff: 1.0 }, timeout: ms(100), ..alive(1) };
    assert_eq!(run(config, Sim::new(1, Path::silent())).departures_us(0), [0, 100_000, 200_000]);
    let config = Config { mode: Mode::Alive { attempts: 1, backoff: 5.0 }, ..alive(1) };
    assert_eq!(run(config, Sim::new(1, Path::silent())).departures_us(0), [0]);
}

#[test]
fn an_answer_to_a_later_attempt_ends_it() {
    let sim = Sim::new(1, Path::new(ms(20))).rule(Rule::range(1..=2, Act::Lose));
    let run = run(alive(1), sim);
    assert_eq!(run.departures_us(0), [0, 500_000, 1_250_000]);
    assert_eq!(run.replies()[0].number, 3);
    assert_eq!(run.replies()[0].rtt.time, ms(20), "from its own departure");
    let counters = run.host(0).counters;
    assert_eq!((counters.lost, counters.replied, run.host(0).alive), (2, 1, true));
}

#[test]
fn an_answer_to_an_earlier_attempt_is_an_answer_and_is_late() {
    // The first answer takes 600 ms, the second attempt left after 500.
    let sim = Sim::new(1, Path::new(ms(600)));
    for late_counts in [true, false] {
        let run = run(Config { late_counts, ..alive(1) }, sim_of(&sim));
        assert_eq!((run.replies()[0].number, run.replies()[0].kind), (1, ReplyKind::Late));
        assert_eq!(run.replies()[0].rtt.time, ms(600));
        let counters = run.host(0).counters;
        assert_eq!((counters.late, counters.in_flight, counters.lost), (1, 1, 0), "the second is under way");
        assert!(run.host(0).alive && run.totals().alive == 1);
        assert_eq!(run.sim.elapsed(), ms(600) + us(5));
    }
}

fn sim_of(_: &Sim) -> Sim {
    Sim::new(1, Path::new(ms(600)))
}

#[test]
fn a_host_that_was_given_up_may_turn_out_alive() {
    // The first host answers after 700 ms, its only attempt is given up after 500; the second keeps the run going.
    let config = |late_counts| Config {
        mode: Mode::Alive { attempts: 1, backoff: 1.5 },
        spacing: spacing(400),
        late_counts,
        ..alive(2)
    };
    let sim = || Sim::new(1, Path::silent()).path(addr(0), Path::new(ms(700)));
    let run_a = run(config(true), sim());
    assert_eq!((run_a.unreachable(), run_a.host(0).alive, run_a.totals().alive), (vec![0, 1], true, 1));
    let run_b = run(config(false), sim());
    assert_eq!((run_b.host(0).alive, run_b.totals().alive), (false, 0), "fping's -t is the contract");
    assert_eq!(run_b.host(0).counters.late, 1, "and the reply is counted all the same");
}

#[test]
fn enough_alive_ends_it_at_once() {
    let run = run(Config { enough_alive: Some(2), ..alive(100) }, Sim::new(1, Path::new(ms(1))));
    assert_eq!((run.ended(), run.totals().alive), (Ended::EnoughAlive, 2));
    assert_eq!(run.sim.log().probes.len(), 2);
}

#[test]
fn attempts_leave_at_once_or_keep_the_rate() {
    // Ten dead hosts: the second attempts leave as the first are given up, in between the slots of nobody.
    let config = |space_retries| Config { spacing: spacing(10), space_retries, timeout: ms(15), ..alive(10) };
    let gaps = |space| {
        let run = run(config(space), Sim::new(1, Path::silent()));
        let at: Vec<_> = run.sim.log().probes.iter().map(|record| record.at.boot).collect();
        at.windows(2).map(|pair| pair[1].since(pair[0])).min().unwrap()
    };
    assert!(gaps(false) < ms(10));
    assert_eq!(gaps(true), ms(10));
}

#[test]
fn twice_the_same_address_is_two_hosts() {
    let mut config = alive(1);
    config.hosts = vec![addr(0).into(); 2].into();
    let run = run(config, Sim::new(1, Path::new(ms(5))));
    assert_eq!((run.totals().alive, run.sim.log().probes.len()), (2, 2));
}

#[test]
fn nobody_to_ask_is_the_end() {
    let run = run(alive(0), Sim::new(1, Path::new(ms(5))));
    assert_eq!((run.ended(), run.totals().hosts), (Ended::Finished, 0));
    let looping = Config { mode: Mode::Loop, ..alive(0) };
    assert_eq!(run_until(looping, Sim::new(1, Path::new(ms(5))), None).ended(), Ended::Finished);
}

#[test]
fn quiet_sweeps_tell_verdicts_only() {
    let sim = Sim::new(1, Path::new(ms(20))).path(addr(1), Path::silent()).rule(Rule::nth(1, Act::Duplicate(2, ms(1))));
    let run = run(Config { note_all: false, ..alive(2) }, sim);
    assert_eq!((run.replies().len(), run.unreachable(), run.failures().len()), (1, vec![1], 0));
    assert_eq!(run.totals().counters.duplicates, 2);
}

#[test]
fn losses_are_told_where_everything_is() {
    let run = run(alive(1), Sim::new(1, Path::silent()));
    let expect: Vec<_> = (1..=4).map(|n| (0, n, NoReply::Lost)).collect();
    assert_eq!(run.failures(), expect);
}
