//! Very many hosts: no wall at 65,536, nothing falsely lost, little memory for each.

use rprobe::net::sim::{Path, Sim};
use rprobe::probe::Drive;
use rprobe::sweep::{Config, Mode, Spacing, Sweep, TargetId};

use crate::bed::*;

fn at_once(hosts: u32) -> Config {
    Config { spacing: Spacing::Fixed(us(1)), note_all: false, ..alive(hosts) }
}

/// Without a check of every counter at every event.
fn plainly(config: Config, sim: Sim) -> Sweep {
    let mut drive = Drive::new(Sweep::new(config), sim);
    drive.run(&mut |_| {}).unwrap();
    drive.into_parts().0
}

#[test]
fn two_hundred_thousand_in_flight_at_once_are_told_apart() {
    // Every sequence number is out three times over.
    let hosts = 200_000;
    let config = Config { timeout: ms(5000), ..at_once(hosts) };
    let sim = Sim::new(1, Path::new(ms(2000)).jitter(ms(500))).buffer(1 << 20).without_log();
    let sweep = plainly(config, sim);
    let totals = sweep.totals(Default::default());
    assert_eq!((totals.alive, totals.counters.replied, totals.counters.sent), (200_000, 200_000, 200_000));
    assert_eq!((totals.counters.duplicates, totals.counters.foreign, totals.counters.lost), (0, 0, 0));
}

#[test]
fn many_rounds_of_many_hosts_lose_nothing() {
    let config = Config {
        mode: Mode::Count(10),
        period: ms(1000),
        timeout: ms(1000),
        spacing: Spacing::Fixed(us(20)),
        ..at_once(20_000)
    };
    let sim = Sim::new(1, Path::new(ms(80)).jitter(ms(300)).duplicates(0.01)).buffer(1 << 20).without_log();
    let sweep = plainly(config, sim);
    let totals = sweep.totals(Default::default());
    assert_eq!((totals.counters.replied, totals.counters.lost, totals.counters.late), (200_000, 0, 0));
    assert!(totals.counters.duplicates > 1000);
    assert!(sweep.hosts().all(|id: TargetId| sweep.summary(id).unwrap().counters.replied == 10));
}

#[test]
fn at_high_rates_probes_leave_together_and_none_early_or_half_a_millisecond_late() {
    let config = Config { spacing: Spacing::Fixed(us(10)), ..alive(1_000) };
    // Answers that come all the while do not break the batches up.
    let run = run(config, Sim::new(1, Path::new(us(700)).jitter(us(300))));
    let left: Vec<u64> = (0..1_000).map(|index| run.departures_us(index)[0]).collect();
    // Departures count from the first, which waited for the fifty that it leaves with.
    assert!(
        left.iter().zip(0..).all(|(left, index)| (10 * index..=10 * index + 500).contains(&(left + 490))),
        "{left:?}"
    );
    let batches = 1 + left.windows(2).filter(|pair| pair[1] - pair[0] >= 100).count();
    assert!(batches <= 25, "{batches} batches: {left:?}");
}

#[test]
fn the_dead_among_many_are_found() {
    let mut sim = Sim::new(1, Path::new(ms(80))).buffer(1 << 20).without_log();
    for index in (0..30_000).step_by(3) {
        sim = sim.path(addr(index), Path::silent());
    }
    let sweep = plainly(at_once(30_000), sim);
    let totals = sweep.totals(Default::default());
    assert_eq!((totals.alive, totals.timeouts, totals.counters.sent), (20_000, 40_000, 60_000));
    let alive = |index: u32| sweep.summary(TargetId(index)).unwrap().alive;
    assert!((0..30_000).all(|index| alive(index) == (index % 3 != 0)));
}
