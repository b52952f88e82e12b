//! rlink: one command for the link layer, a file for each of its subcommands: what it can be told, and what it then does.
//!
//! Every value is taken as plain text and read by the subcommand, so that all errors are ours, each one line.

mod ask;
mod dump;
mod interfaces;
mod on_link;
mod payload;
mod ping;
mod presence;
mod routers;
mod scan;
mod send;
mod serve;
mod telling;
mod values;

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use super::generate::generate;
use super::sandbox::{RLINK, Sandbox, SandboxArgs};
use super::stdout::print;
use super::{Exit, Refusal};
use super::{options, start};

/// The manual page without its options.
const PROSE: &str = include_str!("../../../man/rlink.8.in");

/// Everything rlink can be told.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "rlink",
    version,
    about = "The link layer: frames, echo by MAC address, neighbours",
    disable_help_subcommand = true,
    max_term_width = 100,
    override_usage = "rlink COMMAND [OPTIONS] ...",
    after_help = "rlink COMMAND --help lists a command's options.\n\
                  Times are seconds (0.2) or carry units: ns us ms s m h (200ms, 1m30s). More: man rlink"
)]
struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// What is refused while it runs.
    #[command(flatten)]
    sandbox: SandboxArgs,
    /// Tell more: what the sandbox lacks on this kernel
    #[arg(long, global = true)]
    verbose: bool,
    /// Print the manual page or shell completions: man, bash, zsh or fish
    #[arg(long, value_name = "WHAT", hide = true)]
    generate: Option<String>,
}

/// The commands.
#[derive(Clone, Debug, Subcommand)]
enum Command {
    /// Echo to a station by its MAC address, answered by rlink serve
    Ping(ping::Args),
    /// Send frames to a station or a group
    Send(send::Args),
    /// Show frames, and answer echo requests
    Serve(serve::Args),
    /// Who has an IPv4 address? Is it free? It is ours
    Arp(ask::ArpArgs),
    /// Who has an IPv6 address? Is it free? It is ours; which routers are there
    Ndp(ask::NdpArgs),
    /// Who is on a link
    Scan(scan::Args),
    /// What passes an interface
    Dump(dump::Args),
    /// The interfaces of this host: address, MTU, state, stamps
    Interfaces(interfaces::Args),
}

/// The option table, as help, man page, completions and parsing have it. An option takes the next word as its value
/// whatever that looks like and may be given again (the last one counts), as getopt has it.
fn command() -> clap::Command {
    Args::command().mut_subcommands(|command| command.args_override_self(true).mut_args(options::any_word))
}

/// rlink's `main`.
#[must_use]
pub fn main(words: Vec<OsString>) -> u8 {
    start::main(words, "rlink", &[], |words, invocation| obey(words, &invocation.name))
}

fn obey(words: Vec<OsString>, name: &str) -> Result<Exit, Refusal> {
    let origin = RLINK.check_origin();
    start::act_as_caller()?;
    let read = command().try_get_matches_from(words).and_then(|matches| Args::from_arg_matches(&matches));
    let args = match read {
        Ok(args) => args,
        Err(error) => {
            return match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => print(&error.to_string()),
                _ => Err(Refusal::from_clap(&error, name)),
            };
        }
    };
    if let Some(what) = &args.generate {
        return print(&generate(what, "rlink", name, PROSE, command())?);
    }
    origin?;
    let how = Sandbox { name, off: args.sandbox.no_sandbox, verbose: args.verbose };
    match args.command {
        Some(Command::Ping(args)) => ping::run(&args, how),
        Some(Command::Send(args)) => send::run(&args, how),
        Some(Command::Serve(args)) => serve::run(&args, how),
        Some(Command::Arp(args)) => ask::arp(&args, how),
        Some(Command::Ndp(args)) => ask::ndp(&args, how),
        Some(Command::Scan(args)) => scan::run(&args, how),
        Some(Command::Dump(args)) => dump::run(&args, how),
        Some(Command::Interfaces(args)) => interfaces::run(&args, how),
        None => Err(Refusal::new(format!("no command given; '{name} --help' lists them"))),
    }
}
