//! Every probe ends in one state (DESIGN 3.4): replied, late, lost or in flight; duplicates and reordering beside it.

use crate::bed::{Heard, WAYS, every_way, number};
use crate::lab::responder::Record;
use crate::lab::{self, Scenario};

#[test]
fn loss_is_exact() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let net = lab.simulate(&host, Scenario::load("rping_fates"));
    for (way, heard) in every_way(&host, 1, "-c 6 -i 0.01 -W 1") {
        heard.counts("sent 6 replied 4 lost 2").exits(0);
        assert_eq!(heard.seqs("lost"), [3, 5], "{way:?}");
        assert_eq!(heard.seqs("reply"), [1, 2, 4, 6], "{way:?}");
        assert_eq!(number(&heard.summary()["loss_runs"], "runs"), 2);
    }
    assert_eq!(net.log().echoes().len(), 24);
}

#[test]
fn a_late_reply_is_told_from_a_lost_one() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::load("rping_fates"));
    for (way, heard) in every_way(&host, 2, "-c 5 -i 0.6 -W 1") {
        heard.counts("sent 5 replied 4 late 1 reordered 1").exits(0);
        assert_eq!((heard.seqs("lost"), heard.seqs("late")), (vec![1], vec![1]), "{way:?}");
        assert_eq!(heard.seqs("reply"), [2, 3, 4, 5]);
        let late = heard.events("late")[0];
        assert!(late["counted"] == false && number(late, "rtt_ns") >= 1_800_000_000, "{late}");
        assert_eq!(heard.summary()["loss"], 0.0);
    }
}

#[test]
fn what_is_in_flight_at_an_interrupt_is_not_lost() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::load("rping_fates"));
    let runs = WAYS.map(|way| way.json(&host, 3, "-i 0.05").start());
    for mut run in runs {
        run.wait_for(|out| out.matches("\"event\":\"reply\"").count() >= 4);
        run.signal(libc::SIGINT);
        let heard = Heard::new(run.wait());
        heard.exits(0);
        assert!(heard.count("in_flight") > 0 && heard.count("lost") == 0, "{heard:#?}");
        assert_eq!(heard.summary()["loss"], 0.0);
    }
}

#[test]
fn what_is_in_flight_at_the_deadline_is_not_lost() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::load("rping_fates"));
    for (_, heard) in every_way(&host, 3, "-i 0.05 -w 2") {
        heard.exits(0);
        assert!(heard.count("in_flight") > 0 && heard.count("lost") == 0, "{heard:#?}");
        assert_eq!(heard.summary()["loss"], 0.0);
    }
}

#[test]
fn where_nothing_ever_answered_nothing_is_in_flight() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let net = lab.simulate(&host, Scenario::load("rping_fates"));
    for (way, heard) in every_way(&host, 4, "-i 0.1 -w 1.5") {
        heard.exits(1);
        let seen = net.log().iter().filter(|s| s.dst.to_string() == way.target(4)).count() as u64;
        assert!(seen >= 2);
        heard.counts(&format!("sent {seen} lost {seen}"));
        assert_eq!(heard.summary()["loss"], 1.0);
        assert_eq!(number(&heard.summary()["loss_runs"], "longest"), seen);
    }
}

#[test]
fn an_interrupt_before_any_answer_still_brings_the_summary() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::load("rping_fates"));
    let runs = WAYS.map(|way| way.json(&host, 4, "-i 0.05").start());
    for mut run in runs {
        run.wait_for(|out| out.contains("\"start\""));
        run.signal(libc::SIGINT);
        let heard = Heard::new(run.wait());
        heard.exits(1);
        assert_eq!(heard.count("received"), 0);
    }
}

#[test]
fn duplicates_are_counted_apart_and_kept_out_of_the_times() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let net = lab.simulate(&host, Scenario::load("rping_fates"));
    for (way, heard) in every_way(&host, 5, "-c 10 -i 0.03") {
        heard.counts("sent 10 replied 10 duplicates 3").exits(0);
        let mut seqs = heard.seqs("duplicate");
        seqs.sort_unstable();
        assert_eq!(seqs, [2, 2, 4], "{way:?}");
        assert!(heard.events("duplicate").iter().all(|d| d["counted"] == false));
        assert_eq!(number(&heard.summary()["rtt"], "count"), 10);
        let sent: usize = net.log().iter().filter(|s| s.dst.to_string() == way.target(5)).map(|s| s.sent).sum();
        assert_eq!(sent as u64, heard.count("received") + heard.count("duplicates"));
    }
}

#[test]
fn duplicates_do_not_hide_loss() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::load("rping_fates"));
    for (_, heard) in every_way(&host, 8, "-c 6 -i 0.02 -W 1") {
        heard.counts("sent 6 replied 3 lost 3 duplicates 3");
        assert_eq!(heard.summary()["loss"], 0.5);
        assert_eq!(number(&heard.summary()["loss_runs"], "longest"), 3);
    }
}

#[test]
fn a_reply_behind_later_ones_is_reordered_and_good() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::load("rping_fates"));
    // One after another: the responder counts all answers that go before.
    for way in WAYS {
        let heard = Heard::new(way.json(&host, 6, "-c 5 -i 0.02").output());
        heard.counts("sent 5 replied 5 reordered 1").exits(0);
        assert_eq!(heard.seqs("reply"), [1, 3, 4, 2, 5], "{way:?}");
        let reordered: Vec<u64> =
            heard.events("reply").iter().filter(|e| e["reordered"] == true).map(|e| number(e, "seq")).collect();
        assert_eq!(reordered, [2]);
    }
}

#[test]
fn no_round_trip_is_shorter_than_the_network_s_delay() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::load("rping_fates"));
    for (way, heard) in every_way(&host, 7, "-c 10 -i 0.01") {
        heard.counts("sent 10 replied 10");
        let rtts: Vec<u64> = heard.events("reply").iter().map(|e| number(e, "rtt_ns")).collect();
        // 20 ms at the least; the upper bound is gross, for a loaded machine.
        assert!(rtts.iter().all(|rtt| (20_000_000..5_000_000_000).contains(rtt)), "{way:?} {rtts:?}");
        assert!(heard.events("reply").iter().all(|e| e["proof"] == "token"));
    }
}

#[test]
fn two_hosts_side_by_side_are_counted_apart() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::load("rping_fates"));
    let words = "-c 6 -i 0.01 -W 1 10.9.1.1 fd00:9:5::1 10.9.4.1";
    let heard = Heard::new(crate::bed::json(&host, words).output());
    heard.exits(1);
    let ends = heard.events("summary");
    let row = |i: usize| ["sent", "replied", "lost", "duplicates"].map(|c| number(ends[i], c));
    assert_eq!([row(0), row(1), row(2)], [[6, 4, 2, 0], [6, 6, 0, 3], [6, 0, 6, 0]], "{heard:#?}");
}
