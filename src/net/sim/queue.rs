//! What is on its way, in order of time; what comes at one time comes in the order in which it was put there.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::packet::Coming;

/// Things on their way.
#[derive(Debug, Default)]
pub(super) struct Queue {
    heap: BinaryHeap<Reverse<Queued>>,
    order: u64,
}

#[derive(Debug)]
struct Queued {
    at: u64,
    order: u64,
    what: Coming,
}

impl PartialEq for Queued {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.order) == (other.at, other.order)
    }
}
impl Eq for Queued {}
impl PartialOrd for Queued {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Queued {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

impl Queue {
    /// This will be there at that time.
    pub(super) fn push(&mut self, at: u64, what: Coming) {
        self.order += 1;
        self.heap.push(Reverse(Queued { at, order: self.order, what }));
    }

    /// When the next is there.
    pub(super) fn next(&self) -> Option<u64> {
        self.heap.peek().map(|Reverse(queued)| queued.at)
    }

    /// The next, whenever it is there.
    pub(super) fn pop(&mut self) -> Option<(u64, Coming)> {
        self.heap.pop().map(|Reverse(queued)| (queued.at, queued.what))
    }
}
