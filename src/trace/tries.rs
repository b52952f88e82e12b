//! What is worth another try, and when: tries of each hop, more for a short gap, one more much later where routers limit
//! their errors; none for what the end of the way has answered already.

use std::time::Duration;

use super::hop::HopState;
use super::way::{Ending, Way, scale};
use super::{Answer, Config, What, look};
use crate::clock::BootTime;

/// Tries at one hop follow each other after a quarter of the round trip, within these bounds: no router gets a burst, and
/// a near one is not waited for.
const TRY_GAP: (Duration, Duration) = (Duration::from_micros(200), Duration::from_millis(50));

/// So many silent hops before the end are no habit of theirs.
const MANY_SILENT: usize = 4;

impl Way {
    /// Whether a hop is to have another try, now or later.
    pub(super) fn wants(&self, config: &Config, depth: usize) -> bool {
        let tries = usize::from(config.tries.max(1));
        let (used, answered) = self.hop(depth).map_or((0, 0), |hop| (hop.used(), hop.answered));
        let ending = self.ending();
        if let Some((end, how)) = ending {
            if depth > end || self.end.is_some() {
                return false;
            }
            if depth == end && !matches!(how, Ending::Loop(_)) {
                return used + self.answers_beyond(depth) < tries;
            }
        }
        let released = self.farthest() >= depth;
        if used < tries {
            return used == 0 || released || depth <= self.gap_end(config);
        }
        if answered > 0 || !released || self.one_by_one.is_on() {
            return false;
        }
        let quick = self.quick_tries(config, depth);
        used < quick || (used == quick && self.is_asked_later(config))
    }

    /// Tries of a hop that nobody has answered, before it is left alone.
    fn quick_tries(&self, config: &Config, depth: usize) -> usize {
        let extra = if self.is_short_gap(config, depth) { config.extra } else { 0 };
        usize::from(config.tries.max(1)) + usize::from(extra)
    }

    /// Whether hops that stay silent before a known end are asked once more when routers with Linux' limits can afford it:
    /// so many of them are silent that some other trace has used up what they had.
    fn is_asked_later(&self, config: &Config) -> bool {
        // Where the end may lie nearer, looks ask these hops, in order.
        let Some((end, _)) =
            self.ending().filter(|_| config.extra > 0 && self.reached.is_some() && self.is_end_proven())
        else {
            return false;
        };
        let silent = |depth: &usize| self.hop(*depth).is_none_or(|hop| hop.router.is_none());
        (self.first..end).filter(silent).count() >= MANY_SILENT
    }

    /// Answers of the way's end to probes that went farther: each stands for a try of its own hop.
    pub(super) fn answers_beyond(&self, end: usize) -> usize {
        (end + 1..self.first + self.hops.len())
            .filter_map(|depth| self.hop(depth))
            .map(|hop| hop.answers().filter(|answer| self.is_of_the_end(answer)).count())
            .sum()
    }

    /// Whether an answer is what the way's end answers.
    pub(super) fn is_of_the_end(&self, answer: &Answer) -> bool {
        match self.ending() {
            Some((_, Ending::Reached)) => matches!(answer.what, What::Reached(_)),
            Some((_, Ending::Error(by, _))) => matches!(answer.what, What::Error(_)) && answer.from.addr == by,
            _ => false,
        }
    }

    /// Whether the silent hops around this one are few enough to be worth more than the usual tries.
    fn is_short_gap(&self, config: &Config, depth: usize) -> bool {
        let silent = |depth: &usize| self.hop(*depth).is_none_or(|hop| hop.router.is_none());
        let below = (self.first..depth).rev().take_while(silent).count();
        let above = (depth + 1..=self.farthest()).take_while(silent).count();
        below + above < usize::from(config.gap_limit.max(1))
    }

    /// When the next try of a hop may leave.
    pub(super) fn due(&self, config: &Config, depth: usize) -> BootTime {
        let Some((hop, last)) = self.hop(depth).and_then(|hop| Some((hop, hop.last_sent?))) else {
            return BootTime::default();
        };
        if self.farthest() < depth {
            // Nothing is known of it: a third of what it is waited for.
            return last + scale(self.wait(config, depth), 0.35);
        }
        let time = hop.slowest.or_else(|| self.near(depth)).or(self.largest).unwrap_or_default();
        let due = last + (time / 4).clamp(TRY_GAP.0, TRY_GAP.1);
        // A further try is for a hop that is silent, not for one whose first answer is about to come.
        let further = hop.used() >= usize::from(config.tries.max(1));
        if further && hop.answered == 0 && hop.used() >= self.quick_tries(config, depth) {
            return last + look::AFTER;
        }
        let first = hop.trials.first().filter(|_| further).map(|trial| trial.sent);
        first.map_or(due, |first| due.max(first + time + (time / 4).max(config.wait.least / 4)))
    }

    /// Whether all that was wanted of a hop is there.
    pub(super) fn is_done(&self, config: &Config, depth: usize) -> bool {
        self.hop(depth).is_some_and(HopState::is_quiet) && !self.wants(config, depth)
    }

    /// Whether all hops up to here that have not been told are done.
    pub(super) fn are_done(&self, config: &Config, to: usize) -> bool {
        (self.next..=to).all(|depth| self.is_done(config, depth))
    }
}
