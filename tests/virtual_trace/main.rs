//! Trace on a simulated network in virtual time: every rule of it has a test here that can fail.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::expect_used)]

mod bed;
mod paths;
mod times;
