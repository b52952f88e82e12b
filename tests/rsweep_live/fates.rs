//! What can become of hosts: the scenario's fates, both families in one sweep.

use super::bed::{Told, number, rsweep};
use crate::lab::responder::Record;
use crate::lab::{self, Action, Host, Lab, Responder, Scenario};

fn network(lab: &Lab) -> (Host, Responder) {
    let host = lab.host("a");
    let net = lab.simulate(&host, Scenario::load("rsweep"));
    (host, net)
}

/// The two hosts of a fate.
fn pair(fate: u32) -> [String; 2] {
    [format!("10.9.{fate}.1"), format!("fd00:9:{fate}::1")]
}

fn all(fates: &[u32]) -> String {
    fates.iter().flat_map(|fate| pair(*fate)).collect::<Vec<_>>().join(" ")
}

#[test]
fn each_host_gets_the_verdict_that_it_deserves() {
    let Some(lab) = lab::start!() else { return };
    let (host, net) = network(&lab);
    let fates = [0, 1, 2, 4, 5, 6, 7, 9];
    let told = Told::new(rsweep(&host, "--json -i 1 -t 1000 -r 2").words(&all(&fates)).output());
    assert_eq!(told.output.code(), Some(1));
    let sorted = |fates: &[u32]| {
        let mut targets: Vec<String> = fates.iter().flat_map(|fate| pair(*fate)).collect();
        targets.sort();
        targets
    };
    assert_eq!(told.targets("alive"), sorted(&[0, 2, 4, 5, 7, 9]));
    assert_eq!(told.targets("unreachable"), sorted(&[1, 6]));
    assert_eq!((number(told.end(), "alive"), number(told.end(), "unreachable")), (12, 4));
    for target in pair(1) {
        assert_eq!((told.count(&target, "sent"), told.count(&target, "lost")), (3, 3), "{target}");
    }
    for target in pair(9) {
        assert_eq!((told.count(&target, "replied"), told.count(&target, "duplicates")), (1, 0), "{target}");
    }
    for target in pair(2) {
        assert_eq!((told.count(&target, "lost"), told.count(&target, "replied")), (2, 1), "{target}");
    }
    for target in pair(6) {
        assert_eq!((told.count(&target, "errors"), told.count(&target, "sent")), (3, 3), "{target}");
    }
    for target in pair(7) {
        assert_eq!(told.count(&target, "corrupt"), 1, "{target}");
    }
    for event in told.of("alive").iter().filter(|event| event["address"] != event["from"]) {
        assert!(event["from"] == "10.9.250.1" || event["from"] == "fd00:9:250::1", "{event}");
    }
    assert!(number(told.end(), "foreign") > 0, "strangers were heard and are nobody's");
    assert_eq!(told.end()["icmp_errors"].as_array().unwrap().len(), 2, "one kind a family");
    // What was sent is what passed.
    let echoes = net.log().echoes().len() as u64;
    assert_eq!(echoes, number(told.end(), "sent"));
}

#[test]
fn counted_probes_are_late_lost_or_twice_and_say_so() {
    let Some(lab) = lab::start!() else { return };
    let (host, net) = network(&lab);
    let line = "--json -c 8 -i 1 -p 300 -t 1000";
    let told = Told::new(rsweep(&host, line).words(&all(&[0, 3, 4, 8])).output());
    assert_eq!(told.output.code(), Some(0), "all have answered: {:#?}", told.output.stderr);
    for target in pair(0) {
        assert_eq!((told.count(&target, "replied"), told.count(&target, "lost")), (8, 0));
    }
    for target in pair(4) {
        assert_eq!((told.count(&target, "replied"), told.count(&target, "duplicates")), (8, 8));
    }
    for target in pair(8) {
        assert_eq!((told.count(&target, "replied"), told.count(&target, "lost")), (6, 2));
    }
    for target in pair(3) {
        // The last ones' answers come after the run is over.
        let (late, lost) = (told.count(&target, "late"), told.count(&target, "lost"));
        assert!(late >= 5 && late + lost == 8, "{late} {lost}");
    }
    assert_eq!(net.log().count(Action::Dropped), 4);
    // Every time is that of the responder's clock, to what a busy machine may add.
    for reply in told.of("reply") {
        assert!(number(reply, "rtt_ns") >= 2_000_000, "{reply}");
    }
    for late in told.of("late") {
        assert!(number(late, "rtt_ns") >= 1_500_000_000, "{late}");
    }
}

