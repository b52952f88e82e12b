//! What routers do on the way, one subnet of `trace_habits` each, and by real kernels where these can: what is told of it,
//! some ways each.

use serde_json::{Value, json};

use crate::bed::{Heard, WAYS, Way, far, json as traced, number, raw_ways, subnet, text};
use crate::lab::{self, Choice, Host, Lab, Responder, Scenario};

fn habits(lab: &Lab) -> (Host, Responder) {
    let host = lab.host("a");
    let net = lab.simulate(&host, Scenario::load("trace_habits"));
    (host, net)
}

/// The path as a scenario writes it: the two routers that all have, some more, the last, the target.
fn expected(way: Way, n: u32, between: &[(&str, &str)]) -> Vec<String> {
    let first = [("10.255.1.1", "fd00:ff:1::1"), ("10.255.2.1", "fd00:ff:2::1")];
    let last = [("10.255.3.1", "fd00:ff:3::1")];
    let routers = first.iter().chain(between).chain(&last).map(|(v4, v6)| way.of(v4, v6).to_owned());
    routers.chain([way.target(n)]).collect()
}

#[test]
fn silent_routers_are_gaps() {
    let Some(lab) = lab::start!() else { return };
    let (host, _net) = habits(&lab);
    for (way, heard) in subnet(&WAYS, &host, 1, "") {
        heard.reached_at(6);
        assert_eq!(heard.path(), expected(way, 1, &[("*", "*"), ("*", "*")]), "{way:?}");
        assert!(heard.hop(3)["tries"].as_array().unwrap().iter().all(|one| one["outcome"] == "silent"));
    }
}

#[test]
fn quotes_of_eight_octets_and_of_everything() {
    let Some(lab) = lab::start!() else { return };
    let (host, _net) = habits(&lab);
    for (way, heard) in subnet(&WAYS, &host, 2, "") {
        heard.reached_at(6);
        let between = [("10.102.1.1", "fd00:102:1::1"), ("10.102.2.1", "fd00:102:2::1")];
        assert_eq!(heard.path(), expected(way, 2, &between), "{way:?} {heard:#?}");
        if way.raw {
            let header = if way.v4 { 20 } else { 40 };
            let quoted = |hop| number(heard.answers(hop)[0], "quoted_bytes");
            assert_eq!(quoted(3), header + 8, "{way:?}");
            assert_eq!(quoted(4), number(heard.events("start")[0], "bytes"), "{way:?}");
        }
    }
}

/// The objects that a hop's first answer carries.
#[track_caller]
fn objects(heard: &Heard, hop: u64) -> Value {
    heard.answers(hop)[0]["extensions"]["objects"].clone()
}

