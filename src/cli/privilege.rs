//! Privilege given up for good, once what needs it is open.

use super::Refusal;
use super::operand::is_link_local;
use crate::net::icmp::Options;
use crate::sys::errno::Errno;
use crate::sys::{caps, interfaces};

/// Gives up the owner's ids of a setuid binary and all capabilities of the only thread there is.
///
/// # Errors
/// One line, where the kernel lets nobody do that: going on would be wrong.
pub(super) fn give_up() -> Result<(), Refusal> {
    let given_up = caps::drop_setuid_for_good().and_then(|()| caps::drop_all());
    given_up.map_err(|error| Refusal::new(format!("cannot give up privileges: {}", Errno::from(error))))
}

/// A link-local source belongs to the interface that was named with it.
pub(super) fn scope_sources(options: &mut Options) {
    let Some(index) = options.device.as_deref().and_then(interfaces::index_of) else { return };
    for source in &mut options.sources {
        if is_link_local(source.addr) {
            source.scope = index;
        }
    }
}
