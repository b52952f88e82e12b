//! Thresholds as they are written, read and refused.
#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;

fn read(text: &str) -> Result<Threshold, String> {
    Threshold::read(Severity::Critical, text).map_err(|error| error.to_string())
}

fn pair(text: &str) -> Option<Result<(f64, f64), String>> {
    let read = Pair::read(text)?;
    Some(read.map(|pair| (as_ns(pair.rta) as f64 / 1e6, pair.loss)).map_err(|error| error.to_string()))
}

#[test]
fn ranges_of_every_unit() {
    for (text, metric, start, end, inside) in [
        ("rtt.p95=50ms", Metric::RttP95, 0.0, 5e7, false),
        ("rtt.avg=1ms:0.2s", Metric::RttAvg, 1e6, 2e8, false),
        ("rtt.avg=0:20ms", Metric::RttAvg, 0.0, 2e7, false),
        ("rtt.max=@10us:1s", Metric::RttMax, 1e4, 1e9, true),
        ("rta=10:20", Metric::RttAvg, 1e7, 2e7, false),
        ("rta=@10:20", Metric::RttAvg, 1e7, 2e7, true),
        ("rtmax=10us:20", Metric::RttMax, 1e4, 2e7, false),
        ("loss=5%", Metric::Loss, 0.0, 5.0, false),
        ("loss=5", Metric::Loss, 0.0, 5.0, false),
        ("pl=@50%:100%", Metric::Loss, 50.0, 100.0, true),
        ("mos.slac=3.5:", Metric::MosSlac, 3.5, f64::INFINITY, false),
        ("duplicates=0", Metric::Duplicates, 0.0, 0.0, false),
        ("pmtu=1500:", Metric::Pmtu, 1500.0, f64::INFINITY, false),
        ("jitter.rfc3550=~:3ms", Metric::JitterRfc3550, f64::NEG_INFINITY, 3e6, false),
    ] {
        let threshold = read(text).unwrap();
        assert_eq!(threshold.metric, metric, "{text}");
        assert_eq!(threshold.rule, Rule::Range(Range { start, end, inside }), "{text}");
        assert_eq!(threshold.text, text);
    }
}

#[test]
fn the_right_form_is_shown() {
    for (text, said) in [
        ("rtt.p95", "rtt.p95 of what? write rtt.p95=50ms"),
        ("loss", "loss of what? write loss=5%"),
        ("rta", "rtt.avg of what? write rtt.avg=50ms"),
        ("3", "neither a pair nor metric=range: write 500ms,80% or rtt.p95=100ms"),
        ("@10:20", "neither a pair nor metric=range: write 500ms,80% or rtt.p95=100ms"),
        ("rtt.p95=50", "a time without a unit: write rtt.p95=50ms"),
        ("rtt.p95=@10:20", "a time without a unit: write rtt.p95=@10ms:20ms"),
        ("rtt.p95=10:20ms", "a time without a unit: write rtt.p95=10ms:20ms"),
        ("rtt.p95=20ms:10ms", "its end lies before its start; write rtt.p95=50ms"),
        ("rtt.p95=", "an empty range; write rtt.p95=50ms"),
        ("rtt.p95=5%", "not a duration: write seconds (0.2) or units (200ms, 1m30s)"),
        ("loss=140%", "'140%' is no percentage: write 40%"),
        ("loss=5ms", "'5ms' is no percentage: write 40%"),
        ("duplicates=1e3", "'1e3' is no number"),
        ("duplicates=nan", "'nan' is no number"),
    ] {
        assert_eq!(read(text).unwrap_err(), said, "{text}");
    }
    let said = read("latency=5ms").unwrap_err();
    assert!(said.starts_with("no such metric; there are rtt.min, rtt.avg,"), "{said}");
    let warning = Threshold::read(Severity::Warning, "3").unwrap_err().to_string();
    assert!(warning.contains("200ms,40%"), "{warning}");
}

