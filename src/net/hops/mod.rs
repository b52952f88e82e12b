//! UDP and TCP probes by hop limit: the network of traceroute, and of whoever asks a port whether it answers.
//!
//! With raw sockets we write the headers and see what routers saw of them; without, ordinary UDP sockets and their error
//! queues do, and TCP cannot be had. Addresses, ports and all that routers hash stay as they are for a whole flow: a
//! probe's number travels elsewhere ([`Numbering`]). ICMP probes are [`super::icmp`]'s.
//!
//! The first two octets of a UDP payload belong to the network (they balance the checksum, or hold the number): a machine
//! hands over at least two and leaves them zero. The number 0 is never used, because a UDP checksum of 0 means none.

mod every;
mod hear;
mod lines;
mod network;
mod numbers;
mod open;
mod options;
mod ports;
mod protocol;
mod sources;
mod write;

pub use super::socket::{Names, OpenError, SocketChoice, SocketKind, Stages};
pub use crate::wire::tcp::{SynOptions, flag};
pub(super) use every::{hear_all, without_kernel};
pub use network::HopNet;
pub use open::Sockets;
pub use options::{Flow, Method, Numbering, Options, Tcp};
