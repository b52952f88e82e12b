//! Trace on a simulated network in virtual time: every rule of it has a test here that can fail.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::expect_used)]

#[path = "../simulated/mod.rs"]
mod simulated;

mod bed;
mod ends;
mod evidence;
mod limits;
mod many;
mod mtu;
mod numbers;
mod odd;
mod paths;
mod random;
mod times;
