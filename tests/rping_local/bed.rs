//! What these tests share: the command under test, what it told, and a private `/etc`.

use std::os::fd::OwnedFd;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::lab::{self, Host, Output, Run, Running, eventually};
pub use crate::lab::{Dir, Etc};

/// The command under test.
pub const RPING: &str = env!("CARGO_BIN_EXE_rping");

/// What only rping's tests do with these.
pub trait Rping {
    /// rping that reads these files instead of the machine's.
    fn rping(&self, host: &Host, words: &str) -> Run;
}

impl Rping for Etc {
    fn rping(&self, host: &Host, words: &str) -> Run {
        self.run(host, RPING).words(words)
    }
}

/// rping in `host` with the words of a line.
pub fn rping(host: &Host, words: &str) -> Run {
    host.command(RPING).words(words)
}

/// What a run with `--json` told.
#[derive(Debug)]
pub struct Told(pub Vec<Value>);

impl Told {
    /// Reads every line; each must be a whole object.
    #[track_caller]
    pub fn of(out: &Output) -> Told {
        Told::from(&out.stdout)
    }

    /// Reads lines.
    #[track_caller]
    pub fn from(stdout: &str) -> Told {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e} in {line:?}"));
        Told(stdout.lines().map(parse).collect())
    }

    /// The events of this kind.
    pub fn all(&self, event: &str) -> Vec<&Value> {
        self.0.iter().filter(|e| e["event"] == event).collect()
    }

    /// The one event of this kind.
    #[track_caller]
    pub fn one(&self, event: &str) -> &Value {
        let all = self.all(event);
        assert_eq!(all.len(), 1, "{event} in {self:#?}");
        all[0]
    }

    /// The summary of the one target, its equations checked.
    #[track_caller]
    pub fn summary(&self) -> &Value {
        let summary = self.one("summary");
        check(summary);
        summary
    }

    /// All summaries, their equations checked.
    #[track_caller]
    pub fn summaries(&self) -> Vec<&Value> {
        let all = self.all("summary");
        all.iter().for_each(|s| check(s));
        all
    }
}

/// A counter.
#[track_caller]
pub fn n(summary: &Value, field: &str) -> u64 {
    summary[field].as_u64().unwrap_or_else(|| panic!("no number {field} in {summary}"))
}

/// `attempted = not_sent + sent`, `sent = replied + late + errors + lost + in_flight`.
#[track_caller]
fn check(s: &Value) {
    assert_eq!(n(s, "attempted"), n(s, "not_sent") + n(s, "sent"), "{s}");
    let settled = ["replied", "late", "errors", "lost", "in_flight"].map(|f| n(s, f)).iter().sum::<u64>();
    assert_eq!(n(s, "sent"), settled, "{s}");
    assert_eq!(n(s, "received"), n(s, "replied") + n(s, "late"), "{s}");
}

/// Whether a text holds nothing that paints a terminal.
pub fn is_plain(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() && c != '\n')
}

/// Waits until a pipe that nobody reads takes no more lines: it is as good as full, and nothing comes for so long that who
/// writes each millisecond has been refused.
#[track_caller]
fn wait_full(reader: &OwnedFd) {
    let waiting = || lab::sys::bytes_waiting(reader).unwrap();
    // A page of a pipe may end in room for less than a line.
    const NEARLY: usize = 50_000;
    let full = eventually(Duration::from_secs(30), || {
        let before = waiting();
        before > NEARLY
            && (0..20).all(|_| {
                thread::sleep(Duration::from_millis(20));
                before == waiting()
            })
    });
    assert!(full, "the pipe fills");
}

/// A run that can write no more, because the reader of its lines stands still.
#[track_caller]
pub fn stalled(host: &Host, words: &str) -> (OwnedFd, Running) {
    let (reader, writer) = nix::unistd::pipe().unwrap();
    let run = rping(host, "--json -i 0.001 127.0.0.1").words(words).stdout_to(writer).start();
    wait_full(&reader);
    (reader, run)
}
