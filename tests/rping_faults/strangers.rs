//! Echo replies that nobody asked for: they change no counter but `foreign`.

use crate::bed::{every_way, number};
use crate::lab::{self, Scenario};

/// A burst of `count` strangers with the second probe of each run, real replies beside it.
fn flood(count: u32, more: &str) -> Scenario {
    Scenario::parse(&format!(
        "title = 'strangers'
        [[host]]
        prefix = ['10.9.0.0/16', 'fd00:9::/32']
        [[rule]]
        seq = 2
        strangers = {{ count = {count}, gap = '10us'{more} }}"
    ))
}

#[test]
fn a_flood_with_every_sequence_number_is_foreign_and_nothing_else() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, flood(65_536, ""));
    let runs = crate::bed::ways(&crate::bed::WAYS[..1], &host, 1, "-c 12 -i 0.1 -W 2");
    let v6 = crate::bed::ways(&crate::bed::WAYS[3..], &host, 1, "-c 12 -i 0.1 -W 2");
    for (way, heard) in runs.into_iter().chain(v6) {
        assert_eq!(heard.seqs("reply"), (1..=12).collect::<Vec<u64>>(), "{way:?}");
        let (foreign, dropped) = (heard.count("foreign"), number(heard.summary(), "dropped"));
        heard.counts(&format!("sent 12 replied 12 foreign {foreign}"));
        // All were seen, but for what our socket had no room for and told of.
        assert!(foreign <= 65_536 && foreign + dropped >= 65_536, "{way:?} {foreign} {dropped}");
        assert!(foreign > 6_000, "{way:?}: a flood is read");
    }
}

#[test]
fn replies_with_our_payload_under_other_numbers_are_foreign() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, flood(300, ", same-payload = true"));
    for (way, heard) in every_way(&host, 1, "-c 8 -i 0.02 -W 1") {
        // The one with the right number is a reply before the reply: the true one is its duplicate.
        heard.counts("sent 8 replied 8 duplicates 1 foreign 299");
        assert_eq!(heard.seqs("duplicate"), [2], "{way:?}");
    }
}

#[test]
fn replies_with_our_payload_from_elsewhere_are_foreign() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let more = ", same-payload = true, from = ['10.8.0.1', 'fd00:8::1']";
    let _net = lab.simulate(&host, flood(300, more));
    for (way, heard) in every_way(&host, 1, "-c 8 -i 0.02 -W 1") {
        heard.counts("sent 8 replied 8 foreign 300");
        assert_eq!(heard.seqs("wrong_source"), [2], "{way:?}");
    }
}

#[test]
fn replies_from_elsewhere_are_foreign() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, flood(300, ", from = ['10.8.0.1', 'fd00:8::1']"));
    for (_, heard) in every_way(&host, 1, "-c 8 -i 0.02 -W 1") {
        heard.counts("sent 8 replied 8 foreign 300");
    }
}

#[test]
fn replies_under_another_ident_do_not_reach_us() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, flood(300, ", ident = 7"));
    for (_, heard) in every_way(&host, 1, "-c 8 -i 0.02 -W 1") {
        heard.counts("sent 8 replied 8");
    }
}
