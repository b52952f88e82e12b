//! Names: resolvers that do not know, do not answer, or answer with nonsense; none of them touches a probe's time.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use crate::bed::{Etc, Rping as _, Told, is_plain, n};
use crate::dns::{A, Dns, PTR, Says};
use crate::lab;

#[test]
fn what_does_not_exist_is_told_from_what_may_come_back() {
    let Some(lab) = lab::start!() else { return };
    let (host, etc) = (lab.host("a"), Etc::new(&lab, "127.0.0.7 here.test\n"));
    let _dns = Dns::start(&host, |name, _| match name {
        "nosuch.test" => Says::Code(3),
        "sick.test" => Says::Code(2),
        "empty.test" => Says::Nothing,
        _ => Says::Code(5),
    });
    let out = etc.rping(&host, "--json -n -c 1 nosuch.test sick.test empty.test here.test").output();
    assert_eq!(out.code(), Some(2), "{out:#?}");
    let told = Told::of(&out);
    let failed: Vec<_> =
        told.0.iter().filter(|e| !e["temporary"].is_null()).map(|e| (e["target"].as_str(), &e["temporary"])).collect();
    assert_eq!(
        failed,
        [(Some("nosuch.test"), &false.into()), (Some("sick.test"), &true.into()), (Some("empty.test"), &false.into())],
        "{told:#?}"
    );
    assert_eq!(n(told.summary(), "replied"), 1, "the other goes on");
    assert!(out.stderr.contains("rping: sick.test: Temporary failure in name resolution"), "{}", out.stderr);
    assert_eq!(out.stderr.lines().count(), 3, "{}", out.stderr);
}

#[test]
fn families_of_names() {
    let Some(lab) = lab::start!() else { return };
    let etc = Etc::new(&lab, "127.0.0.7 both.test four.test\nfd00::7 both.test six.test\n");
    let host = lab.host("a");
    host.address("lo", "fd00::7/128");
    let _dns = Dns::start(&host, |_, _| Says::Code(3));
    for (words, expect) in [
        ("-4 both.test", Some("127.0.0.7")),
        ("-6 both.test", Some("fd00::7")),
        ("-4 four.test", Some("127.0.0.7")),
        ("-6 six.test", Some("fd00::7")),
        ("four.test", Some("127.0.0.7")),
        ("six.test", Some("fd00::7")),
        ("-6 four.test", None),
        ("-4 six.test", None),
        ("-R both.test", Some("127.0.0.7")),
        ("--hdrincl both.test", Some("127.0.0.7")),
        ("-F 5 both.test", Some("fd00::7")),
        ("-I fd00::7 both.test", Some("fd00::7")),
    ] {
        let out = etc.rping(&host, "--json -n -c 1").words(words).output();
        match expect {
            Some(address) => {
                assert_eq!(out.code(), Some(0), "{words}: {out:#?}");
                assert_eq!(Told::of(&out).one("start")["address"], address, "{words}");
            }
            None => assert_eq!((out.code(), out.stderr.lines().count()), (Some(2), 1), "{words}: {out:#?}"),
        }
    }
}

#[test]
fn names_by_the_nameserver() {
    let Some(lab) = lab::start!() else { return };
    let (host, etc) = (lab.host("a"), Etc::new(&lab, ""));
    let _dns = Dns::start(&host, |name, kind| match (name, kind) {
        ("there.test", A) => Says::Addr(Ipv4Addr::new(127, 0, 0, 9)),
        ("9.0.0.127.in-addr.arpa", PTR) => Says::Name(vec![b"back".to_vec(), b"test".to_vec()]),
        ("there.test", _) => Says::Nothing,
        _ => Says::Code(3),
    });
    let out = etc.rping(&host, "-c 1 there.test").output().ok();
    assert!(out.stdout.starts_with("PING there.test (127.0.0.9) 56(84) bytes of data.\n"), "{}", out.stdout);
    assert!(out.stdout.contains("64 bytes from back.test (127.0.0.9): icmp_seq=1"), "{}", out.stdout);
    let out = etc.rping(&host, "-n -c 1 there.test").output().ok();
    assert!(out.stdout.contains("64 bytes from 127.0.0.9: icmp_seq=1"), "{}", out.stdout);
    let out = etc.rping(&host, "-c 1 127.0.0.9").output().ok();
    assert!(out.stdout.contains("64 bytes from 127.0.0.9: icmp_seq=1"), "numeric: {}", out.stdout);
    let out = etc.rping(&host, "-H -c 1 127.0.0.9").output().ok();
    assert!(out.stdout.contains("64 bytes from back.test (127.0.0.9): icmp_seq=1"), "{}", out.stdout);
}

