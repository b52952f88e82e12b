//! Ping on a simulated network in virtual time: every rule of measurement has a test here that can fail.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::expect_used)]

#[path = "../simulated/mod.rs"]
mod simulated;

mod bed;
mod captures;
mod clocks;
mod drive;
mod errors;
mod hostile;
mod mtu;
mod paces;
mod random;
mod replies;
mod runs;
mod strangers;
mod targets;
