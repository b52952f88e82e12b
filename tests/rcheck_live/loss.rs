//! Loss that is exactly known: by the firewall's counter and by the fault responder; and what is no loss.

use crate::bed::{event, rcheck, told, verdict};
use crate::lab::{self, Need, Scenario};

/// Three of five requests are dropped, as the firewall counts them.
fn drop_some(host: &lab::Host) {
    host.nft(
        "table inet t { chain i { type filter hook input priority 0;
         icmp type echo-request numgen inc mod 5 lt 3 drop
         icmpv6 type echo-request numgen inc mod 5 lt 3 drop
         }
         }",
    );
}

#[test]
fn three_of_five_are_sixty_per_cent() {
    let Some(lab) = lab::start!(Need::Tool("nft")) else { return };
    // What monitoring-plugins 3.0 calls 8 %, and OK.
    for (target, family) in [("10.1.0.2", "-4"), ("fd00:1::2", "-6")] {
        let pair = lab.pair();
        drop_some(&pair.b);
        for name in ["rcheck", "check_icmp"] {
            let out = rcheck(&pair.a, &format!("{family} -w 500,30% -c 900,55% {target}")).called(name).output();
            assert_eq!(out.code(), Some(2), "{out:#?}");
            let plugin = told(&out);
            assert_eq!(plugin.value("pl"), Some(60.0), "{plugin:#?}");
            assert_eq!((plugin.datum("pl").warn.as_str(), plugin.datum("pl").crit.as_str()), ("30", "55"));
            assert!(plugin.value("rta").is_some());
        }
    }
}

#[test]
fn losses_of_many_shapes_are_counted_whole() {
    let Some(lab) = lab::start!(Need::Tun) else { return };
    let host = lab.host("a");
    // The last byte of the address says which probes get no answer.
    let net = r#"
        title = "each host loses other probes"
        [[hop]]
        address = "10.255.1.1"
        [[host]]
        prefix = "10.9.0.0/24"
        [[rule]]
        to = "10.9.0.1"
        nth = ["2", "4"]
        drop = true
        [[rule]]
        to = "10.9.0.2"
        nth = "2-4"
        drop = true
        [[rule]]
        to = "10.9.0.3"
        nth = "1"
        drop = true
        [[rule]]
        to = "10.9.0.4"
        every = 3
        drop = true
    "#;
    let _net = lab.simulate(&host, Scenario::parse(net));
    let limits = "-w 900ms,40% -c 1s,60%";
    let cases = [
        ("10.9.0.1", "", 1, 0.4, 1),
        ("10.9.0.2", "", 2, 0.6, 3),
        ("10.9.0.3", "", 0, 0.2, 1),
        ("10.9.0.4", "-n 300 -i 2ms ", 0, 1.0 / 3.0, 1),
    ];
    for (target, more, code, loss, burst) in cases {
        let seen = event(&host, &format!("{limits} {more}{target}"));
        let state = ["ok", "warning", "critical"][code];
        assert_eq!(seen["state"], state, "{seen}");
        assert!((seen["loss"].as_f64().unwrap() - loss).abs() < 1e-9, "{seen}");
        assert_eq!(seen["loss_burst"], burst, "{seen}");
    }
    let plugin = verdict(&host, "--expect loss.burst<3 10.9.0.5 -n 4", 0);
    assert_eq!(plugin.value("pl"), Some(0.0));
}

#[test]
fn what_comes_late_twice_or_out_of_order_is_no_loss() {
    let Some(lab) = lab::start!(Need::Tun) else { return };
    let host = lab.host("a");
    let net = r#"
        title = "strange, but answered"
        [[hop]]
        address = "10.255.1.1"
        [[host]]
        prefix = "10.9.0.0/24"
        [[rule]]
        to = "10.9.0.1"
        copies = 1
        [[rule]]
        to = "10.9.0.2"
        nth = "1"
        delay = "700ms"
        [[rule]]
        to = "10.9.0.3"
        flip = 20
        [[rule]]
        to = "10.9.0.4"
        flip = 3
        [[rule]]
        to = "10.9.0.5"
        strangers = { count = 5, gap = "1ms" }
        drop = true
    "#;
    let _net = lab.simulate(&host, Scenario::parse(net));
    let twice = event(&host, "10.9.0.1");
    assert_eq!((&twice["state"], &twice["loss"], &twice["received"]), (&"ok".into(), &0.0.into(), &5.into()));
    assert!(twice["duplicates"].as_u64().unwrap() >= 4, "the last may come after the end: {twice}");
    let late = event(&host, "-c 2s,80% 10.9.0.2");
    assert_eq!((&late["loss"], &late["reordered"]), (&0.0.into(), &1.into()), "{late}");
    assert!(late["rtt"]["max_ns"].as_u64().unwrap() >= 700_000_000, "{late}");
    for damaged in ["10.9.0.3", "10.9.0.4"] {
        let damaged = event(&host, damaged);
        assert_eq!((&damaged["corrupt"], &damaged["rtt"]["count"]), (&5.into(), &0.into()), "{damaged}");
        assert_eq!(damaged["state"], "unknown", "no round trip was measured that could be judged: {damaged}");
    }
    let liar = event(&host, "10.9.0.5 -c 100ms,80%");
    assert_eq!(
        (&liar["received"], &liar["state"]),
        (&0.into(), &"critical".into()),
        "strangers answer nothing: {liar}"
    );
}

#[test]
fn a_slow_host_is_measured_to_twice_the_critical_time() {
    let Some(lab) = lab::start!(Need::Tun) else { return };
    let host = lab.host("a");
    let net = "title = 'slow'\n[[hop]]\naddress = '10.255.1.1'\n[[host]]\nprefix = '10.9.0.1'\ndelay = '1500ms'\n";
    let _net = lab.simulate(&host, Scenario::parse(net));
    let slow = event(&host, "-w 500ms,40% -c 1s,80% 10.9.0.1");
    assert_eq!((&slow["state"], &slow["loss"], &slow["rtt"]["count"]), (&"critical".into(), &0.0.into(), &5.into()));
    let plugin = verdict(&host, "--as check_icmp -w 500ms,40% -c 1s,80% 10.9.0.1", 2);
    assert!(plugin.text.contains(" rta 1") && plugin.text.ends_with("ms > 1000.000ms"), "{}", plugin.text);
}
