//! IPv4 options of replies (`-R`, `-T`), shape for shape as iputils prints them: each address on a line of its own behind
//! a tab, an empty line at the end, and a route that did not change said in two words.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};

use super::named;
use crate::report::Names;
use crate::wire::ip_options::{self, IpOption, Route, Timestamps};

/// The recorded route that was printed last.
#[derive(Default)]
pub(super) struct LastRoute(Vec<u8>);

impl LastRoute {
    /// Appends what the options say. Everything after the reply's own line ends in a line break, as in iputils.
    pub(super) fn describe(&mut self, options: &[u8], names: &dyn Names, text: &mut String) {
        for option in ip_options::iter(options) {
            match option {
                IpOption::End | IpOption::Malformed { .. } => break,
                IpOption::Nop => text.push_str("\nNOP"),
                IpOption::LooseSourceRoute(route) => hops("\nLSRR: ", &route, names, text),
                IpOption::StrictSourceRoute(route) => hops("\nSSRR: ", &route, names, text),
                IpOption::RecordRoute(route) => self.recorded(&route, names, text),
                IpOption::Timestamp(stamps) => times(&stamps, names, text),
                IpOption::Unknown { ty, .. } => {
                    let _ = write!(text, "\nunknown option {ty:x}");
                }
            }
        }
    }

    fn recorded(&mut self, route: &Route<'_>, names: &dyn Names, text: &mut String) {
        let bytes = route.recorded_bytes();
        if bytes.is_empty() {
            return;
        }
        if bytes == self.0 {
            text.push_str("\t(same route)");
            return;
        }
        self.0.clear();
        self.0.extend_from_slice(bytes);
        text.push_str("\nRR: ");
        route.recorded().for_each(|addr| hop(addr, names, text));
    }
}

/// A source route: its addresses are all there from the start.
fn hops(title: &str, route: &Route<'_>, names: &dyn Names, text: &mut String) {
    text.push_str(title);
    route.all().for_each(|addr| hop(addr, names, text));
}

fn hop(addr: Ipv4Addr, names: &dyn Names, text: &mut String) {
    who(addr, names, text);
    text.push('\n');
}

fn who(addr: Ipv4Addr, names: &dyn Names, text: &mut String) {
    let _ = match addr {
        Ipv4Addr::UNSPECIFIED => write!(text, "\t0.0.0.0"),
        addr => write!(text, "\t{}", named(IpAddr::V4(addr).into(), names)),
    };
}

/// Times since midnight: the first as it is, each further one as the difference to the one before of its kind.
fn times(stamps: &Timestamps<'_>, names: &dyn Names, text: &mut String) {
    let (mut standard, mut other) = (0, 0);
    let mut recorded = stamps.recorded().peekable();
    if recorded.peek().is_none() {
        return;
    }
    text.push_str("\nTS: ");
    for entry in recorded {
        if let Some(addr) = entry.addr {
            who(addr, names, text);
        }
        let ms = i64::from(entry.stamp.value());
        let (last, kind) = if entry.stamp.is_standard() { (&mut standard, "") } else { (&mut other, "not-standard") };
        let _ = match (*last, kind) {
            (0, "") => write!(text, "\t{ms} absolute"),
            (0, kind) => write!(text, "\t{ms} absolute {kind}"),
            (before, "") => write!(text, "\t{}", ms - before),
            (before, kind) => write!(text, "\t{} {kind}", ms - before),
        };
        *last = ms;
        text.push('\n');
    }
    if stamps.overflow() > 0 {
        let _ = writeln!(text, "Unrecorded hops: {}", stamps.overflow());
    }
}
