//! What a scan tells its owner.

use std::net::IpAddr;
use std::time::Duration;

use crate::clock::WallTime;
use crate::link::Happening;
use crate::probe::times::Rtt;
use crate::sys::errno::Errno;
use crate::units::MacAddr;

/// An address that somebody has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The address.
    pub addr: IpAddr,
    /// The station.
    pub mac: MacAddr,
    /// When it was heard.
    pub at: WallTime,
    /// Round-trip time, where it answered a question of ours.
    pub rtt: Option<Rtt>,
    /// Whether another station has the address, too.
    pub conflict: bool,
}

/// What a run tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// An address, or another station for it.
    Found(Found),
    /// This host did not send a question.
    NotSent {
        /// For which address; `None`: a call.
        addr: Option<IpAddr>,
        /// When.
        at: WallTime,
        /// Why.
        errno: Errno,
    },
    /// How far it is, from time to time ([`super::Config::progress`]).
    Progress(Progress),
    /// Something befell the run: a scan stands still while its interface is away.
    Happened(Happening),
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The round, from 1.
    pub round: u32,
    /// Places of it that are done.
    pub place: u32,
    /// All its places.
    pub places: u32,
    /// Addresses found.
    pub found: usize,
}

/// What a run ends with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Addresses that were swept over.
    pub addresses: u32,
    /// Questions that left.
    pub sent: u64,
    /// Questions that this host did not send.
    pub not_sent: u64,
    /// Addresses found.
    pub found: u64,
    /// Of these, with several stations.
    pub conflicts: u64,
    /// What our own socket dropped.
    pub dropped: u64,
    /// From the first question to now.
    pub took: Duration,
    /// Whether it came to its end.
    pub complete: bool,
}
