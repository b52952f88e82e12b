//! What these tests share: runs of the binary, and the checks that every run must pass.

use serde_json::Value;

use crate::lab::{Host, Output, Run};
use crate::perfdata::Plugin;
use crate::told::{self, ended_well, loss_fits, number};

/// The binary under test.
pub const RCHECK: &str = env!("CARGO_BIN_EXE_rcheck");

/// A run of rcheck with the words of a line; `~` stands for a space within a word.
pub fn rcheck(host: &Host, words: &str) -> Run {
    let words = words.split_whitespace().map(|word| word.replace('~', " "));
    host.command(RCHECK).args(words)
}

/// What every run must be: ended by itself, with an exit code that its first line names.
#[track_caller]
pub fn told(out: &Output) -> Plugin {
    ended_well(out);
    let plugin = Plugin::read(&out.stdout);
    let code = ["OK", "WARNING", "CRITICAL", "UNKNOWN"].iter().position(|word| *word == plugin.state);
    assert_eq!(out.code().map(|code| code as usize), code, "{out:#?}");
    plugin
}

/// Runs, and the exit code must be this.
#[track_caller]
pub fn verdict(host: &Host, words: &str, code: i32) -> Plugin {
    let out = rcheck(host, words).output();
    assert_eq!(out.code(), Some(code), "{words}: {out:#?}");
    told(&out)
}

/// The events of a run with `--json`, held against the schema and against their own equations.
#[track_caller]
pub fn events(out: &Output) -> Vec<Value> {
    let events = told::events(out);
    for event in &events {
        assert_eq!(event["event"], "verdict");
        let n = |key| number(event, key);
        assert_eq!(n("attempted"), n("sent") + n("not_sent"), "{event}");
        assert_eq!(n("sent"), n("received") + n("lost") + n("errors") + n("in_flight"), "{event}");
        loss_fits(event);
        if n("received") == 0 {
            assert!(event["rtt"]["avg_ns"].is_null() && event["ttl"].is_null(), "{event}");
        }
    }
    events
}

/// The one event of a run with `--json`.
#[track_caller]
pub fn event(host: &Host, words: &str) -> Value {
    let out = rcheck(host, &format!("--json {words}")).output();
    let mut all = events(&out);
    assert_eq!(all.len(), 1, "{out:#?}");
    let one = all.remove(0);
    let code = ["ok", "warning", "critical", "unknown"].iter().position(|state| one["state"] == *state);
    assert_eq!(out.code().map(|code| code as usize), code, "{out:#?}");
    one
}