#[test]
fn labels_interfaces_and_what_nobody_knows() {
    let Some(lab) = lab::start!() else { return };
    let (host, _net) = habits(&lab);
    let label = |label, tc, bottom, ttl| json!({"label": label, "tc": tc, "bottom": bottom, "ttl": ttl});
    let mpls = |labels: Vec<Value>| json!([{"object": "mpls", "labels": labels}]);
    // Also ordinary sockets show them, where the length says where they are.
    for (way, heard) in subnet(&WAYS, &host, 3, "") {
        heard.reached_at(6);
        assert_eq!(objects(&heard, 3), mpls(vec![label(24001, 5, false, 1), label(16, 0, true, 2)]), "{way:?}");
        assert_eq!(objects(&heard, 4), mpls(vec![label(24002, 0, true, 1)]), "{way:?}");
    }
    for (way, heard) in subnet(&raw_ways(), &host, 4, "") {
        assert_eq!(objects(&heard, 3), mpls(vec![label(24003, 0, true, 1)]), "{way:?}: the form without a length");
    }
    for (way, heard) in subnet(&raw_ways(), &host, 5, "") {
        let (own, next) = (way.of("192.0.2.1", "2001:db8::1"), way.of("192.0.2.9", "2001:db8::9"));
        let interface = |role: &str, index: Value, address: Value, name: Value, mtu: Value| json!({"object": "interface", "role": role, "index": index, "address": address, "name": name, "mtu": mtu});
        let null = Value::Null;
        let told = objects(&heard, 3);
        assert_eq!(told[0], interface("incoming", json!(3), json!(own), json!("eth1"), json!(1500)), "{way:?}");
        assert_eq!(told[1]["role"], "outgoing");
        assert!(!told[1]["name"].as_str().unwrap().contains('\u{1b}'), "cleaned: {told}");
        assert_eq!(told[2], interface("next_hop", null.clone(), json!(next), null.clone(), null), "{told}");
    }
    for (way, heard) in subnet(&raw_ways(), &host, 6, "") {
        heard.reached_at(7);
        for hop in [4, 5] {
            let told = objects(&heard, hop);
            let broken = told.as_array().unwrap().iter().filter(|object| object["object"] == "malformed");
            assert!(broken.clone().all(|object| !object["why"].as_str().unwrap().is_empty()), "{told}");
            assert!(broken.count() > 0, "{way:?} hop {hop}: named, not dropped: {heard:#?}");
        }
    }
    for (way, heard) in subnet(&raw_ways(), &host, 7, "") {
        assert_eq!(objects(&heard, 3), json!([{"object": "unknown", "class": 250, "c_type": 7, "hex": "00112233"}]));
        assert_eq!(heard.answers(4)[0]["extensions"]["checksum"], "wrong", "{way:?}");
        assert_eq!(objects(&heard, 4), mpls(vec![label(24007, 0, true, 1)]));
    }
    let (said, _) = text(&host, "10.9.3.50");
    assert!(said.contains(" <MPLS:L=24001,E=5,S=0,T=1/L=16,E=0,S=1,T=2>"), "{said}");
    let (said, _) = text(&host, "10.9.5.50");
    assert!(said.contains("<INC:3,192.0.2.1,\"eth1\",mtu=1500;OUT:\"") && !said.contains('\u{1b}'), "{said}");
}

#[test]
fn translators_are_found_at_their_hop() {
    let Some(lab) = lab::start!() else { return };
    let (host, _net) = habits(&lab);
    let udp: Vec<Way> = raw_ways().into_iter().filter(|way| way.method == "-U").collect();
    for (way, heard) in subnet(&udp, &host, 8, "").into_iter().chain(subnet(&udp, &host, 8, "--dublin")) {
        heard.reached_at(6);
        assert_eq!(number(heard.summary(), "nat_at"), 4, "{way:?} {heard:#?}");
        assert!(heard.answers(3)[0]["nat"].is_null() && heard.answers(4)[0]["nat"].is_object(), "{heard:#?}");
    }
    // The router behind a destination NAT speaks with the target's address: that is not the end.
    for (way, heard) in subnet(&WAYS, &host, 9, "") {
        heard.reached_at(5);
        let target = way.target(9);
        assert_eq!(heard.path()[2..], [target.clone(), way.of("10.255.3.1", "fd00:ff:3::1").to_owned(), target]);
        assert_eq!(heard.answers(3)[0]["kind"], "time_exceeded");
    }
}

#[test]
fn real_translators_do_not_end_or_split_a_trace() {
    let Some(lab) = lab::start!() else { return };
    let chain = lab.chain(5);
    chain.masquerade(2);
    for (way, heard) in far(&WAYS, &chain.a, &chain.far(), "") {
        heard.reached_at(6);
        assert_eq!(heard.path(), chain.way(way.v4), "{way:?}");
    }
    let public = chain.dnat(3);
    for (way, heard) in far(&WAYS, &chain.a, &public, "") {
        heard.reached_at(6);
        let target = way.of(&public[0], &public[1]);
        let path = heard.path();
        assert_eq!((&path[..2], path[5].as_str()), (&chain.way(way.v4)[..2], target), "{way:?} {heard:#?}");
        assert!(path[2..5].iter().all(|router| router == target), "{way:?} {path:?}");
    }
}

