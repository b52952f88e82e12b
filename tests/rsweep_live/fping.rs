//! fping's command line, beside the real fping in the same namespace: texts, streams and exit codes.
//!
//! Figures differ from run to run and are put out of sight. Where fping 5.5, which we follow, differs from the one that is
//! installed, the case says so by being left out here and standing in the tables of `cli::sweep::plan`.

use std::net::Ipv4Addr;

use super::bed::{RSWEEP, rsweep};
use crate::lab::{self, Host, Lab, Need, Output};

/// Hosts that answer, one that is silent, one without a route; on the machine's own addresses.
fn network(lab: &Lab) -> Host {
    let host = lab.host("a");
    host.up("lo");
    host.answer_for("10.9.0.0/16");
    host.ip("link add v0 type veth peer name v1\naddr add 10.7.0.1/24 dev v0");
    host.up("v0");
    host.up("v1");
    host.ip("neigh add 10.7.0.9 lladdr 02:00:00:00:00:09 dev v0");
    host
}

/// Figures out of sight.
fn plain(text: &str) -> String {
    let text = text.replace(RSWEEP, "fping").replace("/usr/bin/fping", "fping");
    let figure = |word: &str| {
        let bare = word.trim_matches(['(', '[', ']', ',', ')']);
        let is_time = !bare.is_empty() && bare.split(['/', ':']).all(|part| part.parse::<f64>().is_ok());
        let is_clock = bare.contains(':') || bare.contains('.');
        if is_time && is_clock && bare.parse::<Ipv4Addr>().is_err() { word.replace(bare, "N") } else { word.to_owned() }
    };
    let line = |line: &str| line.split(' ').map(figure).collect::<Vec<_>>().join(" ");
    // fping pads short figures.
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn sorted(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = plain(text).lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// Lines that make sense: same text, same streams, same code.
const SAME: &[&str] = &[
    "10.9.0.1",
    "10.9.0.1 10.9.0.2 10.7.0.9 -t 60",
    "-a 10.9.0.1 10.7.0.9 -r 1 -t 60",
    "-u 10.9.0.1 10.7.0.9 -r 1 -t 60",
    "-e 10.9.0.1",
    "--alive --elapsed 10.9.0.1",
    "-q 10.9.0.1 10.7.0.9 -r 0 -t 60",
    "-s -q 10.9.0.1",
    "-s -r0 -t 60 10.7.0.9",
    "-a -q 10.9.0.1",
    "-u -q 10.7.0.9 -r 0 -t 60",
    "-c 2 -p 40 10.9.0.1 10.7.0.9",
    "-C 2 -p 40 -q 10.9.0.1 10.7.0.9",
    "-C 2 -p 40 10.9.0.1",
    "-c 1 -D 10.9.0.1",
    "-c1 -e 10.9.0.1",
    "--count=1 10.9.0.1",
    "-o -c2 -p40 -q 10.9.0.1 10.7.0.9",
    "-c3 -p60 -Q 0.1 10.9.0.1",
    "-g 10.9.0.0/29",
    "-g 10.9.0.1 10.9.0.3",
    "-i 0 -g 10.9.0.0/28",
    "-x 1 10.9.0.1 10.7.0.9 -r 0 -t 60",
    "-x 2 10.9.0.1 10.7.0.9 -r 0 -t 60",
    "-B1 -r1 -t60 10.7.0.9 10.9.0.1",
    "-b 0 10.9.0.1",
    "-b 1000 -c1 10.9.0.1",
    "-H 9 -c1 10.9.0.1",
    "-O 0x10 -c1 10.9.0.1",
    "-S 10.9.0.7 -c1 10.9.0.1",
    "-I lo -c1 10.9.0.1",
    "-R -c1 10.9.0.1",
    "-M -c1 10.9.0.1",
    "-T 5 -c1 10.9.0.1",
    "-A -4 localhost",
    "-4 localhost",
    "-6 ::1",
    "10.9.0.1 10.9.0.1",
    "10.8.0.1",
    "-c1 10.8.0.1",
    "-a 10.8.0.1",
    "-6 10.9.0.1",
    "-- 10.9.0.1",
];

/// Lines that make no sense: nothing on stdout, one line of ours on stderr, same code.
const REFUSED: &[&str] = &[
    "-g",
    "-g 10.9.0.1",
    "-g a b c",
    "-g 10.9.0.0/33",
    "-g 10.9.0.5 10.9.0.1",
    "-f /nonexistent",
    "-f - 10.9.0.1",
    "-f - -g 10.9.0.0/30",
    "-n -d 10.9.0.1",
    "-a -u 10.9.0.1",
    "-c1 -l 10.9.0.1",
    "-4 -6 10.9.0.1",
    "-b 70000 10.9.0.1",
    "-B 0.5 10.9.0.1",
    "-B 9 10.9.0.1",
    "-c 0 10.9.0.1",
    "-c x 10.9.0.1",
    "-C 0 10.9.0.1",
    "-H 0 10.9.0.1",
    "-H 256 10.9.0.1",
    "-O x 10.9.0.1",
    "-S 192.0.2.77 10.9.0.1",
    "-S x 10.9.0.1",
    "-I nosuch0 10.9.0.1",
    "-t -5 10.9.0.1",
    "-i -1 10.9.0.1",
    "-p x 10.9.0.1",
    "-Q x 10.9.0.1",
    "-r x 10.9.0.1",
    "-x 0 10.9.0.1",
    "-z 10.9.0.1",
    "--nonsense 10.9.0.1",
    "-c",
];

/// Runs both, side by side.
fn both(host: &Host, words: &str) -> (Output, Output) {
    let theirs = host.command("fping").words(words).stdin("").start();
    let ours = rsweep(host, words).called("fping").stdin("").start();
    (theirs.wait(), ours.wait())
}

#[test]
fn what_makes_sense_is_told_as_fping_tells_it() {
    let Some(lab) = lab::start!(Need::Tool("fping")) else { return };
    let host = network(&lab);
    // On a busy machine fping itself gives up an answer that has come: what differs must differ each time.
    let once = |words: &str| {
        let (theirs, ours) = both(&host, words);
        let told = |out: &Output| (sorted(&out.stdout), sorted(&out.stderr), out.code());
        (told(&theirs) != told(&ours)).then_some((theirs, ours))
    };
    for words in SAME {
        let different = (0..5).map_while(|_| once(words)).collect::<Vec<_>>();
        assert!(different.len() < 5, "{words}: {:#?}", different.last());
    }
}

#[test]
fn what_makes_no_sense_is_refused_with_fpings_code() {
    let Some(lab) = lab::start!(Need::Tool("fping")) else { return };
    let host = network(&lab);
    for words in REFUSED {
        let (theirs, ours) = both(&host, words);
        assert_eq!((ours.stdout.as_str(), ours.stderr.lines().count()), ("", 1), "{words}: {ours:#?}");
        assert!(ours.stderr.starts_with("fping: "), "{words}: {ours:#?}");
        assert_eq!(ours.code(), theirs.code(), "{words}");
    }
}

#[test]
fn lists_are_read_as_fping_reads_them() {
    let Some(lab) = lab::start!(Need::Tool("fping")) else { return };
    let host = network(&lab);
    for list in ["10.9.0.1\n# 10.9.0.9\n\n 10.9.0.2 x\n", "10.9.0.1", "", "#", "nosuch.invalid\n10.9.0.1\n"] {
        for words in ["-f -", "", "-q -f -"] {
            let once = |_| {
                let theirs = host.command("fping").words(words).stdin(list).start();
                let ours = rsweep(&host, words).called("fping").stdin(list).output();
                let theirs = theirs.wait();
                // Which of its ways to fail a resolver chose in a namespace without a network is not ours to say.
                let told = |out: &Output| (sorted(&out.stdout), out.stderr.lines().count(), out.code());
                (told(&theirs) != told(&ours)).then_some((theirs, ours))
            };
            let different = (0..5).map_while(once).collect::<Vec<_>>();
            assert!(different.len() < 5, "{words} {list:?}: {:#?}", different.last());
        }
    }
}

#[test]
fn an_interrupt_and_a_status_request_print_what_fping_prints() {
    let Some(lab) = lab::start!(Need::Tool("fping")) else { return };
    let host = network(&lab);
    let run = |program: &str| {
        let mut run = host.command(program).called("fping").words("-l -p 50 10.9.0.1").start();
        run.wait_for(|text| text.lines().count() >= 3);
        run.signal(3);
        run.wait_for(|text| text.lines().count() >= 6);
        run.signal(2);
        run.wait()
    };
    let (theirs, ours) = (run("fping"), run(RSWEEP));
    assert_eq!((ours.code(), theirs.code()), (Some(0), Some(0)));
    // xmt and rcv are as many as there were.
    let shape = |text: &str| {
        let line = |line: &str| plain(line).chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
        text.lines().map(line).collect::<Vec<_>>()
    };
    assert_eq!(shape(&ours.stderr), shape(&theirs.stderr));
}

#[test]
fn fpings_json_is_its_own() {
    let Some(lab) = lab::start!() else { return };
    let host = network(&lab);
    let told = rsweep(&host, "-J -c 2 -p 40 -s --print-ttl 10.9.0.1 10.7.0.9").called("fping").output();
    let values: Vec<serde_json::Value> = told.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<&str> = values.iter().map(|v| v.as_object().unwrap().keys().next().unwrap().as_str()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "resp").count(), 2, "{told:#?}");
    assert_eq!(kinds.iter().filter(|kind| **kind == "timeout").count(), 2);
    assert_eq!(kinds[4..], ["summary", "summary", "stats"]);
    let first = &values[0]["resp"];
    assert_eq!((&first["host"], &first["seq"], &first["size"]), (&"10.9.0.1".into(), &0.into(), &64.into()));
    assert!(first["rtt"].is_number() && first["ttl"].is_number());
    assert_eq!((&values[4]["summary"]["xmt"], &values[5]["summary"]["loss"]), (&2.into(), &100.into()));
    assert_eq!(values[6]["stats"]["icmpEchosSent"], 4);
    let rows = rsweep(&host, "-J -C 2 -p 40 -q 10.9.0.1 10.7.0.9").called("fping").output();
    assert!(rows.stdout.contains("\"values\": [null, null]"), "{rows:#?}");
    assert_eq!(rsweep(&host, "-J 10.9.0.1").called("fping").output().code(), Some(1), "needs a count or a loop");
}

#[test]
fn netdatas_charts_are_declared_once_and_set_each_time() {
    let Some(lab) = lab::start!(Need::Tool("fping")) else { return };
    let host = network(&lab);
    let run = |program: &str| {
        let words = "-N -l -Q 1 -p 200 10.9.0.1";
        let mut run = host.command(program).called("fping").words(words).start();
        run.wait_for(|text| text.matches("SET max").count() >= 2);
        run.signal(2);
        // The title named the host until fping 5.2.
        let shape = run.wait().stdout.replace(" for host 10.9.0.1", "").replace(|c: char| c.is_ascii_digit(), "");
        shape.lines().take(32).map(str::to_owned).collect::<Vec<_>>()
    };
    let once = |_| {
        let (ours, theirs) = (run(RSWEEP), run("fping"));
        (ours != theirs).then_some((ours, theirs))
    };
    let different: Vec<_> = (0..4).map_while(once).collect();
    assert!(different.len() < 4, "{:#?}", different.last());
}
