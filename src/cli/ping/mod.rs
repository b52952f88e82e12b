//! rping: [`args`] is what can be said, [`plan`] what is meant by it, `run` does it.
//!
//! Called as `ping`, `ping4` or `ping6` (a link of that name) it is `ping`: its text and its exit codes.

pub mod args;
mod mtu;
mod open;
pub mod plan;
mod run;
pub(super) mod session;
mod targets;
pub(super) mod teller;

use std::ffi::OsString;
use std::io::{self, Write};

use clap::error::ErrorKind;

use super::generate::generate;
use super::stdout::print;
use super::{Exit, Invocation, Refusal};
use crate::cli::color::no_color;
use crate::cli::{options, start};
use crate::sys::caps;
use args::Args;
use plan::{Caller, Plan};

/// The manual page without its options.
const PROSE: &str = include_str!("../../../man/rping.8.in");

/// rping's `main`.
#[must_use]
pub fn main(words: Vec<OsString>) -> u8 {
    start::main(words, "rping", &["ping"], obey)
}

fn obey(words: Vec<OsString>, invocation: Invocation) -> Result<Exit, Refusal> {
    start::act_as_caller()?;
    let name = invocation.name.clone();
    let args = match options::read::<Args, _, _>(words) {
        Ok(args) => args,
        Err(error) => return answered(&error, &invocation),
    };
    if let Some(what) = &args.about.generate {
        return print(&generate(what, "rping", &name, PROSE, options::table::<Args>())?);
    }
    let caller = Caller {
        invocation,
        is_root: caps::is_root_like(),
        no_names: std::env::var_os("IPUTILS_PING_PTR_LOOKUP").is_some_and(|value| value == "0"),
        no_color: no_color(),
    };
    run::run(Plan::of(&args, &caller)?, &name)
}

/// Help and version are no errors, but to `ping`, whose help goes to stderr and exits 2.
fn answered(error: &clap::Error, invocation: &Invocation) -> Result<Exit, Refusal> {
    match error.kind() {
        ErrorKind::DisplayHelp if invocation.peer.is_some() => {
            let _ = write!(io::stderr(), "{error}");
            Ok(Exit::Trouble)
        }
        ErrorKind::DisplayHelp => print(&error.to_string()),
        ErrorKind::DisplayVersion if invocation.peer.is_some() => {
            print(&format!("{} from rprobe {}\n", invocation.name, env!("CARGO_PKG_VERSION")))
        }
        ErrorKind::DisplayVersion => print(&error.to_string()),
        _ => Err(Refusal::from_clap(error, &invocation.name)),
    }
}
