//! Random sessions on random networks: whatever happens, the equations hold at every event, and what the session believes
//! is what the network did.

use std::net::IpAddr;
use std::time::Duration;

use proptest::prelude::*;
use rprobe::clock::ClockSource;
use rprobe::net::NotSent;
use rprobe::net::sim::{Act, Damage, Happening, Path, Quote, Record, Rule, Sim, Stamps, Stranger, What};
use rprobe::ping::{Config, Ended, NoReply, Note, Pace, ReplyKind, Stamping, Until};
use rprobe::sys::errno::Errno;
use rprobe::units::Family;
use rprobe::wire::icmp::IcmpError;

use crate::bed::*;

const DEPARTURE: Duration = Duration::from_micros(5);

/// What our two clocks may be apart before a step is noticed.
const SLACK: Duration = Duration::from_micros(100);

fn path() -> impl Strategy<Value = Path> {
    let stamps = prop_oneof![
        3 => Just(Stamps::AtOnce),
        1 => Just(Stamps::Never),
        1 => (0u64..5000).prop_map(|late| Stamps::After(us(late))),
    ];
    let chances = (0.0..0.5f64, 0.0..0.2f64, 0.0..0.2f64, 0.0..0.3f64);
    (50u64..400_000, 0u64..300_000, chances, stamps, any::<bool>()).prop_map(
        |(delay, jitter, chances, stamps, arrival)| {
            let (loss, twice, damage, reordering) = chances;
            Path::new(us(delay))
                .jitter(us(jitter))
                .departure(DEPARTURE)
                .loss(loss)
                .duplicates(twice)
                .damage(damage)
                .reordering(reordering, ms(30))
                .stamps(stamps)
                .arrival_stamps(arrival)
        },
    )
}

fn act() -> impl Strategy<Value = Act> {
    let error = IcmpError { family: Family::V4, ty: 3, code: 1, info: 0 };
    let quote =
        prop_oneof![Just(Quote::Header), Just(Quote::Whole), Just(Quote::WrongToken), Just(Quote::WrongChecksum)];
    prop_oneof![
        Just(Act::Lose),
        (0u64..3000).prop_map(|late| Act::Delay(ms(late))),
        (1u32..4, 0u64..500).prop_map(|(copies, gap)| Act::Duplicate(copies, ms(gap))),
        Just(Act::Damage(Damage::Checksum)),
        Just(Act::From(ip("203.0.113.3"))),
        (quote, 0u64..2000).prop_map(move |(quote, after)| Act::Error(router(), error, quote, ms(after))),
        Just(Act::Redirect(router(), ip("203.0.113.4"))),
        Just(Act::Refuse(NotSent { errno: Errno(101), mtu: None })),
        (0u64..500).prop_map(|after| Act::GiveUp(Errno(113), ms(after))),
        Just(Act::NoArrivalStamp),
    ]
}

fn happening() -> impl Strategy<Value = Happening> {
    let ns = prop_oneof![-4_000_000_000_000i64..4_000_000_000_000, -5_000_000i64..5_000_000];
    prop_oneof![
        ns.clone().prop_map(Happening::Step),
        ns.prop_map(Happening::QuietStep),
        (1u64..20_000).prop_map(|time| Happening::Suspend(ms(time))),
        (1u64..5_000).prop_map(|time| Happening::Stall(ms(time))),
        (1u64..9).prop_map(Happening::Drop),
    ]
}

#[derive(Clone, Debug)]
struct Scene {
    seed: u64,
    config: Config,
    paths: Vec<Path>,
    rules: Vec<(u64, u64, Act)>,
    happenings: Vec<(u64, Happening)>,
    strangers: Option<(Stranger, u64)>,
    buffer: usize,
    wake: u64,
    stop: Option<u64>,
}

fn address(index: usize) -> IpAddr {
    IpAddr::from([192, 0, 2, index as u8 + 1])
}

