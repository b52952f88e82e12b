//! How many ICMP errors a router or host may send: token buckets, its own, Linux', and one that all share.

use std::collections::HashMap;
use std::net::IpAddr;

use serde::Deserialize;

/// Who answers: what buckets and the rules' `nth` count by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    /// A host, each address for itself.
    Host(IpAddr),
    /// A router, from 1.
    Hop(usize),
    /// All routers and hosts together.
    All,
}

/// A bucket's size and filling.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Errors a second.
    pub rate: f64,
    /// Errors at once.
    #[serde(default = "one")]
    pub burst: u32,
}

pub fn one() -> u32 {
    1
}

/// Limits that have a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Known {
    /// What Linux does without being told: for each peer one error in 1 s (IPv4, `icmp_ratelimit`) or 100 ms (IPv6,
    /// `icmp.ratelimit`), six at once (`XRLIM_BURST_FACTOR` in net/ipv4/inetpeer.c).
    Linux,
}

impl Known {
    fn rate(self, v4: bool) -> Rate {
        let Known::Linux = self;
        Rate { rate: if v4 { 1.0 } else { 10.0 }, burst: 6 }
    }
}

/// The limits of one router or host.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// For all its errors together.
    pub own: Option<Rate>,
    /// For each peer.
    pub known: Option<Known>,
}

/// All the buckets of a network.
#[derive(Debug, Default)]
pub struct Buckets {
    /// Errors that may still be sent, and when that was so.
    tokens: HashMap<(Who, Option<IpAddr>), (f64, u64)>,
}

impl Buckets {
    /// Whether one more error may go from `who` to `peer` now, and takes it from each bucket if so.
    pub fn allow(&mut self, who: Who, peer: IpAddr, limits: Limits, shared: Option<Rate>, now: u64) -> bool {
        let buckets = [
            limits.own.map(|rate| ((who, None), rate)),
            limits.known.map(|known| ((who, Some(peer)), known.rate(peer.is_ipv4()))),
            shared.map(|rate| ((Who::All, None), rate)),
        ];
        let may = buckets.iter().flatten().all(|(key, rate)| self.fill(*key, *rate, now) >= 1.0);
        if may {
            for (key, _) in buckets.iter().flatten() {
                if let Some((tokens, _)) = self.tokens.get_mut(key) {
                    *tokens -= 1.0;
                }
            }
        }
        may
    }

    /// What a bucket holds now; it begins full.
    fn fill(&mut self, key: (Who, Option<IpAddr>), rate: Rate, now: u64) -> f64 {
        let full = f64::from(rate.burst);
        let (tokens, then) = self.tokens.entry(key).or_insert((full, now));
        *tokens = (*tokens + now.saturating_sub(*then) as f64 / 1e9 * rate.rate).min(full);
        *then = now;
        *tokens
    }
}
