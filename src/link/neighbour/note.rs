//! What a run tells its owner.

use std::time::Duration;

use crate::clock::{Now, WallTime};
use crate::link::Happening;
use crate::link::ask::Claim;
use crate::probe::counters::Counters;
use crate::probe::times::Rtt;
use crate::stats::{LossRuns, RttStats};
use crate::sys::errno::Errno;
use crate::units::MacAddr;

/// What kind of answer one is. Only [`Kind::Good`] enters the round-trip statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The first to its question, in time.
    Good,
    /// The first to its question, after the time-out.
    Late,
    /// Of another station, to a question that is already answered.
    Another,
    /// Of a station that has answered this question before.
    Duplicate,
    /// To no question of ours.
    Unasked,
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answer {
    /// The question, from 1: the last one sent, for neither format numbers them. 0: none has been sent.
    pub number: u64,
    /// What it says.
    pub claim: Claim,
    /// Its kind.
    pub kind: Kind,
    /// When it came.
    pub at: WallTime,
    /// Its round-trip time.
    pub rtt: Option<Rtt>,
    /// Whether it was sent to us alone.
    pub to_us: bool,
    /// Whether several stations have this address.
    pub conflict: bool,
}

/// What a run tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Note {
    /// Somebody answered.
    Answer(Answer),
    /// Nobody answered in time.
    Lost {
        /// The question.
        number: u64,
        /// When that was known.
        at: WallTime,
    },
    /// This host did not send a question or an announcement.
    NotSent {
        /// Which.
        number: u64,
        /// When.
        at: WallTime,
        /// Why.
        errno: Errno,
    },
    /// An announcement left.
    Announced {
        /// Which, from 1.
        number: u64,
        /// When.
        at: WallTime,
    },
    /// Several stations have the address; told once for each that is new.
    Conflict {
        /// When.
        at: WallTime,
        /// All of them so far, in the order they were heard.
        stations: Vec<MacAddr>,
    },
    /// Somebody else has the address that is looked into or announced, or is about to take it.
    Taken {
        /// When.
        at: WallTime,
        /// What was said.
        claim: Claim,
    },
    /// Something befell the run.
    Happened(Happening),
    /// The wall clock was set.
    Stepped {
        /// When.
        at: WallTime,
        /// By how much.
        ns: i64,
    },
    /// Slots of the schedule that a suspend or a stopped process missed.
    Skipped {
        /// When.
        at: WallTime,
        /// How many.
        slots: u64,
    },
}

/// A station that has the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Station {
    /// Its hardware address.
    pub mac: MacAddr,
    /// How many questions it has answered.
    pub answers: u64,
    /// The last of them.
    pub(super) last: u64,
}

/// What duplicate address detection found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nobody objected.
    Free,
    /// Somebody has it, or is about to take it.
    Taken,
    /// It ended before that could be said.
    Undecided,
}

/// What a run ends with.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Questions by what became of them.
    pub counters: Counters,
    /// Of those sent, to everybody.
    pub to_all: u64,
    /// Round-trip times of good answers.
    pub rtt: RttStats,
    /// Questions in a row that nobody answered.
    pub loss_runs: LossRuns,
    /// Answers by the clock of their round-trip time: nic, kernel, kernel_rx, user.
    pub clocks: [u64; 4],
    /// Who has the address.
    pub stations: Vec<Station>,
    /// Of [`Task::Duplicate`](super::Task): what was found.
    pub verdict: Option<Verdict>,
    /// What our own socket dropped.
    pub dropped: u64,
    /// Slots that were skipped.
    pub skipped: u64,
    /// From the first question to now.
    pub took: Duration,
    /// From the first question to the last.
    pub sending: Duration,
    /// When it was made.
    pub at: Now,
}
