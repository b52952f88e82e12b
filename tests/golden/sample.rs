//! Notes and summaries as a session makes them, one of each kind, for tests that look at what reports write.
#![allow(dead_code, unreachable_pub)] // each test file uses its part

use std::net::IpAddr;
use std::time::Duration;

use rprobe::clock::{ClockSource, Now, WallTime};
use rprobe::net::Peer;
use rprobe::ping::{
    Breakdown, Counters, FarOffset, IpOptions, NoReply, Note, Proof, Reply, ReplyKind, Rtt, Summary, TargetId,
};
use rprobe::report::Names;
use rprobe::report::ping::{MtuFound, Run};
use rprobe::report::{Failed, Host};
use rprobe::stats::{LossRuns, RttStats};
use rprobe::sys::errno::Errno;
use rprobe::units::{Family, Ident, Ttl};
use rprobe::wire::icmp::IcmpError;

/// 2026-11-21 11:07:49.820283 UTC.
pub const AT: WallTime = WallTime::from_ns(1_795_259_269_820_283_000);

pub fn addr(text: &str) -> IpAddr {
    text.parse().unwrap()
}

pub fn at(ms: i64) -> WallTime {
    WallTime::from_ns(AT.as_ns() + ms * 1_000_000)
}

/// Knows one name and one interface.
pub struct Book;

impl Names for Book {
    fn name(&self, a: IpAddr) -> Option<&str> {
        (a == addr("192.0.2.9")).then_some("gw.example\x1b[31m.net")
    }

    fn interface(&self, index: u32) -> Option<&str> {
        (index == 2).then_some("eth0")
    }
}

pub fn host(operand: &str, address: &str) -> Host {
    Host { ident: Some(Ident(4711)), ..Host::new(operand, Peer::from(addr(address))) }
}

pub fn run(hosts: Vec<Host>) -> Run {
    Run::new(hosts, AT)
}

pub fn reply(number: u64, us: u64) -> Reply {
    Reply {
        target: TargetId(0),
        number,
        kind: ReplyKind::Good,
        from: Peer::from(addr("192.0.2.1")),
        at: AT,
        bytes: 64,
        truncated: false,
        reordered: false,
        ttl: Some(Ttl(64)),
        tos: Some(0),
        to: Some(addr("192.0.2.100")),
        rtt: Some(Rtt { time: Duration::from_micros(us), clock: ClockSource::Kernel }),
        counted: true,
        breakdown: Breakdown { queue: Some(Duration::from_nanos(12_345)), wake: Some(Duration::from_micros(34)) },
        proof: Proof::Token,
        wrong_byte: None,
        options: None,
        far: None,
    }
}

pub fn no_reply(number: u64, why: NoReply) -> Note {
    Note::NoReply { target: TargetId(0), number, at: AT, why }
}

pub fn icmp(family: Family, ty: u8, code: u8, info: u32) -> IcmpError {
    IcmpError { family, ty, code, info }
}

pub fn error(number: u64, from: &str, error: IcmpError) -> Note {
    let after = Some(Rtt { time: Duration::from_millis(3), clock: ClockSource::KernelRx });
    no_reply(number, NoReply::Error { from: addr(from), error, proof: Proof::Weak, after, ttl: Some(Ttl(255)) })
}

pub fn redirect(number: u64) -> Note {
    let gateway = addr("192.0.2.7");
    let error = icmp(Family::V4, 5, 1, 0xc000_0207);
    Note::Redirect { target: TargetId(0), number, at: AT, from: addr("192.0.2.9"), gateway, error }
}

/// Record route with these addresses, as the wire has it.
pub fn record_route(hops: &[[u8; 4]]) -> Option<IpOptions> {
    let mut bytes = vec![7, 39, 4 + 4 * hops.len() as u8];
    bytes.extend(hops.iter().flatten());
    bytes.resize(39, 0);
    bytes.push(0);
    IpOptions::new(&bytes)
}

/// A timestamp option of addresses and milliseconds.
pub fn stamps(entries: &[([u8; 4], u32)], overflow: u8) -> Option<IpOptions> {
    let mut bytes = vec![68, 36, 5 + 8 * entries.len() as u8, overflow << 4 | 1];
    for (who, when) in entries {
        bytes.extend(who);
        bytes.extend(when.to_be_bytes());
    }
    bytes.resize(36, 0);
    IpOptions::new(&bytes)
}

