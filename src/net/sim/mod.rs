//! A seeded fake network that moves virtual time: every rule of measurement can be tested in it, without privilege, and a
//! week of pinging in a second.
//!
//! Time stands still but for [`Network::wait`](super::Network::wait), which jumps to the next thing that happens (and for
//! what a send is said to cost). The same seed gives the same run. What it did is in its [`Log`].
//!
//! ```
//! use std::time::Duration;
//! use rprobe::net::sim::{Act, Path, Rule, Sim};
//!
//! let sim = Sim::new(7, Path::new(Duration::from_millis(20)).loss(0.1)).rule(Rule::nth(3, Act::Lose));
//! ```

mod build;
mod cross;
mod limit;
mod log;
mod packet;
mod path;
mod plan;
mod queue;
mod rng;
mod route;
mod spoken;
mod treat;
mod world;

pub use limit::Limit;
pub use log::{Heard, Log, Record, What};
pub use path::{Act, Damage, Happening, Narrow, Path, Quote, Rule, Stamps, Stranger};
pub use route::{Balance, Quoted, Replies, Route, Router, Sockets};
pub use world::Sim;

#[cfg(test)]
mod tests;
