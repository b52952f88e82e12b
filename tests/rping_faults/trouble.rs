//! Local trouble in mid-run: what could not be sent is told, counted as not sent, and the run recovers by itself; and who
//! reads the output, or looks up names, is no part of the measurement.

use std::fs::File;
use std::time::Duration;

use crate::bed::{Heard, WAYS, Way, json, number, rping};
use crate::lab::{self, Host, Need, Pair, Running, Scenario, User};

/// An endless run some ways to the other host of a pair.
fn endless(pair: &Pair, ways: &[Way]) -> Vec<(Way, Running)> {
    let start = |way: &Way| {
        let target = if way.v4 { "10.1.0.2" } else { "fd00:1::2" };
        let run = json(&pair.a, "-i 0.05 -W 0.5").args(["--socket", way.socket(), target]).start();
        (*way, run)
    };
    let mut runs: Vec<_> = ways.iter().map(start).collect();
    runs.iter_mut().for_each(|(_, run)| run.wait_for(|out| out.contains("\"reply\"")));
    runs
}

/// Breaks something, waits until each run says so, repairs it, waits until each is answered again, and ends them.
#[track_caller]
fn survive(pair: &Pair, ways: &[Way], errors: &[&str], break_it: impl FnOnce(&Host), repair: impl FnOnce(&Host)) {
    let mut runs = endless(pair, ways);
    break_it(&pair.a);
    for (_, run) in &mut runs {
        run.wait_for(|out| out.matches("\"not_sent\"").count() >= 4);
    }
    repair(&pair.a);
    for (way, mut run) in runs {
        run.wait_for(|out| out.rsplit_once("\"recovered\"").is_some_and(|(_, after)| after.contains("\"reply\"")));
        run.signal(libc::SIGINT);
        let heard = Heard::new(run.wait());
        heard.exits(0);
        let told: Vec<&str> = heard.events("not_sent").iter().map(|e| e["error"].as_str().unwrap()).collect();
        assert!(told.iter().all(|e| errors.contains(e)), "{way:?} {told:?}");
        // What was on its way as it broke may be lost; nothing else is.
        assert!(heard.count("lost") <= 3, "{way:?} {heard:?}");
        let recovered: u64 = heard.events("recovered").iter().map(|e| number(e, "not_sent")).sum();
        assert_eq!(recovered, heard.count("not_sent"), "{way:?} {heard:?}");
    }
}

#[test]
fn a_firewall_that_refuses_is_survived() {
    let Some(lab) = lab::start!(Need::Tool("nft")) else { return };
    let drop_all = "table inet t {\n chain out {\n type filter hook output priority 0;\n\
                    icmp type echo-request drop\n icmpv6 type echo-request drop\n }\n}";
    // An IPv6 ping socket is not told (net/ipv6/ping.c drops the outcome): its probes are lost.
    survive(&lab.pair(), &WAYS[..3], &["EPERM"], |host| host.nft(drop_all), |host| host.nft("flush ruleset"));
}

#[test]
fn an_interface_that_goes_down_is_survived() {
    let Some(lab) = lab::start!() else { return };
    let repair = |host: &Host| {
        host.up("eth0");
        // The kernel takes IPv6 addresses away with the interface.
        let _ = host.try_ip("addr add fd00:1::1/64 dev eth0 nodad");
    };
    survive(&lab.pair(), &WAYS, &["ENETUNREACH", "ENETDOWN", "EADDRNOTAVAIL"], |host| host.down("eth0"), repair);
}

#[test]
fn a_route_that_goes_is_survived() {
    let Some(lab) = lab::start!() else { return };
    let net = ["10.1.0.0/24", "fd00:1::/64"];
    survive(
        &lab.pair(),
        &WAYS,
        &["ENETUNREACH"],
        |host| net.iter().for_each(|n| host.ip(&format!("route del {n} dev eth0"))),
        |host| net.iter().for_each(|n| host.ip(&format!("route add {n} dev eth0"))),
    );
}

