//! rtrace: [`args`] is what can be said, [`plan`] what is meant by it, `run` does it.
//!
//! Called as `traceroute`, `traceroute6`, `tracepath` or `tcptraceroute` (a link of that name) it is that command: its
//! options, its method, the shape of its text and its exit codes.

pub mod args;
mod open;
mod peers;
pub mod plan;
mod run;
mod session;
mod targets;
mod teller;

use std::ffi::OsString;

use clap::error::ErrorKind;

use super::generate::generate;
use super::stdout::print;
use super::{Exit, Invocation, Refusal};
use crate::cli::color::no_color;
use crate::cli::{options, start};
use args::Args;
use peers::Peer;
use plan::{Caller, Plan};

/// The manual page without its options.
const PROSE: &str = include_str!("../../../man/rtrace.8.in");

/// rtrace's `main`.
#[must_use]
pub fn main(words: Vec<OsString>) -> u8 {
    start::main(words, "rtrace", peers::NAMES, obey)
}

fn obey(words: Vec<OsString>, invocation: Invocation) -> Result<Exit, Refusal> {
    start::act_as_caller()?;
    let name = invocation.name.clone();
    let peer = invocation.peer.and_then(Peer::of);
    let words = match peer {
        Some(peer) => peer.translate(words)?,
        None => words,
    };
    let args = match options::read::<Args, _, _>(words) {
        Ok(args) => args,
        Err(error) => return answered(&error, &invocation),
    };
    if let Some(what) = &args.about.generate {
        return print(&generate(what, "rtrace", &name, PROSE, options::table::<Args>())?);
    }
    run::run(Plan::of(&args, &Caller { invocation, no_color: no_color() })?, &name)
}

/// Help and version are no errors.
fn answered(error: &clap::Error, invocation: &Invocation) -> Result<Exit, Refusal> {
    match error.kind() {
        ErrorKind::DisplayHelp => print(&error.to_string()),
        ErrorKind::DisplayVersion if invocation.peer.is_some() => {
            print(&format!("{} from rprobe {}\n", invocation.name, env!("CARGO_PKG_VERSION")))
        }
        ErrorKind::DisplayVersion => print(&error.to_string()),
        _ => Err(Refusal::from_clap(error, &invocation.name)),
    }
}
