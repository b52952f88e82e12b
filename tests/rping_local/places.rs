//! From where probes leave: interfaces, source addresses, link-local scopes, marks, groups and attached hosts.

use std::net::IpAddr;

use crate::bed::{Told, n, rping};
use crate::lab::{self, Direction, Host, Icmp, Need, User};

/// The echo requests that left `host` by an interface while `words` ran.
#[track_caller]
fn left(host: &Host, interface: &str, words: &str) -> Vec<Icmp> {
    let capture = host.capture(interface);
    let out = rping(host, words).output();
    assert_eq!(out.code(), Some(0), "{words}: {out:#?}");
    let is_ours = |m: &Icmp| m.direction == Direction::Out && m.is_echo_request();
    capture.stop_icmp().into_iter().filter(is_ours).collect()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// Two cables side by side with the same nets on both; the routing table prefers the first.
fn two_cables(lab: &lab::Lab) -> (Host, Host) {
    let (a, b) = (lab.host("a"), lab.host("b"));
    for i in ["eth0", "eth1"] {
        lab.cable((&a, i), (&b, i));
    }
    for (host, me) in [(&a, 1), (&b, 2)] {
        for (i, net) in [("eth0", 10), ("eth1", 20)] {
            host.address(i, &format!("10.{net}.0.{me}/24"));
            host.address(i, &format!("fd00:{net}::{me}/64"));
        }
    }
    b.address("lo", "10.99.0.1/32");
    b.address("lo", "fd00:99::1/128");
    a.ip("route add 10.99.0.1 via 10.10.0.2 metric 1\nroute add 10.99.0.1 via 10.20.0.2 metric 2");
    a.ip("route add fd00:99::1 via fd00:10::2 metric 1\nroute add fd00:99::1 via fd00:20::2 metric 2");
    // Answers to what left by eth1 come back by it: a socket that is bound to an interface hears no other.
    b.ip("route add fd00:10::1 via fd00:20::1");
    (a, b)
}

#[test]
fn an_interface_is_left_by_and_an_address_is_sent_from() {
    let Some(lab) = lab::start!() else { return };
    let (a, _b) = two_cables(&lab);
    for (target, ten, twenty) in [("10.99.0.1", "10.10.0.1", "10.20.0.1"), ("fd00:99::1", "fd00:10::1", "fd00:20::1")] {
        for socket in ["raw", "dgram"] {
            for (words, by, from) in [
                (String::new(), "eth0", ten),
                ("-I eth1".into(), "eth1", twenty),
                (format!("-I {twenty}"), "eth0", twenty),
                (format!("-I eth1 -I {ten}"), "eth1", ten),
                (format!("-I eth1 --source {ten}"), "eth1", ten),
                ("-B -I eth1".into(), "eth1", twenty),
                ("-C -I eth1".into(), "eth1", twenty),
                ("-C -B".into(), "eth0", ten),
            ] {
                let seen = left(&a, by, &format!("--socket {socket} -c 1 {words} {target}"));
                let sources: Vec<IpAddr> = seen.iter().map(|m| m.src).collect();
                assert_eq!(sources, [ip(from)], "{words} {socket} {target}");
            }
        }
    }
}

#[test]
fn an_ordinary_user_chooses_an_interface_too() {
    let Some(lab) = lab::start!(Need::OtherUser) else { return };
    let (a, _b) = two_cables(&lab);
    for target in ["10.99.0.1", "fd00:99::1"] {
        let capture = a.capture("eth1");
        let out = rping(&a, "-I eth1 -c 1").arg(target).user(User::Nobody).output();
        assert_eq!(out.code(), Some(0), "{target}: {out:#?}");
        assert!(capture.stop_icmp().iter().any(Icmp::is_echo_request), "{target}");
    }
}

#[test]
fn the_first_line_names_source_and_interface() {
    let Some(lab) = lab::start!() else { return };
    let (a, _b) = two_cables(&lab);
    for (words, first) in [
        ("-I eth1 10.99.0.1", "PING 10.99.0.1 (10.99.0.1) from 10.20.0.1 eth1: 56(84) bytes of data."),
        ("-I 10.20.0.1 10.99.0.1", "PING 10.99.0.1 (10.99.0.1) from 10.20.0.1 : 56(84) bytes of data."),
    ] {
        let out = rping(&a, "-c 1").words(words).output();
        assert_eq!(out.stdout.lines().next(), Some(first), "{out:#?}");
    }
}

#[test]
fn link_local_addresses_have_an_interface() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    pair.a.address("eth0", "fe80::a/64");
    pair.b.address("eth0", "fe80::b/64");
    for socket in ["raw", "dgram"] {
        for words in [
            "fe80::b%eth0",
            "-I eth0 fe80::b",
            "-I fe80::a%eth0 fe80::b",
            "-I fe80::a -I eth0 fe80::b",
            "-B fe80::b%eth0",
            "-C fe80::b%eth0",
        ] {
            let out = rping(&pair.a, "--json -c 2 -i 0.01 --socket").arg(socket).words(words).output();
            assert_eq!(out.code(), Some(0), "{words} {socket}: {out:#?}");
            let told = Told::of(&out);
            assert_eq!(n(told.summary(), "replied"), 2, "{words} {socket}: {out:#?}");
        }
        let out = rping(&pair.a, "-c 1 --socket").args([socket, "fe80::b%eth0"]).output().ok();
        assert!(out.stdout.contains("64 bytes from fe80::b%eth0: icmp_seq=1"), "{}", out.stdout);
        let out = rping(&pair.a, "-c 1 --socket").args([socket, "fe80::b"]).output();
        assert_eq!(out.code(), Some(2), "{out:#?}");
        assert!(out.stderr.contains("needs its interface"), "{}", out.stderr);
    }
}

