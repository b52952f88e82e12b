//! What the fuzz targets and the corpus test run of this floor: words of a command line, and rcheck's file.
//!
//! Each returns whether what it read keeps its promises: a refusal is one line, and what is printed of a value can be read
//! again. Callers assert that; nothing here panics by itself.

use super::Refusal;
use crate::check::{Named, Pair, Range, Severity, Threshold};
use crate::duration;
use crate::units::MacAddr;

/// One word, as every option that takes a value reads it.
#[must_use]
pub fn values(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return true };
    let time = match duration::parse(text) {
        Ok(time) => duration::parse(&format!("{}ns", time.as_nanos())).is_ok_and(|again| again == time),
        Err(why) => is_one_line(&Refusal::of("-i", text, why).to_string()),
    };
    let mac = text.parse::<MacAddr>().is_ok_and(|mac| mac.to_string().parse() == Ok(mac));
    let mac = mac || text.parse::<MacAddr>().is_err();
    let operand = super::operand::Operand::read(text).map_or_else(|why| is_one_line(&why.to_string()), |_| true);
    time && mac && operand && limits(text) && super::values::every(text)
}

/// Thresholds, expectations and ranges.
fn limits(text: &str) -> bool {
    let mut good = true;
    for severity in [Severity::Warning, Severity::Critical] {
        match Threshold::read(severity, text) {
            Ok(threshold) => {
                good &= !threshold.rule.write(|bound| bound.to_string()).is_empty();
                for value in [0.0, -1.0, 1e300, f64::INFINITY] {
                    let _ = threshold.rule.alerts(value);
                }
            }
            Err(why) => good &= is_one_line(&Refusal::of("-w", text, why).to_string()),
        }
    }
    match Threshold::expect(text) {
        Ok(all) => good &= !all.is_empty() && all.iter().all(|one| !one.rule.write(|b| b.to_string()).is_empty()),
        Err(why) => good &= is_one_line(&Refusal::of("--expect", text, why).to_string()),
    }
    if let Some(Ok(pair)) = Pair::read(text) {
        good &= (0.0..=100.0).contains(&pair.loss) && Threshold::of_pair(Severity::Critical, pair).len() == 2;
    }
    let plain = |bound: &str| bound.parse::<f64>().ok().filter(|n| n.is_finite()).ok_or(());
    if let Ok(range) = Range::read(text, plain) {
        good &= Range::read(&range.to_string(), plain) == Ok(range);
    }
    let _ = Named::find(text);
    good
}

/// A file of rcheck, down to the thresholds of each target.
#[must_use]
pub fn check_file(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return true };
    super::check::read_file(text).map_or_else(|why| is_one_line(&why), |targets| targets > 0)
}

/// Whether a refusal is one line that paints nothing.
fn is_one_line(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(crate::report::is_unfit)
}
