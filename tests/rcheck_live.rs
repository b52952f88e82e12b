//! rcheck from the outside: the real binary on real kernels and in front of a faulty network, its performance data read by
//! a parser of its own, its events held against `schema/events.json`, and its verdicts against Debian's plugins.
//!
//! | file | about |
//! |---|---|
//! | `verdicts.rs` | metrics, thresholds and several hosts on a true network |
//! | `loss.rs` | loss by the firewall and by the fault responder, duplicates, reordering, lies |
//! | `down.rs` | silence, every ICMP error, a host without a route |
//! | `ends.rs` | deadlines and signals, while probing and while looking names up |
//! | `names.rs` | names that do not resolve |
//! | `outputs.rs` | JSON, the textfile, `-v`, readers that leave |
//! | `many.rs` | 500 hosts in one run |
//! | `privilege.rs` | with and without, and what is left of it |
//! | `hops.rs`, `pmtu.rs` | distances, narrow paths |
//! | `ports.rs` | TCP handshakes and UDP, with privilege and without |
//! | `plugins.rs`, `comparison.rs` | the scenarios of `check_icmp` and `check_ping`, side by side |
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, unreachable_pub)]

mod lab;
mod told;

#[path = "rcheck_live/bed.rs"]
mod bed;
#[path = "rcheck_live/comparison.rs"]
mod comparison;
#[path = "rping_local/dns.rs"]
#[allow(dead_code)]
mod dns;
#[path = "man/examples.rs"]
#[allow(dead_code)]
mod examples;
#[path = "rcheck_live/perfdata.rs"]
mod perfdata;

#[path = "rcheck_live/down.rs"]
mod down;
#[path = "rcheck_live/ends.rs"]
mod ends;
#[path = "rcheck_live/hops.rs"]
mod hops;
#[path = "rcheck_live/loss.rs"]
mod loss;
#[path = "rcheck_live/many.rs"]
mod many;
#[path = "rcheck_live/names.rs"]
mod names;
#[path = "rcheck_live/outputs.rs"]
mod outputs;
#[path = "rcheck_live/plugins.rs"]
mod plugins;
#[path = "rcheck_live/pmtu.rs"]
mod pmtu;
#[path = "rcheck_live/ports.rs"]
mod ports;
#[path = "rcheck_live/privilege.rs"]
mod privilege;
#[path = "rcheck_live/verdicts.rs"]
mod verdicts;
