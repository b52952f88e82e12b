//! What the fuzz targets and the corpus test run of this floor: readers of what the network sends.
//!
//! Each returns whether what it read keeps the floor's promises: every slice lies within the input, and nobody's numbers
//! are told. Callers assert that; nothing here panics by itself.

mod answers;
mod far;
mod frames;
mod packets;
mod script;

use super::{Event, Trouble};

#[cfg(test)]
pub(in crate::net) use answers::header_v4;
pub use far::Far;
pub use frames::{Frames, INTERFACE, US};
pub use packets::Packets;
pub use script::Script;

/// What a socket of UDP or TCP probes hears, by every method, family and kind of socket.
#[must_use]
pub fn hops(data: &[u8]) -> bool {
    super::hops::hear_all(data, &mut |event| within_input(data, event))
}

fn within_input(data: &[u8], event: &Event<'_>) -> bool {
    let within = |inner: &[u8]| {
        let (outer, inner_range) = (data.as_ptr_range(), inner.as_ptr_range());
        inner.is_empty() || (outer.start <= inner_range.start && inner_range.end <= outer.end)
    };
    match event {
        Event::Error(t) | Event::Redirect { about: t, .. } => trouble(t, &within),
        Event::Reached(r) => within(r.tcp) && within(r.payload) && r.claim.flow.is_some(),
        Event::Foreign { .. } | Event::Local { .. } => true,
        Event::Answer(_) | Event::Stamp { .. } | Event::Dropped { .. } | Event::Stepped { .. } => false,
        Event::Frame(_) | Event::Link(_) => false,
    }
}

fn trouble(t: &Trouble<'_>, within: &dyn Fn(&[u8]) -> bool) -> bool {
    let quoted = t.quote.is_none_or(|quote| quote.src_port.is_some());
    within(t.quoted_payload) && within(t.packet) && t.extensions.is_none_or(within) && t.claim.flow.is_some() && quoted
}
