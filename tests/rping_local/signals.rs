//! Signals: the first interrupt ends a run with what is known, the second at once; QUIT tells how things stand; a stopped
//! process makes nothing up.

use std::time::Duration;

use crate::bed::{Etc, Rping as _, Told, n, rping, stalled};
use crate::dns::Dns;
use crate::lab::{self, Capture, Need, Running, eventually};

const SECONDS: Duration = Duration::from_secs(20);

/// Times of the echo requests that left, nanoseconds.
fn departures(capture: Capture) -> Vec<u64> {
    let out = |m: &lab::Icmp| m.is_echo_request() && m.direction == lab::Direction::Out;
    capture.stop_icmp().iter().filter(|m| out(m)).map(|m| m.at_ns).collect()
}

fn started(lab: &lab::Lab, words: &str) -> (lab::Host, Running) {
    let host = lab.host("a");
    let mut run = rping(&host, words).start();
    run.wait_for(|out| out.contains("seq"));
    (host, run)
}

#[test]
fn an_interrupt_ends_the_run_with_its_summary_and_the_verdict_so_far() {
    let Some(lab) = lab::start!() else { return };
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        let (_host, run) = started(&lab, "-i 0.02 127.0.0.1");
        run.signal(signal);
        let out = run.wait();
        assert_eq!((out.code(), out.killed), (Some(0), false), "{signal}: {out:#?}");
        assert!(out.stdout.contains(" packets transmitted, "), "{}", out.stdout);
        assert!(out.stdout.lines().last().unwrap().starts_with("rtt min/avg/max/mdev = "), "{}", out.stdout);
        assert_eq!(out.said(), "");
    }
}

#[test]
fn an_interrupt_where_nothing_answered_is_a_no() {
    let Some(lab) = lab::start!(Need::Tool("nft")) else { return };
    let pair = lab.pair();
    pair.b.nft("table ip t { chain i { type filter hook input priority 0; drop; }; }");
    let mut run = rping(&pair.a, "--json -O -i 0.02 10.1.0.2").start();
    run.wait_for(|out| out.lines().count() > 3);
    run.signal(libc::SIGINT);
    let out = run.wait();
    assert_eq!(out.code(), Some(1), "{out:#?}");
    let told = Told::of(&out);
    assert!(n(told.summary(), "lost") == n(told.summary(), "sent") && n(told.summary(), "sent") > 0, "{out:#?}");
}

#[test]
fn several_hosts_all_have_their_summary_after_an_interrupt() {
    let Some(lab) = lab::start!() else { return };
    let (_host, run) = started(&lab, "--json -i 0.02 127.0.0.1 ::1 127.0.0.2");
    run.signal(libc::SIGINT);
    let out = run.wait();
    assert_eq!(Told::of(&out).summaries().len(), 3, "{out:#?}");
}

/// Whether a signal to a process has not been taken yet (`/proc/…/status`).
fn is_pending(run: &Running, signal: i32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{}/status", run.pid())).unwrap_or_default();
    let set = status.lines().find_map(|line| line.strip_prefix("ShdPnd:"));
    let set = set.and_then(|set| u64::from_str_radix(set.trim(), 16).ok()).unwrap_or(0);
    set >> (signal - 1) & 1 == 1
}

/// The first interrupt waits for a reader who stands still, up to a second; the second does not.
#[test]
fn a_second_interrupt_ends_at_once() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let (_reader, run) = stalled(&host, "");
    run.signal(libc::SIGINT);
    // Two that wait to be taken are one.
    assert!(eventually(SECONDS, || !is_pending(&run, libc::SIGINT)));
    run.signal(libc::SIGINT);
    let out = run.wait();
    assert_eq!((out.signal(), out.killed), (Some(libc::SIGINT), false), "{out:#?}");
}

#[test]
fn quit_tells_how_things_stand_and_the_run_goes_on() {
    let Some(lab) = lab::start!() else { return };
    let (_host, mut run) = started(&lab, "-i 0.02 127.0.0.1");
    run.signal(libc::SIGQUIT);
    assert!(eventually(SECONDS, || run.stderr_so_far().contains(" ms\n")), "{}", run.stderr_so_far());
    let status = run.stderr_so_far();
    assert!(status.contains(" packets, 0% loss, min/avg/ewma/max = "), "{status}");
    let lines = run.stdout_so_far().lines().count();
    run.wait_for(|out| out.lines().count() > lines + 2);
    run.signal(libc::SIGINT);
    assert_eq!(run.wait().code(), Some(0));
}

