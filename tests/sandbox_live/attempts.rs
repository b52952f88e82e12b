//! Once it runs, no thread of a command can change a file, start a program or open a raw socket; with `--no-sandbox` it
//! could, so that it is the sandbox that refuses.

use std::collections::HashMap;

use crate::bed::{Place, RUNS, field, one_of_each, reaches, runs, silent_pair, threads};
use crate::lab::{self, Need};

/// The Landlock of this kernel.
fn landlock() -> i64 {
    rprobe::sys::landlock::version().map_or(0, i64::from)
}

/// What each attempt ends with.
#[track_caller]
fn refused(outcomes: &HashMap<String, i32>, run: &str) {
    for name in ["create", "overwrite", "truncate", "rename", "unlink", "fifo"] {
        assert_eq!(outcomes[name], libc::EACCES, "{name}, {run}: {outcomes:?}");
    }
    for name in ["exec", "ptrace", "raw", "raw6", "packet", "cooked", "unshare", "keyctl", "uring"] {
        assert_eq!(outcomes[name], libc::EPERM, "{name}, {run}: {outcomes:?}");
    }
    if landlock() >= 6 {
        assert_eq!(outcomes["signal"], libc::EPERM, "{run}: {outcomes:?}");
    }
}

#[track_caller]
fn goes_on(outcomes: &HashMap<String, i32>, run: &str) {
    for name in ["read", "udp", "tcp", "netlink", "local"] {
        assert_eq!(outcomes[name], 0, "{name}, {run}: {outcomes:?}");
    }
}

#[test]
fn once_it_runs_no_thread_can_change_a_file_start_a_program_or_open_a_raw_socket() {
    let Some(lab) = lab::start!(Need::Tool("cc"), Need::Tool("nft")) else { return };
    if landlock() == 0 {
        return lab.skip("this kernel has no Landlock");
    }
    let (pair, place) = (silent_pair(&lab), Place::new(&lab));
    for (program, words) in RUNS {
        let run = format!("{program} {words}");
        let running = place.load(pair.a.command(program).words(words)).start();
        reaches(&running, "Seccomp", "2");
        runs(&running, words);
        let all = place.attempts(&running);
        assert!(all.len() > 1 || !words.contains("-H") && !words.contains("--threads"), "{run}: {} threads", all.len());
        for outcomes in &all {
            refused(outcomes, &run);
            goes_on(outcomes, &run);
        }
        place.is_untouched();
        for (_, status) in threads(running.pid()) {
            assert_eq!((field(&status, "Seccomp"), field(&status, "NoNewPrivs")), ("2".into(), "1".into()), "{run}");
        }
        // It has been disturbed, and goes on.
        let mut running = running;
        assert!(!running.try_ended(), "{run}: {}", running.stderr_so_far());
        running.signal(libc::SIGTERM);
        let out = running.wait();
        assert!(!out.killed && !out.stderr.contains("panicked"), "{run}: {out:#?}");
    }
}

#[test]
fn without_the_sandbox_only_the_privilege_is_missing() {
    let Some(lab) = lab::start!(Need::Tool("cc"), Need::Tool("nft")) else { return };
    let (pair, place) = (silent_pair(&lab), Place::new(&lab));
    for (program, words) in one_of_each() {
        let run = format!("{program} {words}");
        let running = place.load(pair.a.command(program).words(words).arg("--no-sandbox")).start();
        reaches(&running, "NoNewPrivs", "1");
        std::fs::write(place.path("victim"), "untouched").unwrap();
        let outcomes = place.attempts(&running).remove(0);
        for name in ["create", "overwrite", "truncate", "rename", "fifo", "exec", "signal"] {
            assert_eq!(outcomes[name], 0, "{name}, {run}: {outcomes:?}");
        }
        for name in ["raw", "raw6", "packet", "cooked"] {
            assert_eq!(outcomes[name], libc::EPERM, "{name}, {run}: {outcomes:?}");
        }
        goes_on(&outcomes, &run);
        assert_eq!(field(&threads(running.pid())[0].1, "Seccomp"), "0", "{run}");
        for name in ["made", "moved", "fifo"] {
            let _ = std::fs::remove_file(place.path(name));
        }
        running.signal(libc::SIGTERM);
        running.wait();
    }
}
