//! The link layer: frames through a packet socket on one interface.
//!
//! [`LinkSocket`] is such a socket that outlives its interface: one that goes down or is taken away is waited for by its
//! name. Everything of rlink stands on it. [`EchoNet`] is echo by MAC address, a member of [`Network`](super::Network).

mod hear;
mod network;
mod open;
mod refusal;
mod socket;

pub use network::EchoNet;
pub use open::{EchoOptions, EchoSocket};
pub use refusal::LinkError;
pub use socket::{LinkOptions, LinkSocket, Presence, is_absence};
