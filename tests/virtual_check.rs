//! Checks on a simulated network in virtual time: what is lost and when, how a run ends, and the verdict that follows.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::net::IpAddr;
use std::time::Duration;

use rprobe::check::{
    Circumstances, Fate, Figures, Method, Metric, Outcome, Pair, Reason, Refusal, Run, Samples, Setup, Severity, State,
    Stop, Threshold, Verdict, Watched, judge, patience,
};
use rprobe::net::sim::{Act, Path, Quote, Rule, Sim};
use rprobe::net::{Network, NotSent};
use rprobe::ping::{Command, Target, TargetId};
use rprobe::probe::{Drive, Turn};
use rprobe::sys::errno::Errno;
use rprobe::units::Family;
use rprobe::wire::icmp::IcmpError;

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn host(last: u32) -> IpAddr {
    IpAddr::from(0xc000_0200_u32.wrapping_add(last).to_be_bytes())
}

/// The classic defaults.
fn defaults() -> Vec<Threshold> {
    let mut all = Threshold::of_pair(Severity::Warning, Pair::WARNING).to_vec();
    all.extend(Threshold::of_pair(Severity::Critical, Pair::CRITICAL));
    all
}

fn watched(n: u32) -> Watched {
    let target = Target { peer: host(n).into(), group: false };
    Watched { target, critical: ms(500), patience: patience(&defaults(), ms(80), 5) }
}

/// Five probes to so many hosts with the classic defaults.
fn setup(hosts: u32) -> Setup {
    Setup {
        targets: (1..=hosts).map(watched).collect(),
        method: Method::Icmp,
        flows: 1,
        packets: 5,
        interval: ms(80),
        floor: Duration::ZERO,
        deadline: None,
        size: 68,
        first_answer_ends: false,
        token_key: [7; 16],
    }
}

struct Ran {
    outcomes: Vec<Outcome>,
    took: Duration,
    sent_at: Vec<Duration>,
}

/// Runs to the end; `stop` interrupts after so long.
fn run_until(setup: Setup, sim: Sim, stop: Option<Duration>) -> Ran {
    let hosts = setup.targets.len() as u32;
    let mut drive = Drive::new(Run::new(setup), sim);
    let mut turns = 0;
    loop {
        if stop.is_some_and(|stop| drive.network().elapsed() >= stop) {
            drive.command(Command::Stop);
        }
        match drive.turn(&mut |_| {}).unwrap() {
            Turn::Again => {}
            Turn::Done => break,
            Turn::Wait(_) => drop(drive.wait(&[]).unwrap()),
        }
        turns += 1;
        assert!(turns < 1_000_000, "no end in sight");
    }
    let (run, sim) = drive.into_parts();
    let sent_at = sim.log().probes.iter().map(|p| p.at.boot.since(sim.log().probes[0].at.boot)).collect();
    Ran { outcomes: (0..hosts).map(|n| run.outcome(TargetId(n)).unwrap()).collect(), took: sim.elapsed(), sent_at }
}

fn run(setup: Setup, sim: Sim) -> Ran {
    run_until(setup, sim, None)
}

/// With a deadline so long after the beginning.
fn with_deadline(setup: Setup, sim: Sim, after: Duration) -> Ran {
    let mut sim = sim;
    let deadline = Some(sim.now().boot + after);
    run(Setup { deadline, ..setup }, sim)
}

impl Ran {
    fn samples(&self) -> &Samples {
        &self.outcomes[0].samples
    }

    fn verdict(&self) -> Verdict {
        verdict(&self.outcomes[0], &defaults())
    }
}

fn verdict(outcome: &Outcome, thresholds: &[Threshold]) -> Verdict {
    let how = Circumstances { interrupted: outcome.stop == Stop::Interrupted };
    judge(&outcome.samples, &Figures::of(&outcome.samples), thresholds, how)
}

fn calm(rtt: Duration) -> Sim {
    Sim::new(1, Path::new(rtt))
}

