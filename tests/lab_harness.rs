//! The test bed itself: namespaces, commands, captures and topologies do what the other tests rely on.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod lab;

#[path = "lab_harness/chain.rs"]
mod chain;

use std::net::UdpSocket;
use std::time::Duration;

use lab::{Direction, Need, User, eventually};

#[test]
fn two_hosts_on_a_cable_reach_each_other_in_both_families() {
    let Some(lab) = lab::start!(Need::Tool("ping")) else { return };
    let pair = lab.pair();
    for target in ["10.1.0.2", "fd00:1::2"] {
        pair.a.command("ping").words("-c 1 -W 2 -n").arg(target).output().ok();
    }
}

#[test]
fn a_chain_routes_from_end_to_end_and_each_router_counts_a_hop() {
    let Some(lab) = lab::start!(Need::Tool("ping")) else { return };
    let chain = lab.chain(2);
    for target in [chain.far_v4(), chain.far_v6()] {
        let out = chain.a.command("ping").words("-c 1 -W 2 -n").arg(&target).output().ok();
        assert!(out.stdout.contains("ttl=62"), "{}", out.stdout);
        let out = chain.a.command("ping").words("-c 1 -W 2 -n -t 2").arg(&target).output();
        assert!(out.stdout.contains("From 10.0.1.2") || out.stdout.contains("From fd00:1::2"), "{}", out.stdout);
    }
}

#[test]
fn a_bridge_joins_many_hosts() {
    let Some(lab) = lab::start!(Need::Tool("ping")) else { return };
    let bridge = lab.bridge(3);
    bridge.hosts[0].command("ping").words("-c 1 -W 2 -n 10.1.0.3").output().ok();
    bridge.hosts[2].command("ping").words("-c 1 -W 2 -n fd00:1::2").output().ok();
}

#[test]
fn a_capture_sees_both_directions_with_stamps_in_order() {
    let Some(lab) = lab::start!(Need::Tool("ping")) else { return };
    let pair = lab.pair();
    let capture = pair.a.capture("eth0");
    pair.a.command("ping").words("-c 2 -i 0.3 -W 2 -n 10.1.0.2").output().ok();
    let seen: Vec<_> = capture.stop_icmp().into_iter().filter(|m| m.src.is_ipv4()).collect();
    let way: Vec<_> = seen.iter().map(|m| (m.direction, m.seq(), m.is_echo_request())).collect();
    let (out, back) = (Direction::Out, Direction::In);
    assert_eq!(way, [(out, 1, true), (back, 1, false), (out, 2, true), (back, 2, false)]);
    assert!(seen.windows(2).all(|w| w[0].at_ns <= w[1].at_ns), "{seen:#?}");
    assert!(seen[0].at_ns > 0);
}

#[test]
fn a_command_that_does_not_end_is_killed_at_its_limit() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let out = host.command("sleep").arg("30").limit(Duration::from_millis(50)).output();
    assert!(out.killed);
    assert_eq!(out.signal(), Some(libc::SIGKILL));
}

#[test]
fn a_command_in_the_background_takes_signals() {
    let Some(lab) = lab::start!(Need::Tool("ping")) else { return };
    let host = lab.host("a");
    let mut ping = host.command("ping").words("-i 0.05 -n 127.0.0.1").start();
    ping.wait_for(|out| out.contains("icmp_seq=2"));
    ping.signal(libc::SIGINT);
    let out = ping.wait().ok();
    assert!(out.stdout.contains("packets transmitted"), "{}", out.stdout);
}

#[test]
fn nobody_has_no_capability_and_no_way_to_root() {
    let Some(lab) = lab::start!(Need::OtherUser) else { return };
    let host = lab.host("a");
    let out = host.command("cat").arg("/proc/self/status").user(User::Nobody).output().ok();
    let field = |name: &str| {
        out.stdout
            .lines()
            .find_map(|l| l.strip_prefix(name))
            .map(|v| v.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    for set in ["CapPrm:", "CapEff:", "CapInh:", "CapAmb:"] {
        assert_eq!(field(set).as_deref(), Some("0000000000000000"), "{set}");
    }
    assert_eq!(field("Uid:").as_deref(), Some("65534 65534 65534 65534"));
    assert_eq!(field("Groups:").as_deref(), Some(""));
}

#[test]
fn nobody_can_run_a_program_below_a_closed_directory() {
    let Some(lab) = lab::start!(Need::OtherUser) else { return };
    let host = lab.host("a");
    let this = std::env::current_exe().unwrap();
    let out = host.command(this).arg("--list").user(User::Nobody).output().ok();
    assert!(out.stdout.contains("nobody_can_run"), "{}", out.stdout);
}

#[test]
fn a_firewall_rule_refuses_a_send() {
    let Some(lab) = lab::start!(Need::Tool("nft")) else { return };
    let pair = lab.pair();
    pair.a.nft("table ip t { chain out { type filter hook output priority 0; ip daddr 10.1.0.2 drop; }; }");
    let sent = pair.a.enter(|| UdpSocket::bind("10.1.0.1:0").and_then(|s| s.send_to(b"x", "10.1.0.2:9")));
    assert_eq!(sent.unwrap_err().kind(), std::io::ErrorKind::PermissionDenied);
}

#[test]
fn a_host_answers_for_a_whole_prefix() {
    let Some(lab) = lab::start!(Need::Tool("ping")) else { return };
    let pair = lab.pair();
    pair.b.answer_for("10.77.0.0/16");
    pair.a.ip("route add 10.77.0.0/16 via 10.1.0.2");
    for target in ["10.77.0.1", "10.77.200.9"] {
        pair.a.command("ping").words("-c 1 -W 2 -n").arg(target).output().ok();
    }
}

#[test]
fn hosts_of_different_labs_do_not_see_each_other() {
    let Some(lab) = lab::start!(Need::Tool("ping")) else { return };
    let (one, two) = (lab.pair(), lab.pair());
    let capture = two.b.capture("eth0");
    one.a.command("ping").words("-c 1 -W 2 -n 10.1.0.2").output().ok();
    assert!(capture.stop_icmp().iter().all(|m| !m.src.is_ipv4()));
}

#[test]
fn an_interface_goes_down_and_up_again() {
    let Some(lab) = lab::start!(Need::Tool("ping")) else { return };
    let pair = lab.pair();
    let reaches = || pair.a.command("ping").words("-c 1 -W 1 -n 10.1.0.2").output().status.success();
    assert!(reaches());
    pair.a.down("eth0");
    assert!(!reaches());
    pair.a.up("eth0");
    assert!(eventually(Duration::from_secs(20), reaches));
}
