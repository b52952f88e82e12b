//! The schedule and the clock, as a capture and the responder saw them: no drift, no flood, no wrap, no ARP in the times.

use std::time::Duration;

use crate::bed::{Heard, WAYS, json, number, over, rping};
use crate::lab::{self, Responder, Scenario};

const ONE_NET: &str = "title = 'one net'\n[[host]]\nprefix = ['10.9.0.0/16', 'fd00:9::/32']";

#[test]
fn every_probe_of_a_sub_millisecond_schedule_is_on_the_wire_once_and_in_order() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::parse(ONE_NET));
    for way in [WAYS[0], WAYS[3]] {
        let capture = host.capture("net0");
        let heard = Heard::new(way.json(&host, 1, "-c 500 -i 0.0005").output());
        heard.counts("sent 500 replied 500").exits(0);
        let seen = capture.stop_icmp();
        let mine: Vec<_> = seen.iter().filter(|m| m.is_echo_request()).collect();
        let seqs: Vec<u16> = mine.iter().map(|m| m.seq()).collect();
        assert_eq!(seqs, (1..=500).collect::<Vec<u16>>(), "{way:?}");
        // 499 intervals of half a millisecond, and no flood.
        let took = mine[499].at_ns - mine[0].at_ns;
        assert!(took >= 240_000_000, "{way:?}: {took} ns");
        assert_eq!(number(heard.events("start")[0], "interval_ns"), 500_000);
    }
}

#[test]
fn the_schedule_is_absolute() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::parse(ONE_NET));
    for way in [WAYS[1], WAYS[2]] {
        let capture = host.capture("net0");
        let heard = Heard::new(way.json(&host, 1, "-c 100 -i 0.01").output());
        assert_eq!(heard.count("sent"), 100, "{heard:?}");
        let seen = capture.stop_icmp();
        let at: Vec<i64> = seen.iter().filter(|m| m.is_echo_request()).map(|m| m.at_ns as i64).collect();
        // A busy machine makes single probes late, but not all of twenty; drift would be 20 ms and more of a second.
        let late = |n: usize| at[n] - n as i64 * 10_000_000;
        let drift = (80..100).map(late).min().unwrap() - (0..20).map(late).min().unwrap();
        assert!(drift < 5_000_000 || number(heard.summary(), "skipped") > 0, "{way:?}: {drift} ns of drift");
    }
}

#[test]
fn waiting_for_arp_is_in_no_round_trip_time() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let scenario = format!("{ONE_NET}\n[neighbour]\ndelay = '900ms'");
    let _net = Responder::start_on_veth(&host, Scenario::parse(&scenario));
    for (v4, target) in [(true, "10.9.1.1"), (false, "fd00:9:1::1")] {
        let heard = Heard::new(json(&host, "-c 3 -i 1.2 -W 3").arg(target).output());
        heard.counts("sent 3 replied 3").exits(0);
        let first = heard.events("reply")[0];
        assert_eq!(number(first, "seq"), 1);
        assert!(number(first, "queue_ns") >= 800_000_000, "v4 {v4}: {first}");
        assert!(number(first, "rtt_ns") < 700_000_000, "v4 {v4}: {first}");
        assert!(heard.events("reply")[1..].iter().all(|r| number(r, "queue_ns") < 700_000_000), "{heard:?}");
        assert!(number(&heard.summary()["rtt"], "max_ns") < 700_000_000);
    }
}

#[test]
fn a_neighbour_that_is_never_found_is_an_error_of_this_host() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    // Asked three times in 150 ms instead of three seconds.
    let _net = Responder::start_on_veth(&host, Scenario::parse(&format!("{ONE_NET}\n[neighbour]\nsilent = true")));
    for family in ["ipv4", "ipv6"] {
        host.sysctl(&format!("net.{family}.neigh.net0.retrans_time_ms"), "50");
    }
    for (target, own) in [("10.9.1.1", "10.200.0.2"), ("fd00:9:1::1", "fd00:200::2")] {
        // Bound to the interface, too, though the kernel's own errors arrive on the loopback.
        for (socket, words) in [("raw", ""), ("dgram", ""), ("raw", " -I net0"), ("dgram", " -I net0")] {
            let heard = Heard::new(over(&host, socket, &format!("-c 2 -i 0.1 -W 1.5{words}")).arg(target).output());
            heard.exits(1).counts("sent 2 errors 2");
            assert!(heard.events("error").iter().all(|e| e["from"] == own), "{socket} {heard:?}");
        }
    }
}

#[test]
fn sequence_numbers_go_on_past_65535() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    for target in ["10.1.0.2", "fd00:1::2"] {
        let out = json(&pair.a, "-f -q -c 66000 -W 2").arg(target).limit(Duration::from_secs(60)).output();
        let heard = Heard::quiet(out);
        heard.exits(0);
        let dropped = number(heard.summary(), "dropped");
        let [sent, replied, lost] = ["sent", "replied", "lost"].map(|c| heard.count(c));
        assert_eq!(sent, 66_000);
        assert!(lost <= dropped && replied + lost == 66_000, "{:?}", heard.summary());
        assert_eq!([heard.count("duplicates"), heard.count("foreign"), heard.count("corrupt")], [0; 3]);
    }
}

#[test]
fn a_flood_prints_dots_and_takes_them_back() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let out = rping(&pair.a, "-f -c 500 10.1.0.2").output().ok().stdout;
    assert!(out.contains("500 packets transmitted, 500 received, 0% packet loss"), "{out}");
    let (dots, backs) = (out.matches('.').count(), out.matches('\x08').count());
    assert!(dots >= backs / 2 && backs > 0, "{out:?}");
}
