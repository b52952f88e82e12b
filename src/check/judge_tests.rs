//! Verdict tables: every metric at, below and above its threshold, unknown figures, and what stands above thresholds.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use super::*;
use crate::check::{Fate, Metric, Pair};
use crate::sys::errno::Errno;
use crate::units::Ttl;

/// A host with round-trip times of 10, 20 and 30 ms and one of five probes lost, one refused.
fn seen() -> Samples {
    Samples {
        fates: vec![Fate::Answered, Fate::Lost, Fate::Answered, Fate::Refused, Fate::Answered],
        rtts: [10, 20, 30].map(Duration::from_millis).to_vec(),
        duplicates: 3,
        reordered: 1,
        ttl: Some(Ttl(60)),
        pmtu: Some(1492),
        ..Samples::default()
    }
}

fn state_of(samples: &Samples, thresholds: &[Threshold]) -> State {
    judge(samples, &Figures::of(samples), thresholds, Circumstances::default()).state
}

fn critical(text: &str) -> Threshold {
    Threshold::read(Severity::Critical, text).unwrap()
}

fn warning(text: &str) -> Threshold {
    Threshold::read(Severity::Warning, text).unwrap()
}

/// A metric's figure here, and how it is written below, at and above it.
fn table(samples: &Samples) -> Vec<(Metric, [String; 3])> {
    let figures = Figures::of(samples);
    Metric::ALL
        .into_iter()
        .map(|metric| {
            let value = figures.get(metric).unwrap();
            let write = |value: f64| match metric.unit() {
                crate::check::Unit::Time => format!("{value}ns"),
                crate::check::Unit::Percent => format!("{value}%"),
                _ => format!("{value}"),
            };
            let step = if metric.unit() == crate::check::Unit::Plain && value.fract() != 0.0 { 0.001 } else { 1.0 };
            (metric, [write(value - step), write(value), write(value + step)])
        })
        .collect()
}

#[test]
fn every_metric_below_at_and_above_its_threshold() {
    use State::{Critical, Ok};
    // One of twenty lost: more would bring the scores to their floor, below which there is nothing.
    let fates = (0..20).map(|n| if n == 7 { Fate::Lost } else { Fate::Answered }).collect();
    let samples = Samples { fates, ..seen() };
    for (metric, [below, at, above]) in table(&samples) {
        // `10`: alerts above; `10:`: alerts below; `@10:`: alerts at and above; expectations the other way round.
        for (form, wanted) in
            [("=0:{}", [Critical, Ok, Ok]), ("={}:", [Ok, Ok, Critical]), ("=@{}:", [Critical, Critical, Ok])]
        {
            let got = [&below, &at, &above].map(|limit| {
                let text = format!("{}{}", metric.name(), form.replace("{}", limit));
                state_of(&samples, &[critical(&text)])
            });
            assert_eq!(got, wanted, "{metric}{form}");
        }
        for (sign, wanted) in [
            ("<", [Critical, Critical, Ok]),
            ("<=", [Critical, Ok, Ok]),
            (">", [Ok, Critical, Critical]),
            (">=", [Ok, Ok, Critical]),
            ("==", [Critical, Ok, Critical]),
            ("!=", [Ok, Critical, Ok]),
        ] {
            let got = [&below, &at, &above].map(|limit| {
                let expectations = Threshold::expect(&format!("{} {sign} {limit}", metric.name())).unwrap();
                state_of(&samples, &expectations)
            });
            assert_eq!(got, wanted, "{metric} {sign}");
        }
        // The same limit as a warning.
        let text = format!("{}=0:{below}", metric.name());
        assert_eq!(state_of(&samples, &[warning(&text)]), State::Warning, "{text}");
    }
}

#[test]
fn the_classic_pair_alerts_at_its_limits() {
    let with = |ms: u64, loss: f64| Pair { rta: Duration::from_millis(ms), loss };
    let state = |warn: Pair, crit: Pair| {
        let mut all = Threshold::of_pair(Severity::Warning, warn).to_vec();
        all.extend(Threshold::of_pair(Severity::Critical, crit));
        state_of(&seen(), &all)
    };
    // The mean is 20 ms, the loss 40 %.
    assert_eq!(state(with(21, 41.0), with(500, 80.0)), State::Ok);
    assert_eq!(state(with(20, 41.0), with(500, 80.0)), State::Warning);
    assert_eq!(state(with(21, 40.0), with(500, 80.0)), State::Warning);
    assert_eq!(state(with(10, 10.0), with(20, 80.0)), State::Critical);
    assert_eq!(state(with(10, 10.0), with(500, 40.0)), State::Critical);
    assert_eq!(state(Pair::WARNING, Pair::CRITICAL), State::Warning, "40 % is the default warning");
}

