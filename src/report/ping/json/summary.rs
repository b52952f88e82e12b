//! The summary of a target. Its counters are a contract: these, by these names, and no others.

use serde::Serialize;

use crate::clock::as_ns;
use crate::ping::Summary;
use crate::report::event::{About, Figures};
use crate::report::times::{Clocks, RttFigures};

#[derive(Serialize)]
pub(in crate::report) struct Body<'a> {
    #[serde(flatten)]
    about: About<'a>,
    #[serde(flatten)]
    figures: Figures,
    loss: Option<f64>,
    loss_runs: LossRuns,
    rtt: RttFigures,
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

impl<'a> Body<'a> {
    pub(in crate::report) fn new(about: About<'a>, s: &Summary) -> Self {
        let c = &s.counters;
        let runs = &s.loss_runs;
        Body {
            about,
            figures: Figures::new(c),
            loss: c.loss(),
            loss_runs: LossRuns { runs: runs.runs(), longest: runs.longest(), mean: runs.mean() },
            rtt: RttFigures::new(&s.rtt),
            clocks: Clocks::new(s.clocks),
            pipe: s.pipe,
            dropped: s.dropped,
            skipped: s.skipped,
            took_ns: as_ns(s.took),
            sending_ns: as_ns(s.sending),
        }
    }
}
