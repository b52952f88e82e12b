//! The metrics of one host's samples. What is not defined is `None`: no answer has no round-trip time, one answer has no
//! jitter, and nothing sent has no loss.
//!
//! A check sends few probes and keeps each round-trip time, so percentiles are exact: the smallest value whose share of
//! the whole is at least *p* (RFC 2330 §11.3). The median is the 50th percentile in that sense.

use std::time::Duration;

use super::quality::{G107, Slac};
use super::{Metric, Samples};
use crate::clock::as_ns;
use crate::stats::{RttStats, rank};

/// The figures of a host.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    values: [Option<f64>; Metric::ALL.len()],
    /// The largest and the smallest |difference| of successive round-trip times.
    pub jitter_extremes: Option<(Duration, Duration)>,
}

impl Figures {
    /// Of these samples.
    #[must_use]
    pub fn of(samples: &Samples) -> Figures {
        let mut stats = RttStats::new(false);
        samples.rtts.iter().for_each(|rtt| stats.record(*rtt));
        let mut sorted: Vec<u64> = samples.rtts.iter().map(|rtt| as_ns(*rtt)).collect();
        sorted.sort_unstable();
        let percentile = |p: f64| {
            let rank = usize::try_from(rank(p, sorted.len() as u64)?).ok()?;
            sorted.get(rank - 1).copied()
        };
        let ns = |time: Option<Duration>| time.map(|time| as_ns(time) as f64);
        let at = |p: f64| percentile(p).map(|ns| ns as f64);
        let (avg, jitter) = (ns(stats.mean()), ns(stats.jitter_mean()));
        let loss = samples.loss_percent();
        let runs = samples.loss_runs();
        let slac = avg.zip(jitter).zip(loss).map(|((avg, jitter), loss)| Slac::of(avg / 1e6, jitter / 1e6, loss));
        let burst = runs.mean().unwrap_or(1.0);
        let g107 =
            avg.zip(jitter).zip(loss).map(|((avg, jitter), loss)| G107::of(avg / 1e6, jitter / 1e6, loss, burst));
        let value = |metric| match metric {
            Metric::RttMin => ns(stats.min()),
            Metric::RttAvg => avg,
            Metric::RttMedian => at(50.0),
            Metric::RttMax => ns(stats.max()),
            Metric::RttP90 => at(90.0),
            Metric::RttP95 => at(95.0),
            Metric::RttP99 => at(99.0),
            Metric::RttMdev => ns(stats.mdev()),
            Metric::Loss => loss,
            Metric::LossBurst => loss.map(|_| runs.longest() as f64),
            Metric::JitterMean => jitter,
            Metric::JitterRfc3550 => ns(stats.jitter_rfc3550()),
            Metric::PdvP99 => at(99.0).zip(ns(stats.min())).map(|(p99, min)| p99 - min),
            Metric::MosSlac => slac.map(|slac| slac.mos),
            Metric::Score => slac.map(|slac| slac.score),
            Metric::MosG107 => g107.map(|g107| g107.mos),
            Metric::Duplicates => loss.map(|_| samples.duplicates as f64),
            Metric::Reordered => loss.map(|_| samples.reordered as f64),
            Metric::Ttl => samples.ttl.map(|ttl| f64::from(ttl.0)),
            Metric::Pmtu => samples.pmtu.map(f64::from),
        };
        let steps = || samples.rtts.iter().zip(samples.rtts.iter().skip(1)).map(|(a, b)| a.abs_diff(*b));
        Figures { values: Metric::ALL.map(value), jitter_extremes: steps().max().zip(steps().min()) }
    }

    /// A figure: nanoseconds, per cent, bytes or a plain number ([`Metric::unit`]).
    #[must_use]
    pub fn get(&self, metric: Metric) -> Option<f64> {
        Metric::ALL.iter().position(|other| *other == metric).and_then(|at| self.values.get(at).copied().flatten())
    }

