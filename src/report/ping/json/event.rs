//! The events that ping alone writes, field for field in the order they are written, and how those it shares are made.

use std::net::IpAddr;

use serde::Serialize;

use crate::clock::as_ns;
use crate::ping::{self, TargetId};
use crate::report::address::Address;
use crate::report::event::{About, Far, Probe, Reply, clock, raw, rtt_ns};
use crate::report::number::hex;
use crate::report::ping::MtuFound;
use crate::report::ping::run::Run;
use crate::report::{Host, Names};
use crate::units::Seq;

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
pub(super) struct Recovered<'a> {
    #[serde(flatten)]
    pub(super) about: About<'a>,
    pub(super) not_sent: u64,
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

/// Whom it is about.
pub(super) fn about(run: &Run, target: TargetId) -> About<'_> {
    let host = run.host(target);
    About { target: host.map_or("", |h| &h.operand).into(), address: host.map(Host::address) }
}

/// Which probe.
pub(super) fn probe(run: &Run, target: TargetId, number: u64) -> Probe<'_> {
    Probe { about: about(run, target), seq: number, wire_seq: Seq::of_number(number).0 }
}

/// A reply of any kind.
pub(super) fn reply<'a>(run: &'a Run, r: &ping::Reply, names: &'a dyn Names) -> Reply<'a> {
    Reply {
        probe: probe(run, r.target, r.number),
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
        wrong_byte: r.kind.wrong_at(),
        wrong_byte_sent: r.wrong_byte.map(|(sent, _)| sent),
        wrong_byte_came: r.wrong_byte.map(|(_, came)| came),
        ip_options: r.options.as_ref().map(|options| hex(options.as_bytes())),
        far: r.far.map(|f| Far { offset_ms: f.offset_ms, receive_ms: f.receive_ms, transmit_ms: f.transmit_ms }),
    }
}

impl<'a> Start<'a> {
    pub(super) fn new(run: &'a Run, host: &'a Host) -> Self {
        Start {
            about: About { target: host.operand.as_str().into(), address: Some(host.address()) },
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

impl<'a> Mtu<'a> {
    pub(super) fn new(about: About<'a>, f: &MtuFound) -> Self {
        let &MtuFound { mtu, size, refused, said_by, black_hole, probes, .. } = f;
        Mtu { about, mtu, size, refused, said_by, black_hole, probes }
    }
}
