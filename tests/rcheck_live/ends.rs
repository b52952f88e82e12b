//! A check ends by itself, within its deadline and with its line, whatever the network does and whoever ends it.

use std::time::Duration;

use crate::bed::{RCHECK, event, rcheck, told, verdict};
use crate::dns::Dns;
use crate::lab::{self, Etc, Need, Scenario};

/// A host that answers its first three probes and no more.
const HALF: &str = r#"
title = "answers three"
[[hop]]
address = "10.255.1.1"
[[host]]
prefix = ["10.9.0.1", "10.9.0.2"]
delay = "150ms"
[[rule]]
to = "10.9.0.0/24"
nth = "4-"
drop = true
"#;

#[test]
fn a_half_answered_deadline_judges_what_is_known() {
    let Some(lab) = lab::start!(Need::Tun) else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::parse(HALF));
    // The fourth leaves after 1200 ms: unanswered probes are younger than the critical time: in flight, in no figure.
    let young = event(&host, "-i 400ms -t 3s -c 2900ms,80% -n 20 10.9.0.1");
    assert_eq!((&young["received"], &young["lost"], &young["state"]), (&3.into(), &0.into(), &"ok".into()), "{young}");
    assert!(young["in_flight"].as_u64().unwrap() > 0, "{young}");
    assert!(young["reason"].as_str().unwrap().contains("deadline"), "{young}");
    // The same with a short critical time: those that are older than it are lost.
    let old = event(&host, "-t 3s -c 1s,80% -n 100 10.9.0.2");
    assert_eq!(old["received"], 3, "{old}");
    assert!(old["lost"].as_u64().unwrap() >= 2, "{old}");
}

#[test]
fn nothing_answered_by_the_deadline() {
    let Some(lab) = lab::start!(Need::Tun) else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::parse("title = 'nobody'\n[[hop]]\naddress = '10.255.1.1'\n"));
    let plugin = verdict(&host, "-t 2s -c 900ms,80% 10.9.0.1", 2);
    assert!(plugin.text.contains("no answer"), "{}", plugin.text);
    // By a plugin's name the deadline may be shorter than the critical time: then nothing is known.
    let plugin = verdict(&host, "--as check_icmp -w 4000,40% -c 5000,80% -t 0.3 10.9.0.1", 3);
    assert!(plugin.text.contains("ended before anything was known"), "{}", plugin.text);
}

#[test]
fn a_signal_says_unknown_and_exits_3() {
    let Some(lab) = lab::start!(Need::Tun) else { return };
    let host = lab.host("a");
    let net = lab.simulate(&host, Scenario::parse("title = 'nobody'\n[[hop]]\naddress = '10.255.1.1'\n"));
    for name in ["rcheck", "check_icmp", "check_host", "check_ping"] {
        let limits = if name == "check_ping" { "-w 100,10% -c 200,20%" } else { "" };
        for (signal, said) in [(libc::SIGTERM, "SIGTERM"), (libc::SIGINT, "SIGINT"), (libc::SIGHUP, "SIGHUP")] {
            let before = net.log().len();
            let run = rcheck(&host, &format!("{limits} -p 50 -H 10.9.0.1")).called(name).start();
            // Who probes has long been ready for signals.
            assert!(lab::eventually(Duration::from_secs(20), || net.log().len() > before));
            run.signal(signal);
            let out = run.wait();
            let plugin = told(&out);
            assert_eq!(out.code(), Some(3), "{out:#?}");
            assert!(plugin.text.contains(&format!("interrupted by {said}")), "{}", plugin.text);
        }
    }
}

#[test]
fn a_resolver_that_hangs_holds_up_neither_deadline_nor_signal() {
    let Some(lab) = lab::start!() else { return };
    let (host, etc) = (lab.host("a"), Etc::new(&lab, "127.0.0.1 localhost\n"));
    let dns = Dns::silent(&host);
    let ended = etc.run(&host, RCHECK).words("slow.test").start();
    // Whoever asks has blocked its signals long before.
    assert!(lab::eventually(Duration::from_secs(20), || dns.asked() > 0));
    ended.signal(libc::SIGTERM);
    let out = ended.wait();
    assert!(told(&out).text.contains("interrupted by SIGTERM"), "{out:#?}");
    let out = etc.run(&host, RCHECK).words("-t 600ms -c rtt.avg=100ms slow.test 127.0.0.1").output();
    let plugin = told(&out);
    assert_eq!(plugin.state, "UNKNOWN", "{plugin:#?}");
    assert!(plugin.text.contains("slow.test: no answer from the name server by the deadline"), "{}", plugin.text);
}
