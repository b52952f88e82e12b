//! Packets for a capture file: exactly our probes and their answers, each with its outcome.

use rprobe::net::sim::{Act, Path, Rule, Sim};
use rprobe::ping::{Config, Note};

use crate::bed::*;

/// Number, direction, outcome and bytes of each packet told.
fn packets(run: &Run) -> Vec<(u64, bool, &'static str, Vec<u8>)> {
    run.notes
        .iter()
        .filter_map(|note| match note {
            Note::Packet { number, outgoing, outcome, bytes, .. } => {
                Some((*number, *outgoing, *outcome, bytes.clone()))
            }
            _ => None,
        })
        .collect()
}

/// The ones' complement sum, checksum included: zero (in either of its two forms) if that fits.
fn sum(bytes: &[u8]) -> u64 {
    let words = bytes.chunks(2).map(|word| u64::from(word[0]) << 8 | u64::from(*word.get(1).unwrap_or(&0)));
    words.sum::<u64>() % 0xffff
}

#[test]
fn each_probe_is_told_once_and_each_answer_after_it() {
    let sim = Sim::new(1, Path::new(ms(20)))
        .rule(Rule::nth(2, Act::Lose))
        .rule(Rule::nth(3, Act::Duplicate(1, ms(5))))
        .rule(Rule::nth(4, Act::From(ip("203.0.113.9"))))
        .rule(Rule::nth(5, Act::Delay(ms(400))));
    let timeout = Some(ms(300));
    let config = Config { capture: true, timeout, timeout_chosen: true, ..count(6) };
    let run = run(config, sim);
    let told: Vec<_> = packets(&run).into_iter().map(|(number, out, outcome, _)| (number, out, outcome)).collect();
    assert_eq!(
        told,
        [
            (1, true, "replied"),
            (1, false, "replied"),
            (2, true, "lost"),
            (3, true, "replied"),
            (3, false, "replied"),
            (3, false, "duplicate"),
            (4, false, "wrong source"),
            (4, true, "lost"),
            (5, true, "lost"),
            (5, false, "late"),
            (6, true, "replied"),
            (6, false, "replied"),
        ]
    );
}

#[test]
fn a_probe_put_together_again_is_what_was_sent() {
    let run = run(Config { capture: true, size: 33, ..count(3) }, Sim::new(1, Path::new(ms(20))));
    let packets = packets(&run);
    assert_eq!(packets.len(), 6);
    for pair in packets.chunks(2) {
        let (probe, reply) = (&pair[0].3, &pair[1].3);
        assert_eq!((probe[0], probe.len()), (8, 41));
        assert_eq!(probe[4..], reply[4..], "ident, sequence number and payload come back as they were");
        assert_eq!(sum(probe), 0, "the checksum fits");
    }
}

#[test]
fn without_capture_nothing_is_kept() {
    let run = run(count(3), Sim::new(1, Path::new(ms(20))));
    assert_eq!(packets(&run), []);
}
