//! The fault responder: its decisions in virtual time, held against `etherparse`, and its life on a real interface,
//! held against Debian's `ping` and `fping`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod lab;

#[path = "lab_responder/packets.rs"]
mod packets;

#[path = "lab_responder/virtual_time.rs"]
mod virtual_time;

#[path = "lab_responder/rules.rs"]
mod rules;

#[path = "lab_responder/errors.rs"]
mod errors;

#[path = "lab_responder/scenario.rs"]
mod scenario;

#[path = "lab_responder/paths.rs"]
mod paths;

#[path = "lab_responder/words.rs"]
mod words;

#[path = "lab_responder/live.rs"]
mod live;
