//! The exact engine of rsweep on a simulated network in virtual time: every rule has a test here that can fail.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::expect_used)]

#[path = "../simulated/mod.rs"]
mod simulated;

mod alive;
mod bed;
mod counts;
mod many;
mod random;
mod trouble;
