//! When a probe is given up, and when a host is tried again: constant work for each, however many wait.
//!
//! All first attempts wait equally long, all second ones equally long, and so on: each attempt has its own queue, in order
//! of sending, whose head is the next to give up. A queue holds keys only; one that was answered is passed over when its
//! turn comes. Hosts whose attempt failed before its time (an ICMP error) wait in a heap of their own: fping waits as long.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

use crate::clock::{BootTime, as_ns};
use crate::net::Key;
use crate::probe::table::{State, Table};

/// Attempts beyond this one wait as long as it did: with any back-off above 1.5 that is centuries.
const MOST_LANES: usize = 64;

/// Attempts in flight, by how long they wait.
#[derive(Clone, Debug)]
pub(super) struct Waits {
    lanes: Vec<Lane>,
    failed: BinaryHeap<Reverse<(BootTime, u32)>>,
}

#[derive(Clone, Debug)]
struct Lane {
    timeout: Duration,
    keys: VecDeque<Key>,
}

impl Waits {
    /// For so many attempts, the first of which waits for `timeout`.
    pub(super) fn new(timeout: Duration, attempts: u64, backoff: f64) -> Self {
        let mut lanes: Vec<Lane> = Vec::new();
        let mut ns = as_ns(timeout) as f64;
        for _ in 0..attempts.clamp(1, MOST_LANES as u64) {
            lanes.push(Lane { timeout: Duration::from_nanos(ns as u64), keys: VecDeque::new() });
            ns *= backoff;
        }
        Waits { lanes, failed: BinaryHeap::new() }
    }

    /// How long an attempt (from 1) waits.
    pub(super) fn timeout(&self, attempt: u64) -> Duration {
        self.lanes.get(self.lane(attempt)).map_or(Duration::ZERO, |lane| lane.timeout)
    }

    /// A probe was sent as this attempt.
    pub(super) fn sent(&mut self, key: Key, attempt: u64) {
        let at = self.lane(attempt);
        if let Some(lane) = self.lanes.get_mut(at) {
            lane.keys.push_back(key);
        }
    }

    /// A host's attempt has failed, and the next is due then.
    pub(super) fn failed(&mut self, host: u32, due: BootTime) {
        self.failed.push(Reverse((due, host)));
    }

    /// The next probe in flight whose time is up.
    pub(super) fn expired(&mut self, now: BootTime, table: &Table) -> Option<Key> {
        self.lanes.iter_mut().find_map(|lane| lane.head(table).filter(|(_, due)| *due <= now).map(|(key, _)| key))
    }

    /// The next host that failed and whose time is up.
    pub(super) fn ready(&mut self, now: BootTime) -> Option<u32> {
        let Reverse((due, host)) = *self.failed.peek()?;
        (due <= now).then(|| {
            self.failed.pop();
            host
        })
    }

    /// When the next time is up.
    pub(super) fn next(&mut self, table: &Table) -> Option<BootTime> {
        let lanes = self.lanes.iter_mut().filter_map(|lane| lane.head(table)).map(|(_, due)| due);
        lanes.chain(self.failed.peek().map(|Reverse((due, _))| *due)).min()
    }

    fn lane(&self, attempt: u64) -> usize {
        usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX).min(self.lanes.len().saturating_sub(1))
    }
}

impl Lane {
    /// The first that is still in flight, and when it is given up.
    fn head(&mut self, table: &Table) -> Option<(Key, BootTime)> {
        while let Some(key) = self.keys.front() {
            if let Some(slot) = table.get(*key).filter(|slot| slot.state() == State::Flying) {
                return Some((*key, slot.sent().boot + self.timeout));
            }
            self.keys.pop_front();
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Epoch, Now, WallTime};
    use crate::probe::table::Limits;

    fn at(ms: u64) -> BootTime {
        BootTime::from_ns(ms * 1_000_000)
    }

    fn now(ms: u64) -> Now {
        Now { boot: at(ms), wall: WallTime::from_ns(0), epoch: Epoch(0) }
    }

    #[test]
    fn each_attempt_waits_longer_than_the_one_before() {
        let waits = Waits::new(Duration::from_millis(500), 4, 1.5);
        let ms: Vec<u128> = (1..=5).map(|n| waits.timeout(n).as_micros()).collect();
        assert_eq!(ms, [500_000, 750_000, 1_125_000, 1_687_500, 1_687_500]);
        assert_eq!(Waits::new(Duration::from_secs(1), u64::MAX, 5.0).lanes.len(), MOST_LANES);
        assert_eq!(Waits::new(Duration::from_secs(1), 0, 1.0).timeout(1), Duration::from_secs(1));
    }

    #[test]
    fn they_expire_in_order_of_their_times() {
        let mut table = Table::new(Limits::default());
        let mut waits = Waits::new(Duration::from_millis(100), 2, 2.0);
        let enter = |number, sent_ms, attempt: u64, waits: &mut Waits, table: &mut Table| {
            let key = table.enter(0, number, [0; 8], now(sent_ms), true);
            waits.sent(key, attempt);
            key
        };
        let second = enter(1, 0, 2, &mut waits, &mut table);
        let first = enter(2, 10, 1, &mut waits, &mut table);
        let answered = enter(3, 20, 1, &mut waits, &mut table);
        assert_eq!(waits.next(&table), Some(at(110)));
        assert_eq!(waits.expired(at(109), &table), None);
        assert_eq!(waits.expired(at(110), &table), Some(first));
        table.settle(first, State::Lost, at(110));
        table.settle(answered, State::Replied, at(110));
        assert_eq!(waits.next(&table), Some(at(200)));
        waits.failed(7, at(150));
        assert_eq!((waits.ready(at(149)), waits.ready(at(150)), waits.ready(at(150))), (None, Some(7), None));
        assert_eq!(waits.expired(at(300), &table), Some(second));
        table.forget(second);
        assert_eq!((waits.expired(at(300), &table), waits.next(&table)), (None, None));
    }
}
