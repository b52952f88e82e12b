//! Routers that limit their errors: nothing is lost there, and the target stands where it stands.

use rprobe::net::sim::{Limit, Quoted, Route, Router, Sockets};
use rprobe::trace::{Config, End, Method, Waits};
use rprobe::units::{Family, Ttl};

use crate::bed::*;

#[test]
fn linux_defaults_on_twelve_hops_never_move_the_target() {
    for seed in 0..40 {
        for (method, family) in all() {
            for sockets in [Sockets::Raw, Sockets::Plain] {
                if method == Method::Tcp && sockets == Sockets::Plain {
                    continue;
                }
                let sim = sim(seed, family, limited(family, 11, ms(1))).sockets(sockets);
                let run = run(seeded(config(method, family), seed), sim);
                assert_eq!(run.path().distance, Some(12), "{method:?} {family:?} {sockets:?} seed {seed}");
                assert_eq!(run.routers(), whole(family, 11), "{method:?} {family:?} {sockets:?} seed {seed}");
            }
        }
    }
}

#[test]
fn nor_do_limits_that_another_trace_has_used_up() {
    for seed in 0..30 {
        for (method, family) in all() {
            for left in 0..4 {
                // So many errors are left of the six, and one comes back in a second.
                let spent = |router: Router, name| {
                    router.limit(Limit { name, burst: left.max(1), every: std::time::Duration::from_secs(1) })
                };
                let routers = (1..=11).map(|hop| spent(router(family, hop, ms(1)), hop as u32)).collect();
                let host = spent(Router::new(host(family), ms(1)), 0);
                let sim = sim(seed, family, rprobe::net::sim::Route::new(routers, host));
                let run = run(seeded(config(method, family), seed), sim);
                assert_eq!(run.path().distance, Some(12), "{method:?} {family:?} {left} left, seed {seed}");
                assert!(run.path().took < ms(4000));
            }
        }
    }
}

#[test]
fn one_limiter_for_all_answers() {
    for seed in 0..30 {
        for (method, family) in all() {
            let shared = Limit { name: 7, burst: 6, every: ms(1000) };
            let routers = (1..=11).map(|hop| router(family, hop, ms(1)).limit(shared)).collect();
            let way = rprobe::net::sim::Route::new(routers, Router::new(host(family), ms(1)).limit(shared));
            let run = run(seeded(config(method, family), seed), sim(seed, family, way));
            // The target's own word, by what it quotes or by the lowest hop limit that it answers.
            assert_eq!(run.path().distance, Some(12), "{method:?} {family:?} seed {seed}");
            assert_eq!(run.path().end, End::Reached);
        }
    }
}

#[test]
fn a_target_that_limits_and_is_not_quoted_is_looked_at_in_order() {
    // Ordinary sockets show no quotes: where port unreachables are few, only the order of probes tells the distance.
    for seed in 0..40 {
        let family = FAMILIES[seed as usize % 2];
        let one = Limit { name: 0, burst: 1, every: ms(1000) };
        let way = rprobe::net::sim::Route::new(chain(family, 8, ms(5)), Router::new(host(family), ms(5)).limit(one));
        let run = run(seeded(config(Method::Udp, family), seed), sim(seed, family, way).sockets(Sockets::Plain));
        assert_eq!(run.path().distance, Some(9), "seed {seed}");
        assert_eq!(run.routers(), whole(family, 8), "seed {seed}");
    }
}

#[test]
fn a_router_that_limits_is_not_lossy() {
    let family = Family::V4;
    for seed in 0..20 {
        let mut routers = chain(family, 8, ms(20));
        routers[3] = routers[3].clone().limit(Limit { name: 1, burst: 1, every: ms(1000) });
        let run = run(seeded(config(Method::Icmp, family), seed), sim(seed, family, route(family, routers, ms(20))));
        assert_eq!(silent(run.hop(4)), 2);
        assert!(run.hop(4).limited, "not lost: nothing is lost beyond");
        assert!(run.hops().iter().all(|hop| hop.distance == 4 || !hop.limited));
    }
}

#[test]
fn loss_that_goes_on_beyond_is_no_limit() {
    let family = Family::V4;
    let mut called_limited = 0;
    for seed in 0..20 {
        let mut routers = chain(family, 6, ms(20));
        routers[1] = routers[1].clone().drops(0.6);
        let tries = Config { tries: 10, ..config(Method::Icmp, family) };
        let run = run(seeded(tries, seed), sim(seed, family, route(family, routers, ms(20))));
        called_limited += run.hops().iter().filter(|hop| hop.distance >= 3 && hop.limited).count();
    }
    assert_eq!(called_limited, 0);
}

/// Late answers show that the way ends right behind the hop that was just looked at: nobody waits for the look at the next.
#[test]
fn an_end_that_comes_nearer_while_it_is_looked_for_ends_the_trace() {
    let family = Family::V6;
    for seed in 0..400 {
        let routers = vec![
            router(family, 1, ms(0)),
            router(family, 2, ms(0)),
            router(family, 3, ms(27)).jitter(ms(90)).drops(0.38),
            router(family, 4, ms(279)).jitter(ms(53)).quoted(Quoted::Eight),
        ];
        let way = Route::new(routers, router(family, 5, ms(301)).jitter(ms(32)));
        let config = Config {
            first: Ttl(3),
            last: Ttl(31),
            tries: 2,
            extra: 1,
            at_once: 17,
            window: 5,
            size: 2,
            wait: Waits::exact(ms(300), 3.0, 10.0),
            ..config(Method::Udp, family)
        };
        let run = run(seeded(config, seed), sim(seed, family, way).sockets(Sockets::Plain));
        assert_eq!(run.path().end, End::Reached, "{seed}");
    }
}
