//! Every line of every shape, as a string.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use super::*;
use crate::check::{Circumstances, Fate, Pair, Refusal, Severity, Unreachable, judge};
use crate::sys::errno::Errno;
use crate::units::{Family, Port, Ttl};
use crate::wire::icmp::IcmpError;

fn defaults() -> Vec<Threshold> {
    let mut all = Threshold::of_pair(Severity::Warning, Pair::WARNING).to_vec();
    all.extend(Threshold::of_pair(Severity::Critical, Pair::CRITICAL));
    all
}

/// A host with these round-trip times in microseconds, and so many probes lost.
fn host(name: &str, us: &[u64], lost: usize, thresholds: Vec<Threshold>) -> Checked {
    let mut fates = vec![Fate::Answered; us.len()];
    fates.extend(vec![Fate::Lost; lost]);
    let samples = Samples {
        fates,
        rtts: us.iter().map(|us| Duration::from_micros(*us)).collect(),
        ttl: (!us.is_empty()).then_some(Ttl(64)),
        clocks: [0, us.len() as u64, 0, 0],
        ..Samples::default()
    };
    of(name, samples, thresholds)
}

fn of(name: &str, samples: Samples, thresholds: Vec<Threshold>) -> Checked {
    let figures = Figures::of(&samples);
    let verdict = judge(&samples, &figures, &thresholds, Circumstances::default());
    Checked {
        target: name.to_owned(),
        name: name.to_owned(),
        address: Some("192.0.2.1".parse().unwrap()),
        zone: None,
        method: Method::Icmp,
        at: WallTime::from_ns(1_795_259_269_820_283_999),
        took: Duration::from_millis(20),
        samples,
        figures,
        thresholds,
        verdict,
        problem: None,
        cut: None,
    }
}

fn refused(ty: u8, code: u8) -> Checked {
    let error = IcmpError { family: Family::V4, ty, code, info: 0 };
    let unreachable = Some(Unreachable { from: "10.9.9.9".parse().unwrap(), what: Refusal::Icmp(error) });
    let samples = Samples { fates: vec![Fate::Refused; 5], unreachable, ..Samples::default() };
    of("h", samples, defaults())
}

fn text(line: &str) -> &str {
    line.split('|').next().unwrap()
}

fn data(line: &str) -> Vec<&str> {
    line.split('|').nth(1).unwrap_or("").split_whitespace().collect()
}

#[test]
fn check_icmp_as_2_4_has_it() {
    let ok = host("127.0.0.1", &[100, 200, 300, 20, 380], 0, defaults());
    assert_eq!(
        icmp_line(State::Ok, &[ok], Modes::DEFAULT),
        "OK - 127.0.0.1 rta 0.200ms lost 0%|rta=0.200ms;200.000;500.000;0; rtmax=0.380ms;;;; rtmin=0.020ms;;;; \
         pl=0%;40;80;0;100"
    );
    let down = host("h", &[], 5, defaults());
    assert_eq!(
        icmp_line(State::Critical, &[down], Modes::DEFAULT),
        "CRITICAL - h: rta nan, lost 100%|rta=U;200.000;500.000;0; rtmax=U;;;; rtmin=U;;;; pl=100%;40;80;0;100"
    );
    let slow = host("h", &[250_000; 5], 0, defaults());
    assert_eq!(text(&icmp_line(State::Warning, &[slow], Modes::DEFAULT)), "WARNING - h rta 250.000ms > 200.000ms");
    let lossy = host("h", &[1000, 1000], 3, defaults());
    assert_eq!(text(&icmp_line(State::Warning, &[lossy], Modes::DEFAULT)), "WARNING - h lost 60% > 40%");
}

#[test]
fn several_hosts_have_their_names_in_their_labels() {
    let hosts = [host("a", &[1000; 5], 0, defaults()), host("b", &[], 5, defaults())];
    let line = icmp_line(State::Critical, &hosts, Modes::DEFAULT);
    assert_eq!(text(&line), "CRITICAL - a :: b: rta nan, lost 100%");
    assert_eq!(data(&line)[0], "arta=1.000ms;200.000;500.000;0;");
    assert_eq!(data(&line)[7], "bpl=100%;40;80;0;100");
    let own = plugin::line(State::Critical, &hosts);
    assert_eq!(
        text(&own),
        "CRITICAL - a: rtt.avg 1.000ms, loss 0% :: b: no answer, loss 100%; CRITICAL loss 100% >= 80%; WARNING loss 100% >= 40%"
    );
    assert_eq!(data(&own).len(), 2 * 19);
}

