//! Every event of a sweep, from sweeps on simulated networks: what the report writes is what a run writes.

use std::sync::Arc;

use rprobe::net::sim::Sim;
use rprobe::probe::{Drive, Turn};
use rprobe::report::NoNames;
use rprobe::report::sweep::{Json, Report};
use rprobe::sweep::{Config, Sweep};

use super::sweep_sample;
pub(crate) use super::sweep_sample::describe;

fn sweep(config: Config, sim: Sim) -> Vec<String> {
    let run = Arc::new(describe(&config));
    let mut out = Vec::new();
    {
        let mut report = Json::new(Arc::clone(&run), Box::new(&mut out));
        report.start().unwrap();
        report.failed(&sweep_sample::nobody()).unwrap();
        let mut drive = Drive::new(Sweep::new(config), sim);
        loop {
            match drive.turn(&mut |note| report.note(note, &NoNames).unwrap()).unwrap() {
                Turn::Again => {}
                Turn::Done => break,
                Turn::Wait(_) => drop(drive.wait(&[]).unwrap()),
            }
        }
        report.interval(drive.machine(), run.at).unwrap();
        let totals = drive.machine().totals(Default::default());
        report.finish(drive.machine(), &totals).unwrap();
        report.flush().unwrap();
    }
    String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
}

/// All that can be told.
pub(crate) fn everything() -> Vec<String> {
    use sweep_sample::{alive, bad, count, good, times};
    [sweep(alive(), good()), sweep(count(), bad()), sweep(times(), good())].concat()
}
