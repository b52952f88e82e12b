//! Plain paths: every method over both families finds every router and stops at the target.

use rprobe::net::Reply;
use rprobe::net::sim::{Balance, Replies, Router};
use rprobe::trace::{Config, End, Method, Reach, Target, What};
use rprobe::units::{Family, Ttl};

use crate::bed::*;

#[test]
fn every_router_and_then_the_target() {
    for (method, family) in all() {
        for count in [0, 1, 7, 12, 15, 16, 23, 29] {
            let run = run(config(method, family), sim(1, family, route(family, chain(family, count, ms(20)), ms(20))));
            assert_eq!(run.routers(), whole(family, count), "{method:?} {family:?} {count}");
            let path = run.path();
            assert_eq!((path.end, path.distance), (End::Reached, Some(count as u8 + 1)));
            assert!(run.hops().iter().all(|hop| hop.tries.len() == 3 && silent(hop) == 0 && !hop.limited));
            assert!(run.tracer.all_reached());
            assert!(run.answers().iter().all(|answer| answer.rtt.time == ms(20)), "stamps tell the time");
            assert_eq!(path.counters.foreign + path.counters.duplicates + path.counters.not_sent, 0);
        }
    }
}

#[test]
fn what_the_target_says_ends_the_trace() {
    let of = |method, replies| {
        let route = route(Family::V4, chain(Family::V4, 3, ms(5)), ms(5)).replies(replies);
        let run = run(config(method, Family::V4), sim(1, Family::V4, route));
        assert_eq!((run.path().end, run.path().distance), (End::Reached, Some(4)));
        run.hop(4).answers().next().unwrap().what
    };
    assert_eq!(of(Method::Icmp, Replies::Usual), What::Reached(Reach::Echo));
    assert!(matches!(of(Method::Udp, Replies::Usual), What::Reached(Reach::PortUnreachable(_))));
    assert_eq!(of(Method::Tcp, Replies::Usual), What::Reached(Reach::Reply(Reply::Rst)));
    assert_eq!(of(Method::Tcp, Replies::With(Reply::SynAck)), What::Reached(Reach::Reply(Reply::SynAck)));
    assert_eq!(of(Method::Tcp, Replies::With(Reply::Segment)), What::Reached(Reach::Reply(Reply::Segment)));
    assert_eq!(of(Method::Udp, Replies::With(Reply::Data)), What::Reached(Reach::Reply(Reply::Data)));
}

#[test]
fn a_time_exceeded_from_the_targets_own_address_is_not_the_end() {
    let family = Family::V4;
    let mut routers = chain(family, 5, ms(5));
    routers[3] = Router::new(host(family), ms(5));
    let run = run(config(Method::Icmp, family), sim(1, family, route(family, routers, ms(5))));
    assert_eq!(run.path().distance, Some(6));
    assert_eq!(run.hop(4).routers()[0].addr, host(family));
    assert!(!run.hop(4).reached() && run.hop(6).reached());
}

#[test]
fn a_port_unreachable_from_another_address_is_the_end() {
    let family = Family::V4;
    let behind = Router::new(other_at(family, 9, 9), ms(5));
    let way = rprobe::net::sim::Route::new(chain(family, 5, ms(5)), behind);
    let run = run(config(Method::Udp, family), sim(1, family, way));
    assert_eq!((run.path().end, run.path().distance), (End::Reached, Some(6)));
    assert_eq!(run.hop(6).routers()[0].addr, other_at(family, 9, 9));
}

