//! What counts as an answer, told from everything that looks like one.

use std::net::IpAddr;
use std::time::Duration;

use proptest::prelude::*;
use rprobe::clock::{BootTime, ClockSource, Epoch, Now, WallTime};
use rprobe::net::{Event, Peer};
use rprobe::sweep::stateless::{Book, Note, Proof};
use rprobe::units::Seq;

use crate::bed::{KEY, answer, at_ns, book, space, unreachable};

const SENT: u64 = 5_000_000_000;
const BACK: u64 = SENT + 30_000_000;
const READ: u64 = BACK + 4_000_000;

fn target(n: u8) -> Peer {
    IpAddr::from([10, 0, 0, n]).into()
}

fn probe(to: Peer) -> (Seq, [u8; 16]) {
    let proof = Proof::new(&KEY);
    (proof.seq(to.addr), proof.write(to.addr, BootTime::from_ns(SENT)))
}

fn hear(book: &mut Book, from: Peer, seq: Seq, payload: &[u8]) -> Option<Note> {
    book.hear(&answer(from, seq, payload, BACK, at_ns(READ)))
}

#[test]
fn an_answer_counts_once_and_its_time_is_the_kernels() {
    let mut book = book(&space(256));
    let (seq, head) = probe(target(7));
    let Some(Note::Alive(reply)) = hear(&mut book, target(7), seq, &head) else { panic!("not heard") };
    assert_eq!((reply.number, reply.rtt, reply.clock), (7, Some(Duration::from_millis(30)), ClockSource::KernelRx));
    for _ in 0..3 {
        assert!(matches!(hear(&mut book, target(7), seq, &head), Some(Note::Duplicate(_))));
    }
    let t = &book.tally;
    assert_eq!((t.alive, t.duplicates, t.rtt.count(), t.foreign, t.corrupt), (1, 3, 1, 0, 0));
    assert_eq!((book.has_answered(7), book.has_answered(8)), (Some(true), Some(false)));
}

#[test]
fn a_flood_of_forged_answers_counts_nothing() {
    let mut book = book(&space(256));
    let mut random = 1_u64;
    for i in 0..200_000_u32 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let from = target(i as u8);
        let mut head = [0; 16];
        head[..8].copy_from_slice(&(SENT + u64::from(i)).to_be_bytes());
        head[8..].copy_from_slice(&random.to_be_bytes());
        // Half of them know the sequence number, too.
        let seq = if i % 2 == 0 { probe(from).0 } else { Seq((random >> 40) as u16) };
        assert_eq!(hear(&mut book, from, seq, &head), None);
    }
    let t = &book.tally;
    assert_eq!((t.alive, t.duplicates, t.rtt.count(), t.errors), (0, 0, 0, 0));
    assert_eq!(t.corrupt + t.foreign, 200_000);
    assert!(t.corrupt >= 100_000);
}

#[test]
fn what_another_address_or_another_run_was_sent_proves_nothing() {
    let mut book = book(&space(256));
    let (seq, head) = probe(target(7));
    assert_eq!(hear(&mut book, target(8), seq, &head), None, "from somebody else");
    assert_eq!(hear(&mut book, target(8), probe(target(8)).0, &head), None, "who knows the number");
    let strange = Proof::new(&[8; 16]).write(target(7).addr, BootTime::from_ns(SENT));
    assert_eq!(hear(&mut book, target(7), seq, &strange), None, "another key");
    assert_eq!(hear(&mut book, target(7), seq, &head[..15]), None, "cut short");
    assert_eq!(hear(&mut book, IpAddr::from([10, 0, 1, 0]).into(), seq, &head), None, "no target");
    assert_eq!(book.tally.alive, 0);
}

