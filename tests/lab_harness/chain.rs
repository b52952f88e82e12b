//! The chain of real routers: what Debian's traceroute sees of it, whole and with each trouble.

use std::collections::BTreeSet;

use crate::lab::{self, Chain, Choice, Lab, Need};

/// A chain with traceroute in front of it.
struct Bed {
    chain: Chain,
}

impl Bed {
    fn new(lab: &Lab, n: usize) -> Bed {
        Bed { chain: lab.chain(n) }
    }

    /// What stands behind the number of each line: addresses and annotations.
    fn trace(&self, options: &str, target: &str) -> Vec<String> {
        let out = self.chain.a.command("traceroute").words("-n -q 1 -N 1 -w 3").words(options).arg(target).output();
        let line = |l: &str| {
            let words = l.split_whitespace().skip(1);
            words.filter(|w| w.parse::<f64>().is_err() && *w != "ms").collect::<Vec<_>>().join(" ")
        };
        out.stdout.lines().skip(1).map(line).collect()
    }
}

#[test]
fn twelve_routers_in_both_families_by_each_method() {
    let Some(lab) = lab::start!(Need::Tool("traceroute")) else { return };
    let bed = Bed::new(&lab, 12);
    for method in ["-I", "-U", "-T"] {
        for (target, v4) in bed.chain.far().iter().zip([true, false]) {
            assert_eq!(bed.trace(method, target), bed.chain.way(v4), "{method} {target}");
        }
    }
}

#[test]
fn routers_without_a_word_or_a_way() {
    let Some(lab) = lab::start!(Need::Tool("traceroute"), Need::Tool("nft")) else { return };
    let bed = Bed::new(&lab, 4);
    bed.chain.silence(2);
    for (target, v4) in bed.chain.far().iter().zip([true, false]) {
        let mut want = bed.chain.way(v4);
        want[1] = "*".to_owned();
        assert_eq!(bed.trace("-U -w 1", target), want);
    }
    bed.chain.prohibit(3);
    for (target, v4) in bed.chain.far().iter().zip([true, false]) {
        let at = &bed.chain.way(v4)[2];
        assert_eq!(bed.trace("-U -w 1", target)[2..], [at.clone(), format!("{at} !X")]);
    }
    for (kind, code) in [("unreachable", "!H"), ("prohibit", "!X")] {
        let bed = Bed::new(&lab, 2);
        bed.chain.no_route(1, kind);
        let [v4, v6] = bed.chain.hop(1);
        assert_eq!(bed.trace("-U", &bed.chain.far_v4()), [format!("{v4} {code}")], "{kind}");
        // The kernel calls an unreachable route "no route" here (RFC 4443 3.1, code 0).
        let code = if kind == "prohibit" { "!X" } else { "!N" };
        assert_eq!(bed.trace("-U", &bed.chain.far_v6()), [format!("{v6} {code}")], "{kind}");
    }
    let bed = Bed::new(&lab, 2);
    bed.chain.swallow(1);
    assert_eq!(bed.trace("-I -m 3 -w 1", &bed.chain.far_v4()), ["10.0.0.2", "*", "*"]);
}

#[test]
fn a_router_loses_some_of_its_errors() {
    let Some(lab) = lab::start!(Need::Tool("traceroute"), Need::Tool("nft")) else { return };
    let bed = Bed::new(&lab, 1);
    bed.chain.lose(1, 50);
    // Enough of them that chance loses neither all nor none.
    let traceroute = |_| {
        let run = bed.chain.a.command("traceroute").words("-n -q 10 -w 0.3 -z 15 -N 1 -m 1 -I");
        run.arg(bed.chain.far_v4()).output().stdout
    };
    let told: Vec<String> = (0..4).map(traceroute).collect();
    let stars = told.iter().map(|text| text.matches('*').count()).sum::<usize>();
    assert!((1..40).contains(&stars), "{told:#?}");
}

#[test]
fn a_loop_between_two_routers() {
    let Some(lab) = lab::start!(Need::Tool("traceroute")) else { return };
    let bed = Bed::new(&lab, 3);
    bed.chain.turn_back(2);
    let [one, two] = [bed.chain.hop(1), bed.chain.hop(2)];
    for (target, f) in bed.chain.far().iter().zip([0, 1]) {
        let seen = bed.trace("-U -m 6", target);
        assert_eq!(seen[..2], [one[f].clone(), two[f].clone()]);
        assert_eq!(seen[3], two[f], "round and round: {seen:?}");
        assert_eq!(seen[5], two[f]);
    }
}

