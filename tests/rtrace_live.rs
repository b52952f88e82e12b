//! rtrace from the outside: the real binary on the real kernel, in front of a simulated network and over a chain of real
//! routers, its JSON and text held against the scenario, the responder's record and captured bytes.
//!
//! Every run with `--json` goes through [`bed::Heard`], which holds each line against `schema/events.json` and each
//! summary against the equations of the counters and against the hops before it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod lab;
mod told;

#[path = "rtrace_live/bed.rs"]
mod bed;

#[path = "rtrace_live/bytes.rs"]
mod bytes;
#[path = "rtrace_live/company.rs"]
mod company;
#[path = "rtrace_live/ends.rs"]
mod ends;
#[path = "rtrace_live/habits.rs"]
mod habits;
#[path = "rtrace_live/lies.rs"]
mod lies;
#[path = "rtrace_live/methods.rs"]
mod methods;
#[path = "rtrace_live/mtu.rs"]
mod mtu;
#[path = "rtrace_live/origins.rs"]
mod origins;
#[path = "rtrace_live/peers.rs"]
mod peers;
