//! What the tests in virtual time share: a session run to its end on a simulated network, with everything it told.

use std::net::IpAddr;
use std::time::Duration;

use rprobe::clock::Now;
use rprobe::net::Network;
use rprobe::net::sim::{Act, Quote, Sim};
use rprobe::ping::{
    Command, Config, Counters, Ended, NoReply, Note, Reply, ReplyKind, Session, Summary, Target, TargetId,
};
use rprobe::probe::Drive;
use rprobe::units::Family;
use rprobe::wire::icmp::IcmpError;

pub use crate::simulated::*;

pub fn host() -> IpAddr {
    ip("192.0.2.1")
}

pub fn router() -> IpAddr {
    ip("198.51.100.1")
}

pub fn target(addr: IpAddr) -> Target {
    Target { peer: addr.into(), group: false }
}

/// So many probes to one host.
pub fn count(n: u64) -> Config {
    Config { count: Some(n), ..Config::new(vec![target(host())], [7; 16]) }
}

impl Sound for Session {
    fn check(&self) {
        for id in self.target_ids() {
            let summary = self.summary(id, Now::default()).unwrap();
            assert!(summary.counters.balanced(), "{:?}", summary.counters);
        }
    }
}

/// A finished run.
pub struct Run {
    pub session: Session,
    pub sim: Sim,
    pub notes: Vec<Note>,
    pub end: Now,
}

/// Runs to the end, or is stopped (as by ctrl-c) after so long; tells each note with the time at which its turn began.
fn play(config: Config, sim: Sim, turns: u64, stop: Option<Duration>, tell: impl FnMut(&Note, Now)) -> Run {
    let mut drive = Drive::new(Checked(Session::new(config)), sim);
    run_to_end(&mut drive, turns, stop.map(|after| (after, Command::Stop)), tell);
    let end = drive.network_mut().now();
    let (Checked(session), sim) = drive.into_parts();
    Run { session, sim, notes: Vec::new(), end }
}

/// Runs to the end or is stopped; a run that needs more than `turns` has hung.
pub fn run_within(config: Config, sim: Sim, turns: u64, stop: Option<Duration>) -> Run {
    let mut notes = Vec::new();
    let run = play(config, sim, turns, stop, |note, _| notes.push(note.clone()));
    Run { notes, ..run }
}

/// Runs to the end and looks at each note as it is told.
pub fn run_each(config: Config, sim: Sim, each: impl FnMut(&Note, Now)) -> Run {
    play(config, sim, TURNS, None, each)
}

pub fn run(config: Config, sim: Sim) -> Run {
    run_within(config, sim, TURNS, None)
}

/// Runs, and stops (as ctrl-c does) so long after the beginning.
pub fn run_and_stop(config: Config, sim: Sim, after: Duration) -> Run {
    run_within(config, sim, TURNS, Some(after))
}

impl Run {
    pub fn summary_of(&self, index: u32) -> Summary {
        self.session.summary(TargetId(index), self.end).unwrap()
    }

    pub fn summary(&self) -> Summary {
        self.summary_of(0)
    }

    pub fn counters(&self) -> Counters {
        self.summary().counters
    }

    pub fn ended(&self) -> Ended {
        self.session.ended().unwrap()
    }

    pub fn replies(&self) -> Vec<Reply> {
        let reply = |note: &Note| if let Note::Reply(reply) = note { Some(*reply) } else { None };
        self.notes.iter().filter_map(reply).collect()
    }

    /// The replies of one kind.
    pub fn kind(&self, kind: ReplyKind) -> Vec<Reply> {
        self.replies().into_iter().filter(|reply| reply.kind == kind).collect()
    }

    pub fn good(&self) -> Vec<Reply> {
        self.kind(ReplyKind::Good)
    }

    pub fn no_replies(&self) -> Vec<(u64, NoReply)> {
        let told =
            |note: &Note| if let Note::NoReply { number, why, .. } = note { Some((*number, *why)) } else { None };
        self.notes.iter().filter_map(told).collect()
    }

    pub fn lost(&self) -> Vec<u64> {
        self.no_replies().into_iter().filter(|(_, why)| *why == NoReply::Lost).map(|(number, _)| number).collect()
    }

    /// When each probe was given to the network, since the first.
    pub fn sent_at(&self) -> Vec<Duration> {
        let probes = &self.sim.log().probes;
        probes.iter().map(|probe| probe.at.boot.since(probes[0].at.boot)).collect()
    }
}

/// A router says that the host cannot be reached, quoting the ICMP header alone.
pub fn unreachable() -> Act {
    let error = IcmpError { family: Family::V4, ty: 3, code: 1, info: 0 };
    Act::Error(router(), error, Quote::Header, ms(8))
}
