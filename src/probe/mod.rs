//! Probing without sockets or clocks: the trait of all measurements, the one loop, and what every machine needs.
//!
//! [`Machine`] is a measurement, [`Drive`] turns it on a network. [`table`] holds the probes in flight; [`pacer`] says when
//! the next is due, [`payload`] and [`token`] what it carries. Of what is heard, [`book`] says from which target, [`best`]
//! about which probe, [`reply`] of what kind, [`times`] after how long; [`patience`] and [`held`] let it wait for a stamp,
//! [`far`] reads the other clock. [`counters`] add up what became of all, [`mtu`] is the search for a path's largest packet.

mod alarm;
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
