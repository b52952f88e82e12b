//! The text of rping, line for line, against what Debian's `ping` prints in the same namespace about the same network:
//! called by its own name, and by a symbolic link named `ping`.
//!
//! Numbers that are times become `T`. Called as `ping`, nothing else may differ; under its own name rping may say more
//! between the two lines of statistics ([`EXTRA`]).

use std::path::PathBuf;
use std::sync::OnceLock;

use crate::bed::RPING;
use crate::lab::{self, Host, Need, Output, Running, Scenario};

/// Lines that only rping has, by what they end in or begin with.
const EXTRA: [&str; 8] = [
    " skipped, too late for the schedule",
    " truncated",
    " reordered",
    " in flight, neither answered nor lost",
    " foreign, not answers to these probes",
    "longest run of losses ",
    " probes, stamped by the kernel",
    " late, answered after the time-out",
];

/// A link to rping by the name of `ping`.
fn link() -> &'static PathBuf {
    static LINK: OnceLock<PathBuf> = OnceLock::new();
    LINK.get_or_init(|| {
        // One for each build, put in place at once: other processes may do the same now.
        let build = if cfg!(debug_assertions) { "debug" } else { "release" };
        let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{build}-links"));
        std::fs::create_dir_all(&dir).unwrap();
        let (link, new) = (dir.join("ping"), dir.join(std::process::id().to_string()));
        std::os::unix::fs::symlink(RPING, &new).unwrap();
        std::fs::rename(&new, &link).unwrap();
        link
    })
}

/// The text with times made alike.
pub(crate) fn alike(text: &str) -> Vec<String> {
    text.lines().map(line).collect()
}

fn line(line: &str) -> String {
    let mut out = line.to_owned();
    // Versions of iputils differ in the space before the address in parentheses of IPv6's first line.
    if let Some(rest) = out.strip_prefix("PING ") {
        if let Some((host, rest)) = rest.split_once('(').filter(|_| rest.ends_with("data bytes")) {
            out = format!("PING {} ({rest}", host.trim_end());
        }
    }
    for (before, after) in [("time=", " ms"), (", time ", "ms"), ("mdev = ", " ms"), ("ipg/ewma ", " ms"), ("[", "] ")]
    {
        let Some((head, rest)) = out.split_once(before) else { continue };
        let Some((figures, tail)) = rest.split_once(after) else { continue };
        if !figures.is_empty() && figures.chars().all(|c| c.is_ascii_digit() || "./".contains(c)) {
            out = format!("{head}{before}T{after}{tail}");
        }
    }
    // How many were out at once is the scheduler's affair, but where nothing was answered none is told.
    if let Some((head, tail)) = out.split_once(", pipe ") {
        let tail = tail.trim_start_matches(|c: char| c.is_ascii_digit());
        out = format!("{head}{tail}");
    }
    out
}

/// The three programs with the same words.
struct Three {
    words: String,
    ping: Running,
    link: Running,
    rping: Running,
}

impl Three {
    fn start(host: &Host, words: &str) -> Three {
        let run = |program: &str| host.command(program).words(words).env("LC_ALL", "C").start();
        Three { words: words.to_owned(), ping: run("ping"), link: run(link().to_str().unwrap()), rping: run(RPING) }
    }

    /// What the three say differently, if anything.
    fn difference(self) -> Option<String> {
        let Three { words, ping, link, rping } = self;
        let (ping, link, rping) = (ping.wait(), link.wait(), rping.wait());
        let show = |out: &Output| format!("{}\n{}{}", out.status, out.stdout, out.stderr);
        let extra = |l: &String| EXTRA.iter().any(|e| l.ends_with(e) || l.starts_with(e));
        let plain: Vec<String> = alike(&rping.stdout).into_iter().filter(|l| !extra(l)).collect();
        // Parsers take the last line: it is the one with the times, or empty.
        let last = |out: &Output| out.stdout.lines().last().map(|l| l.starts_with("rtt ") || l.is_empty());
        let expected = alike(&ping.stdout);
        let is_same = alike(&link.stdout) == expected
            && plain == expected
            && [link.code(), rping.code()] == [ping.code(); 2]
            && last(&rping) == last(&ping);
        (!is_same).then(|| format!("{words}\nping: {}\nas ping: {}\nrping: {}", show(&ping), show(&link), show(&rping)))
    }
}

/// Runs each line of words (`{}` is the address of a case, IPv4 and IPv6) with all three programs side by side.
#[track_caller]
fn compare(lab: &lab::Lab, lines: &[(&str, u32)]) {
    compare_to(lab, &[true, false], lines);
}

#[track_caller]
fn compare_to(lab: &lab::Lab, families: &[bool], lines: &[(&str, u32)]) {
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::load("rping_text"));
    let mut all = Vec::new();
    for (words, case) in lines {
        for v4 in families {
            let to = if *v4 { format!("10.9.{case}.1") } else { format!("fd00:9:{case}::1") };
            all.push(format!("{words} {to}"));
        }
    }
    // A machine that is busy makes ping itself lose an answer now and then: what differs must differ each time.
    let mut differences = Vec::new();
    for _ in 0..6 {
        let runs: Vec<(&String, Three)> = all.iter().map(|words| (words, Three::start(&host, words))).collect();
        differences = runs.into_iter().filter_map(|(words, run)| Some((words.clone(), run.difference()?))).collect();
        if differences.is_empty() {
            return;
        }
        all = differences.iter().map(|(words, _)| words.clone()).collect();
    }
    panic!("{}", differences.iter().map(|(_, how)| how.as_str()).collect::<Vec<_>>().join("\n"));
}