#[test]
fn pairs_are_read_as_check_icmp_reads_them() {
    for (text, ms, loss) in [
        ("200ms,40%", 200.0, 40.0),
        ("200,40%", 200.0, 40.0),
        ("200.25,60%", 200.25, 60.0),
        ("200m,40", 200.0, 40.0),
        ("300us,5%", 0.3, 5.0),
        ("300u,5%", 0.3, 5.0),
        ("2s,0.5%", 2000.0, 0.5),
        ("500, 80%", 500.0, 80.0),
    ] {
        assert_eq!(pair(text), Some(Ok((ms, loss))), "{text}");
    }
    for text in ["200ms", "40%", "3", "rtt.avg=1ms,loss=3"] {
        assert_eq!(pair(text), None, "{text}");
    }
    for text in [",40%", "200ms,", "200ms,140%", "x,40%", "-1,40%", "200ms,40%,3"] {
        assert!(pair(text).unwrap().is_err(), "{text}");
    }
}

/// At, below and above the limit, for every rule.
#[test]
fn rules_at_below_and_above() {
    let range = |text: &str| Rule::Range(Range::read(text, |bound| bound.parse::<f64>()).unwrap());
    for (rule, below, at, above) in [
        (Rule::Reaches(10.0), false, true, true),
        (Rule::SinksTo(10.0), true, true, false),
        (range("10"), false, false, true),
        (range("10:"), true, false, false),
        (range("@10"), true, true, false),
        (range("@10:"), false, true, true),
        (Rule::Expect(Comparison::Less, 10.0), false, true, true),
        (Rule::Expect(Comparison::AtMost, 10.0), false, false, true),
        (Rule::Expect(Comparison::Greater, 10.0), true, true, false),
        (Rule::Expect(Comparison::AtLeast, 10.0), true, false, false),
        (Rule::Expect(Comparison::Equal, 10.0), true, false, true),
        (Rule::Expect(Comparison::Different, 10.0), false, true, false),
    ] {
        assert_eq!([9.999, 10.0, 10.001].map(|value| rule.alerts(value)), [below, at, above], "{rule:?}");
    }
}

#[test]
fn what_is_waited_for_follows_the_critical_limits() {
    let thresholds = |texts: &[&str]| -> Vec<Threshold> { texts.iter().map(|text| read(text).unwrap()).collect() };
    let ms = Duration::from_millis;
    let interval = ms(80);
    let defaults = Threshold::of_pair(Severity::Critical, Pair::CRITICAL);
    assert_eq!(critical_rtt(&defaults), Some(ms(500)));
    assert_eq!(patience(&defaults, interval, 5), ms(1000));
    assert_eq!(critical_rtt(&thresholds(&["loss=5%", "jitter.mean=9s", "rtt.mdev=9s"])), None);
    assert_eq!(patience(&thresholds(&["loss=5%"]), interval, 5), ms(1000), "a second where there is no limit");
    assert_eq!(critical_rtt(&thresholds(&["rtt.p95=50ms", "rtt.max=2s", "rtt.min=1ms:"])), Some(ms(2000)));
    assert_eq!(patience(&thresholds(&["rtt.p95=5ms"]), interval, 5), interval);
    assert_eq!(patience(&thresholds(&["rtt.p95=30ms"]), interval, 5), ms(220), "as long as the plugin, nearly");
    assert_eq!(patience(&thresholds(&["rtt.p95=3s"]), interval, 5), ms(6000));
    let warning = Threshold::read(Severity::Warning, "rtt.avg=3s").unwrap();
    assert_eq!(critical_rtt(std::slice::from_ref(&warning)), None);
    assert_eq!(patience(&[warning], interval, 5), ms(3000), "nothing is lost that would only be a warning");
}

proptest! {
    #[test]
    fn any_text_is_a_threshold_or_an_error(text in "\\PC{0,40}") {
        let _ = read(&text);
        let _ = Pair::read(&text);
    }

    #[test]
    fn any_metric_takes_any_range(index in 0..Metric::ALL.len(), text in "[@~:0-9.mus%-]{0,16}") {
        let metric = Metric::ALL[index];
        let _ = read(&format!("{}={text}", metric.name()));
        let _ = read(&format!("{}={text}", metric.label()));
    }
}
