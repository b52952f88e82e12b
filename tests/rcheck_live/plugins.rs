//! rcheck beside Debian's `check_icmp` and `check_ping` (monitoring-plugins), in one namespace in front of one network: the
//! same verdict wherever the plugin is right, and the cases where it is not, each by name.
//!
//! The firewall and the responder count probes per address, so each of the two has an address of its own in the scenario's
//! subnet, in each case another.

use std::path::Path;

use crate::bed::RCHECK;
use crate::comparison::{difference, is_possible, known_loss};
use crate::lab::{self, Host, Lab, Need, Output, Scenario};
use crate::perfdata::Plugin;

const PLUGINS: &str = "/usr/lib/nagios/plugins";

const NET: &str = r#"
title = "a subnet for each fate"
[[hop]]
address = ["10.255.1.1", "fd00:ff:1::1"]
[[host]]
prefix = ["10.9.0.0/16", "fd00:9::/32"]
[[host]]
prefix = ["10.9.2.0/24", "fd00:9:2::/48"]
delay = "100ms"
[[host]]
prefix = "10.9.3.0/24"
delay = "300ms"
[[host]]
prefix = ["10.9.8.0/24", "fd00:9:8::/48"]
down = "silent"
[[host]]
prefix = "10.9.9.0/24"
down = "net-unreachable"
[[host]]
prefix = "10.9.10.0/24"
down = "host-unreachable"
[[host]]
prefix = "10.9.11.0/24"
down = "port-unreachable"
[[host]]
prefix = "10.9.12.0/24"
down = "protocol-unreachable"
[[host]]
prefix = "10.9.13.0/24"
down = "admin-prohibited"
[[host]]
prefix = "10.9.14.0/24"
down = "time-exceeded"
[[host]]
prefix = "10.9.16.0/24"
down = "net-prohibited"
[[host]]
prefix = "10.9.17.0/24"
down = "host-prohibited"
[[rule]]
to = "10.9.4.0/24"
nth = "1"
drop = true
[[rule]]
to = "10.9.5.0/24"
nth = ["2", "4"]
drop = true
[[rule]]
to = "10.9.6.0/24"
nth = "1-3"
drop = true
[[rule]]
to = "10.9.7.0/24"
nth = "1-4"
drop = true
[[rule]]
to = "10.9.15.0/24"
copies = 1
[[rule]]
to = "10.9.18.0/24"
nth = "1"
error = { name = "host-unreachable" }
"#;

/// The plugin, its words with `@` for the last byte of the address, and the exit code of both.
type Case = (&'static str, &'static str, i32);

