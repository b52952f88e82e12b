//! What the tests of rtrace share: the ways to probe, runs of the binary, and the checks that every run must pass.

use std::time::Duration;

use serde_json::Value;

use crate::lab::{Host, Output, Run, Running};
pub(crate) use crate::told::{Heard, number};

/// The binary under test.
pub(crate) const RTRACE: &str = env!("CARGO_BIN_EXE_rtrace");

/// A method, a family and a kind of socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) method: &'static str,
    pub(crate) v4: bool,
    pub(crate) raw: bool,
}

const fn way(method: &'static str, v4: bool, raw: bool) -> Way {
    Way { method, v4, raw }
}

/// All ways to trace: TCP has raw sockets alone.
pub(crate) const WAYS: [Way; 10] = [
    way("-I", true, true),
    way("-I", true, false),
    way("-I", false, true),
    way("-I", false, false),
    way("-U", true, true),
    way("-U", true, false),
    way("-U", false, true),
    way("-U", false, false),
    way("-T", true, true),
    way("-T", false, true),
];

/// Those that see all that routers quote.
pub(crate) fn raw_ways() -> Vec<Way> {
    WAYS.into_iter().filter(|way| way.raw).collect()
}

impl Way {
    /// The address that this way traces in subnet `n` of a scenario: each way has its own, so that the responder counts
    /// each for itself.
    pub(crate) fn target(self, n: u32) -> String {
        let last = 1 + WAYS.iter().position(|way| *way == self).unwrap();
        if self.v4 { format!("10.9.{n}.{last}") } else { format!("fd00:9:{n}::{last:x}") }
    }

    /// The value of `--socket`.
    pub(crate) fn socket(self) -> &'static str {
        if self.raw { "raw" } else { "dgram" }
    }

    /// The address of one pair that this way meets.
    pub(crate) fn of<'a>(self, v4: &'a str, v6: &'a str) -> &'a str {
        if self.v4 { v4 } else { v6 }
    }

    /// A run with `--json`.
    pub(crate) fn json(self, host: &Host, words: &str) -> Run {
        json(host, words).args([self.method, "--socket", self.socket()])
    }
}

/// A run of rtrace with the words of a line.
pub(crate) fn rtrace(host: &Host, words: &str) -> Run {
    // On a busy machine the simulated network is slow, and silence is waited for accordingly.
    host.command(RTRACE).words(words).limit(Duration::from_secs(30))
}

/// The same with `--json`.
pub(crate) fn json(host: &Host, words: &str) -> Run {
    rtrace(host, words).arg("--json")
}

/// What a text run prints, and its exit code.
#[track_caller]
pub(crate) fn text(host: &Host, words: &str) -> (String, Option<i32>) {
    let out = rtrace(host, words).arg("-n").output();
    assert!(!out.killed && out.stderr.is_empty(), "{out:#?}");
    let code = out.code();
    (out.stdout, code)
}

/// The last line of a text.
pub(crate) fn last(text: &str) -> &str {
    text.lines().last().unwrap_or_default()
}

/// Subnet `n` of a scenario some ways, side by side.
#[track_caller]
pub(crate) fn subnet(ways: &[Way], host: &Host, n: u32, words: &str) -> Vec<(Way, Heard)> {
    let start = |way: &Way| (*way, way.json(host, words).arg(way.target(n)).start());
    heard(ways.iter().map(start).collect())
}

/// The end of a chain some ways, side by side.
#[track_caller]
pub(crate) fn far(ways: &[Way], host: &Host, [v4, v6]: &[String; 2], words: &str) -> Vec<(Way, Heard)> {
    let start = |way: &Way| (*way, way.json(host, words).arg(way.of(v4, v6)).start());
    heard(ways.iter().map(start).collect())
}

#[track_caller]
fn heard(runs: Vec<(Way, Running)>) -> Vec<(Way, Heard)> {
    runs.into_iter().map(|(way, run)| (way, Heard::new(run.wait()))).collect()
}

impl Heard {
    /// Reads the lines and checks what must hold of every run.
    #[track_caller]
    pub(crate) fn new(output: Output) -> Heard {
        let heard = Heard::read(output);
        for end in heard.events("summary") {
            heard.fits_the_hops(end);
        }
        heard
    }

    /// The path is that of the hops.
    #[track_caller]
    fn fits_the_hops(&self, end: &Value) {
        let hops: Vec<&Value> = self.events("hop").into_iter().filter(|hop| hop["target"] == end["target"]).collect();
        let path = end["path"].as_array().unwrap();
        assert_eq!(hops.len(), path.len(), "{self:#?}");
        for (hop, seen) in hops.iter().zip(path) {
            assert_eq!(hop["hop"], seen["hop"], "{self:#?}");
            for router in routers(hop) {
                assert!(seen["routers"].as_array().unwrap().contains(&router.into()), "{self:#?}");
            }
        }
        let numbers: Vec<u64> = hops.iter().map(|hop| number(hop, "hop")).collect();
        assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{numbers:?}");
    }

    /// A hop.
    #[track_caller]
    pub(crate) fn hop(&self, distance: u64) -> &Value {
        let hops = self.events("hop");
        hops.into_iter().find(|hop| hop["hop"] == distance).unwrap_or_else(|| panic!("no hop {distance}: {self:#?}"))
    }

    /// The answers of a hop.
    #[track_caller]
    pub(crate) fn answers(&self, distance: u64) -> Vec<&Value> {
        answers(self.hop(distance))
    }

    /// Who answers at each hop; "*" for nobody, several joined by "+".
    pub(crate) fn path(&self) -> Vec<String> {
        let path = self.summary()["path"].as_array().unwrap();
        let routers = |hop: &Value| -> Vec<String> {
            hop["routers"].as_array().unwrap().iter().map(|r| r.as_str().unwrap().to_owned()).collect()
        };
        path.iter().map(routers).map(|r| if r.is_empty() { "*".to_owned() } else { r.join("+") }).collect()
    }

    /// The exit code, and why it ended.
    #[track_caller]
    pub(crate) fn ends(&self, code: i32, why: &str) -> &Heard {
        assert_eq!((self.output.code(), self.summary()["ended"]["why"].as_str()), (Some(code), Some(why)), "{self:#?}");
        self
    }

    /// Reached at this distance.
    #[track_caller]
    pub(crate) fn reached_at(&self, distance: u64) -> &Heard {
        self.ends(0, "reached");
        assert_eq!(self.summary()["distance"], distance, "{self:#?}");
        self
    }
}

/// The answers of a `hop` event.
pub(crate) fn answers(hop: &Value) -> Vec<&Value> {
    hop["tries"].as_array().unwrap().iter().filter(|one| one["outcome"] == "answer").collect()
}

/// Who answered in a `hop` event, each once.
pub(crate) fn routers(hop: &Value) -> Vec<&str> {
    let mut routers: Vec<&str> = answers(hop).iter().map(|answer| answer["from"].as_str().unwrap()).collect();
    routers.sort_unstable();
    routers.dedup();
    routers
}
