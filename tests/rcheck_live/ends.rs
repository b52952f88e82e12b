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
    // One leaves each 80 ms, the fourth at 240: unanswered probes are younger than the critical time: in flight, in no figure.
    let young = event(&host, "-t 500ms -c 450ms,80% -n 20 10.9.0.1");
    assert_eq!((&young["received"], &young["lost"], &young["state"]), (&3.into(), &0.into(), &"ok".into()), "{young}");
    assert!(young["in_flight"].as_u64().unwrap() > 0, "{young}");
    assert!(young["reason"].as_str().unwrap().contains("deadline"), "{young}");
    // The same with a short critical time: those that are older than it are lost.
    let old = event(&host, "-t 900ms -c 300ms,80% -n 100 10.9.0.2");
    assert_eq!(old["received"], 3, "{old}");
    assert!(old["lost"].as_u64().unwrap() >= 2, "{old}");
}

#[test]
fn nothing_answered_by_the_deadline() {
    let Some(lab) = lab::start!(Need::Tun) else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::parse("title = 'nobody'\n[[hop]]\naddress = '10.255.1.1'\n"));
    let plugin = verdict(&host, "-t 500ms -c 400ms,80% 10.9.0.1", 2);
    assert!(plugin.text.contains("no answer"), "{}", plugin.text);
    // By a plugin's name the deadline may be shorter than the critical time: then nothing is known.
    let plugin = verdict(&host, "--as check_icmp -t 0.3 10.9.0.1", 3);
    assert!(plugin.text.contains("ended before anything was known"), "{}", plugin.text);
}

#[test]
fn a_signal_says_unknown_and_exits_3() {
    let Some(lab) = lab::start!(Need::Tun) else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::parse("title = 'nobody'\n[[hop]]\naddress = '10.255.1.1'\n"));
    for name in ["rcheck", "check_icmp", "check_host", "check_ping"] {
        let limits = if name == "check_ping" { "-w 100,10% -c 200,20%" } else { "" };
        for (signal, said) in [(libc::SIGTERM, "SIGTERM"), (libc::SIGINT, "SIGINT"), (libc::SIGHUP, "SIGHUP")] {
            let run = rcheck(&host, &format!("{limits} -p 50 -H 10.9.0.1")).called(name).start();
            std::thread::sleep(Duration::from_millis(150));
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
    let late = etc.run(&host, RCHECK).words("-t 600ms -c rtt.avg=100ms slow.test 127.0.0.1").start();
    let ended = etc.run(&host, RCHECK).words("slow.test").start();
    assert!(lab::eventually(Duration::from_secs(5), || dns.asked() >= 2));
    ended.signal(libc::SIGTERM);
    let out = ended.wait();
    assert!(told(&out).text.contains("interrupted by SIGTERM"), "{out:#?}");
    let out = late.wait();
    let plugin = told(&out);
    assert_eq!(plugin.state, "UNKNOWN", "{plugin:#?}");
    assert!(plugin.text.contains("slow.test: no answer from the name server by the deadline"), "{}", plugin.text);
}
