//! Rows as a spreadsheet gets them.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::clock::ClockSource;
use crate::net::Peer;
use crate::ping::{Breakdown, Proof};
use crate::report::Host;
use crate::report::NoNames;
use crate::sys::errno::Errno;
use crate::units::{Family, Ttl};
use crate::wire::icmp::IcmpError;
use std::net::IpAddr;
use std::time::Duration;

fn rows(operand: &str, notes: &[Note]) -> String {
    let host = Host::new(operand, Peer::from(IpAddr::from([192, 0, 2, 1])));
    let run = Run::new(vec![host], WallTime::from_ns(7));
    let mut out = Vec::new();
    {
        let mut report = Csv::new(Arc::new(run), Box::new(&mut out));
        report.start().unwrap();
        notes.iter().for_each(|n| report.note(n, &NoNames).unwrap());
    }
    String::from_utf8(out).unwrap()
}

fn reply(kind: ReplyKind) -> Note {
    Note::Reply(Reply {
        target: TargetId(0),
        number: 70_000,
        kind,
        from: Peer { addr: "fe80::1".parse().unwrap(), scope: 3 },
        at: WallTime::from_ns(8),
        bytes: 64,
        truncated: false,
        reordered: false,
        ttl: Some(Ttl(64)),
        tos: None,
        to: None,
        rtt: Some(Rtt { time: Duration::from_nanos(21_000), clock: ClockSource::Nic }),
        counted: true,
        breakdown: Breakdown { queue: Some(Duration::from_nanos(5)), wake: None },
        proof: Proof::Token,
        wrong_byte: None,
        options: None,
        far: None,
    })
}

fn none(why: NoReply) -> Note {
    Note::NoReply { target: TargetId(0), number: 1, at: WallTime::from_ns(9), why }
}

#[test]
fn a_row_for_each_settled_probe() {
    let error = IcmpError { family: Family::V6, ty: 2, code: 1, info: 1280 };
    let from = IpAddr::from([192, 0, 2, 9]);
    let text = rows(
        "host",
        &[
            Note::Sent { target: TargetId(0), number: 1 },
            reply(ReplyKind::Good),
            reply(ReplyKind::Duplicate),
            reply(ReplyKind::WrongSource),
            reply(ReplyKind::Corrupt { at: Some(3) }),
            none(NoReply::Lost),
            none(NoReply::NotSent { errno: Errno(101), mtu: None }),
            none(NoReply::Error { from, error, proof: Proof::Weak, after: None, ttl: Some(Ttl(60)) }),
            reply(ReplyKind::Late),
        ],
    );
    let want = "\
ts_ns,target,address,seq,outcome,from,rtt_ns,clock,bytes,ttl,tos,proof,queue_ns,wake_ns,icmp_type,icmp_code,error,errno
8,host,192.0.2.1,70000,replied,fe80::1%3,21000,nic,64,64,,token,5,,,,,
8,host,192.0.2.1,70000,corrupt,fe80::1%3,21000,nic,64,64,,token,5,,,,,
9,host,192.0.2.1,1,lost,,,,,,,,,,,,,
9,host,192.0.2.1,1,not_sent,,,,,,,,,,,,Network is unreachable,ENETUNREACH
9,host,192.0.2.1,1,error,192.0.2.9,,,,60,,weak,,,2,1,\"Packet too big: mtu=1280, code=1\",
8,host,192.0.2.1,70000,late,fe80::1%3,21000,nic,64,64,,token,5,,,,,
";
    assert_eq!(text, want);
}

#[test]
fn what_looks_like_a_formula_is_text() {
    for operand in ["=HYPERLINK(1)", "+1", "-1", "@x"] {
        let text = rows(operand, &[none(NoReply::Lost)]);
        assert!(text.contains(&format!("9,'{operand},")), "{text}");
    }
    assert!(rows("\t\r=1", &[none(NoReply::Lost)]).contains("9,'=1,192"), "also behind what is taken out");
    assert!(rows("a,\"b\"\n", &[none(NoReply::Lost)]).contains("9,\"a,\"\"b\"\"\",192"));
}
