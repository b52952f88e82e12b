//! rsweep: [`args`] is what can be said, [`plan`] what is meant by it, `gather` and `hosts` find whom to ask, `run` does it.
//!
//! Called as `fping` or `fping6` (a link of that name) it is fping: its text, its streams, its exit codes.

pub mod args;
mod engine;
mod engine_args;
mod gather;
mod hosts;
mod order;
pub mod plan;
mod run;
mod shared;
mod stateless;
mod teller;

use std::ffi::OsString;
use std::io::{self, Write};

use clap::error::ErrorKind;

use super::generate::generate;
use super::stdout::print;
use super::{Exit, Invocation, Refusal};
use crate::cli::{options, start};
use crate::sys::caps;
use args::Args;
use plan::Plan;

/// The manual page without its options.
const PROSE: &str = include_str!("../../../man/rsweep.8.in");

/// The version of fping whose options and texts these are.
const FPING_VERSION: &str = "5.5";

/// Exit codes, which are fping's.
pub(super) mod code {
    /// Everything that was asked for answered.
    pub(crate) const ALL: u8 = 0;
    /// Something did not, or the arguments make no sense.
    pub(crate) const SOME: u8 = 1;
    /// A name has no address.
    pub(crate) const UNKNOWN: u8 = 2;
    /// A system call failed.
    pub(crate) const SYSTEM: u8 = 4;
}

/// Why nothing was probed, and what the shell is told.
#[derive(Debug)]
pub(super) struct Failure {
    code: u8,
    refusal: Refusal,
}

impl Failure {
    /// Something that this host would not do.
    pub(super) fn system(refusal: Refusal) -> Self {
        Failure { code: code::SYSTEM, refusal }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Failure { code: code::SOME, refusal }
    }
}

/// rsweep's `main`.
#[must_use]
pub fn main(words: Vec<OsString>) -> u8 {
    let invocation = Invocation::of(words.first().map(OsString::as_os_str), "rsweep", &["fping"]);
    let name = invocation.name.clone();
    obey(words, &invocation).unwrap_or_else(|failure| {
        // Where stderr fails as well there is nobody left to tell.
        let _ = writeln!(io::stderr(), "{name}: {}", failure.refusal);
        failure.code
    })
}

fn obey(words: Vec<OsString>, invocation: &Invocation) -> Result<u8, Failure> {
    start::act_as_caller().map_err(Failure::system)?;
    let args = match options::read::<Args, _, _>(words) {
        Ok(args) => args,
        Err(error) => return answered(&error, invocation),
    };
    if let Some(what) = &args.generate_text {
        return told(print(&generate(what, "rsweep", &invocation.name, PROSE, options::table::<Args>())?));
    }
    let plan = Plan::of(&args, invocation)?;
    run::run(if caps::is_root_like() { plan } else { plan.limited()? }, &invocation.name)
}

/// Help and version are no errors.
fn answered(error: &clap::Error, invocation: &Invocation) -> Result<u8, Failure> {
    match error.kind() {
        ErrorKind::DisplayHelp => told(print(&error.to_string())),
        ErrorKind::DisplayVersion if invocation.peer.is_some() => {
            let (name, own) = (&invocation.name, env!("CARGO_PKG_VERSION"));
            told(print(&format!("{name}: Version {FPING_VERSION} (rprobe {own})\n")))
        }
        ErrorKind::DisplayVersion => told(print(&error.to_string())),
        _ => Err(Refusal::from_clap(error, &invocation.name).into()),
    }
}

fn told(printed: Result<Exit, Refusal>) -> Result<u8, Failure> {
    printed.map(|_| code::ALL).map_err(Failure::system)
}
