//! rping from the outside: the real binary on the real kernel in front of a faulty network, its figures held against the
//! scenario, the responder's record and a capture, and its text against Debian's `ping` in the same namespace.
//!
//! Every run with `--json` goes through [`bed::Heard`], which holds each line against `schema/events.json` and each
//! summary against the equations of the counters and against the events before it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod lab;
mod told;

#[path = "rping_faults/bed.rs"]
mod bed;

#[path = "rping_faults/company.rs"]
mod company;
#[path = "rping_faults/damage.rs"]
mod damage;
#[path = "rping_faults/ends.rs"]
mod ends;
#[path = "rping_faults/errors.rs"]
mod errors;
#[path = "rping_faults/fates.rs"]
mod fates;
#[path = "rping_faults/groups.rs"]
mod groups;
#[path = "rping_faults/options.rs"]
mod options;
#[path = "rping_faults/pcapng.rs"]
mod pcapng;
#[path = "rping_faults/quotes.rs"]
mod quotes;
#[path = "rping_faults/schedule.rs"]
mod schedule;
#[path = "rping_faults/strangers.rs"]
mod strangers;
#[path = "rping_faults/text.rs"]
mod text;
#[path = "rping_faults/trouble.rs"]
mod trouble;
