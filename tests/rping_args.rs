//! rping's command line from the outside: bad input gets one line and exit code 2, before anything is probed.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod arguments;

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;

use arguments::{Scratch, help_and_version, refused};
use assert_cmd::Command;

const RPING: &str = env!("CARGO_BIN_EXE_rping");

fn rping(words: &[&str]) -> Command {
    let mut command = Command::new(RPING);
    command.args(words).env_remove("NO_COLOR").env_remove("IPUTILS_PING_PTR_LOOKUP");
    command
}

#[test]
fn nonsense_gets_one_line_that_names_the_argument() {
    for (words, names) in [
        (&["-c", "0", "127.0.0.1"][..], "-c 0"),
        (&["-c", "1.5", "127.0.0.1"], "-c 1.5"),
        (&["-c", "", "127.0.0.1"], "-c ''"),
        (&["-i", "-1", "127.0.0.1"], "-i -1"),
        (&["-i", "nan", "127.0.0.1"], "-i nan"),
        (&["-i", "1e9", "127.0.0.1"], "-i 1e9"),
        (&["-s", "99999", "127.0.0.1"], "-s 99999"),
        (&["-s", "-1", "127.0.0.1"], "-s -1"),
        (&["-t", "300", "127.0.0.1"], "-t 300"),
        (&["-I", "nosuch", "127.0.0.1"], "-I nosuch"),
        (&["-I", "192.0.2.77", "-c", "1", "127.0.0.1"], "-I 192.0.2.77"),
        (&["-Q", "xyz", "127.0.0.1"], "-Q xyz"),
        (&["-p", "zz", "127.0.0.1"], "-p zz"),
        (&["-W", "soon", "127.0.0.1"], "-W soon"),
        (&["-w", "1d", "127.0.0.1"], "-w 1d"),
        (&["-l", "0", "127.0.0.1"], "-l 0"),
        (&["-e", "65536", "127.0.0.1"], "-e 65536"),
        (&["-F", "0xfffff0", "::1"], "-F 0xfffff0"),
        (&["-M", "perhaps", "127.0.0.1"], "-M perhaps"),
        (&["-T", "perhaps", "127.0.0.1"], "-T perhaps"),
        (&["-N", "help", "::1"], "-N help"),
        (&["-S", "0", "127.0.0.1"], "-S 0"),
        (&["-m", "-1", "127.0.0.1"], "-m -1"),
        (&["--socket", "udp", "127.0.0.1"], "--socket udp"),
        (&["--color", "blue", "127.0.0.1"], "--color blue"),
        (&["--generate", "poem"], "--generate poem"),
        (&["--pcapng", "/nonexistent/x", "127.0.0.1"], "--pcapng /nonexistent/x"),
        (&["-4", "-6", "127.0.0.1"], "-4 and -6"),
        (&["-4", "::1"], "::1"),
        (&["-6", "127.0.0.1"], "127.0.0.1"),
        (&["--json", "--csv", "127.0.0.1"], "--json"),
        (&[""], "''"),
        (&[], "host"),
        (&["--no-such-option", "127.0.0.1"], "--no-such-option"),
        (&["-z", "127.0.0.1"], "-z"),
        (&["127.0.0.1", "-c"], "--count"),
        (&["\u{1b}[31m:"], "?[31m:"),
        (&["a\nb"], "a?b"),
        (&["fe80::1%nosuch0"], "fe80::1%nosuch0"),
        (&["fe80::1"], "fe80::1"),
    ] {
        let line = refused("rping", &mut rping(words));
        assert!(line.contains(names), "{words:?} answered by: {line}");
    }
    let long = "a".repeat(300);
    assert!(refused("rping", &mut rping(&[&long])).contains("253"));
}

#[test]
fn what_is_not_utf8_gets_one_line_too() {
    let bytes = std::ffi::OsStr::from_bytes(b"\xff\xfe");
    refused("rping", rping(&[]).arg(bytes));
    refused("rping", rping(&["-c"]).arg(bytes).arg("127.0.0.1"));
}

#[test]
fn without_privilege_limits_are_iputils_s_and_a_mark_is_refused() {
    let dir = Scratch::new("user");
    // The build directory may be closed to others.
    let copy = dir.path().join("rping");
    fs::copy(RPING, &copy).unwrap();
    let as_user = |words: &[&str]| {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--"]).arg(&copy);
        command.args(words);
        command
    };
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    let run = |words: &[&str]| refused("rping", &mut if is_root { as_user(words) } else { rping(words) });
    let flood = "cannot flood, minimal interval for user must be >= 2 ms, use -i 0.002 (or higher)";
    assert_eq!(run(&["-f", "127.0.0.1"]), format!("-f: {flood}"));
    assert_eq!(run(&["-i", "0.001", "127.0.0.1"]), format!("-i 0.001: {flood}"));
    assert!(run(&["-l", "4", "127.0.0.1"]).contains("cannot set preload to value greater than 3"));
    assert!(run(&["-i", ".1", "ff02::1%lo"]).contains("must be >= 1000 ms"));
    // Where not even a ping socket may be opened, that is the line.
    let mark = run(&["-m", "5", "-c", "1", "127.0.0.1"]);
    assert!(mark.starts_with("-m 5: ") || mark.contains("not permitted"), "{mark}");
}

#[test]
fn help_and_version_are_asked_for() {
    help_and_version("rping", RPING, "--count");
}

#[test]
fn a_link_of_the_peers_name_speaks_as_the_peer() {
    let dir = Scratch::new("links");
    let named = |name: &str| dir.called(RPING, name);
    assert!(refused("ping", named("ping").args(["-c", "0", "127.0.0.1"])).starts_with("-c 0: "));
    refused("ping6", named("ping6").arg("127.0.0.1"));
    refused("ping4", named("ping4").arg("::1"));
    refused("myping", named("myping").arg(""));
    let version = format!("ping from rprobe {}\n", env!("CARGO_PKG_VERSION"));
    named("ping").arg("-V").assert().success().stdout(version);
    // As ping has it: help is a usage error.
    named("ping").arg("-h").assert().code(2).stdout("");
}
