//! A run from beginning to end, in the order that safety asks for: open what needs privilege, give privilege up, read the
//! lists, hear signals, resolve names, then probe.

use std::io::{self, Write};

use super::engine::{Job, exact, files};
use super::gather::gather;
use super::hosts::{Reach, hosts};
use super::plan::Plan;
use super::stateless;
use super::{Failure, code};
use crate::cli::Refusal;
use crate::cli::route::scope_sources;
use crate::cli::sandbox::{RSWEEP, Sandbox};
use crate::net::icmp::{OpenError, Sockets};
use crate::sys::clock::set_timer_slack_min;
use crate::sys::signals::Signals;

/// Probes in flight that receive buffers are made for, before it is known how many hosts there are; a buffer takes no
/// memory that is not used.
const MOST_AT_ONCE: u32 = 1 << 16;

/// Does what was planned; `name` begins messages.
///
/// # Errors
/// One line, where nothing was probed.
pub(super) fn run(mut plan: Plan, name: &str) -> Result<u8, Failure> {
    scope_sources(&mut plan.sockets);
    plan.sockets.window = MOST_AT_ONCE;
    let sockets = Sockets::open(&plan.sockets).map_err(refused)?;
    let scan = stateless::open(&plan)?;
    let lists = files(&plan)?;
    let how = Sandbox { name, off: plan.no_sandbox, verbose: plan.verbose };
    RSWEEP.close(how, None).map_err(Failure::system)?;
    // As the caller, and while signals still do what they do: whoever is asked to type a list may change their mind.
    let gathered = gather(&plan.input)?;
    set_timer_slack_min();
    let signals = Signals::block_and_open().map_err(|error| trouble("cannot hear signals", &error))?;
    let has_socket = |family| sockets.kind(family).is_some();
    let found = hosts(&plan, gathered, &Reach { has_socket: &has_socket, signals: &signals })?;
    if found.left_out > 0 {
        let left_out = found.left_out;
        let _ =
            writeln!(io::stderr(), "{name}: {left_out} reserved addresses are left out; --reserved probes them, too");
    }
    if found.space.is_empty() && found.failed.is_empty() {
        // fping says nothing.
        if !plan.style.fping {
            let _ = writeln!(io::stderr(), "{name}: no targets");
        }
        return Ok(code::SOME);
    }
    if let Some(scan) = scan.filter(|_| plan.scan.takes(found.space.total())) {
        // Each raw socket costs every packet that comes in a copy, whatever its filter says.
        drop(sockets);
        return stateless::stateless(stateless::Job { plan, name, found, sockets: scan, lists, signals: &signals });
    }
    exact(Job { plan, name, found, sockets, lists, signals: &signals })
}

pub(super) fn trouble(what: &str, error: &io::Error) -> Failure {
    Failure::system(Refusal::io(what, error))
}

/// Why there are no sockets. An interface that is none is a bad argument to fping, everything else a failed call.
pub(super) fn refused(error: OpenError) -> Failure {
    let refusal = Refusal::new(error.to_string());
    match error {
        OpenError::Option { what: "-I" | "--oiface", .. } => refusal.into(),
        _ => Failure::system(refusal),
    }
}
