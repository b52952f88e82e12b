//! The events of a run but its summary, field for field in the order they are written.

use std::net::IpAddr;

use serde::Serialize;

use crate::clock::as_ns;
use crate::ping::{self, Proof, ReplyKind, Rtt, TargetId};
use crate::report::Names;
use crate::report::address::Address;
use crate::report::ping::MtuFound;
use crate::report::ping::run::{Host, Run};
use crate::sys::errno::Errno;
use crate::units::{Seq, Ttl};
use crate::wire::icmp::IcmpError;

/// Whom it is about.
#[derive(Serialize)]
pub(in crate::report) struct About<'a> {
    target: &'a str,
    address: Option<Address<'a>>,
}

/// Which probe.
#[derive(Serialize)]
pub(super) struct Probe<'a> {
    #[serde(flatten)]
    about: About<'a>,
    seq: u64,
    wire_seq: u16,
}

#[derive(Serialize)]
pub(super) struct Plain<'a> {
    #[serde(flatten)]
    pub(super) probe: Probe<'a>,
}

#[derive(Serialize)]
pub(super) struct Start<'a> {
    #[serde(flatten)]
    about: About<'a>,
    name: Option<&'a str>,
    source: Option<IpAddr>,
    device: Option<&'a str>,
    socket: &'a str,
    ident: Option<u16>,
    exchange: &'static str,
    size: usize,
    count: Option<u64>,
    interval_ns: u64,
    timeout_ns: Option<u64>,
    stamped_one_in: Option<u32>,
}

#[derive(Serialize)]
pub(super) struct Reply<'a> {
    #[serde(flatten)]
    probe: Probe<'a>,
    from: Address<'a>,
    name: Option<&'a str>,
    to: Option<IpAddr>,
    bytes: usize,
    truncated: bool,
    ttl: Option<u8>,
    tos: Option<u8>,
    rtt_ns: Option<u64>,
    clock: Option<&'static str>,
    counted: bool,
    proof: &'static str,
    queue_ns: Option<u64>,
    wake_ns: Option<u64>,
    reordered: bool,
    wrong_byte: Option<usize>,
    wrong_byte_sent: Option<u8>,
    wrong_byte_came: Option<u8>,
    ip_options: Option<String>,
    far: Option<Far>,
}

#[derive(Serialize)]
pub(super) struct Far {
    offset_ms: Option<i32>,
    receive_ms: u32,
    transmit_ms: u32,
}

/// An ICMP message in its numbers, its stable name and iputils' words.
#[derive(Serialize)]
pub(super) struct Icmp {
    icmp_type: u8,
    icmp_code: u8,
    icmp_name: &'static str,
    icmp_info: u32,
    text: String,
}

#[derive(Serialize)]
pub(super) struct Error<'a> {
    #[serde(flatten)]
    probe: Probe<'a>,
    from: IpAddr,
    name: Option<&'a str>,
    #[serde(flatten)]
    icmp: Icmp,
    ttl: Option<u8>,
    after_ns: Option<u64>,
    clock: Option<&'static str>,
    proof: &'static str,
}

#[derive(Serialize)]
pub(super) struct NotSent<'a> {
    #[serde(flatten)]
    probe: Probe<'a>,
    errno: i32,
    error: String,
    text: String,
    mtu: Option<u32>,
}

#[derive(Serialize)]
pub(super) struct Redirect<'a> {
    #[serde(flatten)]
    probe: Probe<'a>,
    from: IpAddr,
    gateway: IpAddr,
    icmp_type: u8,
    icmp_code: u8,
}

#[derive(Serialize)]
pub(super) struct Recovered<'a> {
    #[serde(flatten)]
    pub(super) about: About<'a>,
    pub(super) not_sent: u64,
}

#[derive(Serialize)]
pub(super) struct Dropped {
    pub(super) packets: u64,
}

#[derive(Serialize)]
pub(super) struct Stepped {
    pub(super) by_ns: i64,
}

#[derive(Serialize)]
pub(super) struct Skipped {
    pub(super) slots: u64,
}

#[derive(Serialize)]
pub(super) struct NotProbed<'a> {
    pub(super) target: &'a str,
    pub(super) reason: &'a str,
    pub(super) temporary: bool,
}

#[derive(Serialize)]
pub(super) struct Mtu<'a> {
    #[serde(flatten)]
    about: About<'a>,
    mtu: Option<u32>,
    size: Option<u32>,
    refused: Option<u32>,
    said_by: Option<IpAddr>,
    black_hole: bool,
    probes: u64,
}

/// The event of a reply of this kind.
pub(super) fn name_of(kind: ReplyKind) -> &'static str {
    match kind {
        ReplyKind::Good => "reply",
        ReplyKind::Late => "late",
        ReplyKind::Duplicate => "duplicate",
        ReplyKind::Corrupt { .. } => "corrupt",
        ReplyKind::WrongSource => "wrong_source",
    }
}

