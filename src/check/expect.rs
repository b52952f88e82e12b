//! `--expect`: what must hold, as comparisons separated by commas (`rtt.p95 < 50ms, loss < 1%`).
//!
//! Each is a threshold of its own that alerts with CRITICAL where it does not hold. A range cannot stand here and a
//! comparison cannot stand behind `-c`: one flag says what is bad, the other what is good, and neither both.

use super::threshold::{Comparison, Rule, Severity, Threshold, ThresholdError};
use super::value::{named, value};

/// The comparisons, longest first: `<=` is not `<` and an equals sign.
const COMPARISONS: [Comparison; 6] = [
    Comparison::AtMost,
    Comparison::AtLeast,
    Comparison::Equal,
    Comparison::Different,
    Comparison::Less,
    Comparison::Greater,
];

impl Threshold {
    /// Reads all comparisons of one text.
    ///
    /// # Errors
    /// On the first that is none; the text shows the right form.
    pub fn expect(text: &str) -> Result<Vec<Threshold>, ThresholdError> {
        text.split(',').map(|part| expectation(part.trim())).collect()
    }
}

fn expectation(text: &str) -> Result<Threshold, ThresholdError> {
    if text.is_empty() {
        return Err(ThresholdError::Expression("an empty expectation"));
    }
    let found = COMPARISONS.into_iter().filter_map(|comparison| {
        let at = text.find(comparison.sign())?;
        Some((at, comparison))
    });
    // The first sign in the text; of those at one place, the longest, which stands first in the table.
    let Some((at, comparison)) = found.min_by_key(|(at, _)| *at) else {
        let why = if text.contains('=') { "a single =, which belongs to -w and -c" } else { "no comparison" };
        return Err(ThresholdError::Expression(why));
    };
    let (name, rest) = text.split_at(at);
    let limit = rest.get(comparison.sign().len()..).unwrap_or_default().trim();
    let named = named(name)?;
    if limit.is_empty() {
        return Err(ThresholdError::Expression("nothing to compare with"));
    }
    let limit = value(named, limit).map_err(|error| match error {
        ThresholdError::NoUnit(right) => {
            ThresholdError::NoUnit(format!("{} {} {right}", name.trim(), comparison.sign()))
        }
        other => other,
    })?;
    let rule = Rule::Expect(comparison, limit);
    Ok(Threshold { metric: named.metric, severity: Severity::Critical, rule, text: text.to_owned() })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::check::Metric;
    use proptest::prelude::*;

    #[test]
    fn comparisons_are_read_with_and_without_spaces() {
        let all = Threshold::expect("rtt.p95 < 50ms, loss<1%,mos.slac >= 3.5 , ttl==64,pmtu!=1280, rta <= 20").unwrap();
        let read: Vec<(Metric, Rule)> = all.iter().map(|t| (t.metric, t.rule)).collect();
        assert_eq!(
            read,
            [
                (Metric::RttP95, Rule::Expect(Comparison::Less, 5e7)),
                (Metric::Loss, Rule::Expect(Comparison::Less, 1.0)),
                (Metric::MosSlac, Rule::Expect(Comparison::AtLeast, 3.5)),
                (Metric::Ttl, Rule::Expect(Comparison::Equal, 64.0)),
                (Metric::Pmtu, Rule::Expect(Comparison::Different, 1280.0)),
                (Metric::RttAvg, Rule::Expect(Comparison::AtMost, 2e7)),
            ]
        );
        assert_eq!(all[1].text, "loss<1%");
        assert!(all.iter().all(|t| t.severity == Severity::Critical));
    }

    #[test]
    fn the_right_form_is_shown() {
        for (text, said) in [
            ("", "an empty expectation: write METRIC < VALUE"),
            ("loss < 1%,", "an empty expectation"),
            ("rtt.p95=50ms", "a single =, which belongs to -w and -c: write METRIC < VALUE"),
            ("rtt.p95", "no comparison: write METRIC"),
            ("rtt.p95 <", "nothing to compare with"),
            ("rtt.p95 < 50", "a time without a unit: write rtt.p95 < 50ms"),
            ("rtt.p95 <= fast", "not a duration"),
            ("speed < 5", "no such metric"),
            ("loss < 5% < 6%", "'5% < 6%' is no percentage"),
        ] {
            let error = Threshold::expect(text).unwrap_err().to_string();
            assert!(error.starts_with(said), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_an_expectation_or_an_error(text in "\\PC{0,40}") {
            let _ = Threshold::expect(&text);
        }
    }
}