#[test]
fn the_worst_threshold_decides() {
    let samples = seen();
    let states = |texts: &[Threshold]| state_of(&samples, texts);
    assert_eq!(states(&[]), State::Ok);
    assert_eq!(states(&[warning("rtt.avg=1ms"), critical("loss=50%")]), State::Warning);
    assert_eq!(states(&[warning("rtt.avg=1ms"), critical("loss=30%")]), State::Critical);
    let verdict = judge(
        &samples,
        &Figures::of(&samples),
        &[warning("rtt.avg=1ms"), critical("rtt.avg=1s"), warning("ttl=60:")],
        Circumstances::default(),
    );
    let findings: Vec<State> = verdict.findings.iter().map(|finding| finding.state).collect();
    assert_eq!(findings, [State::Warning, State::Ok, State::Ok]);
    assert_eq!(verdict.findings[0].value, Some(2e7));
}

#[test]
fn what_was_not_measured_is_unknown() {
    let one = Samples { fates: vec![Fate::Answered], rtts: vec![Duration::from_millis(5)], ..Samples::default() };
    assert_eq!(state_of(&one, &[critical("jitter.mean=1ms")]), State::Unknown);
    assert_eq!(state_of(&one, &[critical("pmtu=1400:")]), State::Unknown);
    assert_eq!(state_of(&one, &[warning("ttl=50:")]), State::Unknown);
    assert_eq!(state_of(&one, &[warning("ttl=50:"), critical("rtt.avg=1ms")]), State::Critical);
    assert_eq!(state_of(&one, &[warning("ttl=50:"), warning("rtt.avg=1ms")]), State::Unknown);
}

#[test]
fn silence_is_critical_whatever_was_asked() {
    let silent = Samples { fates: vec![Fate::Lost; 5], ..Samples::default() };
    for thresholds in [vec![], vec![critical("loss=100%")], vec![warning("rtt.avg=1ms")]] {
        let verdict = judge(&silent, &Figures::of(&silent), &thresholds, Circumstances::default());
        assert_eq!((verdict.state, verdict.reason), (State::Critical, Some(Reason::NoAnswer)));
    }
    let refused = Samples { fates: vec![Fate::Refused; 5], ..Samples::default() };
    assert_eq!(state_of(&refused, &[]), State::Critical);
    // One lost, the rest still on their way: what is known is all lost.
    let young = Samples { fates: vec![Fate::Lost, Fate::InFlight, Fate::InFlight], ..Samples::default() };
    assert_eq!(state_of(&young, &[]), State::Critical);
}

#[test]
fn our_own_trouble_is_unknown() {
    let reason = |samples: &Samples, interrupted| {
        let verdict = judge(samples, &Figures::of(samples), &[critical("loss=1%")], Circumstances { interrupted });
        (verdict.state, verdict.reason)
    };
    let errno = Errno(101);
    let unsent = Samples { fates: vec![Fate::NotSent; 5], not_sent: Some(errno), ..Samples::default() };
    assert_eq!(reason(&unsent, false), (State::Unknown, Some(Reason::NotSent(errno))));
    let flying = Samples { fates: vec![Fate::InFlight; 2], ..Samples::default() };
    assert_eq!(reason(&flying, false), (State::Unknown, Some(Reason::NothingKnown)));
    assert_eq!(reason(&Samples::default(), false), (State::Unknown, Some(Reason::NothingKnown)));
    assert_eq!(reason(&seen(), true), (State::Unknown, Some(Reason::Interrupted)));
    // Some of them not sent, the others answered: that is no loss.
    let some = Samples {
        fates: vec![Fate::NotSent, Fate::Answered],
        rtts: vec![Duration::from_millis(1)],
        not_sent: Some(errno),
        ..Samples::default()
    };
    assert_eq!(reason(&some, false), (State::Ok, None));
}
