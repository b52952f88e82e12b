//! Rounds, rates and conflicts in virtual time.

#![allow(clippy::unwrap_used)]

use std::net::IpAddr;
use std::time::Duration;

use super::*;
use crate::link::ask::Asker;
use crate::link::fake::{Link, Station, US, announced, ip, mac, station};
use crate::net::Network;
use crate::probe::Drive;
use crate::sys::address::Direction;
use crate::units::{Ident, MacAddr};
use crate::wire::ethernet::Frame;

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn asker(source: &str) -> Asker {
    Asker { mac: US, source: source.parse().ok() }
}

fn sweep(source: &str, prefix: &str, len: u8) -> Sweep {
    Sweep::of_prefix(asker(source), ip(prefix), len, 1 << 20).unwrap()
}

fn config(sweeps: Vec<Sweep>) -> Config {
    Config {
        sweeps,
        calls: Vec::new(),
        own: vec![ip("10.1.0.1"), ip("fd00::1"), ip("fe80::1")],
        scope: 0,
        rate: 1000,
        rounds: 2,
        wait: ms(1000),
        progress: None,
        ident: Ident(7),
        token_key: [3; 16],
    }
}

struct Ran {
    found: Vec<Found>,
    totals: Totals,
    link: Link,
}

impl Ran {
    fn addresses(&self) -> Vec<(IpAddr, MacAddr)> {
        self.found.iter().map(|f| (f.addr, f.mac)).collect()
    }
}

fn run(config: Config, link: Link) -> Ran {
    let mut drive = Drive::new(Session::new(config), link);
    let mut found = Vec::new();
    let tell = &mut |note: &Note| {
        if let Note::Found(f) = note {
            found.push(*f);
        }
    };
    drive.run(tell).unwrap();
    let now = drive.network_mut().now();
    let (session, link) = drive.into_parts();
    Ran { found, totals: session.totals(now), link }
}

#[test]
fn prefixes_have_these_hosts() {
    let of = |text: &str, len| Sweep::of_prefix(asker(""), ip(text), len, 1 << 20).map(|s| (s.first, s.count));
    assert_eq!(of("10.1.0.77", 24), Some((ip("10.1.0.1"), 254)));
    assert_eq!(of("10.1.0.77", 20), Some((ip("10.1.0.1"), 4094)));
    assert_eq!(of("10.1.0.77", 31), Some((ip("10.1.0.76"), 2)));
    assert_eq!(of("10.1.0.77", 32), Some((ip("10.1.0.77"), 1)));
    assert_eq!(of("fd00::77", 120), Some((ip("fd00::1"), 255)));
    assert_eq!(of("fd00::77", 128), Some((ip("fd00::77"), 1)));
    for (text, len) in [("10.0.0.0", 8), ("10.0.0.0", 33), ("0.0.0.0", 0), ("fd00::", 64), ("::", 0), ("::", 129)] {
        assert_eq!(of(text, len), None, "{text}/{len}");
    }
    let sweep = sweep("", "255.255.255.0", 24);
    assert_eq!(sweep.addr(253), ip("255.255.255.254"));
    for index in [0, 100, 253] {
        assert_eq!(sweep.index_of(sweep.addr(index)), Some(index));
    }
    assert_eq!((sweep.index_of(ip("255.255.255.255")), sweep.index_of(ip("::1"))), (None, None));
}

#[test]
fn everybody_is_found_and_asked_no_more_than_needed() {
    for (source, net, len, hosts) in
        [("10.1.0.1", "10.1.0.0", 28, ["10.1.0.2", "10.1.0.9"]), ("fd00::1", "fd00::", 124, ["fd00::2", "fd00::9"])]
    {
        let stations = vec![station(hosts[0], 2), station(hosts[1], 9), station("10.9.9.9", 7)];
        let ran = run(config(vec![sweep(source, net, len)]), Link::new(stations));
        assert_eq!(ran.addresses(), [(ip(hosts[0]), mac(2)), (ip(hosts[1]), mac(9))]);
        assert!(ran.found.iter().all(|f| f.rtt.unwrap().time == Duration::from_micros(990) && !f.conflict));
        // All but our own in the first round, and those without the two in the second.
        let asked = u64::from(ran.totals.addresses) - 1;
        assert_eq!(ran.totals.sent, asked + asked - 2);
        assert!(ran.totals.complete);
        assert_eq!(ran.link.sent.len() as u64, ran.totals.sent);
    }
}

