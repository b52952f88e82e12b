//! The events of a trace but its summary, field for field in the order they are written.

use std::net::IpAddr;

use serde::Serialize;

use super::extension::Added;
use crate::clock::as_ns;
use crate::net::Reply;
use crate::report::Names;
use crate::report::address::Address;
use crate::report::event::About;
use crate::report::trace::{Run, Traced};
use crate::trace::{Answer, Hop, MtuNote, MtuStep, Reach, Try, What};

/// Whom it is about.
pub(super) fn about(traced: &Traced) -> About<'_> {
    About { target: traced.host.operand.as_str().into(), address: Some(traced.host.address()) }
}

#[derive(Serialize)]
pub(super) struct Start<'a> {
    #[serde(flatten)]
    about: About<'a>,
    name: Option<&'a str>,
    source: Option<IpAddr>,
    device: Option<&'a str>,
    socket: &'a str,
    method: &'a str,
    numbering: &'a str,
    fallback: Option<&'a str>,
    flow: u16,
    source_port: Option<u16>,
    port: Option<u16>,
    ident: Option<u16>,
    tos: u8,
    bytes: u32,
    first_hop: u8,
    last_hop: u8,
    tries: u8,
}

impl<'a> Start<'a> {
    pub(super) fn new(run: &'a Run, traced: &'a Traced) -> Self {
        let host = &traced.host;
        Start {
            about: about(traced),
            name: host.canonical.as_deref(),
            source: host.source,
            device: host.device.as_deref(),
            socket: host.socket,
            method: run.method_name(),
            numbering: run.numbering,
            fallback: run.fallback.as_deref(),
            flow: run.flow,
            source_port: traced.ports.map(|(port, _)| port.0),
            port: traced.ports.map(|(_, port)| port.0),
            ident: host.ident.map(|ident| ident.0),
            tos: run.tos,
            bytes: traced.length,
            first_hop: run.first,
            last_hop: run.last,
            tries: run.tries,
        }
    }
}

#[derive(Serialize)]
pub(super) struct OneHop<'a> {
    #[serde(flatten)]
    about: About<'a>,
    hop: u8,
    reached: bool,
    limited: bool,
    per_packet: bool,
    tries: Vec<Tried<'a>>,
}

impl<'a> OneHop<'a> {
    pub(super) fn new(about: About<'a>, hop: &'a Hop, names: &'a dyn Names) -> Self {
        OneHop {
            about,
            hop: hop.distance,
            reached: hop.reached(),
            limited: hop.limited,
            per_packet: hop.per_packet,
            tries: hop.tries.iter().map(|one| Tried::new(one, names)).collect(),
        }
    }
}

#[derive(Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub(super) enum Tried<'a> {
    Answer(Box<Answered<'a>>),
    Silent { waited_ns: u64 },
    NotSent { errno: i32, error: String, mtu: Option<u32> },
}

impl<'a> Tried<'a> {
    fn new(one: &'a Try, names: &'a dyn Names) -> Self {
        match one {
            Try::Answer(answer) => Tried::Answer(Box::new(Answered::new(answer, names))),
            Try::Silent { waited } => Tried::Silent { waited_ns: as_ns(*waited) },
            Try::NotSent { errno, mtu } => Tried::NotSent { errno: errno.0, error: errno.to_string(), mtu: *mtu },
        }
    }
}

#[derive(Serialize)]
pub(super) struct Answered<'a> {
    from: Address<'a>,
    name: Option<&'a str>,
    asns: Option<&'a [u32]>,
    prefix: Option<String>,
    ts_ns: i64,
    seq: u64,
    rtt_ns: u64,
    clock: &'static str,
    queue_ns: Option<u64>,
    wake_ns: Option<u64>,
    late: bool,
    proof: &'static str,
    kind: &'static str,
    icmp_type: Option<u8>,
    icmp_code: Option<u8>,
    icmp_name: Option<&'static str>,
    sent_ttl: u8,
    ttl: Option<u8>,
    tos: Option<u8>,
    return_length: Option<u8>,
    quoted_ttl: Option<u8>,
    quoted_tos: Option<u8>,
    quoted_ip_id: Option<u16>,
    quoted_df: Option<bool>,
    quoted_total_length: Option<u32>,
    quoted_bytes: Option<u32>,
    mtu: Option<u32>,
    nat: Option<Translated>,
    extensions: Option<Added>,
}

