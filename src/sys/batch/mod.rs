//! Many packets per system call (`sendmmsg(2)`, `recvmmsg(2)`), without allocating per call.
//!
//! Both rings own their headers, addresses, control buffers and (receiving) packet memory; a call only fills in what
//! changed. Before every receive all lengths that the kernel overwrote are set again: a header that keeps the last
//! call's `msg_controllen` loses the next packet's control messages.

mod header;
mod receive;
mod send;

pub use super::ancillary::{SendControl, Stages};
pub use receive::{Queue, Received, RecvRing};
pub use send::{Outgoing, OutgoingFrame, SendRing};
