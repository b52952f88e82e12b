//! Whose an answer is where the bytes do not say: ordinary UDP sockets, quotes of eight octets, servers with data of
//! their own; and what strangers send.

use rprobe::net::Reply;
use rprobe::net::sim::{Quoted, Replies, Router, Sockets, Stranger};
use rprobe::probe::token::Proof;
use rprobe::trace::{Config, End, Method};
use rprobe::units::Family;

use crate::bed::*;

#[test]
fn eight_octets_of_an_ordinary_socket_make_probes_go_one_by_one() {
    for family in FAMILIES {
        let routers = chain(family, 5, ms(20)).into_iter().map(|router| router.quoted(Quoted::Eight)).collect();
        let host = Router::new(host(family), ms(20)).quoted(Quoted::Eight);
        let way = rprobe::net::sim::Route::new(routers, host);
        let run = run(config(Method::Udp, family), sim(1, family, way).sockets(Sockets::Plain));
        assert_eq!(run.routers(), whole(family, 5));
        assert!(run.path().one_by_one && run.path().unattributed > 0);
        assert!(run.hops().iter().all(|hop| silent(hop) == 0 && hop.tries.len() == 3));
        assert!(run.answers().iter().all(|answer| answer.proof == Proof::Weak && answer.rtt.time == ms(20)));
        // Once it is recognised, none leaves before the last is settled.
        let probes = &run.sim.log().probes;
        let later: Vec<_> = probes.iter().skip_while(|probe| probe.at.boot < probes[0].at.boot + ms(500)).collect();
        for pair in later.windows(2) {
            assert!(pair[1].at.boot >= pair[0].heard.first().unwrap().read);
        }
    }
}

#[test]
fn routers_that_quote_enough_are_numbered_all_the_same() {
    let family = Family::V4;
    let mut routers = chain(family, 8, ms(20));
    routers[3] = routers[3].clone().quoted(Quoted::Eight);
    let run = run(config(Method::Udp, family), sim(1, family, route(family, routers, ms(20))).sockets(Sockets::Plain));
    assert_eq!(run.routers(), whole(family, 8));
    assert_eq!(run.hop(4).answers().next().unwrap().proof, Proof::Weak);
    assert_eq!(run.hop(5).answers().next().unwrap().proof, Proof::Token);
}

#[test]
fn quotes_of_everything_need_no_such_care() {
    let family = Family::V6;
    let run = run(
        config(Method::Udp, family),
        sim(1, family, route(family, chain(family, 8, ms(20)), ms(20))).sockets(Sockets::Plain),
    );
    assert!(!run.path().one_by_one);
    assert!(run.path().took < ms(100));
    assert_eq!(run.routers(), whole(family, 8));
}

#[test]
fn data_of_the_targets_own_is_given_to_the_probe_that_was_alone() {
    for sockets in [Sockets::Raw, Sockets::Plain] {
        for family in FAMILIES {
            let way = route(family, chain(family, 7, ms(20)), ms(20)).replies(Replies::With(Reply::Data));
            let run = run(config(Method::Udp, family), sim(1, family, way).sockets(sockets));
            assert_eq!((run.path().end, run.path().distance), (End::Reached, Some(8)));
            assert_eq!(run.routers(), whole(family, 7));
            assert!(run.hop(8).answers().all(|answer| answer.proof == Proof::Weak && answer.rtt.time == ms(20)));
            assert!(run.hop(7).answers().all(|answer| answer.proof == Proof::Token));
        }
    }
}

#[test]
fn silent_hops_where_probes_go_one_by_one() {
    let family = Family::V4;
    let mut routers: Vec<Router> =
        chain(family, 5, ms(20)).into_iter().map(|router| router.quoted(Quoted::Eight)).collect();
    routers[1] = routers[1].clone().silent();
    let host = Router::new(host(family), ms(20)).quoted(Quoted::Eight);
    let run = run(
        config(Method::Udp, family),
        sim(1, family, rprobe::net::sim::Route::new(routers, host)).sockets(Sockets::Plain),
    );
    assert_eq!(run.path().distance, Some(6));
    assert!(run.routers()[1].is_empty());
    assert_eq!(run.routers()[2], [router_at(family, 3)]);
}

#[test]
fn strangers_move_nothing() {
    for (method, family) in all() {
        for kind in [Stranger::Noise, Stranger::Reply, Stranger::Twin, Stranger::Error, Stranger::Unnumbered] {
            if (method, kind) == (Method::Tcp, Stranger::Unnumbered) {
                // A SYN has no token that could be another's.
                continue;
            }
            let way = route(family, chain(family, 8, ms(20)), ms(20));
            let sim = sim(1, family, way).strangers(kind, host(family), us(300));
            let run = run(config(method, family), sim);
            assert_eq!(run.routers(), whole(family, 8), "{method:?} {kind:?}");
            assert!(run.path().counters.foreign > 50, "{method:?} {kind:?}");
            assert!(run.hops().iter().all(|hop| silent(hop) == 0));
        }
    }
}

#[test]
fn two_traces_of_one_address_share_no_number() {
    let family = Family::V4;
    let way = route(
        family,
        chain(family, 8, ms(20)).into_iter().map(|router| router.quoted(Quoted::Eight)).collect(),
        ms(20),
    );
    let one = config(Method::Tcp, family);
    let twice = Config { targets: vec![one.targets[0]; 3], ..one };
    let run = run(twice, sim(1, family, way));
    for id in run.tracer.target_ids() {
        assert_eq!(run.path_of(id).distance, Some(9));
        assert_eq!(run.path_of(id).counters.duplicates, 0);
        assert!(run.hops_of(id).all(|hop| hop.answers().all(|answer| answer.rtt.time == ms(20))));
    }
}
