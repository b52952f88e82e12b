//! Round-trip times of distinct probes, in running moments: constant size, no list of samples.
//!
//! Mean and deviation by Welford's recurrence, whose error does not grow with the mean as that of Σx² does. Everything
//! is kept in nanoseconds; fractions live in `f64` until a figure is asked for. Names and formulas are those of `ping`
//! and of the RFCs, because there is no one "jitter".

use std::time::Duration;

use super::Histogram;
use crate::clock::as_ns;

/// Running statistics of round-trip times.
#[derive(Clone, Debug, Default)]
pub struct RttStats {
    count: u64,
    min: u64,
    max: u64,
    last: u64,
    mean: f64,
    /// Σ (x − mean)².
    squares: f64,
    ewma: f64,
    /// Mean of |Δ|.
    change: f64,
    /// RFC 3550's J.
    jitter: f64,
    histogram: Option<Box<Histogram>>,
}

impl RttStats {
    /// Nothing yet; with a histogram if percentiles are wanted.
    #[must_use]
    pub fn new(percentiles: bool) -> Self {
        let histogram = if percentiles { Histogram::new().map(Box::new) } else { None };
        RttStats { histogram, ..RttStats::default() }
    }

    /// One round-trip time, in order of arrival.
    pub fn record(&mut self, rtt: Duration) {
        let ns = as_ns(rtt);
        let x = ns as f64;
        self.count += 1;
        if self.count == 1 {
            (self.min, self.max, self.ewma) = (ns, ns, x);
        } else {
            (self.min, self.max) = (self.min.min(ns), self.max.max(ns));
            self.ewma += (x - self.ewma) / 8.0;
            let change = ns.abs_diff(self.last) as f64;
            self.change += (change - self.change) / (self.count - 1) as f64;
            self.jitter += (change - self.jitter) / 16.0;
        }
        let off = x - self.mean;
        self.mean += off / self.count as f64;
        self.squares += off * (x - self.mean);
        self.last = ns;
        if let Some(h) = &mut self.histogram {
            h.record(rtt);
        }
    }

    /// How many.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The largest, if there is one.
    #[must_use]
    pub fn max(&self) -> Option<Duration> {
        self.from(1, self.max)
    }

    /// The smallest.
    #[must_use]
    pub fn min(&self) -> Option<Duration> {
        self.from(1, self.min)
    }

    /// The mean.
    #[must_use]
    pub fn mean(&self) -> Option<Duration> {
        self.from(1, whole(self.mean).clamp(self.min, self.max))
    }

    /// Population standard deviation, `ping`'s mdev: √(Σ(x − mean)² / n).
    #[must_use]
    pub fn mdev(&self) -> Option<Duration> {
        self.from(1, whole((self.squares / self.count as f64).sqrt()))
    }

    /// Exponentially weighted mean with a gain of 1/8 that begins at the first value, `ping`'s ewma.
    #[must_use]
    pub fn ewma(&self) -> Option<Duration> {
        self.from(1, whole(self.ewma))
    }

    /// Mean |difference| of successive times; `None` before there are two.
    #[must_use]
    pub fn jitter_mean(&self) -> Option<Duration> {
        self.from(2, whole(self.change))
    }

    /// RFC 3550 §6.4.1 interarrival jitter, J += (|D| − J) / 16 from 0, on round trips; `None` before there are two.
    #[must_use]
    pub fn jitter_rfc3550(&self) -> Option<Duration> {
        self.from(2, whole(self.jitter))
    }

    /// Whether percentiles can be asked for.
    #[must_use]
    pub fn has_percentiles(&self) -> bool {
        self.histogram.is_some()
    }

    /// A percentile, 0 to 100, by the histogram (RFC 2330 §11.3; error at most 1 %).
    #[must_use]
    pub fn percentile(&self, p: f64) -> Option<Duration> {
        let ns = as_ns(self.histogram.as_ref()?.percentile(p)?);
        self.from(1, ns.clamp(self.min, self.max))
    }

    /// 99th percentile of time above the smallest (RFC 5481 §4.2, PDV).
    #[must_use]
    pub fn pdv_p99(&self) -> Option<Duration> {
        // Taking off a constant does not change the order, so the percentile of the differences is the difference.
        Some(self.percentile(99.0)?.saturating_sub(self.min()?))
    }

    /// A figure that needs so many values.
    fn from(&self, needed: u64, ns: u64) -> Option<Duration> {
        (self.count >= needed).then(|| Duration::from_nanos(ns))
    }
}

/// The nearest whole number; saturates, and what is no number is 0.
fn whole(x: f64) -> u64 {
    x.round() as u64
}

#[cfg(test)]
#[path = "rtt_tests.rs"]
mod tests;
