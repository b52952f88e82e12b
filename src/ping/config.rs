//! What a ping session is asked to do: plain values, already checked.

use std::time::Duration;

use super::Spells;
use crate::net::{Exchange, Peer};
use crate::probe::payload::Pattern;

/// One host to probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its address.
    pub peer: Peer,
    /// Whether any unicast source may answer (broadcast and multicast destinations).
    pub group: bool,
}

/// When the next probe is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Each target every `interval`, on an absolute schedule. An interval of zero is [`Pace::Flood`].
    Interval,
    /// As fast as replies come back, or 100 a second, whichever is more. Each target has its own window of unanswered
    /// probes, which grows while all are answered and shrinks when one is not.
    Flood,
    /// At most one (or `preload`) unanswered probe at a time: the next leaves as one is answered, or after twice the usual
    /// round-trip time.
    Adaptive {
        /// Shortest time between two probes.
        floor: Duration,
    },
    /// The next leaves as the last is answered, well or badly, or `interval` after it, whatever answers took so far.
    Prompt {
        /// Shortest time between two probes.
        floor: Duration,
    },
}

/// Which probes the kernel is asked to stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamping {
    /// Every one.
    All,
    /// One in so many; round-trip statistics are made of those alone.
    Sample(u32),
    /// None: round-trip times are the process's own.
    None,
}

/// When a session ends before its count or deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// When every target has answered so many probes in a row, and none since has failed.
    Up(u32),
    /// When every target has failed to answer so many probes in a row (lost, refused by an ICMP error, or not sent), and
    /// has answered none since.
    Down(u32),
}

/// A ping session.
#[derive(Clone, Debug)]
pub struct Config {
    /// Whom to probe; side by side on one schedule.
    pub targets: Vec<Target>,
    /// Echo or timestamp.
    pub exchange: Exchange,
    /// How many flows the network has: probe *n* goes by flow (*n* − 1) modulo this. 1 for ICMP.
    pub flows: u16,
    /// Probes for each target (`None`: until stopped). With a deadline it is the number of *replies* to wait for, as
    /// `ping -c -w` has it, and sending goes on until then.
    pub count: Option<u64>,
    /// Time between two probes to one target.
    pub interval: Duration,
    /// How probes follow each other.
    pub pace: Pace,
    /// Probes sent at once at the beginning, before any reply.
    pub preload: u32,
    /// After how long an unanswered probe is lost; a reply after that is late (`None`: never).
    pub timeout: Option<Duration>,
    /// Whether the user chose `timeout`. If not, the end of a run waits only for twice the largest round-trip time seen
    /// (but at least one interval), and the whole time-out only where nothing has answered.
    pub timeout_chosen: bool,
    /// The whole run ends after this long.
    pub deadline: Option<Duration>,
    /// End early.
    pub until: Option<Until>,
    /// Payload bytes behind the ICMP header.
    pub size: usize,
    /// What they are.
    pub pattern: Pattern,
    /// Which probes are stamped by the kernel.
    pub stamping: Stamping,
    /// When they are (`None`: always). An answer that should be stamped and is not is then no part of the statistics,
    /// unless the kernel stamps none.
    pub spells: Option<Spells>,
    /// Print and count the process's own times (`-U`), not the kernel's.
    pub user_to_user: bool,
    /// Wait at the end of the run for all who may answer for a group, and not only for the first (`ping` goes at once).
    pub wait_for_all: bool,
    /// Keep a histogram for percentiles.
    pub percentiles: bool,
    /// Make a note when a probe is sent (the dots of a flood).
    pub note_sent: bool,
    /// Make a note when the next probe is sent and the last is unanswered (`-O`).
    pub note_unanswered: bool,
    /// Make a note of each reply and each loss. A quiet flood needs neither; statistics are kept all the same, and errors
    /// and probes that could not be sent are told anyway.
    pub note_replies: bool,
    /// Make notes with whole packets (`--pcapng`).
    pub capture: bool,
    /// Keys the tokens; random for each run.
    pub token_key: [u8; 16],
}

impl Config {
    /// Echo to these targets once a second without end, as `ping` does.
    #[must_use]
    pub fn new(targets: Vec<Target>, token_key: [u8; 16]) -> Self {
        Config {
            targets,
            exchange: Exchange::Echo,
            flows: 1,
            count: None,
            interval: Duration::from_secs(1),
            pace: Pace::Interval,
            preload: 1,
            timeout: Some(Duration::from_secs(10)),
            timeout_chosen: false,
            deadline: None,
            until: None,
            size: 56,
            pattern: Pattern::Counting,
            stamping: Stamping::All,
            spells: None,
            user_to_user: false,
            wait_for_all: false,
            percentiles: false,
            note_sent: false,
            note_unanswered: false,
            note_replies: true,
            capture: false,
            token_key,
        }
    }

    /// The flow that a probe goes by.
    #[must_use]
    pub fn flow_of(&self, number: u64) -> u16 {
        // Mostly there is one, and a division takes its time.
        if self.flows <= 1 {
            return 0;
        }
        // Less than `flows`.
        (number.saturating_sub(1) % u64::from(self.flows)) as u16
    }
}
