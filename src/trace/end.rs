//! When a way is over, and why; and what its last probes come to then.

use super::hop::{Fate, HopState};
use super::mtu::MtuPhase;
use super::note::{End, Note, Path};
use super::tracer::Tracer;
use super::way::{Ending, Way};
use super::{Config, Try};
use crate::clock::{BootTime, Now};
use crate::net::Key;
use crate::probe::TargetId;
use crate::probe::table::State;
use crate::wire::icmp::{ErrorKind, IcmpError};

/// So many probes in a row that this host does not send, and it will send none.
const REFUSALS: u32 = 3;

/// As many where this host is only short of memory for a moment.
const SHORTAGES: u32 = 50;

impl Way {
    /// How the way ends, once that is clear, and the last hop to be told.
    fn verdict(&mut self, config: &Config) -> Option<(End, usize)> {
        let refusals =
            self.refused.map_or(REFUSALS, |(_, errno)| if errno.is_shortage() { SHORTAGES } else { REFUSALS });
        if let Some((_, errno)) = self.refused.filter(|(count, _)| *count >= refusals && self.flying == 0) {
            return Some((End::NotSent { errno }, self.highest));
        }
        if let Some((end, how)) = self.ending() {
            if !self.are_done(config, end) || !self.has_looked_before(end) {
                return None;
            }
            let at = byte(end);
            return Some(match how {
                Ending::Reached => (End::Reached, end),
                Ending::Error(by, error) if is_prohibited(error) => (End::Prohibited { by, error, at }, end),
                Ending::Error(by, error) => (End::Unreachable { by, error, at }, end),
                Ending::Loop(found) => (End::Loop { from: byte(found.from), length: byte(found.length) }, end),
            });
        }
        let gap = self.gap_end(config);
        if self.highest >= self.last {
            return self.are_done(config, self.last).then_some((End::LastHop, self.last));
        }
        let all_sent = (self.next..=gap).all(|depth| !self.wants(config, depth));
        if !all_sent || !self.has_looked_across() || !self.are_done(config, gap) {
            return None;
        }
        if !self.hop(self.last).is_some_and(HopState::is_quiet) {
            return None;
        }
        let few = gap - self.highest < usize::from(config.gap_limit.max(1));
        let last = if self.highest < self.first { 0 } else { byte(self.highest) };
        Some((if few { End::LastHop } else { End::Gap { last } }, gap))
    }
}

impl Tracer {
    /// Ends a way if its time has come; from then on only sizes are tried.
    pub(super) fn end_if_over(&mut self, id: u32, now: Now) {
        let stopping = self.stopping;
        let Some(way) = self.ways.get_mut(id as usize).filter(|way| way.end.is_none()) else { return };
        let over = if stopping { Some((End::Stopped, way.farthest())) } else { way.verdict(&self.config) };
        let Some((end, to)) = over else { return };
        self.tell_up_to(id, to, now);
        let Some(way) = self.ways.get_mut(id as usize) else { return };
        way.end = Some(end);
        let searches = !matches!(end, End::Stopped | End::NotSent { .. });
        if let Some(max) = self.config.mtu.filter(|_| searches) {
            way.mtu = MtuPhase::new(&self.config, &self.flow, way, max);
        }
    }

    /// Settles the probes whose time is up, and says when the next one's is.
    pub(super) fn expire(&mut self, id: u32, now: Now) -> Option<BootTime> {
        let mut next: Option<BootTime> = None;
        let way = self.ways.get(id as usize).filter(|way| way.path.is_none() && way.flying > 0)?;
        if let Some(until) = way.one_by_one.drains_until() {
            return Some(until);
        }
        for depth in way.next..way.first + way.hops.len() {
            let Some(way) = self.ways.get(id as usize) else { break };
            let Some(hop) = way.hop(depth).filter(|hop| hop.flying > 0) else { continue };
            let wait = way.wait(&self.config, depth);
            for index in 0..hop.trials.len() {
                let trial = self.ways.get(id as usize).and_then(|way| way.hop(depth)?.trials.get(index));
                let Some(trial) = trial.filter(|trial| matches!(trial.fate, Fate::Flying)) else { continue };
                let (key, number, until) = (trial.key, trial.number, trial.sent + wait);
                if now.boot < until {
                    next = Some(next.map_or(until, |next| next.min(until)));
                    continue;
                }
                self.lose(id, key, now);
                let Some(hop) = self.ways.get_mut(id as usize).and_then(|way| way.hop_mut(depth)) else { continue };
                hop.settle(index, Fate::Silent(wait));
                if self.config.note_tries {
                    let (target, ttl, what) = (TargetId(id), byte(depth).into(), Try::Silent { waited: wait });
                    self.notes.push(Note::Try { target, ttl, number, at: now.wall, what });
                }
            }
        }
        next
    }

    /// A probe is lost, unless it has come to something.
    pub(super) fn lose(&mut self, id: u32, key: Key, now: Now) {
        let Some(way) = self.ways.get_mut(id as usize) else { return };
        if self.table.get(key).is_some_and(|slot| slot.state() == State::Flying) {
            self.table.settle(key, State::Lost, now.boot);
            way.counters.moved(State::Flying, State::Lost);
            way.flying = way.flying.saturating_sub(1);
        }
    }

    /// A way is over: what an answer is overdue for is lost, the rest stays in flight; and everything about it is told.
    pub(super) fn finish(&mut self, id: u32, now: Now) {
        let Some(way) = self.ways.get_mut(id as usize) else { return };
        let Some(end) = way.end else { return };
        let hops = std::mem::take(&mut way.hops);
        let of_sizes = way.mtu.take().map(|mtu| mtu.all_flying()).unwrap_or_default();
        let overdue = way.largest.map(|largest| largest.saturating_mul(2));
        let of_hops = hops.iter().flat_map(|hop| &hop.trials).filter(|trial| matches!(trial.fate, Fate::Flying));
        let flying: Vec<Key> = of_hops.map(|trial| trial.key).chain(of_sizes).collect();
        for key in flying {
            let Some(slot) = self.table.get(key).filter(|slot| slot.state() == State::Flying) else { continue };
            let age = now.boot.since(slot.sent().boot);
            if overdue.is_some_and(|overdue| age < overdue) {
                self.table.forget(key);
            } else {
                self.lose(id, key, now);
            }
        }
        let Some(way) = self.ways.get_mut(id as usize) else { return };
        way.roles = Vec::new();
        let findings = &way.findings;
        let path = Path {
            target: TargetId(id),
            end,
            distance: (end == End::Reached).then(|| way.distance()).flatten().map(byte),
            hops: findings.hops,
            counters: way.counters,
            mtu: way.path_mtu,
            nat_at: findings.nat_at,
            dscp: findings.dscp.rewritten,
            ecn: findings.ecn.rewritten,
            tos_quotes: findings.tos_quotes,
            per_packet: findings.per_packet,
            one_by_one: way.one_by_one.is_on(),
            unattributed: way.one_by_one.unattributed,
            dropped: self.dropped,
            took: way.began.map(|began| now.boot.since(began)).unwrap_or_default(),
            at: now,
        };
        self.notes.push(Note::End(path.clone()));
        way.path = Some(Box::new(path));
        self.open = self.open.saturating_sub(1);
    }
}

/// A depth as the wire has it.
pub(super) fn byte(depth: usize) -> u8 {
    u8::try_from(depth).unwrap_or(u8::MAX)
}

fn is_prohibited(error: IcmpError) -> bool {
    matches!(error.kind(), ErrorKind::AdminProhibited | ErrorKind::NetProhibited | ErrorKind::HostProhibited)
}
