//! rtrace's command line from the outside: bad input gets one line and exit code 2, before anything is sent.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod arguments;

use std::os::unix::ffi::OsStrExt;

use arguments::{Scratch, help_and_version, refused};
use assert_cmd::Command;

const RTRACE: &str = env!("CARGO_BIN_EXE_rtrace");

fn rtrace(words: &[&str]) -> Command {
    let mut command = Command::new(RTRACE);
    command.args(words).env_remove("NO_COLOR");
    command
}

#[test]
fn nonsense_gets_one_line_that_names_the_argument() {
    for (words, names) in [
        (&["-q", "0", "127.0.0.1"][..], "-q 0"),
        (&["-q", "11", "127.0.0.1"], "-q 11"),
        (&["-f", "0", "127.0.0.1"], "-f 0"),
        (&["-m", "256", "127.0.0.1"], "-m 256"),
        (&["-f", "9", "-m", "8", "127.0.0.1"], "-f 9"),
        (&["-N", "0", "127.0.0.1"], "-N 0"),
        (&["-N", "many", "127.0.0.1"], "-N many"),
        (&["-w", "0", "127.0.0.1"], "-w 0"),
        (&["-w", "-1", "127.0.0.1"], "-w -1"),
        (&["-w", "nan", "127.0.0.1"], "-w nan"),
        (&["-w", "1,x", "127.0.0.1"], "-w 1,x"),
        (&["-w", "1,2,3,4", "127.0.0.1"], "-w 1,2,3,4"),
        (&["-z", "soon", "127.0.0.1"], "-z soon"),
        (&["-z", "-5", "127.0.0.1"], "-z -5"),
        (&["--gap-limit", "-1", "127.0.0.1"], "--gap-limit -1"),
        (&["--rate", "0", "127.0.0.1"], "--rate 0"),
        (&["-U", "-p", "0", "127.0.0.1"], "-p 0"),
        (&["-U", "-p", "65536", "127.0.0.1"], "-p 65536"),
        (&["-p", "80", "127.0.0.1"], "-p and --sport"),
        (&["-T", "--sport", "http", "127.0.0.1"], "--sport http"),
        (&["-U", "--sport", "65535", "--flow", "9", "127.0.0.1"], "--sport 65535"),
        (&["-I", "-U", "127.0.0.1"], "-I, -U, -T"),
        (&["-M", "carrier-pigeon", "127.0.0.1"], "-M carrier-pigeon"),
        (&["--flow", "64", "127.0.0.1"], "--flow 64"),
        (&["-U", "--classic", "--dublin", "127.0.0.1"], "--classic and --dublin"),
        (&["-U", "--mtu", "--dublin", "127.0.0.1"], "--mtu and --dublin"),
        (&["--classic", "127.0.0.1"], "--classic"),
        (&["-T", "--dublin", "127.0.0.1"], "--dublin"),
        (&["-O", "syn", "127.0.0.1"], "-O"),
        (&["-T", "-O", "nonsense", "127.0.0.1"], "-O nonsense"),
        (&["-T", "-O", "mss=0", "127.0.0.1"], "mss 0"),
        (&["-t", "256", "127.0.0.1"], "-t 256"),
        (&["-l", "0x100000", "::1"], "-l 0x100000"),
        (&["-s", "here", "127.0.0.1"], "-s here"),
        (&["-s", "192.0.2.77", "127.0.0.1"], "192.0.2.77"),
        (&["-i", "nosuch", "127.0.0.1"], "-i nosuch"),
        (&["-g", "10.0.0.1", "127.0.0.1"], "-g 10.0.0.1"),
        (&["--fwmark", "x", "127.0.0.1"], "--fwmark x"),
        (&["--socket", "udp", "127.0.0.1"], "--socket udp"),
        (&["-T", "--socket", "dgram", "127.0.0.1"], "--socket dgram: -T"),
        (&["--color", "blue", "127.0.0.1"], "--color blue"),
        (&["--generate", "poem"], "--generate poem"),
        (&["--json", "--atlas", "127.0.0.1"], "--json"),
        (&["-A", "127.0.0.1"], "--asn-db"),
        (&["--asn-db", "/nonexistent/x", "127.0.0.1"], "--asn-db /nonexistent/x"),
        (&["--asn-db", "/dev/null", "127.0.0.1"], "--asn-db /dev/null"),
        (&["--asn-db", "x", "--asn-dns", "127.0.0.1"], "--asn-db and --asn-dns"),
        (&["--asn-zone", "nodot", "127.0.0.1"], "--asn-zone nodot"),
        (&["-4", "-6", "127.0.0.1"], "-4 and -6"),
        (&["-4", "::1"], "::1"),
        (&["-6", "127.0.0.1"], "127.0.0.1"),
        (&["127.0.0.1", "29"], "packet length 29"),
        (&["127.0.0.1", "65001"], "packet length 65001"),
        (&[""], "''"),
        (&[], "host"),
        (&["--no-such-option", "127.0.0.1"], "--no-such-option"),
        (&["127.0.0.1", "-m"], "--max-hops"),
        (&["\u{1b}[31m:"], "?[31m:"),
        (&["a\nb"], "a?b"),
        (&["fe80::1%nosuch0"], "fe80::1%nosuch0"),
        (&["fe80::1"], "fe80::1"),
    ] {
        let line = refused("rtrace", &mut rtrace(words));
        assert!(line.contains(names), "{words:?} answered by: {line}");
    }
}

#[test]
fn what_is_not_utf8_gets_one_line_too() {
    let bytes = std::ffi::OsStr::from_bytes(b"\xff\xfe");
    refused("rtrace", rtrace(&[]).arg(bytes));
    refused("rtrace", rtrace(&["-m"]).arg(bytes).arg("127.0.0.1"));
}

#[test]
fn help_and_version_are_asked_for() {
    help_and_version("rtrace", RTRACE, "--bleaching");
}

#[test]
fn a_link_of_a_peers_name_speaks_as_that_peer() {
    let dir = Scratch::new("links");
    let named = |name: &str| dir.called(RTRACE, name);
    assert!(refused("traceroute", named("traceroute").args(["-q", "0", "127.0.0.1"])).starts_with("-q 0: "));
    refused("traceroute6", named("traceroute6").arg("127.0.0.1"));
    assert_eq!(refused("tracepath", named("tracepath").args(["-x", "127.0.0.1"])), "unknown option '-x'");
    assert!(refused("tcptraceroute", named("tcptraceroute").args(["127.0.0.1", "0"])).starts_with("-p 0: "));
    refused("mytrace", named("mytrace").arg(""));
    let version = format!("traceroute from rprobe {}\n", env!("CARGO_PKG_VERSION"));
    named("traceroute").arg("-V").assert().success().stdout(version);
}