fn rtt_ns(rtt: Option<Rtt>) -> Option<u64> {
    rtt.map(|r| as_ns(r.time))
}

fn clock(rtt: Option<Rtt>) -> Option<&'static str> {
    rtt.map(|r| r.clock.name())
}

fn raw(ttl: Option<Ttl>) -> Option<u8> {
    ttl.map(|t| t.0)
}

impl<'a> About<'a> {
    /// Of an operand and its address.
    pub(in crate::report) fn of(target: &'a str, address: Address<'a>) -> Self {
        About { target, address: Some(address) }
    }

    pub(super) fn new(run: &'a Run, target: TargetId) -> Self {
        let host = run.host(target);
        About { target: host.map_or("", |h| &h.operand), address: host.map(Host::address) }
    }
}

impl<'a> Probe<'a> {
    pub(super) fn new(run: &'a Run, target: TargetId, number: u64) -> Self {
        Probe { about: About::new(run, target), seq: number, wire_seq: Seq::of_number(number).0 }
    }
}

impl<'a> Start<'a> {
    pub(super) fn new(run: &'a Run, host: &'a Host) -> Self {
        Start {
            about: About { target: &host.operand, address: Some(host.address()) },
            name: host.canonical.as_deref(),
            source: host.source,
            device: host.device.as_deref(),
            socket: host.socket,
            ident: host.ident.map(|i| i.0),
            exchange: run.exchange.name(),
            size: run.size,
            count: run.count,
            interval_ns: as_ns(run.interval),
            timeout_ns: run.timeout.map(as_ns),
            stamped_one_in: run.sample,
        }
    }
}

impl<'a> Reply<'a> {
    pub(super) fn new(run: &'a Run, r: &ping::Reply, names: &'a dyn Names) -> Self {
        let hex = |options: &ping::IpOptions| options.as_bytes().iter().map(|b| format!("{b:02x}")).collect();
        Reply {
            probe: Probe::new(run, r.target, r.number),
            from: Address::of(r.from, names),
            name: names.name(r.from.addr),
            to: r.to,
            bytes: r.bytes,
            truncated: r.truncated,
            ttl: raw(r.ttl),
            tos: r.tos,
            rtt_ns: rtt_ns(r.rtt),
            clock: clock(r.rtt),
            counted: r.counted,
            proof: r.proof.name(),
            queue_ns: r.breakdown.queue.map(as_ns),
            wake_ns: r.breakdown.wake.map(as_ns),
            reordered: r.reordered,
            wrong_byte: match r.kind {
                ReplyKind::Corrupt { at } => at,
                _ => None,
            },
            wrong_byte_sent: r.wrong_byte.map(|(sent, _)| sent),
            wrong_byte_came: r.wrong_byte.map(|(_, came)| came),
            ip_options: r.options.as_ref().map(hex),
            far: r.far.map(|f| Far { offset_ms: f.offset_ms, receive_ms: f.receive_ms, transmit_ms: f.transmit_ms }),
        }
    }
}

impl Icmp {
    fn new(e: &IcmpError) -> Self {
        Icmp { icmp_type: e.ty, icmp_code: e.code, icmp_name: e.name(), icmp_info: e.info, text: e.to_string() }
    }
}

impl<'a> Error<'a> {
    pub(super) fn new(
        probe: Probe<'a>,
        from: IpAddr,
        error: &IcmpError,
        how_sure: Proof,
        after: Option<Rtt>,
        ttl: Option<Ttl>,
        names: &'a dyn Names,
    ) -> Self {
        Error {
            probe,
            from,
            name: names.name(from),
            icmp: Icmp::new(error),
            ttl: raw(ttl),
            after_ns: rtt_ns(after),
            clock: clock(after),
            proof: how_sure.name(),
        }
    }
}

impl<'a> NotSent<'a> {
    pub(super) fn new(probe: Probe<'a>, errno: Errno, mtu: Option<u32>) -> Self {
        NotSent { probe, errno: errno.0, error: errno.name(), text: errno.to_string(), mtu }
    }
}

impl<'a> Redirect<'a> {
    pub(super) fn new(probe: Probe<'a>, from: IpAddr, gateway: IpAddr, error: &IcmpError) -> Self {
        Redirect { probe, from, gateway, icmp_type: error.ty, icmp_code: error.code }
    }
}

impl<'a> Mtu<'a> {
    pub(super) fn new(about: About<'a>, f: &MtuFound) -> Self {
        let &MtuFound { mtu, size, refused, said_by, black_hole, probes, .. } = f;
        Mtu { about, mtu, size, refused, said_by, black_hole, probes }
    }
}
