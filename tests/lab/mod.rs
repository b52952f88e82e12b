//! The test bed: real kernels in network namespaces, and a responder that simulates a whole faulty network.
//!
//! A test opens it with `let Some(lab) = lab::start!() else { return };`, makes hosts and cables
//! ([`Lab::pair`], [`Lab::chain`], [`Lab::bridge`], [`Lab::host`]), puts one of them in front of a simulated network
//! ([`Lab::simulate`]), runs commands inside ([`Host::command`]) and looks at what passed ([`Host::capture`],
//! [`Responder::log`]). Everything goes away when the values are dropped, also after a panic.
//!
//! It is the independent side of every comparison and uses nothing of `rprobe`. Traffic never leaves the namespaces.
// Each test binary that includes this module uses a part of it.
#![allow(dead_code, unreachable_pub, unused_imports, unused_macros)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod capture;
mod chain;
mod command;
mod etc;
mod host;
mod netns;
#[path = "../skip/mod.rs"]
mod record;
pub mod responder;
mod running;
mod skip;
pub mod sys;
mod topology;

pub use capture::{Capture, Direction, Frame, Icmp};
pub use chain::{Chain, Choice};
pub use command::{Run, User};
pub use etc::{Dir, Etc};
pub use host::{Host, eventually};
pub use netns::Netns;
pub use responder::{Action, Kind, Responder, Scenario, Seen};
pub use running::{Output, Running};
pub(crate) use skip::start;
pub use skip::{Need, begin};
pub use topology::{Bridge, Lab, Pair};
