//! When a run ends and with what exit code: counts, deadlines, conditions for scripts, and what is said meanwhile.

use crate::bed::{Heard, WAYS, every_way, number, rping, ways};
use crate::lab::responder::Record;
use crate::lab::{self, Host, Responder, Scenario};

/// Hosts that begin or cease to answer; the responder counts for each address.
fn moody(lab: &lab::Lab) -> (Host, Responder) {
    let scenario = "
        title = 'hosts that begin or cease to answer'
        [[hop]]
        address = ['10.255.1.1', 'fd00:ff:1::1']
        [[host]]
        prefix = ['10.9.0.0/16', 'fd00:9::/32']
        # 1: answers from the fifth on.
        [[rule]]
        to = ['10.9.1.0/24', 'fd00:9:1::/64']
        nth = '1-4'
        drop = true
        # 2: stops after five.
        [[rule]]
        to = ['10.9.2.0/24', 'fd00:9:2::/64']
        nth = '6-'
        drop = true
        # 3: an error instead, until the third.
        [[rule]]
        to = ['10.9.3.0/24', 'fd00:9:3::/64']
        nth = '1-3'
        error = { name = 'host-unreachable' }
        # 4: each second one is lost.
        [[rule]]
        to = ['10.9.4.0/24', 'fd00:9:4::/64']
        every = 2
        drop = true
        # 5: errors after five.
        [[rule]]
        to = ['10.9.5.0/24', 'fd00:9:5::/64']
        nth = '6-'
        error = { name = 'host-unreachable' }";
    let host = lab.host("a");
    let net = lab.simulate(&host, Scenario::parse(scenario));
    (host, net)
}

/// How many probes the responder saw at an address.
fn seen(net: &Responder, target: &str) -> u64 {
    net.log().echoes().iter().filter(|s| s.dst.to_string() == target).count() as u64
}

/// The replies, of which the `n`th ends the run: whatever came behind it had left when that came. (Where the machine stood
/// still, several probes leave together.)
#[track_caller]
fn ends_with(heard: &Heard, n: usize) -> Vec<u64> {
    let replies = heard.events("reply");
    let ns = |reply: &serde_json::Value, field| reply[field].as_u64().unwrap();
    let end = ns(replies.get(n - 1).unwrap_or_else(|| panic!("{heard:?}")), "ts_ns");
    for reply in replies.iter().skip(n) {
        assert!(ns(reply, "ts_ns") - ns(reply, "rtt_ns") < end + 1_000_000, "sent after the end: {heard:?}");
    }
    heard.seqs("reply")
}

#[test]
fn until_up_ends_after_so_many_replies_in_a_row() {
    let Some(lab) = lab::start!() else { return };
    let (host, net) = moody(&lab);
    for (way, heard) in every_way(&host, 1, "--until-up 3 -i 0.05 -W 2 -w 20") {
        heard.exits(0);
        let told = ends_with(&heard, 3);
        assert!(told.starts_with(&[5, 6, 7]), "{way:?} {heard:?}");
        assert_eq!(heard.count("replied"), told.len() as u64);
        assert_eq!(seen(&net, &way.target(1)), heard.count("sent"));
    }
    // Errors are no replies, and do not end it.
    for (way, heard) in every_way(&host, 3, "--until-up 2 -i 0.05 -W 2 -w 20") {
        heard.exits(0);
        assert!(ends_with(&heard, 2).starts_with(&[4, 5]), "{way:?} {heard:?}");
        assert_eq!(heard.seqs("error"), [1, 2, 3], "{way:?} {heard:?}");
    }
}

#[test]
fn until_up_that_runs_out_exits_with_1() {
    let Some(lab) = lab::start!() else { return };
    let (host, _net) = moody(&lab);
    for (_, heard) in every_way(&host, 4, "--until-up 2 -i 0.05 -c 6 -W 1") {
        heard.exits(1);
        heard.counts("sent 6 replied 3 lost 3");
    }
}

#[test]
fn until_down_ends_after_so_many_losses_in_a_row() {
    let Some(lab) = lab::start!() else { return };
    let (host, net) = moody(&lab);
    for (way, heard) in every_way(&host, 2, "--until-down 3 -i 0.05 -W 1 -w 20") {
        heard.exits(0);
        assert_eq!(heard.seqs("reply"), [1, 2, 3, 4, 5], "{way:?} {heard:?}");
        assert!(heard.count("lost") >= 3 && heard.count("sent") < 100, "{heard:?}");
        assert_eq!(seen(&net, &way.target(2)), heard.count("sent"));
    }
    for (_, heard) in every_way(&host, 5, "--until-down 2 -i 0.05 -W 1 -w 20") {
        heard.exits(0);
        assert_eq!(heard.seqs("error")[..2], [6, 7], "an error is no reply: {heard:?}");
    }
}

#[test]
fn until_down_that_runs_out_exits_with_1() {
    let Some(lab) = lab::start!() else { return };
    let (host, _net) = moody(&lab);
    for (_, heard) in every_way(&host, 4, "--until-down 2 -i 0.05 -c 6 -W 1") {
        heard.exits(1);
    }
    for (_, heard) in every_way(&host, 2, "--until-down 3 -i 0.05 -c 5 -W 1") {
        heard.exits(1).counts("sent 5 replied 5");
    }
}

