//! Saying that an interface went, and that it is back: on stderr for people, as an event for programs. And that frames
//! came too fast, which the figures at the end count.

use std::io;

use crate::cli::conduct::Conductor;
use crate::net::packet::Presence;
use crate::report::TimeOfDay;
use crate::report::link::{FrameReport, LinkState, state_text};
use crate::sys::clock::wall_now;
use crate::sys::link::Link;

/// Tells of a change.
///
/// # Errors
/// The report's writer's.
pub(super) fn tell_presence(
    conductor: Conductor<'_>,
    report: &mut FrameReport<'_>,
    link: &Link,
    presence: Presence,
) -> io::Result<()> {
    let state = match presence {
        Presence::Up => LinkState::Up,
        Presence::Down => LinkState::Down,
        Presence::Gone => LinkState::Gone,
    };
    let at = wall_now();
    conductor.say(&state_text(&link.name, state, at));
    report.state(state, at)
}

/// Says that our own socket had no room.
pub(super) fn tell_dropped(conductor: Conductor<'_>, more: u64) {
    let at = TimeOfDay(wall_now());
    conductor.say(&format!("{at} {more} frames dropped by the kernel: they came faster than they were read"));
}
