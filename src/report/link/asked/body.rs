//! The events of questions for an address, field for field in the order they are written.

use std::net::IpAddr;

use serde::Serialize;

use crate::link::ask::{Claim, How};
use crate::link::neighbour::Kind;
use crate::report::address::Address;

#[derive(Serialize)]
pub(super) struct Start<'a> {
    pub(super) target: &'a str,
    pub(super) address: Address<'a>,
    pub(super) source: Option<IpAddr>,
    pub(super) mac: String,
    pub(super) task: &'static str,
    pub(super) count: Option<u64>,
    pub(super) interval_ns: Option<u64>,
    pub(super) timeout_ns: u64,
}

/// Somebody has an address: one body for every way to hear of it.
#[derive(Serialize)]
pub(in crate::report::link) struct Neighbour<'a> {
    pub(in crate::report::link) target: Option<&'a str>,
    pub(in crate::report::link) address: Address<'a>,
    pub(in crate::report::link) mac: String,
    pub(in crate::report::link) sender: Option<String>,
    pub(in crate::report::link) kind: &'static str,
    pub(in crate::report::link) seq: Option<u64>,
    pub(in crate::report::link) rtt_ns: Option<u64>,
    pub(in crate::report::link) clock: Option<&'static str>,
    pub(in crate::report::link) unicast: Option<bool>,
    pub(in crate::report::link) conflict: bool,
}

#[derive(Serialize)]
pub(super) struct NoAnswer<'a> {
    pub(super) target: &'a str,
    pub(super) address: Address<'a>,
    pub(super) seq: u64,
}

#[derive(Serialize)]
pub(in crate::report::link) struct Unsent<'a> {
    pub(in crate::report::link) target: Option<&'a str>,
    pub(in crate::report::link) address: Option<Address<'a>>,
    pub(in crate::report::link) seq: Option<u64>,
    pub(in crate::report::link) errno: i32,
    pub(in crate::report::link) text: String,
}

#[derive(Serialize)]
pub(super) struct Conflict<'a> {
    pub(super) target: &'a str,
    pub(super) address: Address<'a>,
    pub(super) macs: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct Taken<'a> {
    pub(super) target: &'a str,
    pub(super) address: Address<'a>,
    pub(super) mac: String,
    pub(super) sender: Option<String>,
    pub(super) how: &'static str,
}

#[derive(Serialize)]
pub(super) struct Judged<'a> {
    pub(super) target: &'a str,
    pub(super) address: Address<'a>,
    pub(super) verdict: &'static str,
    pub(super) probes: u64,
    pub(super) macs: Vec<String>,
}

pub(super) const fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Good => "reply",
        Kind::Late => "late",
        Kind::Another => "another",
        Kind::Duplicate => "duplicate",
        Kind::Unasked => "unasked",
    }
}

pub(super) const fn how_name(how: How) -> &'static str {
    match how {
        How::Answer { .. } => "answer",
        How::Use => "use",
        How::Wish { .. } => "wish",
    }
}

/// The station that sent it, where that is another than the one it tells of.
pub(super) fn sender(claim: &Claim) -> Option<String> {
    (claim.sender != claim.mac).then(|| claim.sender.to_string())
}
