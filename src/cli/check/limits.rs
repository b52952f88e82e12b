//! From `-w`, `-c`, `--expect` and the plugin's modes to thresholds, as each dialect has it.
//!
//! One place decides which defaults are on: the classic pairs, unless something else was asked for. A warning beyond its
//! critical limit is drawn to it, as `check_icmp` does.

use crate::check::{Metric, Pair, Rule, Severity, Threshold, ThresholdError, number, percent, plugin_time};
use crate::cli::Refusal;
use crate::clock::as_ns;
use crate::report::check::Modes;

use super::args::ThresholdArgs;
use super::dialect::Dialect;

/// What was asked of one target, or of all.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Asked {
    pub(super) warning: Vec<String>,
    pub(super) critical: Vec<String>,
    pub(super) expect: Vec<String>,
}

/// Two limits of one metric, and the thresholds they are.
fn both(metric: Metric, rule: fn(f64) -> Rule, warning: f64, critical: f64) -> [Threshold; 2] {
    let of = |severity, limit: f64| Threshold { metric, severity, rule: rule(limit), text: limit.to_string() };
    [of(Severity::Warning, warning), of(Severity::Critical, critical)]
}

/// The thresholds of `-w`, `-c` and `--expect`.
pub(super) fn read(asked: &Asked, dialect: Dialect, has_modes: bool) -> Result<Vec<Threshold>, Refusal> {
    let mut thresholds = Vec::new();
    let mut pairs = [None, None];
    let sides = [(&asked.warning, "-w", Severity::Warning), (&asked.critical, "-c", Severity::Critical)];
    for (pair, (texts, option, severity)) in pairs.iter_mut().zip(sides) {
        for text in texts {
            let refused = |error: ThresholdError| Refusal::of(option, text, error);
            match read_pair(text, dialect, severity) {
                Some(read) => *pair = Some(read.map_err(refused)?),
                None => thresholds.push(Threshold::read(severity, text).map_err(refused)?),
            }
        }
    }
    for text in &asked.expect {
        let read = Threshold::expect(text).map_err(|error| Refusal::of("--expect", text, error))?;
        thresholds.extend(read);
    }
    let asked_for_pairs = pairs.iter().any(Option::is_some);
    let mode_rules = has_modes && (dialect.is_plugin() || !asked_for_pairs);
    if asked_for_pairs && !mode_rules || (thresholds.is_empty() && !mode_rules) {
        let [warning, critical] = pairs;
        let defaults = defaults(dialect);
        thresholds.splice(0..0, pair_thresholds(warning.unwrap_or(defaults.0), critical.unwrap_or(defaults.1)));
    }
    Ok(thresholds)
}

/// The pairs of a dialect where none is given. (`check_ping` demands them.)
pub(super) fn defaults(dialect: Dialect) -> (Pair, Pair) {
    match dialect {
        Dialect::CheckHost => {
            let second = Pair { rta: std::time::Duration::from_secs(1), loss: 100.0 };
            (second, second)
        }
        _ => (Pair::WARNING, Pair::CRITICAL),
    }
}

/// Both pairs, the warning drawn to the critical limit where it lies beyond.
pub(super) fn pair_thresholds(warning: Pair, critical: Pair) -> Vec<Threshold> {
    let warning = Pair { rta: warning.rta.min(critical.rta), loss: warning.loss.min(critical.loss) };
    let mut all = Threshold::of_pair(Severity::Warning, warning).to_vec();
    all.extend(Threshold::of_pair(Severity::Critical, critical));
    all
}

/// A pair; by a plugin's name also half of one (`-c 300`), the other half being the default.
fn read_pair(text: &str, dialect: Dialect, severity: Severity) -> Option<Result<Pair, ThresholdError>> {
    if let Some(pair) = Pair::read(text) {
        return Some(pair);
    }
    if !dialect.is_plugin() || text.contains('=') {
        return None;
    }
    let (warning, critical) = defaults(dialect);
    let default = if severity == Severity::Warning { warning } else { critical };
    Some(match text.split_once(':').filter(|_| dialect == Dialect::CheckPing) {
        Some((rta, loss)) => plugin_time(rta).and_then(|rta| Ok(Pair { rta, loss: percent(loss)? })),
        None if text.ends_with('%') => percent(text).map(|loss| Pair { loss, ..default }),
        None => plugin_time(text).map(|rta| Pair { rta, ..default }),
    })
}