#[test]
fn the_rate_is_kept_and_the_end_comes_with_the_last_answer() {
    let all: Vec<Station> = (2..255).map(|n| station(&format!("10.1.0.{n}"), n)).collect();
    let ran = run(config(vec![sweep("10.1.0.1", "10.1.0.0", 24)]), Link::new(all.clone()));
    assert_eq!((ran.totals.found, ran.totals.sent), (253, 253));
    assert_eq!(ran.totals.took, ms(252) + ms(1), "one a millisecond, and the last answer");
    let gaps: Vec<_> = ran.link.sent.windows(2).map(|pair| pair[1].0.since(pair[0].0)).collect();
    assert!(gaps.iter().all(|gap| *gap == ms(1)), "{gaps:?}");
    // One that is asked twice makes the second round wait until the first had time to be answered.
    let moody = |n: u64| n != 10;
    let some: Vec<_> = all.into_iter().map(|s| Station { answers: moody, ..s }).collect();
    let ran = run(config(vec![sweep("10.1.0.1", "10.1.0.0", 24)]), Link::new(some));
    assert_eq!((ran.totals.found, ran.totals.sent), (253, 254));
    assert_eq!(ran.totals.took, ms(252) + ms(500) + ms(1));
}

#[test]
fn an_empty_link_takes_its_rounds_and_one_wait() {
    let ran = run(config(vec![sweep("10.1.0.1", "10.1.0.0", 24)]), Link::new(vec![]));
    assert_eq!((ran.totals.found, ran.totals.sent), (0, 2 * 253));
    assert_eq!(ran.totals.took, ms(252) + ms(500) + ms(252) + ms(1000));
    let fast = Config { rate: 1_000_000, rounds: 1, ..config(vec![sweep("10.1.0.1", "10.1.0.0", 20)]) };
    let ran = run(fast, Link::new(vec![]));
    assert_eq!(ran.totals.sent, 4093);
}

#[test]
fn two_stations_and_announcements_are_told() {
    let mut link = Link::new(vec![station("10.1.0.2", 2), station("10.1.0.2", 3), station("10.1.0.5", 5)]);
    link.later(ms(2), announced("10.1.0.9", 9), Direction::Broadcast);
    link.later(ms(2), announced("10.2.0.9", 9), Direction::Broadcast);
    link.later(ms(2), announced("10.1.0.1", 9), Direction::Broadcast);
    let ran = run(config(vec![sweep("10.1.0.1", "10.1.0.0", 28)]), link);
    let of = |text: &str| ran.found.iter().filter(|f| f.addr == ip(text)).collect::<Vec<_>>();
    let two = of("10.1.0.2");
    assert_eq!((two[0].conflict, two[1].conflict, two.len()), (false, true, 2));
    assert_eq!((of("10.1.0.9")[0].rtt, ran.totals.conflicts), (None, 1));
    assert_eq!((of("10.2.0.9").len(), of("10.1.0.1").len()), (0, 0), "not asked for; our own");
    let asked: Vec<_> = ran.link.sent.iter().map(|(_, b)| Frame::new_checked(b).unwrap().payload[27]).collect();
    assert!(asked.contains(&9), "who was only heard of is asked, for a round-trip time");
}

