//! What a check's probes came to, and the verdict that follows, of one host and of many.

use std::net::IpAddr;
use std::time::Duration;

use rprobe::check::{Fate, Figures, Metric, Reason, Refusal, Setup, State, Stop};
use rprobe::net::NotSent;
use rprobe::net::sim::{Act, Path, Quote, Rule, Sim};
use rprobe::sys::errno::Errno;
use rprobe::units::Family;
use rprobe::wire::icmp::IcmpError;

use crate::bed::*;

#[test]
fn errors_are_losses_with_a_name_and_cost_no_wait() {
    let router: IpAddr = "198.51.100.1".parse().unwrap();
    for code in 0..16 {
        let error = IcmpError { family: Family::V4, ty: 3, code, info: 0 };
        let refuse = |sim: Sim, n| sim.rule(Rule::nth(n, Act::Error(router, error, Quote::Header, ms(8))));
        let sim = (1..=5).fold(Sim::new(1, Path::silent()), refuse);
        let ran = run(setup(1), sim);
        assert_eq!(ran.samples().fates, [Fate::Refused; 5], "code {code}");
        let first = ran.samples().unreachable.unwrap();
        assert_eq!((first.from, first.what), (router, Refusal::Icmp(error)));
        assert!(ran.took < ms(50), "{:?}", ran.took);
        assert_eq!(ran.verdict().state, State::Critical);
    }
}

#[test]
fn one_error_among_answers_is_one_loss() {
    // The plugin gives a host up at the first error; a route that flaps for a moment is no dead host.
    let error = IcmpError { family: Family::V4, ty: 3, code: 1, info: 0 };
    let sim = calm(ms(1))
        .rule(Rule::nth(1, Act::Lose))
        .rule(Rule::nth(1, Act::Error("198.51.100.1".parse().unwrap(), error, Quote::Header, ms(1))));
    let ran = run(setup(1), sim);
    assert_eq!(ran.samples().received(), 4);
    assert_eq!(ran.verdict().state, State::Ok);
    assert_eq!(Figures::of(ran.samples()).get(Metric::Loss), Some(20.0));
}

#[test]
fn duplicates_and_reordering_are_figures_and_no_answers() {
    let sim = calm(ms(10)).rule(Rule::nth(2, Act::Duplicate(2, ms(1)))).rule(Rule::nth(3, Act::Delay(ms(100))));
    let ran = run(setup(1), sim);
    let figures = Figures::of(ran.samples());
    assert_eq!(figures.get(Metric::Duplicates), Some(2.0));
    assert_eq!(figures.get(Metric::Reordered), Some(1.0));
    assert_eq!(figures.get(Metric::Loss), Some(0.0));
    assert_eq!(ran.samples().rtts.len(), 5);
    assert_eq!(ran.verdict().state, State::Ok);
}

#[test]
fn what_this_host_does_not_send_is_no_loss() {
    let refuse = |sim: Sim, n| sim.rule(Rule::nth(n, Act::Refuse(NotSent { errno: Errno(101), mtu: None })));
    let ran = run(setup(1), (1..=5).fold(calm(ms(1)), refuse));
    assert_eq!(ran.samples().fates, [Fate::NotSent; 5]);
    assert_eq!(ran.verdict().reason, Some(Reason::NotSent(Errno(101))));
    assert_eq!(ran.verdict().state, State::Unknown);
    let ran = run(setup(1), refuse(refuse(calm(ms(1)), 1), 2));
    assert_eq!((ran.samples().sent(), ran.samples().received()), (3, 3));
    assert_eq!(ran.verdict().state, State::Ok);
}

#[test]
fn the_first_answer_of_any_address_is_enough_for_check_host() {
    let sim = Sim::new(1, Path::silent()).path(host(3), Path::new(ms(30)));
    let ran = run(Setup { first_answer_ends: true, interval: ms(1000), ..setup(3) }, sim);
    assert!(ran.took < ms(40), "{:?}", ran.took);
    assert!(ran.outcomes.iter().all(|outcome| outcome.stop == Stop::Answered));
    assert_eq!(ran.outcomes[2].samples.rtts, [ms(30)]);
    assert_eq!(ran.outcomes[0].samples.count(Fate::Lost), 0);
}

#[test]
fn five_hundred_hosts_take_the_time_of_one() {
    for path in [Path::new(ms(20)), Path::silent(), Path::new(ms(300))] {
        let one = run(setup(1), Sim::new(1, path.clone())).took;
        let many = run(setup(500), Sim::new(1, path).send_cost(Duration::from_micros(2)).buffer(4000));
        assert!(many.outcomes.iter().all(|outcome| outcome.samples.fates.len() == 5));
        assert!(many.took <= one * 12 / 10, "{:?} for one, {:?} for 500", one, many.took);
    }
}

#[test]
fn each_host_has_its_own_verdict() {
    let sim = calm(ms(1)).path(host(2), Path::silent()).path(host(3), Path::new(ms(250)));
    let ran = run(setup(4), sim);
    let states: Vec<State> = ran.outcomes.iter().map(|outcome| verdict(outcome, &defaults()).state).collect();
    assert_eq!(states, [State::Ok, State::Critical, State::Warning, State::Ok]);
}
