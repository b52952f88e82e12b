//! The rate: reached where it was given, and given way where this host or its line would lose answers.

use rprobe::sweep::stateless::{Cut, Note, Trouble};

use crate::bed::{Nature, Ran, sweep};

fn cuts(ran: &Ran) -> Vec<Cut> {
    ran.notes.iter().filter_map(|note| if let Note::Slowed(cut) = note { Some(*cut) } else { None }).collect()
}

#[test]
fn a_rate_is_reached_and_kept_by_any_number_of_threads() {
    for (rate, count, workers) in [(10.0, 50, 2), (1_000.0, 3_000, 1), (50_000.0, 100_000, 1), (200_000.0, 400_000, 7)]
    {
        let ran = sweep(count, Nature { cost_ns: 200, ..Nature::default() }, Some(rate), workers, None);
        let seconds = ran.sending as f64 / 1e9;
        let wanted = f64::from(count) / rate;
        assert!((0.97..1.03).contains(&(seconds / wanted)), "{rate}/s by {workers}: {seconds} s for {wanted}");
        assert_eq!((ran.tally.alive, ran.tally.cuts), (u64::from(count), 0));
        assert!(ran.sent.values().all(|times| *times == 1), "each exactly once");
    }
}

#[test]
fn where_nothing_is_lost_the_line_decides() {
    let ran = sweep(500_000, Nature { rtt_ns: 1_000_000, ..Nature::default() }, None, 2, None);
    // A microsecond a probe, and some 20 ms of slow start.
    assert!((480_000_000..600_000_000).contains(&ran.sending), "{}", ran.sending);
    assert_eq!((ran.tally.alive, ran.tally.drops, ran.tally.cuts), (500_000, 0, 0));
}

#[test]
fn a_host_that_reads_slowly_sends_slowly_and_loses_nothing() {
    for workers in [1, 3] {
        let ran = sweep(400_000, Nature { reads: 120_000.0, ..Nature::default() }, None, workers, None);
        assert_eq!((ran.tally.drops, ran.tally.alive), (0, 400_000), "{workers} workers");
        let cuts = cuts(&ran);
        assert!(!cuts.is_empty() && cuts.iter().all(|cut| cut.why == Trouble::Queue), "{cuts:?}");
        assert!(cuts.iter().all(|cut| cut.to < cut.from));
        assert!(ran.sending < 5_000_000_000, "and not slower than it must: {}", ran.sending);
    }
}

#[test]
fn where_the_buffer_is_too_small_drops_bring_the_rate_down() {
    // 300 answers are read in 3 ms; what arrives faster is dropped before anybody can look.
    let nature = Nature { reads: 100_000.0, buffer: 300, ..Nature::default() };
    let ran = sweep(1_000_000, nature, None, 1, None);
    assert!(ran.tally.drops > 0);
    assert_eq!(ran.tally.alive + ran.tally.drops, 1_000_000, "each answer is counted or known to be lost");
    assert!(cuts(&ran).iter().any(|cut| cut.why == Trouble::Dropped), "{:?}", cuts(&ran));
    let at = |tenth: usize| ran.course.get(tenth).copied().unwrap_or(1_000_000);
    let late = (at(60) - at(20)) as f64 / 4.0;
    assert!((20_000.0..130_000.0).contains(&late), "{late}/s after two seconds");
    assert!(ran.tally.drops < 250_000, "{}", ran.tally.drops);
}

#[test]
fn what_the_line_has_no_room_for_is_sent_later() {
    let nature = Nature { line: 30_000.0, queue: 500.0, ..Nature::default() };
    let ran = sweep(60_000, nature, None, 2, None);
    assert_eq!((ran.tally.alive, ran.tally.silent(), ran.tally.refused()), (60_000, 0, 0));
    assert!(ran.sent.values().all(|times| *times == 1));
    assert!(cuts(&ran).iter().all(|cut| cut.why == Trouble::Buffers) && ran.tally.cuts > 0);
    assert!(ran.sending < 6_000_000_000, "{}", ran.sending);
}

#[test]
fn a_full_neighbour_table_slows_an_on_link_sweep_down_and_loses_nothing() {
    let nature = Nature { line: 400.0, queue: 1024.0, neighbours: true, ..Nature::default() };
    let ran = sweep(4_096, nature, None, 2, None);
    assert_eq!((ran.tally.alive, ran.tally.refused()), (4_096, 0));
    assert!(cuts(&ran).iter().all(|cut| cut.why == Trouble::Neighbours) && ran.tally.cuts > 0);
    assert!(ran.sending < 20_000_000_000, "{}", ran.sending);
}

#[test]
fn round_trip_times_are_the_wires_whenever_they_are_read() {
    let ran = sweep(50_000, Nature { reads: 60_000.0, ..Nature::default() }, None, 1, None);
    let rtt = &ran.tally.rtt;
    // 20 ms, and at most a batch of 64 at a microsecond each too much.
    assert!(rtt.min().unwrap().as_nanos() >= 20_000_000 && rtt.max().unwrap().as_nanos() <= 20_064_000, "{rtt:?}");
}
