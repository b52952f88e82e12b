//! Percentiles from a histogram of fixed size: 36 kB for any number of round-trip times.
//!
//! Log-linear buckets of two significant digits from 1 ns to an hour keep each value within 1 % of itself; what is
//! longer counts as an hour. A percentile is that of RFC 2330 §11.3: the smallest value whose share of the whole
//! (empirical distribution function) is at least *p*. The rank is computed here and not by the histogram crate, whose
//! multiplication by a fraction puts some exact ranks one too high (7 % of 100 values is the 7th, not the 8th).

use std::time::Duration;

use crate::clock::as_ns;

/// The longest time told apart, in nanoseconds: one hour.
const HIGHEST_NS: u64 = 3_600_000_000_000;

/// Times in buckets of at most 1 % of their value.
#[derive(Clone, Debug)]
pub struct Histogram {
    buckets: hdrhistogram::Histogram<u64>,
}

impl Histogram {
    /// An empty one; `None` only if the crate refused the fixed bounds, which a test rules out.
    #[must_use]
    pub fn new() -> Option<Self> {
        hdrhistogram::Histogram::new_with_bounds(1, HIGHEST_NS, 2).ok().map(|buckets| Histogram { buckets })
    }

    /// One time.
    pub fn record(&mut self, time: Duration) {
        self.buckets.saturating_record(as_ns(time));
    }

    /// How many.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.len()
    }

    /// A percentile, 0 to 100; `None` while empty, and for what is no percentage.
    #[must_use]
    pub fn percentile(&self, p: f64) -> Option<Duration> {
        let rank = rank(p, self.count())?;
        let mut seen = 0u64;
        for step in self.buckets.iter_recorded() {
            seen = seen.saturating_add(step.count_since_last_iteration());
            if seen >= rank {
                // The middle of the bucket: wrong by at most half its width.
                return Some(Duration::from_nanos(self.buckets.median_equivalent(step.value_iterated_to())));
            }
        }
        None
    }
}

/// The rank of a percentile (0 to 100) among `n` sorted values, from 1: ⌈p·n⌉, at least 1 (RFC 2330 §11.3); `None` where
/// there are no values, and for what is no percentage.
#[must_use]
pub fn rank(p: f64, n: u64) -> Option<u64> {
    if n == 0 || !(0.0..=100.0).contains(&p) {
        return None;
    }
    let exact = p * n as f64 / 100.0;
    let whole = exact.round();
    // A product that is whole but for the rounding of its factors is whole.
    let rank = if (exact - whole).abs() <= whole * 1e-12 { whole } else { exact.ceil() };
    Some((rank as u64).clamp(1, n))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ranks_are_exact() {
        assert_eq!(rank(7.0, 100), Some(7));
        assert_eq!(rank(99.0, 100), Some(99));
        assert_eq!(rank(99.9, 1000), Some(999));
        assert_eq!(rank(50.0, 5), Some(3));
        assert_eq!(rank(0.0, 5), Some(1));
        assert_eq!(rank(100.0, 5), Some(5));
        assert_eq!((rank(50.0, 0), rank(-1.0, 5), rank(100.1, 5), rank(f64::NAN, 5)), (None, None, None, None));
        assert_eq!(rank(100.0, u64::MAX), Some(u64::MAX));
    }

    #[test]
    fn the_whole_range_is_within_one_percent_and_more_is_an_hour() {
        for ns in [1, 2, 127, 255, 256, 999, 4_567, 1_000_000, 999_999_999, 59_000_000_000, HIGHEST_NS] {
            let mut h = Histogram::new().unwrap();
            h.record(Duration::from_nanos(ns));
            let got = h.percentile(50.0).unwrap().as_nanos() as f64;
            assert!((got - ns as f64).abs() <= ns as f64 * 0.01, "{ns} became {got}");
        }
        let mut h = Histogram::new().unwrap();
        h.record(Duration::MAX);
        let got = h.percentile(50.0).unwrap().as_nanos() as f64;
        assert!((got - HIGHEST_NS as f64).abs() <= HIGHEST_NS as f64 * 0.01);
        h.record(Duration::ZERO);
        assert_eq!(h.percentile(50.0).unwrap(), Duration::ZERO);
    }

    #[test]
    fn its_size_does_not_grow() {
        let mut h = Histogram::new().unwrap();
        let before = h.buckets.distinct_values();
        (0..64).for_each(|e| h.record(Duration::from_nanos(1 << e)));
        assert_eq!(h.buckets.distinct_values(), before);
        assert!(before * 8 <= 40_000, "{before} buckets");
    }

    proptest! {
        #[test]
        fn agrees_with_sorting(mut ns in proptest::collection::vec(0u64..=HIGHEST_NS, 1..80), p in 0.0f64..=100.0) {
            let mut h = Histogram::new().unwrap();
            ns.iter().for_each(|&n| h.record(Duration::from_nanos(n)));
            ns.sort_unstable();
            // RFC 2330 §11.3, literally: the smallest x with F(x) >= p.
            let n = ns.len() as f64;
            let want = *ns.iter().enumerate().find(|&(i, _)| (i + 1) as f64 / n >= p / 100.0).unwrap().1 as f64;
            let got = h.percentile(p).unwrap().as_nanos() as f64;
            prop_assert!((got - want).abs() <= want * 0.01, "{} for {}", got, want);
        }
    }
}
