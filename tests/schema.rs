//! `schema/events.json` and the JSON Lines report, held against each other: every event that can be written satisfies the
//! schema, every event of the schema is written, and what breaks a rule is caught.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "schema/link.rs"]
mod link;
#[path = "schema/neighbours.rs"]
mod neighbours;
#[path = "golden/sample.rs"]
mod sample;
#[path = "schema/scans.rs"]
mod scans;
#[path = "golden/sweep_sample.rs"]
mod sweep_sample;
#[path = "schema/sweeps.rs"]
mod sweeps;
#[path = "golden/trace_sample.rs"]
mod trace_sample;
#[path = "schema/validator.rs"]
mod validator;
#[path = "schema/verdicts.rs"]
mod verdicts;

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use rprobe::net::Exchange;
use rprobe::ping::{Counters, Note, Summary};
use rprobe::report::Host;
use rprobe::report::ping::{Json, Report, Run};
use sample::*;
use serde_json::{Value, json};
use validator::{check, schema};

/// What the report writes, line by line.
fn lines(run: Run, tell: impl FnOnce(&mut Json<'_>)) -> Vec<String> {
    let mut out = Vec::new();
    tell(&mut Json::new(Arc::new(run), Box::new(&mut out)));
    let text = String::from_utf8(out).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'));
    text.lines().map(str::to_owned).collect()
}

fn hosts() -> Vec<Host> {
    let plain = Host { ident: None, ..host("192.0.2.1", "192.0.2.1") };
    let named = Host {
        canonical: Some("six.example".into()),
        zone: Some("eth0".into()),
        source: Some(addr("fe80::2")),
        device: Some("eth0".into()),
        socket: "dgram",
        ..host("fe80::1%eth0", "fe80::1")
    };
    vec![plain, named]
}

/// Every event, in every state that matters.
fn everything() -> Vec<String> {
    let settings =
        Run { exchange: Exchange::Timestamp, count: Some(3), timeout: None, sample: Some(16), ..run(hosts()) };
    let full = Summary {
        rtt: rtts(&[21, 42, 84], true),
        counters: Counters { in_flight: 1, ..Counters::default() },
        ..summary(0, 3, 1)
    };
    let mut all = lines(run(hosts()), |report| report.start().unwrap());
    all.extend(lines(settings, |report| {
        report.start().unwrap();
        report.failed(&failed()).unwrap();
        every_note().iter().for_each(|n| report.note(n, &Book).unwrap());
        report.mtu(&mtu()).unwrap();
        report.status(&[summary(0, 3, 1), summary(1, 0, 0)]).unwrap();
        report.summary(&[summary(0, 3, 1), summary(1, 0, 0), full]).unwrap();
    }));
    all.extend(scans::everything());
    all.extend(sweeps::everything());
    all.extend(verdicts::lines());
    all.extend(trace_sample::json());
    all
}

#[test]
fn every_event_satisfies_the_schema_and_every_event_of_it_is_written() {
    let schema = schema();
    let mut seen = BTreeSet::new();
    for line in everything().into_iter().chain(link::everything()).chain(neighbours::everything()) {
        let value: Value = serde_json::from_str(&line).unwrap();
        check(&schema, &schema, &value, "event").unwrap_or_else(|why| panic!("{why}\n{line}"));
        seen.insert(value["event"].as_str().unwrap().to_owned());
    }
    let mut known = BTreeSet::new();
    for def in schema["$defs"].as_object().unwrap().values() {
        let event = &def["properties"]["event"];
        known.extend(event["const"].as_str().map(str::to_owned));
        known.extend(event["enum"].as_array().into_iter().flatten().map(|e| e.as_str().unwrap().to_owned()));
    }
    assert_eq!(seen, known);
}

#[test]
fn a_line_that_breaks_the_schema_is_caught() {
    let schema = schema();
    let lines = everything();
    let reply: Value = serde_json::from_str(lines.iter().find(|l| l.contains("\"event\":\"reply\"")).unwrap()).unwrap();
    let broken = |change: &dyn Fn(&mut Value)| {
        let mut value = reply.clone();
        change(&mut value);
        assert!(check(&schema, &schema, &value, "event").is_err(), "{value}");
    };
    broken(&|v| v["v"] = json!(2));
    broken(&|v| v["event"] = json!("pong"));
    broken(&|v| v["rtt_ns"] = json!("21000"));
    broken(&|v| v["rtt_ns"] = json!(0.021));
    broken(&|v| v["rtt_ns"] = json!(-1));
    broken(&|v| v["wire_seq"] = json!(65_536));
    broken(&|v| v["clock"] = json!("sundial"));
    broken(&|v| v["extra"] = json!(1));
    for key in reply.as_object().unwrap().keys() {
        broken(&|v| drop(v.as_object_mut().unwrap().remove(key)));
    }
}

#[test]
fn the_counters_of_a_summary_are_these_and_in_this_order() {
    let line = lines(run(hosts()), |report| report.summary(&[summary(0, 0, 0)]).unwrap()).remove(0);
    let counters = "target address attempted not_sent sent received replied late lost errors in_flight duplicates corrupt \
                    reordered foreign";
    let at = |key: &str| line.find(&format!("\"{key}\":")).unwrap_or_else(|| panic!("no {key} in {line}"));
    let places: Vec<usize> = counters.split_whitespace().map(at).collect();
    assert!(places.is_sorted(), "{line}");
    assert!(line.starts_with("{\"v\":1,\"event\":\"summary\",\"ts_ns\":1795259269820283000,\"target\":\"192.0.2.1\""));
    let value: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(
        (&value["loss"], &value["rtt"]["min_ns"], &value["rtt"]["percentiles"]),
        (&json!(null), &json!(null), &json!(null))
    );
}

#[test]
fn figures_are_whole_and_numbers() {
    let all = lines(run(hosts()), |report| {
        report.note(&Note::Reply(reply(70_000, 21)), &Book).unwrap();
        report.summary(&[summary(0, 3, 1)]).unwrap();
    });
    let value = |i: usize| serde_json::from_str::<Value>(&all[i]).unwrap();
    let (reply, end) = (value(0), value(1));
    assert_eq!((&reply["seq"], &reply["wire_seq"]), (&json!(70_000), &json!(4_464)));
    assert_eq!(
        (&reply["rtt_ns"], &reply["clock"], &reply["queue_ns"]),
        (&json!(21_000), &json!("kernel"), &json!(12_345))
    );
    assert_eq!((&end["sent"], &end["received"], &end["loss"]), (&json!(4), &json!(3), &json!(0.25)));
    assert_eq!((&end["rtt"]["avg_ns"], &end["loss_runs"]["longest"]), (&json!(22_000), &json!(1)));
}

#[test]
fn foreign_text_stays_within_its_line() {
    let nasty = Host { operand: "a\"\n\u{7}\u{9b}b".into(), ..host("", "192.0.2.1") };
    let all = lines(run(vec![nasty]), |report| report.start().unwrap());
    assert_eq!(all.len(), 1);
    assert_eq!(serde_json::from_str::<Value>(&all[0]).unwrap()["target"], json!("a\"\n\u{7}\u{9b}b"));
}

proptest! {
    /// Counters and times of any size, hostile ones too, make lines that satisfy the schema.
    #[test]
    fn any_summary_satisfies_the_schema(c in proptest::array::uniform6(any::<u32>()), ns in any::<u64>(), us in proptest::collection::vec(any::<u64>(), 0..4)) {
        let [replied, lost, late, errors, in_flight, not_sent] = c.map(u64::from);
        let sent = replied + lost + late + errors + in_flight;
        let counters = Counters { attempted: sent + not_sent, not_sent, sent, replied, late, errors, lost, in_flight, ..Counters::default() };
        prop_assert!(counters.balanced());
        let mut end = Summary { counters, took: std::time::Duration::from_nanos(ns), ..summary(0, 0, 0) };
        us.iter().for_each(|&n| end.rtt.record(std::time::Duration::from_nanos(n)));
        let line = lines(run(hosts()), |report| report.summary(&[end]).unwrap()).remove(0);
        let schema = schema();
        let value: Value = serde_json::from_str(&line).unwrap();
        prop_assert_eq!(check(&schema, &schema, &value, "event"), Ok(()));
    }
}
