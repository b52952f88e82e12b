//! Kernels that lack Landlock or filters: the command goes on with what there is, and only `-v` says so.

use crate::bed::{Place, RCHECK, RLINK, RPING, RSWEEP, RTRACE, field, reaches, silent_pair, threads};
use crate::lab::{self, Need};

const LANDLOCK: i64 = 444;
const SECCOMP: i64 = libc::SYS_seccomp;

#[test]
fn what_is_missing_is_named_where_more_is_asked_for_and_nothing_fails() {
    let Some(lab) = lab::start!(Need::Tool("cc"), Need::Tool("nft")) else { return };
    let (pair, place) = (silent_pair(&lab), Place::new(&lab));
    for (program, words, verbose) in [
        (RPING, "-c 1 127.0.0.1", "-v"),
        (RTRACE, "-n 127.0.0.1", "-v"),
        (RSWEEP, "127.0.0.1", "--verbose"),
        (RCHECK, "127.0.0.1", "-v"),
        (RLINK, "interfaces", "--verbose"),
        (RLINK, "send 02:00:00:00:00:77 -I eth0", "--verbose"),
    ] {
        for (absent, expect) in [
            (format!("{LANDLOCK},{SECCOMP}"), &["no Landlock", "no filter of system calls"][..]),
            (LANDLOCK.to_string(), &["no Landlock"]),
            (SECCOMP.to_string(), &["no filter of system calls"]),
            ("0".to_owned(), &[]),
        ] {
            let run = || place.load(pair.a.command(program).words(words)).env("SANDBOX_ABSENT", &absent);
            let out = run().output();
            assert_eq!(out.code(), Some(0), "{program} {words}: {out:#?}");
            assert!(!out.stderr.contains("sandbox"), "it is quiet: {out:#?}");
            let out = run().arg(verbose).output();
            assert_eq!(out.code(), Some(0), "{program} {words} {verbose}: {out:#?}");
            let said: Vec<&str> = out.stderr.lines().filter(|line| line.contains("sandbox: ")).collect();
            assert_eq!(said.len(), expect.len(), "{program} {words} without {absent}: {said:?}");
            for (line, what) in said.iter().zip(expect) {
                assert!(line.contains(what) && line.contains("not implemented"), "{line}");
            }
        }
    }
}

/// One of the two is better than none.
#[test]
fn one_of_both_is_used_without_the_other() {
    let Some(lab) = lab::start!(Need::Tool("cc"), Need::Tool("nft")) else { return };
    let (pair, place) = (silent_pair(&lab), Place::new(&lab));
    let run = |absent: i64| {
        place.load(pair.a.command(RPING).words("-i 0.1 127.0.0.1")).env("SANDBOX_ABSENT", &absent.to_string()).start()
    };
    let mut running = run(SECCOMP);
    running.wait_for(|out| out.contains("icmp_seq=2"));
    let outcomes = place.attempts(&running).remove(0);
    assert_eq!(field(&threads(running.pid())[0].1, "Seccomp"), "0");
    if rprobe::sys::landlock::version().is_ok() {
        assert_eq!((outcomes["create"], outcomes["exec"]), (libc::EACCES, libc::EACCES), "{outcomes:?}");
    }
    assert_eq!(outcomes["raw"], libc::EPERM, "there is no capability: {outcomes:?}");
    let running = run(LANDLOCK);
    reaches(&running, "Seccomp", "2");
    let outcomes = place.attempts(&running).remove(0);
    assert_eq!((outcomes["create"], outcomes["exec"], outcomes["raw"]), (0, libc::EPERM, libc::EPERM), "{outcomes:?}");
}