#[derive(Serialize)]
struct Translated {
    source: Option<IpAddr>,
    port: Option<u16>,
    checksum_difference: u16,
}

impl<'a> Answered<'a> {
    fn new(answer: &'a Answer, names: &'a dyn Names) -> Self {
        let origin = names.origin(answer.from.addr);
        let error = answer.what.error();
        let evidence = &answer.evidence;
        Answered {
            from: Address::of(answer.from, names),
            name: names.name(answer.from.addr),
            asns: origin.map(|origin| origin.asns.as_slice()),
            prefix: origin.and_then(|origin| origin.prefix).map(|(addr, length)| format!("{addr}/{length}")),
            ts_ns: answer.at.as_ns(),
            seq: answer.number,
            rtt_ns: as_ns(answer.rtt.time),
            clock: answer.rtt.clock.name(),
            queue_ns: answer.breakdown.queue.map(as_ns),
            wake_ns: answer.breakdown.wake.map(as_ns),
            late: answer.late,
            proof: answer.proof.name(),
            kind: kind(&answer.what),
            icmp_type: error.map(|error| error.ty),
            icmp_code: error.map(|error| error.code),
            icmp_name: error.map(|error| error.kind().name()),
            sent_ttl: answer.sent_ttl.0,
            ttl: answer.reply_ttl.map(|ttl| ttl.0),
            tos: answer.tos,
            return_length: answer.return_length,
            quoted_ttl: evidence.quoted_ttl.map(|ttl| ttl.0),
            quoted_tos: evidence.quoted_tos,
            quoted_ip_id: evidence.quoted_ident,
            quoted_df: evidence.quoted_dont_fragment,
            quoted_total_length: evidence.quoted_total_len,
            quoted_bytes: evidence.quoted_len,
            mtu: evidence.mtu,
            nat: evidence.nat.map(|nat| Translated {
                source: nat.source,
                port: nat.port.map(|port| port.0),
                checksum_difference: nat.checksum,
            }),
            extensions: answer.extensions.as_deref().map(Added::new),
        }
    }
}

fn kind(what: &What) -> &'static str {
    match what {
        What::TimeExceeded(_) => "time_exceeded",
        What::Error(_) => "error",
        What::Reached(Reach::Echo) => "echo",
        What::Reached(Reach::PortUnreachable(_)) => "port_unreachable",
        What::Reached(Reach::Reply(Reply::Data)) => "data",
        What::Reached(Reach::Reply(Reply::SynAck)) => "syn_ack",
        What::Reached(Reach::Reply(Reply::Rst)) => "rst",
        What::Reached(Reach::Reply(Reply::Segment)) => "segment",
    }
}

#[derive(Serialize)]
pub(super) struct LateHop<'a> {
    #[serde(flatten)]
    about: About<'a>,
    hop: u8,
    index: usize,
    answer: Answered<'a>,
}

impl<'a> LateHop<'a> {
    pub(super) fn new(about: About<'a>, hop: u8, index: usize, answer: &'a Answer, names: &'a dyn Names) -> Self {
        LateHop { about, hop, index, answer: Answered::new(answer, names) }
    }
}

#[derive(Serialize)]
pub(super) struct MtuTried<'a> {
    #[serde(flatten)]
    about: About<'a>,
    size: u32,
    outcome: &'static str,
    said_by: Option<IpAddr>,
    named: Option<u32>,
    tries: u32,
}

impl<'a> MtuTried<'a> {
    pub(super) fn new(about: About<'a>, note: &MtuNote) -> Self {
        let (outcome, said_by, named) = match note.step {
            MtuStep::Fits => ("fits", None, None),
            MtuStep::TooBig { from, error } => ("too_big", Some(from), Some(error.info).filter(|mtu| *mtu > 0)),
            MtuStep::TooBigHere { mtu } => ("too_big_here", None, mtu),
            MtuStep::Silent => ("silent", None, None),
        };
        MtuTried { about, size: note.size, outcome, said_by, named, tries: note.tries }
    }
}
