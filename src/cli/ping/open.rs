//! What needs privilege, done first; then privilege is given up for good.
//!
//! Sockets of the families that may be needed, with mark and device; the capture file, opened as the caller and not as
//! the owner of a setuid binary; then ids and capabilities of the only thread there is. Names are resolved after that.

use std::fs::File;

use super::plan::Plan;
use crate::cli::Refusal;
use crate::cli::route::scope_sources;
use crate::cli::sandbox::{RPING, Sandbox};
use crate::net::icmp::Sockets;
use crate::sys::errno::Errno;

/// What is open when privilege is gone.
pub(super) struct Opened {
    pub(super) sockets: Sockets,
    pub(super) capture: Option<File>,
}

/// Opens all that the plan needs.
///
/// # Errors
/// One line on what cannot be had.
pub(super) fn open(plan: &mut Plan, name: &str) -> Result<Opened, Refusal> {
    scope_sources(&mut plan.sockets);
    let sockets = Sockets::open(&plan.sockets).map_err(|error| Refusal::new(error.to_string()))?;
    let capture = plan
        .output
        .pcapng
        .as_ref()
        .map(|path| File::create(path).map_err(|error| Refusal::of("--pcapng", path, Errno::from(error))));
    let capture = capture.transpose()?;
    RPING.close(Sandbox { name, off: plan.no_sandbox, verbose: plan.output.verbose }, None)?;
    Ok(Opened { sockets, capture })
}
