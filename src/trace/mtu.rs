//! The path's MTU, once the hops are known: [`crate::probe::mtu::Search`] chooses the sizes, and they are sent to where the
//! way ends, be that the target or the last router that answers.
//!
//! A router that says "too big" is known by its address or by what it quotes. One that says nothing is found by size: the
//! smallest size that vanishes is sent to every hop that answers, and the narrow link is behind the last that still does.

use std::net::IpAddr;
use std::time::Duration;

use super::answer::{Evidence, What};
use super::end::byte;
use super::evidence::distance;
use super::flow::Flow;
use super::note::{MtuLimit, MtuNote, MtuStep, Note, PathMtu};
use super::send::Choice;
use super::tracer::Tracer;
use super::way::{Way, scale};
use super::{Config, Method};
use crate::clock::{BootTime, Now};
use crate::net::{Key, NotSent};
use crate::probe::TargetId;
use crate::probe::mtu::{Found, Outcome, Search};
use crate::sys::errno::EMSGSIZE;
use crate::units::Family;
use crate::wire::icmp::ErrorKind;

/// The largest packet there is (without jumbograms).
const LARGEST: u32 = 65_535;

/// What every link carries (RFC 791: 68 octets; RFC 8200 §5: 1280).
const LEAST: (u32, u32) = (68, 1280);

/// A size is waited for no less: a large packet takes its time on a slow link.
const PATIENCE: Duration = Duration::from_millis(100);

/// Where sizes are answered by ICMP errors, a host with Linux' limits has one to give after so long.
const REFILL: Duration = Duration::from_millis(1050);

/// The hops that are asked for the narrow link are asked so often.
const ROUNDS: usize = 2;

/// The size that is being tried.
#[derive(Clone, Copy, Debug)]
struct Trying {
    size: u32,
    tries: u32,
    until: BootTime,
}

/// The search for the hop behind which a size vanishes.
#[derive(Clone, Debug)]
struct Locating {
    size: u32,
    mtu: u32,
    /// Whom to ask next.
    next: usize,
    /// The last hop that answered.
    after: Option<usize>,
    until: BootTime,
}

/// A search on one way.
#[derive(Clone, Debug)]
pub(super) struct MtuPhase {
    search: Search,
    /// With this hop limit.
    depth: usize,
    /// Where sizes go to, from the source.
    up_to: usize,
    /// Whether routers' time exceeded is the answer, for the target gives none.
    by_router: bool,
    /// Whether the answers are errors, of which there are few.
    limited: bool,
    /// Hops that answer, nearest first.
    answering: Vec<usize>,
    trying: Option<Trying>,
    locating: Option<Locating>,
    /// Who last said that a size is too large, and which.
    limit: Option<(u32, MtuLimit)>,
    /// On their way, oldest first, and until when each is waited for.
    flying: Vec<(Key, BootTime)>,
    done: Option<PathMtu>,
}

impl MtuPhase {
    /// A search up to packets of `max` octets; `None` where nobody answers at all.
    pub(super) fn new(config: &Config, flow: &Flow, way: &Way, max: u32) -> Option<MtuPhase> {
        let answering: Vec<usize> = (way.first..way.first + way.hops.len())
            .filter(|depth| *depth <= way.highest && way.hop(*depth).is_some_and(|hop| hop.router.is_some()))
            .collect();
        let reached = way.distance();
        let up_to = reached.or(answering.last().copied())?;
        let least = way.headers(config) + u32::try_from(flow.least()).unwrap_or(LARGEST);
        let max = max.clamp(least, LARGEST);
        let min = if way.family == Family::V4 { LEAST.0 } else { LEAST.1 };
        Some(MtuPhase {
            search: Search::new(min.clamp(least, max), max),
            depth: if reached.is_some() { way.last } else { up_to },
            up_to,
            by_router: reached.is_none(),
            limited: reached.is_none() || config.method == Method::Udp,
            answering,
            trying: None,
            locating: None,
            limit: None,
            flying: Vec::new(),
            done: None,
        })
    }

    /// The one that is on its way, if it is one.
    pub(super) fn flying(&self) -> Option<Key> {
        self.flying.last().map(|(key, _)| *key)
    }

