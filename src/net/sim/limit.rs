//! How the hosts of a simulated network limit their errors.

use std::collections::HashMap;
use std::time::Duration;

use crate::clock::as_ns;

/// How errors are limited: as Linux does it (`inet_peer_xrlim_allow`, net/ipv4/inetpeer.c), so many at once and then one
/// every so often. Those with one name share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Its name.
    pub name: u32,
    /// So many at once.
    pub burst: u32,
    /// Then one in so long.
    pub every: Duration,
}

impl Limit {
    /// Linux' default for IPv4.
    #[must_use]
    pub fn linux(name: u32) -> Self {
        Limit { name, burst: 6, every: Duration::from_secs(1) }
    }
}

/// A limiter's state: time that it has saved up.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    saved: u64,
    last: u64,
}

/// All limiters by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Buckets(HashMap<u32, Bucket>);

impl Buckets {
    /// Whether one more may leave now.
    pub(super) fn allow(&mut self, limit: Limit, now: u64) -> bool {
        let every = as_ns(limit.every).max(1);
        let full = every.saturating_mul(u64::from(limit.burst));
        let bucket = self.0.entry(limit.name).or_insert(Bucket { saved: full, last: now });
        bucket.saved = bucket.saved.saturating_add(now - bucket.last.min(now)).min(full);
        bucket.last = now;
        let allowed = bucket.saved >= every;
        bucket.saved -= if allowed { every } else { 0 };
        allowed
    }
}
