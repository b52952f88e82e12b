//! `rlink interfaces`: what every `-I` is chosen from.

use std::io;

use clap::Args as ClapArgs;

use crate::cli::sandbox::{RLINK, Sandbox};
use crate::cli::{Exit, Refusal};
use crate::report::link::{Interface, interfaces_json, interfaces_text};
use crate::sys::clock::wall_now;
use crate::sys::errno::{self, Errno};
use crate::sys::interfaces;
use crate::sys::link::{Link, stamp_abilities};

/// What it can be told.
#[derive(Clone, Debug, ClapArgs)]
#[command(override_usage = "rlink interfaces [--json] [IF...]")]
pub(super) struct Args {
    /// Only these
    #[arg(value_name = "IF")]
    names: Vec<String>,
    /// Print JSON Lines
    #[arg(short = 'j', long)]
    json: bool,
}

/// Lists them.
pub(super) fn run(args: &Args, how: Sandbox<'_>) -> Result<Exit, Refusal> {
    // What it asks the kernel for takes no privilege.
    RLINK.close(how, None)?;
    let all = interfaces::list().map_err(|error| Refusal::new(format!("cannot list them: {}", Errno::from(&error))))?;
    let mut shown = Vec::new();
    if args.names.is_empty() {
        // One that went while we looked is not listed.
        shown.extend(all.iter().filter_map(|known| Some(described(known, Link::named(&known.name).ok()?))));
    }
    for name in &args.names {
        let link = Link::named(name).map_err(|error| match Errno::from(&error) {
            errno::ENODEV => Refusal::of("IF", name, "no such interface"),
            other => Refusal::of("IF", name, other),
        })?;
        let known = all.iter().find(|known| known.name == *name);
        shown.push(described(known.unwrap_or(&interfaces::Interface::default()), link));
    }
    let written = match args.json {
        true => interfaces_json(&shown, wall_now(), Box::new(io::stdout())),
        false => interfaces_text(&shown, &mut io::stdout().lock()),
    };
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Refusal::new(format!("cannot write: {}", Errno::from(&error))))
        }
        _ => Ok(Exit::Yes),
    }
}

fn described(known: &interfaces::Interface, link: Link) -> Interface {
    Interface { addresses: known.addresses.clone(), stamps: stamp_abilities(&link.name).ok(), link }
}