#[test]
fn the_other_modes_of_2_4() {
    let mut thresholds = Vec::new();
    for (metric, text) in [("jitter.mean", "40ms"), ("mos.slac", "3.5"), ("score", "80"), ("reordered", "0")] {
        let range = if metric.starts_with('m') || metric.starts_with('s') { format!("{text}:") } else { text.into() };
        thresholds.push(Threshold::read(Severity::Warning, &format!("{metric}={range}")).unwrap());
    }
    let ok = host("h", &[1000, 2000, 4000], 0, thresholds);
    let modes = Modes { jitter: true, mos: true, score: true, order: true, ..Modes::NONE };
    assert_eq!(
        icmp_line(State::Ok, &[ok], modes),
        "OK - h jitter 1.500ms MOS 4.4 Score 92 Packets in order|jitter_avg=1.500ms;40.000;;0; jitter_max=2.000ms;;;; \
         jitter_min=1.000ms;;;; mos=4.4;3.5:;;0;5 score=92;80:;;0;100"
    );
    let order = Modes { order: true, ..Modes::NONE };
    assert_eq!(icmp_line(State::Ok, &[host("h", &[1], 0, vec![])], order), "OK - h Packets in order");
}

#[test]
fn errors_have_the_plugins_words() {
    for (ty, code, words) in [
        (3, 0, "Net unreachable"),
        (3, 1, "Host unreachable"),
        (3, 2, "Protocol unreachable (firewall?)"),
        (3, 3, "Port unreachable (firewall?)"),
        (3, 4, "Fragmentation needed"),
        (3, 5, "Source route failed"),
        (3, 6, "Unknown network"),
        (3, 7, "Unknown host"),
        (3, 8, "Source host isolated"),
        (3, 9, "Network denied (firewall?)"),
        (3, 10, "Host denied (firewall?)"),
        (3, 11, "Bad TOS for network (firewall?)"),
        (3, 12, "Bad TOS for host (firewall?)"),
        (3, 13, "Prohibited by filter (firewall)"),
        (3, 14, "Host precedence violation"),
        (3, 15, "Precedence cutoff"),
        (3, 16, "Invalid code"),
        (11, 0, "Time to live exceeded in transit"),
        (11, 1, "Fragment reassembly time exceeded"),
    ] {
        let line = icmp_line(State::Critical, &[refused(ty, code)], Modes::DEFAULT);
        assert_eq!(text(&line), format!("CRITICAL - h: {words} @ 10.9.9.9. rta nan, lost 100%"));
        let own = plugin::line(State::Critical, &[refused(ty, code)]);
        assert!(own.starts_with(&format!("CRITICAL - h: {words} @ 10.9.9.9, loss 100%")), "{own}");
    }
}

#[test]
fn check_ping_has_lines_of_its_own() {
    let ok = host("h", &[68, 68], 0, defaults());
    assert_eq!(
        ping_line(&ok),
        "PING OK - Packet loss = 0%, RTA = 0.07 ms|rta=0.068000ms;200.000000;500.000000;0.000000 pl=0%;40;80;0;"
    );
    let down = host("h", &[], 5, defaults());
    assert_eq!(ping_line(&down), "PING CRITICAL - Packet loss = 100%| rta=U;200.000000;500.000000;; pl=100%;40;80;0;");
    for (ty, code, words) in [
        (3, 0, "Network Unreachable"),
        (3, 1, "Host Unreachable"),
        (3, 3, "Bogus ICMP: Port Unreachable"),
        (3, 2, "Bogus ICMP: Protocol Unreachable"),
        (3, 9, "Network Prohibited"),
        (3, 10, "Host Prohibited"),
        (3, 13, "Packet Filtered"),
        (11, 0, "Time to live exceeded"),
        (3, 7, "Destination Unreachable"),
    ] {
        assert_eq!(ping_line(&refused(ty, code)), format!("CRITICAL - {words} (h)"));
    }
}

#[test]
fn our_own_line_says_what_alerts_and_why() {
    let read = |severity, text: &str| Threshold::read(severity, text).unwrap();
    let mut thresholds = vec![read(Severity::Warning, "rtt.p95=10ms"), read(Severity::Critical, "rtt.min=5ms:")];
    thresholds.extend(Threshold::expect("loss < 20%, jitter.mean == 0").unwrap());
    let checked = host("h", &[1000, 20_000, 20_000], 1, thresholds);
    let line = plugin::line(checked.verdict.state, std::slice::from_ref(&checked));
    assert_eq!(
        text(&line),
        "CRITICAL - h: rtt.avg 13.667ms, loss 25%; CRITICAL rtt.min 1.000ms below 5ms; CRITICAL loss 25% not < 20%; \
         CRITICAL jitter.mean 9.500ms not == 0ms; WARNING rtt.p95 20.000ms above 10ms"
    );
    let datum = |label: &str| data(&line).into_iter().find(|datum| datum.starts_with(label)).unwrap().to_owned();
    assert_eq!(datum("rtmin="), "rtmin=1.000ms;;5.000:;0;");
    assert_eq!(datum("rtt.p95="), "rtt.p95=20.000ms;10.000;;0;");
    assert_eq!(datum("pl="), "pl=25%;;20;0;100");
    let said = details(&checked);
    assert!(said.starts_with("h (192.0.2.1) icmp: CRITICAL; sent 4, received 3, late 0, lost 1,"), "{said}");
    assert!(said.contains("\n  CRITICAL loss 25% (loss < 20%), not < 20%\n"), "{said}");
}

