//! Probing without sockets or clocks: the trait of all measurements, the probes in flight, and the one loop.

pub mod best;
pub mod book;
pub mod counters;
mod drive;
pub mod far;
#[doc(hidden)]
pub mod fuzz_entry;
pub mod held;
mod machine;
pub mod mtu;
pub mod pacer;
pub mod patience;
pub mod payload;
pub mod reply;
pub mod table;
pub mod times;
pub mod token;

pub use drive::{Drive, Turn};
pub use machine::{Command, Machine, Next};

/// A target: its place in the list of targets that a machine was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TargetId(pub u32);