pub fn rtts(us: &[u64], percentiles: bool) -> RttStats {
    let mut stats = RttStats::new(percentiles);
    us.iter().for_each(|&us| stats.record(Duration::from_micros(us)));
    stats
}

/// A summary whose counters balance: so many replied and lost.
pub fn summary(target: u32, replied: u64, lost: u64) -> Summary {
    let sent = replied + lost;
    let mut loss_runs = LossRuns::default();
    (0..lost).for_each(|_| loss_runs.record(true));
    Summary {
        target: TargetId(target),
        counters: Counters { attempted: sent, sent, replied, lost, ..Counters::default() },
        rtt: rtts(&(0..replied).map(|n| 21 + n).collect::<Vec<_>>(), false),
        loss_runs,
        clocks: [0, replied, 0, 0],
        pipe: 1,
        took: Duration::from_millis(2104),
        sending: Duration::from_micros(2_003_499),
        dropped: 0,
        skipped: 0,
        at: Now { wall: AT, ..Now::default() },
    }
}

/// Every kind of reply.
pub const REPLY_KINDS: [ReplyKind; 6] = [
    ReplyKind::Good,
    ReplyKind::Late,
    ReplyKind::Duplicate,
    ReplyKind::Corrupt { at: None },
    ReplyKind::Corrupt { at: Some(16) },
    ReplyKind::WrongSource,
];

/// One of every note, every reply kind and every state among them.
pub fn every_note() -> Vec<Note> {
    let mut notes: Vec<Note> =
        REPLY_KINDS.into_iter().map(|kind| Note::Reply(Reply { kind, ..reply(70_000, 21) })).collect();
    notes.push(Note::Reply(Reply {
        from: Peer { addr: addr("fe80::1"), scope: 2 },
        truncated: true,
        reordered: true,
        ttl: None,
        tos: None,
        to: None,
        rtt: None,
        counted: false,
        breakdown: Breakdown { queue: None, wake: None },
        proof: Proof::Weak,
        options: record_route(&[[192, 0, 2, 1]]),
        far: Some(FarOffset { offset_ms: None, receive_ms: 1, transmit_ms: 2 }),
        ..reply(1, 0)
    }));
    let far = FarOffset { offset_ms: Some(-12), receive_ms: 40_068_796, transmit_ms: 40_068_796 };
    notes.push(Note::Reply(Reply { far: Some(far), bytes: 20, from: Peer::from(addr("192.0.2.9")), ..reply(2, 40) }));
    let (target, number, at) = (TargetId(0), 3, AT);
    notes.extend([
        Note::Sent { target, number },
        no_reply(4, NoReply::Lost),
        error(5, "192.0.2.9", icmp(Family::V4, 3, 1, 0)),
        error(6, "2001:db8::9", icmp(Family::V6, 2, 0, 1280)),
        no_reply(
            7,
            NoReply::Error {
                from: addr("192.0.2.9"),
                error: icmp(Family::V4, 11, 0, 0),
                proof: Proof::Token,
                after: None,
                ttl: None,
            },
        ),
        no_reply(8, NoReply::NotSent { errno: Errno(101), mtu: None }),
        no_reply(9, NoReply::NotSent { errno: Errno(90), mtu: Some(1400) }),
        Note::Unanswered { target, number, at },
        redirect(10),
        Note::Recovered { target, at, not_sent: 12 },
        Note::Dropped { at, more: 5 },
        Note::Stepped { at, ns: -3_600_000_000_000 },
        Note::Skipped { at, slots: 3 },
        Note::Packet {
            target,
            number,
            at,
            outgoing: true,
            peer: Peer::from(addr("192.0.2.1")),
            local: None,
            ttl: None,
            tos: None,
            bytes: vec![8, 0, 0xe5, 0xca, 0x12, 0x34, 0, 1],
            has_ip_header: false,
            outcome: "replied",
        },
    ]);
    notes
}

pub fn failed() -> Failed {
    Failed { operand: "nosuch.example".into(), reason: "Name or service not known".into(), temporary: false, at: AT }
}

pub fn mtu() -> MtuFound {
    MtuFound {
        target: TargetId(0),
        at: AT,
        mtu: Some(1400),
        size: Some(1372),
        refused: Some(1401),
        said_by: Some(addr("192.0.2.9")),
        black_hole: false,
        probes: 12,
    }
}
