//! A way to reach hosts where nothing is kept of a probe: senders for several threads, and one ear for all of them.
//!
//! What a [`Network`](super::Network) does for probes with state, this does for probes that are all alike: whole batches
//! from a template, no stamps of departure, no key. Where every target leaves by one Ethernet next hop, frames are written
//! here and given straight to the driver; else the kernel routes each packet. [`ScanSockets::open`] does what needs
//! privilege, [`ScanSockets::into_scan`] what needs the targets, as everywhere.

mod lane;
mod neighbour;
mod open;
mod path;
mod ring;
mod sender;
mod template;
mod way;

use std::io;

use super::Event;
use crate::clock::{BootTime, Now};
use crate::sys::errno::Errno;

pub use open::{Scan, ScanOptions, ScanSockets};
pub use path::Path;
pub use sender::{Ear, Sender};
pub use template::{Ask, HEAD_LEN};
pub use way::{Range, Why};

/// Why a sender stopped before the end of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halt {
    /// The kernel has no room now for the next probe; later it may have.
    NoRoom {
        /// Whether the neighbour table may be what is full: targets are on the link.
        neighbours: bool,
    },
    /// The kernel refuses the next probe.
    Refused(Errno),
}

/// Sends probes: one thread's hands.
pub trait Sending {
    /// The clock that probes carry.
    fn now(&mut self) -> BootTime;

    /// Sends in order; how many the kernel took, and why it took no more.
    fn send(&mut self, asks: &[Ask]) -> (usize, Option<Halt>);
}

/// Hears what comes back to all senders.
pub trait Hearing {
    /// Gives what has arrived; never blocks. Returns whether more waits.
    ///
    /// # Errors
    /// When a socket is broken for good.
    fn take(&mut self, hear: &mut dyn FnMut(Now, &Event<'_>)) -> io::Result<bool>;

    /// Tells what the kernel's counters know of drops.
    fn account(&mut self, hear: &mut dyn FnMut(Now, &Event<'_>));

    /// How full the receive buffer is, in thousandths.
    fn fill(&mut self) -> u32;
}
