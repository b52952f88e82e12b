//! What a check tells: the plugin line with its performance data, JSON Lines, and a Prometheus textfile.
//!
//! Each is made from plain [`Checked`] values after the run, so that every line can be tested as a string. The plugin line
//! has three shapes: our own, the one of `check_icmp` 2.4, and the one of `check_ping`.

mod details;
mod figure;
mod icmp_plugin;
mod json;
mod perfdata;
mod ping_plugin;
mod plugin;
mod textfile;
mod unreachable;

#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::time::Duration;

use crate::check::{Figures, Method, Samples, State, Threshold, Verdict};
use crate::clock::WallTime;

pub use details::details;
pub use icmp_plugin::{Modes, first_answer, icmp_line};
pub use json::Json;
pub use ping_plugin::ping_line;
pub use plugin::line;
pub use textfile::textfile;

/// One host, checked.
#[derive(Clone, Debug)]
pub struct Checked {
    /// As typed.
    pub target: String,
    /// What it is called in lines and labels.
    pub name: String,
    /// Where probes went; `None` where no address was found.
    pub address: Option<IpAddr>,
    /// The interface of a link-local address.
    pub zone: Option<String>,
    /// What was asked.
    pub method: Method,
    /// When the verdict was made.
    pub at: WallTime,
    /// How long the check took.
    pub took: Duration,
    /// What was observed.
    pub samples: Samples,
    /// What that comes to.
    pub figures: Figures,
    /// What was allowed.
    pub thresholds: Vec<Threshold>,
    /// What follows.
    pub verdict: Verdict,
    /// Why it could not be probed: its name did not resolve, its family is not to be had.
    pub problem: Option<String>,
    /// What made an end before the end: "interrupted by SIGTERM", "the deadline".
    pub cut: Option<String>,
}

/// The verdict on something that was not probed.
#[must_use]
pub fn not_probed(thresholds: &[Threshold], state: State) -> Verdict {
    let finding = crate::check::Finding { value: None, state: State::Unknown };
    Verdict { state, findings: vec![finding; thresholds.len()], reason: None }
}
