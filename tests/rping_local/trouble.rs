//! A host that stops sending in mid-run: each time a line says what and when, nothing of it is called lost, the schedule
//! goes on, and the run recovers by itself.

use std::time::Duration;

use crate::bed::{Told, n, rping};
use crate::lab::{self, Host, Need, Running, eventually};

const SECONDS: Duration = Duration::from_secs(20);

/// One run with text and one with JSON, side by side, and what befell both.
struct Runs {
    text: Running,
    json: Running,
}

impl Runs {
    /// Starts both and waits until both have a reply.
    fn start(host: &Host, words: &str) -> Runs {
        let start = |more: &str| rping(host, "-i 0.02").words(more).words(words).start();
        let (mut text, mut json) = (start(""), start("--json"));
        text.wait_for(|out| out.contains("icmp_seq=2"));
        json.wait_for(|out| out.contains("\"seq\":2,"));
        Runs { text, json }
    }

    /// Waits until both have said this about a probe that was not sent.
    #[track_caller]
    fn wait_not_sent(&self, what: &str) {
        let text = || self.text.stderr_so_far().contains(&format!(" not sent: {what}"));
        assert!(eventually(SECONDS, text), "{what}: {}{}", self.text.stderr_so_far(), self.text.stdout_so_far());
        let json = || self.json.stdout_so_far().contains(&format!("\"text\":\"{what}"));
        assert!(eventually(SECONDS, json), "{what}: {}", self.json.stdout_so_far());
    }

    /// Waits until both have told that sending works again and then had a reply, and ends them.
    #[track_caller]
    fn recover(mut self, target: &str) -> Told {
        let again = format!("sending to {target} works again after ");
        let said = || self.text.stderr_so_far().contains(&again);
        assert!(eventually(SECONDS, said), "{}{}", self.text.stderr_so_far(), self.text.stdout_so_far());
        let lines = self.text.stdout_so_far().lines().count();
        self.text.wait_for(|out| out.lines().skip(lines).any(|line| line.contains(" bytes from ")));
        self.json.wait_for(|out| {
            out.split_once("\"event\":\"recovered\"").is_some_and(|(_, after)| after.contains("\"event\":\"reply\""))
        });
        self.text.signal(libc::SIGINT);
        self.json.signal(libc::SIGINT);
        let (text, json) = (self.text.wait(), self.json.wait());
        assert_eq!((text.code(), json.code()), (Some(0), Some(0)), "{text:#?}{json:#?}");
        for line in text.stderr.lines() {
            let time = line.strip_prefix("rping: ").and_then(|l| l.split(' ').next()).unwrap_or_default();
            assert!(time.len() == 9 && time.ends_with('Z'), "what and when: {line}");
        }
        assert!(text.stdout.contains(" not sent ("), "{}", text.stdout);
        Told::of(&json)
    }
}

