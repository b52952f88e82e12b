//! What befalls a run on a link, whatever it asks: its interface goes and comes, its socket has no room.

use crate::clock::{Now, WallTime};
use crate::net::Event;
use crate::net::packet::Presence;

/// Something that befell a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Happening {
    /// When.
    pub at: WallTime,
    /// What.
    pub what: What,
}

/// What may befall one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The interface went, or came back.
    Link(Presence),
    /// Our own socket had no room for so many frames.
    Dropped(u64),
}

impl Happening {
    /// What an event says of this kind.
    pub(super) fn of(now: Now, event: &Event<'_>) -> Option<Happening> {
        let what = match event {
            Event::Link(presence) => What::Link(*presence),
            Event::Dropped { more } => What::Dropped(*more),
            _ => return None,
        };
        Some(Happening { at: now.wall, what })
    }
}
