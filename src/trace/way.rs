//! What a trace knows of one target: its hops, how far the way goes, and what is worth trying.
//!
//! Hop limits are plain `usize` here ("depths"), so that one beyond 255 can be spoken of.

use std::net::IpAddr;
use std::time::Duration;

use super::hop::HopState;
use super::look::Look;
use super::loops::Loop;
use super::mtu::MtuPhase;
use super::note::{End, Path, PathMtu};
use super::one_by_one::OneByOne;
use super::tell::Findings;
use super::{Config, Target};
use crate::clock::BootTime;
use crate::probe::counters::Counters;
use crate::units::Family;
use crate::wire::icmp::IcmpError;

/// How many hop limits are tried beyond the farthest answer.
const AHEAD: usize = 8;

/// Tries at one hop follow each other after a quarter of the round trip, within these bounds: no router gets a burst, and
/// a near one is not waited for.
const TRY_GAP: (Duration, Duration) = (Duration::from_micros(500), Duration::from_millis(50));

/// What a probe was for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Role {
    /// A try of a hop.
    Hop { depth: u8, index: u16 },
    /// A size of the MTU search, in octets of the IP packet.
    Size { depth: u8, size: u32 },
}

/// How the way ends, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// By the target's answer.
    Reached,
    /// By an ICMP error.
    Error(IpAddr, IcmpError),
    /// Never: it goes round.
    Loop(Loop),
}

/// The target's distance by what its answers quote: sent − quoted + 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ByQuote {
    Unknown,
    Distance(usize),
    /// Two quotes say two things.
    Contradictory,
}

/// One target.
#[derive(Debug)]
pub(super) struct Way {
    pub(super) id: u32,
    pub(super) target: Target,
    pub(super) family: Family,
    /// Numbers begin after this one: targets with one address must not share numbers.
    pub(super) base: u64,
    pub(super) first: usize,
    pub(super) last: usize,
    pub(super) hops: Vec<HopState>,
    /// The next to be told.
    pub(super) next: usize,
    /// Up to here hop limits are tried.
    pub(super) window: usize,
    /// So far beyond an answer they are.
    ahead: usize,
    pub(super) roles: Vec<Role>,
    pub(super) counters: Counters,
    /// The lowest hop limit that the target answered, and whether it did by an ICMP error, of which it has few.
    pub(super) reached: Option<(usize, bool)>,
    pub(super) by_quote: ByQuote,
    /// The lowest hop limit at which an ICMP error ends the way.
    pub(super) error: Option<(usize, IpAddr, IcmpError)>,
    /// When the way's end last spoke by an ICMP error.
    pub(super) end_spoke: Option<BootTime>,
    pub(super) looped: Option<Loop>,
    /// The highest hop limit that ran out.
    pub(super) highest: usize,
    /// The longest that any answer took.
    pub(super) largest: Option<Duration>,
    pub(super) flying: u32,
    /// When the next probe may leave.
    pub(super) next_send: BootTime,
    pub(super) began: Option<BootTime>,
    /// Probes refused since the last that left, and why.
    pub(super) refused: Option<(u32, crate::sys::errno::Errno)>,
    pub(super) look: Look,
    pub(super) one_by_one: OneByOne,
    pub(super) findings: Findings,
    pub(super) mtu: Option<MtuPhase>,
    pub(super) path_mtu: Option<PathMtu>,
    /// How it ended; sizes may still be tried.
    pub(super) end: Option<End>,
    /// What it came to: it is over.
    pub(super) path: Option<Box<Path>>,
}

impl Way {
    pub(super) fn new(id: u32, target: Target, base: u64, config: &Config) -> Self {
        let first = usize::from(config.first.0.max(1));
        let last = usize::from(config.last.0).max(first);
        Way {
            id,
            target,
            family: Family::of(target.peer.addr),
            base,
            first,
            last,
            hops: Vec::new(),
            next: first,
            window: last.min(first + usize::from(config.window.max(config.gap_limit).max(1)) - 1),
            ahead: AHEAD.max(usize::from(config.gap_limit)),
            roles: Vec::new(),
            counters: Counters::default(),
            reached: None,
            by_quote: ByQuote::Unknown,
            error: None,
            end_spoke: None,
            looped: None,
            highest: first - 1,
            largest: None,
            flying: 0,
            next_send: BootTime::default(),
            began: None,
            refused: None,
            look: Look::default(),
            one_by_one: OneByOne::default(),
            findings: Findings::default(),
            mtu: None,
            path_mtu: None,
            end: None,
            path: None,
        }
    }

    pub(super) fn hop(&self, depth: usize) -> Option<&HopState> {
        self.hops.get(depth.checked_sub(self.first)?)
    }

