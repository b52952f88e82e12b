//! What these tests share: runs of the binary, and the checks that every run with `--json` must pass.

use serde_json::Value;

use crate::lab::{Host, Output, Run};
use crate::validator::{check, schema};

/// The binary under test.
pub(crate) const RSWEEP: &str = env!("CARGO_BIN_EXE_rsweep");

/// rsweep in `host` with the words of a line.
pub(crate) fn rsweep(host: &Host, words: &str) -> Run {
    host.command(RSWEEP).words(words)
}

/// What a run with `--json` told, checked.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) events: Vec<Value>,
    pub(crate) output: Output,
}

impl Told {
    #[track_caller]
    pub(crate) fn new(output: Output) -> Told {
        assert!(!output.killed && output.signal().is_none(), "it did not end by itself: {output:#?}");
        assert!(!output.stderr.contains("panicked"), "{output:#?}");
        let schema = schema();
        let event = |line: &str| {
            let value: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
            check(&schema, &schema, &value, "event").unwrap_or_else(|why| panic!("{why}\n{line}"));
            value
        };
        let told = Told { events: output.stdout.lines().map(event).collect(), output };
        let end = told.end();
        balanced(end);
        let summaries = told.of("summary");
        assert_eq!(summaries.len() as u64, number(end, "targets"));
        for counter in ["attempted", "not_sent", "sent", "replied", "late", "lost", "errors", "in_flight", "duplicates"]
        {
            let sum: u64 = summaries.iter().map(|summary| number(summary, counter)).sum();
            assert_eq!(sum, number(end, counter), "{counter}");
        }
        summaries.iter().for_each(|summary| balanced(summary));
        told
    }

    /// The events of this name.
    pub(crate) fn of(&self, name: &str) -> Vec<&Value> {
        self.events.iter().filter(|event| event["event"] == name).collect()
    }

    /// The targets of the events of this name, sorted.
    pub(crate) fn targets(&self, name: &str) -> Vec<&str> {
        let mut targets: Vec<&str> = self.of(name).iter().map(|event| event["target"].as_str().unwrap()).collect();
        targets.sort_unstable();
        targets
    }

    /// The closing event.
    #[track_caller]
    pub(crate) fn end(&self) -> &Value {
        self.events.last().filter(|event| event["event"] == "sweep_end").unwrap_or_else(|| panic!("{:#?}", self.output))
    }

    /// A counter of one host.
    #[track_caller]
    pub(crate) fn count(&self, target: &str, counter: &str) -> u64 {
        let mut of_host = self.of("summary").into_iter().filter(|event| event["target"] == target);
        number(of_host.next().unwrap_or_else(|| panic!("no {target}")), counter)
    }
}

/// The two equations of the counters.
#[track_caller]
pub(crate) fn balanced(end: &Value) {
    let n = |counter| number(end, counter);
    assert_eq!(n("attempted"), n("not_sent") + n("sent"), "{end}");
    assert_eq!(n("sent"), n("replied") + n("late") + n("errors") + n("lost") + n("in_flight"), "{end}");
    assert_eq!(n("received"), n("replied") + n("late"), "{end}");
}

/// A field that is a whole number.
#[track_caller]
pub(crate) fn number(value: &Value, key: &str) -> u64 {
    value[key].as_u64().unwrap_or_else(|| panic!("{key} of {value}"))
}
