//! The link layer: frames through a packet socket on one interface.
//!
//! [`LinkSocket`] is such a socket that outlives its interface: one that goes down or is taken away is waited for by its
//! name. Everything of rlink stands on it.

mod refusal;
mod socket;

pub use refusal::LinkError;
pub use socket::{LinkOptions, LinkSocket, Presence};