    /// All that are on their way.
    pub(super) fn all_flying(self) -> Vec<Key> {
        self.flying.into_iter().map(|(key, _)| key).collect()
    }

    /// What is to be sent: the size with the hop limit, or when.
    fn next(&self, config: &Config, now: BootTime) -> Option<Choice> {
        if let Some(locating) = &self.locating {
            let depth = *self.answering.get(locating.next % self.answering.len().max(1))?;
            return (locating.next < self.answering.len() * ROUNDS)
                .then_some(Choice::Size { depth, size: locating.size });
        }
        let trying = self.trying.as_ref()?;
        if now < trying.until {
            return Some(Choice::At(trying.until));
        }
        let more = trying.tries < u32::from(config.tries.max(2));
        more.then_some(Choice::Size { depth: self.depth, size: trying.size })
    }

    /// Goes on to the next size, or the next thing to find out.
    fn advance(&mut self, now: BootTime) {
        match (self.search.next(), self.search.found()) {
            (Some(size), _) => self.trying = Some(Trying { size, tries: 0, until: now }),
            (None, Some(Found::Mtu { mtu, black_hole: true })) => {
                let up_to = self.up_to;
                self.answering.retain(|depth| *depth < up_to);
                self.locating = Some(Locating { size: mtu + 1, mtu, next: 0, after: None, until: now });
            }
            (None, Some(Found::Mtu { mtu, .. })) => {
                let limit = self.limit.filter(|(size, _)| *size > mtu).map(|(_, limit)| limit);
                self.end(Some(mtu), limit);
            }
            (None, _) => self.end(None, None),
        }
    }

    fn end(&mut self, mtu: Option<u32>, limit: Option<MtuLimit>) {
        self.done = Some(PathMtu { mtu, up_to: byte(self.up_to), limit });
    }
}

impl Way {
    /// Octets in front of the payload.
    pub(super) fn headers(&self, config: &Config) -> u32 {
        let ip = if self.family == Family::V4 { 20 } else { 40 };
        let transport = if config.method == Method::Tcp { 20 } else { 8 };
        config.headers.unwrap_or(ip + transport)
    }

    /// The next size, if there is one.
    pub(super) fn choose_size(&self, config: &Config, now: BootTime) -> Option<Choice> {
        self.mtu.as_ref()?.next(config, now)
    }

    /// How long a size is waited for.
    fn wait_for_size(&self, config: &Config) -> Duration {
        scale(self.largest.unwrap_or_default(), config.wait.here.max(2.0)).max(PATIENCE).min(config.wait.max)
    }

    /// A size is about to leave.
    pub(super) fn size_leaves(&mut self, config: &Config, key: Key, now: BootTime) {
        let wait = self.wait_for_size(config);
        let Some(mtu) = &mut self.mtu else { return };
        mtu.flying.push((key, now + wait));
        if let Some(locating) = &mut mtu.locating {
            locating.next += 1;
            locating.until = now + wait;
        } else if let Some(trying) = &mut mtu.trying {
            trying.tries += 1;
            let refills = mtu.limited && trying.tries == 2;
            trying.until = now + if refills { wait.max(REFILL) } else { wait };
        }
    }
}

