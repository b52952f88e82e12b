//! JSON Lines of a sweep without state: the events of every sweep, but no `summary` for each host, of which nothing is kept.

use std::io;
use std::time::Duration;

use serde::Serialize;

use super::event::{Begin, End, Unreachable};
use super::{Failed, Json, Report};
use crate::clock::{WallTime, as_ns};
use crate::probe::times::Rtt;
use crate::probe::token::Proof;
use crate::report::NoNames;
use crate::report::event::{About, Error, NotSent, Probe, Reply, raw};
use crate::report::sweep::{Labels, ScanReport, Who};
use crate::sweep::Totals;
use crate::sweep::stateless::{self, Note};

/// The way of a family's probes.
#[derive(Serialize)]
struct Way<'a> {
    engine: &'static str,
    way: &'a str,
}

/// The rate was cut.
#[derive(Serialize)]
struct Slowed {
    from: f64,
    to: f64,
    reason: &'static str,
}

/// By how much round-trip times may be too long.
#[derive(Serialize)]
struct Exactness {
    spread_mean_ns: u64,
    spread_max_ns: u64,
}

/// Whom it is about. Who is asked once has a first probe and no other.
fn about<'a>(who: &Who<'a>) -> About<'a> {
    About { target: who.typed(), address: Some(who.place()) }
}

impl Json<'_> {
    fn answer(&mut self, event: &'static str, r: &stateless::Reply, who: &Who<'_>, counted: bool) -> io::Result<()> {
        let reply = Reply {
            probe: Probe { about: about(who), seq: 1, wire_seq: r.seq.0 },
            from: who.place(),
            name: None,
            to: None,
            bytes: r.bytes,
            truncated: false,
            ttl: raw(r.ttl),
            tos: None,
            rtt_ns: r.rtt.map(as_ns),
            clock: r.rtt.map(|_| r.clock.name()),
            counted,
            proof: "token",
            queue_ns: None,
            wake_ns: None,
            reordered: false,
            wrong_byte: None,
            wrong_byte_sent: None,
            wrong_byte_came: None,
            ip_options: None,
            far: None,
        };
        self.lines.write(event, r.at.as_ns(), reply)
    }
}

impl ScanReport for Json<'_> {
    fn begin(&mut self, ways: &[String]) -> io::Result<()> {
        let ts_ns = self.run.at.as_ns();
        let begin = Begin::new(&self.run);
        self.lines.write("sweep", ts_ns, begin)?;
        ways.iter().try_for_each(|way| self.lines.write("way", ts_ns, Way { engine: "stateless", way }))
    }

    fn not_probed(&mut self, failed: &Failed) -> io::Result<()> {
        self.failed(failed)
    }

    fn heard(&mut self, note: &Note, at: WallTime, labels: &Labels) -> io::Result<()> {
        match note {
            Note::Alive(r) => self.answer("alive", r, &labels.who(r.peer, Some(r.number)), true),
            Note::Duplicate(r) => self.answer("duplicate", r, &labels.who(r.peer, Some(r.number)), false),
            Note::Error(e) => {
                let who = labels.who(e.peer, Some(e.number));
                let probe = Probe { about: about(&who), seq: 1, wire_seq: e.seq.0 };
                let proof = if e.weak { Proof::Weak } else { Proof::Token };
                let no_time: Option<Rtt> = None;
                let error = Error::new(probe, e.offender, &e.error, proof, no_time, e.ttl, &NoNames);
                self.lines.write("error", e.at.as_ns(), error)
            }
            Note::NotSent(peer, errno) => {
                let who = labels.who(*peer, None);
                let probe = Probe { about: about(&who), seq: 1, wire_seq: 0 };
                self.lines.write("not_sent", at.as_ns(), NotSent::new(probe, *errno, None))
            }
            Note::Slowed(cut) => {
                let whole = |rate: f64| rate.round();
                let body = Slowed { from: whole(cut.from), to: whole(cut.to), reason: cut.why.name() };
                self.lines.write("slowed", at.as_ns(), body)
            }
        }
    }

    fn silent(&mut self, who: &Who<'_>, at: WallTime) -> io::Result<()> {
        self.lines.write("unreachable", at.as_ns(), Unreachable { about: about(who) })
    }

    fn end(
        &mut self,
        totals: &Totals,
        percentile: &dyn Fn(f64) -> Option<Duration>,
        (mean, most): (Duration, Duration),
    ) -> io::Result<()> {
        let ts_ns = totals.at.wall.as_ns();
        let exactness = Exactness { spread_mean_ns: as_ns(mean), spread_max_ns: as_ns(most) };
        self.lines.write("exactness", ts_ns, exactness)?;
        let end = End::new(&self.run, totals, percentile);
        self.lines.write("sweep_end", ts_ns, end)?;
        self.pass()
    }

    fn pass(&mut self) -> io::Result<()> {
        self.flush()
    }
}
