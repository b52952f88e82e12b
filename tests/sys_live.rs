//! The kernel floor on the live kernel: what `sys` says is held against what `nix` says and against what was sent.
//!
//! Every test runs in a network namespace of its own, where nothing but loopback exists. Where this machine does not
//! allow that, the test is a skip with its reason.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "sys_live/bed.rs"]
mod bed;

#[path = "sys_live/batches.rs"]
mod batches;
#[path = "sys_live/errors.rs"]
mod errors;
#[path = "sys_live/filters.rs"]
mod filters;
#[path = "sys_live/options.rs"]
mod options;
#[path = "sys_live/oracle.rs"]
mod oracle;
#[path = "sys_live/privilege.rs"]
mod privilege;
#[path = "sys_live/sandbox.rs"]
mod sandbox;
#[path = "sys_live/stamps.rs"]
mod stamps;
