//! Lies in answers and in errors, told to everybody who asks for echoes: what is true is counted, what is a lie is not.

use crate::bed::{ASKERS, Asker};
use crate::lab::{self, Host, Responder, Scenario};

/// What becomes of a host's answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Every true reply is counted, and nothing else.
    Counted,
    /// Nothing is.
    Nothing,
    /// Of IPv4 nothing is: its kernel drops what it cannot parse.
    Six,
}
use Fate::{Counted, Nothing, Six};

/// What a host does to each of its answers, in the words of a scenario.
const LIES: &[(&str, Fate)] = &[
    // IP options (CVE-2010-2529, CVE-2022-23093): harmless ones, lengths that lie, a full route, a pointer that leads out.
    ("options = '01010100'", Counted),
    ("options = '07ff0401010101 44ff05f3 0101010101 830b04 0101010101 01010101010101010101010101010101'", Six),
    ("options = '0727280a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a01'", Counted),
    ("options = '0703ff00'", Counted),
    ("options = '44280901ffffffff ffffffffffffffff ffffffffffffffff ffffffffffffffff ffffffffffffffff'", Counted),
    // Time stamps where iputils believes them, the end of time among them (CVE-2025-47268, CVE-2025-48964).
    ("write = { at = 0, hex = 'ffffffffffffff7f ffffffffffffff7f' }", Nothing),
    ("write = { at = 0, hex = '0000000000000080 0000000000000080' }", Nothing),
    ("write = { at = 24, hex = 'ffffffffffffff7f ffffffffffffff7f' }", Counted),
    // Answers to what was never sent.
    ("ident-add = 20000", Nothing),
    ("seq-add = 1000", Nothing),
    ("seq-add = 32768", Nothing),
    ("type = 42", Nothing),
    // Lengths: less than the header, and less than it says.
    ("truncate = 24", Nothing),
    ("truncate = 24\nkeep-length = true", Nothing),
    // The true answer, and others with our ident and every number, or with our own payload.
    ("strangers = { count = 60, gap = '100us' }", Counted),
    ("strangers = { count = 40, gap = '20us', from = ['10.66.6.6', 'fd00:66::6'], same-payload = true }", Counted),
    ("copies = 5\nspacing = '100us'", Counted),
    // The true answer, and errors that quote what was never sent, or cannot be read.
    ("error = { name = 'host-unreachable', also = true, quote = 8, quoted = { header-words = 15 } }", Counted),
    ("error = { name = 'host-unreachable', also = true, quoted = { header-words = 1 } }", Counted),
    ("error = { name = 'host-unreachable', also = true, quoted = { version = 5 } }", Counted),
    ("error = { name = 'host-unreachable', also = true, quoted = { protocol = 6 } }", Counted),
    ("error = { name = 'host-unreachable', also = true, quoted = { ident-add = 20000 } }", Counted),
    ("error = { name = 'host-unreachable', also = true, quoted = { seq-add = 1000 } }", Counted),
    ("error = { name = 'host-unreachable', also = true, quoted = { flip = 9 } }", Counted),
    ("error = { name = 'host-unreachable', also = true, quoted = { options = '07ff04ff' } }", Counted),
    (
        "error = { name = 'host-unreachable', also = true, quoted = { destination = ['10.9.250.1', 'fd00:9:250::1'] } }",
        Counted,
    ),
    ("error = { name = 'host-unreachable', also = true, quoted = { bytes = '45' } }", Counted),
    (
        "error = { name = 'time-exceeded', also = true, quoted = { bytes = 'ffffffffffffffffffffffffffffffff' } }",
        Counted,
    ),
    ("error = { type = 3, code = 200, also = true, quoted = { bytes = '' } }", Counted),
    ("error = { name = 'redirect-host', also = true, gateway = '10.66.6.6', quoted = { bytes = '4f' } }", Counted),
];

fn network(lab: &lab::Lab, rules: impl Iterator<Item = (String, String)>) -> (Host, Responder) {
    let mut text = "title = 'lies'\n[[hop]]\naddress = ['10.255.1.1', 'fd00:ff:1::1']\n\
                    [[host]]\nprefix = ['10.9.0.0/16', 'fd00:9::/32']\n"
        .to_owned();
    for (to, rule) in rules {
        text += &format!("[[rule]]\nto = {to}\n{rule}\n");
    }
    let host = lab.host("a");
    let net = lab.simulate(&host, Scenario::parse(&text));
    (host, net)
}

