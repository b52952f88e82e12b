//! What is told, and how.

use std::path::PathBuf;

use super::Caller;
use crate::cli::Refusal;
use crate::cli::color::Color;
use crate::cli::ping::args::OutputArgs;

/// The form of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Lines for people, in `ping`'s shape.
    Text,
    /// JSON Lines.
    Json,
    /// CSV.
    Csv,
}

/// Whose addresses are looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamesWanted {
    /// Nobody's.
    None,
    /// Those that answer for hosts that were named, not numbered.
    OfNamedHosts,
    /// All.
    All,
}

/// What is told, and how.
#[derive(Clone, Debug)]
pub struct Output {
    /// The form.
    pub format: Format,
    /// Called by the peer's name: its text and nothing else.
    pub peer: bool,
    /// Summaries only.
    pub quiet: bool,
    /// More.
    pub verbose: bool,
    /// Dots for a flood's probes, instead of lines.
    pub dots: bool,
    /// Probes and replies of a flood are not told one by one.
    pub flood: bool,
    /// Names of addresses.
    pub names: NamesWanted,
    /// The time of day before each line.
    pub timestamps: bool,
    /// The bell.
    pub audible: bool,
    /// What this host added.
    pub breakdown: bool,
    /// Percentiles.
    pub percentiles: bool,
    /// Capture file.
    pub pcapng: Option<PathBuf>,
    /// Colour.
    pub color: Color,
}

pub(super) fn read(args: &OutputArgs, flood: bool, caller: &Caller) -> Result<Output, Refusal> {
    let format = match (args.json, args.csv) {
        (true, true) => return Err(Refusal::new("--json and --csv exclude each other: choose one")),
        (true, false) => Format::Json,
        (false, true) => Format::Csv,
        (false, false) => Format::Text,
    };
    let pcapng = match args.pcapng.as_deref() {
        Some("") => return Err(Refusal::of("--pcapng", "", "needs the name of a file to write")),
        file => file.map(PathBuf::from),
    };
    let plain = caller.no_color || caller.invocation.peer.is_some();
    Ok(Output {
        format,
        peer: caller.invocation.peer.is_some(),
        quiet: args.quiet,
        verbose: args.verbose,
        dots: flood && format == Format::Text && !args.quiet,
        flood,
        names: names(args, format, flood, caller),
        timestamps: args.timestamps,
        audible: args.audible,
        breakdown: args.breakdown,
        percentiles: args.percentiles,
        pcapng,
        color: Color::read(args.color.as_ref(), plain)?,
    })
}

/// Nobody waits for a name who did not ask for it: programs, quiet runs, floods.
fn names(args: &OutputArgs, format: Format, flood: bool, caller: &Caller) -> NamesWanted {
    if format == Format::Csv || args.quiet || args.numeric {
        NamesWanted::None
    } else if args.names {
        NamesWanted::All
    } else if format == Format::Json || flood || caller.no_names {
        NamesWanted::None
    } else {
        NamesWanted::OfNamedHosts
    }
}
