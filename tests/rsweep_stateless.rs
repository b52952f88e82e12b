//! rsweep's stateless engine as its users meet it: chosen by the job, the same text and exit codes, true figures whenever it
//! is stopped, and deaf to its neighbours.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod lab;

use std::collections::HashSet;
use std::time::Duration;

use lab::{Pair, Run};
use serde_json::Value;

const RSWEEP: &str = env!("CARGO_BIN_EXE_rsweep");
const RPING: &str = env!("CARGO_BIN_EXE_rping");

/// A cable; behind `b` 10.64.0.0/14 and fd00:64::/96 answer.
fn routed(lab: &lab::Lab) -> Pair {
    lab.pair_before(&["10.64.0.0/14", "fd00:64::/96"])
}

fn rsweep(pair: &Pair, words: &str) -> Run {
    pair.a.command(RSWEEP).words(words).limit(Duration::from_secs(60))
}

fn events(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
}

fn named<'a>(events: &'a [Value], name: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["event"] == name).collect()
}

fn end(events: &[Value]) -> &Value {
    let last = events.last().expect("events");
    assert_eq!(last["event"], "sweep_end");
    last
}

#[test]
fn the_job_chooses_the_engine_and_the_lines_are_the_same() {
    let Some(lab) = lab::start!() else { return };
    let pair = routed(&lab);
    pair.b.ip("route add blackhole 10.64.0.4/30 table local");
    let sorted = |words: &str| {
        let out = rsweep(&pair, words).output();
        let mut lines: Vec<String> = out.stdout.lines().map(str::to_owned).collect();
        lines.sort();
        (lines, out.code(), out.stderr)
    };
    let exact = sorted("-r 0 -i 1 -t 1000 10.64.0.0/29");
    let stateless = sorted("-r 0 --engine stateless -t 1000 10.64.0.0/29");
    assert_eq!((&stateless.0, stateless.1), (&exact.0, exact.1));
    assert_eq!(exact.1, Some(1));
    assert!(
        exact.2.is_empty() && stateless.2.contains("stateless engine: IPv4 by frames by eth0 to 10.1.0.2"),
        "{stateless:?}"
    );
    assert_eq!(sorted("-a -t 1000 --engine stateless 10.64.0.0/29").0, sorted("-a -r 0 -t 1000 10.64.0.0/29").0);
    assert_eq!(sorted("-u -t 1000 --engine stateless 10.64.0.0/29").0, sorted("-u -r 0 -t 1000 10.64.0.0/29").0);
    assert_eq!(sorted("-q -x 4 -t 1000 --engine stateless 10.64.0.0/29").1, Some(0));

    let out = rsweep(&pair, "--json --no-l2 -t 1000 10.66.0.0/16 fd00:64::/120").output();
    let all = events(&out.stdout);
    assert_eq!(all[0]["engine"], "stateless", "more than 65,536 targets, asked once");
    let ways: Vec<&str> = named(&all, "way").iter().map(|e| e["way"].as_str().unwrap()).collect();
    assert!(ways.len() == 2 && ways.iter().all(|way| way.contains("raw sockets (as asked)")), "{ways:?}");
    let alive: HashSet<&str> = named(&all, "alive").iter().map(|e| e["address"].as_str().unwrap()).collect();
    assert_eq!(alive.len(), 65_536 + 256);
    assert_eq!((out.code(), &end(&all)["alive"], &end(&all)["lost"]), (Some(0), &65_792.into(), &0.into()));
    let few = events(&rsweep(&pair, "--json 10.64.0.8/29").output().stdout);
    assert_eq!(few[0]["engine"], "exact");
    let twice = events(&rsweep(&pair, "--json -r 1 -i 0 --limit 9 10.64.8.0/21").output().stdout);
    assert_eq!(twice[0]["engine"], "exact");
}

