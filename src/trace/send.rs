//! Which probe is next: of the hops that want one, one of those that had fewest; in random order, so that neighbouring
//! hops are not asked at once and no hop is asked twice in a burst.

use super::hop::Fate;
use super::schedule::slack;
use super::tracer::Tracer;
use super::way::{Role, Way};
use super::{Config, Note, Try};
use crate::clock::{BootTime, Now};
use crate::net::{Batch, Key, NotSent, Probe};
use crate::probe::TargetId;
use crate::units::{Seq, Ttl};

/// After this host was short of memory it is left alone for so long.
const BREATH: std::time::Duration = std::time::Duration::from_millis(10);

/// What a way has to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// A try of this hop.
    Hop(usize),
    /// A look ([`super::look`]) at this hop limit.
    Look(usize),
    /// A size.
    Size { depth: usize, size: u32 },
    /// Nothing before that.
    At(BootTime),
    /// Nothing until something is heard or lost.
    Nothing,
}

/// The order of probes: SplitMix64 (Steele, Lea and Flood, 2014).
#[derive(Clone, Copy, Debug)]
pub(super) struct Order(pub(super) u64);

impl Order {
    fn below(&mut self, end: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((((z ^ (z >> 31)) >> 32) * u64::from(end)) >> 32) as u32
    }
}

impl Way {
    /// What is to be sent.
    pub(super) fn choose(&mut self, config: &Config, now: BootTime, order: &mut Order) -> Choice {
        if let Some(until) = self.one_by_one.drains_until().filter(|until| now < *until) {
            return Choice::At(until);
        }
        let one_by_one = self.one_by_one.is_on();
        let at_once = if one_by_one { 1 } else { config.at_once.max(1) };
        if self.path.is_some() || self.flying >= at_once {
            return Choice::Nothing;
        }
        let choice = if self.end.is_some() { self.choose_size(config, now) } else { None };
        let choice = choice.unwrap_or_else(|| self.choose_hop(config, now, one_by_one, order));
        match choice {
            Choice::Hop(_) | Choice::Look(_) | Choice::Size { .. } if self.next_send > now => {
                Choice::At(self.next_send)
            }
            choice => choice,
        }
    }

    fn choose_hop(&mut self, config: &Config, now: BootTime, in_order: bool, order: &mut Order) -> Choice {
        if self.end.is_some() {
            return Choice::Nothing;
        }
        let mut soonest: Option<BootTime> = None;
        if let Some((at, depth)) = self.next_look() {
            if at <= now {
                return Choice::Look(depth);
            }
            soonest = Some(at);
        }
        let mut best: Option<(usize, usize)> = None;
        let mut equals = 0;
        for depth in self.next..=self.top() {
            if !self.wants(config, depth) {
                continue;
            }
            let due = self.due(config, depth);
            if due > now {
                soonest = Some(soonest.map_or(due, |soonest| soonest.min(due)));
                continue;
            }
            if in_order {
                return Choice::Hop(depth);
            }
            let used = self.hop(depth).map_or(0, |hop| hop.used());
            match best {
                Some((_, fewest)) if used > fewest => {}
                Some((_, fewest)) if used == fewest => {
                    equals += 1;
                    if order.below(equals) == 0 {
                        best = Some((depth, used));
                    }
                }
                _ => (best, equals) = (Some((depth, used)), 1),
            }
        }
        match (best, soonest) {
            (Some((depth, _)), _) => Choice::Hop(depth),
            (None, Some(at)) => Choice::At(at),
            (None, None) => Choice::Nothing,
        }
    }
}

impl Tracer {
    /// Plans a way's next probe.
    pub(super) fn plan(&mut self, id: u32, now: BootTime) {
        let Some(way) = self.ways.get_mut(id as usize) else { return };
        match way.choose(&self.config, now, &mut self.order) {
            Choice::Hop(_) | Choice::Look(_) | Choice::Size { .. } => self.schedule.wants_to_send(id),
            Choice::At(at) => self.schedule.wake_at(id, at),
            Choice::Nothing => {}
        }
    }

    /// Sends what the rate allows.
    pub(super) fn send_due(&mut self, now: Now, out: &mut Batch) {
        while !out.is_full() && !self.table.is_full() {
            let Some(id) = self.schedule.next_sender(now.boot) else { return };
            let Some(way) = self.ways.get_mut(id as usize) else { continue };
            let headers = way.headers(&self.config);
            let (role, look) = match way.choose(&self.config, now.boot, &mut self.order) {
                Choice::Hop(depth) => (Role::Hop { depth: depth as u8, index: 0 }, false),
                Choice::Look(depth) => (Role::Hop { depth: depth as u8, index: 0 }, true),
                Choice::Size { depth, size } => (Role::Size { depth: depth as u8, size }, false),
                Choice::At(at) => {
                    self.schedule.wake_at(id, at);
                    continue;
                }
                Choice::Nothing => continue,
            };
            let number = way.base + way.roles.len() as u64 + 1;
            let token = self.flow.token(id, number);
            let key = self.table.enter(id, number, token, now, true);
            let room = usize::from(self.config.tries.max(1));
            let (role, depth, len) = match role {
                Role::Hop { depth, .. } => {
                    let index = way.hop_mut(usize::from(depth)).map_or(0, |hop| hop.enter(key, number, now.boot, room));
                    (Role::Hop { depth, index: index as u16 }, depth, self.flow.size())
                }
                Role::Size { depth, size } => {
                    way.size_leaves(&self.config, key, now.boot);
                    (role, depth, size.saturating_sub(headers) as usize)
                }
            };
            way.roles.push(role);
            way.flying += 1;
            way.began.get_or_insert(now.boot);
            if look {
                way.looked();
            }
            way.next_send = way.next_send.max(now.boot - slack(self.config.spacing)) + self.config.spacing;
            let seq = Seq::of_number(number);
            let mut probe = Probe::new(key, way.target.peer, self.config.method.exchange(), seq);
            (probe.ttl, probe.flow) = (Some(Ttl(depth)), self.config.flow);
            self.flow.write(way.family, &token, seq, out.push(probe, len));
            self.schedule.sent(now.boot);
            // The time that this one is waited for, and the next probe.
            self.schedule.wake(id);
        }
    }

    /// A probe was refused: it is no probe, and its hop is told so.
    pub(super) fn not_sent(&mut self, now: Now, key: Key, why: NotSent) {
        let Some(slot) = self.table.get(key).copied() else { return };
        self.table.forget(key);
        let (id, number) = (slot.target(), slot.number());
        let Some(way) = self.ways.get_mut(id as usize) else { return };
        way.counters.not_sent += 1;
        let count = way.refused.map_or(0, |(count, _)| count);
        way.refused = Some((count.saturating_add(1), why.errno));
        if why.errno.is_shortage() {
            way.next_send = way.next_send.max(now.boot + BREATH);
        }
        self.schedule.wake(id);
        match way.role(number) {
            Some(Role::Size { size, .. }) => self.size_refused(now, id, key, size, why),
            Some(Role::Hop { depth, index }) => {
                let Some(hop) = way.hop_mut(usize::from(depth)) else { return };
                if why.errno.is_shortage() {
                    return hop.settle(usize::from(index), Fate::Void);
                }
                hop.settle(usize::from(index), Fate::NotSent(why.errno, why.mtu));
                if self.config.note_tries {
                    let (target, ttl, number) = (TargetId(id), Ttl(depth), number - way.base);
                    let what = Try::NotSent { errno: why.errno, mtu: why.mtu };
                    self.notes.push(Note::Try { target, ttl, number, at: now.wall, what });
                }
            }
            None => {}
        }
    }
}