#[test]
fn first_and_last_hop_and_tries() {
    let family = Family::V6;
    let way = || route(family, chain(family, 9, ms(5)), ms(5));
    let some = Config { first: Ttl(3), tries: 1, ..config(Method::Udp, family) };
    let run1 = run(some, sim(1, family, way()));
    assert_eq!(run1.routers(), whole(family, 9)[2..]);
    assert!(run1.hops().iter().all(|hop| hop.tries.len() == 1));
    let short = Config { last: Ttl(4), tries: 10, ..config(Method::Udp, family) };
    let run2 = run(short, sim(1, family, way()));
    assert_eq!(run2.routers(), whole(family, 9)[..4]);
    assert_eq!((run2.path().end, run2.path().distance), (End::LastHop, None));
    assert!(run2.hops().iter().all(|hop| hop.tries.len() == 10 && silent(hop) == 0));
    assert!(!run2.tracer.all_reached());
}

#[test]
fn one_flow_sees_one_path_and_another_flow_another() {
    for (method, family) in all() {
        let width = 5;
        let balanced = |hop: usize| (1..=width).map(|n| Router::new(other_at(family, hop, n), ms(10))).collect();
        let way = |by| {
            let way = route(family, chain(family, 8, ms(10)), ms(10));
            way.balanced(3, by, balanced(3)).balanced(4, by, balanced(4))
        };
        let paths: Vec<_> = (0..12)
            .map(|flow| {
                let run = run(Config { flow, ..config(method, family) }, sim(1, family, way(Balance::Flow)));
                let routers = run.routers();
                assert!(routers.iter().all(|routers| routers.len() == 1), "{method:?} {family:?}: {routers:?}");
                assert!(!run.path().per_packet);
                (routers[2].clone(), routers[3].clone())
            })
            .collect();
        assert!(paths.iter().any(|path| *path != paths[0]), "{method:?} {family:?}");
        let run = run(Config { tries: 8, ..config(method, family) }, sim(1, family, way(Balance::Packet)));
        assert!(run.path().per_packet, "said, and not shown as many paths");
        assert!(run.hop(3).per_packet && !run.hop(2).per_packet && !run.hop(5).per_packet);
        assert_eq!(run.path().distance, Some(9));
    }
}

#[test]
fn many_targets_side_by_side() {
    let family = Family::V4;
    let count = 40;
    let mut sim = rprobe::net::sim::Sim::new(3, rprobe::net::sim::Path::default());
    for n in 0..count {
        let way =
            rprobe::net::sim::Route::new(chain(family, n % 20, ms(10)), Router::new(host_number(family, n), ms(10)));
        sim = sim.route(host_number(family, n), way);
    }
    let targets: Vec<Target> =
        (0..count).map(|n| Target { peer: host_number(family, n).into(), source: None }).collect();
    // The same target twice is two traces.
    let targets: Vec<Target> = targets.iter().chain(&targets[5..7]).copied().collect();
    let run = run(Config { targets, ..config(Method::Udp, family) }, sim);
    for id in run.tracer.target_ids() {
        let n = id.0 as usize;
        let n = if n >= count { n - count + 5 } else { n };
        assert_eq!(run.path_of(id).distance, Some((n % 20) as u8 + 1), "{id:?}");
        assert!(run.hops_of(id).all(|hop| silent(hop) == 0));
        assert_eq!(run.path_of(id).counters.foreign, 0);
    }
}

#[test]
fn a_rate_is_kept_by_all_targets_together() {
    let family = Family::V4;
    let mut sim = rprobe::net::sim::Sim::new(3, rprobe::net::sim::Path::default());
    for n in 0..10 {
        let way = rprobe::net::sim::Route::new(chain(family, 5, ms(10)), Router::new(host_number(family, n), ms(10)));
        sim = sim.route(host_number(family, n), way);
    }
    let targets = (0..10).map(|n| Target { peer: host_number(family, n).into(), source: None }).collect();
    let run = run(Config { targets, rate: Some(100), ..config(Method::Icmp, family) }, sim);
    let times: Vec<u64> = run.sim.log().probes.iter().map(|probe| probe.at.boot.as_ns()).collect();
    assert!(times.len() > 180);
    for window in times.windows(102) {
        assert!(window[101] - window[0] >= 990_000_000, "a hundred a second");
    }
    assert!(run.tracer.all_reached());
}
