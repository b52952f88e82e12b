//! What a command costs before and beside its probes, in counts that no busy machine changes: the libraries it loads, the
//! system calls before the first probe, the writes of a trace.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod lab;

use std::process::Command;

use lab::{Host, Need};

/// The system calls of a run that must go well, one a line, and what it said.
fn calls(host: &Host, program: &str, words: &str) -> (Vec<String>, String) {
    // Cargo's own path of libraries costs the loader a search.
    let strace = host.command("env").args(["-u", "LD_LIBRARY_PATH", "strace", "-f", "-o", "/dev/stderr", program]);
    let out = strace.args(words.split(' ')).output();
    assert_eq!(out.code(), Some(0), "{out:#?}");
    // Builds for debugging look at each descriptor before they close it.
    let calls = out.stderr.lines().filter(|call| !call.contains("F_GETFD"));
    (calls.map(str::to_owned).collect(), out.stdout)
}

/// On glibc the unwinder is part of the command, where the compiler that links has it as an archive (`build.rs`).
#[test]
#[cfg(all(target_env = "gnu", not(target_feature = "crt-static")))]
fn commands_load_the_c_library_alone() {
    let archive = Command::new("cc").arg("-print-file-name=libgcc_eh.a").output();
    if !archive.is_ok_and(|told| told.stdout.starts_with(b"/")) {
        return;
    }
    let all = [
        env!("CARGO_BIN_EXE_rping"),
        env!("CARGO_BIN_EXE_rtrace"),
        env!("CARGO_BIN_EXE_rsweep"),
        env!("CARGO_BIN_EXE_rcheck"),
        env!("CARGO_BIN_EXE_rlink"),
    ];
    for command in all {
        // The loader itself says what it loads.
        let told = Command::new(command).arg("--help").env("LD_TRACE_LOADED_OBJECTS", "1").output().unwrap();
        let told = String::from_utf8(told.stdout).unwrap();
        let others = told
            .lines()
            .filter(|line| !["libc.so", "libm.so", "ld-linux", "vdso"].iter().any(|known| line.contains(known)));
        assert_eq!(others.collect::<Vec<_>>(), Vec::<&str>::new(), "{command}");
        assert!(told.contains("libc.so"), "{told}");
    }
}

#[test]
fn few_system_calls_come_before_the_first_probe() {
    let Some(lab) = lab::start!(Need::Tool("strace")) else { return };
    let pair = lab.pair();
    let (calls, said) = calls(&pair.a, env!("CARGO_BIN_EXE_rcheck"), "-w 3s,40% -c 4s,80% 10.1.0.2");
    assert!(said.starts_with("OK - 10.1.0.2: "), "{said}");
    let first = calls.iter().position(|call| call.contains("sendmsg(") && call.contains("\"10.1.0.2\"")).unwrap();
    // How long it waits for stamps hangs on the machine.
    let waiting = ["sendmsg(", "recvmmsg(", "ppoll("];
    let before = calls.iter().take(first).filter(|call| !waiting.iter().any(|what| call.contains(what)));
    let count = before.count();
    assert!(count < 110, "{count}: {calls:#?}");
    let costly = ["/proc/self/maps", "libgcc_s"];
    let found = calls.iter().find(|call| costly.iter().any(|what| call.contains(what)));
    assert!(found.is_none() || cfg!(not(target_env = "gnu")), "{found:?}");
}

/// The kernel takes longer to compile a filter than a host next door to answer: it is attached when it is needed.
#[test]
fn the_first_stranger_calls_the_filter_in() {
    let Some(lab) = lab::start!(Need::Tool("strace")) else { return };
    let pair = lab.pair();
    for (target, family) in [("10.1.0.2", "-4"), ("fd00:1::2", "-6")] {
        let rping = env!("CARGO_BIN_EXE_rping");
        let attached = |words: &str| {
            let (calls, said) = calls(&pair.a, rping, &format!("--json --socket raw {family} {words} {target}"));
            let last: serde_json::Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
            let [replied, foreign] = ["replied", "foreign"].map(|field| last[field].as_u64().unwrap());
            assert_eq!(foreign, 0, "what the filter would drop is not told of: {said}");
            (replied, calls.iter().filter(|call| call.contains("SO_ATTACH_FILTER")).count())
        };
        assert_eq!(attached("-c 3 -i 0.01"), (3, 0), "nobody else is there");
        let others = pair.a.command(rping).args(["--socket", "raw", "-i", "0.002", "-q", target]).start();
        // The other begins when it likes.
        let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while attached("-c 30 -i 0.01") != (30, 1) {
            assert!(std::time::Instant::now() < until, "one filter is attached where a stranger is heard");
        }
        others.signal(2);
        assert_eq!(others.wait().code(), Some(0));
    }
}

/// Lines that are known at once leave by one write.
#[test]
fn a_trace_writes_no_more_often_than_it_waits() {
    let Some(lab) = lab::start!(Need::Tool("strace")) else { return };
    let chain = lab.chain(4);
    let (calls, said) = calls(&chain.a, env!("CARGO_BIN_EXE_rtrace"), &format!("-n {}", chain.far_v4()));
    assert!(said.lines().count() > 5, "{said}");
    let count = |is: &dyn Fn(&str) -> bool| calls.iter().filter(|call| is(call)).count();
    let writes = count(&|call| call.contains(" write("));
    // The wait for a reader is none for the network.
    let waits = count(&|call| call.contains(" ppoll(") && !call.contains("POLLOUT"));
    assert!((1..=waits + 1).contains(&writes), "{writes} writes, {waits} waits: {calls:#?}");
}
