//! What answers give evidence of: rewritten fields, translation, extensions, ways back, and nothing that was not seen.

use rprobe::net::sim::{Quoted, Router, Sim, Sockets};
use rprobe::probe::token::Proof;
use rprobe::trace::{Config, Method, Rewritten};
use rprobe::units::{Family, Port, Ttl};
use rprobe::wire::extension::meaning::Meaning;

use crate::bed::*;

#[test]
fn who_rewrites_dscp_and_ecn() {
    for (method, family) in all() {
        let tos = 0xb8 | 0x02;
        let mut routers = chain(family, 9, ms(5));
        routers[2] = routers[2].clone().tos(0x03, 0x28);
        routers[5] = routers[5].clone().tos(0xfc, 0x00);
        routers[3] = routers[3].clone().silent();
        let way = || route(family, routers.clone(), ms(5));
        let run1 = run(Config { tos, ..config(method, family) }, sim(1, family, way()).tos(tos));
        let path = run1.path();
        assert_eq!(path.dscp, Some(Rewritten { at: 5, after: 3, sent: 0xb8, quoted: 0x28 }));
        assert_eq!(path.ecn, Some(Rewritten { at: 7, after: 6, sent: 0x02, quoted: 0x00 }));
        assert_eq!(run1.hop(6).answers().next().unwrap().evidence.quoted_tos, Some(0x2a));
        // Sockets that show no quote can tell nothing.
        let plain = sim(1, family, way()).tos(tos).sockets(Sockets::Plain);
        let run2 = run(Config { tos, ..config(method, family) }, plain);
        assert_eq!((run2.path().dscp, run2.path().ecn, run2.path().tos_quotes), (None, None, 0));
        let evidence = run2.hop(6).answers().next().unwrap().evidence;
        assert_eq!(evidence, rprobe::trace::Evidence::default(), "null and never invented");
    }
}

#[test]
fn who_stands_behind_a_nat() {
    for (method, family) in all() {
        for sockets in [Sockets::Raw, Sockets::Dublin] {
            let mut routers = chain(family, 9, ms(5));
            let public = other_at(family, 99, 9);
            routers[3] = routers[3].clone().translates_to(public);
            let run = run(config(method, family), sim(1, family, route(family, routers, ms(5))).sockets(sockets));
            assert_eq!(run.path().nat_at, Some(5), "{method:?} {family:?} {sockets:?}");
            assert_eq!(run.routers(), whole(family, 9), "a number that the NAT rewrote is not lost");
            let nat = run.hop(6).answers().next().unwrap().evidence.nat.unwrap();
            assert_eq!(nat.source, Some(public));
            assert_eq!(nat.checksum, if method == Method::Icmp { 0 } else { 0x1234 });
            assert!(run.hop(4).answers().all(|answer| answer.evidence.nat.is_none()));
            assert_eq!(run.path().counters.foreign, 0);
        }
    }
    // Our own port, where it is known.
    let family = Family::V4;
    let way = route(family, chain(family, 3, ms(5)), ms(5));
    let ours = Config { source_port: Some(Port(50_000)), ..config(Method::Udp, family) };
    assert_eq!(run(ours.clone(), sim(1, family, way.clone())).path().nat_at, None);
    let other = Config { source_port: Some(Port(50_001)), ..ours };
    assert_eq!(run(other, sim(1, family, way)).path().nat_at, Some(1));
}

#[test]
fn dublin_tells_a_nat_by_the_checksum_alone() {
    let family = Family::V4;
    let mut routers = chain(family, 6, ms(5));
    routers[2] = routers[2].clone().translates_to(Sim::source(family)).quoted(Quoted::Eight);
    let routers = routers.into_iter().map(|router| router.quoted(Quoted::Eight)).collect();
    let way = route(family, routers, ms(5));
    let run = run(config(Method::Udp, family), sim(1, family, way).sockets(Sockets::Dublin));
    assert_eq!(run.path().nat_at, Some(4));
    assert_eq!(run.path().distance, Some(7));
}

#[test]
fn labels_and_whatever_else_a_router_adds() {
    for (method, family) in all() {
        let mpls = vec![0x20, 0, 0, 0, 0, 8, 1, 1, 0x00, 0x01, 0x01, 0x05];
        let mut routers = chain(family, 4, ms(5));
        routers[1] = routers[1].clone().extensions(mpls);
        routers[2] = routers[2].clone().extensions(vec![0x20, 0, 0, 0, 0xff, 0xff, 1]);
        let run = run(config(method, family), sim(1, family, route(family, routers, ms(5))));
        let of = |hop: u8| run.hop(hop).answers().next().unwrap().extensions.clone();
        let labels: Vec<u32> = of(2).unwrap().labels().map(|label| label.label).collect();
        assert_eq!(labels, [16]);
        assert!(matches!(of(3).unwrap().objects[0], Meaning::Malformed { .. }), "named, and the hop not dropped");
        assert_eq!(of(1), None);
    }
}

#[test]
fn the_way_back_and_odd_hop_limits() {
    let family = Family::V6;
    let mut routers = chain(family, 4, ms(5));
    routers[1] = routers[1].clone().ttl(250);
    routers[2] = routers[2].clone().ttl(60).quoted_ttl(0);
    routers[3] = routers[3].clone().quoted_ttl(5);
    let run = run(config(Method::Icmp, family), sim(1, family, route(family, routers, ms(5))));
    let answer = |hop: u8| run.hop(hop).answers().next().unwrap().clone();
    assert_eq!((answer(2).reply_ttl, answer(2).return_length), (Some(Ttl(250)), Some(6)));
    assert_eq!((answer(3).reply_ttl, answer(3).return_length), (Some(Ttl(60)), Some(5)));
    assert_eq!(answer(1).evidence.quoted_ttl, Some(Ttl(1)));
    assert_eq!(answer(3).evidence.quoted_ttl, Some(Ttl(0)));
    assert_eq!(answer(4).evidence.quoted_ttl, Some(Ttl(5)));
    assert_eq!(run.path().distance, Some(5), "routers' quotes move nothing");
}

#[test]
fn quotes_of_eight_octets_prove_less() {
    for (method, family) in all() {
        let mut routers = chain(family, 5, ms(5));
        routers[2] = routers[2].clone().quoted(Quoted::Eight);
        let run = run(config(method, family), sim(1, family, route(family, routers, ms(5))));
        assert_eq!(run.routers(), whole(family, 5));
        let proof = |hop: u8| run.hop(hop).answers().next().unwrap().proof;
        assert_eq!(proof(3), Proof::Weak);
        assert_eq!(proof(2), if method == Method::Tcp { Proof::Weak } else { Proof::Token });
        let evidence = run.hop(3).answers().next().unwrap().evidence;
        let ip = if family == Family::V4 { 20 } else { 40 };
        assert_eq!(evidence.quoted_len, Some(ip + 8));
    }
}

#[test]
fn a_target_whose_quotes_lie_stands_where_it_answers() {
    let family = Family::V4;
    // Less than what is left would put it farther, more would put it nearer, where a router is.
    for quoted in [0, 1, 9, 200] {
        let host = Router::new(host(family), ms(5)).quoted_ttl(quoted);
        let way = rprobe::net::sim::Route::new(chain(family, 8, ms(5)), host);
        let run = run(config(Method::Udp, family), sim(1, family, way));
        assert_eq!(run.path().distance, Some(9), "{quoted}");
        assert_eq!(run.hops().len(), 9);
    }
}
