//! Options whose effect shows only on a real kernel: marks, the outgoing interface, the far clock, and the end that comes
//! as soon as enough hosts have answered.

use super::bed::{Told, number, rsweep};
use crate::lab::{self, Capture, Host, Lab};

/// Two hosts with two cables; `b` has 10.9.0.0/16, which `a` reaches by the first cable, and by the second at need.
fn two_ways(lab: &Lab) -> (Host, Host) {
    let pair = lab.pair();
    let (a, b) = (pair.a, pair.b);
    lab.cable((&a, "eth1"), (&b, "eth1"));
    a.address("eth1", "10.2.0.1/24");
    b.address("eth1", "10.2.0.2/24");
    a.ip("route add 10.9.0.0/16 via 10.1.0.2\nroute add 10.9.0.0/16 via 10.2.0.2 metric 100");
    b.answer_for("10.9.0.0/16");
    (a, b)
}

#[test]
fn a_mark_decides_which_rule_routes_the_probes() {
    let Some(lab) = lab::start!() else { return };
    let (a, _b) = two_ways(&lab);
    a.ip("rule add fwmark 7 prohibit");
    for engine in ["exact", "stateless"] {
        let run = |mark: &str| {
            let told = rsweep(&a, &format!("--json -r 0 -t 2000 --engine {engine} {mark} 10.9.0.1 10.9.0.2")).output();
            let end: serde_json::Value = serde_json::from_str(told.stdout.lines().last().unwrap()).unwrap();
            (number(&end, "alive"), number(&end, "not_sent"), told.code())
        };
        assert_eq!(run("-k 8"), (2, 0, Some(0)), "{engine}: another mark");
        assert_eq!(run("-k 7"), (0, 2, Some(1)), "{engine}: the mark of the rule");
        assert_eq!(run("--fwmark=0x7"), (0, 2, Some(1)), "{engine}: in hexadecimal");
    }
}

#[test]
fn probes_leave_by_the_interface_that_was_asked_for() {
    let Some(lab) = lab::start!() else { return };
    let (a, b) = two_ways(&lab);
    for engine in ["exact", "stateless"] {
        for (option, first, second) in [("", 2, 0), ("--oiface eth1", 0, 2), ("--oiface eth0", 2, 0)] {
            // At the far end: what goes past the queueing discipline goes past the captures of the sender, too.
            let captures = ["eth0", "eth1"].map(|interface| Capture::start(b.netns(), interface).unwrap());
            let told =
                rsweep(&a, &format!("--json -r 0 -t 2000 --engine {engine} {option} 10.9.0.1 10.9.0.2")).output();
            let requests = captures.map(|c| c.stop_icmp().iter().filter(|icmp| icmp.is_echo_request()).count());
            assert_eq!(requests, [first, second], "{engine} {option}: {told:#?}");
            assert_eq!(told.code(), Some(0), "{engine} {option}: {told:#?}");
        }
    }
    let refused = rsweep(&a, "--oiface eth9 10.9.0.1").output();
    assert!(refused.code() != Some(0) && refused.stderr.contains("eth9"), "{refused:#?}");
}

#[test]
fn far_clocks_are_asked_and_their_times_are_in_order() {
    let Some(lab) = lab::start!() else { return };
    let (a, _b) = two_ways(&lab);
    let told = Told::new(rsweep(&a, "--json --icmp-timestamp -c 2 -p 20 10.9.0.1").output().ok());
    assert_eq!(told.count("10.9.0.1", "replied"), 2);
    let text = rsweep(&a, "--icmp-timestamp -c 1 10.9.0.1").called("fping").output().ok().stdout;
    let times: Vec<i64> = ["Originate=", "Receive=", "Transmit=", "Localreceive="]
        .iter()
        .map(|name| text.split(name).nth(1).and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(-1))
        .collect();
    // One clock, read four times on the way; midnight may come between them.
    let in_order = times.windows(2).all(|pair| pair[0] <= pair[1] || pair[1] < 3_600_000);
    assert!(in_order && times.iter().all(|time| (0..86_400_000).contains(time)), "{text}");
    assert!(text.starts_with("10.9.0.1 : [0], 20 bytes, "), "{text}");
}

#[test]
fn it_ends_as_soon_as_enough_have_answered() {
    let Some(lab) = lab::start!() else { return };
    let (a, _b) = two_ways(&lab);
    // The last one would take ten seconds.
    a.ip("neigh add 10.1.0.99 lladdr 02:00:00:00:00:99 dev eth0");
    for name in ["rsweep", "fping"] {
        let run = |words: &str| {
            rsweep(&a, &format!("{words} -s -i 1 -r 0 10.1.0.99 10.9.0.1 10.9.0.2")).called(name).output()
        };
        let enough = run("-X 2 -t 20000");
        assert_eq!(enough.stdout, "Enough hosts reachable (required: 2, reachable: 2)\n", "{enough:#?}");
        assert_eq!(enough.code(), Some(0));
        assert!(enough.stderr.contains("      0 timeouts (waiting for response)"), "it waited: {enough:#?}");
        let all = run("-x 2 -t 1000");
        assert_eq!((all.stdout.as_str(), all.code()), (enough.stdout.as_str(), Some(0)), "{all:#?}");
        assert!(all.stderr.contains("      1 timeouts (waiting for response)"), "{all:#?}");
        let few = run("-X 3 -t 1000");
        assert_eq!(few.stdout, "Not enough hosts reachable (required: 3, reachable: 2)\n", "{few:#?}");
        assert_eq!(few.code(), Some(1));
    }
}
