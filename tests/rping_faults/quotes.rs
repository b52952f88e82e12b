//! What an ICMP error quotes decides whose it is: short, long, twisted and cut quotations.

use crate::bed::{Heard, WAYS, every_way, number, ways};
use crate::lab::{self, Host, Responder, Scenario};

const THREE: &str = "-c 3 -i 0.01 -W 1";

/// What an error about the second probe counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// An error, proved by the quoted token.
    Proved,
    /// An error, on the word of ident, sequence number and checksum.
    Weak,
    /// Nothing: the probe is lost.
    Nothing,
}

/// How the quotation lies, in the words of a scenario, and what becomes of it in IPv4 and IPv6.
const QUOTES: [(&str, Fate, Fate); 16] = [
    ("", Fate::Proved, Fate::Proved),
    ("quote = 64", Fate::Proved, Fate::Proved),
    ("quote = 16", Fate::Proved, Fate::Proved),
    ("quote = 15", Fate::Weak, Fate::Weak),
    ("quote = 8", Fate::Weak, Fate::Weak),
    ("quote = 0", Fate::Nothing, Fate::Nothing),
    ("quoted = { protocol = 6 }", Fate::Nothing, Fate::Nothing),
    ("quoted = { protocol = 17 }", Fate::Nothing, Fate::Nothing),
    ("quoted = { ident-add = 20000 }", Fate::Nothing, Fate::Nothing),
    ("quoted = { seq-add = 1 }", Fate::Nothing, Fate::Nothing),
    ("quoted = { seq-add = 1000 }", Fate::Nothing, Fate::Nothing),
    ("quoted = { flip = 9 }", Fate::Nothing, Fate::Nothing),
    ("quoted = { destination = ['10.9.250.1', 'fd00:9:250::1'] }", Fate::Nothing, Fate::Nothing),
    ("quoted = { bytes = '45' }", Fate::Nothing, Fate::Nothing),
    ("quoted = { bytes = '' }", Fate::Nothing, Fate::Nothing),
    (
        "quoted = { bytes = 'ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff' }",
        Fate::Nothing,
        Fate::Nothing,
    ),
];

/// A network with an error for the second probe of each case, from 1.
fn quoting<'a>(lab: &lab::Lab, quotes: impl Iterator<Item = &'a str>) -> (Host, Responder) {
    let mut text = "title = 'quotations'\n[[hop]]\naddress = ['10.255.1.1', 'fd00:ff:1::1']\n\
                    [[host]]\nprefix = ['10.9.0.0/16', 'fd00:9::/32']\n"
        .to_owned();
    for (quote, case) in quotes.zip(1..) {
        let comma = if quote.is_empty() { "" } else { ", " };
        text += &format!(
            "[[rule]]\nto = ['10.9.{case}.0/24', 'fd00:9:{case}::/64']\nseq = 2\n\
             error = {{ name = 'host-unreachable'{comma}{quote} }}\n"
        );
    }
    let host = lab.host("a");
    let net = lab.simulate(&host, Scenario::parse(&text));
    (host, net)
}

/// Holds a run against what the second probe should have come to.
#[track_caller]
fn is(heard: &Heard, fate: Fate, what: &str) {
    // A quotation too short to name an ident is shown to every raw socket: those of the runs beside count here, too.
    let foreign = heard.count("foreign");
    assert!(foreign <= 16, "{what}: {heard:?}");
    let proof = match fate {
        Fate::Proved => Some("token"),
        Fate::Weak => Some("weak"),
        Fate::Nothing => None,
    };
    let told: Vec<&str> = heard.events("error").iter().map(|e| e["proof"].as_str().unwrap()).collect();
    assert_eq!(told, proof.into_iter().collect::<Vec<_>>(), "{what}: {heard:?}");
    let counts = if proof.is_some() { "sent 3 replied 2 errors 1" } else { "sent 3 replied 2 lost 1" };
    heard.counts(&format!("{counts} foreign {foreign}")).exits(0);
}

#[test]
fn a_quotation_counts_for_what_it_proves() {
    let Some(lab) = lab::start!() else { return };
    let (host, _net) = quoting(&lab, QUOTES.iter().map(|q| q.0));
    let runs: Vec<_> = (1..)
        .zip(QUOTES)
        .flat_map(|(case, quote)| WAYS.map(|way| (way, quote, way.json(&host, case, THREE))))
        .collect();
    for chunk in chunks(runs, 16) {
        let started: Vec<_> = chunk.into_iter().map(|(way, quote, run)| (way, quote, run.start())).collect();
        for (way, (quote, v4, v6), run) in started {
            is(&Heard::new(run.wait()), if way.v4 { v4 } else { v6 }, &format!("{way:?} {quote:?}"));
        }
    }
}