    /// A hop to be changed; makes it if its hop limit is one of ours.
    pub(super) fn hop_mut(&mut self, depth: usize) -> Option<&mut HopState> {
        let at = depth.checked_sub(self.first).filter(|_| depth <= self.last)?;
        if at >= self.hops.len() {
            self.hops.resize_with(at + 1, HopState::default);
        }
        self.hops.get_mut(at)
    }

    /// What a number was for.
    pub(super) fn role(&self, number: u64) -> Option<Role> {
        let at = usize::try_from(number.checked_sub(self.base + 1)?).ok()?;
        self.roles.get(at).copied()
    }

    /// The target's distance: by its quotes where these fit what else is known, or else by the lowest hop limit that it
    /// answered.
    pub(super) fn distance(&self) -> Option<usize> {
        let (reached, _) = self.reached?;
        match self.by_quote {
            ByQuote::Distance(distance) if self.fits(distance) => Some(distance.min(reached)),
            _ => Some(reached),
        }
    }

    /// Whether the target's distance by quote can be: no router has answered from there or beyond.
    fn fits(&self, distance: usize) -> bool {
        distance > self.highest
    }

    /// Whether the way's end is where it is for certain.
    pub(super) fn is_end_proven(&self) -> bool {
        match (self.reached, self.by_quote) {
            (Some((_, limited)), ByQuote::Distance(distance)) => !limited || self.fits(distance),
            (Some((_, limited)), _) => !limited,
            (None, _) => self.error.is_none(),
        }
    }

    /// Where the way ends and how, as far as is known. What reached the target ends no sooner.
    pub(super) fn ending(&self) -> Option<(usize, Ending)> {
        if let Some(distance) = self.distance() {
            return Some((distance, Ending::Reached));
        }
        if let Some((depth, by, error)) = self.error {
            return Some((depth, Ending::Error(by, error)));
        }
        self.looped.map(|round| (round.until(), Ending::Loop(round)))
    }

    /// The last hop limit that is worth a probe.
    pub(super) fn top(&self) -> usize {
        self.ending().map_or(self.window, |(end, _)| end.min(self.last))
    }

    /// The farthest hop limit that anybody answered.
    pub(super) fn farthest(&self) -> usize {
        let end = self.ending().map_or(0, |(end, _)| end);
        self.highest.max(end)
    }

    /// A router answered from here: look farther.
    pub(super) fn answered_at(&mut self, depth: usize) {
        self.highest = self.highest.max(depth);
        self.window = self.window.max(self.last.min(depth + self.ahead));
    }

    /// The last hop of the gap that ends a way.
    pub(super) fn gap_end(&self, config: &Config) -> usize {
        self.last.min(self.highest + usize::from(config.gap_limit.max(1)))
    }

    /// The round trip of the nearest answer from beyond.
    fn near(&self, depth: usize) -> Option<Duration> {
        (depth + 1..self.first + self.hops.len()).find_map(|beyond| self.hop(beyond)?.slowest)
    }

    /// How long a probe with this hop limit is waited for.
    pub(super) fn wait(&self, config: &Config, depth: usize) -> Duration {
        let wait = &config.wait;
        let bounded = |time: Duration, times: f64| scale(time, times).clamp(wait.least.min(wait.max), wait.max);
        if let Some(here) = self.hop(depth).and_then(|hop| hop.slowest) {
            return bounded(here, wait.here);
        }
        if let Some(near) = self.near(depth) {
            return bounded(near, wait.near);
        }
        match self.largest {
            Some(largest) => wait.beyond.max(scale(largest, wait.here)).min(wait.max),
            None => wait.beyond.saturating_mul(2).min(wait.max),
        }
    }

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
        let extra = usize::from(config.extra);
        let again = answered == 0 && released && used < tries + extra && !self.one_by_one.is_on();
        again && self.is_short_gap(config, depth)
    }

    /// Answers of the way's end to probes that went farther: each stands for a try of its own hop.
    pub(super) fn answers_beyond(&self, end: usize) -> usize {
        (end + 1..self.first + self.hops.len())
            .filter_map(|depth| self.hop(depth))
            .map(|hop| hop.answers().filter(|answer| self.is_of_the_end(answer)).count())
            .sum()
    }

    /// Whether an answer is what the way's end answers.
    pub(super) fn is_of_the_end(&self, answer: &super::Answer) -> bool {
        match self.ending() {
            Some((_, Ending::Reached)) => matches!(answer.what, super::What::Reached(_)),
            Some((_, Ending::Error(by, _))) => matches!(answer.what, super::What::Error(_)) && answer.from.addr == by,
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

/// A time so many times; what cannot be is as long as can be.
pub(super) fn scale(time: Duration, times: f64) -> Duration {
    Duration::try_from_secs_f64(time.as_secs_f64() * times.max(0.0)).unwrap_or(Duration::MAX)
}
