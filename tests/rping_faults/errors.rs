//! ICMP errors: each kind in both families, named and numbered right; none of them is a reply, and none ends a run.

use serde_json::Value;

use crate::bed::{Heard, WAYS, every_way, json, number, rping, ways};
use crate::lab::responder::Record;
use crate::lab::{self, Action, Scenario};
use crate::text::alike;

/// Type and code, where a family has the error.
type TypeAndCode = Option<(u64, u64)>;

/// The responder's names of errors, and their numbers in IPv4 and IPv6.
const NAMES: [(&str, TypeAndCode, TypeAndCode); 12] = [
    ("net-unreachable", Some((3, 0)), Some((1, 0))),
    ("host-unreachable", Some((3, 1)), Some((1, 3))),
    ("protocol-unreachable", Some((3, 2)), Some((4, 1))),
    ("port-unreachable", Some((3, 3)), Some((1, 4))),
    ("source-route-failed", Some((3, 5)), None),
    ("net-prohibited", Some((3, 9)), None),
    ("host-prohibited", Some((3, 10)), None),
    ("admin-prohibited", Some((3, 13)), Some((1, 1))),
    ("source-quench", Some((4, 0)), None),
    ("time-exceeded", Some((11, 0)), Some((3, 0))),
    ("reassembly-time-exceeded", Some((11, 1)), Some((3, 1))),
    ("parameter-problem", Some((12, 0)), Some((4, 0))),
];

/// Two hops and what is given.
fn behind_two_hops(more: &str) -> Scenario {
    Scenario::parse(&format!(
        "title = 'errors'
        [[hop]]
        address = ['10.255.1.1', 'fd00:ff:1::1']
        [[hop]]
        address = ['10.255.2.1', 'fd00:ff:2::1']
        [[host]]
        prefix = ['10.9.0.0/16', 'fd00:9::/32']
        {more}"
    ))
}

#[test]
fn every_error_settles_its_probe_and_says_what_it_is() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let rules: String = NAMES
        .iter()
        .zip(1..)
        .map(|((name, ..), case)| {
            format!(
                "[[rule]]\nto = ['10.9.{case}.0/24', 'fd00:9:{case}::/64']\nseq = 2\nerror = {{ name = '{name}' }}\n"
            )
        })
        .collect();
    let _net = lab.simulate(&host, behind_two_hops(&rules));
    for ((name, v4, v6), case) in NAMES.into_iter().zip(1..) {
        for (way, heard) in every_way(&host, case, "-c 3 -i 0.01 -W 1") {
            let Some((ty, code)) = (if way.v4 { v4 } else { v6 }) else { continue };
            if name == "reassembly-time-exceeded" && way.v4 && !way.raw {
                // The kernel keeps it to itself.
                heard.counts("sent 3 replied 2 lost 1");
                continue;
            }
            heard.counts("sent 3 replied 2 errors 1").exits(0);
            let [error] = heard.events("error")[..] else { panic!("{way:?} {name} {heard:?}") };
            assert_eq!((number(error, "icmp_type"), number(error, "icmp_code")), (ty, code), "{way:?} {name}");
            assert_eq!(error["from"], if way.v4 { "10.255.2.1" } else { "fd00:ff:2::1" }, "{name}");
            assert_eq!((number(error, "seq"), &error["proof"]), (2, &"token".into()), "{way:?} {name} {error}");
            assert!(number(error, "after_ns") < 2_000_000_000, "{error}");
        }
    }
}

#[test]
fn numbers_that_nobody_has_named_are_errors_too_where_the_kernel_shows_them() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let rule = "[[rule]]\nseq = 2\nerror = { type = 3, code = 99, info = 0xdeadbeef }";
    let _net = lab.simulate(&host, behind_two_hops(rule));
    for (way, heard) in ways(&WAYS[..1], &host, 1, "-c 3 -i 0.01 -W 1") {
        heard.counts("sent 3 replied 2 errors 1");
        let error = heard.events("error")[0];
        assert_eq!((number(error, "icmp_type"), number(error, "icmp_code")), (3, 99), "{way:?} {error}");
    }
}

