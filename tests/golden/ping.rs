//! Text of `rping`: the headers and every line of a reply and an error, under its own name and under ping's.

use std::sync::Arc;

use rprobe::net::Peer;
use rprobe::ping::{Breakdown, Counters, FarOffset, NoReply, Note, Reply, ReplyKind, Summary, TargetId};
use rprobe::report::Host;
use rprobe::report::ping::{Report, Run, Style, Text};
use rprobe::units::Family;

use crate::same;
use crate::sample::*;

/// Runs a text report and gives what it wrote to stdout and to stderr.
pub(crate) fn text(run: Run, style: Style, notes: &[Note], ends: &[Summary]) -> (String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    {
        let mut report = Text::new(Arc::new(run), style, Box::new(&mut out), Box::new(&mut err));
        report.start().unwrap();
        notes.iter().for_each(|n| report.note(n, &Book).unwrap());
        report.summary(ends).unwrap();
        report.flush().unwrap();
    }
    (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

pub(crate) fn one() -> Vec<Host> {
    vec![host("192.0.2.1", "192.0.2.1")]
}

pub(crate) fn rping() -> Style {
    Style::new("rping")
}

pub(crate) fn ping() -> Style {
    Style { peer: true, ..Style::new("ping") }
}

pub(crate) fn of_kind(kind: ReplyKind) -> Note {
    Note::Reply(Reply { kind, ..reply(1, 21) })
}

#[test]
fn three_replies() {
    let notes: Vec<Note> = [21, 1_234, 123_456].iter().zip(1..).map(|(&us, n)| Note::Reply(reply(n, us))).collect();
    let end = Summary { rtt: rtts(&[21, 1_234, 123_456], false), ..summary(0, 3, 0) };
    for style in [rping(), ping()] {
        same("three_replies.txt", text(run(one()), style, &notes, std::slice::from_ref(&end)));
    }
}

#[test]
fn nothing_answers() {
    let notes = [no_reply(1, NoReply::Lost), no_reply(2, NoReply::Lost), no_reply(3, NoReply::Lost)];
    let end = summary(0, 0, 3);
    same("nothing_answers.txt", text(run(one()), ping(), &notes, &[end]));
    same("one_lost.txt", text(run(one()), ping(), &notes[..1], &[summary(0, 0, 1)]));
}

#[test]
fn every_kind_of_reply() {
    let mut notes: Vec<Note> = REPLY_KINDS.into_iter().map(of_kind).collect();
    if let Some(Note::Reply(corrupt)) = notes.get_mut(4) {
        corrupt.wrong_byte = Some((0x10, 0xff));
    }
    notes.extend([
        Note::Reply(Reply { number: 256, ..reply(0, 11_012_300) }),
        Note::Reply(reply(65_536, 5)),
        Note::Reply(reply(5_000_000_000, 5)),
        Note::Reply(Reply { truncated: true, bytes: 40, ..reply(2, 21) }),
        Note::Reply(Reply { rtt: None, bytes: 8, ..reply(3, 0) }),
        Note::Reply(Reply { ttl: None, ..reply(4, 21) }),
        Note::Reply(Reply { from: Peer::from(addr("192.0.2.9")), ..reply(5, 21) }),
        Note::Reply(Reply { from: Peer { addr: addr("fe80::1"), scope: 2 }, ..reply(6, 21) }),
        Note::Reply(Reply { from: Peer { addr: addr("fe80::1"), scope: 7 }, ..reply(7, 21) }),
    ]);
    let c = Counters { attempted: 9, sent: 9, replied: 8, late: 1, duplicates: 1, corrupt: 2, ..Counters::default() };
    let end = || Summary { counters: Counters { truncated: 1, reordered: 1, foreign: 4, ..c }, ..summary(0, 3, 0) };
    same("replies.txt", text(run(one()), rping(), &notes, &[end()]));
    same("replies_as_ping.txt", text(run(one()), ping(), &notes, &[end()]));
}

#[test]
fn far_clocks_and_this_host() {
    let far = |offset_ms| Some(FarOffset { offset_ms, receive_ms: 1, transmit_ms: 1 });
    let none = Breakdown { queue: None, wake: None };
    let notes = [
        Note::Reply(Reply { bytes: 20, far: far(Some(-12)), ..reply(1, 21) }),
        Note::Reply(Reply { bytes: 20, far: far(Some(0)), breakdown: none, ..reply(2, 21) }),
        Note::Reply(Reply { bytes: 20, far: far(None), breakdown: none, rtt: None, ..reply(3, 21) }),
    ];
    let style = Style { breakdown: true, ..rping() };
    same("far_clock.txt", text(run(one()), style, &notes, &[summary(0, 3, 0)]));
}

#[test]
fn every_kind_of_error() {
    let v4 = |n, ty, code, info| error(n, "192.0.2.9", icmp(Family::V4, ty, code, info));
    let (target, number, at) = (TargetId(0), 300, AT);
    let notes = [
        error(1, "192.0.2.1", icmp(Family::V4, 3, 1, 0)),
        v4(2, 11, 0, 0),
        v4(70_000, 3, 4, 1400),
        Note::Unanswered { target, number, at },
        redirect(4),
        Note::Redirect {
            target,
            number: 5,
            at,
            from: addr("fe80::9"),
            gateway: addr("fe80::7"),
            error: icmp(Family::V6, 137, 0, 0),
        },
        error(6, "fe80::9", icmp(Family::V6, 1, 3, 0)),
    ];
    let c = Counters { attempted: 5, sent: 5, errors: 4, lost: 1, ..Counters::default() };
    let end = Summary { counters: c, ..summary(0, 0, 1) };
    let style = Style { timestamps: true, ..ping() };
    same("errors.txt", text(run(one()), style, &notes, std::slice::from_ref(&end)));
    same("errors_quiet.txt", text(run(one()), Style { quiet: true, ..rping() }, &notes, &[end]));
}

#[test]
fn options_of_replies() {
    let with = |n, options| Note::Reply(Reply { options, ..reply(n, 21) });
    let route = [[192, 0, 2, 100], [192, 0, 2, 9], [192, 0, 2, 1]];
    let notes = [
        with(1, record_route(&route)),
        with(2, record_route(&route)),
        with(3, record_route(&route[..2])),
        with(4, stamps(&[([192, 0, 2, 100], 40_068_796), ([192, 0, 2, 1], 40_068_798)], 3)),
        with(5, stamps(&[([192, 0, 2, 100], 0x8000_0005), ([192, 0, 2, 1], 0x8000_0009)], 0)),
        with(6, rprobe::ping::IpOptions::new(&[7, 200, 4])),
    ];
    let asked = Run { ip_options: 40, ..run(one()) };
    same("options.txt", text(asked, Style { bell: true, verbose: true, ..ping() }, &notes, &[summary(0, 6, 0)]));
}

#[test]
fn headers() {
    let v6 = |operand: &str| Host { canonical: Some("six.example".into()), ..host(operand, "2001:db8::1") };
    let named = Host { canonical: Some("www.example.net\x07".into()), ..host("example.net", "192.0.2.1") };
    let from = |h: Host, device: Option<&str>, source: &str| Host {
        show_source: true,
        device: device.map(Into::into),
        source: Some(addr(source)),
        ..h
    };
    let local = Host {
        zone: Some("eth0".into()),
        peer: Peer { addr: addr("fe80::1"), scope: 2 },
        ..host("fe80::1%eth0", "fe80::1")
    };
    let mut all = String::new();
    let mut add = |r: Run| {
        let (out, _) = text(r, ping(), &[], &[]);
        all.push_str(&out);
    };
    add(run(vec![named.clone()]));
    add(Run { size: 0, ip_options: 40, ..run(vec![named]) });
    add(run(vec![v6("six")]));
    add(run(vec![local]));
    add(Run { flow_label: Some(0x2a), pattern: vec![0xff, 0x00], ..run(vec![v6("six")]) });
    add(run(vec![from(one().remove(0), Some("eth0"), "192.0.2.100")]));
    add(run(vec![from(one().remove(0), None, "192.0.2.100")]));
    add(run(vec![from(v6("six"), Some("eth0"), "2001:db8::100")]));
    same("headers.txt", (all, String::new()));
}

#[test]
fn colour_only_where_it_is_asked_for() {
    let notes = [of_kind(ReplyKind::Good), of_kind(ReplyKind::Late), error(2, "192.0.2.1", icmp(Family::V4, 3, 1, 0))];
    let plain = text(run(one()), rping(), &notes, &[]).0;
    assert!(!plain.contains('\x1b'));
    let coloured = text(run(one()), Style { color: true, ..rping() }, &notes, &[]).0;
    assert!(coloured.contains("\n\x1b[33m64 bytes") && coloured.contains("(late)\x1b[0m\n\x1b[31mFrom 192.0.2.1"));
    let stripped = ["\x1b[33m", "\x1b[31m", "\x1b[0m"].iter().fold(coloured, |s, code| s.replace(code, ""));
    assert_eq!(stripped, plain);
}
