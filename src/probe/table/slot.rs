//! One probe as the table keeps it: 96 bytes, for there may be a million.

use super::list::NONE;
use crate::clock::{BootTime, Epoch, Now, Stage, WallTime};
use crate::probe::token::TOKEN_LEN;
use crate::units::Seq;

/// A stamp that has not come.
pub(super) const UNSTAMPED: i64 = i64::MIN;

/// What became of a probe that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing yet.
    Flying,
    /// Answered in time.
    Replied,
    /// Answered after the time-out.
    Late,
    /// Answered by an ICMP error.
    Error,
    /// Not answered in time.
    Lost,
}

impl State {
    /// Whether a reply has come, which no later event changes.
    #[must_use]
    pub fn answered(self) -> bool {
        matches!(self, State::Replied | State::Late)
    }

    /// Whether nothing at all has come: neither a reply nor an error.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, State::Flying | State::Lost)
    }
}

/// One probe.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    pub(super) number: u64,
    pub(super) token: [u8; TOKEN_LEN],
    pub(super) sent_boot: BootTime,
    pub(super) sent_wall: WallTime,
    pub(super) settled: BootTime,
    pub(super) stamps: [i64; 3],
    pub(super) sent_epoch: Epoch,
    pub(super) target: u32,
    pub(super) generation: u32,
    pub(super) older: u32,
    pub(super) prev: u32,
    pub(super) next: u32,
    pub(super) checksum: u16,
    pub(super) state: State,
    pub(super) checksum_known: bool,
    pub(super) stamp_wanted: bool,
    pub(super) window: bool,
}

impl Slot {
    pub(super) fn new(target: u32, number: u64, token: [u8; TOKEN_LEN], now: Now, stamp_wanted: bool) -> Self {
        Slot {
            number,
            token,
            sent_boot: now.boot,
            sent_wall: now.wall,
            settled: now.boot,
            stamps: [UNSTAMPED; 3],
            sent_epoch: now.epoch,
            target,
            generation: 0,
            older: NONE,
            prev: NONE,
            next: NONE,
            checksum: 0,
            state: State::Flying,
            checksum_known: false,
            stamp_wanted,
            window: false,
        }
    }

    /// Its number, from 1.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Its target.
    #[must_use]
    pub fn target(&self) -> u32 {
        self.target
    }

    /// Its token.
    #[must_use]
    pub fn token(&self) -> &[u8; TOKEN_LEN] {
        &self.token
    }

    /// When it was sent by our own clocks.
    #[must_use]
    pub fn sent(&self) -> Now {
        Now { boot: self.sent_boot, wall: self.sent_wall, epoch: self.sent_epoch }
    }

    /// Its ICMP checksum on the wire, where known.
    #[must_use]
    pub fn checksum(&self) -> Option<u16> {
        self.checksum_known.then_some(self.checksum)
    }

    /// When the kernel or the card stamped its departure.
    #[must_use]
    pub fn stamp(&self, stage: Stage) -> Option<WallTime> {
        let ns = self.stamps[stage as usize];
        (ns != UNSTAMPED).then_some(WallTime::from_ns(ns))
    }

    /// Whether the kernel was asked for a stamp.
    #[must_use]
    pub fn stamp_wanted(&self) -> bool {
        self.stamp_wanted
    }

    /// What became of it.
    #[must_use]
    pub fn state(&self) -> State {
        self.state
    }

    /// Whether it holds a place in its target's window of unanswered probes.
    #[must_use]
    pub fn in_window(&self) -> bool {
        self.window
    }

    /// Its sequence number on the wire.
    #[must_use]
    pub fn seq(&self) -> Seq {
        Seq::of_number(self.number)
    }
}
