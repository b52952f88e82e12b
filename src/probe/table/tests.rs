//! The table of probes in flight: each key finds its probe while it lives, and no other.

#![allow(clippy::unwrap_used)]
use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

fn now(ns: u64) -> Now {
    Now { boot: BootTime::from_ns(ns), ..Now::default() }
}

fn numbers(table: &Table, target: u32, seq: u16) -> Vec<u64> {
    table.candidates(target, Seq(seq)).map(|(_, slot)| slot.number()).collect()
}

#[test]
fn a_slot_is_small() {
    assert!(std::mem::size_of::<Slot>() <= 96, "{}", std::mem::size_of::<Slot>());
}

#[test]
fn there_is_no_wall_at_65536() {
    let mut table = Table::new(Limits::default());
    for number in 1..=200_000 {
        table.enter(3, number, [0; 8], now(number), true);
    }
    assert_eq!(table.flying(), 200_000);
    assert_eq!(numbers(&table, 3, 7), [196_615, 131_079, 65_543, 7], "newest first");
    assert!(numbers(&table, 2, 7).is_empty());
    assert_eq!(table.oldest().unwrap().1.number(), 1);
}

#[test]
fn a_key_outlives_its_probe_without_harm() {
    let mut table = Table::new(Limits::default());
    let first = table.enter(0, 1, [0; 8], now(1), true);
    table.forget(first);
    let second = table.enter(0, 2, [0; 8], now(2), true);
    assert_eq!(first.slot, second.slot);
    assert!(table.get(first).is_none());
    table.settle(first, State::Lost, BootTime::from_ns(3));
    table.forget(first);
    assert!(table.stamp(first, Stage::Driver, WallTime::from_ns(1)).is_none());
    assert_eq!(table.get(second).unwrap().state(), State::Flying);
    assert!(table.get(Key { slot: u32::MAX, generation: 0 }).is_none());
}

#[test]
fn settled_probes_are_forgotten_by_number_and_age() {
    let limits = Limits { flying: 10, settled: 3, age: Duration::from_nanos(100) };
    let mut table = Table::new(limits);
    let keys: Vec<Key> = (1..=5).map(|n| table.enter(0, n, [0; 8], now(n), false)).collect();
    for key in &keys {
        table.settle(*key, State::Replied, BootTime::from_ns(10));
    }
    assert_eq!(table.settled(), 3);
    assert!(table.get(keys[1]).is_none() && table.get(keys[2]).is_some());
    let last = table.enter(0, 6, [0; 8], now(20), false);
    table.settle(last, State::Lost, BootTime::from_ns(111));
    assert!(table.get(keys[3]).is_none() && table.get(last).is_some());
    table.settle(last, State::Late, BootTime::from_ns(112));
    assert_eq!((table.settled(), table.get(last).unwrap().state()), (1, State::Late));
}

#[test]
fn the_first_stamp_of_a_stage_is_kept() {
    let mut table = Table::new(Limits::default());
    let key = table.enter(0, 1, [0; 8], now(1), true);
    table.stamp(key, Stage::Driver, WallTime::from_ns(5));
    table.stamp(key, Stage::Driver, WallTime::from_ns(9));
    let slot = table.get(key).unwrap();
    assert_eq!(slot.stamp(Stage::Driver), Some(WallTime::from_ns(5)));
    assert_eq!(slot.stamp(Stage::Nic), None);
}

proptest! {
    /// The table against the plainest model: a map from (target, seq) to numbers in order of entry.
    #[test]
    fn it_finds_what_a_plain_map_finds(steps in prop::collection::vec((0u8..4, 0u32..3, any::<u16>()), 1..400)) {
        let mut table = Table::new(Limits { flying: 1 << 20, settled: 1 << 20, age: Duration::from_secs(1) });
        let mut model: HashMap<(u32, u16), Vec<u64>> = HashMap::new();
        let mut flying: Vec<(Key, u32, u64)> = Vec::new();
        for (number, (what, target, pick)) in steps.into_iter().enumerate() {
            // Few sequence numbers, so that many are out more than once.
            let number = (number as u64 % 7) + ((number as u64) << 16);
            if what < 2 || flying.is_empty() {
                let key = table.enter(target, number, [0; 8], now(1), true);
                flying.push((key, target, number));
                model.entry((target, number as u16)).or_default().push(number);
            } else {
                let (key, target, number) = flying.remove(usize::from(pick) % flying.len());
                if what == 2 {
                    table.settle(key, State::Replied, BootTime::from_ns(2));
                } else {
                    table.forget(key);
                    model.get_mut(&(target, number as u16)).unwrap().retain(|n| *n != number);
                }
            }
            prop_assert_eq!(table.flying(), flying.len());
            prop_assert_eq!(table.oldest().map(|(key, _)| key), flying.first().map(|f| f.0));
        }
        for ((target, seq), mut numbers_) in model {
            numbers_.reverse();
            prop_assert_eq!(numbers(&table, target, seq), numbers_);
        }
        let mut walked = Vec::new();
        let mut at = table.oldest().map(|(key, _)| key);
        while let Some(key) = at {
            walked.push(key);
            at = table.after(key).map(|(key, _)| key);
        }
        prop_assert_eq!(walked, flying.iter().map(|f| f.0).collect::<Vec<_>>());
    }
}