#[test]
fn a_route_that_prohibits_is_survived() {
    let Some(lab) = lab::start!() else { return };
    let hosts = ["10.1.0.2/32", "fd00:1::2/128"];
    survive(
        &lab.pair(),
        &WAYS,
        &["EACCES", "EHOSTUNREACH", "EINVAL", "EPERM"],
        |host| hosts.iter().for_each(|n| host.ip(&format!("route add prohibit {n}"))),
        |host| hosts.iter().for_each(|n| host.ip(&format!("route del prohibit {n}"))),
    );
}

#[test]
fn a_far_end_that_goes_away_for_a_while_is_only_loss() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let runs = endless(&pair, &WAYS);
    pair.b.ip("link set lo down\naddr del 10.1.0.2/24 dev eth0\naddr del fd00:1::2/64 dev eth0");
    std::thread::sleep(Duration::from_millis(300));
    pair.b.ip("addr add 10.1.0.2/24 dev eth0\naddr add fd00:1::2/64 dev eth0 nodad");
    for (way, mut run) in runs {
        let before = run.stdout_so_far().len();
        run.wait_for(|out| out[before..].matches("\"reply\"").count() >= 3);
        run.signal(libc::SIGINT);
        let heard = Heard::new(run.wait());
        heard.exits(0);
        assert_eq!(heard.count("not_sent"), 0, "{way:?} {heard:?}");
    }
}

#[test]
fn an_output_that_nobody_reads_ends_the_run_quietly_and_a_full_one_does_not() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    for words in ["-n -c 5 -i 0.02 10.1.0.2", "--json -c 5 -i 0.02 10.1.0.2"] {
        let (reader, writer) = nix::unistd::pipe().unwrap();
        drop(reader);
        let out = rping(&pair.a, words).stdout_to(writer).output();
        assert_eq!((out.code(), out.said().as_str()), (Some(0), ""), "{out:?}");
        let full = File::options().write(true).open("/dev/full").unwrap();
        let out = rping(&pair.a, words).stdout_to(full).output();
        assert_eq!((out.code(), out.said().lines().count()), (Some(2), 1), "{out:?}");
    }
}

#[test]
fn an_unprivileged_user_pings_over_a_ping_socket() {
    let Some(lab) = lab::start!(Need::OtherUser) else { return };
    let pair = lab.pair();
    for target in ["10.1.0.2", "fd00:1::2"] {
        let heard = Heard::new(json(&pair.a, "-c 3 -i 0.02").arg(target).user(User::Nobody).output());
        heard.counts("sent 3 replied 3").exits(0);
        assert_eq!(heard.events("start")[0]["socket"], "dgram");
        let words = ["-n", "-c", "1", target];
        let ours = rping(&pair.a, "").args(words).user(User::Nobody).output().ok();
        assert!(ours.stdout.contains("1 packets transmitted, 1 received, 0% packet loss"), "{ours:?}");
    }
    let out = rping(&pair.a, "-n -c 1 -i 0.001 10.1.0.2").user(User::Nobody).output();
    assert_eq!((out.code(), out.stderr.lines().count()), (Some(2), 1), "{out:?}");
    assert!(out.stderr.contains("2"), "it names the limit: {out:?}");
}

#[test]
fn a_name_server_that_is_silent_delays_no_probe() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let scenario = "title = 'no name server answers'\n[[host]]\nprefix = ['10.9.1.0/24', 'fd00:9:1::/64']";
    let _net = lab.simulate(&host, Scenario::parse(scenario));
    for target in ["10.9.1.1", "fd00:9:1::1"] {
        let capture = host.capture("net0");
        let out = rping(&host, "-H -c 10 -i 0.03").arg(target).output().ok();
        assert!(out.stdout.contains("10 packets transmitted, 10 received, 0% packet loss"), "{out:?}");
        assert!(out.stdout.contains(&format!("64 bytes from {target}: icmp_seq=1 ttl=64")), "{out:?}");
        let at: Vec<u64> = capture.stop_icmp().iter().filter(|m| m.is_echo_request()).map(|m| m.at_ns).collect();
        // 270 ms by schedule; a resolver's time-out is five seconds.
        assert!(at.len() == 10 && at[9] - at[0] < 2_000_000_000, "{at:?}");
        assert!(out.elapsed < Duration::from_secs(4), "{out:?}");
    }
}
