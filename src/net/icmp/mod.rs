//! The kernel's ICMP sockets as a network: raw sockets where this process may open them, ping sockets where not.
//!
//! Both families and both kinds of socket are one code path; what differs between them is in `header` (what we write),
//! `hear` (what we read) and `open` (what we may). [`Sockets::open`] does everything that needs privilege and nothing
//! that needs a target, so that a command can give its privilege up before it reads a name.

mod bell;
mod header;
mod hear;
mod network;
mod open;
mod protocol;

pub use super::socket::{HeaderInclude, Names, OpenError, Options, SocketChoice, SocketKind, Stages};
pub(in crate::net) use hear::Listener;
pub use network::IcmpNet;
pub use open::Sockets;
pub(super) use protocol::without_kernel;