#[test]
fn what_is_true_is_counted_and_what_is_a_lie_is_not() {
    let Some(lab) = lab::start!() else { return };
    for (asker, socket) in ASKERS.into_iter().flat_map(|asker| [(asker, "raw"), (asker, "dgram")]) {
        if (asker, socket) == (Asker::Stateless, "dgram") {
            // It sends whole packets.
            continue;
        }
        let rules = LIES.iter().enumerate().flat_map(|(n, (rule, _))| {
            let four = (format!("'10.9.{n}.0/24'"), (*rule).to_owned());
            // What is a lie about IPv4 options is a padding option in IPv6.
            let six = if rule.starts_with("options") { "options = '010400000000'" } else { rule };
            [four, (format!("'fd00:9:{n}::/64'"), six.to_owned())]
        });
        let (host, _net) = network(&lab, rules);
        let targets: Vec<String> =
            (0..LIES.len()).flat_map(|n| [format!("10.9.{n}.1"), format!("fd00:9:{n}::1")]).collect();
        let told = asker.ask(&host, socket, &targets);
        for (n, (target, told)) in targets.iter().zip(&told).enumerate() {
            let (rule, fate) = LIES[n / 2];
            let six = n % 2 == 1;
            let counted = fate == Counted || (fate == Six && six);
            let want = if counted { told.sent } else { 0 };
            // IPv6 headers have no words to lie about, and options that lie are stepped over by the header's length: such a
            // quotation proves the probe, and an error before the answer is one.
            let true_quote = rule.contains("quoted = { options") || (six && rule.contains("header-words"));
            let most = if true_quote { told.sent } else { 0 };
            assert!(told.sent > 0 && told.errors <= most, "{asker:?} {socket} {target} {rule}: {told:?}");
            assert_eq!(told.received, want, "{asker:?} {socket} {target} (IPv6: {six}) {rule}: {told:?}");
        }
    }
}

/// A reply of 84 bytes over IPv4 and 104 over IPv6, cut after each.
#[test]
fn replies_cut_at_every_byte_are_answers_once_they_prove_it() {
    let Some(lab) = lab::start!() else { return };
    let cuts: Vec<(String, usize, usize)> = (1..84)
        .map(|n| (format!("10.9.0.{n}"), n, 28))
        .chain((1..104).map(|n| (format!("fd00:9::{n:x}"), n, 48)))
        .collect();
    let (host, _net) = network(&lab, cuts.iter().map(|(to, n, _)| (format!("'{to}'"), format!("truncate = {n}"))));
    let targets: Vec<String> = cuts.iter().map(|(target, ..)| target.clone()).collect();
    for asker in ASKERS {
        // The stateless engine's proof is of sixteen bytes.
        let proof = if asker == Asker::Stateless { 16 } else { 8 };
        for (told, (target, cut, head)) in asker.ask(&host, "raw", &targets).iter().zip(&cuts) {
            let want = if *cut >= head + proof { told.sent } else { 0 };
            assert_eq!((told.received, told.errors), (want, 0), "{asker:?} {target}: {told:?}");
        }
    }
}

/// Errors beside true replies, their quotations cut after each byte: the replies are counted, whatever an error proves.
#[test]
fn errors_cut_at_every_byte_hide_no_reply() {
    let Some(lab) = lab::start!() else { return };
    let cuts: Vec<(String, usize)> =
        (0..64).flat_map(|n| [(format!("10.9.0.{}", n + 1), n), (format!("fd00:9::{:x}", n + 1), n)]).collect();
    let rule = |n: &usize| format!("error = {{ name = 'host-unreachable', also = true, quote = {n} }}");
    let (host, _net) = network(&lab, cuts.iter().map(|(to, n)| (format!("'{to}'"), rule(n))));
    let targets: Vec<String> = cuts.iter().map(|(target, _)| target.clone()).collect();
    for asker in ASKERS {
        for (told, target) in asker.ask(&host, "raw", &targets).iter().zip(&targets) {
            // An error that proves itself may settle the run's last probe before the reply is read.
            assert!(told.received + told.errors >= told.sent, "{asker:?} {target}: {told:?}");
            assert!(told.received > 0 && told.errors <= 1, "{asker:?} {target}: {told:?}");
        }
    }
}
