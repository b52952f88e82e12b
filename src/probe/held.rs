//! Answers that wait for their probe's departure stamp, which may come after them, for two milliseconds at the most.
//!
//! They stay in order of arrival: behind one that waits, all wait. Whether one is worth holding back at all is
//! [`Patience`](super::patience::Patience)'s to say; what an answer is, and how it is told, is the machine's.

use std::collections::VecDeque;

use super::patience::GRACE;
use crate::clock::BootTime;
use crate::net::{Arrival, Key};

/// How many wait at once; the oldest goes when there are more.
const AT_ONCE: usize = 1024;

/// An answer on its way to be told.
#[derive(Clone, Copy, Debug)]
pub struct Waiting<T> {
    /// The probe it answers.
    pub key: Key,
    /// When and how it came.
    pub arrival: Arrival,
    /// The answer.
    pub answer: T,
    waits: bool,
}

impl<T> Waiting<T> {
    /// An answer; `waits`: for a stamp that has not come.
    pub fn new(key: Key, arrival: Arrival, answer: T, waits: bool) -> Self {
        Waiting { key, arrival, answer, waits }
    }

    /// Whether it still waits for a stamp: where it is told now, the stamp has not come in time.
    pub fn waits(&self) -> bool {
        self.waits
    }

    fn until(&self) -> BootTime {
        self.arrival.read.boot + GRACE
    }
}

/// Those that wait, in order of arrival.
#[derive(Clone, Debug)]
pub struct Held<T>(VecDeque<Waiting<T>>);

impl<T> Default for Held<T> {
    fn default() -> Self {
        Held(VecDeque::new())
    }
}

impl<T> Held<T> {
    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// When the first has waited long enough.
    pub fn next(&self) -> Option<BootTime> {
        self.0.front().map(Waiting::until)
    }

    /// Takes one in behind the others. Gives back the oldest, to be told, where too many wait.
    #[must_use]
    pub fn push(&mut self, waiting: Waiting<T>) -> Option<Waiting<T>> {
        let oldest = if self.0.len() >= AT_ONCE { self.0.pop_front() } else { None };
        self.0.push_back(waiting);
        oldest
    }

    /// The first, if it waits no more or has waited long enough.
    pub fn pop_due(&mut self, now: BootTime) -> Option<Waiting<T>> {
        self.0.front().filter(|first| !first.waits || now >= first.until())?;
        self.0.pop_front()
    }

    /// The first, if it waits no more.
    pub fn pop_ready(&mut self) -> Option<Waiting<T>> {
        self.0.front().filter(|first| !first.waits)?;
        self.0.pop_front()
    }

    /// The first, however long it has waited.
    pub fn pop(&mut self) -> Option<Waiting<T>> {
        self.0.pop_front()
    }

    /// A stamp of this probe came: `still` says of each answer to it whether it waits for another one. Returns whether
    /// any had waited.
    pub fn stamped(&mut self, key: Key, still: impl Fn(&Arrival) -> bool) -> bool {
        let mut any = false;
        for waiting in self.0.iter_mut().filter(|waiting| waiting.waits && waiting.key == key) {
            any = true;
            waiting.waits = still(&waiting.arrival);
        }
        any
    }

    /// Takes out, from wherever it stands, an answer to this probe that waits no more.
    pub fn take_ready(&mut self, key: Key) -> Option<Waiting<T>> {
        let at = self.0.iter().position(|waiting| waiting.key == key && !waiting.waits)?;
        self.0.remove(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Now;

    fn waiting(slot: u32, at_ms: u64, waits: bool) -> Waiting<u32> {
        let read = Now { boot: BootTime::from_ns(at_ms * 1_000_000), ..Now::default() };
        let arrival = Arrival::unstamped(read);
        Waiting::new(Key { slot, generation: 0 }, arrival, slot, waits)
    }

    fn ms(at: u64) -> BootTime {
        BootTime::from_ns(at * 1_000_000)
    }

    fn held(all: &[(u32, u64, bool)]) -> Held<u32> {
        let mut held = Held::default();
        for (slot, at, waits) in all {
            assert!(held.push(waiting(*slot, *at, *waits)).is_none());
        }
        held
    }

    #[test]
    fn behind_one_that_waits_all_wait_and_two_milliseconds_are_enough() {
        let mut held = held(&[(1, 10, true), (2, 11, false), (3, 11, true)]);
        assert_eq!(held.next(), Some(ms(12)));
        assert!(held.pop_ready().is_none() && held.pop_due(ms(11)).is_none());
        let first = held.pop_due(ms(12));
        assert_eq!(first.map(|first| (first.answer, first.waits())), Some((1, true)));
        assert_eq!(held.pop_due(ms(12)).map(|next| next.answer), Some(2));
        assert!(held.pop_due(ms(12)).is_none());
        assert_eq!(held.pop().map(|last| last.answer), Some(3));
        assert!(held.is_empty() && held.next().is_none());
    }

    #[test]
    fn a_stamp_ends_the_wait_of_its_own_probe_alone() {
        let mut held = held(&[(1, 10, true), (2, 10, true), (1, 10, true)]);
        let key = |slot| Key { slot, generation: 0 };
        assert!(!held.stamped(key(3), |_| false));
        assert!(held.stamped(key(2), |_| true) && held.take_ready(key(2)).is_none());
        assert!(held.stamped(key(1), |_| false) && !held.stamped(key(1), |_| false));
        assert_eq!(held.pop_ready().map(|first| first.answer), Some(1));
        assert!(held.pop_ready().is_none());
        assert_eq!(held.take_ready(key(1)).map(|third| third.answer), Some(1));
    }

    #[test]
    fn the_oldest_goes_where_too_many_wait() {
        let many = (0..AT_ONCE as u32).map(|slot| (slot, 10, true)).collect::<Vec<_>>();
        let mut held = held(&many);
        assert_eq!(held.push(waiting(9999, 10, true)).map(|oldest| oldest.answer), Some(0));
        assert_eq!(held.pop().map(|first| first.answer), Some(1));
    }
}
