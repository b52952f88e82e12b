//! The fault responder: a whole simulated network that answers probes as a scenario file says.
//!
//! [`Scenario`] is the file (documented in `tests/scenarios/README.md`), [`Network`] decides without clock or socket,
//! [`Responder`] runs it on the interface `net0` of a host and keeps a record ([`Seen`]) for tests to compare with.
//! MPLS labels, NAT and flow hashing will join `message.rs`, `network.rs` and [`scenario::Hop`] when a tool needs them.

mod faults;
mod fragments;
mod live;
mod log;
mod message;
mod neighbour;
mod network;
mod options;
pub mod packet;
mod plan;
mod probe;
pub mod scenario;
pub mod values;

pub use live::{Carrier, Responder};
pub use log::{Action, Kind, Record, Seen};
pub use network::{Due, Network};
pub use scenario::Scenario;
