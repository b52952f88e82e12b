//! Which reply answers which probe, and what kind of reply it is.

use rprobe::net::Exchange;
use rprobe::net::sim::{Act, Damage, Path, Rule, Sim};
use rprobe::ping::{Config, Pace, Pattern, Proof, ReplyKind};

use crate::bed::*;

fn with(act: Act) -> Sim {
    Sim::new(2, Path::new(ms(20))).rule(Rule::nth(2, act))
}

#[test]
fn a_duplicate_is_counted_apart_and_in_no_statistic() {
    let run = run(count(3), with(Act::Duplicate(2, ms(5))));
    let counters = run.counters();
    assert_eq!((counters.replied, counters.duplicates, run.summary().rtt.count()), (3, 2, 3));
    let times: Vec<_> = run.kind(ReplyKind::Duplicate).iter().map(|r| (r.number, r.rtt.unwrap().time)).collect();
    assert_eq!(times, [(2, ms(25)), (2, ms(30))]);
}

#[test]
fn duplicates_never_hide_losses() {
    let sim = with(Act::Lose).rule(Rule::nth(1, Act::Duplicate(5, ms(1))));
    let counters = run(count(3), sim).counters();
    assert_eq!((counters.replied, counters.lost, counters.duplicates), (2, 1, 5));
}

#[test]
fn a_damaged_reply_is_a_reply_and_in_no_statistic() {
    // A byte of the token, of the pattern, or of what no token protects; or only the checksum.
    for (damage, at, proof) in [
        (Damage::Byte(0), Some(0), Proof::Weak),
        (Damage::Byte(7), Some(7), Proof::Weak),
        (Damage::Byte(8), Some(8), Proof::Token),
        (Damage::Byte(55), Some(55), Proof::Token),
        (Damage::Checksum, None, Proof::Token),
        (Damage::Grown(4), Some(56), Proof::Token),
    ] {
        let run = run(count(3), with(Act::Damage(damage)));
        let counters = run.counters();
        assert_eq!((counters.replied, counters.corrupt, counters.foreign), (3, 1, 0), "{damage:?}");
        assert_eq!((counters.lost, run.summary().rtt.count()), (0, 2), "{damage:?}");
        let corrupt = run.kind(ReplyKind::Corrupt { at });
        assert_eq!((corrupt.len(), corrupt[0].number, corrupt[0].proof), (1, 2, proof), "{damage:?}");
        assert_eq!(corrupt[0].rtt.unwrap().time, ms(20), "its time is shown");
    }
}

#[test]
fn a_reply_that_is_somebody_elses_proves_nothing() {
    let run = run(count(3), with(Act::Damage(Damage::Payload)));
    let counters = run.counters();
    assert_eq!((counters.replied, counters.corrupt, counters.foreign, counters.lost), (2, 0, 1, 1));
}

#[test]
fn a_reply_cut_short_is_truncated() {
    let run1 = run(count(3), with(Act::Damage(Damage::CutTo(20))));
    let counters = run1.counters();
    assert_eq!((counters.replied, counters.truncated, counters.corrupt), (3, 1, 0));
    let good = run1.good();
    assert_eq!((good[1].truncated, good[1].bytes, good[0].truncated), (true, 28, false));
    // Cut within the token it proves nothing any more.
    let bare = run(count(3), with(Act::Damage(Damage::CutTo(7)))).counters();
    assert_eq!((bare.replied, bare.truncated, bare.foreign), (2, 0, 1));
}

#[test]
fn a_reply_from_another_address_is_named_and_settles_nothing() {
    let run = run(count(3), with(Act::From(ip("203.0.113.9"))));
    let counters = run.counters();
    assert_eq!((counters.replied, counters.lost, counters.foreign), (2, 1, 1));
    let wrong = run.kind(ReplyKind::WrongSource);
    assert_eq!((wrong[0].number, wrong[0].from.addr), (2, ip("203.0.113.9")));
    assert_eq!((wrong[0].counted, run.summary().rtt.count()), (false, 2));
}

