//! The capture file of `--pcapng`: what Wireshark's own reader finds in it.

use std::path::{Path, PathBuf};

use crate::bed::{Heard, WAYS, Way};
use crate::lab::{self, Host, Need, Scenario};

const SCENARIO: &str = "
    title = 'a bit of everything'
    [[hop]]
    address = ['10.255.1.1', 'fd00:ff:1::1']
    [[host]]
    prefix = ['10.9.0.0/16', 'fd00:9::/32']
    [[rule]]
    seq = 2
    drop = true
    [[rule]]
    seq = 3
    copies = 1
    [[rule]]
    seq = 4
    error = { name = 'host-unreachable' }
    [[rule]]
    seq = 5
    flip = 20
    [[rule]]
    seq = 1
    strangers = { count = 20, ident = 99 }
";

fn file(way: Way) -> PathBuf {
    let kind = format!("{}-{}", if way.v4 { "v4" } else { "v6" }, way.socket());
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("rping-{kind}-{}.pcapng", std::process::id()))
}

/// The fields of each packet, as tshark reads them.
#[track_caller]
fn tshark(host: &Host, file: &Path, fields: &[&str]) -> Vec<Vec<String>> {
    let mut run = host.command("tshark").args(["-n", "-r", file.to_str().unwrap(), "-T", "fields"]);
    for field in fields {
        run = run.args(["-e", field]);
    }
    let out = run.env("HOME", env!("CARGO_TARGET_TMPDIR")).output().ok();
    out.stdout.lines().map(|l| l.split('\t').map(str::to_owned).collect()).collect()
}

#[test]
fn the_capture_has_our_probes_and_their_answers_with_their_outcomes() {
    let Some(lab) = lab::start!(Need::Tool("tshark")) else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::parse(SCENARIO));
    let started: Vec<_> = WAYS
        .iter()
        .map(|way| {
            let words = format!("-c 6 -i 0.05 -W 1.5 --pcapng {}", file(*way).display());
            (*way, way.json(&host, 1, &words).start())
        })
        .collect();
    for (way, run) in started {
        let heard = Heard::new(run.wait());
        heard.exits(0);
        assert_eq!(heard.count("duplicates") + heard.count("errors") + heard.count("corrupt") + heard.count("lost"), 4);
        let (ip, icmp) = if way.v4 { ("ip", "icmp") } else { ("ipv6", "icmpv6") };
        let seq = if way.v4 { "icmp.seq" } else { "icmpv6.echo.sequence_number" };
        let names = [
            format!("{ip}.src"),
            format!("{ip}.dst"),
            format!("{icmp}.type"),
            seq.to_owned(),
            "frame.comment".to_owned(),
            "frame.time_epoch".to_owned(),
            format!("{icmp}.checksum.status"),
        ];
        let rows = tshark(&host, &file(way), &names.each_ref().map(String::as_str));
        let (ask, answer) = if way.v4 { ("8", "0") } else { ("128", "129") };
        let target = way.target(1);
        let own = if way.v4 { "10.200.0.2" } else { "fd00:200::2" };
        let first = |cell: &str| cell.split(',').next().unwrap_or_default().to_owned();
        let seqs_of = |ty: &str| -> Vec<String> {
            let mut seqs: Vec<String> = rows.iter().filter(|r| first(&r[2]) == ty).map(|r| first(&r[3])).collect();
            seqs.sort();
            seqs
        };
        assert_eq!(seqs_of(ask), ["1", "2", "3", "4", "5", "6"], "{way:?} {rows:#?}");
        assert_eq!(seqs_of(answer), ["1", "3", "3", "5", "6"], "{way:?} {rows:#?}");
        // Six probes, five answers, one error (ping sockets are not shown it), and none of the strangers.
        assert_eq!(rows.len(), if way.raw { 12 } else { 11 }, "{way:?} {rows:#?}");
        for row in &rows {
            assert!(!row[4].is_empty(), "each has a comment: {way:?} {rows:#?}");
            let (src, dst) = (first(&row[0]), first(&row[1]));
            if first(&row[2]) == ask {
                assert_eq!((src.as_str(), dst.as_str()), (own, target.as_str()), "{row:?}");
            } else {
                assert_eq!(dst, own, "{row:?}");
            }
            if row[2] == ask || row[2] == answer {
                assert_eq!(row.get(6).map(String::as_str), Some("1"), "{way:?}: good checksums: {row:?}");
            }
        }
        let comment = |ty: &str, n: &str| -> Vec<String> {
            rows.iter().filter(|r| first(&r[2]) == ty && first(&r[3]) == n).map(|r| r[4].clone()).collect()
        };
        assert!(comment(ask, "2")[0].contains("lost"), "{rows:#?}");
        assert!(comment(ask, "1")[0].contains("replied"), "{rows:#?}");
        assert!(comment(answer, "3").iter().any(|c| c.contains("duplicate")), "{rows:#?}");
        assert!(comment(answer, "5")[0].contains("corrupt"), "{rows:#?}");
        assert!(comment(ask, "4")[0].contains("error"), "{rows:#?}");
        let _ = std::fs::remove_file(file(way));
    }
}

#[test]
fn a_capture_file_that_cannot_be_made_is_one_line() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::parse(SCENARIO));
    let out = crate::bed::rping(&host, "-n -c 1 --pcapng /nonexistent/dir/file 10.9.1.1").output();
    assert_eq!((out.code(), out.stderr.lines().count(), out.stdout.as_str()), (Some(2), 1, ""), "{out:?}");
    let out = crate::bed::rping(&host, "-n -c 1 --pcapng /dev/full 10.9.1.1").output();
    assert_eq!(out.code(), Some(2), "{out:?}");
    assert!(out.stdout.contains("1 received"), "{out:?}");
}
