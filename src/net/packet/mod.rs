//! The link layer: frames through a packet socket on one interface.
//!
//! [`LinkSocket`] is such a socket that outlives its interface: one that goes down or is taken away is waited for by its
//! name. Everything of rlink stands on it. [`PacketNet`] makes a network of it for machines: [`EchoNet`] for echo between
//! stations, [`FramesNet`] for those that make frames of their own.

mod echo;
mod frames;
mod hear;
mod network;
mod open;
mod refusal;
mod socket;

pub use echo::{Echo, EchoNet};
pub use frames::{FramesNet, FramesOptions, FramesSocket, Whole};
pub use hear::Heard;
pub use network::{Format, PacketNet};
pub use open::{EchoOptions, EchoSocket};
pub use refusal::LinkError;
pub use socket::{LinkOptions, LinkSocket, Presence, is_absence};
