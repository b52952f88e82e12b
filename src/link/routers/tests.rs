//! Solicitations and advertisements in virtual time.

#![allow(clippy::unwrap_used)]

use std::net::Ipv6Addr;

use super::*;
use crate::link::fake::{Link, US, ip, mac};
use crate::link::station::icmp6_frame;
use crate::net::Network;
use crate::probe::Drive;
use crate::units::Ttl;
use crate::wire::ndp::{ALL_NODES, Advertisement, Preference, Repr};

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn config(source: &str) -> Config {
    let asker = Asker { mac: US, source: source.parse().ok() };
    Config { asker, scope: 0, count: 3, wait: ms(4000), first: false }
}

fn advertisement(from: &str, last: u8, lifetime_s: u16) -> Vec<u8> {
    let router = Advertisement {
        hop_limit: Ttl(64),
        managed: false,
        other: false,
        home_agent: false,
        proxy: false,
        preference: Preference::Medium,
        lifetime_s,
        reachable_ms: 0,
        retransmit_ms: 0,
    };
    let from: Ipv6Addr = from.parse().unwrap();
    let mut message = [0; 64];
    let len = Repr::RouterAdvertisement { router, options: &[] }.emit(from, ALL_NODES, &mut message).unwrap();
    icmp6_frame(mac(last), MacAddr([0x33, 0x33, 0, 0, 0, 1]), from, ALL_NODES, &message[..len])
}

/// What was told, solicitations, and how long it took.
fn run(config: Config, coming: &[(u64, Vec<u8>)]) -> (Vec<Advertised>, Session, Link, Duration) {
    let mut link = Link::new(vec![]);
    for (at, frame) in coming {
        link.later(ms(*at), frame.clone(), Direction::Multicast);
    }
    let mut drive = Drive::new(Session::new(config), link);
    let started = drive.network_mut().now().boot;
    let mut told = Vec::new();
    let tell = &mut |note: &Note| match note {
        Note::Router(router) => told.push(router.clone()),
        other => panic!("{other:?}"),
    };
    drive.run(tell).unwrap();
    let took = drive.network_mut().now().boot.since(started);
    let (session, link) = drive.into_parts();
    (told, session, link, took)
}

#[test]
fn all_routers_are_heard_and_none_is_asked_again() {
    let coming = [
        (400, advertisement("fe80::9", 9, 1800)),
        (600, advertisement("fe80::8", 8, 0)),
        (700, advertisement("fe80::9", 9, 1800)),
        (800, advertisement("fe80::9", 9, 900)),
    ];
    let (told, session, link, took) = run(config("fe80::1"), &coming);
    let who: Vec<_> = told.iter().map(|r| (r.from, r.mac)).collect();
    let (nine, eight) = ((ip6("fe80::9"), mac(9)), (ip6("fe80::8"), mac(8)));
    assert_eq!(who, [nine, eight, nine], "the same is told once, a change again");
    assert_eq!((session.routers(), session.sent(), link.sent.len(), took), (2, 1, 1, ms(4000)));
    assert_eq!(told[0].after.unwrap().time, ms(400) - Duration::from_micros(10));
    assert!(
        matches!(ndp::parse(&told[2].message), Ok(Some(ndp::Message::RouterAdvertisement { router, .. })) if router.lifetime_s == 900)
    );
}

fn ip6(text: &str) -> Ipv6Addr {
    match ip(text) {
        std::net::IpAddr::V6(addr) => addr,
        std::net::IpAddr::V4(_) => panic!(),
    }
}

#[test]
fn silence_is_asked_three_times_and_the_first_answer_may_end_it() {
    let (told, session, link, took) = run(config(""), &[]);
    assert_eq!((told.len(), session.sent(), took), (0, 3, ms(12_000)));
    let frame = ethernet::Frame::new_checked(&link.sent[0].1).unwrap();
    assert_eq!(frame.payload.len(), 48, "nobody's question has no address in it");
    let coming = [(4500, advertisement("fe80::9", 9, 1800))];
    let (_, session, _, took) = run(config("fe80::1"), &coming);
    assert_eq!((session.sent(), took), (2, ms(8000)));
    let (_, session, _, took) = run(Config { first: true, ..config("fe80::1") }, &coming);
    assert_eq!((session.sent(), took), (2, ms(4500)));
}

#[test]
fn what_a_rule_forbids_is_no_router() {
    let mut far = advertisement("fe80::9", 9, 1800);
    far[21] = 254;
    let global = advertisement("2001:db8::9", 9, 1800);
    let ours = advertisement("fe80::1", 1, 1800);
    let coming = [(10, far), (20, global), (30, ours), (40, vec![0; 20])];
    assert_eq!(run(Config { count: 1, ..config("fe80::1") }, &coming).1.routers(), 0);
}
