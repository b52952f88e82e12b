//! Telling: a hop is told once it and all before it are settled, in order, once; what the hops together show is kept for
//! the end.

use super::answer::{Try, What};
use super::hop::{Fate, HopState, Trial};
use super::note::{Hop, Note, Rewritten};
use super::tracer::Tracer;
use super::way::{Ending, Way};
use super::{Answer, Config};
use crate::clock::Now;
use crate::probe::TargetId;

/// The six bits of the DSCP (RFC 2474 §3) and the two of ECN (RFC 3168 §5).
const DSCP: u8 = 0xfc;
const ECN: u8 = 0x03;

/// What the hops that were told show together.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Findings {
    pub(super) hops: u8,
    pub(super) nat_at: Option<u8>,
    pub(super) dscp: Bits,
    pub(super) ecn: Bits,
    pub(super) tos_quotes: u32,
    pub(super) per_packet: bool,
}

/// What became of some bits of the TOS.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bits {
    /// The last hop that had them as they were sent.
    kept: u8,
    pub(super) rewritten: Option<Rewritten>,
}

impl Bits {
    fn see(&mut self, at: u8, mask: u8, sent: u8, quoted: u8) {
        if sent & mask == quoted & mask {
            self.kept = self.kept.max(at);
        } else if self.rewritten.is_none() {
            let (sent, quoted) = (sent & mask, quoted & mask);
            self.rewritten = Some(Rewritten { at, after: self.kept.min(at.saturating_sub(1)), sent, quoted });
        }
    }
}

impl Findings {
    fn see(&mut self, hop: &Hop, tos: u8) {
        self.hops = self.hops.saturating_add(1);
        self.per_packet |= hop.per_packet;
        for answer in hop.answers() {
            if answer.evidence.nat.is_some() {
                self.nat_at = self.nat_at.or(Some(hop.distance));
            }
            if let Some(quoted) = answer.evidence.quoted_tos {
                self.tos_quotes = self.tos_quotes.saturating_add(1);
                self.dscp.see(hop.distance, DSCP, tos, quoted);
                self.ecn.see(hop.distance, ECN, tos, quoted);
            }
        }
    }
}

impl Way {
    /// Whether a hop may be told before the end of the way is known: somebody beyond it answered, so that it is a hop at
    /// all, and what was lost at it can be compared with what was lost there.
    fn may_be_told(&self, config: &Config, depth: usize) -> bool {
        let Some(hop) = self.hop(depth) else { return false };
        if self.highest < depth || self.ending().is_some_and(|(end, _)| depth >= end) {
            return false;
        }
        let partial = hop.answered > 0 && hop.silent > 0;
        !partial || self.is_done(config, depth + 1)
    }

    /// Whether what was lost at a hop was not lost beyond.
    fn is_limited(&self, depth: usize) -> bool {
        let Some(hop) = self.hop(depth).filter(|hop| hop.answered > 0 && hop.silent > 0) else { return false };
        let tried = hop.answered + hop.silent;
        let counts = |hop: &HopState| (hop.answered, hop.silent);
        let all = self.first + self.hops.len();
        let end = self.ending().map_or(all, |(end, _)| end.max(depth + 1));
        // All that went as far as the end and farther are tries of one hop.
        let at_end = (end..all).filter_map(|beyond| self.hop(beyond)).map(counts);
        let at_end = at_end.fold((0, 0), |(answered, silent), (a, s)| (answered + a, silent + s));
        let before = (depth + 1..end).filter_map(|beyond| self.hop(beyond)).map(counts);
        before.chain([at_end]).any(|(answered, silent)| silent == 0 && answered >= tried)
    }

    /// Takes a hop's probes and makes of them what is told.
    fn take_hop(&mut self, config: &Config, depth: usize, now: Now) -> Hop {
        let tries = usize::from(config.tries.max(1));
        let limited = self.is_limited(depth);
        let is_end = self.ending().is_some_and(|(end, how)| end == depth && !matches!(how, Ending::Loop(_)));
        let own = self.hop_mut(depth).map(|hop| std::mem::take(&mut hop.trials)).unwrap_or_default();
        let mut told: Vec<(u64, Try)> = Vec::with_capacity(tries);
        let answers = |trial: &Trial| matches!(trial.fate, Fate::Answered(_));
        let named = |trial: &Trial| Some((trial.number, trial.told()?));
        told.extend(own.iter().filter(|trial| answers(trial)).filter_map(named).take(tries));
        if is_end {
            // What went farther and was answered by the end is as good as what went just there.
            let beyond = (depth + 1..self.first + self.hops.len()).filter_map(|beyond| self.hop(beyond));
            let of_the_end = |answer: &Answer| self.is_of_the_end(answer);
            let beyond = beyond.flat_map(|hop| hop.answers()).filter(|answer| of_the_end(answer));
            let room = tries.saturating_sub(told.len());
            told.extend(beyond.take(room).map(|answer| (answer.number + self.base, Try::Answer(answer.clone()))));
        }
        let room = tries.saturating_sub(told.len());
        told.extend(own.iter().filter(|trial| !answers(trial)).filter_map(named).take(room));
        told.sort_by_key(|(number, _)| *number);
        if let Some(hop) = self.hop_mut(depth) {
            hop.told = told.iter().map(|(number, _)| *number).collect();
            // What is still on its way as a run is stopped is settled with the way.
            hop.trials = own.into_iter().filter(|trial| matches!(trial.fate, Fate::Flying)).collect();
        }
        let mut hop = Hop {
            target: TargetId(self.id),
            distance: u8::try_from(depth).unwrap_or(u8::MAX),
            tries: told.into_iter().map(|(_, told)| told).collect(),
            limited,
            per_packet: false,
            at: now.wall,
        };
        let several = {
            let routers = hop.answers().filter(|answer| matches!(answer.what, What::TimeExceeded(_)));
            let mut routers = routers.map(|answer| answer.from.addr);
            let first = routers.next();
            routers.any(|router| Some(router) != first)
        };
        hop.per_packet = config.one_flow && several;
        hop
    }
}

impl Tracer {
    /// Tells the hops that are settled.
    pub(super) fn tell_settled(&mut self, id: u32, now: Now) {
        while let Some(way) = self.ways.get(id as usize) {
            let depth = way.next;
            if depth > way.last || !way.is_done(&self.config, depth) || !way.may_be_told(&self.config, depth) {
                return;
            }
            self.tell_hop(id, depth, now);
        }
    }

    /// Tells all that is left, for the way is at its end.
    pub(super) fn tell_up_to(&mut self, id: u32, to: usize, now: Now) {
        while let Some(depth) = self.ways.get(id as usize).map(|way| way.next).filter(|depth| *depth <= to) {
            self.tell_hop(id, depth, now);
        }
    }

    fn tell_hop(&mut self, id: u32, depth: usize, now: Now) {
        let Some(way) = self.ways.get_mut(id as usize) else { return };
        let hop = way.take_hop(&self.config, depth, now);
        way.next = depth + 1;
        way.findings.see(&hop, self.config.tos);
        self.notes.push(Note::Hop(hop));
    }
}