/// That what was not sent is counted as such, as the events tell it, and nothing is called lost.
#[track_caller]
fn is_counted(told: &Told) {
    let (summary, refusals) = (told.summary(), told.all("not_sent"));
    assert_eq!(n(summary, "not_sent"), refusals.len() as u64, "{summary}");
    assert!(n(summary, "not_sent") > 0 && n(summary, "replied") > 2, "{summary}");
    let again: u64 = told.all("recovered").iter().map(|r| n(r, "not_sent")).sum();
    assert_eq!(again, n(summary, "not_sent"), "each is accounted for when it works again");
    // Every number was used once: the schedule went on.
    let mut numbers: Vec<u64> = told.0.iter().filter_map(|e| e["seq"].as_u64()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert!(numbers.len() as u64 + n(summary, "in_flight") >= n(summary, "attempted"), "{summary}");
}

#[test]
fn an_interface_goes_down_and_up() {
    let Some(lab) = lab::start!() else { return };
    for (words, target) in
        [("10.1.0.2", "10.1.0.2"), ("-I eth0 10.1.0.2", "10.1.0.2"), ("-I 10.1.0.1 10.1.0.2", "10.1.0.2")]
    {
        let pair = lab.pair();
        let runs = Runs::start(&pair.a, words);
        pair.a.down("eth0");
        runs.wait_not_sent("Network is unreachable");
        pair.a.up("eth0");
        is_counted(&runs.recover(target));
    }
}

#[test]
fn an_interface_goes_down_and_up_under_ipv6() {
    let Some(lab) = lab::start!() else { return };
    for words in ["fd00:1::2", "-I eth0 fd00:1::2"] {
        let pair = lab.pair();
        pair.a.sysctl("net.ipv6.conf.eth0.keep_addr_on_down", "1");
        let runs = Runs::start(&pair.a, words);
        pair.a.down("eth0");
        runs.wait_not_sent("Network is unreachable");
        pair.a.up("eth0");
        is_counted(&runs.recover("fd00:1::2"));
    }
}

#[test]
fn an_address_is_taken_away_and_given_back() {
    let Some(lab) = lab::start!() else { return };
    for (words, target, address) in [
        ("10.1.0.2", "10.1.0.2", "10.1.0.1/24"),
        ("-I 10.1.0.1 10.1.0.2", "10.1.0.2", "10.1.0.1/24"),
        ("-B 10.1.0.2", "10.1.0.2", "10.1.0.1/24"),
        ("--hdrincl 10.1.0.2", "10.1.0.2", "10.1.0.1/24"),
        ("--socket dgram 10.1.0.2", "10.1.0.2", "10.1.0.1/24"),
        ("fd00:1::2", "fd00:1::2", "fd00:1::1/64"),
        ("-I fd00:1::1 fd00:1::2", "fd00:1::2", "fd00:1::1/64"),
    ] {
        let pair = lab.pair();
        let runs = Runs::start(&pair.a, words);
        pair.a.remove_address("eth0", address);
        runs.wait_not_sent("");
        pair.a.address("eth0", address);
        is_counted(&runs.recover(target));
    }
}

/// The route stays and the source is gone: the kernel would let a header of our own out with it.
#[test]
fn a_source_that_is_gone_is_not_sent_from() {
    let Some(lab) = lab::start!() else { return };
    for words in ["-I 10.1.0.77 10.1.0.2", "--hdrincl -I 10.1.0.77 10.1.0.2"] {
        let pair = lab.pair();
        pair.a.address("eth0", "10.1.0.77/24");
        let runs = Runs::start(&pair.a, words);
        pair.a.remove_address("eth0", "10.1.0.77/24");
        runs.wait_not_sent("");
        pair.a.address("eth0", "10.1.0.77/24");
        is_counted(&runs.recover("10.1.0.2"));
    }
}

/// A tunnel that is made anew: the name is the same, the kernel's number of it is not.
#[test]
fn an_interface_is_deleted_and_made_anew() {
    let Some(lab) = lab::start!() else { return };
    for (words, target) in [
        ("10.1.0.2", "10.1.0.2"),
        ("-I eth0 10.1.0.2", "10.1.0.2"),
        ("--socket dgram -I eth0 10.1.0.2", "10.1.0.2"),
        ("--hdrincl -I eth0 10.1.0.2", "10.1.0.2"),
        ("-I eth0 fd00:1::2", "fd00:1::2"),
    ] {
        let pair = lab.pair();
        let runs = Runs::start(&pair.a, words);
        pair.a.ip("link del eth0");
        runs.wait_not_sent("");
        // Another number than before.
        pair.a.ip("link add spare type veth peer name other");
        lab.cable((&pair.a, "eth0"), (&pair.b, "eth0"));
        for (host, n) in [(&pair.a, 1), (&pair.b, 2)] {
            host.address("eth0", &format!("10.1.0.{n}/24"));
            host.address("eth0", &format!("fd00:1::{n}/64"));
        }
        is_counted(&runs.recover(target));
    }
}

/// An error that came fails the next, innocent send (kernel fact 7): it is tried again and none is called unsent.
#[test]
fn errors_from_the_network_are_nobodys_refusal() {
    let Some(lab) = lab::start!(Need::Tool("nft")) else { return };
    for (target, reject) in [
        ("10.1.0.2", "icmp type echo-request reject with icmp type admin-prohibited"),
        ("10.1.0.2", "icmp type echo-request reject with icmp type host-unreachable"),
        ("fd00:1::2", "icmpv6 type echo-request reject with icmpv6 type admin-prohibited"),
        ("fd00:1::2", "icmpv6 type echo-request reject with icmpv6 type addr-unreachable"),
    ] {
        for socket in ["raw", "dgram"] {
            let pair = lab.pair();
            pair.b.nft(&format!("table inet t {{ chain i {{ type filter hook input priority 0; {reject}; }}; }}"));
            let out = rping(&pair.a, "--json -c 40 -i 0.002 -W 1 --socket").args([socket, target]).output();
            assert_eq!(out.code(), Some(1), "{out:#?}");
            let told = Told::of(&out);
            let (summary, which) = (told.summary(), format!("{reject} {socket}"));
            assert_eq!((n(summary, "not_sent"), n(summary, "errors")), (0, 40), "{which}: {summary}");
        }
    }
}

#[test]
fn a_route_goes_and_comes_back() {
    let Some(lab) = lab::start!() else { return };
    for (prefix, via, target) in [("10.9.0.0/24", "10.1.0.2", "10.9.0.7"), ("fd00:9::/64", "fd00:1::2", "fd00:9::7")] {
        for words in ["", "--socket dgram", "-C"] {
            let pair = lab.pair();
            pair.b.answer_for(prefix);
            pair.a.ip(&format!("route add {prefix} via {via}"));
            let runs = Runs::start(&pair.a, &format!("{words} {target}"));
            pair.a.ip(&format!("route del {prefix}"));
            runs.wait_not_sent("Network is unreachable");
            pair.a.ip(&format!("route add {prefix} via {via}"));
            is_counted(&runs.recover(target));
        }
    }
}

#[test]
fn a_route_that_prohibits_is_told_from_one_that_is_missing() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    host.ip(
        "route add prohibit 192.0.2.0/24\nroute add blackhole 198.51.100.0/24\nroute add unreachable 203.0.113.0/24",
    );
    for (target, says) in
        [("192.0.2.1", "Permission denied"), ("198.51.100.1", "Invalid argument"), ("203.0.113.1", "No route to host")]
    {
        let out = rping(&host, "-c 1").arg(target).output();
        assert_eq!(out.code(), Some(2), "{out:#?}");
        assert!(out.stderr.contains(&format!("icmp_seq=1 not sent: {says}")), "{target}: {out:#?}");
    }
}

