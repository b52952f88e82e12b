//! How long a trace takes: what the issue promises, said in virtual time.

use std::collections::HashMap;

use rprobe::net::sim::{Router, Stamps};
use rprobe::trace::{Config, End, Method, Waits};
use rprobe::units::Family;

use crate::bed::*;

#[test]
fn where_all_answer_tries_overlap() {
    for (method, family) in all() {
        let way = || route(family, chain(family, 12, ms(100)), ms(100));
        let once = run(Config { tries: 1, ..config(method, family) }, sim(1, family, way()));
        assert!(once.path().took <= ms(105), "one round trip and the spacing: {:?}", once.path().took);
        let thrice = run(config(method, family), sim(1, family, way()));
        assert!(thrice.path().took <= ms(240), "further tries wait for the first answer: {:?}", thrice.path().took);
        // Where round trips grow with the distance, as they do, the near hops are done when the far ones answer.
        let far = (1..=12).map(|hop| router(family, hop, ms(8) * hop as u32)).collect();
        let grows = run(config(method, family), sim(1, family, route(family, far, ms(104))));
        assert!(grows.path().took <= ms(240), "{:?}", grows.path().took);
    }
}

#[test]
fn a_near_path_takes_no_time() {
    for (method, family) in all() {
        let way = route(family, chain(family, 9, us(20)), us(20));
        let run = run(config(method, family), sim(1, family, way));
        assert_eq!(run.routers(), whole(family, 9));
        assert!(run.path().took <= ms(6), "{method:?}: {:?}", run.path().took);
    }
}

#[test]
fn silent_and_lossy_hops_cost_some_round_trips() {
    let mut missed = 0;
    for seed in 0..100 {
        let family = FAMILIES[seed as usize % 2];
        let method = METHODS[seed as usize % 3];
        let mut routers = chain(family, 12, ms(100));
        for hop in [3, 4, 8] {
            routers[hop - 1] = router(family, hop, ms(100)).silent();
        }
        routers[9] = router(family, 10, ms(100)).loss(0.3);
        let run = run(seeded(config(method, family), seed), sim(seed, family, route(family, routers, ms(100))));
        assert_eq!(run.path().distance, Some(13), "seed {seed}");
        // Debian's traceroute takes 1.1 s: three tries at the silent hops wait ten round trips of the next.
        assert!(run.path().took <= ms(520), "seed {seed}: {:?}", run.path().took);
        for (hop, routers) in (1..).zip(run.routers()) {
            match hop {
                3 | 4 | 8 => assert!(routers.is_empty()),
                10 => missed += usize::from(routers.is_empty()),
                _ => assert_eq!(routers.len(), 1, "seed {seed}, hop {hop}"),
            }
        }
    }
    assert!(missed <= 1, "a hop that loses 30 % was missed {missed} times in 100");
}

#[test]
fn nothing_after_hop_five_ends_within_two_seconds() {
    for (method, family) in all() {
        let routers = (1..=12)
            .map(|hop| if hop > 5 { router(family, hop, ms(20)).silent() } else { router(family, hop, ms(20)) });
        let way = route(family, routers.collect(), ms(20)).replies(rprobe::net::sim::Replies::Silence);
        let run = run(config(method, family), sim(1, family, way));
        assert_eq!(run.path().end, End::Gap { last: 5 });
        assert_eq!(run.hops().len(), 10, "five silent hops are told");
        assert!(run.path().took <= ms(2000), "{:?}", run.path().took);
        let looks = run.sim.log().probes.iter().filter(|probe| probe.ttl.is_some_and(|ttl| ttl.0 == 30)).count();
        assert_eq!(looks, 1, "a last look at the target");
    }
}

#[test]
fn nothing_at_all() {
    let family = Family::V4;
    let way = route(family, chain(family, 12, ms(20)).into_iter().map(Router::silent).collect(), ms(20));
    let run = run(config(Method::Udp, family), sim(1, family, way.replies(rprobe::net::sim::Replies::Silence)));
    assert_eq!(run.path().end, End::Gap { last: 0 });
    assert!(run.path().took <= ms(3500), "{:?}", run.path().took);
    assert_eq!(run.path().counters.lost, run.path().counters.sent, "nothing is in flight for ever");
}

