//! The probes in flight and those lately settled: whoever hears something finds here whose it is.
//!
//! One slab of slots, each in a bucket chain of its (target, sequence number), newest first, so that a sequence number may
//! be out several times at once: there is no wall at 65,536. A settled probe stays for a while, because duplicates and late
//! replies need it. Slots and buckets are reused: once warm, nothing is allocated. Buckets are chosen by a multiplication,
//! not a keyed hash: targets and sequence numbers are ours, nobody else can choose them to collide.

mod list;
mod slot;

use std::time::Duration;

use super::token::TOKEN_LEN;
use crate::clock::{BootTime, Now, Stage, WallTime};
use crate::net::{Key, SentAt};
use crate::units::Seq;

use list::{List, NONE};
use slot::UNSTAMPED;
pub use slot::{Slot, State};

/// How much a table keeps.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Probes in flight at once; whoever enters more settles the oldest first ([`Table::is_full`]).
    pub flying: usize,
    /// Settled probes that are kept.
    pub settled: usize,
    /// How long a settled probe is kept.
    pub age: Duration,
}

impl Default for Limits {
    /// A million in flight (100 MB) is more than any time-out at any sane rate leaves. 65,536 settled ones are what the wire
    /// can tell apart; a minute is half of what TCP allows a packet to live (RFC 9293 §3.4.2) and far beyond any duplicate
    /// ever reported.
    fn default() -> Self {
        Limits { flying: 1 << 20, settled: 1 << 16, age: Duration::from_secs(60) }
    }
}

/// The probes of one machine.
#[derive(Clone, Debug)]
pub struct Table {
    slots: Vec<Slot>,
    buckets: Vec<u32>,
    free: u32,
    flying: List,
    settled: List,
    limits: Limits,
}