#[test]
fn programs_are_told_how_things_stand_by_an_event() {
    let Some(lab) = lab::start!() else { return };
    let (_host, mut run) = started(&lab, "-i 0.02 --json 127.0.0.1");
    run.signal(libc::SIGQUIT);
    run.wait_for(|out| out.contains("\"status\""));
    run.signal(libc::SIGINT);
    let out = run.wait().ok();
    let told = Told::of(&out);
    let counters = |event: &str| {
        let event = told.one(event);
        let [sent, ends @ ..] = ["sent", "replied", "late", "errors", "lost", "in_flight"].map(|field| n(event, field));
        assert_eq!(sent, ends.iter().sum::<u64>(), "{event}");
        sent
    };
    assert!(counters("status") <= counters("summary"));
    assert_eq!(out.said(), "");
}

#[test]
fn a_name_that_hangs_does_not_hold_an_interrupt_up() {
    let Some(lab) = lab::start!() else { return };
    let (host, etc) = (lab.host("a"), Etc::new(&lab, ""));
    let dns = Dns::silent(&host);
    for signal in [libc::SIGINT, libc::SIGTERM] {
        let before = dns.asked();
        let run = etc.rping(&host, "-c 1 127.0.0.1 hangs.test").limit(Duration::from_secs(4)).start();
        assert!(eventually(SECONDS, || dns.asked() > before), "the nameserver was asked");
        run.signal(signal);
        let out = run.wait();
        // The resolver itself would have taken five seconds or more.
        assert_eq!((out.signal(), out.killed), (Some(signal), false), "{out:#?}");
        assert_eq!(out.stdout, "");
    }
}

#[test]
fn what_the_caller_ignores_stays_ignored() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let mut run = host
        .command("sh")
        .args(["-c", "trap '' HUP; exec \"$@\"", "sh", crate::bed::RPING])
        .words("-i 0.02 127.0.0.1")
        .start();
    run.wait_for(|out| out.contains("icmp_seq=1"));
    run.signal(libc::SIGHUP);
    let lines = run.stdout_so_far().lines().count();
    run.wait_for(|out| out.lines().count() > lines + 3);
    run.signal(libc::SIGINT);
    assert_eq!(run.wait().code(), Some(0));
}

#[test]
fn a_stopped_run_skips_its_slots_and_makes_nothing_up() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let capture = pair.a.capture("eth0");
    let mut run = rping(&pair.a, "--json -c 40 -i 0.02 10.1.0.2").start();
    run.wait_for(|out| out.contains("\"seq\":3,"));
    run.signal(libc::SIGSTOP);
    std::thread::sleep(Duration::from_millis(500));
    run.signal(libc::SIGCONT);
    let out = run.wait();
    assert_eq!(out.code(), Some(0), "{out:#?}");
    let told = Told::of(&out);
    let summary = told.summary();
    assert_eq!((n(summary, "attempted"), n(summary, "replied")), (40, 40), "skipped slots are no probes: {summary}");
    let pause = told.all("skipped").iter().map(|s| n(s, "slots")).max().unwrap();
    assert!(n(summary, "skipped") >= pause);
    let times = departures(capture);
    assert_eq!(times.len(), 40);
    let gaps: Vec<u64> = times.windows(2).map(|w| w[1] - w[0]).collect();
    let longest = gaps.iter().enumerate().max_by_key(|(_, g)| **g).unwrap().0;
    // As many as the wire was silent for, half a second or what a busy machine made of it.
    let slots = gaps[longest] / 20_000_000;
    assert!(pause >= 20 && pause.abs_diff(slots) <= 2, "{pause} of {slots} slots of 20 ms: {out:#?}");
    // The three probes after the pause are not on top of each other.
    let burst = gaps.iter().skip(longest + 1).take(3).filter(|g| **g < 2_000_000).count();
    assert!(burst <= 2, "a burst after the pause: {gaps:?}");
}

/// What arrived while the process stood still was answered in time, and nothing of it is lost or late.
#[test]
fn a_pause_longer_than_the_time_out_loses_nothing() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let mut run = rping(&pair.a, "--json -c 30 -i 0.02 -W 0.3 10.1.0.2").start();
    run.wait_for(|out| out.contains("\"seq\":3,"));
    for _ in 0..3 {
        run.signal(libc::SIGSTOP);
        std::thread::sleep(Duration::from_millis(450));
        run.signal(libc::SIGCONT);
        std::thread::sleep(Duration::from_millis(30));
    }
    let out = run.wait();
    let told = Told::of(&out);
    let summary = told.summary();
    assert_eq!((n(summary, "replied"), n(summary, "late"), n(summary, "lost")), (30, 0, 0), "{summary}");
}
