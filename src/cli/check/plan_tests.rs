//! What command lines mean, and what is refused: each rule and each line of bad input.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::check::{Method, Rule, Severity};
use crate::cli::check::dialect::of_check_ping;
use crate::units::Port;
use proptest::prelude::*;

/// `~` stands for a space within a word.
fn plan_of(line: &str, is_root: bool, file: Option<&str>) -> Result<Plan, String> {
    let words: Vec<std::ffi::OsString> = line.split_whitespace().map(|word| word.replace('~', " ").into()).collect();
    let dialect = match words[0].to_str().unwrap() {
        "check_icmp" => Dialect::CheckIcmp,
        "check_host" => Dialect::CheckHost,
        "check_rta_multi" => Dialect::CheckRtaMulti,
        "check_ping" => Dialect::CheckPing,
        _ => Dialect::Rcheck,
    };
    let words = if dialect == Dialect::CheckPing { of_check_ping(words) } else { words };
    let args = crate::cli::options::read::<Args, _, _>(words)
        .map_err(|error| Refusal::from_clap(&error, "rcheck").to_string())?;
    Plan::of(&args, Caller { dialect, is_root }, file).map_err(|refusal| refusal.to_string())
}

fn plan(line: &str) -> Plan {
    plan_of(line, true, None).unwrap_or_else(|refusal| panic!("{line}: {refusal}"))
}

fn texts(plan: &Plan, item: usize) -> Vec<String> {
    plan.items[item].thresholds.iter().map(|t| format!("{:?} {} {}", t.severity, t.metric, t.text)).collect()
}

#[test]
fn defaults_are_those_of_check_icmp() {
    let plan = plan("rcheck 192.0.2.1 h.example");
    let probes = Probes { method: Method::Icmp, packets: 5, interval: Duration::from_millis(80), size: 68 };
    assert!(plan.items.iter().all(|item| item.probes == probes && !item.pmtu));
    assert_eq!(plan.items[1].name, "h.example");
    assert_eq!((plan.deadline, plan.min_ok, plan.dns_failure), (Duration::from_secs(10), None, State::Unknown));
    assert_eq!(
        texts(&plan, 0),
        ["Warning rtt.avg 200ms", "Warning loss 40%", "Critical rtt.avg 500ms", "Critical loss 80%"]
    );
}

#[test]
fn each_plugin_has_its_own_pace() {
    for (line, ms) in
        [("check_icmp h", 80), ("check_host h", 1000), ("check_rta_multi h", 50), ("check_icmp -i 7 h", 7)]
    {
        assert_eq!(plan(line).items[0].probes.interval, Duration::from_millis(ms), "{line}");
    }
    assert_eq!(texts(&plan("check_host h"), 0)[2], "Critical rtt.avg 1000ms");
}

#[test]
fn the_options_of_check_icmp_are_understood_under_every_name() {
    let line = "-H a -H b -w 100,20% -c 200,30% -n 7 -t 3 -l 9 -b 100 -I 5ms -i 20ms -m 1 -s 192.0.2.9 c";
    for name in ["rcheck", "check_icmp", "check_host", "check_rta_multi"] {
        let plan = plan(&format!("{name} {line}"));
        let hosts: Vec<&str> = plan.items.iter().map(|item| item.name.as_str()).collect();
        assert_eq!(hosts, ["a", "b", "c"]);
        assert_eq!((plan.items[0].probes.packets, plan.items[0].probes.size), (7, 100));
        assert_eq!((plan.deadline, plan.min_ok, plan.sockets.ttl), (Duration::from_secs(3), Some(1), Some(Ttl(9))));
        assert_eq!(
            texts(&plan, 2),
            ["Warning rtt.avg 100ms", "Warning loss 20%", "Critical rtt.avg 200ms", "Critical loss 30%"]
        );
    }
    assert_eq!(plan("rcheck -p 40 h").items[0].probes.packets, 40, "no cap of 20");
    assert_eq!(plan("check_icmp -t 0 h").deadline, Duration::from_secs(10));
    assert_eq!(plan("rcheck --Host h --number-of-packets 2").items[0].probes.packets, 2);
}