fn chunks<T>(mut all: Vec<T>, size: usize) -> Vec<Vec<T>> {
    let mut out = Vec::new();
    while !all.is_empty() {
        let rest = all.split_off(size.min(all.len()));
        out.push(std::mem::replace(&mut all, rest));
    }
    out
}

#[test]
fn ip_options_in_the_quoted_packet_are_stepped_over() {
    let Some(lab) = lab::start!() else { return };
    let options = [
        "quoted = { options = '01010100' }",
        "quoted = { options = '0127 0400' }",
        // A whole header of 60 bytes, and the CVE-2022-23093 kind of length.
        "quoted = { options = '07ff04 01010101010101010101010101010101010101010101010101010101010101010101010101' }",
    ];
    let (host, _net) = quoting(&lab, options.into_iter());
    for (case, what) in (1..).zip(options) {
        for (_, heard) in ways(&WAYS[..1], &host, case, THREE) {
            is(&heard, Fate::Proved, what);
        }
        // The kernel reads the quotation itself for a ping socket; whatever it makes of it, nothing else may change.
        for (_, heard) in ways(&WAYS[1..2], &host, case, THREE) {
            assert_eq!((heard.count("replied"), heard.count("errors") + heard.count("lost")), (2, 1), "{heard:?}");
        }
    }
}

#[test]
fn headers_that_lie_in_the_quotation_do_no_harm() {
    let Some(lab) = lab::start!() else { return };
    let lies = [
        "quoted = { header-words = 15 }",
        "quote = 8, quoted = { header-words = 15 }",
        "quoted = { header-words = 1 }",
        "quoted = { header-words = 0 }",
        "quoted = { length = 65535 }",
        "quoted = { length = 0 }",
        "quoted = { length = 21 }",
        "quoted = { version = 5 }",
        "quoted = { version = 0 }",
        "quoted = { ttl = 0 }",
        "quoted = { source = ['10.8.8.8', 'fd00:8::8'] }",
    ];
    let (host, _net) = quoting(&lab, lies.into_iter());
    for (case, what) in (1..).zip(lies) {
        for (way, heard) in every_way(&host, case, THREE) {
            let [replied, errors, lost] = ["replied", "errors", "lost"].map(|c| heard.count(c));
            assert_eq!((replied, errors + lost, heard.count("sent")), (2, 1, 3), "{way:?} {what} {heard:?}");
            heard.exits(0);
        }
    }
}

#[test]
fn errors_cut_at_every_byte_do_no_harm() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let mut text =
        "title = 'every error is cut elsewhere'\n[[host]]\nprefix = ['10.9.0.0/16', 'fd00:9::/32']\n".to_owned();
    for n in 1..=140 {
        text += &format!(
            "[[rule]]\nseq = {n}\ntruncate = {n}\nerror = {{ name = 'host-unreachable', from = ['10.7.0.1', 'fd00:7::1'] }}\n"
        );
    }
    let _net = lab.simulate(&host, Scenario::parse(&text));
    for (way, heard) in every_way(&host, 1, "-c 145 -i 0.002 -W 1") {
        // Outer IP, eight of ICMP, quoted IP, eight of ICMP.
        let first = if way.v4 { 20 + 8 + 20 + 8 } else { 40 + 8 + 40 + 8 };
        assert_eq!(heard.seqs("error"), (first..=140).collect::<Vec<u64>>(), "{way:?}");
        assert_eq!((heard.count("errors"), heard.count("replied")), (141 - first, 5), "{way:?} {heard:?}");
        let proved: Vec<u64> =
            heard.events("error").iter().filter(|e| e["proof"] == "token").map(|e| number(e, "seq")).collect();
        assert_eq!(proved, (first + 8..=140).collect::<Vec<u64>>(), "{way:?}");
    }
}

#[test]
fn an_error_that_a_stranger_makes_up_without_our_checksum_is_nobody_s() {
    let Some(lab) = lab::start!() else { return };
    // Ident and number right, eight bytes, but the quoted ICMP checksum (bytes 2 and 3) is not that of our probe.
    let (host, _net) = quoting(&lab, ["quote = 8, quoted = { flip = [2, 3] }"].into_iter());
    // Of IPv6 the kernel makes the checksum, and it is not known.
    for (way, heard) in ways(&WAYS[..2], &host, 1, THREE) {
        is(&heard, Fate::Nothing, &format!("{way:?}"));
    }
}
