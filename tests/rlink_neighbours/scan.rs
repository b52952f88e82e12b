//! Who is on the link: both families, whole prefixes, conflicts.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::bed::{events, mac, of, rlink};
use crate::lab;

fn pairs(told: &[Value]) -> BTreeSet<(String, String)> {
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    of(told, "neighbour").iter().map(|n| (text(&n["address"]), text(&n["mac"]))).collect()
}

#[test]
fn everybody_on_a_bridge_is_found_by_both_families() {
    let Some(lab) = lab::start!() else { return };
    let bridge = lab.bridge(3);
    let a = &bridge.hosts[0];
    bridge.hosts[2].address("eth0", "10.1.0.2/24");
    let out = rlink(a, "scan -I eth0 -r 5000 --retries 0 -W 1 --json").output().ok();
    assert_eq!(out.stderr, "");
    let told = events(&out);
    let found = pairs(&told);
    for (addr, n) in [("10.1.0.2", 2), ("10.1.0.2", 3), ("10.1.0.3", 3), ("fd00:1::2", 2), ("fd00:1::3", 3)] {
        assert!(found.contains(&(addr.to_owned(), mac(n))), "{addr} in {found:?}");
    }
    assert!(found.iter().any(|(addr, m)| addr.starts_with("fe80:") && *m == mac(3)), "{found:?}");
    assert!(found.iter().all(|(_, m)| *m != mac(1)), "we are not our neighbour: {found:?}");
    let end = of(&told, "scanned")[0];
    assert_eq!((&end["addresses"], &end["conflicts"], &end["complete"]), (&254.into(), &1.into(), &true.into()));
    assert!(end["sent"].as_u64().unwrap() >= 253, "{end}");
    let timed = of(&told, "neighbour").iter().filter(|n| n["rtt_ns"].as_u64().is_some()).count();
    assert!(timed >= 6, "{told:#?}");
}

#[test]
fn a_whole_prefix_is_found_and_asked_once() {
    let Some(lab) = lab::start!() else { return };
    let bridge = lab.bridge(2);
    let (a, b) = (&bridge.hosts[0], &bridge.hosts[1]);
    b.answer_for("10.1.4.0/22");
    let told = events(&rlink(a, "scan -I eth0 10.1.4.0/22 -r 4000 --json").output().ok());
    let end = of(&told, "scanned")[0];
    assert_eq!((&end["found"], &end["dropped"]), (&1022.into(), &0.into()), "{end}");
    assert_eq!(end["sent"], 1022, "who answers is not asked again");
    b.ip("addr add fd00:1::20/123 dev eth0 nodad");
    let six = events(&rlink(a, "scan -I eth0 fd00:1::/123 -W 1 --json").output().ok());
    assert!(pairs(&six).contains(&("fd00:1::2".to_owned(), mac(2))), "{six:#?}");
}

#[test]
fn an_empty_link_is_exit_1_and_an_interrupt_tells_what_is_known() {
    let Some(lab) = lab::start!() else { return };
    let bridge = lab.bridge(2);
    let a = &bridge.hosts[0];
    let out = rlink(a, "scan -I eth0 10.9.0.0/28 -W 0.1 --retries 0").output();
    assert_eq!(out.code(), Some(1), "{out:#?}");
    assert!(out.stdout.contains("0 addresses found, 14 asked for, 14 questions sent"), "{}", out.stdout);
    let mut run = rlink(a, "scan -I eth0 10.1.0.0/16 -r 1000 --json").start();
    run.wait_for(|text| text.contains("\"10.1.0.2\""));
    run.signal(libc::SIGINT);
    let told = events(&run.wait().ok());
    assert_eq!(of(&told, "scanned")[0]["complete"], false);
    let late = rlink(a, "scan -I eth0 10.1.0.0/16 -r 1000 -w 1").output().ok();
    assert!(late.stdout.contains("scanned in part"), "{}", late.stdout);
}
