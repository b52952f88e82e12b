//! Several hosts on one schedule, groups, and conditions that end a run.

use rprobe::net::Peer;
use rprobe::net::sim::{Act, Path, Rule, Sim};
use rprobe::ping::{Config, Ended, ReplyKind, Target, Until};

use crate::bed::*;

fn three() -> Vec<Target> {
    (1..=3).map(|n| target(ip(&format!("192.0.2.{n}")))).collect()
}

#[test]
fn each_target_has_its_own_schedule_and_statistics() {
    let config = Config { targets: three(), ..count(3) };
    let run = run(
        config,
        Sim::new(1, Path::new(ms(20))).path(ip("192.0.2.2"), Path::new(ms(50))).path(ip("192.0.2.3"), Path::silent()),
    );
    let expected = [0, 1, 2, 1000, 1001, 1002, 2000, 2001, 2002].map(ms);
    assert_eq!(run.sent_at(), expected);
    let replied: Vec<u64> = (0..3).map(|n| run.summary_of(n).counters.replied).collect();
    assert_eq!(replied, [3, 3, 0]);
    assert_eq!(run.summary_of(1).rtt.max(), Some(ms(50)));
    assert_eq!(run.summary_of(2).counters.lost, 3);
    assert!(!run.session.all_answered());
}

#[test]
fn one_address_may_be_asked_for_twice() {
    for size in [56, 0] {
        let config = Config { targets: vec![target(host()), target(host())], size, ..count(5) };
        let run = run(config, Sim::new(1, Path::new(ms(20))));
        for index in 0..2 {
            let counters = run.summary_of(index).counters;
            assert_eq!((counters.replied, counters.duplicates, counters.foreign), (5, 0, 0), "size {size}");
        }
    }
}

#[test]
fn one_link_local_address_on_two_links_is_two_targets() {
    let peer = |scope| Peer { addr: ip("fe80::1"), scope };
    let targets = vec![Target { peer: peer(2), group: false }, Target { peer: peer(3), group: false }];
    // Nobody answers on the first link, and without a token only the link tells the two apart.
    let sim = (0..4).fold(Sim::new(1, Path::new(ms(20))), |sim, n| sim.rule(Rule::nth(2 * n + 1, Act::Lose)));
    let run = run(Config { targets, size: 0, ..count(4) }, sim);
    assert_eq!((run.summary_of(0).counters.replied, run.summary_of(1).counters.replied), (0, 4));
}

#[test]
fn any_unicast_host_may_answer_for_a_group() {
    let group = Target { peer: ip("224.0.0.1").into(), group: true };
    let members: Vec<_> = (10..13).map(|n| ip(&format!("192.0.2.{n}"))).collect();
    let config = Config { targets: vec![group], ..count(3) };
    let sim = Sim::new(1, Path::new(ms(20)));
    let sim = members.iter().zip(1..).fold(sim, |sim, (member, n)| sim.rule(Rule::nth(n, Act::From(*member))));
    let run1 = run(config, sim);
    assert_eq!((run1.counters().replied, run1.counters().foreign), (3, 0));
    assert_eq!(run1.good().iter().map(|reply| reply.from.addr).collect::<Vec<_>>(), members);
    // A host that is no group's is not so free.
    let sim = Sim::new(1, Path::new(ms(20))).rule(Rule::nth(1, Act::From(ip("192.0.2.99"))));
    assert_eq!(run(count(1), sim).counters().replied, 0);
}

#[test]
fn a_run_listens_for_all_of_a_group_only_if_it_is_to() {
    let group = Target { peer: ip("224.0.0.1").into(), group: true };
    for (wait_for_all, timeout_chosen, duplicates) in [(false, false, 0), (true, false, 3), (true, true, 4)] {
        let config = Config { targets: vec![group], wait_for_all, timeout_chosen, timeout: Some(ms(500)), ..count(1) };
        // Four more answers, 50 ms apart; patience ends 200 ms after the probe left, a chosen time-out when it says.
        let sim = Sim::new(1, Path::new(ms(20))).rule(Rule::nth(1, Act::Duplicate(4, ms(50))));
        let run = run(Config { interval: ms(100), ..config }, sim);
        assert_eq!(
            (run.counters().replied, run.counters().duplicates),
            (1, duplicates),
            "{wait_for_all} {timeout_chosen}"
        );
    }
    let alone = Config { wait_for_all: true, ..count(1) };
    let run = run(alone, Sim::new(1, Path::new(ms(20))).rule(Rule::nth(1, Act::Duplicate(4, ms(50)))));
    assert_eq!(run.counters().duplicates, 0, "one host is not waited for");
}