#[test]
fn what_is_not_known_is_said_and_keeps_its_label() {
    let pmtu = Threshold::read(Severity::Critical, "pmtu=1400:").unwrap();
    let line = plugin::line(State::Unknown, &[host("h", &[1000], 0, vec![pmtu])]);
    assert_eq!(text(&line), "UNKNOWN - h: rtt.avg 1.000ms, loss 0%; pmtu is not known");
    assert!(line.ends_with(" pmtu=U;;1400:;;"), "{line}");
    let unsent = Samples { fates: vec![Fate::NotSent; 5], not_sent: Some(Errno(101)), ..Samples::default() };
    let unsent = of("h", unsent, defaults());
    let own = plugin::line(State::Unknown, std::slice::from_ref(&unsent));
    assert_eq!(text(&own), "UNKNOWN - h: nothing was sent: Network is unreachable");
    assert!(data(&own).contains(&"rta=U;200.000;500.000;0;") && data(&own).contains(&"pl=U;40;80;0;100"));
    let line = icmp_line(State::Unknown, &[unsent], Modes::DEFAULT);
    assert_eq!(text(&line), "UNKNOWN - h: nothing was sent: Network is unreachable");
}

#[test]
fn loss_is_never_cut_off() {
    for (lost, answered, said) in [(3, 2, "60"), (1, 2, "33.33"), (2, 1, "66.67"), (1, 199, "0.5"), (103, 97, "51.5")] {
        let checked = host("h", &vec![10; answered], lost, defaults());
        let state = checked.verdict.state;
        let line = icmp_line(state, &[checked], Modes::DEFAULT);
        assert!(line.contains(&format!(" pl={said}%;40;80;0;100")), "{line}");
    }
}

#[test]
fn no_name_breaks_the_line_or_what_is_behind_its_bar() {
    let mut nasty = host("core=1 'a'|b\n\u{1b}[31m", &[1000], 0, defaults());
    nasty.problem = Some("no | such\nname".to_owned());
    let several = [nasty.clone(), host("ok", &[1000], 0, defaults())];
    for line in [plugin::line(State::Ok, &several), icmp_line(State::Ok, &several, Modes::DEFAULT), ping_line(&nasty)] {
        assert!(line.matches('|').count() <= 1 && !line.contains(['\n', '\u{1b}']), "{line}");
    }
    let line = plugin::line(State::Ok, &several);
    assert!(line.contains("|'core1 ''a''b[31mrta'=1.000ms;"), "{line}");
}

#[test]
fn an_event_has_every_metric_and_why() {
    let mut thresholds = defaults();
    thresholds.extend(Threshold::expect("rtt.max < 3ms").unwrap());
    let mut checked = host("h", &[1000, 2000, 4000], 1, thresholds);
    checked.method = Method::Tcp(Port(443));
    let mut out = Vec::new();
    Json::new(Box::new(&mut out)).verdict(&checked).unwrap();
    let event: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(
        (&event["event"], &event["state"], &event["port"]),
        (&"verdict".into(), &"critical".into(), &443.into())
    );
    assert_eq!(event["rtt"]["max_ns"], 4_000_000);
    assert_eq!(event["loss"], 0.25);
    let last = event["thresholds"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["why"], &last["state"]), (&"not < 3ms".into(), &"critical".into()));
    assert_eq!(event["thresholds"][0]["why"], serde_json::Value::Null);
    assert_eq!(event["pmtu"], serde_json::Value::Null);
}

#[test]
fn a_textfile_keeps_every_series_whatever_happens() {
    let mut named = host("h\"\\\n", &[1000, 3000], 0, defaults());
    named.name = "core".into();
    let hosts = [named, host("down", &[], 5, defaults())];
    let text = textfile(&hosts, WallTime::from_ns(1_795_259_269_820_283_999));
    assert!(text.contains("# TYPE rcheck_rtt_avg_seconds gauge\n"), "{text}");
    assert!(text.contains(
        "rcheck_rtt_avg_seconds{target=\"h\\\"\\\\\\n\",name=\"core\",address=\"192.0.2.1\",method=\"icmp\",port=\"\"} 0.002\n"
    ));
    assert!(text.contains(
        "rcheck_rtt_avg_seconds{target=\"down\",name=\"down\",address=\"192.0.2.1\",method=\"icmp\",port=\"\"} NaN\n"
    ));
    assert!(text.contains("method=\"icmp\",port=\"\"} 2\n"), "the state of what is down");
    assert!(text.contains(
        "\nrcheck_loss_ratio{target=\"down\",name=\"down\",address=\"192.0.2.1\",method=\"icmp\",port=\"\"} 1\n"
    ));
    assert!(text.ends_with("rcheck_last_run_timestamp_seconds 1795259269.820\n"));
    // Each family of samples stands together, below its own two comments, for each host once.
    let names: Vec<&str> =
        text.lines().filter(|l| !l.starts_with('#')).map(|l| l.split(['{', ' ']).next().unwrap()).collect();
    let mut families = names.clone();
    families.dedup();
    assert_eq!(families.len(), text.matches("# TYPE").count());
    assert_eq!(names.len(), 2 * (families.len() - 1) + 1);
}
