//! Round-trip times of a summary, as `schema/events.json` has them: the same fields whoever writes them, `null` where
//! something is not known or not kept.

use std::time::Duration;

use serde::Serialize;

use crate::clock::as_ns;
use crate::stats::RttStats;

/// A percentile of something, where it is kept.
pub(super) type Percentile<'a> = &'a dyn Fn(f64) -> Option<Duration>;

/// Round-trip times.
#[derive(Default, Serialize)]
pub(super) struct RttFigures {
    pub(super) count: u64,
    pub(super) min_ns: Option<u64>,
    pub(super) avg_ns: Option<u64>,
    pub(super) max_ns: Option<u64>,
    pub(super) mdev_ns: Option<u64>,
    pub(super) ewma_ns: Option<u64>,
    pub(super) jitter_mean_ns: Option<u64>,
    pub(super) jitter_rfc3550_ns: Option<u64>,
    pub(super) pdv_p99_ns: Option<u64>,
    pub(super) percentiles: Option<Percentiles>,
}

impl RttFigures {
    pub(super) fn new(r: &RttStats) -> Self {
        RttFigures {
            count: r.count(),
            min_ns: r.min().map(as_ns),
            avg_ns: r.mean().map(as_ns),
            max_ns: r.max().map(as_ns),
            mdev_ns: r.mdev().map(as_ns),
            ewma_ns: r.ewma().map(as_ns),
            jitter_mean_ns: r.jitter_mean().map(as_ns),
            jitter_rfc3550_ns: r.jitter_rfc3550().map(as_ns),
            pdv_p99_ns: r.pdv_p99().map(as_ns),
            percentiles: Percentiles::new(&|p| r.percentile(p)),
        }
    }
}

#[derive(Serialize)]
pub(super) struct Percentiles {
    p50_ns: u64,
    p90_ns: u64,
    p95_ns: u64,
    p99_ns: u64,
}

impl Percentiles {
    pub(super) fn new(percentile: Percentile<'_>) -> Option<Self> {
        let at = |p| percentile(p).map(as_ns);
        Some(Percentiles { p50_ns: at(50.0)?, p90_ns: at(90.0)?, p95_ns: at(95.0)?, p99_ns: at(99.0)? })
    }
}

/// How many times were taken by which clock.
#[derive(Serialize)]
pub(super) struct Clocks {
    nic: u64,
    kernel: u64,
    kernel_rx: u64,
    user: u64,
}

impl Clocks {
    /// In the order of [`crate::clock::ClockSource`].
    pub(super) fn new([nic, kernel, kernel_rx, user]: [u64; 4]) -> Self {
        Clocks { nic, kernel, kernel_rx, user }
    }
}
