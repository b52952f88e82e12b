//! The commands that the manual pages show are run, on a real kernel, as a reader would type them.
//!
//! rcheck's are run in `tests/rcheck_live`, where Nagios and Icinga are at hand; those of README by `tests/readme.rs`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "man/examples.rs"]
mod examples;
mod lab;

use std::os::unix::fs::symlink;
use std::time::Duration;

use examples::{block, blocks};
use lab::{Dir, Host, Lab, Need, Running, eventually};

const COMMANDS: [&str; 5] = [
    env!("CARGO_BIN_EXE_rping"),
    env!("CARGO_BIN_EXE_rtrace"),
    env!("CARGO_BIN_EXE_rsweep"),
    env!("CARGO_BIN_EXE_rcheck"),
    env!("CARGO_BIN_EXE_rlink"),
];
const LIMIT: Duration = Duration::from_secs(60);

/// A directory with our commands in it, for the beginning of PATH and in place of /tmp.
fn bench(lab: &Lab) -> Dir {
    let dir = Dir::new(lab);
    for command in COMMANDS {
        symlink(command, dir.path(command.rsplit('/').next().unwrap())).unwrap();
    }
    dir
}

/// A block of a page, begun in a shell.
fn begin(host: &Host, dir: &Dir, script: &str) -> Running {
    let dir = dir.path("").display().to_string();
    let script = script.replace("/tmp/", &dir);
    let script = format!("set -e; PATH={dir}:$PATH:/usr/sbin:/sbin\n{script}");
    host.command("sh").args(["-c", &script]).limit(LIMIT).start()
}

/// A block of a page, run to its end, which is a good one.
fn run(host: &Host, dir: &Dir, script: &str) -> String {
    let out = begin(host, dir, script).wait();
    assert_eq!(out.code(), Some(0), "{script}\n{out:#?}");
    out.stdout
}

/// `rprobe-measuring(7)`: a capture has the same round trips as we.
#[test]
fn our_times_can_be_checked_against_a_capture() {
    let Some(lab) = lab::start!(Need::Tool("tcpdump"), Need::Tool("jq"), Need::Tool("awk"), Need::Tool("join")) else {
        return;
    };
    let pair = lab.pair();
    pair.a.address("eth0", "192.0.2.1/24");
    pair.b.address("eth0", "192.0.2.2/24");
    let dir = bench(&lab);
    let step = |name: &str| block("rprobe-measuring.7", &format!("step: {name}"));
    // tcpdump gives up root for a user that a lab of one user does not have.
    let capture = step("capture").replace("tcpdump ", "exec tcpdump -Z root ");
    let capture = begin(&pair.a, &dir, &capture);
    assert!(eventually(LIMIT, || capture.stderr_so_far().contains("listening on eth0")), "{capture:?}");
    run(&pair.a, &dir, &step("probe"));
    let captured = capture.wait();
    assert_eq!(captured.code(), Some(0), "{captured:#?}");
    run(&pair.a, &dir, &step("read"));
    let said = run(&pair.a, &dir, &step("compare"));
    let lines: Vec<Vec<f64>> =
        said.lines().map(|line| line.split(' ').map(|word| word.parse().unwrap()).collect()).collect();
    assert_eq!(lines.iter().map(|line| line[0]).collect::<Vec<_>>(), [1.0, 2.0, 3.0, 4.0, 5.0], "{said}");
    for line in &lines {
        let [_, ours, theirs, difference] = line[..] else { panic!("{said}") };
        assert!(ours > 0.0 && theirs > 0.0 && (theirs - ours - difference).abs() < 0.2, "{said}");
    }
}

/// Those for programs, which loopback answers.
#[test]
fn the_examples_of_the_page_of_events_work() {
    let Some(lab) = lab::start!(Need::Tool("jq")) else { return };
    let (host, dir) = (lab.host("a"), bench(&lab));
    let examples: Vec<String> =
        blocks("rprobe-json.7").into_iter().map(|(_, text)| text).filter(|text| text.contains(" jq ")).collect();
    assert_eq!(examples.len(), 5);
    let starts = [
        "{\"target\":\"127.0.0.1\",\"loss\":0,\"p50\":",
        "0.",
        "[\"127.0.0.1\"]",
        "127.0.0.",
        "{\"state\":\"ok\",\"loss\":0}",
    ];
    for (example, start) in examples.iter().zip(starts) {
        let said = run(&host, &dir, example);
        assert!(said.starts_with(start) && !said.contains("null"), "{example}\n{said}");
    }
}

/// rping(8), whose hosts are this one, and rtrace(8).
#[test]
fn the_examples_of_rping_and_rtrace_work() {
    let Some(lab) = lab::start!(Need::Tool("jq")) else { return };
    let (host, dir) = (lab.host("a"), bench(&lab));
    host.ip("address add 192.0.2.1/32 dev lo");
    let mut worked = 0;
    for page in ["rping.8", "rtrace.8"] {
        for (_, text) in
            blocks(page).iter().filter(|(_, text)| text.starts_with(&format!("{} -", &page[..page.len() - 2])))
        {
            // Of a table of commands each line is one.
            let each: Vec<&str> = if text.contains('|') { vec![text] } else { text.lines().collect() };
            for example in each {
                let said = run(&host, &dir, example);
                let arrived = [" 0% packet loss", "\nup\n", "\nreached ", "\"hop\":1", "\npath MTU "];
                let is_number = said.trim().parse::<u64>().is_ok();
                assert!(is_number || arrived.iter().any(|words| said.contains(words)), "{example}\n{said}");
                worked += 1;
            }
        }
    }
    assert!(worked > 5, "{worked}");
}