#[test]
fn a_wrong_source_is_found_among_several_targets() {
    let config = Config { targets: three(), ..count(2) };
    let sim = Sim::new(1, Path::new(ms(20))).rule(Rule::nth(1, Act::From(ip("192.0.2.1"))).to(ip("192.0.2.3")));
    let run = run(config, sim);
    let wrong = run.kind(ReplyKind::WrongSource);
    assert_eq!((wrong.len(), wrong[0].target.0, wrong[0].number), (1, 2, 1));
    assert_eq!((run.summary_of(2).counters.lost, run.summary_of(0).counters.replied), (1, 2));
}

fn until(until: Until) -> Config {
    Config { until: Some(until), ..count(100) }
}

#[test]
fn until_up_ends_with_so_many_answers_in_a_row() {
    let sim = || Sim::new(1, Path::new(ms(20)));
    let down_first = run(until(Until::Up(3)), sim().rule(Rule::range(1..=5, Act::Lose)));
    assert_eq!((down_first.ended(), down_first.counters().sent), (Ended::UntilMet, 8));
    assert!(down_first.session.until_met());
    // Two in a row, a loss, two in a row, a loss: never three.
    let sim = (0..34).fold(sim(), |sim, n| sim.rule(Rule::nth(3 * n + 3, Act::Lose)));
    let flaky = run(until(Until::Up(3)), sim);
    assert_eq!((flaky.ended(), flaky.session.until_met()), (Ended::Count, false));
    let dead = Config { deadline: Some(secs(5)), ..until(Until::Up(1)) };
    let dead = run(dead, Sim::new(1, Path::silent()));
    assert_eq!((dead.ended(), dead.session.until_met()), (Ended::Deadline, false));
}

#[test]
fn until_down_ends_with_so_many_failures_in_a_row() {
    let config = Config { timeout: Some(ms(500)), timeout_chosen: true, ..until(Until::Down(3)) };
    let sim = || Sim::new(1, Path::new(ms(20)));
    let dies = run(config.clone(), sim().rule(Rule::range(4..=100, Act::Lose)));
    assert_eq!((dies.ended(), dies.lost()), (Ended::UntilMet, vec![4, 5, 6]));
    let mixed = sim().rule(Rule::range(4..=5, Act::Lose)).rule(Rule::range(7..=8, Act::Lose));
    let mixed = mixed.rule(Rule::nth(9, Act::Lose)).rule(Rule::nth(9, unreachable()));
    let mixed = run(config.clone(), mixed);
    assert_eq!((mixed.ended(), mixed.lost()), (Ended::UntilMet, vec![4, 5, 7, 8]), "an error is no sign of life");
    let lives = run(config, sim());
    assert_eq!((lives.ended(), lives.session.until_met()), (Ended::Count, false));
}

#[test]
fn a_reply_that_is_slow_breaks_no_run_of_losses_that_never_was() {
    // 1 s apart, 10 s to wait: whether 2 was lost is known long after 3 was answered.
    let run = run(until(Until::Up(3)), Sim::new(1, Path::new(ms(20))).rule(Rule::nth(2, Act::Lose)));
    assert_eq!(run.counters().sent, 5, "3, 4 and 5 are the first three in a row");
}

#[test]
fn a_condition_on_several_targets_is_on_all_of_them() {
    let slow = ip("192.0.2.2");
    let targets = vec![target(host()), target(slow)];
    let config = Config { targets, ..until(Until::Up(2)) };
    let sim = Sim::new(1, Path::new(ms(20)));
    let run1 = run(config.clone(), sim.rule(Rule::range(1..=6, Act::Lose).to(slow)));
    assert_eq!((run1.ended(), run1.summary_of(1).counters.sent), (Ended::UntilMet, 8));
    // The first was up long before, but is down by then.
    let sim = Sim::new(1, Path::new(ms(20))).rule(Rule::range(1..=6, Act::Lose).to(slow));
    let sim = sim.rule(Rule::range(5..=10, unreachable()).to(host())).rule(Rule::range(5..=10, Act::Lose).to(host()));
    let run = run(config, sim);
    assert_eq!((run.ended(), run.summary_of(0).counters.sent), (Ended::UntilMet, 12));
}
