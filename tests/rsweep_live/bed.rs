//! What these tests share: runs of the binary, and the checks that every run with `--json` must pass.

use serde_json::Value;

use crate::lab::{Host, Output, Run};
pub(crate) use crate::told::number;
use crate::told::{events, of};

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
        let told = Told { events: events(&output), output };
        let end = told.end();
        let summaries = told.of("summary");
        assert_eq!(summaries.len() as u64, number(end, "targets"));
        for counter in ["attempted", "not_sent", "sent", "replied", "late", "lost", "errors", "in_flight", "duplicates"]
        {
            let sum: u64 = summaries.iter().map(|summary| number(summary, counter)).sum();
            assert_eq!(sum, number(end, counter), "{counter}");
        }
        told
    }

    /// The events of this name.
    pub(crate) fn of(&self, name: &str) -> Vec<&Value> {
        of(&self.events, name)
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
