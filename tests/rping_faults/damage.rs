//! Replies that are damaged, cut, dressed up or from elsewhere: what they count as, and that no time comes from them.

use serde_json::Value;

use crate::bed::{Heard, WAYS, Way, every_way, number, ways};
use crate::lab::{self, Host, Responder, Scenario};

const FIVE: &str = "-c 5 -i 0.01 -W 1";

/// What the third reply was told as.
fn third(heard: &Heard) -> Vec<&Value> {
    let is = |e: &&Value| e["seq"] == 3 && e["event"] != "lost";
    heard.events.iter().filter(is).collect()
}

/// The network of `rping_damage.toml` in front of a host.
fn damage(lab: &lab::Lab) -> (Host, Responder) {
    let host = lab.host("a");
    let net = lab.simulate(&host, Scenario::load("rping_damage"));
    (host, net)
}

#[test]
fn a_damaged_payload_is_corrupt_and_names_its_byte() {
    let Some(lab) = lab::start!() else { return };
    let (host, _net) = damage(&lab);
    for (case, byte, proof) in [(1, 20, "token"), (2, 3, "weak"), (11, 8, "token")] {
        for (way, heard) in every_way(&host, case, FIVE) {
            heard.counts("sent 5 replied 5 corrupt 1").exits(0);
            let [event] = third(&heard)[..] else { panic!("{way:?} {heard:#?}") };
            assert_eq!((&event["event"], number(event, "wrong_byte")), (&"corrupt".into(), byte), "{way:?} {event}");
            assert_eq!((&event["counted"], &event["proof"]), (&false.into(), &proof.into()), "{way:?} {event}");
            assert!(number(event, "rtt_ns") < 5_000_000_000, "its time is our own stamps' difference: {event}");
        }
    }
}

#[test]
fn a_reply_with_another_token_is_a_strangers() {
    let Some(lab) = lab::start!() else { return };
    let (host, _net) = damage(&lab);
    for case in [3, 12] {
        for (_, heard) in every_way(&host, case, FIVE) {
            heard.counts("sent 5 replied 4 lost 1 foreign 1").exits(0);
            assert!(third(&heard).is_empty(), "{heard:#?}");
        }
    }
}

#[test]
fn a_bad_checksum_is_corrupt_where_the_kernel_shows_it() {
    let Some(lab) = lab::start!() else { return };
    let (host, _net) = damage(&lab);
    for (way, heard) in every_way(&host, 4, FIVE) {
        // Kernel fact 11: only raw IPv4 sockets see it.
        if way.v4 && way.raw {
            heard.counts("sent 5 replied 5 corrupt 1");
            let [event] = third(&heard)[..] else { panic!("{heard:#?}") };
            assert!(event["event"] == "corrupt" && event["wrong_byte"].is_null(), "{event}");
        } else {
            heard.counts("sent 5 replied 4 lost 1");
        }
    }
}

#[test]
fn a_reply_cut_short_is_truncated() {
    let Some(lab) = lab::start!() else { return };
    let (host, _net) = damage(&lab);
    for (way, heard) in every_way(&host, 5, FIVE) {
        heard.counts("sent 5 replied 5").exits(0);
        let [event] = third(&heard)[..] else { panic!("{way:?} {heard:#?}") };
        assert_eq!((&event["truncated"], number(event, "bytes")), (&true.into(), 20), "{way:?} {event}");
    }
    // The kernel itself drops what is shorter than its IP header says.
    for (_, heard) in every_way(&host, 6, FIVE) {
        heard.counts("sent 5 replied 4 lost 1");
    }
}

#[test]
fn a_reply_from_another_address_is_foreign_and_shown() {
    let Some(lab) = lab::start!() else { return };
    let (host, _net) = damage(&lab);
    for (way, heard) in every_way(&host, 7, FIVE) {
        heard.counts("sent 5 replied 4 lost 1 foreign 1").exits(0);
        let [event] = third(&heard)[..] else { panic!("{way:?} {heard:#?}") };
        assert_eq!((&event["event"], &event["counted"]), (&"wrong_source".into(), &false.into()), "{event}");
        assert_eq!(event["from"], if way.v4 { "10.8.0.1" } else { "fd00:8::1" });
    }
    let text = crate::bed::rping(&host, "-n -c 5 -i 0.01 -W 1 10.9.7.1").output().ok().stdout;
    assert!(text.contains("from 10.8.0.1: icmp_seq=3") && text.contains("(DIFFERENT ADDRESS!)"), "{text}");
    assert!(text.contains("5 packets transmitted, 4 received, 20% packet loss"), "{text}");
}

#[test]
fn a_reply_with_another_ident_is_not_ours() {
    let Some(lab) = lab::start!() else { return };
    let (host, _net) = damage(&lab);
    for (way, heard) in every_way(&host, 8, FIVE) {
        // The filter of a raw socket and the kernel's own table of a ping socket keep it out.
        heard.counts("sent 5 replied 4 lost 1");
        assert!(third(&heard).is_empty(), "{way:?}");
    }
}

#[test]
fn a_reply_under_another_sequence_number_is_foreign() {
    let Some(lab) = lab::start!() else { return };
    let (host, _net) = damage(&lab);
    for case in [9, 10] {
        for (_, heard) in every_way(&host, case, FIVE) {
            heard.counts("sent 5 replied 4 lost 1 foreign 1").exits(0);
            assert_eq!(heard.seqs("reply"), [1, 2, 4, 5]);
        }
    }
}

