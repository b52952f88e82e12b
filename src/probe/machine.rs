//! A measurement as a plain value: asked what to do now, told what was heard, never touching a socket or a clock.
//!
//! Whoever turns it owns time: the same machine runs on a kernel and on a simulated network in virtual time.

use crate::clock::{BootTime, Now};
use crate::net::{Batch, Event, Key, NotSent, SentAt};

/// When a machine wants to be asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// At this time at the latest: a probe is due, or one times out.
    At(BootTime),
    /// When something has been heard or commanded.
    Idle,
    /// Never: everything is settled.
    Done,
}

impl Next {
    /// The earlier of two wishes.
    #[must_use]
    pub fn sooner(self, other: Next) -> Next {
        match (self, other) {
            (Next::At(a), Next::At(b)) => Next::At(a.min(b)),
            (Next::At(a), _) | (_, Next::At(a)) => Next::At(a),
            (Next::Done, Next::Done) => Next::Done,
            _ => Next::Idle,
        }
    }
}

/// What an owner may tell any machine of this crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// End now, with what is known.
    Stop,
}

/// A measurement.
pub trait Machine {
    /// What it tells its owner, one at a time and in order.
    type Note;
    /// What its owner may tell it.
    type Command;

    /// Settles what has timed out by `now`, appends the probes that are due, and says when to ask again.
    fn fill(&mut self, now: Now, out: &mut Batch) -> Next;

    /// How the sending of one probe of the last batch went. Called for each, in order, before anything is heard.
    fn sent(&mut self, now: Now, key: Key, how: Result<SentAt, NotSent>);

    /// Something was heard. After [`Next::Done`] this may still be what the kernel's counters say of packets dropped.
    fn heard(&mut self, now: Now, event: &Event<'_>);

    /// Whether arrivals must be stamped from now on, where that can be switched.
    fn wants_stamps(&self) -> bool {
        true
    }

    /// Its owner wants something.
    fn command(&mut self, now: Now, command: Self::Command);

    /// Hands over the notes made since the last call.
    fn notes(&mut self, tell: &mut dyn FnMut(&Self::Note));
}