/// The nameserver hangs for seconds: lines come with the address, and every probe leaves in its time.
#[test]
fn a_nameserver_that_hangs_delays_nothing() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let etc = Etc::new(&lab, "");
    let dns = Dns::silent(&pair.a);
    let capture = pair.a.capture("eth0");
    let mut run = etc.rping(&pair.a, "-H -i 0.05 10.1.0.2 fd00:1::2").start();
    run.wait_for(|out| out.contains("icmp_seq=20"));
    assert!(dns.asked() > 0, "the nameserver was asked");
    run.signal(libc::SIGINT);
    let out = run.wait().ok();
    assert!(out.stdout.contains("10.1.0.2: 64 bytes from 10.1.0.2: icmp_seq=1 "), "{}", out.stdout);
    let times: Vec<u64> = capture
        .stop_icmp()
        .iter()
        .filter(|m| m.is_echo_request() && m.dst == "10.1.0.2".parse::<IpAddr>().unwrap())
        .map(|m| m.at_ns)
        .collect();
    assert!(times.len() >= 20);
    // The resolver's patience is five seconds; a probe that waited for it would leave a hole of that size.
    let hole = times.windows(2).map(|w| w[1] - w[0]).max().unwrap();
    assert!(hole < 1_000_000_000, "{hole} ns between two probes");
}

#[test]
fn names_from_strangers_paint_nothing() {
    let Some(lab) = lab::start!() else { return };
    let etc = Etc::new(&lab, "");
    for name in [
        &b"evil\x1b[2J\x1b]0;owned\x07"[..],
        b"new\nline: 64 bytes from 10.0.0.1",
        b"\xff\xfe\x80",
        b"\xc2\x9b31m",
        b"tab\tcr\rnul\0",
        &[b'x'; 63],
    ] {
        let host = lab.host("a");
        let labels = vec![name.to_vec(), b"test".to_vec()];
        let dns =
            Dns::start(&host, move |_, kind| if kind == PTR { Says::Name(labels.clone()) } else { Says::Code(3) });
        for words in ["-H -c 2 -i 0.05 127.0.0.9", "--json -H -c 2 -i 0.05 127.0.0.9", "--csv -H -c 1 127.0.0.9"] {
            let out = etc.rping(&host, words).output().ok();
            assert!(is_plain(&out.stdout) && is_plain(&out.stderr), "{name:?} {words}: {out:?}");
            if words.contains("--json") {
                assert_eq!(Told::of(&out).all("reply").len(), 2, "{name:?}");
            } else if !words.contains("--csv") {
                let lines = out.stdout.lines().filter(|l| l.starts_with("64 bytes from ")).count();
                assert_eq!(lines, 2, "{name:?}: {}", out.stdout);
            }
        }
        assert!(dns.asked() > 0);
    }
}

#[test]
fn a_long_name_and_an_empty_one_are_refused_before_anybody_is_asked() {
    let Some(lab) = lab::start!() else { return };
    let (host, etc) = (lab.host("a"), Etc::new(&lab, ""));
    let dns = Dns::silent(&host);
    for name in ["x".repeat(300), String::new(), "a\u{1b}[31mb".into(), "two words".into()] {
        let out = etc.rping(&host, "-c 1").arg(&name).limit(Duration::from_secs(3)).output();
        assert_eq!((out.code(), out.stderr.lines().count()), (Some(2), 1), "{name:?}: {out:#?}");
        assert!(is_plain(&out.stderr), "{:?}", out.stderr);
    }
    assert_eq!(dns.asked(), 0);
}

#[test]
fn errors_on_the_way_show_the_names_of_routers() {
    let Some(lab) = lab::start!() else { return };
    let chain = lab.chain(1);
    let etc = Etc::new(&lab, "10.0.1.2 far.test\n10.0.0.2 router.test\n");
    let out = etc.rping(&chain.a, "-c 1 -t 1 far.test").output();
    assert_eq!(out.code(), Some(1), "{out:#?}");
    assert!(out.stdout.contains("From router.test (10.0.0.2) icmp_seq=1 Time to live exceeded"), "{}", out.stdout);
    let out = etc.rping(&chain.a, "-n -c 1 -t 1 far.test").output();
    assert!(out.stdout.contains("From 10.0.0.2 icmp_seq=1 Time to live exceeded"), "{}", out.stdout);
}
