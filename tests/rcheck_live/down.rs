//! Hosts that are not there: silence, each ICMP error, no route, no permission.

use crate::bed::{event, rcheck, told, verdict};
use crate::lab::{self, Need, Scenario};

#[test]
fn silence_is_a_hundred_per_cent_and_critical() {
    let Some(lab) = lab::start!(Need::Tool("nft")) else { return };
    let pair = lab.pair();
    pair.b.nft("table inet t { chain i { type filter hook input priority 0; meta l4proto { icmp, icmpv6 } drop; }; }");
    // Neighbours are known: nothing of this comes back as an error.
    let mac = pair.b.command("cat").arg("/sys/class/net/eth0/address").output().ok().stdout;
    for to in ["10.1.0.2", "fd00:1::2"] {
        pair.a.ip(&format!("neigh replace {to} lladdr {} nud permanent dev eth0", mac.trim()));
        let plugin = verdict(&pair.a, &format!("-w 10ms,40% -c 50ms,80% {to}"), 2);
        assert!(plugin.text.starts_with(&format!("CRITICAL - {to}: no answer, loss 100%")), "{}", plugin.text);
        assert_eq!((plugin.value("pl"), plugin.value("rta"), plugin.value("rtt.p99")), (Some(100.0), None, None));
        assert_eq!(plugin.datum("rta").crit, "50.000", "thresholds are printed always");
        let seen = event(&pair.a, &format!("-c rtt.p95=50ms {to}"));
        assert_eq!((&seen["lost"], &seen["in_flight"], &seen["state"]), (&5.into(), &0.into(), &"critical".into()));
    }
}

#[test]
fn every_error_is_named() {
    let Some(lab) = lab::start!(Need::Tun) else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::load("errors"));
    let words = [
        "Net unreachable",
        "Host unreachable",
        "Protocol unreachable (firewall?)",
        "Port unreachable (firewall?)",
        "Source route failed",
        "Network denied (firewall?)",
        "Host denied (firewall?)",
        "Prohibited by filter (firewall)",
    ];
    for socket in ["raw", "dgram"] {
        for (n, words) in (1..).zip(words) {
            let plugin = verdict(&host, &format!("--as check_icmp --socket {socket} 10.9.0.{n}"), 2);
            let said = format!("CRITICAL - 10.9.0.{n}: {words} @ 10.255.2.1. rta nan, lost 100%");
            assert_eq!(plugin.text, said);
        }
    }
    let seen = event(&host, "fd00:9::2");
    assert_eq!((&seen["errors"], &seen["state"]), (&5.into(), &"critical".into()), "{seen}");
    assert_eq!((&seen["error"]["from"], &seen["error"]["type"]), (&"fd00:ff:2::1".into(), &1.into()), "{seen}");
}

#[test]
fn what_this_host_cannot_send_is_unknown() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    for target in ["192.0.2.1", "2001:db8::1"] {
        let plugin = verdict(&host, target, 3);
        assert!(plugin.text.contains("nothing was sent: Network is unreachable"), "{}", plugin.text);
        assert_eq!((plugin.value("pl"), plugin.value("rta")), (None, None));
    }
    let out = rcheck(&host, "192.0.2.1 127.0.0.1").output();
    assert_eq!(told(&out).state, "UNKNOWN");
    assert_eq!(rcheck(&host, "-m 1 192.0.2.1 127.0.0.1").output().code(), Some(0));
    let out = rcheck(&host, "fe80::1").output();
    assert!(told(&out).text.contains("needs its interface, as in fe80::1%eth0"), "{out:#?}");
}

#[test]
fn a_firewall_of_this_host_is_this_hosts_trouble() {
    let Some(lab) = lab::start!(Need::Tool("nft")) else { return };
    let host = lab.host("a");
    host.nft("table inet t { chain o { type filter hook output priority 0; ip daddr 127.0.0.9 drop; }; }");
    let plugin = verdict(&host, "127.0.0.9", 3);
    assert!(plugin.text.contains("nothing was sent: Operation not permitted"), "{}", plugin.text);
}
