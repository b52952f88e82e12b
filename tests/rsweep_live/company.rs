//! Many hosts, several commands at once, signals at any moment, and no privilege.

use std::thread;
use std::time::Duration;

use super::bed::{RSWEEP, Told, number, rsweep};
use crate::lab::{self, Host, Lab, Need, User};

const RPING: &str = env!("CARGO_BIN_EXE_rping");

fn network(lab: &Lab) -> Host {
    let host = lab.host("a");
    host.up("lo");
    host.answer_for("10.64.0.0/14");
    host.ip("link add v0 type veth peer name v1\naddr add 10.7.0.1/16 dev v0");
    host.up("v0");
    host.up("v1");
    host
}

#[test]
fn twenty_thousand_hosts_answer_and_none_is_lost() {
    let Some(lab) = lab::start!() else { return };
    let host = network(&lab);
    let told = rsweep(&host, "-q -s --rate 20000 -t 5000 -r 0 10.64.0.0-10.64.78.31").output().ok();
    for figure in
        ["  20000 alive", "      0 unreachable", "  20000 ICMP Echos sent", "  20000 ICMP Echo Replies received"]
    {
        assert!(told.stderr.contains(figure), "{figure}: {}", told.stderr);
    }
    for trouble in ["dropped", "duplicate", "late", "damaged"] {
        assert!(!told.stderr.contains(trouble), "{}", told.stderr);
    }
}

#[test]
fn the_wall_of_sixteen_bits_is_none() {
    // 300 hosts, 230 times: fping stops at 65,535 in ten seconds.
    let Some(lab) = lab::start!() else { return };
    let host = network(&lab);
    let told = rsweep(&host, "-c 230 -i 0 -p 10 -t 5000 -q -s -g 10.64.0.0 10.64.1.43").called("fping").output().ok();
    assert_eq!(told.stderr.matches("xmt/rcv/%loss = 230/230/0%").count(), 300, "{}", told.stderr);
    assert!(told.stderr.contains("   69000 ICMP Echos sent"), "{}", told.stderr);
}

#[test]
fn sweeps_and_a_ping_do_not_hear_each_other() {
    let Some(lab) = lab::start!() else { return };
    let host = network(&lab);
    let one = rsweep(&host, "--json -c 20 -i 0 -p 20 -t 2000 10.64.0.1-50").start();
    let two = rsweep(&host, "--json -c 20 -i 0 -p 20 -t 2000 10.64.0.1-50 10.7.0.9").start();
    let ping = host.command(RPING).words("--json -c 40 -i 0.01 10.64.0.1").start();
    let (one, two, ping) = (Told::new(one.wait()), Told::new(two.wait()), ping.wait().ok());
    for (told, dead) in [(&one, 0), (&two, 20)] {
        let end = told.end();
        assert_eq!((number(end, "replied"), number(end, "sent")), (1000, 1000 + dead), "{end}");
        assert_eq!((number(end, "duplicates"), number(end, "corrupt")), (0, 0), "{end}");
    }
    assert_eq!(two.count("10.7.0.9", "received"), 0);
    let end: serde_json::Value = serde_json::from_str(ping.stdout.lines().last().unwrap()).unwrap();
    assert_eq!((number(&end, "replied"), number(&end, "duplicates")), (40, 0));
}

#[test]
fn whenever_it_is_stopped_what_it_printed_is_true() {
    let Some(lab) = lab::start!() else { return };
    let host = network(&lab);
    let lines = [
        "--json -l -p 30 -i 1 -t 100 10.64.0.1-20 10.7.0.2-5",
        "--json -c 50 -p 10 -i 0 -t 300 10.64.0.1-40 10.7.0.2",
        "--json -i 5 -t 100 10.64.0.0/24 10.7.0.2-100",
    ];
    let runs: Vec<_> = (0..12u64)
        .map(|n| (n, rsweep(&host, lines[n as usize % 3]).start()))
        .map(|(n, run)| {
            thread::sleep(Duration::from_millis(17 * n));
            run.signal(if n % 2 == 0 { 2 } else { 15 });
            run.wait()
        })
        .collect();
    for output in runs {
        // One that came before anything was heard ended at once.
        if output.signal().is_some() {
            assert_eq!(output.stdout, "", "{output:#?}");
            continue;
        }
        let told = Told::new(output);
        for target in told.targets("alive") {
            assert!(told.count(target, "received") > 0, "{target}");
        }
        for event in ["reply", "late"] {
            for line in told.of(event) {
                assert!(told.count(line["target"].as_str().unwrap(), "received") >= 1, "{line}");
            }
        }
    }
}

#[test]
fn a_reader_who_leaves_ends_it_quietly() {
    let Some(lab) = lab::start!() else { return };
    let host = network(&lab);
    let script = format!("{RSWEEP} -a -i 1 10.64.0.0/22 | head -n 3");
    let told = host.command("sh").arg("-c").arg(script).output().ok();
    assert_eq!((told.stdout.lines().count(), told.stderr.as_str()), (3, ""));
}

#[test]
fn ping_sockets_do_where_raw_ones_are_not_allowed() {
    let Some(lab) = lab::start!(Need::OtherUser, Need::Sysctl("net/ipv4/ping_group_range")) else { return };
    let host = network(&lab);
    host.sysctl("net/ipv4/ping_group_range", "0 2147483647");
    let run = rsweep(&host, "--json -i 1 10.64.0.1-100").user(User::Nobody);
    let told = Told::new(run.output());
    assert_eq!((number(told.end(), "alive"), &told.of("sweep")[0]["socket"]), (100, &"dgram".into()));
    host.sysctl("net/ipv4/ping_group_range", "1 0");
    let told = rsweep(&host, "10.64.0.1").user(User::Nobody).output();
    assert_eq!((told.code(), told.stderr.lines().count()), (Some(4), 1), "{told:#?}");
    assert!(told.stderr.contains("not permitted here"), "{told:#?}");
}
