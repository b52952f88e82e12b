//! How long a check waits: for the round trips that it sees, for the slow, for losses, until a deadline.

use std::time::Duration;

use rprobe::check::{Fate, Figures, Metric, Pair, Reason, Setup, Severity, State, Stop, Threshold};
use rprobe::net::sim::{Act, Path, Rule, Sim};

use crate::bed::*;

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