#[test]
fn a_run_of_errors_counts_no_reply_and_goes_on_to_its_count() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let net = lab.simulate(&host, behind_two_hops("[[rule]]\nerror = { name = 'host-unreachable' }"));
    for (way, heard) in every_way(&host, 1, "-c 4 -i 0.02") {
        heard.counts("sent 4 errors 4").exits(1);
        assert_eq!(heard.seqs("error"), [1, 2, 3, 4], "{way:?}");
        assert_eq!(heard.summary()["loss"], 1.0);
    }
    assert_eq!(net.log().echoes().len(), 16);
    let text = rping(&host, "-n -c 2 -i 0.01 10.9.1.1").output();
    assert_eq!(text.code(), Some(1));
    let expected = "From 10.255.2.1 icmp_seq=1 Destination Host Unreachable\n\
        From 10.255.2.1 icmp_seq=2 Destination Host Unreachable\n\n\
        --- 10.9.1.1 ping statistics ---\n2 packets transmitted, 0 received, +2 errors, 100% packet loss, time 10ms\n\
        longest run of losses 2\n\n";
    let (_, body) = text.stdout.split_once('\n').unwrap();
    let mut body = alike(body);
    body.retain(|line| !line.ends_with(" skipped, too late for the schedule"));
    assert_eq!(body, alike(expected));
}

#[test]
fn a_deadline_is_not_ended_by_the_first_error() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let net = lab.simulate(&host, behind_two_hops("[[rule]]\nnth = '1-6'\nerror = { name = 'host-unreachable' }"));
    for (way, heard) in every_way(&host, 1, "-w 15 -c 3 -i 0.02") {
        // It waits until the host is up, then for three replies.
        let seen = net.log().iter().filter(|s| s.dst.to_string() == way.target(1)).count() as u64;
        assert!(heard.count("replied") >= 3, "{way:?} {heard:?}");
        assert_eq!((heard.count("errors"), heard.count("sent")), (6, seen), "{way:?} {heard:?}");
        heard.exits(0);
    }
    // Only errors until the deadline: too few replies.
    let net = lab.host("b");
    let _net = lab.simulate(&net, behind_two_hops("[[rule]]\nerror = { name = 'host-unreachable' }"));
    for (_, heard) in every_way(&net, 1, "-w 2 -c 3 -i 0.02") {
        heard.exits(1);
        assert!(heard.count("sent") > 3 && heard.count("replied") == 0, "{heard:?}");
    }
}

#[test]
fn a_short_ttl_names_its_hop() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let net = lab.simulate(&host, behind_two_hops(""));
    for (ttl, v4, v6) in [(1, "10.255.1.1", "fd00:ff:1::1"), (2, "10.255.2.1", "fd00:ff:2::1")] {
        for (way, heard) in every_way(&host, 1, &format!("-c 2 -i 0.02 -t {ttl}")) {
            heard.counts("sent 2 errors 2").exits(1);
            for error in heard.events("error") {
                assert_eq!(error["from"], if way.v4 { v4 } else { v6 });
                assert_eq!(number(error, "icmp_type"), if way.v4 { 11 } else { 3 });
            }
        }
        assert_eq!(net.log().count(Action::Expired(ttl)), 8);
    }
    for (way, heard) in every_way(&host, 1, "-c 2 -i 0.02 -t 3") {
        heard.counts("sent 2 replied 2");
        assert!(net.log().iter().filter(|s| s.dst.to_string() == way.target(1)).any(|s| s.ttl == 3));
    }
}

