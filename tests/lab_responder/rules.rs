//! What a scenario's rules do to answers: which are dropped, delayed, damaged, cut or marked, and how rules add up.

use std::net::IpAddr;

use crate::lab::responder::Network;
use crate::lab::responder::packet::ICMPV6;
use crate::packets::{MS, echo, one, read};
use crate::virtual_time::{network, seqs};

#[test]
fn rules_drop_by_sequence_number_by_count_and_by_chance() {
    let mut net = network("[[rule]]\nseq = [2, '4-5']\ndrop = true");
    let answered: Vec<u16> = (1..=6).filter(|s| !net.answer(0, &echo("10.9.1.1", *s, 64)).is_empty()).collect();
    assert_eq!(answered, [1, 3, 6]);

    let mut net = network("[[rule]]\nnth = '1-3'\ndrop = true");
    let answered: Vec<u16> = (1..=5).filter(|s| !net.answer(0, &echo("10.9.1.1", *s, 64)).is_empty()).collect();
    assert_eq!(answered, [4, 5]);
    assert!(net.answer(0, &echo("10.9.1.2", 6, 64)).is_empty(), "each address counts for itself");

    let mut net = network("[[rule]]\nevery = 3\ndrop = true");
    let answered = (1..=9).filter(|s| !net.answer(0, &echo("10.9.1.1", *s, 64)).is_empty()).count();
    assert_eq!(answered, 6);

    let lost = |mut net: Network| (1..=1000).filter(|s| net.answer(0, &echo("10.9.1.1", *s, 64)).is_empty()).count();
    let n = lost(network("[[rule]]\nchance = 0.1\ndrop = true"));
    assert!((70..130).contains(&n), "{n}");
    assert_eq!(n, lost(network("[[rule]]\nchance = 0.1\ndrop = true")), "the same seed, the same losses");
}

#[test]
fn rules_add_up() {
    let mut net = network(
        "[[rule]]
        delay = '10ms'
        [[rule]]
        seq = 7
        delay = '0.5s'
        copies = 2
        spacing = '3ms'",
    );
    assert_eq!(one(&net.answer(0, &echo("10.9.1.1", 1, 64))).0, 17 * MS);
    let times: Vec<u64> = net.answer(0, &echo("10.9.1.1", 7, 64)).iter().map(|d| d.0 / MS).collect();
    assert_eq!(times, [517, 520, 523]);
}

#[test]
fn an_answer_can_go_behind_later_ones() {
    let mut net = network("[[rule]]\nseq = 1\nbehind = 2");
    let mut due = Vec::new();
    for seq in 1..=4 {
        due.extend(net.answer(u64::from(seq) * MS, &echo("10.9.1.1", seq, 64)));
    }
    assert_eq!(seqs(&due), [2, 3, 1, 4]);
}

#[test]
fn jitter_stays_within_its_bound() {
    let mut net = network("[[rule]]\njitter = '5ms'");
    let times: Vec<u64> = (0..200).map(|s| one(&net.answer(0, &echo("10.9.1.1", s, 64))).0).collect();
    assert!(times.iter().all(|t| (7 * MS..=12 * MS).contains(t)));
    assert!(times.iter().max() > times.iter().min());
}

#[test]
fn answers_are_corrupted_where_the_rule_says() {
    for target in ["10.9.1.1", "fd00:9:1::1"] {
        let mut net = network(
            "[[rule]]
            seq = 1
            flip = [0, 20]
            [[rule]]
            seq = 2
            ident-add = 1
            [[rule]]
            seq = 3
            seq-add = 100
            [[rule]]
            seq = 4
            bad-checksum = true
            [[rule]]
            seq = 5
            write = { at = 8, hex = 'ffff ffff' }
            [[rule]]
            seq = 6
            source = ['10.9.9.9', 'fd00:9:9::9']
            reply-ttl = 3",
        );
        let mut get = |seq| one(&net.answer(0, &echo(target, seq, 64))).1;
        let flipped = get(1);
        assert!(flipped.checksum_ok);
        assert_eq!((flipped.message[8], flipped.message[9], flipped.message[28]), (!0, 1, !20));
        assert_eq!(get(2).ident, 0x4243);
        assert_eq!(get(3).seq, 103);
        assert!(!get(4).checksum_ok);
        assert_eq!(get(5).message[15..21], [7, 255, 255, 255, 255, 12]);
        let other = get(6);
        assert_eq!(other.ttl, 3);
        assert_eq!(other.src, if other.src.is_ipv4() { "10.9.9.9" } else { "fd00:9:9::9" }.parse::<IpAddr>().unwrap());
    }
}

#[test]
fn answers_are_cut() {
    let mut net = network(
        "[[rule]]
        seq = 1
        truncate = 30
        [[rule]]
        seq = 2
        truncate = 30
        keep-length = true
        [[rule]]
        seq = 3
        truncate = 50",
    );
    let honest = net.answer(0, &echo("10.9.1.1", 1, 64)).remove(0).1;
    assert_eq!((honest.len(), honest[3]), (30, 30));
    assert!(read(&honest).checksum_ok);
    let lying = net.answer(0, &echo("10.9.1.1", 2, 64)).remove(0).1;
    assert_eq!((lying.len(), lying[3]), (30, 84));
    let v6 = net.answer(0, &echo("fd00:9:1::1", 3, 64)).remove(0).1;
    assert_eq!((v6.len(), v6[5]), (50, 10));
    assert!(read(&v6).checksum_ok);
}

#[test]
fn answers_carry_ip_options() {
    let mut net = network("[[rule]]\noptions = '0101 01'");
    let v4 = net.answer(0, &echo("10.9.1.1", 1, 64)).remove(0).1;
    assert_eq!((v4[0], &v4[20..24]), (0x46, &[1, 1, 1, 0][..]));
    assert!(read(&v4).checksum_ok);
    let v6 = net.answer(0, &echo("fd00:9:1::1", 1, 64)).remove(0).1;
    assert_eq!((v6[6], v6[40]), (60, ICMPV6));
    assert_eq!(read(&v6).seq, 1, "behind a destination options header");
}

#[test]
fn strangers_flood_with_every_sequence_number() {
    let mut net = network("[[rule]]\nnth = 1\nstrangers = { count = 70000, gap = '10us', from = ['10.66.6.6'] }");
    let due = net.answer(0, &echo("10.9.1.1", 1, 64));
    assert_eq!(due.len(), 70_001);
    let last = read(&due[69_999].1);
    assert_eq!((due[69_999].0, last.seq, last.ident), (699_990_000, 4463, 0x4242));
    assert_eq!(last.src, "10.66.6.6".parse::<IpAddr>().unwrap());
    assert_eq!(net.answer(0, &echo("10.9.1.1", 2, 64)).len(), 1);
}
