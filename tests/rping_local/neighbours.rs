//! A neighbour that does not answer: this host says so itself, and hears it again when it is back.

use crate::bed::{Told, n, rping};
use crate::lab;

#[test]
fn a_neighbour_that_does_not_answer_is_an_error_of_this_host() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    pair.a.sysctl("net.ipv4.neigh.eth0.retrans_time_ms", "50");
    pair.a.sysctl("net.ipv6.neigh.eth0.retrans_time_ms", "50");
    for (target, ours, says) in [
        ("10.1.0.99", "10.1.0.1", "Destination Host Unreachable"),
        ("fd00:1::99", "fd00:1::1", "Destination unreachable: Address unreachable"),
    ] {
        for words in ["", "--socket dgram"] {
            let run = |more: &str| rping(&pair.a, "-c 3 -i 0.02").words(more).words(words).arg(target).output();
            let out = run("");
            assert_eq!((out.code(), out.said().as_str()), (Some(1), ""), "{out:#?}");
            for seq in 1..=3 {
                let line = format!("From {ours} icmp_seq={seq} {says}");
                assert!(out.stdout.contains(&line), "{line} in {}", out.stdout);
            }
            let told = Told::of(&run("--json"));
            assert_eq!((n(told.summary(), "errors"), n(told.summary(), "lost")), (3, 0), "{told:#?}");
        }
    }
}

/// The far end is there again: what waited for it is answered, or its error told, and the run goes on.
#[test]
fn a_neighbour_that_comes_back_is_heard_again() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    pair.a.sysctl("net.ipv4.neigh.eth0.retrans_time_ms", "50");
    let mut run = rping(&pair.a, "--json -i 0.05 10.1.0.2").start();
    run.wait_for(|out| out.contains("\"event\":\"reply\""));
    pair.b.remove_address("eth0", "10.1.0.2/24");
    pair.a.ip("neigh flush dev eth0");
    run.wait_for(|out| out.contains("\"event\":\"error\""));
    pair.b.address("eth0", "10.1.0.2/24");
    run.wait_for(|out| {
        out.rsplit_once("\"event\":\"error\"").is_some_and(|(_, after)| after.contains("\"event\":\"reply\""))
    });
    run.signal(libc::SIGINT);
    let told = Told::of(&run.wait().ok());
    assert!(n(told.summary(), "errors") > 0 && n(told.summary(), "not_sent") == 0, "{}", told.summary());
}