#[test]
fn check_source_takes_answers_from_nobody_else() {
    let Some(lab) = lab::start!() else { return };
    let (host, _net) = network(&lab);
    let told = Told::new(rsweep(&host, "--json -i 1 -t 1500 -r 0 --check-source").words(&all(&[0, 5])).output());
    assert_eq!(told.targets("unreachable"), pair(5));
    assert_eq!(told.of("wrong_source").len(), 2);
    assert_eq!(told.count("10.9.5.1", "foreign"), 1);
}

#[test]
fn texts_of_faults_are_on_fpings_streams() {
    let Some(lab) = lab::start!() else { return };
    let (host, _net) = network(&lab);
    let run = |called: &str, words: &str| {
        let output = rsweep(&host, words).called(called).output();
        assert!(!output.killed, "{output:#?}");
        output
    };
    let no_times = |text: &str| {
        let words = text.split(' ').map(|word| if word.parse::<f64>().is_ok() { "T" } else { word });
        words.collect::<Vec<_>>().join(" ")
    };
    // Errors, on stderr, once for each attempt; not with -q.
    let told = run("fping", "-r 0 -t 1500 10.9.6.1");
    assert_eq!(told.stderr, "ICMP Host Unreachable from 10.255.1.1 for ICMP Echo sent to 10.9.6.1\n");
    assert_eq!((told.stdout.as_str(), told.code()), ("10.9.6.1 is unreachable\n", Some(1)));
    let told = run("fping", "-r 0 -t 1500 fd00:9:6::1");
    let line = "ICMPv6 Destination Unreachable (Address unreachable) from fd00:ff:1::1 for ICMPv6 Echo Request sent to \
                fd00:9:6::1\n";
    assert_eq!(told.stderr, line);
    assert_eq!(run("fping", "-q -r 0 -t 1500 10.9.6.1").stderr, "");
    // In count mode the loss is told, too.
    let told = run("fping", "-c 1 -p 50 10.9.6.1");
    assert_eq!(told.stdout, "10.9.6.1 : [0], timed out (NaN avg, 100% loss)\n");
    // Duplicates, where no replies are printed.
    let told = run("fping", "-i 1 -t 4000 10.9.4.1 10.9.0.1 10.9.3.1");
    let times = "10.9.4.1 : duplicate for [0], T bytes, T ms\n";
    assert_eq!(no_times(&told.stderr), times);
    assert_eq!(run("fping", "-c 2 -p 20 -q 10.9.4.1").stderr.lines().count(), 1, "no word of duplicates");
    // Another's answer: in the line, by our own name; fping has the address on the other stream.
    assert_eq!(run("rsweep", "10.9.5.1").stdout, "10.9.5.1 is alive [<- 10.9.250.1]\n");
    let told = run("fping", "10.9.5.1");
    assert_eq!((told.stdout.as_str(), told.stderr.as_str()), ("10.9.5.1 is alive\n", " [<- 10.9.250.1]"));
    // Late: lost by fping's name, late by ours.
    let told = run("fping", "-c 3 -p 1000 -t 1000 -q 10.9.3.1");
    assert_eq!((told.stderr.as_str(), told.code()), ("10.9.3.1 : xmt/rcv/%loss = 3/0/100%\n", Some(1)));
    let told = run("rsweep", "-c 3 -p 1000 -t 1000 10.9.3.1");
    assert_eq!(told.stdout.matches("(late)").count(), 2, "{told:#?}");
    assert!(told.stderr.contains("xmt/rcv/%loss = 3/2/33.3%") && told.stderr.contains("late = 2"), "{told:#?}");
    assert_eq!(told.code(), Some(0));
}

#[test]
fn the_fields_of_replies_are_printed() {
    let Some(lab) = lab::start!() else { return };
    let (host, _net) = network(&lab);
    let told = rsweep(&host, "--print-ttl --print-tos --print-reply-dst 10.9.0.1 fd00:9::1").output().ok();
    assert!(told.stdout.contains("10.9.0.1 is alive (SRC 10.200.0.2) (TOS 0) (TTL 63)"), "{told:#?}");
    assert!(told.stdout.contains("fd00:9::1 is alive (SRC fd00:200::2) (TOS 0) (TTL 63)"), "{told:#?}");
}