#[test]
fn modes_are_thresholds_and_what_is_told() {
    let plan = plan("check_icmp -R 100ms,200ms -P 40%,50% -J 40,50 -M 3.5,3.0 -S 80,70 -O h");
    let modes = Modes { rta: true, loss: true, jitter: true, mos: true, score: true, order: true };
    assert_eq!(plan.output.modes, modes);
    let rules: Vec<Rule> = plan.items[0].thresholds.iter().map(|t| t.rule).collect();
    assert_eq!(
        rules,
        [
            Rule::Reaches(1e8),
            Rule::Reaches(2e8),
            Rule::Reaches(40.0),
            Rule::Reaches(50.0),
            Rule::Reaches(4e7),
            Rule::Reaches(5e7),
            Rule::SinksTo(3.5),
            Rule::SinksTo(3.0),
            Rule::SinksTo(80.0),
            Rule::SinksTo(70.0),
            Rule::Reaches(1.0),
        ]
    );
    let refused = plan_of("rcheck -J 40 h", true, None).unwrap_err();
    assert_eq!(refused, "-J 40: not WARNING,CRITICAL: write -J 40,50");
}

#[test]
fn check_ping_takes_its_own_words() {
    let all = ["Warning rtt.avg 100ms", "Warning loss 20%", "Critical rtt.avg 200ms", "Critical loss 40%"];
    for line in [
        "check_ping -H h -w 100,20% -c 200,40% -p 3",
        "check_ping -n -H h -w 100.0:20% -c 200:40%",
        "check_ping h 20% 40% 100 200",
        "check_ping h 20 40 100 200",
        "check_ping -w 100,20% h 40% 200",
    ] {
        let plan = plan(line);
        assert_eq!(texts(&plan, 0)[..4], all, "{line}");
        assert_eq!(texts(&plan, 0)[4], "Warning duplicates duplicates");
    }
    assert_eq!(plan("check_ping -H a,b -w 1,1% -c 2,2%").items.len(), 2);
    for (line, said) in [
        ("check_ping", "You must specify a server address or host name"),
        ("check_ping -H h", "<wpl> was not set"),
        ("check_ping h 20% 40%", "<wrta> was not set"),
        ("check_ping h x", "threshold x: 'x' is no percentage"),
        ("check_ping h 1 2 3 4 5", "argument 5: one too many"),
    ] {
        let refused = plan_of(line, true, None).unwrap_err();
        assert!(refused.starts_with(said), "{line}: {refused}");
    }
}

#[test]
fn a_file_has_targets_of_its_own() {
    let text = "critical = '300ms,50%'\n[[target]]\nhost = '192.0.2.1'\n[[target]]\nhost = 'b'\nname = 'core'\n\
                expect = 'pmtu >= 1500'\npackets = 2\ninterval = '5ms'\nsize = 8\n[[target]]\nhost='c'\ntcp=443\n";
    let plan = plan_of("rcheck -f f.toml -n 9 first", true, Some(text)).unwrap();
    let names: Vec<&str> = plan.items.iter().map(|item| item.name.as_str()).collect();
    assert_eq!(names, ["first", "192.0.2.1", "core", "c"]);
    assert_eq!(plan.items[1].probes.packets, 9, "the command line's where the file does not say");
    assert_eq!(texts(&plan, 1)[2], "Critical rtt.avg 300ms");
    assert_eq!(
        plan.items[2].probes,
        Probes { method: Method::Icmp, packets: 2, interval: Duration::from_millis(5), size: 8 }
    );
    assert!(plan.items[2].pmtu && plan.items[2].thresholds.len() == 1);
    assert_eq!(plan.items[3].probes.method, Method::Tcp(Port(443)));
    for (text, said) in [
        ("[[target]]\nhost = 'a b'", "-f f.toml: a b: a b: not a name"),
        ("[[target]]\nhost = 'a'\ncritical = '3'", "-f f.toml: a: -c 3: neither a pair"),
        ("[[target]]\nhost = 'a'\npackets = 0", "-f f.toml: a: packets 0: out of range: 1 <= value <= 65535"),
        ("[[target]]\nhost = 'a'\ntcp = 1\nudp = 2", "-f f.toml: a: tcp and udp: choose one"),
        ("[[target]]\nhost = 'a'\ninterval = '1x'", "-f f.toml: a: interval 1x: unknown unit"),
    ] {
        let refused = plan_of("rcheck -f f.toml", true, Some(text)).unwrap_err();
        assert!(refused.starts_with(said), "{refused}");
    }
}