#[test]
fn the_first_reply_counts_whatever_overtakes_it() {
    let run1 = run(Config { interval: ms(10), ..count(4) }, with(Act::Delay(ms(15))));
    let counters = run1.counters();
    assert_eq!((counters.replied, counters.reordered), (4, 1));
    let order: Vec<_> = run1.good().iter().map(|reply| (reply.number, reply.reordered)).collect();
    assert_eq!(order, [(1, false), (3, false), (2, true), (4, false)]);
    let lost = run(Config { interval: ms(10), ..count(4) }, with(Act::Lose));
    assert_eq!(lost.counters().reordered, 0, "loss is not reordering (RFC 4737 §3.3)");
}

#[test]
fn numbers_go_on_where_the_wire_begins_anew() {
    let config = Config { pace: Pace::Flood, ..count(70_000) };
    let sim = Sim::new(1, Path::new(ms(1))).rule(Rule::nth(66_000, Act::Duplicate(1, ms(2))));
    let run = run_within(config, sim, 10_000_000, None);
    let numbers: Vec<u64> = run.good().iter().map(|reply| reply.number).collect();
    assert_eq!(numbers, (1..=70_000).collect::<Vec<_>>());
    assert_eq!(run.kind(ReplyKind::Duplicate)[0].number, 66_000);
    assert_eq!(run.counters().foreign, 0);
}

#[test]
fn a_sequence_number_may_be_out_many_times_at_once() {
    // 200,000 probes in 2 s, each answered after 1.5 s: two to three share every sequence number.
    let config = Config { interval: us(10), ..count(200_000) };
    let run = run_within(config, Sim::new(3, Path::new(ms(1500))), 10_000_000, None);
    let counters = run.counters();
    assert_eq!((counters.replied, counters.duplicates, counters.foreign), (200_000, 0, 0));
    assert!(run.good().iter().all(|reply| reply.rtt.unwrap().time == ms(1500)));
    assert_eq!(run.summary().pipe, 150_001);
}

#[test]
fn small_probes_are_told_by_what_little_they_carry() {
    for size in [0, 4, 7] {
        let config = Config { size, ..count(4) };
        let sim = with(Act::Duplicate(1, ms(1))).rule(Rule::nth(3, Act::Lose));
        let run = run(config, sim);
        let counters = run.counters();
        assert_eq!((counters.replied, counters.duplicates, counters.lost, counters.foreign), (3, 1, 1, 0));
        assert!(run.replies().iter().all(|reply| reply.proof == Proof::Weak && reply.bytes == size + 8));
    }
    let damaged = run(Config { size: 4, ..count(2) }, with(Act::Damage(Damage::Byte(1))));
    assert_eq!(damaged.kind(ReplyKind::Corrupt { at: Some(1) }).len(), 1);
    let longer = run(Config { size: 4, ..count(2) }, with(Act::Damage(Damage::Grown(9))));
    assert_eq!((longer.counters().replied, longer.counters().foreign), (1, 1));
}

#[test]
fn a_pattern_is_checked_byte_for_byte() {
    let config = || Config { pattern: Pattern::Bytes(vec![0xca, 0xfe]), size: 1000, ..count(2) };
    assert_eq!(run(config(), with(Act::Duplicate(0, ms(0)))).counters().corrupt, 0);
    let damaged = run(config(), with(Act::Damage(Damage::Byte(999))));
    assert_eq!(damaged.kind(ReplyKind::Corrupt { at: Some(999) }).len(), 1);
}

#[test]
fn a_timestamp_exchange_tells_the_far_clock() {
    let config = || Config { exchange: Exchange::Timestamp, ..count(2) };
    for far in [0, 1234, -86_000, 40_000_000, -43_199_000] {
        let run = run(config(), Sim::new(1, Path::new(ms(20)).far_clock_ms(far)));
        assert_eq!(run.counters().replied, 2);
        for reply in run.good() {
            let offset = i64::from(reply.far.unwrap().offset_ms.unwrap());
            assert!((offset - far).abs() <= 1, "{offset} for {far}");
            assert_eq!((reply.proof, reply.bytes, reply.truncated), (Proof::Weak, 20, false));
        }
    }
}

#[test]
fn settled_probes_are_remembered_for_a_minute() {
    let sim = with(Act::Duplicate(1, secs(50)));
    assert_eq!(run(count(100), sim).counters().duplicates, 1);
    let sim = with(Act::Duplicate(1, secs(70)));
    let counters = run(count(100), sim).counters();
    assert_eq!((counters.duplicates, counters.foreign), (0, 1), "after that nobody knows whose it was");
}