#[test]
fn one_flow_is_one_path_another_may_be_another_and_old_traceroute_mixes() {
    let Some(lab) = lab::start!() else { return };
    let (host, net) = habits(&lab);
    let one_of = |router: &str, at: &str| ["1", "2", "3"].iter().any(|n| router == format!("{at}{n}"));
    for (way, heard) in subnet(&WAYS, &host, 10, "-q 10") {
        heard.reached_at(6);
        for (hop, at) in [(3, way.of("10.110.1.", "fd00:110:1::")), (4, way.of("10.110.2.", "fd00:110:2::"))] {
            let path = heard.path();
            assert!(one_of(&path[hop - 1], at), "{way:?}: one path: {path:?}");
        }
        assert_eq!(heard.summary()["per_packet"], false);
    }
    // One flow has one face, whatever the number of the run; eight flows meet more than one router.
    net.log();
    for method in ["-I", "-U", "-T"] {
        let path = |flow: u32| {
            let heard = Heard::new(traced(&host, &format!("{method} -q 1 --flow {flow} 10.9.10.77")).output());
            heard.reached_at(6);
            heard.path()
        };
        let paths: Vec<Vec<String>> = (0..8).map(path).collect();
        assert!(paths.iter().any(|path| *path != paths[0]), "{method}: {paths:?}");
        if method != "-I" {
            assert_eq!(path(3), paths[3], "{method}: a flow is the same way in every run");
        }
    }
    let heard = Heard::new(traced(&host, "-U --classic -q 10 10.9.10.78").output());
    assert!(heard.path()[2].contains('+'), "{heard:#?}");
    // By packet is said, and said to be so.
    for (way, heard) in subnet(&WAYS, &host, 11, "-q 10") {
        assert_eq!(heard.summary()["per_packet"], true, "{way:?} {heard:#?}");
        assert_eq!(heard.hop(3)["per_packet"], true);
    }
    let (said, _) = text(&host, "-q 10 10.9.11.79");
    assert!(said.contains("  per-packet\n") && said.contains("some router balances by packet"), "{said}");
}

#[test]
fn real_routers_balance_as_well() {
    let Some(lab) = lab::start!() else { return };
    let mut chain = lab.chain(4);
    let beside = chain.widen(2, 3, Choice::Flow);
    let among = |hop: &str, v4: bool| {
        chain.hop(2)[usize::from(!v4)] == hop || beside.iter().any(|pair| pair[usize::from(!v4)] == hop)
    };
    for (way, heard) in far(&WAYS, &chain.a, &chain.far(), "-q 6") {
        heard.reached_at(5);
        assert!(among(&heard.path()[1], way.v4), "{way:?} one router: {:?}", heard.path());
    }
}

#[test]
fn what_is_rewritten_is_found() {
    let Some(lab) = lab::start!() else { return };
    let (host, _net) = habits(&lab);
    for (way, heard) in subnet(&raw_ways(), &host, 14, "--bleaching") {
        let change = json!({"hop": 4, "after": 3, "sent": 46, "quoted": 0});
        assert_eq!((&heard.summary()["dscp"], &heard.summary()["ecn"]), (&change, &Value::Null), "{way:?}");
    }
    for (way, heard) in subnet(&raw_ways(), &host, 15, "--bleaching") {
        let change = json!({"hop": 4, "after": 3, "sent": 2, "quoted": 3});
        assert_eq!((&heard.summary()["ecn"], &heard.summary()["dscp"]), (&change, &Value::Null), "{way:?}");
    }
    let (said, _) = text(&host, "-U --bleaching 10.9.14.50");
    assert!(said.contains("\nDSCP is rewritten between hops 3 and 4: 46 was sent, 0 arrived\n"), "{said}");
    assert!(said.contains("\nECN is as it was sent in all "), "{said}");
    // Ordinary sockets show no quotes: that is said, and nothing is invented.
    let (said, _) = text(&host, "-I --socket dgram --bleaching 10.9.14.51");
    assert!(said.contains("whether DSCP is rewritten cannot be told"), "{said}");
    let chain = lab.chain(4);
    chain.bleach(2);
    for (way, heard) in far(&raw_ways(), &chain.a, &chain.far(), "--bleaching") {
        assert_eq!(heard.summary()["dscp"], json!({"hop": 3, "after": 2, "sent": 46, "quoted": 0}), "{way:?}");
    }
}