/// Two neighbours with one link-local address, on two cables: two targets.
#[test]
fn one_link_local_address_on_two_links() {
    let Some(lab) = lab::start!() else { return };
    let (a, b) = (lab.host("a"), lab.host("b"));
    for i in ["eth0", "eth1"] {
        lab.cable((&a, i), (&b, i));
        b.address(i, "fe80::b/64");
        a.address(i, "fe80::a/64");
    }
    let out = rping(&a, "--json -c 3 -i 0.01 fe80::b%eth0 fe80::b%eth1").output();
    assert_eq!(out.code(), Some(0), "{out:#?}");
    let told = Told::of(&out);
    for summary in told.summaries() {
        assert_eq!((n(summary, "replied"), n(summary, "duplicates"), n(summary, "foreign")), (3, 0, 0), "{out:#?}");
    }
    b.down("eth1");
    let out = rping(&a, "--json -c 3 -i 0.01 -W 1 fe80::b%eth0 fe80::b%eth1").output();
    let told = Told::of(&out);
    let summaries = told.summaries();
    assert_eq!((n(summaries[0], "replied"), n(summaries[1], "replied")), (3, 0), "{out:#?}");
}

#[test]
fn marks_are_on_every_packet() {
    let Some(lab) = lab::start!(Need::Tool("nft")) else { return };
    let pair = lab.pair();
    pair.a.nft(
        "table inet t { counter marked { }; chain o { type filter hook output priority 0; \
         meta mark 0x2a icmp type echo-request counter name marked; \
         meta mark 0x2a icmpv6 type echo-request counter name marked; }; }",
    );
    for (words, more) in [
        ("-m 42 -c 2 -i 0.01 10.1.0.2", 2),
        ("-m 0x2a -c 2 -i 0.01 fd00:1::2", 2),
        ("-m 42 --socket dgram -c 2 -i 0.01 10.1.0.2", 2),
        ("-m 42 --hdrincl -c 2 -i 0.01 10.1.0.2", 2),
        ("-m 43 -c 2 -i 0.01 10.1.0.2", 0),
        ("-c 1 fd00:1::2", 0),
    ] {
        let before = marked(&pair.a);
        rping(&pair.a, words).output().ok();
        assert_eq!(marked(&pair.a) - before, more, "{words}");
    }
}

/// What the counter says.
fn marked(host: &Host) -> u64 {
    let out = host.command("nft").words("list counter inet t marked").output().ok();
    let at = out.stdout.split("packets ").nth(1).and_then(|rest| rest.split(' ').next()?.parse().ok());
    at.unwrap_or_else(|| panic!("{}", out.stdout))
}

/// A rule by mark chooses the route.
#[test]
fn a_mark_chooses_a_route() {
    let Some(lab) = lab::start!() else { return };
    let (a, _b) = two_cables(&lab);
    if !a.try_ip("rule add fwmark 7 table 77\nroute add 10.99.0.1 via 10.20.0.2 table 77").status.success() {
        return lab.skip("the kernel has no routing rules");
    }
    assert_eq!(left(&a, "eth1", "-m 7 -c 1 10.99.0.1").len(), 1);
    assert_eq!(left(&a, "eth0", "-m 8 -c 1 10.99.0.1").len(), 1);
}