#[test]
fn the_number_in_an_error_line_is_right_past_255() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let rule = "[[rule]]\nseq = [255, 256, 257, 300]\nerror = { name = 'host-unreachable' }";
    let _net = lab.simulate(&host, behind_two_hops(rule));
    for (way, heard) in every_way(&host, 1, "-c 301 -i 0.002 -W 1") {
        heard.counts("sent 301 replied 297 errors 4");
        assert_eq!(heard.seqs("error"), [255, 256, 257, 300], "{way:?}");
    }
    for target in ["10.9.1.1", "fd00:9:1::1"] {
        let text = rping(&host, "-n -c 301 -i 0.002 -W 1").arg(target).output().ok().stdout;
        for seq in [255, 256, 257, 300] {
            assert!(text.contains(&format!("icmp_seq={seq} Dest")), "{text}");
        }
    }
}

#[test]
fn a_redirect_is_a_note_and_not_a_reply() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    host.sysctl("net.ipv4.conf.all.accept_redirects", "0");
    let beside = "error = { name = 'redirect-host', gateway = '10.200.0.9', from = '10.200.0.1', also = true }";
    let rules = format!(
        "[[rule]]\nto = '10.9.1.0/24'\nseq = 2\n{beside}\n\
         [[rule]]\nto = '10.9.2.0/24'\nseq = 2\n{}",
        beside.replace("true", "false")
    );
    let _net = lab.simulate(&host, behind_two_hops(&rules));
    for (_, heard) in ways(&WAYS[..2], &host, 1, "-c 3 -i 0.02 -W 1") {
        heard.counts("sent 3 replied 3").exits(0);
        redirect(&heard);
    }
    for (_, heard) in ways(&WAYS[..2], &host, 2, "-c 3 -i 0.02 -W 1") {
        heard.counts("sent 3 replied 2 lost 1").exits(0);
        redirect(&heard);
    }
    let text = rping(&host, "-n --socket raw -c 3 -i 0.02 10.9.1.1").output().ok().stdout;
    assert!(text.contains("From 10.200.0.1: icmp_seq=2 Redirect Host(New nexthop: 10.200.0.9)"), "{text}");
    assert!(text.contains("3 packets transmitted, 3 received, 0% packet loss"), "{text}");
}

/// The note of a redirect about the second probe.
#[track_caller]
fn redirect(heard: &Heard) {
    let [note] = heard.events("redirect")[..] else { panic!("{heard:?}") };
    assert_eq!((number(note, "seq"), &note["from"], &note["gateway"]), (2, &"10.200.0.1".into(), &"10.200.0.9".into()));
}

#[test]
fn an_error_and_a_reply_to_one_probe_make_a_reply() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let rule = "[[rule]]\nseq = 2\ndelay = '30ms'\nerror = { name = 'host-unreachable', also = true }";
    let _net = lab.simulate(&host, behind_two_hops(rule));
    // The run goes on behind it: an error alone would be an end.
    for (_, heard) in every_way(&host, 1, "-c 8 -i 0.03") {
        heard.exits(0);
        assert_eq!((heard.count("sent"), heard.count("replied"), heard.count("errors")), (8, 8, 0), "{heard:?}");
    }
}

/// The MTU that a local error names, in order.
fn mtus(heard: &Heard) -> Vec<Option<u64>> {
    heard.events("not_sent").iter().map(|e| e["mtu"].as_u64()).collect()
}

#[test]
fn a_narrow_line_is_named_with_its_mtu() {
    let Some(lab) = lab::start!() else { return };
    let runs = WAYS.map(|way| {
        // The kernel remembers what it was told: a host each.
        let host = lab.host("a");
        let scenario = behind_two_hops("").narrow(1400);
        let net = lab.simulate(&host, scenario);
        // Before the second leaves, the first has come back.
        let run = way.json(&host, 1, "-c 4 -i 0.8 -M do -s 1400 -W 1").start();
        (way, host, net, run)
    });
    for (way, host, net, run) in runs {
        let heard = Heard::new(run.wait());
        heard.exits(1);
        let [error] = heard.events("error")[..] else { panic!("{way:?} {heard:?}") };
        assert_eq!(number(error, "icmp_info"), 1400, "{way:?} {error}");
        assert_eq!(error["from"], if way.v4 { "10.255.1.1" } else { "fd00:ff:1::1" });
        let types = (number(error, "icmp_type"), number(error, "icmp_code"));
        assert_eq!(types, if way.v4 { (3, 4) } else { (2, 0) });
        // From then on the kernel refuses by itself, and knows why.
        heard.counts("not_sent 3 sent 1 errors 1");
        assert_eq!(mtus(&heard), [Some(1400); 3], "{way:?} {heard:?}");
        assert!(heard.events("not_sent").iter().all(|e| e["error"] == "EMSGSIZE"), "{heard:?}");
        assert_eq!(net.log().count(Action::TooBig(1)), 1);
        // What fits goes through.
        Heard::new(way.json(&host, 1, "-c 2 -i 0.02 -M do -s 1300").output()).counts("sent 2 replied 2");
    }
}

