//! What is heard: each answer settles its probe and teaches its way something; what comes again is a duplicate; what proves
//! nothing is a stranger's.

use std::net::IpAddr;

use super::answer::{Answer, Evidence, Reach, Try, What};
use super::evidence::{distance, meaning, of_quote, return_length};
use super::find::Found;
use super::hop::Fate;
use super::loops::closed_at;
use super::note::Note;
use super::tracer::{Place, Tracer};
use super::way::{ByQuote, Role, Way};
use crate::clock::{BootTime, Now, Stage, WallTime};
use crate::net::{self, Arrival, Claim, Key, NotSent, Peer, Reached, Trouble};
use crate::probe::TargetId;
use crate::probe::held::Waiting;
use crate::probe::patience::missing;
use crate::probe::table::State;
use crate::probe::times::times;
use crate::probe::token::Proof;
use crate::units::Ttl;
use crate::wire::extension::meaning::Extensions;

/// An answer on its way to its probe.
struct Heard<'a> {
    key: Key,
    proof: Proof,
    hurt: bool,
    from: Peer,
    what: What,
    arrival: &'a Arrival,
    evidence: Evidence,
    extensions: Option<&'a [u8]>,
}

impl Tracer {
    /// An echo reply.
    pub(super) fn echo(&mut self, answer: &net::Answer<'_>) {
        let token = self.flow.token_in(answer.payload).copied();
        let compare = |flow: &super::flow::Flow, token: &[u8; 8]| flow.returned(token, answer.payload);
        let found = self.find(&answer.claim, None, token.as_ref(), compare);
        let what = What::Reached(Reach::Echo);
        let Some((key, proof, hurt)) = self.resolve(found, answer.arrival.read, answer.claim.peer.addr) else { return };
        let (from, arrival) = (answer.claim.peer, &answer.arrival);
        let (evidence, hurt) = (Evidence::default(), hurt || !answer.checksum_ok);
        self.settle(Heard { key, proof, hurt, from, what, arrival, evidence, extensions: None });
    }

    /// The target's answer to a UDP or TCP probe.
    pub(super) fn reached(&mut self, reached: &Reached<'_>) {
        // A server that echoes brings the token back; any other says nothing of it.
        let token = self.flow.token_in(reached.payload).copied();
        let found = self.find(&reached.claim, None, token.as_ref(), |_, _| Some((Proof::Weak, false)));
        let what = What::Reached(Reach::Reply(reached.how));
        let Some((key, proof, hurt)) = self.resolve(found, reached.arrival.read, reached.from.addr) else { return };
        let (from, arrival, evidence) = (reached.from, &reached.arrival, Evidence::default());
        self.settle(Heard { key, proof, hurt, from, what, arrival, evidence, extensions: None });
    }

    /// An ICMP error.
    pub(super) fn trouble(&mut self, trouble: &Trouble<'_>) {
        let token = self.flow.token_in(trouble.quoted_payload).copied();
        let compare = |flow: &super::flow::Flow, token: &[u8; 8]| {
            flow.quoted(token, trouble.quoted_payload).map(|proof| (proof, false))
        };
        let found = self.find(&trouble.claim, trouble.quoted_checksum, token.as_ref(), compare);
        let from_target = trouble.offender == trouble.claim.peer.addr;
        // What says nothing settles nothing.
        let Some(what) = meaning(trouble.error, from_target) else { return };
        let Some((key, proof, hurt)) = self.resolve(found, trouble.arrival.read, trouble.offender) else { return };
        let Some(slot) = self.table.get(key) else { return };
        let Some(way) = self.ways.get(slot.target() as usize) else { return };
        let evidence = of_quote(trouble, slot, way, &self.config);
        // A link-local address means something on its link alone (RFC 4007 §6).
        let scope = match trouble.offender {
            _ if from_target => trouble.claim.peer.scope,
            IpAddr::V6(addr) if addr.is_unicast_link_local() => trouble.arrival.ifindex.unwrap_or(0),
            _ => 0,
        };
        let from = Peer { addr: trouble.offender, scope };
        let (arrival, extensions) = (&trouble.arrival, trouble.extensions);
        self.settle(Heard { key, proof, hurt, from, what, arrival, evidence, extensions });
    }

    fn resolve(&mut self, found: Found, now: Now, from: IpAddr) -> Option<(Key, Proof, bool)> {
        match found {
            Found::Probe { key, proof, hurt } => Some((key, proof, hurt)),
            Found::Unnumbered(id) => self.unnumbered(now, id).map(|key| (key, Proof::Weak, false)),
            Found::Ours => None,
            Found::Nobody => {
                self.stranger(from);
                None
            }
        }
    }

