//! What a simulated network really did, for tests to compare with what a machine believes.

use crate::clock::{BootTime, Now};
use crate::net::{Key, Peer};
use crate::units::{Seq, Ttl};

/// One probe as the network saw it.
#[derive(Clone, Debug)]
pub struct Record {
    /// The machine's name for it.
    pub key: Key,
    /// Whom it went to.
    pub to: Peer,
    /// Its place among the probes to that address, from 1.
    pub nth: u64,
    /// Its sequence number.
    pub seq: Seq,
    /// Its hop limit, where it had one of its own.
    pub ttl: Option<Ttl>,
    /// When it was given to the network.
    pub at: Now,
    /// Whether it was refused, at once or later.
    pub refused: bool,
    /// What came back and was taken by the machine, in order.
    pub heard: Vec<Heard>,
}

/// What came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    /// When it arrived.
    pub arrived: BootTime,
    /// When it was read.
    pub read: BootTime,
    /// What it was.
    pub what: What,
}

/// A kind of packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The probe's own reply.
    Reply,
    /// Its reply, damaged.
    Damaged,
    /// Its reply, from another address.
    WrongSource,
    /// An error about it.
    Error,
    /// An error that pretends to be about it and quotes what was not sent ([`super::Quote::WrongToken`] and
    /// [`super::Quote::WrongChecksum`]).
    FalseError,
    /// A redirect about it.
    Redirect,
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub struct Log {
    /// Every probe, in order.
    pub probes: Vec<Record>,
    /// Strangers' packets that were taken.
    pub strangers: u64,
    /// When arrivals were asked to be stamped, and when no more.
    pub stamping: Vec<(BootTime, bool)>,
    /// Packets and stamps that found the receive buffer full, or that were dropped on purpose.
    pub dropped: u64,
}
