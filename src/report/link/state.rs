//! That an interface went, and that it is back.

use crate::clock::WallTime;
use crate::report::clean;
use crate::report::number::TimeOfDay;

/// How an interface stands now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// It is there again.
    Up,
    /// It is down.
    Down,
    /// It is not there.
    Gone,
}

impl LinkState {
    pub(super) const fn name(self) -> &'static str {
        match self {
            LinkState::Up => "up",
            LinkState::Down => "down",
            LinkState::Gone => "gone",
        }
    }
}

/// The line for people, without the command's name.
#[must_use]
pub fn state_text(interface: &str, state: LinkState, at: WallTime) -> String {
    let what = match state {
        LinkState::Up => "is back",
        LinkState::Down => "went down; waiting for it",
        LinkState::Gone => "is gone; waiting for it",
    };
    format!("{} {} {what}", TimeOfDay(at), clean(interface))
}