#[test]
fn a_host_that_answers_is_measured_in_its_own_round_trips() {
    let ran = run(setup(1), calm(ms(3)));
    assert_eq!(ran.samples().fates, [Fate::Answered; 5]);
    assert_eq!(ran.samples().rtts, [ms(3); 5]);
    assert!(ran.took < ms(16), "{:?}", ran.took);
    assert_eq!((ran.verdict().state, ran.outcomes[0].stop), (State::Ok, Stop::Done));
}

#[test]
fn an_ordinary_user_waits_between_two_probes_though_they_are_answered() {
    let ran = run(Setup { floor: ms(2), ..setup(1) }, calm(Duration::from_micros(50)));
    assert_eq!(ran.samples().fates, [Fate::Answered; 5]);
    assert!(ran.sent_at.windows(2).all(|two| two[1] - two[0] >= ms(2)), "{:?}", ran.sent_at);
    assert!(ran.took < ms(9), "{:?}", ran.took);
    let ran = run(setup(1), calm(Duration::from_micros(50)));
    assert!(ran.took < ms(1), "without a floor nothing is waited for: {:?}", ran.took);
}

#[test]
fn a_slow_host_gets_a_probe_each_interval() {
    let ran = run(setup(1), calm(ms(300)));
    let due: Vec<Duration> = (0..5).map(|n| ms(80) * n).collect();
    for (sent, due) in ran.sent_at.iter().zip(&due) {
        assert!(sent.abs_diff(*due) < ms(1), "{:?}", ran.sent_at);
    }
    assert_eq!(ran.samples().rtts, [ms(300); 5]);
    assert_eq!(ran.verdict().state, State::Warning);
    assert!(ran.took < ms(321 + 300));
}

#[test]
fn silence_ends_at_twice_the_critical_round_trip() {
    let ran = run(setup(1), Sim::new(1, Path::silent()));
    assert_eq!(ran.samples().fates, [Fate::Lost; 5]);
    assert!(ran.took >= ms(1320) && ran.took < ms(1325), "{:?}", ran.took);
    let verdict = ran.verdict();
    assert_eq!((verdict.state, verdict.reason), (State::Critical, Some(Reason::NoAnswer)));
    assert_eq!(Figures::of(ran.samples()).get(Metric::Loss), Some(100.0));
    assert_eq!(Figures::of(ran.samples()).get(Metric::RttAvg), None);
}

#[test]
fn nothing_is_lost_that_is_only_too_slow() {
    // Between the critical time and twice of it: measured, and CRITICAL for what it is.
    let ran = run(setup(1), calm(ms(700)));
    assert_eq!((ran.samples().rtts.len(), ran.samples().late), (5, 0));
    assert_eq!(Figures::of(ran.samples()).get(Metric::Loss), Some(0.0));
    assert_eq!(ran.verdict().state, State::Critical);
    // Beyond, too, once the first has answered: up to where the plugin would wait.
    let ran = run(setup(1), calm(ms(1300)));
    assert_eq!(ran.samples().rtts, [ms(1300); 5]);
    assert_eq!(Figures::of(ran.samples()).get(Metric::Loss), Some(0.0));
    assert_eq!(ran.verdict().state, State::Critical);
    // A host that answers nothing for so long does not answer.
    let ran = run(setup(1), calm(ms(1400)));
    assert_eq!(ran.verdict().reason, Some(Reason::NoAnswer));
}

#[test]
fn a_slow_hosts_last_losses_are_waited_for_as_its_answers_took() {
    let sim = calm(ms(900)).rule(Rule::nth(5, Act::Lose));
    let ran = run(setup(1), sim);
    assert_eq!((ran.samples().received(), ran.samples().count(Fate::Lost)), (4, 1));
    // The last left at 320 ms; twice 900 ms and an interval.
    assert!(ran.took >= ms(320 + 1880) && ran.took < ms(2210), "{:?}", ran.took);
    // And no longer than the plugin: an interval and six critical times.
    let sim = calm(ms(40)).rule(Rule::nth(2, Act::Delay(ms(3000)))).rule(Rule::nth(5, Act::Lose));
    assert!(run(setup(1), sim).took <= ms(3400 + 80));
}

