//! Readers of the output: one that leaves is no failure, one that is full costs lines and no probes, one that stands
//! still holds up neither probes' counters nor signals.

use std::fs::File;
use std::io::Read;

use crate::bed::{RPING, Told, rping, stalled};
use crate::lab;

#[test]
fn a_reader_that_leaves_ends_the_run_quietly() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    const SCRIPT: &str = r#"{ "$@"; echo "exit $?" >&2; } | head -n 1"#;
    for words in ["-i 0.05 127.0.0.1", "--json -i 0.05 127.0.0.1", "--csv -i 0.05 127.0.0.1 ::1", "-c 1 127.0.0.1"] {
        let run = host.command("sh").args(["-c", SCRIPT, "sh", RPING]).words(words);
        let out = run.output();
        assert_eq!(out.said(), "exit 0\n", "{words}: {out:#?}");
        assert_eq!(out.stdout.lines().count(), 1, "{words}: {out:#?}");
    }
    // Help and version, too.
    for words in ["--help", "--version", "--generate man"] {
        let run = host.command("sh").args(["-c", r#"{ "$@"; echo "exit $?" >&2; } | true"#, "sh", RPING]).words(words);
        assert_eq!(run.output().stderr, "exit 0\n", "{words}");
    }
}

#[test]
fn a_full_device_is_said_once_and_remembered() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    for words in ["-c 5 -i 0.01 127.0.0.1", "--json -c 5 -i 0.01 127.0.0.1", "--csv -c 5 -i 0.01 127.0.0.1"] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let out = rping(&host, words).stdout_to(full).output();
        assert_eq!(out.code(), Some(2), "{words}: {out:#?}");
        // A busy machine may have more to say: what was skipped.
        let full = out.stderr.lines().filter(|line| line.contains("standard output: No space left on device"));
        assert_eq!(full.count(), 1, "{words}: {}", out.stderr);
    }
    for words in ["--help", "--version"] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let out = rping(&host, words).stdout_to(full).output();
        assert_eq!((out.code(), out.stderr.lines().count()), (Some(2), 1), "{words}: {out:#?}");
    }
}

#[test]
fn a_full_device_ends_no_measurement() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let capture = pair.a.capture("eth0");
    let full = File::options().write(true).open("/dev/full").unwrap();
    rping(&pair.a, "-c 10 -i 0.01 10.1.0.2").stdout_to(full).output();
    assert_eq!(capture.stop_icmp().iter().filter(|m| m.is_echo_request()).count(), 10);
}

#[test]
fn closed_output_is_no_crash() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    for closed in ["exec \"$@\" >&-", "exec \"$@\" 2>&-", "exec \"$@\" <&- >&- 2>&-"] {
        let out = host.command("sh").args(["-c", closed, "sh", RPING]).words("-c 2 -i 0.01 127.0.0.1").output();
        assert!(!out.killed && out.signal().is_none(), "{closed}: {out:#?}");
        assert!(!out.stderr.contains("panicked"), "{closed}: {}", out.stderr);
    }
}

#[test]
fn a_reader_that_stands_still_gets_every_line_whole() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let (reader, run) = stalled(&host, "-c 400");
    let mut text = String::new();
    File::from(reader).read_to_string(&mut text).unwrap();
    let out = run.wait();
    assert_eq!((out.code(), out.said().as_str()), (Some(0), ""), "{out:#?}");
    let told = Told::from(&text);
    assert_eq!(told.all("reply").len() as u64, told.summary()["replied"].as_u64().unwrap());
    assert_eq!(told.all("reply").len(), 400);
}

#[test]
fn a_reader_that_stands_still_does_not_hold_an_interrupt_up() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let (_reader, run) = stalled(&host, "");
    run.signal(libc::SIGINT);
    let out = run.wait();
    assert_eq!((out.code(), out.killed), (Some(2), false), "lines were lost: {out:#?}");
}

#[test]
fn a_capture_that_is_full_ends_and_the_run_goes_on() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let out = rping(&host, "--json -c 5 -i 0.01 --pcapng /dev/full 127.0.0.1").output();
    assert_eq!(out.code(), Some(2), "{out:#?}");
    assert!(out.stderr.contains("--pcapng: No space left on device"), "{}", out.stderr);
    assert_eq!(out.said().lines().count(), 1, "{}", out.stderr);
    assert_eq!(Told::of(&out).all("reply").len(), 5);
    let out = rping(&host, "-c 1 --pcapng /nonexistent/x.pcapng 127.0.0.1").output();
    assert_eq!((out.code(), out.stderr.lines().count(), out.stdout.as_str()), (Some(2), 1, ""), "{out:#?}");
}
