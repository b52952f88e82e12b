//! rsweep from the outside: the real binary on the real kernel, in front of many hosts and of a faulty network, held against
//! the scenario, against the events' own equations, and beside Debian's `fping` in the same namespace.
//!
//! | file | about |
//! |---|---|
//! | `fates.rs` | dead, slow, lossy, erring, duplicating hosts, and answers from elsewhere |
//! | `fping.rs` | fping's command line, option by option, beside the real one |
//! | `lists.rs` | files, standard input, blocks, sets, orders; what is written |
//! | `options.rs` | marks, interfaces, far clocks, and an early end |
//! | `company.rs` | many hosts, several sweeps at once, signals at any moment, no privilege |
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod lab;
mod told;

#[path = "rsweep_live/bed.rs"]
mod bed;
#[path = "rsweep_live/company.rs"]
mod company;
#[path = "rsweep_live/fates.rs"]
mod fates;
#[path = "rsweep_live/fping.rs"]
mod fping;
#[path = "rsweep_live/lists.rs"]
mod lists;
#[path = "rsweep_live/options.rs"]
mod options;