#[test]
fn replies_have_iputils_lines() {
    let Some(lab) = lab::start!(Need::Tool("ping")) else { return };
    compare(&lab, &[("-c 3 -i 0.05", 1), ("-n -c 3 -i 0.05", 1), ("-q -c 3 -i 0.05", 1), ("-D -c 3 -i 0.05", 1)]);
}

#[test]
fn sizes_and_patterns_have_iputils_lines() {
    let Some(lab) = lab::start!(Need::Tool("ping")) else { return };
    compare(
        &lab,
        &[
            ("-c 2 -i 0.05 -s 100 -t 40", 1),
            ("-c 2 -i 0.05 -p ff01", 1),
            ("-c 2 -i 0.05 -s 1000 -Q 16", 1),
            ("-c 2 -i 0.05 -a", 1),
        ],
    );
}

#[test]
fn probes_too_small_for_a_time_have_iputils_lines_but_for_the_time() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::load("rping_text"));
    // iputils has no time for these; ours is not carried in the payload.
    let out = crate::bed::rping(&host, "-n -c 2 -i 0.02 -s 0 10.9.1.1").output().ok().stdout;
    let lines = alike(&out);
    assert_eq!(lines[0], "PING 10.9.1.1 (10.9.1.1) 0(28) bytes of data.");
    assert_eq!(lines[1], "8 bytes from 10.9.1.1: icmp_seq=1 ttl=62 time=T ms");
}

#[test]
fn errors_have_iputils_lines() {
    let Some(lab) = lab::start!(Need::Tool("ping")) else { return };
    compare(&lab, &[("-n -c 3 -i 0.1", 2), ("-n -c 1", 3), ("-n -q -c 3 -i 0.1", 2), ("-n -D -c 1", 3)]);
}

#[test]
fn each_error_has_iputils_words() {
    let Some(lab) = lab::start!(Need::Tool("ping")) else { return };
    // An unknown code (21) is not shown to the ping socket that Debian's ping has.
    let v4: Vec<(&str, u32)> = (11..=20).map(|case| ("-n -c 1 -W 1", case)).collect();
    let v6: Vec<(&str, u32)> = [11, 12, 13, 14, 18, 19, 20, 21].map(|case| ("-n -c 1 -W 1", case)).to_vec();
    compare_to(&lab, &[true], &v4);
    compare_to(&lab, &[false], &v6);
}

#[test]
fn a_ttl_that_ends_on_the_way_has_iputils_lines() {
    let Some(lab) = lab::start!(Need::Tool("ping")) else { return };
    compare(&lab, &[("-n -c 1 -t 1", 1), ("-n -c 1 -t 2", 1)]);
}

#[test]
fn duplicates_have_iputils_lines() {
    let Some(lab) = lab::start!(Need::Tool("ping")) else { return };
    compare(&lab, &[("-n -c 3 -i 0.1", 4), ("-q -c 3 -i 0.1", 4)]);
}

#[test]
fn silence_has_iputils_lines() {
    let Some(lab) = lab::start!(Need::Tool("ping")) else { return };
    compare(
        &lab,
        &[("-n -c 3 -i 0.05 -W 0.5", 5), ("-n -c 3 -i 0.2 -W 0.5", 6), ("-q -c 2 -i 0.05 -W 0.5", 5), ("-c 1 -w 1", 5)],
    );
}

#[test]
fn what_is_outstanding_has_iputils_lines() {
    let Some(lab) = lab::start!(Need::Tool("ping")) else { return };
    compare(&lab, &[("-n -O -c 4 -i 0.2 -W 0.5", 6), ("-n -O -D -c 3 -i 0.2 -W 0.5", 5)]);
}

#[test]
fn oddities_have_iputils_lines() {
    let Some(lab) = lab::start!(Need::Tool("ping")) else { return };
    compare(&lab, &[("-n -c 3 -i 0.1 -W 0.5", 8)]);
}

#[test]
fn a_deadline_has_iputils_lines() {
    let Some(lab) = lab::start!(Need::Tool("ping")) else { return };
    compare(&lab, &[("-n -w 1 -i 0.4", 1), ("-n -w 1 -c 2 -i 0.1", 1)]);
}

#[test]
fn floods_and_adaptive_runs_have_iputils_lines() {
    let Some(lab) = lab::start!(Need::Tool("ping")) else { return };
    compare(&lab, &[("-n -A -c 5", 10), ("-q -f -c 20", 10), ("-n -l 3 -c 3 -i 0.1", 10)]);
}

#[test]
fn ip_options_have_iputils_lines() {
    let Some(lab) = lab::start!(Need::Tool("ping")) else { return };
    compare_to(&lab, &[true], &[("-n -R -c 2 -i 0.1", 1)]);
}