#[test]
fn ways_back_quoted_hop_limits_losses_and_copies() {
    let Some(lab) = lab::start!() else { return };
    let (host, _net) = habits(&lab);
    for (way, heard) in subnet(&WAYS, &host, 20, "") {
        assert_eq!(number(heard.answers(3)[0], "return_length"), 7, "{way:?} {heard:#?}");
    }
    let (said, _) = text(&host, "10.9.20.50");
    assert!(said.contains(" '-7'"), "{said}");
    for (way, heard) in subnet(&raw_ways(), &host, 22, "") {
        assert!(heard.answers(4).iter().any(|answer| number(answer, "quoted_ttl") == 0), "{way:?} {heard:#?}");
    }
    for (way, heard) in subnet(&WAYS, &host, 21, "-q 10") {
        heard.reached_at(5);
        let router = way.of("10.121.1.1", "fd00:121:1::1");
        assert_eq!(heard.path(), expected(way, 21, &[(router, router)]), "{way:?}");
    }
    // The fourth is 150 ms slow among fast ones, and the third says everything three times.
    for (way, heard) in subnet(&WAYS, &host, 23, "") {
        heard.reached_at(6);
        let between = [("10.123.1.1", "fd00:123:1::1"), ("10.123.2.1", "fd00:123:2::1")];
        assert_eq!(heard.path(), expected(way, 23, &between), "{way:?}: {heard:#?}");
        let slow = heard.answers(4);
        assert!(slow.iter().all(|answer| number(answer, "rtt_ns") >= 150_000_000), "{heard:#?}");
        assert!(number(heard.summary(), "duplicates") > 0, "{way:?} {heard:#?}");
    }
}

#[test]
fn limited_routers_are_limited_and_not_lossy() {
    const LIMITED: &str = "title = 'the second sends two errors and then one a minute'
         [[hop]]
         address = ['10.255.1.1', 'fd00:ff:1::1']
         [[hop]]
         address = ['10.255.2.1', 'fd00:ff:2::1']
         rate = 0.01
         burst = 2
         [[hop]]
         address = ['10.255.3.1', 'fd00:ff:3::1']
         [[host]]
         prefix = ['10.9.0.0/16', 'fd00:9::/32']";
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::parse(LIMITED));
    let heard = Heard::new(traced(&host, "10.9.0.1").output());
    heard.reached_at(4);
    assert_eq!((heard.hop(2)["limited"].as_bool(), heard.answers(2).len()), (Some(true), 2), "{heard:#?}");
    assert_eq!(heard.hop(1)["limited"], false);
    let host = lab.host("b");
    let _net = lab.simulate(&host, Scenario::parse(LIMITED));
    let (said, code) = text(&host, "-q 4 fd00:9::1");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.lines().any(|line| line.starts_with(" 2 ") && line.ends_with("  limited")), "{said}");
}

#[test]
fn linux_limits_hide_neither_the_target_nor_for_ever_the_way() {
    let Some(lab) = lab::start!() else { return };
    let chain = lab.chain(12);
    chain.limit_errors();
    // IPv4's are the narrow ones: one a second. Three runs one after another use up what each router has.
    for round in 0..3 {
        for method in ["-U", "-T"] {
            let heard = Heard::new(traced(&chain.a, method).arg(chain.far_v4()).output());
            heard.reached_at(13);
            let path = heard.path();
            for (found, router) in path.iter().zip(chain.way(true)) {
                assert!(*found == router || found == "*", "{method} {path:?}");
            }
            // What stays silent in a burst is asked again when it can answer.
            let silent = path.iter().filter(|hop| *hop == "*").count();
            assert!(silent <= 3, "{method} in round {round}: {path:?}");
        }
    }
}