    /// A probe is answered.
    fn settle(&mut self, heard: Heard<'_>) {
        let Some(slot) = self.table.get(heard.key).copied() else { return };
        let (id, number, was) = (slot.target(), slot.number(), slot.state());
        let Some(way) = self.ways.get_mut(id as usize) else { return };
        if was.answered() || was == State::Error {
            way.counters.duplicates += 1;
            return;
        }
        let Some(role) = way.role(number) else { return };
        let late = was == State::Lost;
        let times = times(&slot, heard.arrival, false);
        let state = match heard.what {
            What::Error(_) => State::Error,
            _ if late => State::Late,
            _ => State::Replied,
        };
        self.table.settle(heard.key, state, heard.arrival.read.boot);
        way.counters.moved(was, state);
        way.counters.corrupt += u64::from(heard.hurt);
        way.flying -= u32::from(was == State::Flying).min(way.flying);
        way.largest = way.largest.max(Some(times.away()));
        self.schedule.wake(id);
        let (depth, index) = match role {
            Role::Hop { depth, index } => (usize::from(depth), usize::from(index)),
            Role::Size { depth, size } => {
                let (asked, said) = ((usize::from(depth), size), (heard.from.addr, heard.what));
                return self.size_answered(heard.arrival.read, heard.key, asked, said, &heard.evidence);
            }
        };
        let answer = Answer {
            from: heard.from,
            at: heard.arrival.kernel.unwrap_or(heard.arrival.read.wall),
            rtt: times.rtt,
            breakdown: times.breakdown,
            late,
            proof: heard.proof,
            what: heard.what,
            number: number - way.base,
            sent_ttl: Ttl(u8::try_from(depth).unwrap_or(u8::MAX)),
            reply_ttl: heard.arrival.ttl,
            return_length: heard.arrival.ttl.map(return_length),
            tos: heard.arrival.tos,
            evidence: heard.evidence,
            extensions: heard.extensions.map(|bytes| Box::new(Extensions::read(bytes))),
        };
        way.teach(depth, &answer, heard.arrival.read.boot);
        let told = way.next > depth;
        let Some(hop) = way.hop_mut(depth) else { return };
        if hop.learn(index, times.away()) {
            way.counters.reordered += 1;
        }
        if told {
            return self.revise(id, depth, number, answer);
        }
        let Some(hop) = way.hop_mut(depth) else { return };
        hop.settle(index, Fate::Answered(answer));
        if let Some(trial) = hop.trials.get_mut(index) {
            if slot.stamp_wanted() && self.patience.worth_waiting(missing(&slot, heard.arrival)) {
                trial.held = true;
                hop.held += 1;
                let place = Place { id, depth, index };
                if let Some(oldest) = self.held.push(Waiting::new(heard.key, *heard.arrival, place, true)) {
                    self.release(oldest);
                }
                return;
            }
        }
        self.note_try(id, depth, index);
    }

    /// A hop that was told as silent is not.
    fn revise(&mut self, id: u32, depth: usize, number: u64, answer: Answer) {
        let Some(way) = self.ways.get(id as usize).filter(|way| way.end.is_none()) else { return };
        let Some(hop) = way.hop(depth).filter(|hop| !hop.told.is_empty()) else { return };
        let index = hop.told.iter().position(|told| *told == number).unwrap_or(hop.told.len() - 1);
        let distance = u8::try_from(depth).unwrap_or(u8::MAX);
        self.notes.push(Note::Revised { target: TargetId(id), distance, index, answer });
    }

    fn note_try(&mut self, id: u32, depth: usize, index: usize) {
        if !self.config.note_tries {
            return;
        }
        let Some(trial) = self.ways.get(id as usize).and_then(|way| way.hop(depth)?.trials.get(index)) else { return };
        if let Fate::Answered(answer) = &trial.fate {
            let (target, ttl, number, at) = (TargetId(id), answer.sent_ttl, answer.number, answer.at);
            self.notes.push(Note::Try { target, ttl, number, at, what: Try::Answer(answer.clone()) });
        }
    }

    /// The kernel stamped a departure: an answer may have waited for that.
    pub(super) fn stamp(&mut self, key: Key, stage: Stage, at: WallTime) {
        let Some(slot) = self.table.stamp(key, stage, at).copied() else { return };
        let held = self.held.stamped(key, |arrival| self.patience.worth_waiting(missing(&slot, arrival)));
        if stage != Stage::Sched && (held || slot.state() == State::Flying) {
            self.patience.stamped(stage == Stage::Nic);
        }
        // Nothing is told in order of arrival here: one that waits no more goes at once.
        if let Some(ready) = self.held.take_ready(key) {
            self.release(ready);
        }
    }

