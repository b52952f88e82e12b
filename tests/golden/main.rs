//! What a run of text looks like as a whole, held against files: the headers, every line of a reply and an error, the
//! statistics. The files are what iputils' ping prints (s20250605, and its sources), but for the differences that
//! `report::text` names. `UPDATE_GOLDEN=1 cargo test --test golden` writes them anew.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod capture;
mod sample;
#[path = "../skip/mod.rs"]
mod skip;
mod sweep;
mod sweep_sample;
mod trace;
mod trace_sample;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rprobe::net::Peer;
use rprobe::ping::{Breakdown, Counters, FarOffset, NoReply, Note, Reply, ReplyKind, Summary, TargetId};
use rprobe::report::Host;
use rprobe::report::ping::{Report, Run, Style, Text};
use rprobe::sys::errno::Errno;
use rprobe::units::{Family, Ttl};
use sample::*;

/// Runs a text report and gives what it wrote to stdout and to stderr.
fn text(run: Run, style: Style, notes: &[Note], ends: &[Summary]) -> (String, String) {
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

#[track_caller]
pub(crate) fn same(file: &str, (out, err): (String, String)) {
    let got = if err.is_empty() { out } else { format!("{out}=== stderr ===\n{err}") };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(file);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &got).unwrap();
    }
    let want = std::fs::read_to_string(&path).unwrap();
    assert_eq!(got, want, "{file} differs");
}

fn one() -> Vec<Host> {
    vec![host("192.0.2.1", "192.0.2.1")]
}

fn rping() -> Style {
    Style::new("rping")
}

fn ping() -> Style {
    Style { peer: true, ..Style::new("ping") }
}

