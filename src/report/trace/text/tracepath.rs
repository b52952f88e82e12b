//! tracepath's shape: a line for each answer, the path MTU behind those that name one, and a last line to resume.

use std::fmt::Write;

use super::{Style, Traced, who};
use crate::report::Names;
use crate::report::number::Ms;
use crate::report::trace::marks;
use crate::trace::{End, Hop, Path, Try, What};

/// What tracepath begins with where it knows nothing.
const UNKNOWN: u32 = 65_535;

/// What stands before the first hop: this host.
pub(super) fn header(traced: &Traced) -> String {
    format!(" 1?: {:<52} pmtu {}", "[LOCALHOST]", traced.first_mtu.unwrap_or(UNKNOWN))
}

/// The lines of a hop, one for each router that answers.
pub(super) fn hop(style: &Style, hop: &Hop, names: &dyn Names) -> String {
    let mut lines = Vec::new();
    let mut seen = Vec::new();
    for answer in hop.tries.iter().filter_map(Try::answer) {
        if seen.contains(&answer.from) {
            continue;
        }
        seen.push(answer.from);
        let mut line =
            format!("{:2}:  {:<52} {}ms ", hop.distance, who(style, answer.from, names), Ms(answer.rtt.time));
        if let Some(mtu) = answer.evidence.mtu.filter(|mtu| *mtu > 0) {
            let _ = write!(line, "pmtu {mtu} ");
        }
        if let Some(back) = answer.return_length.filter(|back| *back != hop.distance) {
            let _ = write!(line, "asymm {back:2} ");
        }
        match answer.what {
            What::Reached(_) => line.push_str("reached"),
            What::TimeExceeded(error) | What::Error(error) => {
                if let Some(mark) = marks::mark(&error) {
                    line.push_str(&mark);
                }
            }
        }
        lines.push(line.trim_end().to_owned());
    }
    if lines.is_empty() {
        lines.push(format!("{:2}:  no reply", hop.distance));
    }
    lines.join("\n")
}

/// The last line.
pub(super) fn resume(traced: &Traced, path: &Path, back: Option<u8>) -> String {
    let mut line = String::new();
    if path.end != End::Reached {
        line.push_str("     Too many hops: pmtu ");
    } else {
        line.push_str("     Resume: pmtu ");
    }
    let _ = write!(line, "{}", path.mtu.and_then(|mtu| mtu.mtu).or(traced.first_mtu).unwrap_or(UNKNOWN));
    if path.end == End::Reached {
        if let Some(distance) = path.distance {
            let _ = write!(line, " hops {distance}");
        }
        if let Some(back) = back {
            let _ = write!(line, " back {back}");
        }
    }
    line
}
