//! What the tests of rping share: the ways to probe, runs of the binary, and the checks that every run must pass.

use std::sync::atomic::{AtomicU16, Ordering};

use serde_json::Value;

use crate::lab::{Host, Output, Run, Running};
use crate::told::adds_up;
pub(crate) use crate::told::{Heard, number};

/// The binary under test.
pub(crate) const RPING: &str = env!("CARGO_BIN_EXE_rping");

/// A family and a kind of socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) v4: bool,
    pub(crate) raw: bool,
}

/// All ways to send an echo.
pub(crate) const WAYS: [Way; 4] = [
    Way { v4: true, raw: true },
    Way { v4: true, raw: false },
    Way { v4: false, raw: true },
    Way { v4: false, raw: false },
];

impl Way {
    /// The address that this way probes in case `n` of a scenario: each way has its own, so that the responder counts
    /// each for itself. `10.9.n.1`, `10.9.n.2`, `fd00:9:n::1`, `fd00:9:n::2`.
    pub(crate) fn target(self, case: u32) -> String {
        let last = if self.raw { 1 } else { 2 };
        if self.v4 { format!("10.9.{case}.{last}") } else { format!("fd00:9:{case}::{last}") }
    }

    /// The value of `--socket`.
    pub(crate) fn socket(self) -> &'static str {
        if self.raw { "raw" } else { "dgram" }
    }

    /// A run with `--json` towards this way's address of a case.
    ///
    /// Its ident is nobody else's: of so many random ones two are the same now and then, and what is for the one is foreign
    /// to the other.
    pub(crate) fn json(self, host: &Host, case: u32, words: &str) -> Run {
        static LAST: AtomicU16 = AtomicU16::new(20_000);
        let ident = LAST.fetch_add(1, Ordering::Relaxed).to_string();
        over(host, self.socket(), words).args(["-e", &ident]).arg(self.target(case))
    }
}

/// A run of rping with the words of a line.
pub(crate) fn rping(host: &Host, words: &str) -> Run {
    host.command(RPING).words(words)
}

/// The same with `--json`, without look-ups.
pub(crate) fn json(host: &Host, words: &str) -> Run {
    rping(host, words).args(["--json", "-n"])
}

/// A run with `--json` over one kind of socket.
pub(crate) fn over(host: &Host, socket: &str, words: &str) -> Run {
    json(host, words).args(["--socket", socket])
}

/// One case all four ways, side by side.
#[track_caller]
pub(crate) fn every_way(host: &Host, case: u32, words: &str) -> Vec<(Way, Heard)> {
    ways(&WAYS, host, case, words)
}

/// One case some ways, side by side.
#[track_caller]
pub(crate) fn ways(ways: &[Way], host: &Host, case: u32, words: &str) -> Vec<(Way, Heard)> {
    let runs: Vec<(Way, Running)> = ways.iter().map(|way| (*way, way.json(host, case, words).start())).collect();
    runs.into_iter().map(|(way, run)| (way, Heard::new(run.wait()))).collect()
}

/// The counters of a summary that are not the sum of others.
const COUNTERS: &str = "not_sent sent replied late lost errors in_flight duplicates corrupt reordered foreign";

impl Heard {
    /// Reads the lines and checks what must hold of every run whose lines are not kept from being printed (`-q`).
    #[track_caller]
    pub(crate) fn new(output: Output) -> Heard {
        let heard = Heard::quiet(output);
        for end in heard.events("summary") {
            heard.figures_fit_the_events(end);
        }
        heard
    }

    /// The same of a run with `-q`.
    #[track_caller]
    pub(crate) fn quiet(output: Output) -> Heard {
        let heard = Heard::read(output);
        for (start, end) in heard.events("start").iter().zip(heard.events("summary")) {
            assert_eq!(start["target"], end["target"]);
        }
        heard
    }

    /// The probe numbers of the events of this name, in order of their lines.
    pub(crate) fn seqs(&self, name: &str) -> Vec<u64> {
        self.events(name).iter().map(|e| number(e, "seq")).collect()
    }

