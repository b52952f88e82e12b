//! Text of `rping`'s ends: statistics, status lines, of one target, of several and of groups, of floods, of what fails.

use std::sync::Arc;
use std::time::Duration;

use rprobe::net::Peer;
use rprobe::ping::{Counters, NoReply, Note, Reply, ReplyKind, Summary, TargetId};
use rprobe::report::Host;
use rprobe::report::ping::{Report, Run, Style, Text};
use rprobe::sys::errno::Errno;
use rprobe::units::{Family, Ttl};

use crate::ping::{of_kind, one, ping, rping, text};
use crate::same;
use crate::sample::*;

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