#[test]
fn a_mark_and_debugging_take_privilege() {
    let Some(lab) = lab::start!(Need::OtherUser) else { return };
    let host = lab.host("a");
    for (words, says) in [("-m 1", "rping: -m 1: "), ("-d", "rping: -d: ")] {
        let out = rping(&host, words).words("-c 1 127.0.0.1").user(User::Nobody).output();
        assert_eq!((out.code(), out.stderr.lines().count()), (Some(2), 1), "{out:#?}");
        assert!(out.stderr.starts_with(says), "{}", out.stderr);
    }
}

#[test]
fn attached_hosts_only() {
    let Some(lab) = lab::start!() else { return };
    let (a, _b) = two_cables(&lab);
    // The kernel honours SO_DONTROUTE with IPv4 only.
    for words in ["--socket raw", "--socket dgram", "--hdrincl"] {
        let run = |target| rping(&a, "--json -r -c 1 -W 2").words(words).arg(target).output();
        assert_eq!(run("10.10.0.2").code(), Some(0), "{words}");
        let out = run("10.99.0.1");
        assert_eq!(out.code(), Some(2), "{words}: {out:#?}");
        assert_eq!(n(Told::of(&out).summary(), "not_sent"), 1, "{words}: {out:#?}");
    }
}

#[test]
fn a_group_is_answered_by_each_of_its_members() {
    let Some(lab) = lab::start!() else { return };
    let bridge = lab.bridge(3);
    // The switch itself is no member.
    bridge.switch.sysctl("net.ipv6.conf.br0.disable_ipv6", "1");
    let host = &bridge.hosts[0];
    host.ip("route add 224.0.0.0/4 dev eth0");
    for (words, ours) in [
        ("-b 10.1.0.255", false),
        ("224.0.0.1", true),
        ("-L 224.0.0.1", false),
        ("ff02::1%eth0", true),
        ("-L ff02::1%eth0", false),
        ("-I eth0 ff02::1", true),
    ] {
        let out = rping(host, "--json -c 1 -W 1").words(words).output();
        assert_eq!(out.code(), Some(0), "{words}: {out:#?}");
        let told = Told::of(&out);
        let answers = told.all("reply").len() + told.all("duplicate").len();
        let expect = if ours { 3 } else { 2 };
        // Broadcasts to oneself are looped back by some kernels.
        assert!(answers == expect || words.starts_with("-b") && answers == 3, "{words}: {answers} in {out:#?}");
        assert_eq!(n(told.summary(), "replied"), 1, "{words}");
    }
}

#[test]
fn nonsense_of_places_is_refused_in_a_line() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    for words in [
        "-I nosuch0 10.1.0.2",
        "-I 10.1.0.77 10.1.0.2",
        "-I fd00:1::1 10.1.0.2",
        "-I 10.1.0.255 10.1.0.2",
        "-I 255.255.255.255 10.1.0.2",
        "-I 224.0.0.1 10.1.0.2",
        "-I ff02::1 fd00:1::2",
        "-I fe80::77%eth0 fe80::1%eth0",
        "fe80::1%nosuch0",
    ] {
        let out = rping(&pair.a, "-c 1 -W 0.2").words(words).output();
        assert_eq!((out.code(), out.stdout.as_str()), (Some(2), ""), "{words}: {out:#?}");
        assert_eq!(out.stderr.lines().count(), 1, "{words}: {}", out.stderr);
    }
}

/// The route moves to the other cable in mid-run: the source goes with it, or stays where `-B` holds it.
#[test]
fn a_sticky_source_stays_when_the_route_moves() {
    let Some(lab) = lab::start!() else { return };
    for (words, expect) in
        [("", "10.20.0.1"), ("-B", "10.10.0.1"), ("--hdrincl", "10.20.0.1"), ("--hdrincl -B", "10.10.0.1")]
    {
        let (a, _b) = two_cables(&lab);
        let mut run = rping(&a, "-i 0.02").words(words).arg("10.99.0.1").start();
        run.wait_for(|out| out.contains("icmp_seq=2"));
        let capture = a.capture("eth1");
        a.ip("route del 10.99.0.1 via 10.10.0.2 metric 1");
        let lines = run.stdout_so_far().lines().count();
        run.wait_for(|out| out.lines().count() > lines + 3);
        run.signal(libc::SIGINT);
        run.wait().ok();
        let heard = capture.stop_icmp();
        let sources: Vec<IpAddr> = heard.iter().filter(|m| m.is_echo_request()).map(|m| m.src).collect();
        assert!(!sources.is_empty() && sources.iter().all(|s| *s == ip(expect)), "{words}: {sources:?}");
    }
}