impl Table {
    /// An empty table.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Table {
            slots: Vec::new(),
            buckets: vec![NONE; 64],
            free: NONE,
            flying: List::EMPTY,
            settled: List::EMPTY,
            limits,
        }
    }

    /// Probes in flight.
    #[must_use]
    pub fn flying(&self) -> usize {
        self.flying.len()
    }

    /// Settled probes still kept.
    #[must_use]
    pub fn settled(&self) -> usize {
        self.settled.len()
    }

    /// Whether the oldest probe must be settled before another is entered.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.flying.len() >= self.limits.flying
    }

    /// Enters a probe that is about to be sent.
    pub fn enter(&mut self, target: u32, number: u64, token: [u8; TOKEN_LEN], now: Now, stamp_wanted: bool) -> Key {
        let index = self.place(Slot::new(target, number, token, now, stamp_wanted));
        let bucket = self.bucket(target, Seq::of_number(number));
        self.slots[index as usize].older = std::mem::replace(&mut self.buckets[bucket], index);
        self.flying.push(&mut self.slots, index);
        self.key(index)
    }

    /// What the kernel knows of it when it has taken it.
    pub fn sent(&mut self, key: Key, at: SentAt) -> Option<&Slot> {
        let slot = self.get_mut(key)?;
        (slot.sent_boot, slot.sent_wall, slot.sent_epoch) = (at.at.boot, at.at.wall, at.at.epoch);
        slot.checksum = at.checksum.unwrap_or(0);
        slot.checksum_known = at.checksum.is_some();
        Some(slot)
    }

    /// A probe; `None` if it is gone.
    #[must_use]
    pub fn get(&self, key: Key) -> Option<&Slot> {
        self.slots.get(key.slot as usize).filter(|slot| slot.generation == key.generation)
    }

    /// The probe that has waited longest.
    #[must_use]
    pub fn oldest(&self) -> Option<(Key, &Slot)> {
        let slot = self.slots.get(self.flying.first() as usize)?;
        Some((self.key(self.flying.first()), slot))
    }

    /// The probe in flight that was sent next after this one.
    #[must_use]
    pub fn after(&self, key: Key) -> Option<(Key, &Slot)> {
        let slot = self.get(key).filter(|slot| slot.state == State::Flying)?;
        let next = self.slots.get(slot.next as usize)?;
        Some((self.key(slot.next), next))
    }

    /// Every kept probe of this target with this sequence number, newest first.
    pub fn candidates(&self, target: u32, seq: Seq) -> impl Iterator<Item = (Key, &Slot)> {
        let first = self.buckets[self.bucket(target, seq)];
        let chain = std::iter::successors(self.slots.get(first as usize).map(|slot| (first, slot)), |(_, slot)| {
            self.slots.get(slot.older as usize).map(|older| (slot.older, older))
        });
        chain
            .filter(move |(_, slot)| slot.target == target && slot.seq() == seq)
            .map(|(index, slot)| (Key { slot: index, generation: slot.generation }, slot))
    }

    /// Keeps a departure stamp; the first of its stage is the one.
    pub fn stamp(&mut self, key: Key, stage: Stage, at: WallTime) -> Option<&Slot> {
        let slot = self.get_mut(key)?;
        let kept = &mut slot.stamps[stage as usize];
        if *kept == UNSTAMPED {
            *kept = at.as_ns();
        }
        Some(slot)
    }

    /// Gives it a place in its target's window, or takes that away. Returns whether that changed anything.
    pub fn set_window(&mut self, key: Key, held: bool) -> bool {
        self.get_mut(key).is_some_and(|slot| std::mem::replace(&mut slot.window, held) != held)
    }

    /// It has ended so, or has turned out better than thought. Forgets the settled ones that are too many or too old.
    pub fn settle(&mut self, key: Key, state: State, now: BootTime) {
        let Some(slot) = self.get_mut(key) else { return };
        let was = std::mem::replace(&mut slot.state, state);
        if was == State::Flying && state != State::Flying {
            slot.settled = now;
            self.flying.remove(&mut self.slots, key.slot);
            self.settled.push(&mut self.slots, key.slot);
        }
        self.forget_old(now);
    }

    /// It was never sent: forget it.
    pub fn forget(&mut self, key: Key) {
        let Some(state) = self.get(key).map(Slot::state) else { return };
        let list = if state == State::Flying { &mut self.flying } else { &mut self.settled };
        list.remove(&mut self.slots, key.slot);
        self.release(key.slot);
    }

    /// Two for each that is settled: enough to shrink, too few to be felt.
    fn forget_old(&mut self, now: BootTime) {
        for _ in 0..2 {
            let Some(head) = self.slots.get(self.settled.first() as usize) else { return };
            if self.settled.len() <= self.limits.settled && now.since(head.settled) <= self.limits.age {
                return;
            }
            let index = self.settled.first();
            self.settled.remove(&mut self.slots, index);
            self.release(index);
        }
    }

    fn get_mut(&mut self, key: Key) -> Option<&mut Slot> {
        self.slots.get_mut(key.slot as usize).filter(|slot| slot.generation == key.generation)
    }

    fn key(&self, index: u32) -> Key {
        Key { slot: index, generation: self.slots[index as usize].generation }
    }

    fn bucket(&self, target: u32, seq: Seq) -> usize {
        // The golden ratio of 2^32 spreads targets; a target's own sequence numbers stay side by side.
        target.wrapping_mul(0x9e37_79b1).wrapping_add(u32::from(seq.0)) as usize & (self.buckets.len() - 1)
    }

    /// Puts a slot into a free place and returns its index.
    fn place(&mut self, mut slot: Slot) -> u32 {
        if let Some(free) = self.slots.get_mut(self.free as usize) {
            let index = self.free;
            slot.generation = free.generation;
            self.free = free.next;
            *free = slot;
            return index;
        }
        if self.slots.len() >= self.buckets.len() {
            self.grow();
        }
        let index = self.slots.len() as u32;
        self.slots.push(slot);
        index
    }

    /// Takes a slot out of its bucket and frees it. It must be in no list.
    fn release(&mut self, index: u32) {
        let (target, seq, older) = {
            let slot = &self.slots[index as usize];
            (slot.target, slot.seq(), slot.older)
        };
        let bucket = self.bucket(target, seq);
        if self.buckets[bucket] == index {
            self.buckets[bucket] = older;
        } else {
            let mut at = self.buckets[bucket];
            while at != NONE {
                let next = self.slots[at as usize].older;
                if next == index {
                    self.slots[at as usize].older = older;
                    break;
                }
                at = next;
            }
        }
        let slot = &mut self.slots[index as usize];
        slot.generation = slot.generation.wrapping_add(1);
        slot.next = self.free;
        self.free = index;
    }

    /// Doubles the buckets; each chain falls into two and stays in order.
    fn grow(&mut self) {
        let half = self.buckets.len();
        self.buckets.resize(half * 2, NONE);
        for low in 0..half {
            let mut at = std::mem::replace(&mut self.buckets[low], NONE);
            let mut tails = [NONE; 2];
            while at != NONE {
                let slot = &mut self.slots[at as usize];
                let next = std::mem::replace(&mut slot.older, NONE);
                let (target, seq) = (slot.target, slot.seq());
                let bucket = self.bucket(target, seq);
                let tail = &mut tails[usize::from(bucket >= half)];
                match self.slots.get_mut(*tail as usize) {
                    Some(newer) => newer.older = at,
                    None => self.buckets[bucket] = at,
                }
                *tail = at;
                at = next;
            }
        }
    }
}

#[cfg(test)]
mod tests;