/// Verdicts on which both agree. A name may stand more than once: each line is run for itself.
const SAME: &[Case] = &[
    ("check_icmp", "10.9.1.@", 0),
    ("check_icmp", "-H 10.9.1.@", 0),
    ("check_icmp", "-w 400,30% -c 500,70% 10.9.1.@", 0),
    ("check_icmp", "-n 1 10.9.1.@", 0),
    ("check_icmp", "-n 20 10.9.1.@", 0),
    ("check_icmp", "-p 3 -i 10ms 10.9.1.@", 0),
    ("check_icmp", "-b 1000 10.9.1.@", 0),
    ("check_icmp", "-l 9 -t 5 10.9.1.@", 0),
    ("check_icmp", "-m 1 10.9.1.@", 0),
    ("check_icmp", "-H fd00:9:1::@", 0),
    ("check_icmp", "-w 0.0005s,30% -c 1us,70% 10.9.1.@", 2),
    ("check_icmp", "-w 30,40% -c 1000,80% 10.9.2.@", 1),
    ("check_icmp", "-w 10,40% -c 30,80% 10.9.2.@", 2),
    ("check_icmp", "-w 30ms,40% -c 1s,80% -H fd00:9:2::@", 1),
    ("check_icmp", "-w 10,40% -c 30,80% -H fd00:9:2::@", 2),
    ("check_icmp", "-w 800,40% -c 900,80% 10.9.2.@", 0),
    ("check_icmp", "-w 1500,40% -c 2500,80% 10.9.3.@", 0),
    ("check_icmp", "10.9.3.@", 1),
    ("check_icmp", "-c 100,80% 10.9.3.@", 2),
    ("check_icmp", "-w 300,10% -c 400,90% 10.9.4.@", 1),
    ("check_icmp", "-w 300,5% -c 400,20% 10.9.4.@", 2),
    ("check_icmp", "-c 400,80% 10.9.4.@", 0),
    ("check_icmp", "-w 300,40% -c 400,80% 10.9.5.@", 1),
    ("check_icmp", "-w 300,20% -c 400,40% 10.9.5.@", 2),
    ("check_icmp", "-w 300,41% -c 400,80% 10.9.5.@", 0),
    ("check_icmp", "-w 500,30% -c 900,55% 10.9.6.@", 2),
    ("check_icmp", "-w 300,60% -c 400,61% 10.9.6.@", 1),
    ("check_icmp", "-w 300,61% -c 400,80% 10.9.6.@", 0),
    ("check_icmp", "-w 300,40% -c 400,80% 10.9.7.@", 2),
    ("check_icmp", "-w 300,80% -c 400,81% 10.9.7.@", 1),
    ("check_icmp", "-w 10,40% -c 20,80% 10.9.8.@", 2),
    ("check_icmp", "-w 10,100% -c 20,100% 10.9.8.@", 2),
    ("check_icmp", "-w 10,40% -c 20,80% -H fd00:9:8::@", 2),
    ("check_icmp", "10.9.9.@", 2),
    ("check_icmp", "10.9.10.@", 2),
    ("check_icmp", "10.9.11.@", 2),
    ("check_icmp", "10.9.12.@", 2),
    ("check_icmp", "10.9.13.@", 2),
    ("check_icmp", "10.9.14.@", 2),
    ("check_icmp", "10.9.16.@", 2),
    ("check_icmp", "10.9.17.@", 2),
    ("check_icmp", "-w 30,40% -c 50,80% -H 10.9.1.@ -H 10.9.8.@", 2),
    ("check_icmp", "-w 400,40% -c 500,80% -m 1 -H 10.9.1.@ -H 10.9.8.@", 0),
    ("check_icmp", "-w 30,40% -c 3000,80% -m 2 -H 10.9.1.@ -H 10.9.2.@", 1),
    ("check_icmp", "-w 30,40% -c 50,80% -m 2 -H 10.9.8.@ -H 10.9.1.@", 2),
    ("check_host", "10.9.1.@", 0),
    ("check_host", "-i 50ms -c 50,100% 10.9.8.@", 2),
    ("check_rta_multi", "10.9.1.@ 10.9.2.@", 0),
    ("check_rta_multi", "-w 30,40% -c 3000,80% 10.9.1.@ 10.9.2.@", 1),
    ("check_icmp", "", 3),
    ("check_ping", "-H 10.9.1.@ -w 1000,20% -c 3000,60% -p 1", 0),
    ("check_ping", "-H 10.9.2.@ -w 30,20% -c 3000,60% -p 2", 1),
    ("check_ping", "-H 10.9.2.@ -w 10,20% -c 30,60% -p 1", 2),
    ("check_ping", "-H 10.9.8.@ -w 10,20% -c 30,60% -p 2 -t 2", 2),
    ("check_ping", "-H 10.9.9.@ -w 10,20% -c 30,60% -p 1", 2),
    ("check_ping", "-H 10.9.10.@ -w 10,20% -c 30,60% -p 1", 2),
    ("check_ping", "-H 10.9.11.@ -w 10,20% -c 30,60% -p 1", 2),
    ("check_ping", "-H 10.9.12.@ -w 10,20% -c 30,60% -p 1", 2),
    ("check_ping", "-H 10.9.13.@ -w 10,20% -c 30,60% -p 1", 2),
    ("check_ping", "-H 10.9.14.@ -w 10,20% -c 30,60% -p 1", 2),
    ("check_ping", "-H 10.9.15.@ -w 1000,20% -c 3000,60% -p 2", 1),
    ("check_ping", "-H 10.9.1.@", 3),
];

/// Where the plugin is wrong: its exit code, ours, and why ours is right.
const UPSTREAM_IS_WRONG: &[(&str, &str, i32, i32, &str)] = &[
    ("check_icmp", "-w 1000,40% -c 2000,80% -n 40 -i 5ms 10.9.1.@", 3, 0, "forty probes are no error"),
    ("check_icmp", "192.0.2.@", 2, 3, "no route here says nothing of a host there"),
    ("check_icmp", "-w 500,30% -c 900,55% 10.9.18.@", 2, 0, "one error before four answers is a loss of 20 %"),
    ("check_icmp", "-w 500,200% -c 900,300% 10.9.1.@", 0, 3, "there is no loss of 300 %"),
];

fn has_plugins(lab: &Lab) -> bool {
    let missing = ["check_icmp", "check_ping"].into_iter().find(|name| !Path::new(PLUGINS).join(name).exists());
    if let Some(name) = missing {
        lab.skip(&format!("{PLUGINS}/{name} is not installed (monitoring-plugins-basic)"));
    }
    missing.is_none()
}

/// The last bytes of the addresses of case `n`: the plugin's and ours.
fn bytes(n: usize) -> [String; 2] {
    [2 * n + 1, 2 * n + 2].map(|byte| byte.to_string())
}

/// Runs the plugin and rcheck in its place.
fn both(host: &Host, n: usize, (name, words): (&str, &str)) -> [lab::Running; 2] {
    let [theirs, ours] = bytes(n);
    let theirs = host.command(format!("{PLUGINS}/{name}")).words(&words.replace('@', &theirs)).start();
    let ours = host.command(RCHECK).called(name).words(&words.replace('@', &ours)).start();
    [theirs, ours]
}

