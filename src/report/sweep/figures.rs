//! Figures as fping prints them: milliseconds with three significant digits, losses in per cent.

use std::fmt;
use std::time::Duration;

/// Milliseconds: three decimals below 1 ms, then as many as make three digits, none from 100 ms on.
#[derive(Clone, Copy)]
pub(super) struct Tm(pub(super) Duration);

impl fmt::Display for Tm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0.as_nanos() as f64 / 1e6;
        match ms {
            ms if ms < 1.0 => write!(f, "{ms:.3}"),
            ms if ms < 10.0 => write!(f, "{ms:.2}"),
            ms if ms < 100.0 => write!(f, "{ms:.1}"),
            ms if ms < 1_000_000.0 => write!(f, "{ms:.0}"),
            ms => {
                // As C writes an exponent: a sign and two digits.
                let text = format!("{ms:.3e}");
                let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
                write!(f, "{mantissa}e+{:02}", exponent.parse::<u32>().unwrap_or(0))
            }
        }
    }
}

/// The share of probes that were not answered, in per cent.
#[derive(Clone, Copy)]
pub(super) struct Loss {
    pub(super) settled: u64,
    pub(super) received: u64,
    /// Cut down to whole per cents, as fping does: 1 in 1000 is 0 %.
    pub(super) whole: bool,
}

impl fmt::Display for Loss {
    /// Whole where it is whole, otherwise with one decimal, and never rounded to nothing or to all.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (settled, lost) = (self.settled.max(1), self.settled.saturating_sub(self.received));
        let per_mille = u128::from(lost) * 1000;
        if self.whole || per_mille % (10 * u128::from(settled)) == 0 {
            return write!(f, "{}", u128::from(lost) * 100 / u128::from(settled));
        }
        let tenths = ((per_mille + u128::from(settled) / 2) / u128::from(settled)).clamp(1, 999);
        write!(f, "{}.{}", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits() {
        let of = |us: u64| Tm(Duration::from_micros(us)).to_string();
        assert_eq!(
            [
                of(0),
                of(21),
                of(999),
                of(1_000),
                of(1_234),
                of(9_994),
                of(12_345),
                of(99_940),
                of(100_000),
                of(1_234_567)
            ],
            ["0.000", "0.021", "0.999", "1.00", "1.23", "9.99", "12.3", "99.9", "100", "1235"]
        );
        assert_eq!(of(999_999_400), "999999");
        assert_eq!(of(1_234_567_000_000), "1.235e+09");
    }

    #[test]
    fn losses_are_whole_or_have_a_tenth() {
        let of = |settled, received, whole| Loss { settled, received, whole }.to_string();
        assert_eq!([of(3, 3, false), of(2, 1, false), of(3, 0, false), of(0, 0, false)], ["0", "50", "100", "0"]);
        assert_eq!([of(3, 2, false), of(3, 1, false), of(1000, 999, false)], ["33.3", "66.7", "0.1"]);
        assert_eq!([of(100_000, 99_999, false), of(100_000, 1, false)], ["0.1", "99.9"], "some is not none, nor all");
        assert_eq!([of(3, 2, true), of(1000, 999, true)], ["33", "0"], "as fping");
    }
}
