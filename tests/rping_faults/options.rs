//! What IPv4 options and ICMP timestamps bring home: the recorded route, the times on the way, the far clock.

use crate::bed::{Heard, json, number, rping};
use crate::lab::{self, Scenario};

const TWO_HOPS: &str = "
    title = 'two hops'
    [[hop]]
    address = '10.255.1.1'
    [[hop]]
    address = '10.255.2.1'
    [[host]]
    prefix = '10.9.1.0/24'
";

#[test]
fn a_recorded_route_is_printed_hop_by_hop() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::parse(TWO_HOPS));
    for socket in ["raw", "dgram"] {
        let out = rping(&host, &format!("-n -R -c 2 -i 0.05 --socket {socket} 10.9.1.1")).output().ok().stdout;
        let route: Vec<&str> = out.lines().skip_while(|l| !l.contains("RR:")).map(str::trim).take(6).collect();
        let way = ["RR: \t10.200.0.2", "10.255.1.1", "10.255.2.1", "10.9.1.1", "10.255.2.1", "10.255.1.1"];
        assert_eq!(route, way, "{out}");
        assert!(out.contains("(same route)"), "{out}");
        assert!(out.starts_with("PING 10.9.1.1 (10.9.1.1) 56(124) bytes of data."), "{out}");
    }
}

#[test]
fn times_on_the_way_are_printed() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::parse(TWO_HOPS));
    let out = rping(&host, "-n -T tsandaddr -c 1 10.9.1.1").output().ok().stdout;
    let hops: Vec<&str> = out.lines().skip_while(|l| !l.contains("TS:")).map(str::trim).take(4).collect();
    assert!(hops[1].starts_with("10.255.1.1") && hops[3].starts_with("10.9.1.1"), "{out}");
    assert!(out.contains("Unrecorded hops: 3"), "two routers and this host: {out}");
    let out = rping(&host, "-n -T tsonly -c 1 10.9.1.1").output().ok().stdout;
    assert!(out.contains("TS:"), "{out}");
    let out = rping(&host, "-n -T tsprespec 10.255.1.1 10.9.1.1 -c 1").output();
    assert!(out.stdout.contains("10.255.1.1"), "{out:?}");
}

#[test]
fn options_are_the_same_as_debian_s_ping_prints() {
    let Some(lab) = lab::start!(lab::Need::Tool("ping")) else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::parse(TWO_HOPS));
    for words in ["-n -R -c 1 10.9.1.1", "-n -T tsandaddr -c 1 10.9.1.1", "-n -T tsonly -c 1 10.9.1.1"] {
        let ours = rping(&host, words).output().ok().stdout;
        let theirs = host.command("ping").words(words).output().ok().stdout;
        // Absolute and relative times differ; what they hang on must not.
        let shape = |text: &str| -> Vec<String> {
            let words = |l: &str| {
                l.split_inclusive(['\t', ' '])
                    .map(|w| {
                        if w.trim().parse::<f64>().is_ok() {
                            w.replace(|c: char| c.is_ascii_digit() || c == '-', "")
                        } else {
                            w.to_owned()
                        }
                    })
                    .collect::<String>()
            };
            text.lines().skip(2).take_while(|l| !l.starts_with("---")).map(words).collect()
        };
        assert_eq!(shape(&ours), shape(&theirs), "{words}\n{ours}\n{theirs}");
    }
}

#[test]
fn the_far_clock_is_told_by_its_offset() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::load("clocks"));
    for (address, offset, slack) in [("10.9.1.1", 0, 500), ("10.9.1.2", 2500, 500), ("10.9.1.3", -3_600_000, 500)] {
        let heard = Heard::new(json(&host, "--icmp-timestamp -c 3 -i 0.05").arg(address).output());
        heard.counts("sent 3 replied 3").exits(0);
        for reply in heard.events("reply") {
            let told = reply["far"]["offset_ms"].as_i64().unwrap();
            // Half of what this machine was late by goes into it, and milliseconds are all that the protocol has.
            assert!((told - offset).abs() <= slack, "{address}: {reply}");
            assert_eq!((&reply["proof"], number(reply, "bytes")), (&"weak".into(), 20));
        }
        assert_eq!(heard.events("start")[0]["exchange"], "timestamp");
    }
    let heard = Heard::new(json(&host, "--icmp-timestamp -c 1 10.9.1.4").output());
    assert!(heard.events("reply")[0]["far"]["offset_ms"].is_null(), "not standard time: {heard:?}");
    let heard = Heard::new(json(&host, "--icmp-timestamp -c 2 -i 0.05 -W 0.2 10.9.1.5").output());
    heard.counts("sent 2 lost 2").exits(1);
    let text = rping(&host, "-n --icmp-timestamp -c 1 10.9.1.3").output().ok().stdout;
    assert!(text.contains("offset=-3") || text.contains("offset=-3,600"), "{text}");
}
