//! A last look: before silence is believed, the way's end is asked once more, when it has had time to afford an answer.
//!
//! Linux gives each peer some six ICMP errors at once and then one a second (`icmp_ratelimit`, net/ipv4/icmp.c), and an
//! earlier run may have used those up. So a probe that must reach the end is sent once more a second after the others; and
//! where the end is known but perhaps lies nearer, the hops before it are tried in ascending order, because the one error
//! that the end can afford then goes to the nearest probe that reaches it.

use std::time::Duration;

use super::way::{Ending, Way};
use crate::clock::BootTime;

/// After so long a host with Linux' limits has an error to give again.
pub(super) const AFTER: Duration = Duration::from_millis(1050);

/// Looks before one end at the most.
const LOOKS: u8 = 4;

/// Why there is a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    /// Too many silent hops, and no end.
    Gap,
    /// Silent hops right before an end that has few errors.
    End,
}

#[derive(Clone, Copy, Debug)]
struct Plan {
    why: Why,
    at: BootTime,
    next: usize,
    to: usize,
}

/// What looks there have been, and are to be.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Look {
    plan: Option<Plan>,
    gap_done: bool,
    /// Looks before the end, and how far apart the last answer and the end were before the newest.
    ends: u8,
    apart: usize,
    /// When the newest look was due.
    last: BootTime,
}

impl Way {
    /// Whether the gap has been looked across; plans to, if not.
    pub(super) fn has_looked_across(&mut self) -> bool {
        if !self.look.gap_done && self.look.plan.is_none() {
            let began = self.began.unwrap_or_default();
            self.look.plan = Some(Plan { why: Why::Gap, at: began + AFTER, next: self.last, to: self.last });
        }
        self.look.gap_done && self.look.plan.is_none()
    }

    /// Whether it is certain that the way does not end before `end`; plans to make sure, if not.
    pub(super) fn has_looked_before(&mut self, end: usize) -> bool {
        // A plan that the end has come nearer than is none, and nobody is to wait for it.
        self.drop_plan_of_the_past();
        let from = self.next.max(self.highest + 1);
        let silent = |depth: usize| self.hop(depth).is_none_or(|hop| hop.answered == 0);
        if from >= end || self.is_end_proven() || !silent(end - 1) {
            self.look.plan = None;
            return true;
        }
        if self.look.plan.is_some_and(|plan| plan.why == Why::End) {
            return false;
        }
        // Another one, if the last has brought the two nearer to each other.
        if self.look.ends > 0 && (self.look.ends >= LOOKS || end - from >= self.look.apart) {
            return true;
        }
        let at = self.end_spoke.or(self.began).unwrap_or_default().max(self.look.last) + AFTER;
        (self.look.ends, self.look.apart) = (self.look.ends + 1, end - from);
        self.look.plan = Some(Plan { why: Why::End, at, next: from, to: end - 1 });
        false
    }

    /// When the next look is due, and at which hop limit.
    pub(super) fn next_look(&mut self) -> Option<(BootTime, usize)> {
        self.drop_plan_of_the_past();
        self.look.plan.map(|plan| (plan.at, plan.next))
    }

    /// Forgets what was planned where the way is known to end otherwise by now.
    fn drop_plan_of_the_past(&mut self) {
        let end = self.ending();
        let still = |plan: &Plan| match plan.why {
            Why::Gap => end.is_none(),
            Why::End => end.is_some_and(|(end, how)| plan.next < end && !matches!(how, Ending::Loop(_))),
        };
        self.look.plan = self.look.plan.filter(still);
    }

    /// The look that was due has left.
    pub(super) fn looked(&mut self) {
        let Some(plan) = &mut self.look.plan else { return };
        plan.next += 1;
        self.look.last = plan.at;
        if plan.next > plan.to {
            self.look.gap_done |= plan.why == Why::Gap;
            self.look.plan = None;
        }
    }
}
