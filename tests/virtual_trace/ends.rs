//! How a trace ends where the target does not answer, and what it says then.

use rprobe::net::NotSent;
use rprobe::net::sim::{Happening, Limit, Replies, Router};
use rprobe::sys::errno::ENETUNREACH;
use rprobe::trace::{Config, End, Method, Try, What};
use rprobe::units::{Family, Ttl};

use crate::bed::*;

#[test]
fn prohibited_and_unreachable_end_it_at_the_hop_that_says_so() {
    for (method, family) in all() {
        for (error, is_prohibited) in [(prohibited(family), true), (unreachable(family), false)] {
            let mut routers = chain(family, 12, ms(20));
            routers[6] = routers[6].clone().refuses(error);
            let run = run(config(method, family), sim(1, family, route(family, routers, ms(20))));
            let by = router_at(family, 7);
            let wanted = if is_prohibited {
                End::Prohibited { by, error, at: 8 }
            } else {
                End::Unreachable { by, error, at: 8 }
            };
            assert_eq!(run.path().end, wanted);
            // A router that forwards nothing lets the hop limit run out first, and refuses only what would go on.
            assert_eq!(run.hops().len(), 8);
            assert_eq!(run.hop(7).routers()[0].addr, by);
            assert!(run.hop(8).answers().all(|answer| answer.what == What::Error(error)));
            assert_eq!(run.hop(8).answers().count(), 3);
            assert!(run.path().took < ms(300), "{:?}", run.path().took);
            assert_eq!(run.path().distance, None);
            assert!(run.path().counters.errors >= 3);
        }
    }
}

#[test]
fn refused_at_once() {
    let family = Family::V4;
    let mut routers = chain(family, 3, ms(2));
    routers[0] = routers[0].clone().refuses(prohibited(family));
    let run =
        run(Config { first: Ttl(2), ..config(Method::Udp, family) }, sim(1, family, route(family, routers, ms(2))));
    assert!(matches!(run.path().end, End::Prohibited { at: 2, .. }), "{:?}", run.path().end);
    assert_eq!(run.hops().len(), 1);
}

#[test]
fn a_router_that_refuses_has_few_words_and_they_are_kept_for_the_nearest_probe() {
    for seed in 0..30 {
        let (method, family) = (METHODS[seed as usize % 3], FAMILIES[seed as usize % 2]);
        let mut routers = chain(family, 12, ms(5));
        let few = Limit { name: 7, burst: 2, every: ms(1000) };
        routers[6] = routers[6].clone().refuses(prohibited(family)).limit(few);
        let run = run(seeded(config(method, family), seed), sim(seed, family, route(family, routers, ms(5))));
        let End::Prohibited { by, at, .. } = run.path().end else { panic!("{:?}", run.path().end) };
        assert_eq!(by, router_at(family, 7));
        assert!((7..=9).contains(&at), "seed {seed}: {at}");
    }
}

#[test]
fn what_goes_round_is_said_to() {
    for (method, family) in all() {
        for (routers, back) in [(6, 5), (6, 4), (5, 2)] {
            let way = route(family, chain(family, routers, ms(20)), ms(20)).loops_to(back);
            let run = run(config(method, family), sim(1, family, way));
            let length = routers - back + 1;
            assert_eq!(run.path().end, End::Loop { from: back as u8, length: length as u8 });
            assert_eq!(run.hops().len(), back - 1 + 3 * length);
            assert!(run.path().took < ms(400));
        }
    }
}

#[test]
fn one_router_for_all_hops_is_no_loop() {
    let family = Family::V4;
    let routers = (1..=9).map(|_| router(family, 1, ms(5))).collect();
    let run = run(config(Method::Icmp, family), sim(1, family, route(family, routers, ms(5))));
    assert_eq!(run.path().distance, Some(10));
}

#[test]
fn a_target_far_behind_silence_is_found_by_the_last_look() {
    for (method, family) in all() {
        let routers = (1..=20)
            .map(|hop| if hop > 4 { router(family, hop, ms(20)).silent() } else { router(family, hop, ms(20)) });
        let run = run(config(method, family), sim(1, family, route(family, routers.collect(), ms(20))));
        assert_eq!((run.path().end, run.path().distance), (End::Reached, Some(21)), "{method:?} {family:?}");
        assert_eq!(run.hops().len(), 21);
        assert!(run.path().took < ms(2500), "{:?}", run.path().took);
    }
}

#[test]
fn a_silent_target_behind_routers_that_answer() {
    let family = Family::V4;
    let way = route(family, chain(family, 9, ms(20)), ms(20)).replies(Replies::Silence);
    let run = run(config(Method::Tcp, family), sim(1, family, way));
    assert_eq!(run.path().end, End::Gap { last: 9 });
    assert_eq!(run.hops().len(), 14);
    let short = Config { last: Ttl(12), ..config(Method::Tcp, family) };
    let way = route(family, chain(family, 9, ms(20)), ms(20)).replies(Replies::Silence);
    let run = crate::bed::run(short, sim(1, family, way));
    assert_eq!((run.path().end, run.hops().len()), (End::LastHop, 12));
}

#[test]
fn a_stop_tells_what_is_known() {
    let family = Family::V4;
    let mut routers = chain(family, 6, ms(10));
    routers[2] = router(family, 3, ms(10)).silent();
    routers[4] = Router::new(router_at(family, 5), ms(900));
    let way = route(family, routers, ms(800));
    let run = run_until(config(Method::Icmp, family), sim(1, family, way), Some(ms(25)));
    assert_eq!(run.path().end, End::Stopped);
    assert_eq!(run.hops().len(), 6);
    assert_eq!(run.hop(5).tries, Vec::<Try>::new(), "not answered, and not silent yet");
    let counters = run.path().counters;
    assert_eq!(counters.sent, counters.replied + counters.lost + counters.in_flight);
    let at_once = run_until(config(Method::Icmp, family), sim(1, family, route(family, vec![], ms(5))), Some(ms(0)));
    assert_eq!((at_once.path().end, at_once.hops().len()), (End::Stopped, 0));
}

#[test]
fn what_this_host_refuses() {
    let family = Family::V4;
    let why = NotSent { errno: ENETUNREACH, mtu: None };
    let way = || route(family, chain(family, 5, ms(5)), ms(5));
    let refusing = sim(1, family, way()).at(ms(0), Happening::Refuse(Some(why)));
    let run1 = run(config(Method::Udp, family), refusing);
    assert_eq!(run1.path().end, End::NotSent { errno: ENETUNREACH });
    let counters = run1.path().counters;
    assert!(counters.not_sent == counters.attempted && counters.attempted < 8, "{counters:?}");
    // A moment without a route is a moment.
    let moment = sim(1, family, way()).at(us(150), Happening::Refuse(Some(why))).at(us(350), Happening::Refuse(None));
    let run2 = run(config(Method::Udp, family), moment);
    assert_eq!(run2.path().distance, Some(6));
    assert!((1..5).contains(&run2.path().counters.not_sent), "{:?}", run2.path().counters);
    // A full queue is waited out.
    let full = NotSent { errno: rprobe::sys::errno::Errno(105), mtu: None };
    let full = sim(1, family, way()).at(us(150), Happening::Refuse(Some(full))).at(ms(60), Happening::Refuse(None));
    let run3 = run(config(Method::Udp, family), full);
    assert_eq!(run3.routers(), whole(family, 5));
    assert!(run3.hops().iter().all(|hop| silent(hop) == 0 && hop.tries.len() == 3));
}
