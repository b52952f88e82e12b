//! What is told, and how.

use super::super::args::Args;
use super::super::peers::Peer;
use super::Caller;
use crate::cli::Refusal;
use crate::cli::color::Color;
use crate::report::trace::Shape;

/// The form of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Lines for people.
    Text,
    /// JSON Lines.
    Json,
    /// RIPE Atlas results.
    Atlas,
}

/// What is told, and how.
#[derive(Clone, Debug)]
pub struct Output {
    /// The form.
    pub format: Format,
    /// Whose shape text has.
    pub shape: Shape,
    /// Whether names are looked up.
    pub names: bool,
    /// MPLS labels and the like.
    pub extensions: bool,
    /// The length of the way back.
    pub back: bool,
    /// Origin AS.
    pub asn: bool,
    /// What a TCP answer was.
    pub reply: bool,
    /// More.
    pub verbose: bool,
    /// Colour.
    pub color: Color,
}

pub(super) fn read(args: &Args, peer: Option<Peer>, caller: &Caller) -> Result<Output, Refusal> {
    let asked = &args.output;
    let format = match (asked.json, asked.atlas) {
        (true, true) => return Err(Refusal::new("--json and --atlas exclude each other: choose one")),
        (true, false) => Format::Json,
        (false, true) => Format::Atlas,
        (false, false) => Format::Text,
    };
    let own = peer.is_none();
    Ok(Output {
        format,
        shape: peer.map_or(Shape::Own, Peer::shape),
        // Programs wait for no name that they did not ask for.
        names: if format == Format::Text { !asked.numeric } else { asked.names && !asked.numeric },
        extensions: own || asked.extensions,
        back: own || asked.back,
        asn: asked.asn || asked.asn_db.is_some() || asked.asn_dns || asked.asn_zone.is_some(),
        reply: own || args.method.options.iter().any(|text| text.split(',').any(|word| word == "info")),
        verbose: asked.verbose,
        color: Color::read(asked.color.as_ref(), caller.no_color || !own)?,
    })
}
