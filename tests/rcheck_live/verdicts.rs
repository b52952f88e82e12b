//! Metrics, thresholds and several hosts on a network that tells the truth, both families, both kinds of socket.

use crate::bed::{event, rcheck, told, verdict};
use crate::lab::{self, Need, Scenario};

const NET: &str = r#"
title = "hosts at known distances"
[[hop]]
address = ["10.255.1.1", "fd00:ff:1::1"]
[[host]]
prefix = ["10.9.0.20", "fd00:9::20"]
delay = "5ms"
[[host]]
prefix = ["10.9.0.60", "fd00:9::60"]
delay = "400ms"
ttl = 100
"#;

#[test]
fn a_healthy_host_is_ok_with_every_figure() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    for target in ["127.0.0.1", "::1"] {
        for socket in ["raw", "dgram"] {
            let seen = event(&host, &format!("--socket {socket} {target}"));
            assert_eq!((&seen["state"], &seen["sent"], &seen["received"]), (&"ok".into(), &5.into(), &5.into()));
            assert_eq!(seen["rtt"]["count"], 5);
            for figure in ["min_ns", "avg_ns", "median_ns", "max_ns", "p90_ns", "p95_ns", "p99_ns", "mdev_ns"] {
                assert!(seen["rtt"][figure].is_u64(), "{figure}: {seen}");
            }
            for figure in ["jitter_mean_ns", "jitter_rfc3550_ns", "pdv_p99_ns", "mos_slac", "mos_g107", "score", "ttl"]
            {
                assert!(seen[figure].is_number(), "{figure}: {seen}");
            }
            assert_eq!((&seen["loss"], &seen["loss_burst"], &seen["ttl"]), (&0.0.into(), &0.into(), &64.into()));
            assert_eq!(seen["clocks"]["kernel"], 5, "{seen}");
        }
    }
}

#[test]
fn thresholds_of_every_form_on_known_round_trips() {
    let Some(lab) = lab::start!(Need::Tun) else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::parse(NET));
    let cases = [
        ("10.9.0.20", 0),
        ("10.9.0.60 -w 150ms,40%", 1),
        ("10.9.0.60 -w 50,40% -c 150,80%", 2),
        ("10.9.0.20 -c rtt.p95=150ms", 0),
        ("10.9.0.60 -c rtt.p95=150ms", 2),
        ("10.9.0.60 -w rtt.p95=150ms", 1),
        ("10.9.0.60 -w rta=10:150 -c rta=10:2000", 1),
        ("10.9.0.20 -c rta=150:", 2),
        ("10.9.0.20 -c rta=@1:150", 2),
        ("10.9.0.60 -c rta=@1:150", 0),
        ("fd00:9::60 --expect rtt.p95~<~150ms,~loss~<~1%", 2),
        ("fd00:9::20 --expect rtt.p95~<~150ms,~loss~<~1%", 0),
        ("10.9.0.60 --expect ttl==99", 0),
        ("10.9.0.60 --expect ttl<99", 2),
        ("10.9.0.20 --expect mos.slac>4,mos.g107>4,score>80", 0),
        ("10.9.0.20 -w duplicates=0 -c reordered=0 -w loss.burst=0", 0),
        ("10.9.0.20 -n 1 --expect jitter.mean<1s", 3),
        ("10.9.0.20 -R 1ms,190ms", 1),
        ("10.9.0.20 -P 10%,20% -O", 0),
        ("10.9.0.20 -M 5,4.9", 2),
        ("10.9.0.20 -S 99,10", 1),
    ];
    let runs: Vec<_> = cases.iter().map(|(words, code)| (words, code, rcheck(&host, words).start())).collect();
    for (words, code, run) in runs {
        let mut out = run.wait();
        // What a busy machine adds to a round trip is none of the network's: a verdict that differs must do so each time.
        for _ in 0..4 {
            if out.code() == Some(*code) {
                break;
            }
            out = rcheck(&host, words).output();
        }
        assert_eq!(out.code(), Some(*code), "{words}: {out:#?}");
        told(&out);
    }
    let plugin = verdict(&host, "10.9.0.60 -w rtt.p95=150ms -w 170ms,10% -c 2s,80%", 1);
    assert!(plugin.text.contains("; WARNING rtt.p95 "), "{}", plugin.text);
    assert!(plugin.value("rta").unwrap() >= 400.0, "{plugin:#?}");
    assert_eq!(plugin.datum("rtt.p95").warn, "150.000");
    assert_eq!((plugin.datum("rta").warn.as_str(), plugin.datum("rta").crit.as_str()), ("170.000", "2000.000"));
    assert_eq!(plugin.labels[..4], ["rta", "rtmax", "rtmin", "pl"]);
}

#[test]
fn several_hosts_and_how_many_must_be_well() {
    let Some(lab) = lab::start!(Need::Tun) else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::parse(NET));
    // 10.9.0.99 is nobody.
    let base = "-w 150ms,40% -c 1s,80% 10.9.0.20 10.9.0.60 10.9.0.99";
    let cases =
        [(String::new(), 2), ("-m 1 ".into(), 0), ("-m 2 ".into(), 1), ("-m 3 ".into(), 2), ("-m 0 ".into(), 0)];
    let runs: Vec<_> = cases.iter().map(|(m, code)| (m, code, rcheck(&host, &format!("{m}{base}")).start())).collect();
    for (m, code, run) in runs {
        let out = run.wait();
        assert_eq!(out.code(), Some(*code), "{m}: {out:#?}");
        let plugin = told(&out);
        assert_eq!(plugin.value("10.9.0.99pl"), Some(100.0));
        assert_eq!(plugin.value("10.9.0.99rta"), None);
        assert!(plugin.value("10.9.0.60rta").unwrap() >= 400.0);
        assert_eq!(plugin.text.matches(" :: ").count(), 2);
    }
}

#[test]
fn a_file_of_targets_with_thresholds_of_their_own() {
    let Some(lab) = lab::start!(Need::Tun) else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::parse(NET));
    let dir = lab::Dir::new(&lab);
    let file = dir.file(
        "targets.toml",
        "packets = 3\n[[target]]\nhost = '10.9.0.20'\nname = 'near router'\nexpect = 'rtt.max < 300ms'\n\
         [[target]]\nhost = 'fd00:9::60'\nwarning = 'rtt.max=150ms'\npackets = 2\ninterval = '10ms'\n",
    );
    let file = file.to_str().unwrap();
    let plugin = verdict(&host, &format!("-f {file}"), 1);
    assert!(plugin.text.starts_with("WARNING - near router: "), "{}", plugin.text);
    assert!(plugin.labels.contains(&"near routerrta".to_owned()), "{:?}", plugin.labels);
    assert_eq!(plugin.datum("near routerrtmax").crit, "300.000");
    let out = rcheck(&host, &format!("--json -f {file}")).output();
    let all = crate::bed::events(&out);
    let sent: Vec<u64> = all.iter().map(|event| event["sent"].as_u64().unwrap()).collect();
    assert_eq!(sent, [3, 2]);
    assert_eq!((&all[0]["name"], &all[1]["target"]), (&"near router".into(), &"fd00:9::60".into()));
    assert_eq!(verdict(&host, &format!("-f {file} -m 1"), 0).state, "OK");
    let missing = rcheck(&host, "-f /nonexistent/x.toml").output();
    assert_eq!(missing.code(), Some(3), "{missing:#?}");
    assert!(missing.stderr.contains("-f /nonexistent/x.toml: No such file or directory"), "{missing:#?}");
}
