//! Every event of a sweep, from sweeps on simulated networks: what the report writes is what a run writes.

use std::sync::Arc;

use rprobe::net::sim::Sim;
use rprobe::report::sweep::Json;
use rprobe::sweep::Config;

use super::sweep_sample;
pub(crate) use super::sweep_sample::describe;

fn sweep(config: Config, sim: Sim) -> Vec<String> {
    let run = Arc::new(describe(&config));
    let mut out = Vec::new();
    {
        let mut report = Json::new(Arc::clone(&run), Box::new(&mut out));
        sweep_sample::tell(&mut report, run.at, config, sim);
    }
    String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
}

/// All that can be told.
pub(crate) fn everything() -> Vec<String> {
    use sweep_sample::{alive, bad, count, good, times};
    [sweep(alive(), good()), sweep(count(), bad()), sweep(times(), good())].concat()
}