impl Tracer {
    /// Settles the sizes whose time is up, and goes on.
    pub(super) fn step_sizes(&mut self, id: u32, now: Now) {
        loop {
            let Some(way) = self.ways.get_mut(id as usize) else { return };
            if self.stopping {
                // What is on its way is settled with the hops'.
                if let Some(mtu) = &mut way.mtu {
                    mtu.done = Some(PathMtu { mtu: None, up_to: 0, limit: None });
                }
            }
            let Some(mtu) = way.mtu.as_mut() else { return };
            if let Some(key) = mtu.flying.first().filter(|(_, until)| *until <= now.boot).map(|(key, _)| *key) {
                mtu.flying.remove(0);
                self.lose(id, key, now);
                continue;
            }
            if let Some(done) = mtu.done {
                way.path_mtu = Some(done).filter(|_| !self.stopping);
                for (key, _) in way.mtu.take().map(|mtu| mtu.flying).unwrap_or_default() {
                    self.lose(id, key, now);
                }
                return;
            }
            if let Some(at) = mtu.flying.first().map(|(_, until)| *until) {
                self.schedule.wake_at(id, at);
            }
            if let Some(locating) = &mtu.locating {
                let all = mtu.answering.len() * ROUNDS;
                if locating.next >= all && now.boot >= locating.until {
                    let (mtu_found, after) = (locating.mtu, locating.after);
                    // Where no hop answers the size, either the first link is narrow or nobody answers twice.
                    let after = after.map(byte).or(mtu.answering.is_empty().then_some(0));
                    mtu.end(Some(mtu_found), Some(MtuLimit::BlackHole { after }));
                    continue;
                }
                if locating.next >= all {
                    let until = locating.until;
                    self.schedule.wake_at(id, until);
                }
                return;
            }
            match mtu.trying {
                None => mtu.advance(now.boot),
                Some(trying) if now.boot >= trying.until && trying.tries >= u32::from(self.config.tries.max(2)) => {
                    self.size_settled(id, trying.size, MtuStep::Silent, now);
                }
                // What is due is for whoever sends.
                Some(trying) if now.boot >= trying.until => return,
                Some(trying) => {
                    self.schedule.wake_at(id, trying.until);
                    return;
                }
            }
        }
    }

    fn size_settled(&mut self, id: u32, size: u32, step: MtuStep, now: Now) {
        let Some(mtu) = self.ways.get_mut(id as usize).and_then(|way| way.mtu.as_mut()) else { return };
        let Some(trying) = mtu.trying.take_if(|trying| trying.size == size) else { return };
        mtu.search.tried(
            size,
            match step {
                MtuStep::Fits => Outcome::Fits,
                MtuStep::TooBig { error, .. } => Outcome::TooBig((error.info > 0).then_some(error.info)),
                MtuStep::TooBigHere { mtu } => Outcome::TooBig(mtu),
                MtuStep::Silent => Outcome::Silent,
            },
        );
        let (target, tries, at) = (TargetId(id), trying.tries, now.wall);
        self.notes.push(Note::Mtu(MtuNote { target, size, step, tries, at }));
        self.schedule.wake(id);
    }

    /// A size is answered.
    pub(super) fn size_answered(
        &mut self,
        now: Now,
        key: Key,
        (depth, size): (usize, u32),
        (from, what): (IpAddr, What),
        evidence: &Evidence,
    ) {
        let Some(id) = self.table.get(key).map(|slot| slot.target()) else { return };
        let Some(way) = self.ways.get_mut(id as usize) else { return };
        let hop = (way.first..way.next)
            .find(|hop| way.hop(*hop).is_some_and(|hop| hop.router.is_some_and(|at| at.addr == from)));
        let Some(mtu) = &mut way.mtu else { return };
        mtu.flying.retain(|(other, _)| *other != key);
        if let Some(locating) = &mut mtu.locating {
            if locating.size == size && !matches!(what, What::Error(_)) {
                locating.after = locating.after.max(Some(depth));
            }
            return;
        }
        let step = match what {
            What::Error(error) if matches!(error.kind(), ErrorKind::PacketTooBig { .. }) => {
                let distance = hop.or(distance(depth, evidence.quoted_ttl)).map(byte);
                mtu.limit = Some((size, MtuLimit::Router { addr: from, distance, named: error.info }));
                MtuStep::TooBig { from, error }
            }
            What::Reached(_) => MtuStep::Fits,
            What::TimeExceeded(_) if mtu.by_router => MtuStep::Fits,
            What::TimeExceeded(_) | What::Error(_) => return,
        };
        self.size_settled(id, size, step, now);
    }

    /// This host did not send a size.
    pub(super) fn size_refused(&mut self, now: Now, id: u32, key: Key, size: u32, why: NotSent) {
        let Some(mtu) = self.ways.get_mut(id as usize).and_then(|way| way.mtu.as_mut()) else { return };
        mtu.flying.retain(|(other, _)| *other != key);
        if why.errno == EMSGSIZE {
            mtu.limit = Some((size, MtuLimit::Here));
            self.size_settled(id, size, MtuStep::TooBigHere { mtu: why.mtu }, now);
        }
    }
}
