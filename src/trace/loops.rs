//! Recognising that packets go round: the same routers in the same order, three times.
//!
//! One router that answers for hop after hop is no loop: firewalls and tunnels do that, and the target stands behind them.

use std::net::IpAddr;

/// Longest round that is looked for.
const LONGEST: usize = 8;

/// How often a round must be seen.
const ROUNDS: usize = 3;

/// A loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Loop {
    /// The first hop of the first round.
    pub(super) from: usize,
    /// Hops of one round.
    pub(super) length: usize,
}

impl Loop {
    /// The hop that proved it.
    pub(super) fn until(&self) -> usize {
        self.from + self.length * ROUNDS - 1
    }
}

/// The loop that hop `at` closes, if it does. `router` names each hop's router, and is asked from `first` on.
pub(super) fn closed_at(first: usize, at: usize, router: impl Fn(usize) -> Option<IpAddr>) -> Option<Loop> {
    (2..=LONGEST).find_map(|length| {
        let from = (at + 1).checked_sub(length * ROUNDS).filter(|from| *from >= first)?;
        let same = |depth: usize| router(depth).is_some_and(|here| router(depth + length) == Some(here));
        if !(from..=at - length).all(same) || (from + 1..from + length).all(|depth| router(depth) == router(from)) {
            return None;
        }
        Some(Loop { from, length })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed(routers: &[u8], at: usize) -> Option<Loop> {
        let router = |depth: usize| routers.get(depth - 1).filter(|n| **n > 0).map(|n| IpAddr::from([10, 0, 0, *n]));
        closed_at(1, at, router)
    }

    #[test]
    fn three_rounds_are_a_loop() {
        assert_eq!(closed(&[1, 2, 3, 2, 3, 2, 3], 7), Some(Loop { from: 2, length: 2 }));
        assert_eq!(closed(&[1, 2, 3, 2, 3, 2, 3], 6), None, "not three times yet");
        assert_eq!(closed(&[1, 2, 3, 1, 2, 3, 1, 2, 3], 9), Some(Loop { from: 1, length: 3 }));
        assert_eq!(closed(&[1, 2, 3, 2, 3, 2, 3], 7).map(|found| found.until()), Some(7));
    }

    #[test]
    fn silence_and_one_router_for_all_are_none() {
        assert_eq!(closed(&[1, 2, 0, 2, 0, 2, 0], 7), None);
        assert_eq!(closed(&[5, 5, 5, 5, 5, 5, 5, 5], 8), None);
        assert_eq!(closed(&[1, 2, 3, 4, 5, 6], 6), None);
    }
}
