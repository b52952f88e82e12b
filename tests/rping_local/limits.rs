//! What ordinary users may not do, in the words of iputils, each in one line and before anything is sent.

use crate::bed::rping;
use crate::lab::{self, Need, User};

#[test]
fn ordinary_users_are_limited_and_root_is_not() {
    let Some(lab) = lab::start!(Need::OtherUser) else { return };
    let pair = lab.pair();
    let interval = "cannot flood, minimal interval for user must be >= 2 ms, use -i 0.002 (or higher)";
    let group = "minimal interval for broadcast ping for user must be >= 1000 ms, use -i 1 (or higher)";
    for (words, says) in [
        ("-c 2 -i 0.0019 10.1.0.2", interval),
        ("-c 2 -i 0 fd00:1::2", interval),
        ("-c 2 -f 10.1.0.2", interval),
        ("-c 4 -i 0.01 -l 4 10.1.0.2", "cannot set preload to value greater than 3"),
        ("-c 2 -i 0.5 -b 10.1.0.255", group),
        ("-c 2 -i 0.5 224.0.0.1", group),
        ("-c 2 -i 0.5 ff02::1%eth0", group),
        ("-c 1 -b -M dont 10.1.0.255", "broadcast ping does not fragment"),
    ] {
        let capture = pair.a.capture("eth0");
        let out = rping(&pair.a, words).user(User::Nobody).output();
        assert_eq!((out.code(), out.stdout.as_str()), (Some(2), ""), "{words}: {out:#?}");
        assert!(out.stderr.starts_with("rping: ") && out.stderr.contains(says), "{words}: {}", out.stderr);
        assert_eq!(out.stderr.lines().count(), 1, "{words}: {}", out.stderr);
        assert!(capture.stop_icmp().iter().all(|m| !m.is_echo_request()), "{words}: something was sent");
        pair.a.ip("route replace 224.0.0.0/4 dev eth0");
        let out = rping(&pair.a, words).output();
        assert_eq!(out.code(), Some(0), "as root {words}: {out:#?}");
    }
}

#[test]
fn what_is_just_allowed_works() {
    let Some(lab) = lab::start!(Need::OtherUser) else { return };
    let pair = lab.pair();
    for words in ["-c 3 -i 0.002 10.1.0.2", "-c 3 -i 0.01 -l 3 fd00:1::2", "-c 3 -A 10.1.0.2", "-c 1 -b 10.1.0.255"] {
        let out = rping(&pair.a, words).user(User::Nobody).output();
        assert_eq!(out.code(), Some(0), "{words}: {out:#?}");
    }
}

#[test]
fn a_broadcast_address_takes_its_option() {
    let Some(lab) = lab::start!() else { return };
    let bridge = lab.bridge(3);
    let out = rping(&bridge.hosts[0], "-c 1 10.1.0.255").output();
    assert_eq!(out.code(), Some(2), "{out:#?}");
    assert!(out.stderr.contains("Do you want to ping broadcast? Then -b."), "{}", out.stderr);
    // With it every host that answers is told of, and a warning is given.
    let out = rping(&bridge.hosts[0], "-b -v -c 1 -W 1 10.1.0.255").output();
    assert_eq!(out.code(), Some(0), "{out:#?}");
    assert!(out.stderr.contains("WARNING: pinging broadcast address"), "{}", out.stderr);
    for from in ["from 10.1.0.2:", "from 10.1.0.3:"] {
        assert!(out.stdout.contains(from), "{}", out.stdout);
    }
}
