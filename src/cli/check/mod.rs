//! rcheck: [`args`] is what can be said, `plan` what is meant by it, `run` does it and `tell` says what came of it.
//!
//! Called as `check_icmp`, `check_host`, `check_rta_multi` or `check_ping` (a link, or `--as`) it takes that plugin's
//! options and prints its text. Whatever goes wrong here is UNKNOWN, exit code 3, and never a statement about a host.

pub mod args;
mod dialect;
mod file;
mod further;
mod hops;
mod item;
mod limits;
mod net;
mod open;
mod ping_dialect;
mod plan;
mod pmtu;
mod run;
mod targets;
mod tell;
mod turns;

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};

use clap::error::ErrorKind;

use super::generate::generate;
use super::{Invocation, Refusal};
use super::{options, start};
use crate::check::State;
use crate::report::check::Checked;
use crate::sys::caps;
use crate::sys::clock::boot_now;
use crate::sys::errno::Errno;
use args::Args;
use dialect::Dialect;
use plan::{Caller, Plan};

/// The manual page without its options.
const PROSE: &str = include_str!("../../../man/rcheck.8.in");

/// rcheck's `main`.
#[must_use]
pub fn main(words: Vec<OsString>) -> u8 {
    let began = boot_now();
    let invocation = Invocation::of(words.first().map(OsString::as_os_str), "rcheck", &Dialect::names());
    let mut name = invocation.name.clone();
    let wants_events = words.iter().any(|word| word == "--json");
    let (dialect, ended) = match Dialect::of(&invocation, &words) {
        Ok(dialect) => {
            name = dialect.name(&name);
            (dialect, obey(words, &name, dialect, began))
        }
        Err(refusal) => (Dialect::Rcheck, Err(refusal)),
    };
    ended.unwrap_or_else(|refusal| {
        refuse(&name, dialect, wants_events, &refusal);
        State::Unknown.code()
    })
}

fn obey(words: Vec<OsString>, name: &str, dialect: Dialect, began: crate::clock::BootTime) -> Result<u8, Refusal> {
    start::act_as_caller()?;
    let words = if dialect == Dialect::CheckPing { dialect::of_check_ping(words) } else { words };
    let args = match options::read::<Args, _, _>(words) {
        Ok(args) => args,
        Err(error) => return answered(&error, name, dialect),
    };
    if let Some(what) = &args.about.generate {
        return print(&generate(what, "rcheck", name, PROSE, options::table::<Args>())?, State::Ok);
    }
    let file = args.hosts.file.as_ref().map(|path| {
        std::fs::read_to_string(path).map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData => Refusal::of("-f", path, "not UTF-8"),
            _ => Refusal::of("-f", path, Errno::from(&error)),
        })
    });
    let file = file.transpose()?;
    let caller = Caller { dialect, is_root: caps::is_root_like() };
    run::run(Plan::of(&args, caller, file.as_deref())?, name, began).map(State::code)
}

/// Help and version: no errors of ours, but UNKNOWN to whoever runs plugins (doc/developer-guidelines).
fn answered(error: &clap::Error, name: &str, dialect: Dialect) -> Result<u8, Refusal> {
    let state = if dialect.is_plugin() { State::Unknown } else { State::Ok };
    match error.kind() {
        ErrorKind::DisplayHelp => print(&error.to_string(), state),
        ErrorKind::DisplayVersion if dialect.is_plugin() => {
            print(&format!("{name} from rprobe {}\n", env!("CARGO_PKG_VERSION")), state)
        }
        ErrorKind::DisplayVersion => print(&error.to_string(), state),
        _ => Err(Refusal::from_clap(error, name)),
    }
}

fn print(text: &str, state: State) -> Result<u8, Refusal> {
    super::stdout::print(text).map(|_| state.code())
}

/// The one line of bad input: on standard error and, for whoever reads a plugin's first line, on standard output. Who
/// reads events there gets nothing that is none.
fn refuse(name: &str, dialect: Dialect, wants_events: bool, refusal: &Refusal) {
    // Where both fail there is nobody left to tell.
    if dialect.is_plugin() {
        let _ = writeln!(io::stdout(), "{name}: {refusal}");
        return;
    }
    let _ = writeln!(io::stderr(), "{name}: {refusal}");
    if !io::stdout().is_terminal() && !wants_events {
        let _ = writeln!(io::stdout(), "UNKNOWN - {}", refusal.to_string().replace('|', "/"));
    }
}

/// Reads the text of a file of targets as `-f` does, for fuzzing: how many there are, or the line that refuses it.
pub(super) fn read_file(text: &str) -> Result<usize, String> {
    static ARGS: std::sync::OnceLock<Option<Args>> = std::sync::OnceLock::new();
    let args = ARGS.get_or_init(|| options::read::<Args, _, _>(["rcheck", "-f", "targets.toml"]).ok());
    let args = args.as_ref().ok_or("no arguments")?;
    let caller = Caller { dialect: Dialect::Rcheck, is_root: true };
    Plan::of(args, caller, Some(text)).map(|plan| plan.items.len()).map_err(|refusal| refusal.to_string())
}

/// What all hosts together come to.
fn whole(plan: &Plan, hosts: &[Checked]) -> State {
    let states: Vec<State> = hosts.iter().map(|host| host.verdict.state).collect();
    crate::check::at_least(&states, plan.min_ok)
}
