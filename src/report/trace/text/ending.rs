//! The last lines of a path: where it ends and why, and what was found on the way.

use std::fmt::Write;

use super::Traced;
use crate::net::Reply;
use crate::report::Names;
use crate::report::trace::Run;
use crate::trace::{Answer, End, MtuLimit, MtuStep, Path, PathMtu, Reach, Rewritten, What};
use crate::units::Family;
use crate::wire::icmp::ErrorKind;

/// The lines, the one that says how it ended last.
pub(super) fn lines(
    traced: &Traced,
    run: &Run,
    path: &Path,
    reached: Option<&Answer>,
    _names: &dyn Names,
) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(at) = path.nat_at {
        lines.push(format!("addresses are translated before hop {at}"));
    }
    for (field, rewritten) in [("DSCP", path.dscp), ("ECN", path.ecn)] {
        match rewritten {
            Some(rewritten) => lines.push(bleached(field, rewritten)),
            None if run.bleaching && path.tos_quotes > 0 => {
                lines.push(format!("{field} is as it was sent in all {} quotes", path.tos_quotes));
            }
            None if run.bleaching => {
                lines.push(format!("whether {field} is rewritten cannot be told: nobody quotes it"))
            }
            None => {}
        }
    }
    if path.per_packet {
        lines.push("some router balances by packet: what stands in one line need not be one path".to_owned());
    }
    if path.one_by_one {
        lines.push("routers quote too little to tell probes apart: they were sent one by one".to_owned());
    }
    if let Some(mtu) = &path.mtu {
        lines.push(path_mtu(mtu));
    }
    lines.push(last(traced, run, path, reached));
    lines
}

/// A size of the MTU search in words.
pub(super) fn step(step: &MtuStep) -> String {
    match step {
        MtuStep::Fits => "arrives".to_owned(),
        MtuStep::TooBig { from, .. } => format!("too large, says {from}"),
        MtuStep::TooBigHere { .. } => "too large for this host".to_owned(),
        MtuStep::Silent => "silence".to_owned(),
    }
}

fn bleached(field: &str, rewritten: Rewritten) -> String {
    let Rewritten { at, after, sent, quoted } = rewritten;
    let place = match after {
        0 => format!("before hop {at}"),
        after => format!("between hops {after} and {at}"),
    };
    format!("{field} is rewritten {place}: {sent} was sent, {quoted} arrived")
}

fn path_mtu(mtu: &PathMtu) -> String {
    let Some(size) = mtu.mtu else {
        return format!("path MTU: unknown, nothing answered packets of any size up to hop {}", mtu.up_to);
    };
    let mut line = format!("path MTU {size}");
    let _ = match mtu.limit {
        None => Ok(()),
        Some(MtuLimit::Here) => write!(line, ", made by this host's own interface or route"),
        Some(MtuLimit::Router { addr, distance: Some(distance), named }) if named == size => {
            write!(line, ", made behind hop {distance}: {addr} says so")
        }
        Some(MtuLimit::Router { addr, distance, named }) => {
            let at = distance.map_or_else(String::new, |distance| format!(" (hop {distance})"));
            let _ = write!(line, ", {addr}{at} refuses more");
            if named == 0 { Ok(()) } else { write!(line, " and names {named}") }
        }
        Some(MtuLimit::BlackHole { after: Some(0) }) => {
            write!(line, ": larger packets vanish without a word on the first link")
        }
        Some(MtuLimit::BlackHole { after: Some(after) }) => {
            write!(line, ": larger packets vanish without a word behind hop {after} (black hole)")
        }
        Some(MtuLimit::BlackHole { after: None }) => {
            write!(line, ": larger packets vanish without a word (black hole)")
        }
    };
    line
}

/// How it ended, and why.
fn last(traced: &Traced, run: &Run, path: &Path, reached: Option<&Answer>) -> String {
    let address = traced.host.address();
    match &path.end {
        End::Reached => {
            let hop = path.distance.map_or_else(String::new, |distance| format!(" at hop {distance}"));
            format!("reached {address}{hop}{}", reached.map_or_else(String::new, |answer| how(traced, answer)))
        }
        End::Prohibited { by, at, .. } => {
            format!("stopped after hop {at}: administratively prohibited by {by}")
        }
        End::Unreachable { by, error, at } => format!("stopped after hop {at}: {} ({by})", words(error)),
        End::Gap { last: 0 } => "stopped: nothing answers, neither routers nor the host".to_owned(),
        End::Gap { last } => format!("stopped after hop {last}: nothing answers beyond, nor does the host"),
        End::LastHop => format!("stopped after hop {}: the host is not within so many hops (-m)", run.last),
        End::Loop { from, length } => {
            format!("stopped after hop {}: packets go round, {length} hops a round, from hop {from} on", path.hops)
        }
        End::Stopped if path.hops == 0 => "stopped: interrupted before anything had answered".to_owned(),
        End::Stopped => format!("stopped after hop {}: interrupted", path.hops),
        End::NotSent { errno } => format!("stopped: this host could not send: {errno}"),
    }
}

/// How the target showed itself.
fn how(traced: &Traced, answer: &Answer) -> String {
    let port = traced.ports.map(|(_, port)| port.0);
    let from =
        if answer.from.addr == traced.host.peer.addr { String::new() } else { format!(", by {}", answer.from.addr) };
    let says = match (answer.what, port) {
        (What::Reached(Reach::Reply(Reply::SynAck)), Some(port)) => format!(": port {port} is open"),
        (What::Reached(Reach::Reply(Reply::Rst)), Some(port)) => format!(": port {port} is closed"),
        (What::Reached(Reach::Reply(Reply::Data)), Some(port)) => format!(": port {port} answers with data"),
        _ => String::new(),
    };
    format!("{from}{says}")
}

/// An error in words that go on in a line.
fn words(error: &crate::wire::icmp::IcmpError) -> String {
    match error.kind() {
        ErrorKind::NetUnreachable if error.family == Family::V6 => "no route to the host".to_owned(),
        ErrorKind::NetUnreachable => "the network is unreachable".to_owned(),
        ErrorKind::HostUnreachable => "the host is unreachable".to_owned(),
        ErrorKind::ProtocolUnreachable => "the protocol is unreachable".to_owned(),
        ErrorKind::SourceRouteFailed => "the source route failed".to_owned(),
        ErrorKind::PacketTooBig { mtu: 0 } => "the packet is too large".to_owned(),
        ErrorKind::PacketTooBig { mtu } => format!("the packet is too large, {mtu} bytes pass"),
        _ => error.to_string(),
    }
}
