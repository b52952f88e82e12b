//! What is asked of whom, and when: plain values, already checked.

use std::time::Duration;

use crate::clock::as_ns;
use crate::link::ask::{Announce, Asker};
use crate::net::Peer;

/// What a run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Who has the address? Asked again and again, as `arping` does.
    Ask,
    /// Is it free? (duplicate address detection: RFC 5227 §2.1, RFC 4862 §5.4)
    Duplicate,
    /// It is ours: everybody shall know.
    Announce(Announce),
}

/// When the next question is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// So long after the one before, by plan: an absolute schedule.
    Every(Duration),
    /// After a time between the two, so that hosts that were switched on together do not ask together.
    Random {
        /// Shortest.
        least: Duration,
        /// Longest.
        most: Duration,
        /// Chooses.
        seed: u64,
    },
}

impl Schedule {
    /// The time from question `number` (from 1) to the next.
    #[must_use]
    pub fn gap(&self, number: u64) -> Duration {
        match *self {
            Schedule::Every(gap) => gap,
            Schedule::Random { least, most, seed } => {
                let span = as_ns(most.saturating_sub(least)).saturating_add(1);
                let drawn = split_mix(seed.wrapping_add(number)) % span;
                least + Duration::from_nanos(drawn)
            }
        }
    }
}

/// One step of SplitMix64 (Steele, Lea and Flood, 2014).
fn split_mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A run.
#[derive(Clone, Debug)]
pub struct Config {
    /// Who asks.
    pub asker: Asker,
    /// The address.
    pub peer: Peer,
    /// What for.
    pub task: Task,
    /// Questions to ask (`None`: until stopped). With a deadline, [`Task::Ask`] takes it as the number of questions to be
    /// *answered*, as `arping -c -w` does.
    pub count: Option<u64>,
    /// When.
    pub schedule: Schedule,
    /// How long an answer is waited for.
    pub timeout: Duration,
    /// The run ends after this long.
    pub deadline: Option<Duration>,
    /// It ends with the first answer.
    pub first: bool,
    /// Every question goes to everybody, not only until somebody has answered.
    pub keep_to_all: bool,
    /// By which we know our own probe again where the link loops it back (RFC 7527).
    pub nonce: [u8; 6],
}

impl Config {
    /// Asks once a second, without end.
    #[must_use]
    pub fn new(asker: Asker, peer: Peer, task: Task) -> Self {
        Config {
            asker,
            peer,
            task,
            count: None,
            schedule: Schedule::Every(Duration::from_secs(1)),
            timeout: Duration::from_secs(1),
            deadline: None,
            first: false,
            keep_to_all: false,
            nonce: [0; 6],
        }
    }

    /// Duplicate address detection with the timing of its RFC. IPv4: three probes, one to two seconds apart, and two
    /// seconds for the last (RFC 5227 §1.1: PROBE_NUM, PROBE_MIN, PROBE_MAX, ANNOUNCE_WAIT); the wait before the first is
    /// for hosts that are switched on together. IPv6: one probe and a second (RFC 4862 §5.1, RFC 4861 §10).
    #[must_use]
    pub fn duplicate(asker: Asker, peer: Peer, seed: u64) -> Self {
        let second = Duration::from_secs(1);
        let plain = Config::new(asker, peer, Task::Duplicate);
        if peer.addr.is_ipv4() {
            let schedule = Schedule::Random { least: second, most: 2 * second, seed };
            Config { count: Some(3), schedule, timeout: 2 * second, ..plain }
        } else {
            let [.., a, b, c, d, e, f] = split_mix(seed).to_be_bytes();
            Config { count: Some(1), nonce: [a, b, c, d, e, f], ..plain }
        }
    }
}
