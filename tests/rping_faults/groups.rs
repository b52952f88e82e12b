//! Broadcast and multicast: any unicast source may answer, each is listed, and the probe counts once.

use std::collections::BTreeSet;

use crate::bed::{Heard, json, number, rping};
use crate::lab::{self, Scenario};

/// Three runs' worth of who answered.
fn answerers(heard: &Heard) -> BTreeSet<String> {
    ["reply", "duplicate"]
        .iter()
        .flat_map(|name| heard.events(name))
        .map(|e| e["from"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn each_answerer_of_a_group_is_listed() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::load("broadcast"));
    let v4 = ["10.9.1.1", "10.9.1.2", "10.9.1.3"];
    for (words, expected) in [
        ("-b -c 3 -i 0.1 10.9.1.255", v4),
        ("-c 3 -i 0.1 224.0.0.1", v4),
        ("-L -c 3 -i 0.1 ff02::1%net0", ["fe80::1", "fe80::2", "fe80::3"]),
    ] {
        for socket in ["raw", "dgram"] {
            let heard = Heard::new(json(&host, words).args(["--socket", socket]).output());
            heard.exits(0);
            let unscoped: BTreeSet<String> =
                answerers(&heard).iter().map(|a| a.split('%').next().unwrap().to_owned()).collect();
            let missing: Vec<&&str> = expected.iter().filter(|e| !unscoped.contains(**e)).collect();
            assert!(missing.is_empty(), "{words} {socket}: {missing:?} {heard:?}");
            assert_eq!((heard.count("sent"), heard.count("replied"), heard.count("lost")), (3, 3, 0), "{heard:?}");
            // Those behind the last reply are cut off by the end of the run.
            assert!(heard.count("duplicates") >= 4, "{words} {socket} {heard:?}");
            assert_eq!(heard.count("foreign"), 0, "{words} {socket} {heard:?}");
            assert_eq!(number(&heard.summary()["rtt"], "count"), 3);
        }
    }
}

#[test]
fn real_hosts_on_a_bridge_answer_a_broadcast_each() {
    let Some(lab) = lab::start!() else { return };
    let net = lab.bridge(4);
    let asker = &net.hosts[0];
    let heard = Heard::new(json(asker, "-b -c 2 -i 0.2 10.1.0.255").output());
    heard.exits(0);
    let all: BTreeSet<String> = ["10.1.0.2", "10.1.0.3", "10.1.0.4"].map(str::to_owned).into();
    assert!(answerers(&heard).is_superset(&all), "{heard:?}");
    let heard = Heard::new(json(asker, "-c 2 -i 0.2 ff02::1%eth0").output());
    heard.exits(0);
    assert!(answerers(&heard).len() >= 4, "{heard:?}");
}

#[test]
fn a_broadcast_address_wants_the_flag() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::load("broadcast"));
    let out = rping(&host, "-n -c 1 10.9.1.255").output();
    assert_eq!(out.code(), Some(2), "{out:?}");
    assert!(out.stderr.contains("-b"), "{out:?}");
    let out = rping(&host, "-n -b -c 1 -i 0.1 10.9.1.255").output().ok();
    assert!(out.stderr.contains("WARNING: pinging broadcast address"), "{out:?}");
}

#[test]
fn a_link_local_neighbour_is_reached_by_its_zone() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let out = pair.b.command("ip").words("-6 -br addr show dev eth0 scope link").output().ok().stdout;
    let address = out.split_whitespace().find(|w| w.starts_with("fe80")).unwrap().split('/').next().unwrap().to_owned();
    for socket in ["raw", "dgram"] {
        let words = format!("-c 2 -i 0.05 --socket {socket} {address}%eth0");
        let heard = Heard::new(json(&pair.a, &words).output());
        heard.counts("sent 2 replied 2").exits(0);
        let text = rping(&pair.a, &format!("-n {words}")).output().ok().stdout;
        assert!(text.contains(&format!("64 bytes from {address}%eth0: icmp_seq=1 ttl=64")), "{text}");
    }
}