    /// A counter of the one summary.
    #[track_caller]
    pub(crate) fn count(&self, counter: &str) -> u64 {
        number(self.summary(), counter)
    }

    /// The counters are exactly these (`"sent 5 replied 4 lost 1"`), all others 0.
    #[track_caller]
    pub(crate) fn counts(&self, expected: &str) -> &Heard {
        let words: Vec<&str> = expected.split_whitespace().collect();
        for word in words.iter().step_by(2) {
            assert!(COUNTERS.split(' ').any(|c| c == *word), "{word} is no counter");
        }
        let found: Vec<String> = COUNTERS
            .split(' ')
            .map(|c| (c, self.count(c)))
            .filter(|(c, n)| *n > 0 || words.contains(c))
            .map(|(c, n)| format!("{c} {n}"))
            .collect();
        let mut want: Vec<String> = words.chunks(2).map(|pair| pair.join(" ")).collect();
        let mut have = found.clone();
        want.sort();
        have.sort();
        assert_eq!(have, want, "{self:#?}");
        self
    }

    /// The exit code.
    #[track_caller]
    pub(crate) fn exits(&self, code: i32) -> &Heard {
        assert_eq!(self.output.code(), Some(code), "{self:#?}");
        self
    }

    /// The figures of a summary are those of its target's events.
    #[track_caller]
    fn figures_fit_the_events(&self, end: &Value) {
        let of = |name: &str| -> Vec<&Value> {
            self.events(name).into_iter().filter(|e| e["target"] == end["target"]).collect()
        };
        let n = |counter| number(end, counter) as usize;
        assert_eq!(n("replied") + n("late"), of("reply").len() + of("late").len() + of("corrupt").len(), "{self:#?}");
        assert_eq!(n("duplicates"), of("duplicate").len(), "{self:#?}");
        assert_eq!(n("corrupt"), of("corrupt").len(), "{self:#?}");
        assert_eq!(n("not_sent"), of("not_sent").len(), "{self:#?}");
        assert!(n("foreign") >= of("wrong_source").len(), "{self:#?}");
        assert!(n("errors") <= of("error").len() && n("lost") <= of("lost").len(), "{self:#?}");
        let counted: Vec<u64> = self
            .events
            .iter()
            .filter(|e| e["target"] == end["target"] && e["counted"] == true)
            .map(|e| {
                assert_eq!(e["event"], "reply", "only good replies enter the statistics: {e}");
                number(e, "rtt_ns")
            })
            .collect();
        let rtt = &end["rtt"];
        assert_eq!(number(rtt, "count"), counted.len() as u64, "{self:#?}");
        assert_eq!(rtt["min_ns"].as_u64(), counted.iter().min().copied(), "{self:#?}");
        assert_eq!(rtt["max_ns"].as_u64(), counted.iter().max().copied(), "{self:#?}");
        match rtt["avg_ns"].as_u64() {
            None => assert!(counted.is_empty(), "{self:#?}"),
            Some(avg) => {
                let mean = counted.iter().sum::<u64>() / counted.len() as u64;
                assert!(avg.abs_diff(mean) <= 1 + mean / 1_000_000, "{avg} is not {mean}: {self:#?}");
            }
        }
    }
}

#[test]
fn figures_that_do_not_add_up_are_caught() {
    let end = serde_json::json!({
        "attempted": 5, "not_sent": 1, "sent": 4, "received": 2, "replied": 2, "late": 0, "lost": 1, "errors": 0,
        "in_flight": 1, "corrupt": 0, "loss": 1.0 / 3.0, "rtt": { "min_ns": 1, "avg_ns": 1, "max_ns": 1 }
    });
    adds_up(&end);
    for (key, wrong) in [("attempted", 4), ("lost", 2), ("received", 3), ("loss", 0), ("corrupt", 3), ("in_flight", 0)]
    {
        let mut end = end.clone();
        end[key] = wrong.into();
        assert!(std::panic::catch_unwind(|| adds_up(&end)).is_err(), "{key}");
    }
}