#[test]
fn a_deadline_with_a_count_waits_for_so_many_replies() {
    let Some(lab) = lab::start!() else { return };
    let (host, _net) = moody(&lab);
    for (way, heard) in every_way(&host, 1, "-w 20 -c 2 -i 0.1") {
        heard.exits(0);
        assert!(heard.seqs("reply").starts_with(&[5, 6]), "{way:?} {heard:?}");
        assert!(heard.count("sent") >= 6);
    }
}

#[test]
fn a_deadline_ends_the_run_in_time() {
    let Some(lab) = lab::start!() else { return };
    let (host, _net) = moody(&lab);
    for (way, heard) in every_way(&host, 9, "-w 2 -i 0.2") {
        heard.exits(0);
        // 0, 200, … 1800 ms; 2000 may be the end already. A machine that stood still skipped some.
        assert!((2..=11).contains(&heard.count("sent")), "{way:?} {heard:?}");
        assert!(number(heard.summary(), "took_ns") >= 1_900_000_000);
    }
}

#[test]
fn what_is_outstanding_is_told_as_the_next_one_leaves() {
    let Some(lab) = lab::start!() else { return };
    let (host, _net) = moody(&lab);
    for (way, heard) in every_way(&host, 4, "-O -i 0.5 -c 5 -W 1.2") {
        assert_eq!(heard.seqs("unanswered"), [2, 4], "{way:?} {heard:?}");
        assert_eq!(heard.seqs("lost"), [2, 4]);
        heard.counts("sent 5 replied 3 lost 2");
    }
}

#[test]
fn exit_codes_say_whether_all_answered() {
    let Some(lab) = lab::start!() else { return };
    let (host, _net) = moody(&lab);
    let code = |words: &str| rping(&host, words).output().code();
    assert_eq!(code("-n -c 1 10.9.9.1 fd00:9:9::1"), Some(0));
    assert_eq!(code("-n -c 2 -i 0.05 -W 0.5 10.9.9.1 10.9.1.7"), Some(1), "one did not");
    assert_eq!(code("-n -c 1 10.9.9.1 fe80::1%nosuch0"), Some(2), "one could not be asked");
    assert_eq!(code("-n -c 0 10.9.9.1"), Some(2));
    assert_eq!(code("-n -w 0.3 -c 3 -i 0.05 -W 0.2 10.9.1.8"), Some(1));
}

#[test]
fn an_interrupt_brings_summary_and_verdict_and_a_second_one_ends_at_once() {
    let Some(lab) = lab::start!() else { return };
    let (host, net) = moody(&lab);
    for signal in [libc::SIGINT, libc::SIGTERM] {
        let mut run = WAYS[0].json(&host, 9, "-i 0.05").start();
        run.wait_for(|out| out.matches("\"reply\"").count() >= 3);
        run.signal(signal);
        let heard = Heard::new(run.wait());
        heard.exits(0);
        assert!(heard.count("replied") >= 3 && heard.count("lost") == 0, "{heard:?}");
    }
    assert!(seen(&net, "10.9.9.1") >= 6);
    let mut run = rping(&host, "-n -i 0.05 10.9.9.1").start();
    run.wait_for(|out| out.contains("icmp_seq=2"));
    run.signal(libc::SIGQUIT);
    run.wait_for(|out| out.contains("icmp_seq=6"));
    assert!(run.stderr_so_far().contains("packets, 0% loss, min/avg/ewma/max = "), "{}", run.stderr_so_far());
    run.signal(libc::SIGINT);
    let out = run.wait().ok();
    assert!(out.stdout.lines().last().unwrap().starts_with("rtt min/avg/max/mdev = "), "{out:?}");
}

#[test]
fn a_window_of_preloaded_probes_leaves_at_once() {
    let Some(lab) = lab::start!() else { return };
    let (host, net) = moody(&lab);
    for (way, heard) in ways(&WAYS, &host, 9, "-l 5 -c 6 -i 1.5") {
        heard.counts("sent 6 replied 6");
        let times: Vec<u64> =
            net.log().echoes().iter().filter(|s| s.dst.to_string() == way.target(9)).map(|s| s.at_ns).collect();
        assert_eq!(times.len(), 6);
        assert!(times[4] - times[0] < times[5] - times[4], "{way:?} {times:?}");
    }
}

#[test]
fn a_script_interrupts_what_it_started_in_the_background() {
    let Some(lab) = lab::start!() else { return };
    let (host, _net) = moody(&lab);
    // A shell without job control has it ignore interrupts; scripts interrupt a ping for its summary all the same.
    let script = format!("{} -n -i 0.05 -w 30 10.9.9.1 & sleep 2; kill -INT $!; wait $!", crate::bed::RPING);
    let out = host.command("sh").args(["-c", &script]).output().ok();
    assert!(out.stdout.lines().last().unwrap().starts_with("rtt min/avg/max/mdev = "), "{out:?}");
    assert!(out.elapsed < std::time::Duration::from_secs(29), "it ended by its deadline: {out:?}");
}
