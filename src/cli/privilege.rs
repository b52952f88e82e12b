//! The end of privilege: once the sockets are open nothing needs any, and it is given up for good.

use super::Refusal;
use crate::sys::caps;

/// Gives up the ids of a setuid binary and every capability. To be called before threads are started and names resolved.
///
/// # Errors
/// One line, where something would be left.
pub(super) fn give_up() -> Result<(), Refusal> {
    let given_up = caps::drop_setuid_for_good().and_then(|()| caps::drop_all());
    given_up.map_err(|error| Refusal::io("cannot give up privileges", &error))
}
