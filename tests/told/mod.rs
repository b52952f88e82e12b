//! What a run with `--json` told: events of which each satisfies the schema, by a process that ended by itself, and counters
//! that add up, whichever command it was.
//!
//! What more must hold of a command's own events stands in the bed of its tests.
// Each test binary that includes this module uses a part of it.
#![allow(dead_code, unreachable_pub)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../schema/validator.rs"]
mod validator;

use std::fmt;

use serde_json::Value;

use crate::lab::Output;
use validator::{check, schema};

/// What every run must be: ended by itself, and not by a panic.
#[track_caller]
pub fn ended_well(output: &Output) {
    assert!(!output.killed && output.signal().is_none(), "it did not end by itself: {output:#?}");
    assert!(!output.stderr.contains("panicked"), "{output:#?}");
}

/// The events of a run, each held against the schema, each summary against its own equations.
#[track_caller]
pub fn events(output: &Output) -> Vec<Value> {
    ended_well(output);
    assert!(output.stdout.is_empty() || output.stdout.ends_with('\n'), "a line was cut: {output:#?}");
    let schema = schema();
    let read = |line: &str| {
        let event: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}\n{output:#?}"));
        check(&schema, &schema, &event, "event").unwrap_or_else(|why| panic!("{why}\n{line}"));
        if event["event"] == "summary" || event["event"] == "sweep_end" {
            adds_up(&event);
        }
        event
    };
    output.stdout.lines().map(read).collect()
}

/// Those of one name.
pub fn of<'a>(events: &'a [Value], name: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["event"] == name).collect()
}

/// What a run told, and its output, which is shown where something about it is wrong. Each bed adds what its command's
/// events mean.
pub struct Heard {
    pub events: Vec<Value>,
    pub output: Output,
}

impl fmt::Debug for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Output { status, stdout, stderr, .. } = &self.output;
        write!(f, "{status}\n{stdout}{stderr}")
    }
}

impl Heard {
    /// The events of a run of which each target has one beginning and one summary.
    #[track_caller]
    pub fn read(output: Output) -> Heard {
        let heard = Heard { events: events(&output), output };
        let (starts, ends) = (heard.events("start"), heard.events("summary"));
        assert_eq!(starts.len(), ends.len(), "one summary for each target, always: {heard:#?}");
        heard
    }

    /// The events of this name.
    pub fn events(&self, name: &str) -> Vec<&Value> {
        of(&self.events, name)
    }

    /// The one summary.
    #[track_caller]
    pub fn summary(&self) -> &Value {
        let ends = self.events("summary");
        assert_eq!(ends.len(), 1, "{self:#?}");
        ends[0]
    }
}

/// A field that is a whole number.
#[track_caller]
pub fn number(value: &Value, key: &str) -> u64 {
    value[key].as_u64().unwrap_or_else(|| panic!("{key} of {value}"))
}

/// The equations of a summary's counters, and the figures that follow from them.
#[track_caller]
pub fn adds_up(end: &Value) {
    let n = |counter| number(end, counter);
    assert_eq!(n("attempted"), n("not_sent") + n("sent"), "{end}");
    assert_eq!(n("sent"), n("replied") + n("late") + n("errors") + n("lost") + n("in_flight"), "{end}");
    assert_eq!(n("received"), n("replied") + n("late"), "{end}");
    assert!(n("corrupt") <= n("received"), "{end}");
    if end.get("loss").is_some() {
        loss_fits(end);
    }
    if let Some(rtt) = end.get("rtt").filter(|_| n("received") == 0) {
        assert!(rtt["min_ns"].is_null() && rtt["avg_ns"].is_null() && rtt["max_ns"].is_null(), "{end}");
    }
}

/// The loss figure is that of the probes that are no longer in flight, and `null` where there are none.
#[track_caller]
pub fn loss_fits(end: &Value) {
    let n = |counter| number(end, counter);
    match n("sent") - n("in_flight") {
        0 => assert!(end["loss"].is_null(), "{end}"),
        settled => {
            let loss = 1.0 - n("received") as f64 / settled as f64;
            assert!((end["loss"].as_f64().unwrap() - loss).abs() < 1e-9, "{end}");
        }
    }
}