    /// Releases the answers that have waited long enough for a stamp.
    pub(super) fn release_held(&mut self, now: BootTime) {
        while let Some(held) = self.held.pop_due(now) {
            if let Some(slot) = self.table.get(held.key) {
                self.patience.waited_in_vain(missing(slot, &held.arrival));
            }
            self.release(held);
        }
    }

    fn release(&mut self, held: Waiting<Place>) {
        let Waiting { key, arrival, answer: Place { id, depth, index }, .. } = held;
        let Some(way) = self.ways.get_mut(id as usize).filter(|way| way.path.is_none()) else { return };
        let Some(hop) = way.hop_mut(depth) else { return };
        if let (Some(trial), Some(slot)) = (hop.trials.get_mut(index), self.table.get(key)) {
            trial.held = false;
            if let Fate::Answered(answer) = &mut trial.fate {
                let times = times(slot, &arrival, false);
                (answer.rtt, answer.breakdown) = (times.rtt, times.breakdown);
            }
        }
        hop.held = hop.held.saturating_sub(1);
        self.schedule.wake(id);
        self.note_try(id, depth, index);
    }

    /// This host took a probe and then gave it up: it was not sent after all.
    pub(super) fn given_up(&mut self, now: Now, claim: &Claim, why: NotSent) {
        let mut found = None;
        for id in self.book.of(&claim.peer) {
            let Some(seq) = claim.seq else { continue };
            let mut open = self.table.candidates(id, seq).filter(|(_, slot)| slot.state().is_open());
            found = open.next().map(|(key, slot)| (key, *slot));
            if found.is_some() {
                break;
            }
        }
        let Some((key, slot)) = found else { return };
        let Some(way) = self.ways.get_mut(slot.target() as usize).filter(|way| way.path.is_none()) else { return };
        way.counters.sent = way.counters.sent.saturating_sub(1);
        let counter = way.counters.of(slot.state());
        *counter = counter.saturating_sub(1);
        way.flying -= u32::from(slot.state() == State::Flying).min(way.flying);
        self.not_sent(now, key, why);
    }

    /// A packet that is not for us: counted with the target that it comes from, or the only one.
    pub(super) fn stranger(&mut self, from: IpAddr) {
        let id = if self.ways.len() == 1 { Some(0) } else { self.book.of(&Peer::from(from)).next() };
        match id.and_then(|id| self.ways.get_mut(id as usize)) {
            Some(way) => way.counters.foreign = way.counters.foreign.saturating_add(1),
            None => self.foreign = self.foreign.saturating_add(1),
        }
    }
}

impl Way {
    /// What an answer says about the way.
    fn teach(&mut self, depth: usize, answer: &Answer, now: BootTime) {
        match answer.what {
            What::TimeExceeded(_) => {
                self.answered_at(depth);
                let here = |depth: usize| if depth == 0 { None } else { self.hop(depth)?.router };
                let router = |at: usize| {
                    if at == depth { here(at).or(Some(answer.from)) } else { here(at) }.map(|peer| peer.addr)
                };
                let farther = depth..(self.first + self.hops.len()).max(depth + 1);
                let found = farther.clone().find_map(|at| closed_at(self.first, at, router));
                if let Some(found) = found.filter(|found| self.looped.is_none_or(|old| found.from < old.from)) {
                    self.looped = Some(found);
                }
            }
            What::Error(error) => {
                self.end_spoke = Some(now);
                if self.error.is_none_or(|(at, ..)| depth < at) {
                    self.error = Some((depth, answer.from.addr, error));
                }
            }
            What::Reached(reach) => {
                let limited = matches!(reach, Reach::PortUnreachable(_));
                if self.reached.is_none_or(|(at, _)| depth < at) {
                    self.reached = Some((depth, limited));
                }
                if limited {
                    self.end_spoke = Some(now);
                }
                if let Some(distance) = distance(depth, answer.evidence.quoted_ttl).filter(|_| limited) {
                    self.by_quote = match self.by_quote {
                        ByQuote::Unknown => ByQuote::Distance(distance),
                        ByQuote::Distance(other) if other == distance => ByQuote::Distance(other),
                        _ => ByQuote::Contradictory,
                    };
                }
            }
        }
    }
}
