//! The fault responder: a whole simulated network that answers probes as a scenario file says.
//!
//! [`Scenario`] is the file (documented in `tests/scenarios/README.md`), [`Network`] decides without clock or socket,
//! [`Responder`] runs it on the interface `net0` of a host and keeps a record ([`Seen`]) for tests to compare with.
//! What a packet meets on its way is in `router.rs`, what becomes of it in `way.rs`, and who may complain in `limit.rs`.

mod extension;
mod faults;
mod fragments;
mod hosts;
mod limit;
mod live;
mod log;
mod message;
mod nat;
mod neighbour;
mod network;
mod options;
pub mod packet;
mod plan;
mod probe;
mod router;
pub mod scenario;
mod transport;
pub mod values;
mod way;

pub use live::{Carrier, Responder};
pub use log::{Action, Kind, Record, Seen};
pub use network::{Due, Network};
pub use scenario::Scenario;