#[test]
fn a_wall_clock_that_was_set_makes_no_round_trip_time() {
    let mut book = book(&space(256));
    let back = |book: &mut Book, n: u8, wall_ns: i64, epoch| {
        let (seq, head) = probe(target(n));
        let read = at_ns(READ);
        let read = Now { wall: WallTime::from_ns(read.wall.as_ns() + wall_ns), epoch: Epoch(epoch), ..read };
        match book.hear(&answer(target(n), seq, &head, BACK, read)) {
            Some(Note::Alive(reply)) => (reply.rtt.map(|r| r.as_millis()), reply.clock),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(back(&mut book, 1, 0, 0), (Some(30), ClockSource::KernelRx));
    // Stamped before the step and read after it: the stamp lies in the future, or long ago.
    assert_eq!(back(&mut book, 2, -3_600_000_000_000, 1), (Some(34), ClockSource::User));
    assert_eq!(back(&mut book, 3, 3_600_000_000_000, 2), (Some(34), ClockSource::User));
    assert_eq!(back(&mut book, 4, 0, 2), (Some(30), ClockSource::KernelRx), "and is good again");
    // An answer from before its probe.
    let (seq, head) = probe(target(5));
    let read = Now { epoch: Epoch(2), ..at_ns(SENT) };
    let early = answer(target(5), seq, &head, SENT - 1, read);
    assert!(matches!(book.hear(&early), Some(Note::Alive(reply)) if reply.rtt.is_none()));
    assert_eq!((book.tally.alive, book.tally.rtt.count()), (5, 4));
}

#[test]
fn errors_count_for_targets_that_do_not_answer() {
    let mut book = book(&space(256));
    let (seq, head) = probe(target(1));
    let about =
        |book: &mut Book, n: u8, seq: Seq, quoted: &[u8]| book.hear(&unreachable(target(n), seq, quoted, at_ns(READ)));
    assert!(matches!(about(&mut book, 1, seq, &head), Some(Note::Error(e)) if !e.weak && e.number == 1));
    assert_eq!(about(&mut book, 1, seq, &head), None, "the same again");
    // Eight bytes of quote hold ident and sequence number alone.
    assert!(matches!(about(&mut book, 2, probe(target(2)).0, &[]), Some(Note::Error(e)) if e.weak));
    assert_eq!(about(&mut book, 3, Seq(probe(target(3)).0.0 ^ 1), &[]), None, "a guess");
    assert_eq!(about(&mut book, 3, probe(target(3)).0, &[1; 16]), None, "a lie");
    // A router that quotes little and fills up with zeros.
    assert!(matches!(about(&mut book, 4, probe(target(4)).0, &[0; 100]), Some(Note::Error(e)) if e.weak));
    let t = book.tally.clone();
    assert_eq!((t.errors, t.weak, t.foreign, t.corrupt), (3, 2, 1, 1));
    assert_eq!(t.errors_by_code.values().sum::<u64>(), 3);
    // One of them answers after all, and one that answered is said to be unreachable.
    assert!(matches!(hear(&mut book, target(1), seq, &head), Some(Note::Alive(_))));
    assert_eq!(about(&mut book, 1, seq, &head), None);
    assert_eq!((book.tally.alive, book.tally.errors), (1, 2));
    assert_eq!((book.has_failed(2), book.has_failed(3)), (Some(true), Some(false)));
}

#[test]
fn strangers_and_drops_are_counted() {
    let mut book = book(&space(256));
    book.hear(&Event::Foreign { from: target(1).addr });
    book.hear(&Event::Dropped { more: 9 });
    assert_eq!((book.tally.foreign, book.tally.drops), (1, 9));
}

proptest! {
    #[test]
    fn no_damage_passes_for_an_answer(n: u8, byte in 0_usize..16, change in 1_u8..=255, seq_change: u16) {
        let mut book = book(&space(256));
        let (seq, mut head) = probe(target(n));
        head[byte] ^= change;
        prop_assert_eq!(hear(&mut book, target(n), Seq(seq.0 ^ seq_change), &head), None);
        prop_assert_eq!(book.tally.alive, 0);
    }
}
