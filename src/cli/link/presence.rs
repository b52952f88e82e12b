//! Saying that an interface went, and that it is back: on stderr for people, as an event for programs.

use std::io;

use crate::cli::conduct::Conductor;
use crate::net::packet::Presence;
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
