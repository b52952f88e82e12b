//! What each host comes to, and the end of a run.

use std::time::Duration;

use super::config::Mode;
use super::machine::{Ended, NO_TIME, Sweep};
use super::note::SoFar;
use crate::clock::Now;
use crate::net::Peer;
use crate::probe::TargetId;
use crate::probe::counters::Counters;
use crate::probe::table::State;

/// What one host ends with, or has so far.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HostSummary {
    /// Which.
    pub host: TargetId,
    /// Its address.
    pub peer: Peer,
    /// Whether it has answered.
    pub alive: bool,
    /// Its counters.
    pub counters: Counters,
    /// The figures of fping's lines.
    pub so_far: SoFar,
    /// Shortest, mean, longest round-trip time and their standard deviation, of replies in time and late.
    pub rtt: Option<Times>,
}

/// Shortest, mean and longest round-trip time, and the standard deviation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// Shortest.
    pub min: Duration,
    /// Mean.
    pub mean: Duration,
    /// Longest.
    pub max: Duration,
    /// Population standard deviation.
    pub mdev: Duration,
    /// How many.
    pub count: u64,
}

impl Sweep {
    /// What a host has come to so far, or in the end; `None` if there is no such host.
    #[must_use]
    pub fn summary(&self, id: TargetId) -> Option<HostSummary> {
        let host = self.hosts.get(id.0 as usize)?;
        Some(HostSummary {
            host: id,
            peer: self.peer(id)?,
            alive: host.alive,
            counters: host.counters(),
            so_far: host.so_far(self.config.late_counts),
            rtt: host.rtt.times(),
        })
    }

    /// A percentile of a host's round-trip times, where they are kept ([`super::Config::percentiles`]).
    #[must_use]
    pub fn percentile(&self, id: TargetId, p: f64) -> Option<Duration> {
        self.histograms.get(id.0 as usize)?.percentile(p)
    }

    /// Each probe of a host in order: its round-trip time, or `None`. Those that were not sent any more are missing.
    pub fn times(&self, id: TargetId) -> impl Iterator<Item = Option<Duration>> + '_ {
        let count = if let Mode::Count(count) = self.config.mode { count } else { 0 };
        let count = usize::try_from(count).unwrap_or(0);
        let start = count.saturating_mul(id.0 as usize);
        let host = self.hosts.get(id.0 as usize);
        let attempted = host.map_or(0, |host| usize::try_from(host.attempted).unwrap_or(usize::MAX));
        let row = self.times.get(start..start.saturating_add(count)).unwrap_or_default();
        row.iter().take(attempted).map(|ns| (*ns != NO_TIME).then(|| Duration::from_nanos(*ns)))
    }

    /// Ends the run: what is held is told, and what has been in flight for more than twice as long as the longest answer
    /// took is lost.
    pub(super) fn finish(&mut self, now: Now, why: Ended) {
        self.release_all();
        let longest = self.running.longest();
        let mut next = self.table.oldest().map(|(key, _)| key);
        while let Some(key) = next {
            next = self.table.after(key).map(|(key, _)| key);
            let Some((slot, host, _)) = self.probe(key) else { continue };
            let own = self.hosts.get(host as usize).and_then(|host| host.rtt.max());
            let patience = own.or(longest).map(|time| time.saturating_mul(2));
            if patience.is_none_or(|patience| now.boot.since(slot.sent().boot) > patience) {
                self.moved(key, State::Lost, now.boot);
            }
        }
        self.ended = Some((why, now));
    }
}
