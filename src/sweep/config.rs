//! What a sweep is asked to do: plain values, already checked.

use std::sync::Arc;
use std::time::Duration;

use crate::net::{Exchange, Peer};
use crate::probe::payload::Pattern;

/// How often each host is probed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mode {
    /// Until it answers, or so many attempts (at least one) got no answer. Each waits `backoff` times as long as the one
    /// before.
    Alive {
        /// Attempts, the first included.
        attempts: u64,
        /// By how much the time-out grows from one to the next; 1 or more.
        backoff: f64,
    },
    /// So many times, each period once.
    Count(u64),
    /// Each period once, until stopped.
    Loop,
}

/// How far apart two probes are, whomever they go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spacing {
    /// So far. Zero: as fast as the kernel takes them.
    Fixed(Duration),
    /// As close as this host and its line stand: closer and closer until packets are dropped here, then half as fast.
    Auto,
}

/// A sweep.
#[derive(Clone, Debug)]
pub struct Config {
    /// Whom to probe, in order. One that comes twice is two.
    pub hosts: Arc<[Peer]>,
    /// How often.
    pub mode: Mode,
    /// Time between any two probes.
    pub spacing: Spacing,
    /// Whether second and later attempts keep the spacing, too. fping's leave the moment the one before is given up, so that
    /// a network of dead hosts is done sooner; a rate that was asked for is kept by all of them.
    pub space_retries: bool,
    /// Time between two probes to one host ([`Mode::Count`], [`Mode::Loop`]).
    pub period: Duration,
    /// After how long a probe is given up (of the first attempt).
    pub timeout: Duration,
    /// Echo or timestamp.
    pub exchange: Exchange,
    /// Payload bytes behind the ICMP header.
    pub size: usize,
    /// What they are.
    pub pattern: Pattern,
    /// Whether only the address that was asked may answer. If not, a reply that carries the probe's token counts, wherever
    /// it comes from.
    pub check_source: bool,
    /// Whether a late reply is an answer: makes a host alive that had been given up, and enters the round-trip statistics.
    /// If not, it is told and counted as late and no more.
    pub late_counts: bool,
    /// End once so many hosts are alive.
    pub enough_alive: Option<u64>,
    /// Keep a histogram for each host (36 kB) and one for all.
    pub percentiles: bool,
    /// Keep each probe's round-trip time ([`Mode::Count`]; 8 bytes each).
    pub keep_times: bool,
    /// Keep figures of the current interval for each host.
    pub intervals: bool,
    /// Make notes of all replies and losses. If not, of what makes a host alive or unreachable only; errors and probes
    /// that could not be sent are told anyway.
    pub note_all: bool,
    /// Keys the tokens; random for each run.
    pub token_key: [u8; 16],
}

impl Config {
    /// Are these hosts alive? With the defaults of fping: 10 ms between two probes, 500 ms and four attempts for each host.
    #[must_use]
    pub fn new(hosts: Vec<Peer>, token_key: [u8; 16]) -> Self {
        Config {
            hosts: hosts.into(),
            mode: Mode::Alive { attempts: 4, backoff: 1.5 },
            spacing: Spacing::Fixed(Duration::from_millis(10)),
            space_retries: false,
            period: Duration::from_secs(1),
            timeout: Duration::from_millis(500),
            exchange: Exchange::Echo,
            size: 56,
            pattern: Pattern::Bytes(vec![0]),
            check_source: false,
            late_counts: true,
            enough_alive: None,
            percentiles: false,
            keep_times: false,
            intervals: false,
            note_all: true,
            token_key,
        }
    }
}