#[test]
fn who_was_heard_of_and_then_answers_is_told_once_with_its_time() {
    let mut link = Link::new(vec![station("10.1.0.9", 9), station("10.1.0.2", 2)]);
    link.later(ms(2), announced("10.1.0.9", 9), Direction::Broadcast);
    let ran = run(Config { rounds: 1, ..config(vec![sweep("10.1.0.1", "10.1.0.0", 28)]) }, link);
    assert_eq!(ran.addresses(), [(ip("10.1.0.2"), mac(2)), (ip("10.1.0.9"), mac(9))]);
    assert!(ran.found.iter().all(|f| f.rtt.is_some()));
}

#[test]
fn all_nodes_are_called_from_each_of_our_addresses() {
    let calls = Config { calls: vec![asker("fe80::1"), asker("fd00::1")], ..config(vec![]) };
    let stations = vec![station("fe80::2", 2), Station { answers: |n| n > 2, ..station("fd00::3", 3) }];
    let ran = run(calls, Link::new(stations));
    let mut addresses = ran.addresses();
    addresses.sort_unstable();
    assert_eq!(addresses, [(ip("fd00::3"), mac(3)), (ip("fe80::2"), mac(2))]);
    assert!(ran.found.iter().all(|f| f.rtt.unwrap().time == Duration::from_micros(990)));
    assert_eq!(ran.totals.sent, 4, "who is called may not all have answered: two rounds of two");
}

#[test]
fn it_stands_still_while_the_interface_is_away_and_tells_how_far_it_is() {
    use crate::clock::{BootTime, Now};
    use crate::net::packet::Presence;
    use crate::net::{Batch, Event};
    use crate::probe::{Machine, Next};

    let at = |n: u64| Now { boot: BootTime::from_ns(n * 1_000_000), ..Now::default() };
    let config = Config { progress: Some(ms(100)), ..config(vec![sweep("10.1.0.1", "10.1.0.0", 24)]) };
    let (mut session, mut batch) = (Session::new(config), Batch::new(256));
    assert!(matches!(session.fill(at(1000), &mut batch), Next::At(_)));
    session.heard(at(1050), &Event::Link(Presence::Down));
    batch.clear();
    assert_eq!((session.fill(at(1100), &mut batch), batch.len()), (Next::Idle, 0));
    session.heard(at(5000), &Event::Link(Presence::Up));
    assert!(matches!(session.fill(at(5000), &mut batch), Next::At(_)));
    assert!((1..=11).contains(&batch.len()), "no burst after the pause: {}", batch.len());
    let mut told = Vec::new();
    session.notes(&mut |note| told.push(*note));
    let places: Vec<_> =
        told.iter().filter_map(|n| if let Note::Progress(p) = n { Some(p.place) } else { None }).collect();
    assert_eq!((places.len(), places[0]), (2, 0), "{told:?}");
}

#[test]
fn what_cannot_be_sent_is_counted_and_the_rest_goes_on() {
    let link = Link { refuses: |n| n == 1, ..Link::new(vec![station("10.1.0.3", 3)]) };
    let ran = run(config(vec![sweep("10.1.0.1", "10.1.0.0", 29)]), link);
    assert_eq!((ran.totals.not_sent, ran.addresses()), (1, vec![(ip("10.1.0.3"), mac(3))]));
}

/// What nobody asked for waits, and only so much of it does: a flood of announcements is told of, address by address, and
/// costs no more for each that is waiting.
#[test]
fn a_flood_of_announcements_is_told_of_and_does_not_wait() {
    let mut link = Link::new(Vec::new());
    let last = |n: u32| format!("10.1.{}.{}", n >> 8, n & 255);
    for n in 2..4000 {
        link.later(ms(2), announced(&last(n), 9), Direction::Broadcast);
    }
    let ran = run(Config { rounds: 1, ..config(vec![sweep("10.1.0.1", "10.1.0.0", 20)]) }, link);
    assert_eq!(ran.found.len(), 3998);
    assert!(ran.found.iter().all(|f| f.rtt.is_none() && !f.conflict));
}
