//! UDP and TCP probes by hop limit through chains of real router namespaces, with raw sockets and with ordinary ones.
//!
//! | file | about |
//! |---|---|
//! | `bed.rs` | a network in a host of the lab, and what it heard |
//! | `methods.rs` | every method, family and socket: each router and the target are heard, under the right number |
//! | `packets.rs` | what left, as another decoder reads it |
//! | `evidence.rs` | quotes, extensions, stamps |
//! | `company.rs` | two at once, strangers, refusals |
#![allow(clippy::unwrap_used, clippy::expect_used, unreachable_pub)]

mod lab;

#[path = "hops_live/bed.rs"]
mod bed;
#[path = "hops_live/company.rs"]
mod company;
#[path = "hops_live/evidence.rs"]
mod evidence;
#[path = "hops_live/methods.rs"]
mod methods;
#[path = "hops_live/packets.rs"]
mod packets;
