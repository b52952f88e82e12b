//! What a machine refuses is a skip with its reason, never a silent pass.

use std::io::Write;

/// Records that `test` could not be run here. `tests/run` collects these lines and prints them at its end; with
/// `RPROBE_NO_SKIP=1` (in CI) a skip is a failure.
pub(crate) fn skip(test: &str, reason: &str) {
    assert!(std::env::var_os("RPROBE_NO_SKIP").is_none(), "{test} was skipped: {reason}");
    let line = format!("SKIP: {test}: {reason}\n");
    if let Some(path) = std::env::var_os("RPROBE_SKIP_LOG") {
        if let Ok(mut log) = std::fs::OpenOptions::new().append(true).create(true).open(path) {
            let _ = log.write_all(line.as_bytes());
            return;
        }
    }
    // Not eprint!: the test runner would hide it.
    let _ = std::io::stderr().write_all(line.as_bytes());
}