fn config() -> impl Strategy<Value = Config> {
    let pace = prop_oneof![
        3 => Just(Pace::Interval),
        1 => Just(Pace::Flood),
        1 => (0u64..5000).prop_map(|floor| Pace::Adaptive { floor: us(floor) }),
    ];
    let stamping =
        prop_oneof![3 => Just(Stamping::All), 1 => (2u32..5).prop_map(Stamping::Sample), 1 => Just(Stamping::None)];
    let until = prop_oneof![
        4 => Just(None),
        1 => (1u32..6).prop_map(|n| Some(Until::Up(n))),
        1 => (1u32..6).prop_map(|n| Some(Until::Down(n))),
    ];
    let timeout = (prop::option::of(1u64..3000), any::<bool>());
    let size = prop::sample::select(vec![0usize, 3, 8, 56, 1000]);
    let deadline = prop::option::weighted(0.3, 100u64..20_000);
    let times = (1u64..120, 100u64..1_000_000, 1u32..8, timeout, deadline);
    (times, pace, stamping, until, size, any::<bool>()).prop_map(
        |(times, pace, stamping, until, size, user_to_user)| {
            let (n, interval, preload, (timeout, chosen), deadline) = times;
            Config {
                interval: us(interval),
                preload,
                timeout: Some(timeout.map_or(secs(10), ms)),
                timeout_chosen: chosen,
                deadline: deadline.map(ms),
                pace,
                stamping,
                until,
                size,
                user_to_user,
                note_unanswered: true,
                note_sent: true,
                ..count(n)
            }
        },
    )
}

fn scene() -> impl Strategy<Value = Scene> {
    let paths = prop::collection::vec(path(), 1..4);
    let rules = prop::collection::vec((1u64..60, 0u64..6, act()), 0..8);
    let happenings = prop::collection::vec((0u64..20_000, happening()), 0..5);
    let kind = prop::sample::select(vec![Stranger::Reply, Stranger::Twin, Stranger::Error, Stranger::Noise]);
    let strangers = prop::option::of((kind, 1u64..400));
    let rest = (any::<u64>(), prop::sample::select(vec![3usize, 40, usize::MAX]), 0u64..200);
    (config(), paths, rules, happenings, strangers, rest, prop::option::weighted(0.3, 0u64..20_000)).prop_map(
        |(mut config, paths, rules, happenings, strangers, (seed, buffer, wake), stop)| {
            config.targets = (0..paths.len()).map(|index| target(address(index))).collect();
            // A probe that carries no token cannot be told from a stranger's imitation.
            let strangers = strangers.filter(|_| config.size >= 8);
            let mut rules = rules;
            if config.size < 8 {
                rules.retain(|(_, _, act)| !matches!(act, Act::Error(_, _, Quote::WrongToken, _)));
            }
            Scene { seed, config, paths, rules, happenings, strangers, buffer, wake, stop }
        },
    )
}

fn play(scene: &Scene) -> Run {
    let mut sim = Sim::new(scene.seed, Path::default()).wake(us(scene.wake)).buffer(scene.buffer).send_cost(us(1));
    for (index, path) in scene.paths.iter().enumerate() {
        sim = sim.path(address(index), path.clone());
    }
    for (first, more, act) in &scene.rules {
        sim = sim.rule(Rule::range(*first..=first + more, *act));
    }
    for (at, what) in &scene.happenings {
        sim = sim.at(ms(*at), what.clone());
    }
    if let Some((kind, every)) = scene.strangers {
        sim = sim.strangers(kind, address(0), ms(every));
    }
    run_within(scene.config.clone(), sim, 2_000_000, scene.stop.map(ms))
}

/// What a probe's own record says of it.
struct Truth {
    first_reply: Option<(Duration, Duration, bool)>,
    replies: u64,
    errors: u64,
    strange: u64,
}

