//! The outcomes of one target's probes in order of their numbers, whatever order they settle in.
//!
//! Losses in a row are of neighbours, and a probe is lost seconds after its neighbours were answered; so outcomes wait here
//! until all before them are known. A late reply does not undo a loss here: in its time it was one.

use std::collections::VecDeque;

use crate::stats::LossRuns;

/// How a probe ended, as far as runs are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Answered.
    Up,
    /// Lost, or answered by an error.
    Down,
    /// Refused by this host: no loss of the network's, but no sign of life either.
    NotSent,
    /// Still in flight as the run ended.
    Unknown,
}

impl End {
    /// Whether it speaks for the target being up (or down).
    pub(super) fn speaks_for(self, up: bool) -> bool {
        if up { self == End::Up } else { matches!(self, End::Down | End::NotSent) }
    }
}

/// A run of neighbours that ended alike.
#[derive(Clone, Copy, Debug, Default)]
struct Run {
    up: u64,
    down: u64,
}

impl Run {
    fn add(&mut self, end: End) {
        match end {
            End::Up => *self = Run { up: self.up + 1, down: 0 },
            End::Down | End::NotSent => *self = Run { up: 0, down: self.down + 1 },
            End::Unknown => {}
        }
    }
}

/// One target's outcomes.
#[derive(Clone, Debug, Default)]
pub(super) struct Series {
    /// Of the probes `settled + 1`, `settled + 2`, …; `None`: not settled.
    open: VecDeque<Option<End>>,
    settled: u64,
    before: Run,
    losses: LossRuns,
}

impl Series {
    /// How the probe with this number (from 1, each once) ended.
    pub(super) fn settle(&mut self, number: u64, end: End) {
        let Some(index) = number.checked_sub(self.settled + 1).and_then(|at| usize::try_from(at).ok()) else { return };
        if index > 0 {
            if index >= self.open.len() {
                self.open.resize(index + 1, None);
            }
            if let Some(open @ None) = self.open.get_mut(index) {
                *open = Some(end);
            }
            return;
        }
        // The first that was open, and those behind it that waited for it.
        let mut next = Some(end);
        while let Some(end) = next {
            self.open.pop_front();
            self.pass(end);
            next = self.open.front().copied().flatten();
        }
    }

    /// The next one in order has ended so.
    fn pass(&mut self, end: End) {
        self.settled += 1;
        self.before.add(end);
        match end {
            End::Up => self.losses.record(false),
            End::Down => self.losses.record(true),
            End::NotSent | End::Unknown => {}
        }
    }

    /// Losses in a row among what is settled without gaps.
    pub(super) fn losses(&self) -> LossRuns {
        self.losses
    }

    /// How many neighbours up to the newest outcome are up (or down) in a row, counted no further than `enough`; a probe
    /// that is not settled ends the run.
    pub(super) fn newest_run(&self, up: bool, enough: u64) -> u64 {
        let mut run = 0;
        for end in self.open.iter().rev().skip_while(|end| end.is_none()) {
            match end {
                Some(end) if end.speaks_for(up) && run < enough => run += 1,
                _ => return run,
            }
        }
        run.saturating_add(if up { self.before.up } else { self.before.down })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(ends: &[(u64, End)]) -> Series {
        let mut series = Series::default();
        for (number, end) in ends {
            series.settle(*number, *end);
        }
        series
    }

    #[test]
    fn neighbours_count_in_order_of_number() {
        use End::{Down, Up};
        // 2 and 3 are lost long after their neighbours were answered.
        let series = settled(&[(1, Up), (4, Up), (5, Up), (2, Down), (6, Up), (3, Down), (7, Up)]);
        assert_eq!((series.losses().longest(), series.losses().runs()), (2, 1));
        assert_eq!(series.newest_run(true, 10), 4);
    }

    #[test]
    fn what_was_not_sent_or_not_settled_is_no_loss() {
        use End::{Down, NotSent, Unknown, Up};
        let series = settled(&[(1, Down), (2, NotSent), (3, Down), (4, Unknown), (5, Up)]);
        assert_eq!(series.losses().longest(), 2);
        let down = settled(&[(1, Down), (2, NotSent), (3, Down)]);
        assert_eq!(down.newest_run(false, 10), 3);
    }

    #[test]
    fn a_gap_ends_a_run() {
        let series = settled(&[(1, End::Up), (2, End::Up), (4, End::Up)]);
        assert_eq!(series.newest_run(true, 10), 1);
        assert_eq!(series.newest_run(false, 10), 0);
    }

    #[test]
    fn numbers_outside_are_ignored() {
        let mut series = settled(&[(1, End::Up), (1, End::Down), (0, End::Down)]);
        assert_eq!(series.losses().runs(), 0);
        series.settle(1, End::Down);
        assert_eq!(series.newest_run(true, 10), 1);
    }
}