#[test]
fn ip_options_in_an_answer_change_nothing() {
    let Some(lab) = lab::start!() else { return };
    let (host, _net) = damage(&lab);
    for (way, heard) in every_way(&host, 13, FIVE) {
        heard.counts("sent 5 replied 5").exits(0);
        let [event] = third(&heard)[..] else { panic!("{way:?} {heard:#?}") };
        assert_eq!((&event["event"], number(event, "bytes")), (&"reply".into(), 64), "{event}");
        if way.v4 && way.raw {
            assert_eq!(event["ip_options"], "01010100");
        }
    }
}

#[test]
fn ip_options_that_lie_about_their_lengths_do_no_harm() {
    let Some(lab) = lab::start!() else { return };
    let (host, _net) = damage(&lab);
    // The kernel refuses some of them; what it passes must count as a good reply.
    for (way, heard) in ways(&WAYS[..2], &host, 14, FIVE) {
        assert_eq!(heard.count("replied") + heard.count("lost"), 5, "{way:?} {heard:#?}");
        assert!(heard.count("replied") >= 4);
    }
    crate::bed::rping(&host, "-n -R -c 5 -i 0.01 -W 1 10.9.14.1").output().ok();
}

#[test]
fn what_is_no_echo_reply_is_none() {
    let Some(lab) = lab::start!() else { return };
    let (host, _net) = damage(&lab);
    for case in [16, 18] {
        for (way, heard) in every_way(&host, case, FIVE) {
            heard.counts("sent 5 replied 4 lost 1").exits(0);
            assert!(third(&heard).is_empty(), "{way:?} {heard:#?}");
        }
    }
}

#[test]
fn the_ttl_and_tos_of_each_reply_are_its_own() {
    let Some(lab) = lab::start!() else { return };
    let (host, _net) = damage(&lab);
    for (way, heard) in every_way(&host, 17, FIVE) {
        heard.counts("sent 5 replied 5");
        let seen: Vec<(u64, u64)> =
            heard.events("reply").iter().map(|e| (number(e, "ttl"), number(e, "tos"))).collect();
        assert_eq!(seen, [(63, 0), (63, 0), (255, 0xb8), (63, 0), (63, 0)], "{way:?}");
    }
}

/// A network that cuts the reply to probe n to n bytes.
fn cutting(keep_length: bool) -> String {
    let mut text =
        "title = 'every reply is cut elsewhere'\n[[host]]\nprefix = ['10.9.0.0/16', 'fd00:9::/32']\n".to_owned();
    for n in 1..=104 {
        text += &format!("[[rule]]\nseq = {n}\ntruncate = {n}\nkeep-length = {keep_length}\n");
    }
    text
}

#[test]
fn replies_cut_at_every_byte_do_no_harm() {
    let Some(lab) = lab::start!() else { return };
    for keep in [false, true] {
        let host = lab.host("a");
        let _net = lab.simulate(&host, Scenario::parse(&cutting(keep)));
        for (way, heard) in every_way(&host, 1, "-c 110 -i 0.002 -W 1") {
            let header = if way.v4 { 20 } else { 40 };
            // From a whole token on it is a reply, whole from 64 bytes of ICMP on.
            let (first, whole) = if keep { (header + 64, header + 64) } else { (header + 16, header + 64) };
            assert_eq!(heard.seqs("reply"), (first..=110).collect::<Vec<u64>>(), "{way:?} {keep}");
            let cut = heard.events("reply").iter().filter(|e| e["truncated"] == true).count() as u64;
            assert_eq!(cut, whole - first, "{way:?}");
            assert_eq!(heard.count("sent"), 110);
            assert_eq!(heard.count("errors") + heard.count("corrupt") + heard.count("duplicates"), 0);
        }
    }
}

#[test]
fn small_probes_without_a_token_are_told_apart_by_their_bytes() {
    let Some(lab) = lab::start!() else { return };
    let (host, _net) = damage(&lab);
    for size in [0, 4, 7] {
        for (_, heard) in every_way(&host, 1, &format!("{FIVE} -s {size}")) {
            heard.counts("sent 5 replied 5");
            assert!(heard.events("reply").iter().all(|e| e["proof"] == "weak"), "{heard:#?}");
        }
    }
    // Byte 3 inverted, of four.
    for (_, heard) in every_way(&host, 2, &format!("{FIVE} -s 4")) {
        heard.counts("sent 5 replied 5 corrupt 1");
    }
}

#[test]
fn the_text_says_what_was_wrong() {
    let Some(lab) = lab::start!() else { return };
    let (host, _net) = damage(&lab);
    let text = |case: u32| {
        let to = Way { v4: true, raw: true }.target(case);
        crate::bed::rping(&host, "-n -c 4 -i 0.01 -W 1").arg(to).output().ok().stdout
    };
    let out = text(1);
    assert!(
        out.contains("wrong data byte #20 should be 0x14 but was 0x") && out.contains("+1 corrupted, 0% packet loss"),
        "{out}"
    );
    let out = text(4);
    assert!(out.contains("icmp_seq=3") && out.contains("(BAD CHECKSUM!)"), "{out}");
    let out = text(5);
    assert!(out.contains("20 bytes from 10.9.5.1: icmp_seq=3 ttl=63 (truncated)"), "{out}");
}