fn truth(record: &Record) -> Truth {
    let reply = |what| matches!(what, What::Reply | What::Damaged);
    let replies = record.heard.iter().filter(|heard| reply(heard.what));
    let first = replies.clone().next().map(|heard| {
        let since = |at: rprobe::clock::BootTime| at.since(record.at.boot);
        (since(heard.arrived), since(heard.read), heard.what == What::Damaged)
    });
    let believed = |what| what == What::Error;
    let count = |wanted: &dyn Fn(What) -> bool| record.heard.iter().filter(|heard| wanted(heard.what)).count() as u64;
    Truth {
        first_reply: first,
        replies: replies.count() as u64,
        errors: count(&believed),
        strange: count(&|what| matches!(what, What::WrongSource | What::FalseError)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_session_believes_what_happened(scene in scene()) {
        let run = play(&scene);
        let log = run.sim.log();
        let mut foreign = run.session.foreign();
        let mut foreign_truth = log.strangers;
        for index in 0..scene.paths.len() {
            let summary = run.summary_of(index as u32);
            let counters = summary.counters;
            foreign += counters.foreign;
            let records: Vec<&Record> = log.probes.iter().filter(|p| p.to.addr == address(index)).collect();
            let refused = records.iter().filter(|record| record.refused).count() as u64;
            prop_assert_eq!((counters.attempted, counters.not_sent), (records.len() as u64, refused));

            let (mut received, mut duplicates, mut corrupt, mut errors, mut silent) = (0, 0, 0, 0, 0);
            let (mut surely_in_time, mut surely_late) = (0, 0);
            for record in records.iter().filter(|record| !record.refused) {
                let truth = truth(record);
                foreign_truth += truth.strange;
                duplicates += truth.replies.saturating_sub(1);
                match truth.first_reply {
                    Some((arrived, read, damaged)) => {
                        received += 1;
                        corrupt += u64::from(damaged);
                        let timeout = scene.config.timeout.unwrap();
                        surely_in_time += u64::from(read < timeout);
                        surely_late += u64::from(arrived >= timeout + DEPARTURE + SLACK);
                    }
                    None if truth.errors > 0 => errors += 1,
                    None => silent += 1,
                }
            }
            prop_assert_eq!(counters.received(), received);
            prop_assert!(counters.replied >= surely_in_time && counters.late >= surely_late, "{:?}", counters);
            prop_assert_eq!(counters.duplicates, duplicates);
            prop_assert_eq!((counters.errors, counters.lost + counters.in_flight), (errors, silent));
            if scene.config.size > 0 {
                prop_assert_eq!(counters.corrupt, corrupt);
            }

            let replies: Vec<_> = run.replies().into_iter().filter(|reply| reply.target.0 == index as u32).collect();
            let of = |kinds: &[fn(&ReplyKind) -> bool]| {
                replies.iter().filter(|reply| kinds.iter().any(|kind| kind(&reply.kind))).count() as u64
            };
            let good = |kind: &ReplyKind| *kind == ReplyKind::Good;
            let late = |kind: &ReplyKind| *kind == ReplyKind::Late;
            let hurt = |kind: &ReplyKind| matches!(kind, ReplyKind::Corrupt { .. });
            let twice = |kind: &ReplyKind| *kind == ReplyKind::Duplicate;
            prop_assert_eq!(of(&[good, late, hurt]), received, "each first reply is told once");
            prop_assert_eq!(of(&[twice]), duplicates);
            prop_assert_eq!(of(&[hurt]), counters.corrupt);
            let counted = replies.iter().filter(|reply| reply.counted).count() as u64;
            prop_assert_eq!(summary.rtt.count(), counted);
            prop_assert_eq!(summary.clocks.iter().sum::<u64>(), counted);
            for reply in replies.iter().filter(|reply| good(&reply.kind) || late(&reply.kind)) {
                let record = records[reply.number as usize - 1];
                prop_assert_eq!(record.nth, reply.number);
                let (arrived, read, _) = truth(record).first_reply.unwrap();
                let rtt = reply.rtt.unwrap();
                // Whatever the wall clock did, a round-trip time is the truth by the clock that it names.
                let honest = match rtt.clock {
                    ClockSource::User => read,
                    ClockSource::KernelRx => arrived,
                    ClockSource::Kernel | ClockSource::Nic => arrived - DEPARTURE,
                };
                let off = rtt.time.max(honest) - rtt.time.min(honest);
                prop_assert!(off <= if rtt.clock == ClockSource::User { ms(0) } else { SLACK }, "{:?} {:?}", rtt, honest);
                prop_assert!(!scene.config.user_to_user || rtt.clock == ClockSource::User);
            }

            let told = |wanted: fn(&NoReply) -> bool| {
                let of = |note: &&Note| {
                    matches!(note, Note::NoReply { target, why, .. } if target.0 == index as u32 && wanted(why))
                };
                run.notes.iter().filter(of).count() as u64
            };
            prop_assert_eq!(told(|why| matches!(why, NoReply::NotSent { .. })), counters.not_sent);
            prop_assert!(told(|why| *why == NoReply::Lost) >= counters.lost);
            let errors_told = told(|why| matches!(why, NoReply::Error { .. }));
            prop_assert!(errors_told >= counters.errors);
            prop_assert!(summary.loss_runs.longest() <= counters.attempted);
            prop_assert_eq!(summary.dropped, log.dropped);
            if run.ended() == Ended::Count && scene.config.deadline.is_none() {
                prop_assert_eq!((counters.attempted, counters.in_flight), (scene.config.count.unwrap(), 0));
            }
        }
        prop_assert_eq!(foreign, foreign_truth);
        prop_assert_eq!(run.session.until_met(), run.ended() == Ended::UntilMet);
    }
}
