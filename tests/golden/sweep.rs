//! rsweep's text as a whole, by its own name and by fping's, from sweeps on simulated networks. What it prints as fping is
//! what fping 5.1's sources print for the same events.

use std::sync::Arc;

use rprobe::net::sim::Sim;
use rprobe::report::sweep::{Csv, FpingJson, Report, Shown, Style, Text};
use rprobe::sweep::Config;

use crate::same;
use crate::sweep_sample::{alive, bad, count, describe, good, tell, times};

/// Runs a sweep and gives what its report wrote to stdout and to stderr.
fn swept(
    config: Config,
    sim: Sim,
    make: impl for<'w> FnOnce(Arc<rprobe::report::sweep::Run>, &'w mut Vec<u8>, &'w mut Vec<u8>) -> Box<dyn Report + 'w>,
) -> (String, String) {
    let run = Arc::new(describe(&config));
    let (mut out, mut err) = (Vec::new(), Vec::new());
    {
        let mut report = make(Arc::clone(&run), &mut out, &mut err);
        tell(report.as_mut(), run.at, config, sim);
    }
    (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

fn text(config: Config, sim: Sim, style: Style) -> (String, String) {
    swept(config, sim, |run, out, err| Box::new(Text::new(run, style, Box::new(out), Box::new(err))))
}

fn style(fping: bool, shown: Shown) -> Style {
    Style {
        name: if fping { "fping" } else { "rsweep" }.into(),
        fping,
        shown,
        elapsed: false,
        timestamps: None,
        outage: false,
        every_time: false,
        netdata: false,
        print_ttl: false,
        print_tos: false,
        print_reply_dst: false,
        stats: false,
        percentiles: false,
        enough: None,
    }
}

const REPLIES: Shown = Shown { verdicts: false, alive: false, unreachable: false, replies: true, quiet: false };
const VERDICTS: Shown = Shown { verdicts: true, replies: false, ..REPLIES };
const QUIET: Shown = Shown { replies: false, quiet: true, ..REPLIES };

#[test]
fn who_is_alive() {
    for (fping, file) in [(false, "sweep_alive.txt"), (true, "sweep_alive_as_fping.txt")] {
        let style = Style { elapsed: true, print_ttl: true, stats: true, enough: Some(2), ..style(fping, VERDICTS) };
        same(file, text(alive(), good(), style));
    }
    let names = |alive, unreachable| Shown { verdicts: false, alive, unreachable, ..VERDICTS };
    same("sweep_names_of_the_alive.txt", text(alive(), good(), style(true, names(true, false))));
    same("sweep_names_of_the_silent.txt", text(alive(), good(), style(true, names(false, true))));
}

#[test]
fn every_accident_of_a_count() {
    for (fping, file) in [(false, "sweep_count.txt"), (true, "sweep_count_as_fping.txt")] {
        let style = Style { stats: true, percentiles: !fping, outage: true, print_tos: true, ..style(fping, REPLIES) };
        // To fping what is late is lost.
        same(file, text(Config { late_counts: !fping, ..count() }, bad(), style));
    }
    let times = Config { keep_times: true, intervals: false, late_counts: false, ..count() };
    same("sweep_every_time.txt", text(times, bad(), Style { every_time: true, ..style(true, QUIET) }));
    same("sweep_netdata.txt", text(count(), bad(), Style { netdata: true, ..style(true, QUIET) }));
}

#[test]
fn far_clocks_and_other_forms() {
    same("sweep_far_clocks.txt", text(times(), good(), style(true, REPLIES)));
    same("sweep.csv", swept(count(), bad(), |run, out, _| Box::new(Csv::new(run, Box::new(out)))));
    same(
        "sweep_fping.json",
        swept(count(), bad(), |run, out, err| {
            Box::new(FpingJson::new(run, style(true, REPLIES), Box::new(out), Box::new(err)))
        }),
    );
}