#[test]
fn waits_as_traceroute_has_them() {
    let family = Family::V4;
    let mut routers = chain(family, 6, ms(10));
    routers[2] = routers[2].clone().silent();
    let exact = |max| Config { wait: Waits::exact(max, 3.0, 10.0), extra: 0, ..config(Method::Icmp, family) };
    let way = || route(family, routers.clone(), ms(10));
    let run1 = run(exact(ms(5000)), sim(1, family, way()));
    assert!((ms(110)..=ms(140)).contains(&run1.path().took), "ten times the next: {:?}", run1.path().took);
    let run2 = run(exact(ms(50)), sim(1, family, way()));
    assert!((ms(55)..=ms(80)).contains(&run2.path().took), "no longer than the most: {:?}", run2.path().took);
}

#[test]
fn no_router_gets_a_burst_and_neighbours_are_not_asked_in_a_row() {
    let family = Family::V4;
    let run = run(config(Method::Udp, family), sim(1, family, route(family, chain(family, 15, ms(50)), ms(50))));
    let mut last: HashMap<u8, u64> = HashMap::new();
    let probes = &run.sim.log().probes;
    for three in probes.windows(3) {
        assert!(three[2].at.boot.as_ns() - three[0].at.boot.as_ns() >= 100_000, "spaced");
    }
    for probe in probes {
        let (ttl, at) = (probe.ttl.unwrap().0, probe.at.boot.as_ns());
        if let Some(before) = last.insert(ttl, at) {
            assert!(at - before >= 12_000_000, "a quarter of the round trip");
        }
    }
    let order: Vec<u8> = probes.iter().take(16).map(|probe| probe.ttl.unwrap().0).collect();
    let mut sorted = order.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (1..=16).collect::<Vec<u8>>(), "each once before any twice");
    assert!(order.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) == 1).count() < 8, "{order:?}");
}

#[test]
fn spacing_and_probes_in_flight() {
    let family = Family::V4;
    let way = || route(family, chain(family, 5, ms(50)), ms(50));
    let spaced = Config { spacing: ms(30), ..config(Method::Icmp, family) };
    let run1 = run(spaced, sim(1, family, way()));
    let times: Vec<u64> = run1.sim.log().probes.iter().map(|probe| probe.at.boot.as_ns()).collect();
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= 29_000_000));
    assert_eq!(run1.routers(), whole(family, 5));
    let one = Config { at_once: 1, tries: 1, ..config(Method::Icmp, family) };
    let run2 = run(one, sim(1, family, way()));
    let heard: Vec<(u64, u64)> =
        run2.sim.log().probes.iter().filter_map(|p| Some((p.at.boot.as_ns(), p.heard.first()?.read.as_ns()))).collect();
    assert!(heard.windows(2).all(|pair| pair[1].0 >= pair[0].1), "the next leaves when the last is answered");
    assert_eq!(run2.path().distance, Some(6));
}

#[test]
fn late_stamps_are_waited_for_a_little() {
    let family = Family::V4;
    let way = || route(family, chain(family, 5, us(300)), us(300));
    let stamps = |stamps| rprobe::net::sim::Path::default().stamps(stamps);
    for (path, kernel) in [(stamps(Stamps::After(us(900))), true), (stamps(Stamps::Never), false)] {
        let sim = rprobe::net::sim::Sim::new(1, path).route(host(family), way());
        let run = run(config(Method::Icmp, family), sim);
        let answers = run.answers();
        assert_eq!(answers.len(), 18);
        let by_kernel = answers.iter().filter(|answer| answer.rtt.clock == rprobe::clock::ClockSource::Kernel).count();
        assert_eq!(by_kernel, if kernel { 18 } else { 0 });
        assert!(!kernel || answers.iter().all(|answer| answer.rtt.time == us(300)));
    }
}
