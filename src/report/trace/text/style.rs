//! How a trace's text looks: whose shape it has, and what stands in its lines.

use crate::net::Peer;
use crate::report::address::Address;
use crate::report::{Names, clean};

/// Whose shape the text has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// Our own.
    #[default]
    Own,
    /// traceroute's, and tcptraceroute's.
    Traceroute,
    /// tracepath's.
    Tracepath,
}

/// How text looks.
#[derive(Clone, Debug)]
pub struct Style {
    /// What the first line begins with: the name the command was called by.
    pub program: String,
    /// Whose shape.
    pub shape: Shape,
    /// Addresses alone, no names (`-n`).
    pub numeric: bool,
    /// MPLS labels and the like (`-e`); always, in our own shape.
    pub extensions: bool,
    /// The length of the way back where it differs (`--back`); always, in our own shape.
    pub back: bool,
    /// Origin AS in brackets (`-A`).
    pub asn: bool,
    /// What a target's TCP answer was (`-O info`); always, in our own shape.
    pub reply: bool,
    /// Columns are aligned, for a screen.
    pub aligned: bool,
    /// Colour by escape sequences.
    pub color: bool,
    /// A line of progress.
    pub progress: bool,
}

impl Style {
    /// Our own shape, plain.
    #[must_use]
    pub fn new(program: &str) -> Self {
        Style {
            program: program.to_owned(),
            shape: Shape::Own,
            numeric: false,
            extensions: true,
            back: true,
            asn: false,
            reply: true,
            aligned: false,
            color: false,
            progress: false,
        }
    }
}

/// An address as lines have it: `name (address)`, or the address alone.
pub(super) fn who(style: &Style, peer: Peer, names: &dyn Names) -> String {
    let address = Address::of(peer, names);
    let mut text = match names.name(peer.addr) {
        _ if style.numeric => address.to_string(),
        Some(name) => format!("{} ({address})", clean(name)),
        // traceroute prints the address twice where there is no name.
        None if style.shape == Shape::Traceroute => format!("{address} ({address})"),
        None => address.to_string(),
    };
    if style.asn {
        text.push_str(&match names.origin(peer.addr) {
            Some(origin) => {
                format!(" [{}]", origin.asns.iter().map(|asn| format!("AS{asn}")).collect::<Vec<_>>().join("/"))
            }
            None => " [*]".to_owned(),
        });
    }
    text
}
