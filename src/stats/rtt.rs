//! Round-trip times of distinct probes, in running moments.

use std::time::Duration;

/// Running statistics of round-trip times.
#[derive(Clone, Debug, Default)]
pub struct RttStats {
    count: u64,
}

impl RttStats {
    /// Nothing yet; with a histogram if percentiles are wanted.
    #[must_use]
    pub fn new(percentiles: bool) -> Self {
        let _ = percentiles;
        RttStats::default()
    }

    /// One round-trip time, in order of arrival.
    pub fn record(&mut self, rtt: Duration) {
        let _ = rtt;
        self.count += 1;
    }

    /// How many.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The largest, if there is one.
    #[must_use]
    pub fn max(&self) -> Option<Duration> {
        None
    }

    /// The smallest.
    #[must_use]
    pub fn min(&self) -> Option<Duration> {
        None
    }

    /// The mean.
    #[must_use]
    pub fn mean(&self) -> Option<Duration> {
        None
    }

    /// Population standard deviation, `ping`'s mdev.
    #[must_use]
    pub fn mdev(&self) -> Option<Duration> {
        None
    }

    /// Exponentially weighted mean with a gain of 1/8, `ping`'s ewma.
    #[must_use]
    pub fn ewma(&self) -> Option<Duration> {
        None
    }

    /// Mean |difference| of successive times.
    #[must_use]
    pub fn jitter_mean(&self) -> Option<Duration> {
        None
    }

    /// RFC 3550 §6.4.1 interarrival jitter, on round trips.
    #[must_use]
    pub fn jitter_rfc3550(&self) -> Option<Duration> {
        None
    }

    /// A percentile, 0 to 100, by the histogram (RFC 2330 §11.3; error at most 1 %).
    #[must_use]
    pub fn percentile(&self, p: f64) -> Option<Duration> {
        let _ = p;
        None
    }

    /// 99th percentile of time above the smallest (RFC 5481 PDV).
    #[must_use]
    pub fn pdv_p99(&self) -> Option<Duration> {
        None
    }
}