#[test]
fn what_is_measured_follows_what_is_asked() {
    assert!(plan("rcheck --expect pmtu~>=~1400 h").items[0].pmtu);
    assert!(plan("rcheck --pmtu h").items[0].pmtu);
    assert!(plan("rcheck --trace h").items[0].trace && plan("rcheck -w hops=12 h").items[0].trace);
    assert_eq!(plan("rcheck --tcp 443 h").items[0].probes.method, Method::Tcp(Port(443)));
    assert_eq!(plan("rcheck --udp 53 h").items[0].probes.method, Method::Udp(Port(53)));
    assert_eq!(plan("rcheck --dns-failure critical h").dns_failure, State::Critical);
    assert_eq!(plan("rcheck -s eth0 h").sockets.device.as_deref(), Some("eth0"));
    let mixed = plan("rcheck -c rtt.p95=100ms -w 10ms,1% h");
    assert!(mixed.items[0].thresholds.iter().any(|t| t.severity == Severity::Critical && t.text == "rtt.p95=100ms"));
}

#[test]
fn bad_input_gets_one_line_that_shows_the_right_form() {
    for (line, said) in [
        ("rcheck", "no host to check; name at least one, as in: 127.0.0.1"),
        ("check_icmp", "No hosts to check"),
        ("rcheck -w rtt.p95 h", "-w rtt.p95: rtt.p95 of what? write rtt.p95=50ms"),
        ("rcheck -c 3 h", "-c 3: neither a pair nor metric=range: write 500ms,80% or rtt.p95=100ms"),
        ("rcheck -c rtt.p95=50 h", "-c rtt.p95=50: a time without a unit: write rtt.p95=50ms"),
        ("rcheck -c rtt.p95<50ms h", "-c rtt.p95<50ms: neither a pair nor metric=range"),
        ("rcheck --expect rtt.p95=50ms h", "--expect rtt.p95=50ms: a single =, which belongs to -w and -c"),
        ("rcheck -n 0 h", "-n 0: out of range: 1 <= value <= 65535"),
        ("rcheck -n many h", "-n many: not a whole number"),
        ("rcheck -i 1ms h", "-i 1ms: too short: users other than root may not go below 2ms"),
        ("rcheck -i 2h h", "-i 2h: too long: at most an hour"),
        ("rcheck -I x h", "-I x: not a duration"),
        ("rcheck -t 0 h", "-t 0: nothing can be known in no time"),
        ("rcheck -t -1 h", "-t -1: a duration cannot be negative"),
        ("rcheck -c 20s,80% h", "-t 10s: ends before the critical round-trip time of 20s has passed"),
        ("rcheck -l 0 h", "-l 0: out of range: 1 <= value <= 255"),
        ("rcheck -b 70000 h", "-b 70000: out of range: 0 <= value <= 65507"),
        ("rcheck -m x h", "-m x: not a whole number"),
        ("rcheck -m 2 h", "-m 2: more than there are targets: 1"),
        ("rcheck --dns-failure ok h", "--dns-failure ok: "),
        ("rcheck --textfile /tmp/x h", "--textfile /tmp/x: the collector reads only what ends in .prom"),
        ("rcheck --textfile .prom h", "--textfile .prom: the collector"),
        ("rcheck --socket tcp h", "--socket tcp: "),
        ("rcheck -s a/b h", "-s a/b: neither an address nor an interface's name"),
        ("rcheck -4 -6 h", "-4 and -6: choose one"),
        ("rcheck -6 192.0.2.1", "-6 192.0.2.1: an address of the other family"),
        ("rcheck --tcp 0 h", "--tcp 0: out of range: 1 <= value <= 65535"),
        ("rcheck --tcp 1 --udp 1 h", "--tcp and --udp: choose one"),
        ("rcheck --udp 53 -b 9 h", "-b does not go with --udp: the length of its probes is fixed"),
        ("rcheck -M 3.5 h", "-M 3.5: not WARNING,CRITICAL: write -M 3.5,3.0"),
        ("rcheck -R 1,x h", "-R x: not a duration"),
        ("rcheck a~b", "a b: not a name"),
        ("rcheck --nosuch h", "unknown option '--nosuch'"),
        ("rcheck -c", "--critical needs a value"),
    ] {
        let refused = plan_of(line, false, None).unwrap_err();
        assert!(refused.starts_with(said) && !refused.contains('\n'), "{line}: {refused}");
    }
}

proptest! {
    #[test]
    fn any_words_are_a_plan_or_one_line(words in proptest::collection::vec("(-[a-zA-Z46]|--[a-z]{2,8}|[@a-z0-9.:=,%<]{0,9})", 0..6)) {
        for name in ["rcheck", "check_icmp", "check_ping"] {
            if let Err(refused) = plan_of(&format!("{name} {}", words.join(" ")), false, None) {
                prop_assert!(!refused.contains('\n'), "{}", refused);
            }
        }
    }
}
