//! What the tests in virtual time share: a session run to its end on a simulated network, with everything it told.

use std::net::IpAddr;
use std::time::Duration;

use rprobe::clock::Now;
use rprobe::net::sim::{Act, Quote, Sim};
use rprobe::net::{Batch, Event, Key, Network, NotSent, SentAt};
use rprobe::ping::{
    Command, Config, Counters, Ended, NoReply, Note, Reply, ReplyKind, Session, Summary, Target, TargetId,
};
use rprobe::probe::{Drive, Machine, Next, Turn};
use rprobe::units::Family;
use rprobe::wire::icmp::IcmpError;

pub fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

pub fn us(n: u64) -> Duration {
    Duration::from_micros(n)
}

pub fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

pub fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

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

/// A session whose counters are held against their equations after everything that it is told.
#[derive(Debug)]
pub struct Checked(pub Session);

impl Checked {
    fn check(&self) {
        for id in self.0.target_ids() {
            let summary = self.0.summary(id, Now::default()).unwrap();
            assert!(summary.counters.balanced(), "{:?}", summary.counters);
        }
    }
}

impl Machine for Checked {
    type Note = Note;
    type Command = Command;
    fn fill(&mut self, now: Now, out: &mut Batch) -> Next {
        let next = self.0.fill(now, out);
        self.check();
        next
    }
    fn sent(&mut self, now: Now, key: Key, how: Result<SentAt, NotSent>) {
        self.0.sent(now, key, how);
        self.check();
    }
    fn heard(&mut self, now: Now, event: &Event<'_>) {
        self.0.heard(now, event);
        self.check();
    }
    fn command(&mut self, now: Now, command: Command) {
        self.0.command(now, command);
        self.check();
    }
    fn notes(&mut self, tell: &mut dyn FnMut(&Note)) {
        self.0.notes(tell);
    }
}

/// A finished run.
pub struct Run {
    pub session: Session,
    pub sim: Sim,
    pub notes: Vec<Note>,
    pub end: Now,
}

/// Runs to the end; a run that needs more than `turns` has hung.
pub fn run_within(config: Config, sim: Sim, turns: u64, mut each: impl FnMut(&mut Drive<Checked, Sim>)) -> Run {
    let mut drive = Drive::new(Checked(Session::new(config)), sim);
    let mut notes = Vec::new();
    let mut left = turns;
    loop {
        each(&mut drive);
        match drive.turn(&mut |note| notes.push(note.clone())).unwrap() {
            Turn::Again => {}
            Turn::Done => break,
            Turn::Wait(_) => {
                drive.wait(&[]).unwrap();
            }
        }
        left -= 1;
        assert!(left > 0, "no end in sight after {:?} of virtual time", drive.network().elapsed());
    }
    let end = drive.network_mut().now();
    let (checked, sim) = drive.into_parts();
    Run { session: checked.0, sim, notes, end }
}

/// Runs to the end and looks at each note as it is told.
pub fn run_each(config: Config, sim: Sim, mut each: impl FnMut(&Note, Now)) -> Run {
    let mut drive = Drive::new(Checked(Session::new(config)), sim);
    loop {
        let now = drive.network_mut().now();
        match drive.turn(&mut |note| each(note, now)).unwrap() {
            Turn::Again => {}
            Turn::Done => break,
            Turn::Wait(_) => {
                drive.wait(&[]).unwrap();
            }
        }
    }
    let end = drive.network_mut().now();
    let (checked, sim) = drive.into_parts();
    Run { session: checked.0, sim, notes: Vec::new(), end }
}

pub fn run(config: Config, sim: Sim) -> Run {
    run_within(config, sim, 3_000_000, |_| {})
}

/// Runs, and stops (as ctrl-c does) so long after the beginning.
pub fn run_and_stop(config: Config, sim: Sim, after: Duration) -> Run {
    run_within(config, sim, 3_000_000, |drive| {
        if drive.network().elapsed() >= after {
            drive.command(Command::Stop);
        }
    })
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
