//! How a sweep's text looks, and which lines it has.

use crate::report::local_time::TimeFormat;

/// Which lines are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// `is alive`, `is unreachable`.
    pub verdicts: bool,
    /// The alive by their names (`-a`).
    pub alive: bool,
    /// The unreachable by their names (`-u`).
    pub unreachable: bool,
    /// Each reply and each loss.
    pub replies: bool,
    /// No errors either (`-q`).
    pub quiet: bool,
}

/// How it looks.
#[derive(Clone, Debug)]
pub struct Style {
    /// What messages begin with.
    pub name: String,
    /// Whether every character is fping's.
    pub fping: bool,
    /// Which lines.
    pub shown: Shown,
    /// Round-trip times behind the alive (`-e`).
    pub elapsed: bool,
    /// The time before lines about replies (`-D`).
    pub timestamps: Option<TimeFormat>,
    /// Outage times in summaries (`-o`).
    pub outage: bool,
    /// Each time instead of a summary (`-C`).
    pub every_time: bool,
    /// Reports for netdata (`-N`).
    pub netdata: bool,
    /// Hop limits of replies.
    pub print_ttl: bool,
    /// TOS of replies.
    pub print_tos: bool,
    /// Destinations of replies.
    pub print_reply_dst: bool,
    /// Closing figures (`-s`).
    pub stats: bool,
    /// Percentiles in summaries.
    pub percentiles: bool,
    /// How many hosts must be alive (`-x`, `-X`).
    pub enough: Option<u64>,
}
