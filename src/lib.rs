//! Network probing for Linux: is it there, how far is it, where does it break?
//!
//! The measuring logic never touches a socket or a clock. A measurement is a *machine*: a plain value that is asked what
//! to do now and told what was heard. One loop, [`probe::Drive`], connects any machine to any [`net::Network`] and its
//! clock, so that all of it runs in tests in virtual time and without privilege.
//!
//! # Floors
//!
//! A file imports only from floors below its own, or from its own folder. `tests/layers.rs` reads every `use crate::`
//! and fails on one that points up.
//!
//! | floor | where | what lives there |
//! |---|---|---|
//! | 7 | `bin/*.rs`, [`cli`] | arguments, exit codes, signals, colour |
//! | 6 | [`report`] | text, JSON Lines, CSV, pcapng: each writes to a `dyn Write` and knows no flags |
//! | 5b | [`check`], [`link`] | machines made of the machines of 5a |
//! | 5a | [`ping`], [`trace`], [`sweep`] | the tools as machines; they do not import each other |
//! | 4 | [`stats`] | running moments, histogram, loss runs, reordering: numbers of outcomes |
//! | 3 | [`probe`] | the `Machine` trait, the table of probes in flight, pacer, token, MTU search, and the one loop |
//! | 2 | [`net`], [`names`] | ways to reach a host; what this process may open; name look-ups |
//! | 1 | [`wire`] | bytes and meaning: check once, then never panic; no I/O |
//! | 1 | [`sys`] | the kernel; the only `unsafe` in the crate |
//! | 0 | [`units`], [`clock`], [`duration`] | checked newtypes, stamps with their source, durations as users write them |
//!
//! The way of one probe, down and up: `cli` builds a [`ping::Session`]; `Drive` lets it fill a batch; `net` writes headers
//! with `wire` and sends through `sys`; stamps, replies and errors come back through `sys`; `wire` parses them, `net` makes
//! [`net::Event`]s, `Drive` hands those to the session; the session settles outcomes as notes; `stats` and `report` see those.
//!
//! Where a comment leans on what the kernel does it says so as `lab_kernel 7`: the fact of that number in
//! `tests/lab_kernel.rs`, which is tested on the kernel that runs.

#[cfg(not(target_os = "linux"))]
compile_error!("rprobe speaks to the Linux kernel (error queues, SO_TIMESTAMPING); other systems are not supported");

pub mod clock;
pub mod duration;
pub mod units;

#[allow(unsafe_code)] // floor 1 alone speaks to the kernel
pub mod sys;
pub mod wire;

pub mod names;
pub mod net;

pub mod probe;

pub mod stats;

pub mod ping;
pub mod sweep;
pub mod trace;

pub mod check;

pub mod link;

pub mod report;

#[cfg(feature = "cli")]
pub mod cli;