#[test]
fn a_firewall_refuses_for_a_while() {
    let Some(lab) = lab::start!(Need::Tool("nft")) else { return };
    for (rule, target) in [
        ("icmp type echo-request drop", "10.1.0.2"),
        ("icmp type echo-request reject", "10.1.0.2"),
        ("icmpv6 type echo-request drop", "fd00:1::2"),
    ] {
        for words in ["", "--socket dgram", "--hdrincl"] {
            // No such header, and the kernel's ping sockets of IPv6 say nothing (see below).
            if !words.is_empty() && target.contains(':') {
                continue;
            }
            let pair = lab.pair();
            let runs = Runs::start(&pair.a, &format!("{words} {target}"));
            pair.a.nft(&format!("table inet t {{ chain o {{ type filter hook output priority 0; {rule}; }}; }}"));
            runs.wait_not_sent("Operation not permitted");
            pair.a.nft("delete table inet t");
            let told = runs.recover(target);
            is_counted(&told);
            assert_eq!(n(told.summary(), "lost"), 0, "{rule} {words}: {}", told.summary());
            assert_eq!(n(told.summary(), "foreign"), 0, "our own firewall is no stranger: {}", told.summary());
        }
    }
}

/// Kernel fact 7: a raw socket is told of a full queue only with `IP_RECVERR`.
#[test]
fn a_queue_that_overflows_loses_nothing() {
    let Some(lab) = lab::start!(Need::Tool("tc")) else { return };
    for (words, target) in
        [("", "10.1.0.2"), ("--socket dgram", "10.1.0.2"), ("--hdrincl", "10.1.0.2"), ("", "fd00:1::2")]
    {
        let pair = lab.pair();
        let runs = Runs::start(&pair.a, &format!("{words} {target}"));
        // Room for two or three packets, and ten in a second.
        if !pair.a.tc("qdisc add dev eth0 root tbf rate 10kbit burst 1540 limit 400") {
            return lab.skip("the kernel has no token bucket filter");
        }
        runs.wait_not_sent("No buffer space available");
        pair.a.tc("qdisc del dev eth0 root");
        is_counted(&runs.recover(target));
    }
}

/// The kernel drops what `icmpv6_push_pending_frames` (net/ipv6/ping.c) is told: what a firewall or a queue swallows of a
/// ping socket of IPv6 looks sent. It is lost, then, and the run goes on.
#[test]
fn what_the_kernel_keeps_to_itself_is_lost() {
    let Some(lab) = lab::start!(Need::Tool("nft")) else { return };
    let pair = lab.pair();
    let mut run = rping(&pair.a, "--socket dgram --json -i 0.02 -W 0.1 fd00:1::2").start();
    run.wait_for(|out| out.contains("\"event\":\"reply\""));
    pair.a.nft("table inet t { chain o { type filter hook output priority 0; icmpv6 type echo-request drop; }; }");
    run.wait_for(|out| out.contains("\"event\":\"lost\"") || out.contains("\"event\":\"not_sent\""));
    pair.a.nft("delete table inet t");
    run.wait_for(|out| out.rsplit_once("\"event\":\"lost\"").is_some_and(|(_, after)| after.contains("\"reply\"")));
    run.signal(libc::SIGINT);
    let told = Told::of(&run.wait().ok());
    assert!(n(told.summary(), "lost") + n(told.summary(), "not_sent") > 0, "{}", told.summary());
}

#[test]
fn one_of_several_is_in_trouble() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let mut run = rping(&pair.a, "--json -i 0.02 10.1.0.2 127.0.0.1").start();
    run.wait_for(|out| out.contains("\"seq\":2,"));
    pair.a.down("eth0");
    assert!(eventually(SECONDS, || run.stdout_so_far().contains("\"event\":\"not_sent\"")));
    let lines = run.stdout_so_far().lines().count();
    run.wait_for(|out| out.lines().count() > lines + 20);
    run.signal(libc::SIGINT);
    let told = Told::of(&run.wait());
    let summaries = told.summaries();
    assert!(n(summaries[0], "not_sent") > 5, "{told:#?}");
    assert_eq!((n(summaries[1], "not_sent"), n(summaries[1], "lost")), (0, 0), "{told:#?}");
}