#[test]
fn a_packet_longer_than_the_interface_is_refused_by_this_host_with_its_mtu() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let net = lab.simulate(&host, behind_two_hops(""));
    for (way, heard) in every_way(&host, 1, "-c 2 -i 0.02 -M do -s 2000") {
        heard.counts("not_sent 2").exits(2);
        assert_eq!(mtus(&heard), [Some(1500); 2], "{way:?}");
        assert!(heard.summary()["loss"].is_null());
    }
    assert!(net.log().is_empty());
    let out = rping(&host, "-n -c 1 -M do -s 2000 10.9.1.1").output();
    assert!(out.stderr.contains("message too long, mtu=1500"), "{out:?}");
}

#[test]
fn the_largest_packet_that_passes_is_found() {
    let Some(lab) = lab::start!() else { return };
    for way in WAYS {
        let host = lab.host("a");
        let _net = lab.simulate(&host, behind_two_hops("").narrow(1400));
        let run = way.json(&host, 1, "--mtu-search -W 0.3 -i 0.01").output();
        let heard = Heard::new(run);
        let [found] = heard.events("mtu")[..] else { panic!("{way:?} {heard:?}") };
        let header = if way.v4 { 28 } else { 48 };
        assert_eq!((number(found, "mtu"), number(found, "size")), (1400, 1400 - header), "{way:?} {found}");
        assert_eq!(found["said_by"], if way.v4 { "10.255.1.1" } else { "fd00:ff:1::1" }, "{way:?} {found}");
        heard.exits(0);
    }
}

#[test]
fn a_black_hole_is_found_by_bisection() {
    let Some(lab) = lab::start!() else { return };
    let runs = [WAYS[0], WAYS[3]].map(|way| {
        let host = lab.host("a");
        let mut scenario = behind_two_hops("").narrow(1411);
        scenario.hop[0].black_hole = true;
        let net = lab.simulate(&host, scenario);
        (way, way.json(&host, 1, "--mtu-search -W 0.5 -i 0.01").start(), net)
    });
    for (way, run, _net) in runs {
        let heard = Heard::new(run.wait());
        let [found] = heard.events("mtu")[..] else { panic!("{way:?} {heard:?}") };
        assert_eq!((number(found, "mtu"), &found["said_by"]), (1411, &Value::Null), "{way:?} {found}");
        assert_eq!(found["black_hole"], true, "{way:?} {found}");
    }
}

/// A scenario with a narrow line behind its first hop.
trait Narrow {
    fn narrow(self, mtu: usize) -> Self;
}

impl Narrow for Scenario {
    fn narrow(mut self, mtu: usize) -> Self {
        self.hop[0].mtu = Some(mtu);
        self
    }
}

#[test]
fn two_targets_errors_are_their_own() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net =
        lab.simulate(&host, behind_two_hops("[[rule]]\nto = '10.9.2.0/24'\nerror = { name = 'host-unreachable' }"));
    let heard = Heard::new(json(&host, "-c 3 -i 0.02 10.9.1.1 10.9.2.1 fd00:9:2::1").output());
    let ends = heard.events("summary");
    let row = |i: usize| ["replied", "errors"].map(|c| number(ends[i], c));
    assert_eq!([row(0), row(1), row(2)], [[3, 0], [0, 3], [3, 0]], "{heard:?}");
    heard.exits(1);
}
