//! Notes of a trace in every state: what JSON is held against its schema with, and text against what stood there before.
#![allow(dead_code)]

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use rprobe::clock::{BootTime, ClockSource, Epoch, Now, WallTime};
use rprobe::names::Origin;
use rprobe::net::{Peer, Reply};
use rprobe::probe::TargetId;
use rprobe::probe::counters::Counters;
use rprobe::probe::times::{Breakdown, Rtt};
use rprobe::probe::token::Proof;
use rprobe::report::Names;
use rprobe::report::trace::{Json, Report, Run, Traced};
use rprobe::report::{Failed, Host};
use rprobe::sys::errno::{EMSGSIZE, ENETUNREACH};
use rprobe::trace::{
    Answer, End, Evidence, Hop, Method, MtuLimit, MtuNote, MtuStep, Nat, Note, Path, PathMtu, Reach, Rewritten, Try,
    What,
};
use rprobe::units::{Family, Ident, Port, Ttl};
use rprobe::wire::extension::meaning::Extensions;
use rprobe::wire::icmp::IcmpError;

pub(crate) fn addr(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn at(ms: i64) -> WallTime {
    WallTime::from_ns(1_795_259_269_820_283_999 + ms * 1_000_000)
}

/// Knows some.
pub(crate) struct Some1 {
    origin: Origin,
}

impl Some1 {
    pub(crate) fn new() -> Self {
        let prefix = Some((addr("10.0.0.0"), 8));
        Some1 { origin: Origin { asns: vec![64_496, 64_497], prefix, name: Some("EXAMPLE".into()) } }
    }
}

impl Names for Some1 {
    fn name(&self, addr: IpAddr) -> Option<&str> {
        (addr == self::addr("10.0.1.1")).then_some("gw\u{1b}[31m.example")
    }

    fn origin(&self, addr: IpAddr) -> Option<&Origin> {
        (addr == self::addr("10.0.1.1")).then_some(&self.origin)
    }
}

pub(crate) fn run(several: bool) -> Run {
    let host = |operand: &str, address: &str| Traced {
        host: Host {
            source: Some(addr("10.0.1.9")),
            ident: Some(Ident(7)),
            canonical: Some("canonical.example".into()),
            ..Host::new(operand, Peer::from(addr(address)))
        },
        length: 60,
        ports: several.then_some((Port(40_000), Port(33_434))),
        first_mtu: Some(1500),
    };
    let mut traced = vec![host("host.example", "10.0.9.2")];
    if several {
        traced.push(host("10.0.7.7", "10.0.7.7"));
    }
    Run {
        traced,
        several,
        at: at(0),
        method: if several { Method::Udp } else { Method::Icmp },
        numbering: "paris",
        flow: 0,
        fallback: several.then(|| "by ordinary sockets".into()),
        first: 1,
        last: 30,
        tries: 3,
        mtu: true,
        bleaching: true,
        tos: 0xb8,
    }
}

pub(crate) fn answer(from: &str, us: u64, what: What) -> Answer {
    Answer {
        from: Peer::from(addr(from)),
        at: at(1),
        rtt: Rtt { time: Duration::from_micros(us), clock: ClockSource::Kernel },
        breakdown: Breakdown { queue: Some(Duration::from_nanos(900)), wake: None },
        late: false,
        proof: Proof::Token,
        what,
        number: 4,
        sent_ttl: Ttl(3),
        reply_ttl: Some(Ttl(61)),
        return_length: Some(4),
        tos: Some(0xc0),
        evidence: Evidence { quoted_ttl: Some(Ttl(1)), quoted_tos: Some(0xb8), ..Evidence::default() },
        extensions: None,
    }
}

pub(crate) fn icmp(ty: u8, code: u8, info: u32) -> IcmpError {
    IcmpError { family: Family::V4, ty, code, info }
}

pub(crate) fn exceeded() -> What {
    What::TimeExceeded(icmp(11, 0, 0))
}

/// A label, an interface with a hostile name, an unknown object and a broken one.
fn extensions() -> Extensions {
    let mut bytes = vec![0x20, 0, 0, 0, 0, 8, 1, 1, 0x05, 0xdc, 0x11, 1];
    bytes.extend([0, 20, 2, 0x0b, 0, 0, 0, 3, 8, b'e', 0x1b, b'h', b'1', 0, 0, 0, 0, 0, 5, 0xdc]);
    bytes.extend([0, 6, 9, 7, 0xab, 0xcd, 0, 99, 1, 1]);
    Extensions::read(&bytes)
}

fn hop(distance: u8, tries: Vec<Try>) -> Hop {
    Hop { target: TargetId(0), distance, tries, limited: false, per_packet: false, at: at(2) }
}

/// Hops in every state.
pub(crate) fn hops() -> Vec<Hop> {
    let reply = |us| Try::Answer(answer("10.0.1.1", us, exceeded()));
    let silent = || Try::Silent { waited: Duration::from_millis(30) };
    let mut tagged = answer("10.0.3.1", 2240, exceeded());
    tagged.extensions = Some(Box::new(extensions()));
    let mut odd = answer("10.0.4.1", 3000, exceeded());
    odd.evidence = Evidence {
        quoted_ttl: Some(Ttl(9)),
        quoted_tos: Some(0),
        quoted_ident: Some(77),
        quoted_dont_fragment: Some(true),
        quoted_total_len: Some(60),
        quoted_len: Some(28),
        nat: Some(Nat { source: Some(addr("192.0.2.7")), port: Some(Port(9)), checksum: 0x1234 }),
        mtu: None,
    };
    odd.return_length = Some(9);
    let mut big = answer("10.0.5.1", 4000, What::Error(icmp(3, 4, 1400)));
    big.evidence.mtu = Some(1400);
    let refused = Try::Answer(answer("10.0.6.1", 5000, What::Error(icmp(3, 13, 0))));
    let late = Answer { late: true, ..answer("10.0.6.1", 905_000, exceeded()) };
    let not_sent = Try::NotSent { errno: EMSGSIZE, mtu: Some(1500) };
    let target = |what| Try::Answer(answer("10.0.9.2", 6000, What::Reached(what)));
    vec![
        hop(1, vec![reply(210), reply(190), reply(180)]),
        Hop { limited: true, ..hop(2, vec![silent(), Try::Answer(answer("10.0.2.1", 1902, exceeded())), silent()]) },
        hop(3, vec![Try::Answer(tagged.clone()), Try::Answer(tagged)]),
        Hop { per_packet: true, ..hop(4, vec![reply(3), Try::Answer(odd)]) },
        hop(5, vec![silent(), silent(), silent()]),
        hop(6, vec![Try::Answer(big), refused, Try::Answer(late)]),
        hop(7, vec![not_sent]),
        hop(
            8,
            vec![target(Reach::Echo), target(Reach::PortUnreachable(icmp(3, 3, 0))), target(Reach::Reply(Reply::Data))],
        ),
        hop(
            9,
            vec![
                target(Reach::Reply(Reply::SynAck)),
                target(Reach::Reply(Reply::Rst)),
                target(Reach::Reply(Reply::Segment)),
            ],
        ),
    ]
}

pub(crate) fn path(end: End) -> Path {
    let counters = Counters {
        attempted: 28,
        not_sent: 1,
        sent: 27,
        replied: 20,
        late: 1,
        lost: 5,
        errors: 1,
        ..Counters::default()
    };
    assert!(counters.balanced());
    Path {
        target: TargetId(0),
        end,
        distance: (end == End::Reached).then_some(9),
        hops: 9,
        counters,
        mtu: None,
        nat_at: None,
        dscp: None,
        ecn: None,
        tos_quotes: 11,
        per_packet: false,
        one_by_one: false,
        unattributed: 0,
        dropped: 0,
        took: Duration::from_millis(950),
        at: Now { boot: BootTime::from_ns(1), wall: at(950), epoch: Epoch(0) },
    }
}

/// Every way to end, with everything that can be found beside it.
pub(crate) fn ends() -> Vec<Path> {
    let by = addr("10.0.6.1");
    let found = Path {
        mtu: Some(PathMtu {
            mtu: Some(1400),
            up_to: 9,
            limit: Some(MtuLimit::Router { addr: addr("10.0.5.1"), distance: Some(5), named: 1400 }),
        }),
        nat_at: Some(4),
        dscp: Some(Rewritten { at: 4, after: 3, sent: 46, quoted: 0 }),
        ecn: Some(Rewritten { at: 1, after: 0, sent: 2, quoted: 0 }),
        per_packet: true,
        one_by_one: true,
        unattributed: 3,
        dropped: 2,
        ..path(End::Reached)
    };
    let mtu = |mtu, limit| Path { mtu: Some(PathMtu { mtu, up_to: 9, limit }), ..path(End::Reached) };
    vec![
        path(End::Reached),
        found,
        mtu(None, None),
        mtu(Some(9000), None),
        mtu(Some(1500), Some(MtuLimit::Here)),
        mtu(Some(1300), Some(MtuLimit::Router { addr: by, distance: None, named: 0 })),
        mtu(Some(1300), Some(MtuLimit::BlackHole { after: Some(3) })),
        mtu(Some(1300), Some(MtuLimit::BlackHole { after: None })),
        path(End::Prohibited { by, error: icmp(3, 13, 0), at: 6 }),
        path(End::Unreachable { by, error: icmp(3, 1, 0), at: 6 }),
        path(End::Gap { last: 3 }),
        path(End::Gap { last: 0 }),
        path(End::LastHop),
        path(End::Loop { from: 4, length: 2 }),
        path(End::Stopped),
        Path { hops: 0, ..path(End::Stopped) },
        path(End::NotSent { errno: ENETUNREACH }),
    ]
}

/// Everything that happens besides.
pub(crate) fn incidents() -> Vec<Note> {
    let mtu = |step| Note::Mtu(MtuNote { target: TargetId(0), size: 1500, step, tries: 2, at: at(3) });
    vec![
        Note::Try {
            target: TargetId(0),
            ttl: Ttl(3),
            number: 1,
            at: at(1),
            what: Try::Silent { waited: Duration::ZERO },
        },
        Note::Revised {
            target: TargetId(0),
            distance: 5,
            index: 1,
            answer: Answer { late: true, ..answer("10.0.5.1", 1_000_000, exceeded()) },
        },
        mtu(MtuStep::Fits),
        mtu(MtuStep::TooBig { from: addr("10.0.5.1"), error: icmp(3, 4, 1400) }),
        mtu(MtuStep::TooBigHere { mtu: Some(1500) }),
        mtu(MtuStep::Silent),
        Note::Dropped { at: at(4), more: 3 },
        Note::Stepped { at: at(4), ns: -1_000_000 },
    ]
}

/// All of it as JSON Lines.
pub(crate) fn json() -> Vec<String> {
    let mut out = Vec::new();
    for several in [false, true] {
        let mut report = Json::new(Arc::new(run(several)), Box::new(&mut out));
        report.start().unwrap();
        let reason = "Name or service not known".to_owned();
        report.failed(&Failed { operand: "nosuch".into(), reason, temporary: false, at: at(0) }).unwrap();
        for note in hops().into_iter().map(Note::Hop).chain(incidents()) {
            report.note(&note, &Some1::new()).unwrap();
        }
        for end in ends() {
            report.note(&Note::End(end), &Some1::new()).unwrap();
        }
    }
    String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
}
