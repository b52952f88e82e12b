//! Privilege given up for good, once what needs it is open.

use super::Refusal;
use crate::sys::caps;
use crate::sys::errno::Errno;

/// Gives up the owner's ids of a setuid binary and all capabilities of the only thread there is.
///
/// # Errors
/// One line, where the kernel lets nobody do that: going on would be wrong.
pub(super) fn give_up() -> Result<(), Refusal> {
    let given_up = caps::drop_setuid_for_good().and_then(|()| caps::drop_all());
    given_up.map_err(|error| Refusal::new(format!("cannot give up privileges: {}", Errno::from(error))))
}
