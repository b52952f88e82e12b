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
use super::schedule::slack;
use super::tell::Findings;
use super::{Config, Target};
use crate::clock::BootTime;
use crate::probe::counters::Counters;
use crate::units::Family;
use crate::wire::icmp::IcmpError;

/// How many hop limits are tried beyond the farthest answer.
const AHEAD: usize = 8;

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
    /// Probes that have left in this burst.
    burst: u32,
    pub(super) began: Option<BootTime>,
    /// How often probes were refused since the last that left, and why.
    pub(super) refused: Option<(u32, crate::sys::errno::Errno)>,
    pub(super) refused_at: BootTime,
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
        let family = Family::of(target.peer.addr);
        // The first is as long as was asked for.
        let shortest = if config.length_is_number && family == Family::V6 { config.size.max(1) - 1 } else { 0 };
        let last = usize::from(config.last.0).max(first);
        Way {
            id,
            target,
            family,
            base: base + shortest as u64,
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
            burst: 0,
            began: None,
            refused: None,
            refused_at: BootTime::default(),
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

    /// A probe leaves: the next may leave at once, or after the spacing if that was the last of a burst. A little that a
    /// timer came late is made up.
    pub(super) fn leaves(&mut self, config: &Config, now: BootTime) {
        self.began.get_or_insert(now);
        self.flying += 1;
        self.burst += 1;
        if self.burst >= config.burst.max(1) {
            self.burst = 0;
            let is_late = now.since(self.next_send) <= slack(config.spacing);
            self.next_send = if is_late { self.next_send } else { now } + config.spacing;
        }
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
    pub(super) fn near(&self, depth: usize) -> Option<Duration> {
        (depth + 1..self.first + self.hops.len()).find_map(|beyond| self.hop(beyond)?.slowest)
    }

    /// How long a probe with this hop limit is waited for.
    pub(super) fn wait(&self, config: &Config, depth: usize) -> Duration {
        let wait = &config.wait;
        let bounded = |time, times, least: Duration| scale(time, times).clamp(least.min(wait.max), wait.max);
        if let Some(here) = self.hop(depth).and_then(|hop| hop.slowest) {
            return bounded(here, wait.here, wait.least);
        }
        if let Some(near) = self.near(depth) {
            return bounded(near, wait.near, wait.least.max(wait.silent));
        }
        match self.largest {
            Some(largest) => wait.beyond.max(scale(largest, wait.here)).min(wait.max),
            None => wait.beyond.saturating_mul(2).min(wait.max),
        }
    }
}

/// A time so many times; what cannot be is as long as can be.
pub(super) fn scale(time: Duration, times: f64) -> Duration {
    Duration::try_from_secs_f64(time.as_secs_f64() * times.max(0.0)).unwrap_or(Duration::MAX)
}
