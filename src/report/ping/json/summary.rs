//! The summary of a target. Its counters are a contract: these, by these names, and no others.

use serde::Serialize;

use crate::clock::as_ns;
use crate::ping::Summary;
use crate::report::event::{About, Figures};
use crate::stats::RttStats;

#[derive(Serialize)]
pub(in crate::report) struct Body<'a> {
    #[serde(flatten)]
    about: About<'a>,
    #[serde(flatten)]
    figures: Figures,
    loss: Option<f64>,
    loss_runs: LossRuns,
    rtt: Rtt,
    clocks: Clocks,
    pipe: u64,
    dropped: u64,
    skipped: u64,
    took_ns: u64,
    sending_ns: u64,
}

#[derive(Serialize)]
struct LossRuns {
    runs: u64,
    longest: u64,
    mean: Option<f64>,
}

#[derive(Serialize)]
struct Rtt {
    count: u64,
    min_ns: Option<u64>,
    avg_ns: Option<u64>,
    max_ns: Option<u64>,
    mdev_ns: Option<u64>,
    ewma_ns: Option<u64>,
    jitter_mean_ns: Option<u64>,
    jitter_rfc3550_ns: Option<u64>,
    pdv_p99_ns: Option<u64>,
    percentiles: Option<Percentiles>,
}

#[derive(Serialize)]
struct Percentiles {
    p50_ns: u64,
    p90_ns: u64,
    p95_ns: u64,
    p99_ns: u64,
}

#[derive(Serialize)]
struct Clocks {
    nic: u64,
    kernel: u64,
    kernel_rx: u64,
    user: u64,
}

impl<'a> Body<'a> {
    pub(in crate::report) fn new(about: About<'a>, s: &Summary) -> Self {
        let c = &s.counters;
        let [nic, kernel, kernel_rx, user] = s.clocks;
        let runs = &s.loss_runs;
        Body {
            about,
            figures: Figures::new(c),
            loss: c.loss(),
            loss_runs: LossRuns { runs: runs.runs(), longest: runs.longest(), mean: runs.mean() },
            rtt: Rtt::new(&s.rtt),
            clocks: Clocks { nic, kernel, kernel_rx, user },
            pipe: s.pipe,
            dropped: s.dropped,
            skipped: s.skipped,
            took_ns: as_ns(s.took),
            sending_ns: as_ns(s.sending),
        }
    }
}

impl Rtt {
    fn new(r: &RttStats) -> Self {
        Rtt {
            count: r.count(),
            min_ns: r.min().map(as_ns),
            avg_ns: r.mean().map(as_ns),
            max_ns: r.max().map(as_ns),
            mdev_ns: r.mdev().map(as_ns),
            ewma_ns: r.ewma().map(as_ns),
            jitter_mean_ns: r.jitter_mean().map(as_ns),
            jitter_rfc3550_ns: r.jitter_rfc3550().map(as_ns),
            pdv_p99_ns: r.pdv_p99().map(as_ns),
            percentiles: Percentiles::new(r),
        }
    }
}

impl Percentiles {
    fn new(r: &RttStats) -> Option<Self> {
        let at = |p| r.percentile(p).map(as_ns);
        Some(Percentiles { p50_ns: at(50.0)?, p90_ns: at(90.0)?, p95_ns: at(95.0)?, p99_ns: at(99.0)? })
    }
}