    /// A figure that is a time.
    #[must_use]
    pub fn time(&self, metric: Metric) -> Option<Duration> {
        self.get(metric).map(|ns| Duration::from_nanos(ns as u64))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::check::Fate;
    use crate::units::Ttl;

    fn samples(ms: &[u64], fates: &[Fate]) -> Samples {
        Samples {
            rtts: ms.iter().map(|ms| Duration::from_millis(*ms)).collect(),
            fates: fates.to_vec(),
            ..Samples::default()
        }
    }

    fn ms(figures: &Figures, metric: Metric) -> Option<f64> {
        figures.get(metric).map(|ns| ns / 1e6)
    }

    #[test]
    fn round_trips_by_hand() {
        let figures = Figures::of(&samples(&[10, 30, 20, 40], &[Fate::Answered; 4]));
        for (metric, want) in [
            (Metric::RttMin, 10.0),
            (Metric::RttAvg, 25.0),
            (Metric::RttMedian, 20.0),
            (Metric::RttMax, 40.0),
            (Metric::RttP90, 40.0),
            (Metric::RttP95, 40.0),
            (Metric::RttP99, 40.0),
            (Metric::JitterMean, 50.0 / 3.0),
            (Metric::PdvP99, 30.0),
        ] {
            let got = ms(&figures, metric).unwrap();
            assert!((got - want).abs() < 1e-6, "{metric}: {got} is not {want}");
        }
        // √125
        assert!((ms(&figures, Metric::RttMdev).unwrap() - 11.180_339).abs() < 1e-5);
        // 20/16, then + (10 − 1.25)/16, then + (20 − 1.796875)/16.
        assert!((ms(&figures, Metric::JitterRfc3550).unwrap() - 2.934_570).abs() < 1e-5);
        assert_eq!(figures.jitter_extremes, Some((Duration::from_millis(20), Duration::from_millis(10))));
        assert_eq!(figures.get(Metric::Loss), Some(0.0));
        // Effective latency 25 + 33.3 + 10.
        assert!((figures.get(Metric::Score).unwrap() - (93.2 - 68.333_333 / 40.0)).abs() < 1e-5);
    }

    #[test]
    fn percentiles_of_many_are_exact() {
        let all: Vec<u64> = (1..=100).rev().collect();
        let figures = Figures::of(&samples(&all, &[Fate::Answered; 100]));
        for (metric, want) in
            [(Metric::RttMedian, 50.0), (Metric::RttP90, 90.0), (Metric::RttP95, 95.0), (Metric::RttP99, 99.0)]
        {
            assert_eq!(ms(&figures, metric), Some(want), "{metric}");
        }
    }

    #[test]
    fn losses_and_their_bursts() {
        use Fate::{Answered, InFlight, Lost, NotSent, Refused};
        let of = |fates: &[Fate]| {
            let figures = Figures::of(&samples(&[], fates));
            (figures.get(Metric::Loss), figures.get(Metric::LossBurst))
        };
        assert_eq!(of(&[Answered, Lost, Refused, Lost, Answered]), (Some(60.0), Some(3.0)));
        assert_eq!(of(&[Answered, Lost, InFlight, NotSent, Answered]), (Some(100.0 / 3.0), Some(1.0)));
        assert_eq!(of(&[Lost; 5]), (Some(100.0), Some(5.0)));
        assert_eq!(of(&[NotSent, InFlight]), (None, None));
        // Where the loss of another wraps at 256: three of five, forty of a hundred and so on are themselves.
        for (lost, all) in [(3, 5), (1, 3), (40, 100), (103, 200), (2560, 4000)] {
            let fates: Vec<Fate> = (0..all).map(|n| if n < lost { Lost } else { Answered }).collect();
            assert_eq!(of(&fates).0, Some(lost as f64 * 100.0 / all as f64));
        }
    }

    #[test]
    fn what_is_not_defined_is_not_there() {
        let none = Figures::of(&samples(&[], &[Fate::Lost; 5]));
        let known: Vec<Metric> = Metric::ALL.into_iter().filter(|metric| none.get(*metric).is_some()).collect();
        assert_eq!(known, [Metric::Loss, Metric::LossBurst, Metric::Duplicates, Metric::Reordered]);
        let one = Figures::of(&samples(&[10], &[Fate::Answered]));
        for metric in [Metric::JitterMean, Metric::JitterRfc3550, Metric::MosSlac, Metric::MosG107, Metric::Score] {
            assert_eq!(one.get(metric), None, "{metric} of one answer");
        }
        assert_eq!(ms(&one, Metric::RttP99), Some(10.0));
        let nothing = Figures::of(&Samples::default());
        assert!(Metric::ALL.into_iter().all(|metric| nothing.get(metric).is_none()));
    }

    #[test]
    fn the_rest_is_as_it_was_seen() {
        let seen = Samples {
            duplicates: 2,
            reordered: 1,
            ttl: Some(Ttl(57)),
            pmtu: Some(1492),
            ..samples(&[1], &[Fate::Answered])
        };
        let figures = Figures::of(&seen);
        let all = [Metric::Duplicates, Metric::Reordered, Metric::Ttl, Metric::Pmtu].map(|m| figures.get(m));
        assert_eq!(all, [Some(2.0), Some(1.0), Some(57.0), Some(1492.0)]);
    }
}
