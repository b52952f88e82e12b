//! The path's MTU: with the router that says so, without one that does, and where nobody is there to ask.

use rprobe::net::sim::{Limit, Replies, Router};
use rprobe::trace::{Config, Method, MtuLimit, MtuStep, Note};
use rprobe::units::Family;

use crate::bed::*;

fn searching(method: Method, family: Family) -> Config {
    Config { mtu: Some(1500), ..config(method, family) }
}

#[test]
fn a_router_that_says_so_is_named_with_its_hop() {
    for (method, family) in all() {
        let mut routers = chain(family, 7, ms(10));
        routers[3] = routers[3].clone().mtu(1400, true);
        let run = run(searching(method, family), sim(1, family, route(family, routers, ms(10))));
        let found = run.path().mtu.unwrap();
        assert_eq!((found.mtu, found.up_to), (Some(1400), 8), "{method:?} {family:?}");
        let addr = router_at(family, 4);
        assert_eq!(found.limit, Some(MtuLimit::Router { addr, distance: Some(4), named: 1400 }));
        assert_eq!(run.routers(), whole(family, 7), "sizes are no tries");
        assert!(run.path().took < ms(1500), "{:?}", run.path().took);
    }
}

#[test]
fn narrower_and_narrower() {
    let family = Family::V4;
    let mut routers = chain(family, 7, ms(10));
    routers[1] = routers[1].clone().mtu(1450, true);
    routers[4] = routers[4].clone().mtu(1300, true);
    let run = run(searching(Method::Icmp, family), sim(1, family, route(family, routers, ms(10))));
    let found = run.path().mtu.unwrap();
    assert_eq!(found.mtu, Some(1300));
    assert!(matches!(found.limit, Some(MtuLimit::Router { distance: Some(5), named: 1300, .. })), "{found:?}");
}

#[test]
fn a_black_hole_is_found_by_size_and_put_between_two_hops() {
    for (method, family) in all() {
        let mut routers = chain(family, 7, ms(10));
        routers[4] = routers[4].clone().mtu(1380, false);
        let run = run(searching(method, family), sim(1, family, route(family, routers, ms(10))));
        let found = run.path().mtu.unwrap();
        assert_eq!(found.mtu, Some(1380), "{method:?} {family:?}");
        assert_eq!(found.limit, Some(MtuLimit::BlackHole { after: Some(5) }));
        let silent = run.notes.iter().filter(|note| matches!(note, Note::Mtu(note) if note.step == MtuStep::Silent));
        assert!(silent.count() > 2);
    }
}

#[test]
fn a_wide_path_and_a_narrow_first_link() {
    for (method, family) in all() {
        let way = || route(family, chain(family, 3, ms(10)), ms(10));
        let wide = run(searching(method, family), sim(1, family, way())).path().mtu.unwrap();
        assert_eq!((wide.mtu, wide.limit), (Some(1500), None));
        let here = run(searching(method, family), sim(1, family, way().local_mtu(1420))).path().mtu.unwrap();
        assert_eq!((here.mtu, here.limit), (Some(1420), Some(MtuLimit::Here)));
    }
}

#[test]
fn a_target_that_is_silent_is_measured_as_far_as_somebody_answers() {
    let family = Family::V4;
    let mut routers = chain(family, 7, ms(10));
    routers[3] = routers[3].clone().mtu(1400, true);
    let way = route(family, routers, ms(10)).replies(Replies::Silence);
    let run1 = run(searching(Method::Udp, family), sim(1, family, way));
    let found = run1.path().mtu.unwrap();
    assert_eq!((found.mtu, found.up_to), (Some(1400), 7));
    let nobody = chain(family, 7, ms(10)).into_iter().map(Router::silent).collect();
    let way = route(family, nobody, ms(10)).replies(Replies::Silence);
    let run2 = run(searching(Method::Udp, family), sim(1, family, way));
    assert_eq!(run2.path().mtu, None);
}

#[test]
fn limits_make_no_black_hole() {
    for seed in 0..10 {
        for family in FAMILIES {
            let way = limited(family, 6, ms(5));
            let run = run(seeded(searching(Method::Udp, family), seed), sim(seed, family, way));
            let found = run.path().mtu.unwrap();
            assert_eq!((found.mtu, found.limit), (Some(1500), None), "{family:?} seed {seed}");
        }
    }
    // Nor does a router that can say so only now and then.
    let family = Family::V4;
    let mut routers = chain(family, 7, ms(10));
    routers[3] = routers[3].clone().mtu(1400, true).limit(Limit { name: 4, burst: 2, every: ms(1000) });
    let run = run(searching(Method::Udp, family), sim(1, family, route(family, routers, ms(10))));
    assert_eq!(run.path().mtu.unwrap().mtu, Some(1400));
}

#[test]
fn a_stop_ends_it() {
    let family = Family::V4;
    let mut routers = chain(family, 7, ms(10));
    routers[4] = routers[4].clone().mtu(1380, false);
    let run = run_until(searching(Method::Udp, family), sim(1, family, route(family, routers, ms(10))), Some(ms(1500)));
    assert_eq!(run.path().mtu, None);
    assert_eq!(run.path().distance, Some(8));
}