#[test]
fn a_loss_in_the_middle_costs_one_interval() {
    let ran = run(setup(1), calm(ms(1)).rule(Rule::nth(3, Act::Lose)));
    use Fate::{Answered, Lost};
    assert_eq!(ran.samples().fates, [Answered, Answered, Lost, Answered, Answered]);
    assert!(ran.sent_at[3].abs_diff(ran.sent_at[2]) >= ms(80));
    assert!(ran.sent_at[4].abs_diff(ran.sent_at[3]) < ms(2));
    assert_eq!(ran.verdict().state, State::Ok, "20 % is below 40 %");
    assert_eq!(Figures::of(ran.samples()).get(Metric::LossBurst), Some(1.0));
}

#[test]
fn losses_as_numgen_makes_them_are_counted_whole() {
    // What upstream's 3.x calls 8 %: three of five.
    let mut sim = calm(ms(1));
    for n in [1, 2, 3] {
        sim = sim.rule(Rule::nth(n, Act::Lose));
    }
    let ran = run(setup(1), sim);
    assert_eq!(Figures::of(ran.samples()).get(Metric::Loss), Some(60.0));
    let limits = [(30.0, Severity::Warning), (55.0, Severity::Critical)]
        .map(|(loss, severity)| Threshold::of_pair(severity, Pair { rta: ms(900), loss }))
        .concat();
    assert_eq!(verdict(&ran.outcomes[0], &limits).state, State::Critical);
}

#[test]
fn a_deadline_leaves_the_young_ones_out_of_it() {
    // Probes 4 and 5 are unanswered and 240 ms and 160 ms old when the deadline comes.
    let sim = || calm(ms(1)).rule(Rule::nth(4, Act::Lose)).rule(Rule::nth(5, Act::Lose));
    let ran = with_deadline(setup(1), sim(), ms(240));
    assert_eq!(ran.outcomes[0].stop, Stop::Deadline);
    use Fate::{Answered, InFlight, Lost};
    assert_eq!(ran.samples().fates, [Answered, Answered, Answered, InFlight, InFlight]);
    assert_eq!(Figures::of(ran.samples()).get(Metric::Loss), Some(0.0), "of what is settled");
    assert_eq!(ran.verdict().state, State::Ok);
    // The same later: one is older than the critical time.
    let ran = with_deadline(setup(1), sim(), ms(540));
    assert_eq!(ran.samples().fates, [Answered, Answered, Answered, Lost, InFlight]);
    assert_eq!(Figures::of(ran.samples()).get(Metric::Loss), Some(25.0));
}

#[test]
fn a_deadline_before_anything_can_be_lost_knows_nothing() {
    let ran = with_deadline(setup(1), Sim::new(1, Path::silent()), ms(300));
    assert!(ran.samples().fates.iter().all(|fate| *fate == Fate::InFlight));
    let verdict = ran.verdict();
    assert_eq!((verdict.state, verdict.reason), (State::Unknown, Some(Reason::NothingKnown)));
    // And after it: the first of them is lost, none has answered.
    let ran = with_deadline(setup(1), Sim::new(1, Path::silent()), ms(550));
    assert_eq!(ran.samples().count(Fate::Lost), 1);
    assert_eq!(ran.verdict().state, State::Critical);
    assert!(ran.took <= ms(551), "{:?}", ran.took);
}

#[test]
fn an_interrupted_check_says_that_it_knows_nothing() {
    let ran = run_until(setup(1), calm(ms(300)), Some(ms(350)));
    assert_eq!(ran.outcomes[0].stop, Stop::Interrupted);
    assert_eq!((ran.verdict().state, ran.verdict().reason), (State::Unknown, Some(Reason::Interrupted)));
}

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
