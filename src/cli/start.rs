//! How a command begins, whichever it is: by what name it was called, and as whom it acts.

use std::ffi::OsString;
use std::io::{self, Write};

use super::{Exit, Invocation, Refusal};
use crate::sys::caps;

/// The `main` of the command `own`, which may be called by the names of these peers: does what it is told, and tells the
/// shell how it ended.
pub(super) fn main(
    words: Vec<OsString>,
    own: &'static str,
    peers: &[&'static str],
    obey: impl FnOnce(Vec<OsString>, Invocation) -> Result<Exit, Refusal>,
) -> u8 {
    let invocation = Invocation::of(words.first().map(OsString::as_os_str), own, peers);
    let name = invocation.name.clone();
    let exit = obey(words, invocation).unwrap_or_else(|refusal| {
        // Where stderr fails as well there is nobody left to tell.
        let _ = writeln!(io::stderr(), "{name}: {refusal}");
        Exit::Trouble
    });
    exit.into()
}

/// A setuid binary is its caller from here on, but for the opening of sockets.
///
/// # Errors
/// One line, where the system refuses.
pub(super) fn act_as_caller() -> Result<(), Refusal> {
    caps::effective_ids_to_caller().map_err(|error| Refusal::new(format!("cannot act as the caller: {error}")))
}