#[test]
fn shards_and_a_seed_divide_the_targets_between_two_runs() {
    let Some(lab) = lab::start!() else { return };
    let pair = routed(&lab);
    let part = |shard: &str| {
        let words = format!("-a --engine stateless --seed 9 --shard {shard} 10.65.0.0/22");
        rsweep(&pair, &words).output().ok().stdout.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let parts = [part("1/3"), part("2/3"), part("3/3")];
    assert_eq!(parts.each_ref().map(Vec::len), [342, 341, 341]);
    let all: HashSet<&String> = parts.iter().flatten().collect();
    assert_eq!(all.len(), 1024);
    assert_eq!(HashSet::<&String>::from_iter(&part("2/3")), HashSet::from_iter(&parts[1]));
}

#[test]
fn stopped_in_mid_run_what_it_printed_is_true() {
    let Some(lab) = lab::start!() else { return };
    let pair = routed(&lab);
    for words in ["--json --rate 20000 10.64.0.0/14", "--json --rate 20000 --no-l2 10.64.0.0/14"] {
        let mut run = rsweep(&pair, words).start();
        run.wait_for(|text| text.lines().count() > 3_000);
        run.signal(nix::libc::SIGINT);
        let out = run.wait();
        assert!(!out.killed && out.code() == Some(1), "{:?} {}", out.status, out.stderr);
        let all = events(&out.stdout);
        let end = end(&all);
        let number = |name: &str| end[name].as_u64().unwrap();
        assert_eq!(number("attempted"), number("sent") + number("not_sent"));
        assert_eq!(number("sent"), number("replied") + number("errors") + number("lost") + number("in_flight"));
        let alive: HashSet<&str> = named(&all, "alive").iter().map(|e| e["address"].as_str().unwrap()).collect();
        assert_eq!(alive.len() as u64, number("alive"), "each line once");
        assert!(number("sent") < 262_144 && number("alive") == number("sent"), "all that were asked answer: {end}");
        assert!(named(&all, "unreachable").is_empty(), "nobody is called dead who was not asked");
    }
}

#[test]
fn runs_side_by_side_do_not_hear_each_other() {
    let Some(lab) = lab::start!() else { return };
    let pair = routed(&lab);
    let sweeps: Vec<_> = ["--rate 9000", "--rate 9000 --no-l2"]
        .iter()
        .map(|how| rsweep(&pair, &format!("--json --engine stateless {how} 10.64.0.0/18")).start())
        .collect();
    let ping = pair.a.command(RPING).words("-q -c 100 -i 0.01 --json 10.64.0.77").output().ok();
    let ping = events(&ping.stdout);
    let summary = named(&ping, "summary")[0];
    assert_eq!((&summary["replied"], &summary["duplicates"], &summary["foreign"]), (&100.into(), &0.into(), &0.into()));
    for sweep in sweeps {
        let out = sweep.wait().ok();
        let all = events(&out.stdout);
        let end = end(&all);
        // One stranger at most: the answer of the next hop, which was asked for its address.
        assert!(end["foreign"].as_u64().unwrap() <= 1, "{end}");
        assert_eq!((&end["alive"], &end["duplicates"], &end["corrupt"]), (&16_384.into(), &0.into(), &0.into()));
    }
}

#[test]
fn who_reads_slowly_or_not_at_all_costs_no_answer() {
    let Some(lab) = lab::start!() else { return };
    let pair = routed(&lab);
    let script = format!("{RSWEEP} -a --engine stateless 10.64.0.0/16 | {{ sleep 1; cat; }} | sort -u | wc -l");
    let out = pair.a.command("sh").args(["-c", &script]).limit(Duration::from_secs(60)).output().ok();
    assert_eq!(out.stdout.trim(), "65536", "{}", out.stderr);
    let script = format!("{RSWEEP} -a --engine stateless 10.64.0.0/16 | head -n 3; echo $?");
    let out = pair.a.command("sh").args(["-c", &script]).limit(Duration::from_secs(60)).output().ok();
    assert_eq!(out.stdout.lines().count(), 4);
    assert!(!out.stderr.contains("panicked"), "{}", out.stderr);
}
