//! What the sending threads of a run share, without a lock: the order, the schedule, and counters.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use super::super::targets::Space;
use super::gate::Gate;
use super::order::Order;
use super::proof::Proof;
use crate::clock::{BootTime, as_ns};
use crate::net::Peer;

/// The ground that is swept.
#[derive(Debug)]
pub struct Field<'a> {
    space: &'a Space,
    order: Order,
    proof: Proof,
    pub(super) gate: Gate,
    /// The next position that nobody has claimed.
    cursor: AtomicU64,
    stopped: AtomicBool,
    paused: AtomicBool,
    pub(super) counts: Counts,
}

/// What the threads have done so far.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Probes the kernel took.
    pub(super) sent: AtomicU64,
    /// How often it had no room.
    pub(super) no_room: AtomicU64,
    /// How often that may have been in the neighbour table.
    pub(super) no_neighbours: AtomicU64,
    /// Batches sent.
    batches: AtomicU64,
    /// Nanoseconds from the clock that a batch carries to the end of its sending: their sum, and the longest.
    spread_sum: AtomicU64,
    spread_most: AtomicU64,
}

impl<'a> Field<'a> {
    /// All of `space` that is in `order`, from `begin` on at a rate a second.
    #[must_use]
    pub fn new(space: &'a Space, order: Order, proof: Proof, begin: BootTime, rate: Option<f64>) -> Field<'a> {
        let gate = Gate::new(begin, rate);
        let [stopped, paused] = [const { AtomicBool::new(false) }; 2];
        Field { space, order, proof, gate, cursor: AtomicU64::new(0), stopped, paused, counts: Counts::default() }
    }

    /// Nothing more is claimed from now on.
    pub fn stop(&self) {
        self.stopped.store(true, Relaxed);
    }

    /// Whether it was stopped.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Relaxed)
    }

    /// Nothing is sent until what has arrived has been read.
    pub(super) fn pause(&self, paused: bool) {
        self.paused.store(paused, Relaxed);
    }

    pub(super) fn is_paused(&self) -> bool {
        self.paused.load(Relaxed)
    }

    /// How many targets are to be probed.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.order.len()
    }

    /// Whether there is nothing to probe.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Probes the kernel took so far.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.counts.sent.load(Relaxed)
    }

    /// How long probes of a batch are on their way into the kernel, by which their round-trip times may be too long: on
    /// average and at most.
    #[must_use]
    pub fn spread(&self) -> (Duration, Duration) {
        let mean = self.counts.spread_sum.load(Relaxed) / self.counts.batches.load(Relaxed).max(1);
        (Duration::from_nanos(mean), Duration::from_nanos(self.counts.spread_most.load(Relaxed)))
    }

    /// How many positions have been claimed.
    pub(super) fn claimed(&self) -> u64 {
        self.cursor.load(Relaxed).min(self.len())
    }

    pub(super) fn proof(&self) -> &Proof {
        &self.proof
    }

    /// Positions for one thread alone; empty when none is left.
    pub(super) fn claim(&self, probes: u32) -> Range<u64> {
        if self.is_stopped() {
            return 0..0;
        }
        let first = self.cursor.fetch_add(probes.into(), Relaxed).min(self.len());
        // Kept from running over, should somebody ask for ever.
        if first == self.len() {
            self.cursor.store(self.len(), Relaxed);
        }
        first..first.saturating_add(probes.into()).min(self.len())
    }

    /// The target at a position.
    pub(super) fn target(&self, position: u64) -> Option<Peer> {
        self.space.nth(self.order.at(position)?)
    }

    pub(super) fn count_batch(&self, sent: usize, spread: Duration) {
        self.counts.sent.fetch_add(sent as u64, Relaxed);
        self.counts.batches.fetch_add(1, Relaxed);
        self.counts.spread_sum.fetch_add(as_ns(spread), Relaxed);
        self.counts.spread_most.fetch_max(as_ns(spread), Relaxed);
    }
}