#[test]
fn a_narrow_cable_names_its_router() {
    let Some(lab) = lab::start!(Need::Tool("traceroute"), Need::Tool("nft")) else { return };
    let bed = Bed::new(&lab, 3);
    bed.chain.narrow(2, 1300);
    for target in bed.chain.far() {
        let seen = bed.trace("--mtu", &target);
        assert!(seen[2].contains("F=1300"), "{seen:?}");
    }
    let bed = Bed::new(&lab, 3);
    bed.chain.narrow(2, 1300);
    bed.chain.hide_mtu(2);
    assert!(!bed.trace("--mtu -m 4 -w 1", &bed.chain.far_v4()).concat().contains("F=1300"));
}

#[test]
fn translators_show_what_they_show() {
    let Some(lab) = lab::start!(Need::Tool("traceroute"), Need::Tool("nft")) else { return };
    let bed = Bed::new(&lab, 3);
    let public = bed.chain.dnat(1);
    for target in &public {
        let seen = bed.trace("-I", target);
        assert_eq!(seen, vec![target.clone(); 4], "all from the translator on seem to be the target");
    }
    let bed = Bed::new(&lab, 3);
    bed.chain.masquerade(1);
    let capture = bed.chain.b.capture("left");
    assert_eq!(bed.trace("-I", &bed.chain.far_v4()), bed.chain.way(true));
    let seen = capture.stop_icmp();
    assert!(seen.iter().any(|m| m.is_echo_request() && m.src.to_string() == "10.0.1.1"), "{seen:#?}");
}

#[test]
fn a_bleached_traffic_class_arrives_as_zero() {
    let Some(lab) = lab::start!(Need::Tool("ping"), Need::Tool("nft"), Need::Tool("tshark")) else { return };
    let bed = Bed::new(&lab, 2);
    bed.chain.bleach(1);
    for (target, v4) in bed.chain.far().iter().zip([true, false]) {
        let capture = bed.chain.b.capture("left");
        bed.chain.a.command("ping").words("-n -c 1 -W 2 -Q 0xb8").arg(target).output().ok();
        let frames = capture.stop();
        let class = |packet: &[u8]| if v4 { packet[1] } else { packet[0] << 4 | packet[1] >> 4 };
        let requests: Vec<u8> = frames
            .iter()
            .map(|f| &f.bytes[14..])
            .filter(|p| if v4 { p[0] >> 4 == 4 && p[20] == 8 } else { p[0] >> 4 == 6 && p[40] == 128 })
            .map(class)
            .collect();
        assert_eq!(requests, [0], "{target}");
    }
}

#[test]
fn routers_side_by_side_share_flows_or_packets() {
    let Some(lab) = lab::start!(Need::Tool("traceroute"), Need::Tool("nft")) else { return };
    for choice in [Choice::Flow, Choice::Packet] {
        let mut chain = lab.chain(3);
        let beside = chain.widen(2, 3, choice);
        let bed = Bed { chain };
        for (target, f) in bed.chain.far().iter().zip([0, 1]) {
            let all: BTreeSet<String> = beside.iter().chain([&bed.chain.hop(2)]).map(|h| h[f].clone()).collect();
            // A TCP trace with one source port is one flow; the default method is a flow for each probe.
            let seen = |options: &str| -> BTreeSet<String> {
                let runs = (0..10).map(|i| {
                    bed.trace(&format!("-f 2 -m 2 {options}").replace("N0", &format!("{}", 4000 + i)), target)
                });
                runs.flatten().collect()
            };
            let (one_flow, many) = (seen("-T --sport=4000"), seen("-T --sport=N0"));
            assert!(many.is_subset(&all) && many.len() > 1, "{choice:?} {many:?} of {all:?}");
            assert_eq!(one_flow.len() == 1, choice == Choice::Flow, "{choice:?} {one_flow:?}");
            assert_eq!(bed.trace("-T --sport=4000", target).last(), Some(target));
        }
    }
}

#[test]
fn limits_of_errors_are_linux_own() {
    let Some(lab) = lab::start!(Need::Tool("traceroute")) else { return };
    let bed = Bed::new(&lab, 1);
    let stars = |wait: &str| {
        let run = bed.chain.a.command("traceroute").words("-n -q 10 -N 10 -I -m 1 -w").arg(wait);
        run.arg(bed.chain.far_v4()).output().stdout.matches('*').count()
    };
    assert_eq!(stars("5"), 0, "a lab's routers have no limits");
    bed.chain.limit_errors();
    assert!(stars("0.3") > 0);
}
