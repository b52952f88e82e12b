//! Random sweeps on random networks: whatever happens, the equations hold at every event (the bed checks), and what the
//! sweep believes is what the network did.

use std::time::Duration;

use proptest::prelude::*;
use rprobe::net::NotSent;
use rprobe::net::sim::{Act, Damage, Happening, Path, Quote, Rule, Sim, Stamps, What};
use rprobe::sweep::{Config, Ended, Mode, Note, ReplyKind, Spacing};
use rprobe::sys::errno::Errno;
use rprobe::units::Family;
use rprobe::wire::icmp::IcmpError;

use crate::bed::*;

fn act() -> impl Strategy<Value = Act> {
    let error = IcmpError { family: Family::V4, ty: 3, code: 1, info: 0 };
    let quote = prop_oneof![Just(Quote::Header), Just(Quote::Whole), Just(Quote::WrongToken)];
    prop_oneof![
        Just(Act::Lose),
        (0u64..2000).prop_map(|late| Act::Delay(ms(late))),
        (1u32..4, 0u64..500).prop_map(|(copies, gap)| Act::Duplicate(copies, ms(gap))),
        Just(Act::Damage(Damage::Checksum)),
        Just(Act::From(ip("203.0.113.3"))),
        (quote, 0u64..1000).prop_map(move |(quote, after)| Act::Error(ip("198.51.100.1"), error, quote, ms(after))),
        Just(Act::Refuse(NotSent { errno: Errno(101), mtu: None })),
        Just(Act::Refuse(NotSent { errno: Errno(105), mtu: None })),
        (0u64..500).prop_map(|after| Act::GiveUp(Errno(113), ms(after))),
    ]
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        (-4_000_000_000_000i64..4_000_000_000_000).prop_map(Happening::Step),
        (-5_000_000i64..5_000_000).prop_map(Happening::QuietStep),
        (1u64..20_000).prop_map(|time| Happening::Suspend(ms(time))),
        (1u64..5_000).prop_map(|time| Happening::Stall(ms(time))),
        (1u64..9).prop_map(Happening::Drop),
    ]
}

prop_compose! {
    fn config()(
        hosts in 1u32..8,
        mode in prop_oneof![
            (1u64..6, 1.0..5.0f64).prop_map(|(attempts, backoff)| Mode::Alive { attempts, backoff }),
            (1u64..30).prop_map(Mode::Count),
            Just(Mode::Loop),
        ],
        spacing in prop_oneof![(0u64..20_000).prop_map(|n| Spacing::Fixed(us(n))), Just(Spacing::Auto)],
        (space_retries, check_source, late_counts) in any::<(bool, bool, bool)>(),
        (period, timeout) in (1u64..500, 1u64..1000),
        size in prop::sample::select(vec![0usize, 7, 8, 56]),
        enough_alive in prop::option::weighted(0.2, 1u64..8),
    ) -> Config {
        Config {
            mode, spacing, space_retries, check_source, late_counts, size, enough_alive,
            period: ms(period), timeout: ms(timeout), ..alive(hosts)
        }
    }
}

prop_compose! {
    fn path()(
        (delay, jitter) in (50u64..400_000, 0u64..300_000),
        (loss, twice, damage) in (0.0..0.5f64, 0.0..0.2f64, 0.0..0.2f64),
        stamps in prop_oneof![
            3 => Just(Stamps::AtOnce),
            1 => Just(Stamps::Never),
            1 => (0u64..5000).prop_map(|late| Stamps::After(us(late))),
        ],
        arrival in any::<bool>(),
    ) -> Path {
        Path::new(us(delay)).jitter(us(jitter)).loss(loss).duplicates(twice).damage(damage).stamps(stamps)
            .arrival_stamps(arrival)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]
    #[test]
    fn what_is_believed_is_what_was(
        seed: u64,
        config in config(),
        path in path(),
        rules in prop::collection::vec((1u64..12, act()), 0..6),
        happenings in prop::collection::vec((0u64..5000, happening()), 0..3),
        stop in 0u64..8000,
    ) {
        let mut sim = Sim::new(seed, path);
        for (nth, act) in rules {
            sim = sim.rule(Rule::nth(nth, act));
        }
        for (at, what) in happenings {
            sim = sim.at(ms(at), what);
        }
        let (hosts, mode, size) = (config.hosts.len() as u32, config.mode, config.size);
        let strict = config.check_source;
        let run = run_until(config, sim, Some(ms(stop)));
        let log = run.sim.log();
        let totals = run.totals();
        prop_assert!(totals.counters.balanced());
        for index in 0..hosts {
            let summary = run.host(index);
            let of_host = || log.probes.iter().filter(|record| record.to.addr == addr(index));
            prop_assert_eq!(summary.counters.attempted, of_host().count() as u64);
            let refused = of_host().filter(|record| record.refused).count() as u64;
            prop_assert!(summary.counters.not_sent <= refused, "a refusal may still be unheard, or outdone by an answer");
            // Answered as far as the network knows: where the token proves it, or the address where there is none.
            let answers = |what: What| match what {
                What::Reply => true,
                What::WrongSource => !strict && size >= 8,
                What::Damaged => true,
                _ => false,
            };
            let answered = of_host().filter(|record| record.heard.iter().any(|heard| answers(heard.what))).count() as u64;
            prop_assert!(summary.counters.received() <= answered, "{:?} of {}", summary.counters, answered);
            // One from elsewhere may be damaged as well, and then nothing proves it.
            let intact = |what: What| what == What::Reply;
            let surely = of_host().filter(|record| {
                !record.refused && record.heard.iter().any(|heard| intact(heard.what))
            }).count() as u64;
            // What came after the run was over is nobody's.
            if matches!(mode, Mode::Count(_)) && run.ended() == Ended::Finished {
                prop_assert!(summary.counters.received() >= surely, "{:?} of {}", summary.counters, surely);
                prop_assert_eq!(summary.counters.in_flight, 0);
            }
            let counted = |kind: fn(&ReplyKind) -> bool| {
                let mine = |note: &&Note| matches!(note, Note::Reply(r) if r.host.0 == index && kind(&r.kind));
                run.notes.iter().filter(mine).count() as u64
            };
            prop_assert_eq!(summary.counters.duplicates, counted(|kind| *kind == ReplyKind::Duplicate));
            prop_assert_eq!(summary.counters.received(), counted(|kind| {
                !matches!(kind, ReplyKind::Duplicate | ReplyKind::WrongSource)
            }));
            let firsts = run.replies().iter().filter(|reply| reply.host.0 == index && reply.first).count();
            prop_assert_eq!(usize::from(summary.alive), firsts);
        }
        prop_assert!(run.sim.elapsed() <= Duration::from_millis(stop + 60_000));
    }
}
