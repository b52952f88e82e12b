//! Lines that wait a moment for a name, and all that come after them: order is kept, and nothing waits for long.
//!
//! A probe is never delayed by a look-up, only its line, and that by 300 ms at the most; then it is printed with the
//! address alone. A name that comes later is in the next line.

use std::collections::VecDeque;
use std::time::Duration;

use crate::clock::BootTime;

/// Longest wait for a name.
const PATIENCE: Duration = Duration::from_millis(300);

/// Most lines that wait: more of them are a flood, which waits for nobody.
const MOST: usize = 1024;

/// A queue of lines.
#[derive(Debug)]
pub(super) struct Held<T> {
    queue: VecDeque<(BootTime, T)>,
}

impl<T> Held<T> {
    /// Empty.
    pub(super) fn new() -> Self {
        Held { queue: VecDeque::new() }
    }

    /// Whether nothing waits: then a line whose name is known may pass by.
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Lets a line wait for its names, or only for those before it.
    pub(super) fn push(&mut self, now: BootTime, line: T) {
        self.queue.push_back((now + PATIENCE, line));
    }

    /// The next line that waits no longer: its names are known, its time is up, or too many are behind it.
    pub(super) fn pop(&mut self, now: BootTime, is_pending: impl Fn(&T) -> bool) -> Option<T> {
        let (until, line) = self.queue.front()?;
        let waits = is_pending(line) && now < *until && self.queue.len() <= MOST;
        if waits { None } else { self.pop_any() }
    }

    /// The next line, whether its name is known or not: nothing waits at the end of a run.
    pub(super) fn pop_any(&mut self) -> Option<T> {
        self.queue.pop_front().map(|(_, line)| line)
    }

    /// When the first line has waited long enough.
    pub(super) fn deadline(&self) -> Option<BootTime> {
        self.queue.front().map(|(until, _)| *until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> BootTime {
        BootTime::from_ns(ms * 1_000_000)
    }

    fn all(held: &mut Held<u32>, now: BootTime, pending: bool) -> Vec<u32> {
        std::iter::from_fn(|| held.pop(now, |_| pending)).collect()
    }

    #[test]
    fn what_comes_later_is_printed_later() {
        let mut held = Held::new();
        held.push(at(0), 1);
        held.push(at(10), 2);
        assert_eq!(all(&mut held, at(20), true), [0; 0]);
        assert_eq!(all(&mut held, at(20), false), [1, 2]);
        assert!(held.is_empty() && held.deadline().is_none());
    }

    #[test]
    fn nothing_waits_longer_than_patience() {
        let mut held = Held::new();
        held.push(at(0), 1);
        held.push(at(200), 2);
        assert_eq!(held.deadline(), Some(at(300)));
        assert_eq!(all(&mut held, at(299), true), [0; 0]);
        assert_eq!(all(&mut held, at(300), true), [1]);
        assert_eq!(held.deadline(), Some(at(500)));
        assert_eq!(held.pop_any(), Some(2));
    }

    #[test]
    fn a_flood_of_lines_does_not_pile_up() {
        let mut held = Held::new();
        for line in 0..MOST as u32 + 3 {
            held.push(at(0), line);
        }
        assert_eq!(all(&mut held, at(1), true), [0, 1, 2]);
    }
}