/// The thresholds of `-R` to `-O`, and what the line is to tell.
pub(super) fn modes(args: &ThresholdArgs) -> Result<(Vec<Threshold>, Modes), Refusal> {
    let mut modes = Modes::NONE;
    let mut all = Vec::new();
    let time = |text: &str| plugin_time(text).map(|time| as_ns(time) as f64);
    type Bound<'a> = &'a dyn Fn(&str) -> Result<f64, ThresholdError>;
    let given: [(&Option<String>, &str, &mut bool, Metric, Bound<'_>, &str); 5] = [
        (&args.rta_mode, "-R", &mut modes.rta, Metric::RttAvg, &time, "100ms,200ms"),
        (&args.loss_mode, "-P", &mut modes.loss, Metric::Loss, &percent, "40%,50%"),
        (&args.jitter_mode, "-J", &mut modes.jitter, Metric::JitterMean, &time, "40,50"),
        (&args.mos_mode, "-M", &mut modes.mos, Metric::MosSlac, &number, "3.5,3.0"),
        (&args.score_mode, "-S", &mut modes.score, Metric::Score, &number, "80,70"),
    ];
    for (text, option, on, metric, bound, example) in given {
        let Some(text) = text else { continue };
        let shape = || Refusal::of(option, text, format!("not WARNING,CRITICAL: write {option} {example}"));
        let (warning, critical) = text.split_once(',').ok_or_else(shape)?;
        let bound = |text: &str| {
            bound(text.trim()).map_err(|error| Refusal::of(option, text, format!("{error}; write {option} {example}")))
        };
        let (warning, critical) = (bound(warning)?, bound(critical)?);
        *on = true;
        all.extend(match metric {
            Metric::MosSlac | Metric::Score => both(metric, Rule::SinksTo, warning.max(critical), critical),
            _ => both(metric, Rule::Reaches, warning.min(critical), critical),
        });
    }
    if args.order_mode {
        modes.order = true;
        let (metric, severity) = (Metric::Reordered, Severity::Critical);
        all.push(Threshold { metric, severity, rule: Rule::Reaches(1.0), text: "-O".to_owned() });
    }
    for threshold in &mut all {
        if threshold.metric.unit() == crate::check::Unit::Time {
            if let Rule::Reaches(ns) = threshold.rule {
                threshold.text = format!("{}ms", ns / 1e6);
            }
        }
    }
    if modes == Modes::NONE {
        modes = Modes::DEFAULT;
    }
    Ok((all, modes))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn asked(line: &str) -> Asked {
        let mut asked = Asked::default();
        let mut words = line.split(' ').filter(|word| !word.is_empty());
        while let (Some(option), Some(value)) = (words.next(), words.next()) {
            match option {
                "-w" => asked.warning.push(value.into()),
                "-c" => asked.critical.push(value.into()),
                _ => asked.expect.push(value.into()),
            }
        }
        asked
    }

    fn texts(line: &str, dialect: Dialect, modes: bool) -> Vec<String> {
        let read = read(&asked(line), dialect, modes).unwrap();
        read.iter().map(|t| format!("{:?} {} {}", t.severity, t.metric, t.text)).collect()
    }

    #[test]
    fn defaults_are_on_unless_something_else_was_asked() {
        let all = ["Warning rtt.avg 200ms", "Warning loss 40%", "Critical rtt.avg 500ms", "Critical loss 80%"];
        assert_eq!(texts("", Dialect::Rcheck, false), all);
        assert_eq!(texts("-w rtt.p95=50ms", Dialect::Rcheck, false), ["Warning rtt.p95 rtt.p95=50ms"]);
        assert_eq!(texts("--expect loss<1%", Dialect::Rcheck, false), ["Critical loss loss<1%"]);
        let mixed = texts("-c 300ms,50% -c rtt.max=1s", Dialect::Rcheck, false);
        let expect = ["Warning rtt.avg 200ms", "Warning loss 40%", "Critical rtt.avg 300ms", "Critical loss 50%"];
        assert_eq!(mixed[..4], expect);
        assert_eq!(mixed[4..], ["Critical rtt.max rtt.max=1s"]);
        assert_eq!(
            texts("-w 1ms,1% -w 2ms,2%", Dialect::Rcheck, false)[..2],
            ["Warning rtt.avg 2ms", "Warning loss 2%"]
        );
        assert_eq!(texts("", Dialect::CheckHost, false)[3], "Critical loss 100%");
    }

    #[test]
    fn modes_put_the_pairs_out() {
        assert_eq!(texts("", Dialect::CheckIcmp, true), [""; 0]);
        assert_eq!(texts("-w 1ms,1%", Dialect::CheckIcmp, true), [""; 0]);
        assert_eq!(texts("-w 1ms,1%", Dialect::Rcheck, true).len(), 4, "asked for by name");
        assert_eq!(texts("", Dialect::Rcheck, true), [""; 0]);
    }

    #[test]
    fn a_warning_is_never_beyond_its_critical_limit() {
        assert_eq!(
            texts("-w 900ms,90% -c 100ms,10%", Dialect::CheckIcmp, false)[..2],
            ["Warning rtt.avg 100ms", "Warning loss 10%"]
        );
    }

    #[test]
    fn half_a_pair_is_for_plugins() {
        assert_eq!(texts("-c 300", Dialect::CheckIcmp, false)[2..], ["Critical rtt.avg 300ms", "Critical loss 80%"]);
        assert_eq!(texts("-w 20%", Dialect::CheckIcmp, false)[1], "Warning loss 20%");
        assert_eq!(
            texts("-c 300:50%", Dialect::CheckPing, false)[2..],
            ["Critical rtt.avg 300ms", "Critical loss 50%"]
        );
        let refused = read(&asked("-c 300"), Dialect::Rcheck, false).unwrap_err().to_string();
        assert_eq!(refused, "-c 300: neither a pair nor metric=range: write 500ms,80% or rtt.p95=100ms");
    }
}
