//! Checks on a simulated network in virtual time: what is lost and when, how a run ends, and the verdict that follows.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::expect_used)]

#[path = "../simulated/mod.rs"]
mod simulated;

mod bed;
mod outcomes;
mod waits;
