//! Round-trip statistics against figures computed by hand, and against the formulas read literally.
#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;

fn of(ns: &[u64]) -> RttStats {
    let mut s = RttStats::new(true);
    ns.iter().for_each(|&n| s.record(Duration::from_nanos(n)));
    s
}

fn ns(d: Option<Duration>) -> Option<u64> {
    d.map(as_ns)
}

#[test]
fn it_is_small_without_a_histogram() {
    assert!(std::mem::size_of::<RttStats>() <= 96, "{}", std::mem::size_of::<RttStats>());
}

#[test]
fn nothing_is_none_and_never_zero() {
    let s = RttStats::new(true);
    let all = [
        s.min(),
        s.max(),
        s.mean(),
        s.mdev(),
        s.ewma(),
        s.jitter_mean(),
        s.jitter_rfc3550(),
        s.percentile(50.0),
        s.pdv_p99(),
    ];
    assert_eq!((s.count(), all), (0, [None; 9]));
}

#[test]
fn one_value_has_no_jitter_and_no_deviation() {
    let s = of(&[1500]);
    assert_eq!((ns(s.min()), ns(s.max()), ns(s.mean()), ns(s.mdev())), (Some(1500), Some(1500), Some(1500), Some(0)));
    assert_eq!((ns(s.ewma()), s.jitter_mean(), s.jitter_rfc3550(), ns(s.pdv_p99())), (Some(1500), None, None, Some(0)));
}

#[test]
fn figures_by_hand() {
    // 2, 4, 4, 4, 5, 5, 7, 9: mean 5, variance 4; |Δ| = 2 0 0 1 0 2 2, mean 1.
    let s = of(&[2000, 4000, 4000, 4000, 5000, 5000, 7000, 9000]);
    assert_eq!((ns(s.mean()), ns(s.mdev()), ns(s.jitter_mean())), (Some(5000), Some(2000), Some(1000)));
    assert_eq!((ns(s.min()), ns(s.max())), (Some(2000), Some(9000)));
    // ewma: 800, then 800 + (1600 − 800)/8 = 900, then 900 + (0 − 900)/8 = 787.5.
    assert_eq!(ns(of(&[800, 1600]).ewma()), Some(900));
    assert_eq!(ns(of(&[800, 1600, 0]).ewma()), Some(788));
    // J: |D| = 1600 gives 100, then |D| = 0 gives 100 − 100/16 = 93.75.
    assert_eq!(ns(of(&[1600, 0]).jitter_rfc3550()), Some(100));
    assert_eq!(ns(of(&[1600, 0, 0]).jitter_rfc3550()), Some(94));
}

#[test]
fn percentiles_by_hand() {
    let hundred: Vec<u64> = (1..=100).map(|n| n * 1_000_000).collect();
    let s = of(&hundred);
    for p in [1.0, 7.0, 50.0, 90.0, 95.0, 99.0, 100.0] {
        let (want, got) = (p * 1e6, s.percentile(p).unwrap().as_nanos() as f64);
        assert!((got - want).abs() <= want * 0.01, "p{p}: {got}");
    }
    let pdv = s.pdv_p99().unwrap().as_nanos() as f64;
    assert!((pdv - 98e6).abs() <= 99e6 * 0.01, "{pdv}");
    assert_eq!(RttStats::new(false).percentile(50.0), None);
}

#[test]
fn a_small_spread_on_a_large_mean_survives() {
    // Σx² would need 101 bits to keep this.
    let base = 10_u64.pow(15);
    let s = of(&[base, base + 2_000_000]);
    assert_eq!(ns(s.mdev()), Some(1_000_000));
}

#[test]
fn hostile_values_neither_overflow_nor_panic() {
    let s = of(&[u64::MAX, 0, u64::MAX, 0, u64::MAX]);
    assert_eq!((ns(s.min()), ns(s.max()), ns(s.jitter_mean())), (Some(0), Some(u64::MAX), Some(u64::MAX)));
    assert!(ns(s.mean()).unwrap() > u64::MAX / 2);
    let mut s = RttStats::new(true);
    s.record(Duration::MAX);
    s.record(Duration::MAX);
    assert_eq!((ns(s.mean()), ns(s.mdev())), (Some(u64::MAX), Some(0)));
    assert_eq!(ns(s.percentile(99.0)), Some(u64::MAX), "a single value is its own percentile, clipped or not");
}

proptest! {
    #[test]
    fn agrees_with_the_formulas(values in proptest::collection::vec(0u64..20_000_000_000, 1..60)) {
        let s = of(&values);
        let n = values.len() as u128;
        let sum: u128 = values.iter().map(|&v| u128::from(v)).sum();
        let squares: u128 = values.iter().map(|&v| u128::from(v) * u128::from(v)).sum();
        // Σx²/n − (Σx/n)², exactly: (nΣx² − (Σx)²) / n².
        let variance = (n * squares - sum * sum) as f64 / (n * n) as f64;
        let close = |got: Option<u64>, want: f64| (got.unwrap() as f64 - want).abs() <= 1.0 + want * 1e-9;
        prop_assert!(close(ns(s.mean()), sum as f64 / n as f64));
        prop_assert!(close(ns(s.mdev()), variance.sqrt()));
        prop_assert_eq!(ns(s.min()), values.iter().min().copied());
        prop_assert_eq!(ns(s.max()), values.iter().max().copied());
        let changes: Vec<f64> = values.windows(2).map(|w| w[0].abs_diff(w[1]) as f64).collect();
        if changes.is_empty() {
            prop_assert_eq!(s.jitter_mean(), None);
        } else {
            prop_assert!(close(ns(s.jitter_mean()), changes.iter().sum::<f64>() / changes.len() as f64));
            prop_assert!(close(ns(s.jitter_rfc3550()), changes.iter().fold(0.0, |j, d| j + (d - j) / 16.0)));
        }
        prop_assert!(close(ns(s.ewma()), values[1..].iter().fold(values[0] as f64, |e, &v| e + (v as f64 - e) / 8.0)));
    }

    #[test]
    fn no_value_panics(values in proptest::collection::vec(any::<u64>(), 0..40), p in any::<f64>()) {
        let s = of(&values);
        let _ = (s.mean(), s.mdev(), s.ewma(), s.jitter_mean(), s.jitter_rfc3550(), s.percentile(p), s.pdv_p99());
        prop_assert!(s.mean() >= s.min() && s.mean() <= s.max());
    }
}
