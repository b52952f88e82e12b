//! What these tests share: runs of the binary, and the checks that every run must pass.

use serde_json::Value;

use crate::lab::{Host, Output, Run};
use crate::perfdata::Plugin;
use crate::validator::{check, schema};

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
    assert!(!out.killed && out.signal().is_none(), "it did not end by itself: {out:#?}");
    assert!(!out.stderr.contains("panicked"), "{out:#?}");
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
    assert!(!out.killed && out.signal().is_none() && !out.stderr.contains("panicked"), "{out:#?}");
    let schema = schema();
    let read = |line: &str| {
        let event: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        check(&schema, &schema, &event, "event").unwrap_or_else(|why| panic!("{why}\n{line}"));
        assert_eq!(event["event"], "verdict");
        let n = |key: &str| event[key].as_u64().unwrap_or_else(|| panic!("{key} of {line}"));
        assert_eq!(n("attempted"), n("sent") + n("not_sent"), "{line}");
        assert_eq!(n("sent"), n("received") + n("lost") + n("errors") + n("in_flight"), "{line}");
        match n("sent") - n("in_flight") {
            0 => assert!(event["loss"].is_null(), "{line}"),
            settled => {
                let loss = (settled - n("received")) as f64 / settled as f64;
                assert!((event["loss"].as_f64().unwrap() - loss).abs() < 1e-9, "{line}");
            }
        }
        if n("received") == 0 {
            assert!(event["rtt"]["avg_ns"].is_null() && event["ttl"].is_null(), "{line}");
        }
        event
    };
    out.stdout.lines().map(read).collect()
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
