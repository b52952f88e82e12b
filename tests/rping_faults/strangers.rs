//! Echo replies that nobody asked for: they change no counter but `foreign`.

use crate::bed::{Heard, WAYS, every_way, number};
use crate::lab::{self, Scenario};

/// A burst of `count` strangers with the second probe of each run, real replies beside it.
fn flood(count: u32, gap: &str, more: &str) -> Scenario {
    Scenario::parse(&format!(
        "title = 'strangers'
        [[host]]
        prefix = ['10.9.0.0/16', 'fd00:9::/32']
        [[rule]]
        seq = 2
        strangers = {{ count = {count}, gap = '{gap}'{more} }}"
    ))
}

#[test]
fn a_flood_with_every_sequence_number_is_foreign_and_nothing_else() {
    let Some(lab) = lab::start!() else { return };
    let runs = [WAYS[0], WAYS[3]].map(|way| {
        let host = lab.host("a");
        let net = lab.simulate(&host, flood(65_536, "30us", ""));
        (way, way.json(&host, 1, "-c 15 -i 0.15 -W 4").start(), net)
    });
    for (way, run, _net) in runs {
        let heard = Heard::new(run.wait());
        let [replied, late, lost, foreign] = ["replied", "late", "lost", "foreign"].map(|c| heard.count(c));
        let dropped = number(heard.summary(), "dropped");
        // A real reply is lost only where our socket had no room while this machine did something else, and told so; the
        // first comes before the flood.
        assert!(lost <= dropped && replied >= 1, "{way:?} {heard:?}");
        assert!((6_000..=65_536).contains(&foreign), "{way:?} {foreign} {dropped}");
        // `reordered` is for real replies, which the overtaxed responder may send as it likes.
        let reordered = heard.count("reordered");
        heard.counts(&format!(
            "sent 15 replied {replied} late {late} lost {lost} foreign {foreign} reordered {reordered}"
        ));
    }
}

#[test]
fn replies_with_our_payload_under_other_numbers_are_foreign() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, flood(100, "100us", ", same-payload = true"));
    for (way, heard) in every_way(&host, 1, "-c 8 -i 0.03 -W 1") {
        // The one with the right number is a reply before the reply: the true one is its duplicate.
        heard.counts("sent 8 replied 8 duplicates 1 foreign 99");
        assert_eq!(heard.seqs("duplicate"), [2], "{way:?}");
    }
}

#[test]
fn replies_with_our_payload_from_elsewhere_are_foreign() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let more = ", same-payload = true, from = ['10.8.0.1', 'fd00:8::1']";
    let _net = lab.simulate(&host, flood(100, "100us", more));
    for (way, heard) in every_way(&host, 1, "-c 8 -i 0.03 -W 1") {
        heard.counts("sent 8 replied 8 foreign 100");
        assert_eq!(heard.seqs("wrong_source"), [2], "{way:?}");
    }
}

#[test]
fn replies_from_elsewhere_are_foreign() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, flood(100, "100us", ", from = ['10.8.0.1', 'fd00:8::1']"));
    for (_, heard) in every_way(&host, 1, "-c 8 -i 0.03 -W 1") {
        heard.counts("sent 8 replied 8 foreign 100");
    }
}

#[test]
fn replies_under_another_ident_do_not_reach_us() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, flood(100, "100us", ", ident = 7"));
    for (_, heard) in every_way(&host, 1, "-c 8 -i 0.03 -W 1") {
        heard.counts("sent 8 replied 8");
    }
}
