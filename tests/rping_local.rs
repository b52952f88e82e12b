//! rping towards its own host, proved from the outside: the real binary in namespaces, its bytes in captures.
//!
//! | file | about |
//! |---|---|
//! | `privilege.rs` | the ways to a socket, and that nothing of a privilege is left |
//! | `limits.rs` | what ordinary users may not do, in ping's words |
//! | `header.rs` | `--hdrincl`: who fills which field of the IPv4 header |
//! | `wire.rs` | every option of the sockets, in captured bytes |
//! | `flood.rs` | what a flood leaves out of its headers, and narrow links |
//! | `places.rs` | interfaces, sources, link-local addresses, marks, broadcast |
//! | `trouble.rs` | a host that stops sending in mid-run, and recovers |
//! | `neighbours.rs` | a neighbour that does not answer, and one that comes back |
//! | `output.rs` | readers that leave, stand still, or are full |
//! | `signals.rs` | INT, QUIT, TERM, HUP, STOP and CONT |
//! | `names.rs` | resolvers that lie, hang or do not know |
//! | `exits.rs` | exit codes |
//! | `crowd.rs` | many at once |
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, unreachable_pub)]

mod lab;

#[path = "rping_local/bed.rs"]
mod bed;
#[path = "rping_local/dns.rs"]
mod dns;

#[path = "rping_local/crowd.rs"]
mod crowd;
#[path = "rping_local/exits.rs"]
mod exits;
#[path = "rping_local/flood.rs"]
mod flood;
#[path = "rping_local/header.rs"]
mod header;
#[path = "rping_local/limits.rs"]
mod limits;
#[path = "rping_local/names.rs"]
mod names;
#[path = "rping_local/neighbours.rs"]
mod neighbours;
#[path = "rping_local/output.rs"]
mod output;
#[path = "rping_local/places.rs"]
mod places;
#[path = "rping_local/privilege.rs"]
mod privilege;
#[path = "rping_local/signals.rs"]
mod signals;
#[path = "rping_local/trouble.rs"]
mod trouble;
#[path = "rping_local/wire.rs"]
mod wire;