/// What the two wrote, each one's own addresses ending in `H`.
fn ended(bytes: &[String; 2], runs: [lab::Running; 2]) -> [Output; 2] {
    let [theirs, ours] = runs.map(lab::Running::wait);
    let plain = |mut out: Output, byte: &str| {
        for subnet in (1..=18).rev() {
            out.stdout = out.stdout.replace(&format!("10.9.{subnet}.{byte}"), &format!("10.9.{subnet}.H"));
        }
        out
    };
    [plain(theirs, &bytes[0]), plain(ours, &bytes[1])]
}

/// Runs all cases.
fn run_all(host: &Host, cases: &[(&str, &str)]) -> Vec<[Output; 2]> {
    let numbered: Vec<_> = cases.iter().enumerate().collect();
    // Some at a time: a crowd would be late for reasons of its own.
    let some = numbered.chunks(16).map(|cases| {
        let runs: Vec<_> = cases.iter().map(|(n, case)| (bytes(*n), both(host, *n, **case))).collect();
        runs.into_iter().map(|(bytes, runs)| ended(&bytes, runs)).collect::<Vec<_>>()
    });
    some.flatten().collect()
}

#[test]
fn the_same_verdict_wherever_the_plugin_is_right() {
    let Some(lab) = lab::start!(Need::Tun, Need::Tool("ping")) else { return };
    if !has_plugins(&lab) {
        return;
    }
    const { assert!(SAME.len() >= ENOUGH) };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::parse(NET));
    let cases: Vec<(&str, &str)> = SAME.iter().map(|(name, words, _)| (*name, *words)).collect();
    // Addresses that no case had: the network counts what each was sent.
    let mut spare = SAME.len()..127;
    let mut compared = 0;
    for (case, outcome) in SAME.iter().zip(run_all(&host, &cases)) {
        let (name, words, code) = *case;
        let mut outcome = outcome;
        // What a busy machine made of one run, or the plugin of its own alarm, it does not make of each.
        for again in 0..=AGAIN {
            let [theirs, ours] = &outcome;
            let difference = if is_possible(&theirs.stdout) { difference((name, code), theirs, ours) } else { None };
            if difference.is_none() && is_possible(&theirs.stdout) {
                compared += 1;
                break;
            }
            let said = |what: &str| {
                let (their_code, our_code) = (theirs.code(), ours.code());
                format!(
                    "{name} {words}: {what}\ntheirs {their_code:?} {}ours {our_code:?} {}",
                    theirs.stdout, ours.stdout
                )
            };
            if again == AGAIN {
                let Some(difference) = difference else {
                    // A plugin that never makes sense is no judge; ours has to make sense without it.
                    assert_eq!(ours.code(), Some(code), "{}", said("ours alone"));
                    if let Some(loss) = known_loss(words) {
                        assert_eq!(Plugin::read(&ours.stdout).value("pl"), Some(loss), "{}", said("ours alone"));
                    }
                    break;
                };
                panic!("{}", said(&difference));
            }
            let n = spare.next().expect("an address for each run");
            outcome = ended(&bytes(n), both(&host, n, (name, words)));
        }
    }
    assert!(compared >= ENOUGH, "only {compared} of {} were compared", SAME.len());
}

/// How often a case is run again, alone, where the two differ.
const AGAIN: usize = 5;

/// So many cases must have been compared.
const ENOUGH: usize = 50;

#[test]
fn right_where_the_plugin_is_wrong() {
    let Some(lab) = lab::start!(Need::Tun) else { return };
    if !has_plugins(&lab) {
        return;
    }
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::parse(NET));
    host.ip("route add unreachable 192.0.2.0/24");
    let cases: Vec<(&str, &str)> = UPSTREAM_IS_WRONG.iter().map(|(name, words, ..)| (*name, *words)).collect();
    let mut spare = UPSTREAM_IS_WRONG.len()..99;
    for ((name, words, wrong, right, why), outcome) in UPSTREAM_IS_WRONG.iter().zip(run_all(&host, &cases)) {
        let mut outcome = outcome;
        for n in spare.by_ref().take(AGAIN) {
            if [outcome[0].code(), outcome[1].code()] == [Some(*wrong), Some(*right)] {
                break;
            }
            outcome = ended(&bytes(n), both(&host, n, (name, words)));
        }
        let [theirs, ours] = outcome;
        let said = format!("{name} {words}: {why}\ntheirs {}ours {}", theirs.stdout, ours.stdout);
        assert_eq!((theirs.code(), ours.code()), (Some(*wrong), Some(*right)), "{said}");
    }
    // Each answer that comes twice counts twice there, and the loss wraps around.
    let [theirs, ours] = both(&host, 99, ("check_icmp", "-c 500,80% 10.9.15.@")).map(lab::Running::wait);
    let (theirs, ours) = (Plugin::read(&theirs.stdout), Plugin::read(&ours.stdout));
    assert_eq!((ours.state.as_str(), ours.value("pl")), ("OK", Some(0.0)));
    assert!(theirs.value("pl") != Some(0.0) || theirs.state == "OK", "{theirs:?}");
}