fn of_kind(kind: ReplyKind) -> Note {
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
    let kinds = [
        ReplyKind::Good,
        ReplyKind::Late,
        ReplyKind::Duplicate,
        ReplyKind::Corrupt { at: None },
        ReplyKind::Corrupt { at: Some(16) },
        ReplyKind::WrongSource,
    ];
    let mut notes: Vec<Note> = kinds.into_iter().map(of_kind).collect();
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
fn everything_a_summary_can_say() {
    let not_sent = |n, ms, errno| Note::NoReply {
        target: TargetId(0),
        number: n,
        at: at(ms),
        why: NoReply::NotSent { errno: Errno(errno), mtu: None },
    };
    let notes = [
        not_sent(1, 0, 101),
        not_sent(2, 1, 101),
        not_sent(3, 2, 101),
        not_sent(4, 3, 1),
        not_sent(5, 1_003, 1),
        not_sent(6, 1_004, 1),
        not_sent(7, 2_004, 1),
        Note::Recovered { target: TargetId(0), at: at(2_005), not_sent: 7 },
        not_sent(8, 2_006, 1),
        no_reply(9, NoReply::NotSent { errno: Errno(90), mtu: Some(1400) }),
        Note::Dropped { at: AT, more: 5 },
        Note::Stepped { at: AT, ns: -3_600_000_000_000 },
        Note::Stepped { at: AT, ns: 1_500_000 },
        Note::Skipped { at: AT, slots: 1 },
    ];
    let counters = Counters {
        attempted: 120,
        not_sent: 9,
        sent: 111,
        replied: 100,
        late: 2,
        errors: 1,
        lost: 6,
        in_flight: 2,
        reordered: 3,
        foreign: 4,
        ..Counters::default()
    };
    let end = || Summary {
        counters,
        rtt: rtts(&(1..=100).map(|n| n * 1000).collect::<Vec<_>>(), true),
        clocks: [0, 98, 2, 0],
        pipe: 4,
        dropped: 5,
        skipped: 1,
        loss_runs: summary(0, 0, 6).loss_runs,
        ..summary(0, 0, 0)
    };
    let flood = || Run { reply_driven: true, sample: Some(16), ..run(one()) };
    same("everything.txt", text(flood(), rping(), &notes, &[end()]));
    same("everything_as_ping.txt", text(flood(), ping(), &notes, &[end()]));
}

#[test]
fn nothing_could_be_sent() {
    let notes = [no_reply(1, NoReply::NotSent { errno: Errno(101), mtu: None })];
    let counters = Counters { attempted: 1, not_sent: 1, ..Counters::default() };
    let end = || Summary { counters, ..summary(0, 0, 0) };
    same("nothing_sent.txt", text(run(one()), rping(), &notes, &[end()]));
    same("nothing_sent_as_ping.txt", text(run(one()), ping(), &notes, &[end()]));
}

#[test]
fn several_targets() {
    let hosts = || vec![host("one", "192.0.2.1"), host("two.example.net", "2001:db8::2"), host("three", "192.0.2.3")];
    let to = |n: u32, r: Reply| Note::Reply(Reply { target: TargetId(n), ..r });
    let two = Peer::from(addr("2001:db8::2"));
    let notes = [
        to(0, reply(1, 21)),
        to(1, Reply { from: two, ttl: Some(Ttl(57)), ..reply(1, 12_345) }),
        to(0, Reply { options: record_route(&[[192, 0, 2, 9]]), ..reply(2, 22) }),
        Note::NoReply { target: TargetId(2), number: 1, at: AT, why: NoReply::NotSent { errno: Errno(1), mtu: None } },
        Note::Unanswered { target: TargetId(1), number: 2, at: AT },
        Note::Recovered { target: TargetId(2), at: AT, not_sent: 1 },
    ];
    let slow = Summary { rtt: rtts(&[12_345, 9_876], true), ..summary(1, 2, 1) };
    let none = Summary { counters: Counters { attempted: 1, not_sent: 1, ..Counters::default() }, ..summary(2, 0, 0) };
    let ends = [summary(0, 2, 0), slow, none];
    let (mut out, mut err) = (Vec::new(), Vec::new());
    {
        let mut report = Text::new(Arc::new(run(hosts())), rping(), Box::new(&mut out), Box::new(&mut err));
        report.failed(&failed()).unwrap();
        report.start().unwrap();
        notes.iter().for_each(|n| report.note(n, &Book).unwrap());
        report.status(&ends).unwrap();
        report.mtu(&mtu()).unwrap();
        report.summary(&ends).unwrap();
    }
    same("several.txt", (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap()));
}

#[test]
fn one_of_two_operands_can_be_probed() {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    {
        let run = Run { several: true, ..run(one()) };
        let mut report = Text::new(Arc::new(run), rping(), Box::new(&mut out), Box::new(&mut err));
        report.failed(&failed()).unwrap();
        report.start().unwrap();
        report.note(&of_kind(ReplyKind::Good), &Book).unwrap();
        report.summary(&[summary(0, 1, 0)]).unwrap();
    }
    same("one_of_two.txt", (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap()));
}

#[test]
fn status_line() {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    {
        let mut report = Text::new(Arc::new(run(one())), ping(), Box::new(&mut out), Box::new(&mut err));
        report.status(&[summary(0, 2, 1)]).unwrap();
        report.status(&[summary(0, 0, 3)]).unwrap();
        report.status(&[summary(0, 0, 0)]).unwrap();
    }
    assert_eq!(String::from_utf8(out).unwrap(), "");
    let want = "\r2/3 packets, 33% loss, min/avg/ewma/max = 0.021/0.022/0.021/0.022 ms\n\
                \r0/3 packets, 100% loss\n\r0/0 packets, 0% loss\n";
    assert_eq!(String::from_utf8(err).unwrap(), want);
}

#[test]
fn flood() {
    let sent = |number| Note::Sent { target: TargetId(0), number };
    let notes = [
        sent(1),
        sent(2),
        Note::Reply(reply(1, 21)),
        of_kind(ReplyKind::Duplicate),
        sent(3),
        of_kind(ReplyKind::Corrupt { at: None }),
        sent(4),
        error(4, "192.0.2.9", icmp(Family::V4, 3, 1, 0)),
        no_reply(5, NoReply::NotSent { errno: Errno(105), mtu: None }),
        no_reply(2, NoReply::Lost),
    ];
    let run = || Run { reply_driven: true, interval: Duration::ZERO, ..run(one()) };
    let end = || Summary { pipe: 3, ..summary(0, 2, 2) };
    same("flood.txt", text(run(), Style { flood: true, ..ping() }, &notes, &[end()]));
    same("flood_not_as_ping.txt", text(run(), Style { flood: true, ..rping() }, &notes, &[end()]));
    same("flood_quiet.txt", text(run(), Style { flood: true, quiet: true, ..ping() }, &notes, &[end()]));
}

#[test]
fn a_group_answers_many_times() {
    let group = || vec![Host { group: true, ..host("224.0.0.1", "224.0.0.1") }];
    let notes = [of_kind(ReplyKind::Good), of_kind(ReplyKind::Duplicate)];
    let lines = |style| text(run(group()), style, &notes, &[]).0;
    assert!(!lines(ping()).contains("DUP!"));
    assert!(lines(Style { verbose: true, ..ping() }).contains(" ident=4711 ttl=64 time=0.021 ms (DUP!)\n"));
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

#[test]
fn a_failing_writer_is_told_of() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut report = Text::new(Arc::new(run(one())), rping(), Box::new(Full), Box::new(Full));
    let results = [
        report.start(),
        report.note(&of_kind(ReplyKind::Good), &Book),
        report.note(&no_reply(1, NoReply::NotSent { errno: Errno(101), mtu: None }), &Book),
        report.status(&[summary(0, 1, 0)]),
        report.summary(&[summary(0, 1, 0)]),
    ];
    for result in results {
        assert_eq!(result.unwrap_err().kind(), std::io::ErrorKind::BrokenPipe);
    }
}
