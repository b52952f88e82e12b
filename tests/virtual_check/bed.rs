//! What the tests of checks share: checks with the classic defaults, run to their end on a simulated network.

use std::net::IpAddr;
use std::time::Duration;

use rprobe::check::{
    Circumstances, Figures, Method, Outcome, Pair, Run, Samples, Setup, Severity, Stop, Threshold, Verdict, Watched,
    judge, patience,
};
use rprobe::net::Network;
use rprobe::net::sim::{Path, Sim};
use rprobe::ping::{Command, Target, TargetId};
use rprobe::probe::Drive;

pub use crate::simulated::*;

pub fn host(last: u32) -> IpAddr {
    IpAddr::from(0xc000_0200_u32.wrapping_add(last).to_be_bytes())
}

/// The classic defaults.
pub fn defaults() -> Vec<Threshold> {
    let mut all = Threshold::of_pair(Severity::Warning, Pair::WARNING).to_vec();
    all.extend(Threshold::of_pair(Severity::Critical, Pair::CRITICAL));
    all
}

pub fn watched(n: u32) -> Watched {
    let target = Target { peer: host(n).into(), group: false };
    Watched { target, critical: ms(500), patience: patience(&defaults(), ms(80), 5) }
}

/// Five probes to so many hosts with the classic defaults.
pub fn setup(hosts: u32) -> Setup {
    Setup {
        targets: (1..=hosts).map(watched).collect(),
        method: Method::Icmp,
        flows: 1,
        packets: 5,
        interval: ms(80),
        floor: Duration::ZERO,
        deadline: None,
        size: 68,
        first_answer_ends: false,
        token_key: [7; 16],
    }
}

pub struct Ran {
    pub outcomes: Vec<Outcome>,
    pub took: Duration,
    pub sent_at: Vec<Duration>,
}

/// Runs to the end; `stop` interrupts after so long.
pub fn run_until(setup: Setup, sim: Sim, stop: Option<Duration>) -> Ran {
    let hosts = setup.targets.len() as u32;
    let mut drive = Drive::new(Run::new(setup), sim);
    run_to_end(&mut drive, TURNS, stop.map(|after| (after, Command::Stop)), |_, _| {});
    let (run, sim) = drive.into_parts();
    let sent_at = sim.log().probes.iter().map(|p| p.at.boot.since(sim.log().probes[0].at.boot)).collect();
    Ran { outcomes: (0..hosts).map(|n| run.outcome(TargetId(n)).unwrap()).collect(), took: sim.elapsed(), sent_at }
}

pub fn run(setup: Setup, sim: Sim) -> Ran {
    run_until(setup, sim, None)
}

/// With a deadline so long after the beginning.
pub fn with_deadline(setup: Setup, sim: Sim, after: Duration) -> Ran {
    let mut sim = sim;
    let deadline = Some(sim.now().boot + after);
    run(Setup { deadline, ..setup }, sim)
}

impl Ran {
    pub fn samples(&self) -> &Samples {
        &self.outcomes[0].samples
    }

    pub fn verdict(&self) -> Verdict {
        verdict(&self.outcomes[0], &defaults())
    }
}

pub fn verdict(outcome: &Outcome, thresholds: &[Threshold]) -> Verdict {
    let how = Circumstances { interrupted: outcome.stop == Stop::Interrupted };
    judge(&outcome.samples, &Figures::of(&outcome.samples), thresholds, how)
}

pub fn calm(rtt: Duration) -> Sim {
    Sim::new(1, Path::new(rtt))
}
