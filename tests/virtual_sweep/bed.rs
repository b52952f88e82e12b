//! What these tests share: a sweep run to its end on a simulated network, its equations checked at every event.

use std::net::IpAddr;
use std::time::Duration;

use rprobe::clock::Now;
use rprobe::net::sim::Sim;
use rprobe::net::{Network, Peer};
use rprobe::probe::Drive;
use rprobe::sweep::{
    Command, Config, Counters, Ended, HostSummary, Mode, NoReply, Note, Reply, Spacing, Sweep, TargetId, Totals,
};

pub use crate::simulated::*;

/// The address of a host by its place.
pub fn addr(index: u32) -> IpAddr {
    IpAddr::from((0x0a00_0000u32 + index).to_be_bytes())
}

pub fn peers(n: u32) -> Vec<Peer> {
    (0..n).map(|index| addr(index).into()).collect()
}

/// Who of so many hosts is alive.
pub fn alive(n: u32) -> Config {
    Config::new(peers(n), [7; 16])
}

/// So many probes to each of so many hosts, one in 100 ms, given up after 100 ms.
pub fn count(n: u32, probes: u64) -> Config {
    Config { mode: Mode::Count(probes), period: ms(100), timeout: ms(100), spacing: spacing(1), ..alive(n) }
}

pub fn spacing(millis: u64) -> Spacing {
    Spacing::Fixed(ms(millis))
}

/// The equations: of each host where they are few, of all together.
impl Sound for Sweep {
    fn check(&self) {
        let all = self.totals(Now::default()).counters;
        assert!(all.balanced(), "{all:?}");
        let hosts: Vec<_> = self.hosts().take(20).collect();
        if self.hosts().count() > 20 {
            return;
        }
        let each: Vec<Counters> = hosts.iter().map(|id| self.summary(*id).unwrap().counters).collect();
        assert!(each.iter().all(Counters::balanced), "{each:?}");
        let sum = |of: fn(&Counters) -> u64| each.iter().map(of).sum::<u64>();
        assert_eq!(
            (all.attempted, all.replied, all.late, all.lost, all.errors, all.in_flight, all.duplicates),
            (
                sum(|c| c.attempted),
                sum(|c| c.replied),
                sum(|c| c.late),
                sum(|c| c.lost),
                sum(|c| c.errors),
                sum(|c| c.in_flight),
                sum(|c| c.duplicates)
            )
        );
    }
}

/// A finished run.
pub struct Run {
    pub sweep: Sweep,
    pub sim: Sim,
    pub notes: Vec<Note>,
    pub end: Now,
}

/// Runs to the end, or is stopped after so long.
pub fn run_until(config: Config, sim: Sim, stop: Option<Duration>) -> Run {
    let mut drive = Drive::new(Checked(Sweep::new(config)), sim);
    let mut notes = Vec::new();
    run_to_end(&mut drive, TURNS, stop.map(|after| (after, Command::Stop)), |note, _| notes.push(*note));
    let end = drive.network_mut().now();
    let (Checked(sweep), sim) = drive.into_parts();
    Run { sweep, sim, notes, end }
}

pub fn run(config: Config, sim: Sim) -> Run {
    run_until(config, sim, None)
}

impl Run {
    pub fn host(&self, index: u32) -> HostSummary {
        self.sweep.summary(TargetId(index)).unwrap()
    }

    pub fn totals(&self) -> Totals {
        self.sweep.totals(self.end)
    }

    pub fn ended(&self) -> Ended {
        self.sweep.ended().unwrap()
    }

    pub fn replies(&self) -> Vec<Reply> {
        let reply = |note: &Note| if let Note::Reply(reply) = note { Some(*reply) } else { None };
        self.notes.iter().filter_map(reply).collect()
    }

    pub fn unreachable(&self) -> Vec<u32> {
        let host = |note: &Note| if let Note::Unreachable { host, .. } = note { Some(host.0) } else { None };
        self.notes.iter().filter_map(host).collect()
    }

    /// Probes that ended without a reply: host, number, why.
    pub fn failures(&self) -> Vec<(u32, u64, NoReply)> {
        let failure = |note: &Note| match note {
            Note::NoReply { host, number, why, .. } => Some((host.0, *number, *why)),
            _ => None,
        };
        self.notes.iter().filter_map(failure).collect()
    }

    /// When each probe to a host left, in microseconds since the first probe of all.
    pub fn departures_us(&self, index: u32) -> Vec<u64> {
        let log = &self.sim.log().probes;
        let first = log[0].at.boot;
        let to = |record: &&rprobe::net::sim::Record| record.to.addr == addr(index);
        log.iter().filter(to).map(|record| record.at.boot.since(first).as_micros() as u64).collect()
    }
}
