//! Exit codes: 0 all hosts answered, 1 one did not, 2 anything else.

use crate::bed::{Etc, Rping as _, Told, n, rping};
use crate::dns::{Dns, Says};
use crate::lab::{self, Need};

/// A rule at the far end that makes 10.1.0.2 silent, as a host that is switched off.
const SILENT: &str = "table inet t { chain i { type filter hook input priority 0; icmp type echo-request drop; \
                      icmpv6 type echo-request drop; }; }";

#[test]
fn all_hosts_answered() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    for words in ["-c 1 10.1.0.2", "-c 2 -i 0.01 10.1.0.2 fd00:1::2 127.0.0.1 ::1", "-q -c 1 10.1.0.2"] {
        let out = rping(&pair.a, words).output();
        assert_eq!((out.code(), out.said().as_str()), (Some(0), ""), "{words}: {out:#?}");
    }
}

#[test]
fn one_host_did_not_answer() {
    let Some(lab) = lab::start!(Need::Tool("nft")) else { return };
    let pair = lab.pair();
    pair.b.nft(SILENT);
    for words in ["-c 1 -W 0.1 10.1.0.2", "-c 1 -W 0.1 127.0.0.1 fd00:1::2 ::1", "-w 0.1 10.1.0.2"] {
        let out = rping(&pair.a, words).output();
        assert_eq!((out.code(), out.said().as_str()), (Some(1), ""), "{words}: {out:#?}");
    }
}

#[test]
fn with_count_and_deadline_so_many_replies_are_wanted() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    assert_eq!(rping(&host, "-c 3 -i 0.01 -w 5 127.0.0.1").output().code(), Some(0));
    assert_eq!(rping(&host, "-c 300 -i 0.01 -w 0.1 127.0.0.1").output().code(), Some(1));
}

#[test]
fn an_error_on_the_way_is_no_answer() {
    let Some(lab) = lab::start!() else { return };
    let chain = lab.chain(1);
    for target in [chain.far_v4(), chain.far_v6()] {
        let out = rping(&chain.a, "--json -c 2 -i 0.01 -t 1").arg(&target).output();
        assert_eq!(out.code(), Some(1), "{out:#?}");
        let told = Told::of(&out);
        assert_eq!((n(told.summary(), "errors"), n(told.summary(), "replied")), (2, 0), "{out:#?}");
    }
}

#[test]
fn what_could_not_be_sent_is_trouble() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    for target in ["192.0.2.1", "2001:db8::1"] {
        let out = rping(&host, "--json -c 2 -i 0.01").arg(target).output();
        assert_eq!(out.code(), Some(2), "{out:#?}");
        let told = Told::of(&out);
        let summary = told.summary();
        assert_eq!((n(summary, "attempted"), n(summary, "not_sent")), (2, 2), "{out:#?}");
        assert!(summary["loss"].is_null() && summary["rtt"]["min_ns"].is_null(), "{summary}");
        let out = rping(&host, "-c 1").arg(target).output();
        assert_eq!(out.code(), Some(2), "{out:#?}");
        assert!(out.stderr.contains("Network is unreachable"), "{out:#?}");
    }
    // One of two could not be probed.
    let out = rping(&host, "-c 1 127.0.0.1 192.0.2.1").output();
    assert_eq!(out.code(), Some(2), "{out:#?}");
}

#[test]
fn a_name_that_does_not_resolve_is_trouble_and_the_others_go_on() {
    let Some(lab) = lab::start!() else { return };
    let (host, etc) = (lab.host("a"), Etc::new(&lab, "127.0.0.7 here.test\n"));
    let _dns = Dns::start(&host, |_, _| Says::Code(3));
    let out = etc.rping(&host, "-c 1 nosuch.test here.test").output();
    assert_eq!(out.code(), Some(2), "{out:#?}");
    assert!(out.stderr.contains("rping: nosuch.test: Name or service not known"), "{}", out.stderr);
    assert!(out.stdout.contains("here.test: 64 bytes from here.test (127.0.0.7): icmp_seq=1"), "{}", out.stdout);
    let out = etc.rping(&host, "-c 1 nosuch.test").output();
    assert_eq!((out.code(), out.stdout.as_str()), (Some(2), ""), "{out:#?}");
    assert_eq!(out.stderr.lines().count(), 1, "{}", out.stderr);
}

#[test]
fn conditions_for_scripts() {
    let Some(lab) = lab::start!(Need::Tool("nft")) else { return };
    let pair = lab.pair();
    pair.b.nft(SILENT);
    for (words, expect) in [
        ("--until-up 2 -i 0.01 127.0.0.1", 0),
        ("--until-up 2 -c 1 127.0.0.1", 1),
        ("--until-down 2 -i 0.01 -W 0.05 10.1.0.2", 0),
        ("--until-down 2 -c 3 -i 0.01 127.0.0.1", 1),
        ("--until-up 1 -c 3 -i 0.01 -W 0.05 fd00:1::2", 1),
    ] {
        let out = rping(&pair.a, words).output();
        assert_eq!(out.code(), Some(expect), "{words}: {out:#?}");
    }
}

#[test]
fn what_cannot_be_meant_is_trouble() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    for words in ["-c 0 127.0.0.1", "-I nosuch0 127.0.0.1", "-I 192.0.2.9 127.0.0.1", "--nonsense", "fe80::1%nosuch0"] {
        let out = rping(&host, words).output();
        assert_eq!((out.code(), out.stdout.as_str()), (Some(2), ""), "{words}: {out:#?}");
        assert_eq!(out.stderr.lines().count(), 1, "{words}: {}", out.stderr);
    }
}

#[test]
fn a_family_that_is_switched_off_is_trouble_in_one_line() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    host.sysctl("net.ipv6.conf.all.disable_ipv6", "1");
    let out = rping(&host, "-c 1 ::1").output();
    assert_eq!((out.code(), out.stderr.lines().count()), (Some(2), 1), "{out:#?}");
    // The other family does not suffer, nor a name that has both.
    assert_eq!(rping(&host, "-c 1 127.0.0.1").output().code(), Some(0));
    let etc = Etc::new(&lab, "fd00::7 both.test\n127.0.0.7 both.test\n");
    let out = etc.rping(&host, "--json -n -c 1 both.test").output();
    assert_eq!(Told::of(&out).one("start")["address"], "127.0.0.7", "{out:#?}");
}

/// A deadline is a deadline, errors or not, and ends in time where nothing can be sent.
#[test]
fn an_error_does_not_end_a_run_with_a_deadline() {
    let Some(lab) = lab::start!() else { return };
    let chain = lab.chain(1);
    let told = Told::of(&rping(&chain.a, "--json -i 0.02 -w 2 -t 1 10.0.1.2").output());
    assert!(n(told.summary(), "errors") > 1, "{told:#?}");
    let out = rping(&chain.a, "--json -i 0.02 -w 2 192.0.2.1").output();
    assert_eq!(out.code(), Some(2), "{out:#?}");
    assert!(n(Told::of(&out).summary(), "not_sent") > 1, "{out:#?}");
}
