//! The decisions of the simulated network as a pure function of packets and times: who answers, when, and what.

use std::net::IpAddr;

use crate::lab::responder::packet::{ICMP, Outgoing, icmp_checksum};
use crate::lab::responder::{Due, Kind, Network, Record};
use crate::lab::{Action, Scenario};
use crate::packets::{MS, echo, one, read};

/// A scenario with two hops and the hosts 10.9.1.0/24 and fd00:9:1::/64, and more of the test's own.
pub(crate) fn network(more: &str) -> Network {
    Network::new(Scenario::parse(&format!(
        "title = 'test'
        {}
        [[hop]]
        address = ['10.255.1.1', 'fd00:ff:1::1']
        delay = '1ms'
        [[hop]]
        address = ['10.255.2.1', 'fd00:ff:2::1']
        delay = '2ms'
        [[host]]
        prefix = ['10.9.1.0/24', 'fd00:9:1::/64']
        delay = '4ms'
        {more}",
        if more.contains("seed") { "" } else { "seed = 7" }
    )))
}

pub(crate) fn seqs(due: &[Due]) -> Vec<u16> {
    let mut due: Vec<&Due> = due.iter().collect();
    due.sort_by_key(|d| d.0);
    due.iter().map(|d| read(&d.1).seq).collect()
}

#[test]
fn an_echo_comes_back_after_all_delays_with_the_ttl_that_is_left() {
    let mut net = network("");
    for (target, kind) in [("10.9.1.5", 0), ("fd00:9:1::5", 129)] {
        let (at, reply) = one(&net.answer(100 * MS, &echo(target, 3, 64)));
        assert_eq!(at, 107 * MS);
        assert_eq!((reply.src, reply.ttl, reply.kind, reply.code), (target.parse().unwrap(), 62, kind, 0));
        assert_eq!((reply.ident, reply.seq, reply.checksum_ok), (0x4242, 3, true));
        assert_eq!(reply.message[8..], (0..56).collect::<Vec<u8>>());
    }
    assert_eq!(net.log().count(Action::Replied), 2);
    assert_eq!((net.log()[0].kind, net.log()[0].ident, net.log()[0].seq), (Kind::Echo, 0x4242, 3));
}

#[test]
fn a_ttl_that_ends_on_the_way_brings_the_hop_and_the_quotation() {
    let mut net = network("");
    for (target, ttl, from, kind) in [("10.9.1.5", 1, "10.255.1.1", 11), ("fd00:9:1::5", 2, "fd00:ff:2::1", 3)] {
        let probe = echo(target, 9, ttl);
        let (at, error) = one(&net.answer(0, &probe));
        assert_eq!(at, if ttl == 1 { MS } else { 3 * MS });
        assert_eq!((error.src, error.kind, error.code, error.checksum_ok), (from.parse().unwrap(), kind, 0, true));
        let quoted = read(&error.message[8..]);
        assert_eq!((quoted.ttl, quoted.ident, quoted.seq), (1, 0x4242, 9));
        assert_eq!(error.message[8..].len(), probe.len());
    }
    assert_eq!(net.log().count(Action::Expired(1)) + net.log().count(Action::Expired(2)), 2);
}

#[test]
fn nobody_answers_for_an_address_that_no_host_has() {
    let mut net = network("");
    assert!(net.answer(0, &echo("10.99.0.1", 1, 64)).is_empty());
    assert_eq!(net.log()[0].action, Action::NoHost);
}

#[test]
fn garbage_is_logged_and_survived() {
    let mut net = network("");
    let good = echo("10.9.1.5", 1, 64);
    for len in 0..good.len() {
        assert!(net.answer(0, &good[..len]).is_empty());
    }
    for len in 0..104 {
        assert!(net.answer(0, &echo("fd00:9:1::5", 1, 64)[..len]).is_empty());
    }
    for byte in 0..=255 {
        net.answer(0, &vec![byte; usize::from(byte)]);
    }
}

#[test]
fn a_narrow_line_says_its_mtu_or_swallows() {
    let narrow = |more: &str| {
        Network::new(Scenario::parse(&format!(
            "title = 'narrow'
            [[hop]]
            address = ['10.255.1.1', 'fd00:ff:1::1']
            mtu = 60
            {more}
            [[host]]
            prefix = ['10.9.1.0/24', 'fd00:9:1::/64']"
        )))
    };
    let mut net = narrow("");
    let mut v4 = echo("10.9.1.1", 1, 64);
    assert_eq!(v4[6] & 0x40, 0x40, "etherparse sets DF");
    let error = one(&net.answer(0, &v4)).1;
    assert_eq!((error.kind, error.code, &error.message[4..8]), (3, 4, &[0, 0, 0, 60][..]));
    let error = one(&net.answer(0, &echo("fd00:9:1::1", 1, 64))).1;
    assert_eq!((error.kind, error.code, &error.message[4..8]), (2, 0, &[0, 0, 0, 60][..]));
    v4[6] = 0;
    assert_eq!(one(&net.answer(0, &v4)).1.kind, 0, "without DF a router cuts");
    let mut hole = narrow("black-hole = true");
    assert!(hole.answer(0, &echo("10.9.1.1", 1, 64)).is_empty());
    assert_eq!(hole.log()[0].action, Action::Swallowed(1));
}

#[test]
fn routers_are_silent_or_rate_limited() {
    let mut net = Network::new(Scenario::parse(
        "title = 'shy'
        [[hop]]
        address = '10.255.1.1'
        silent = true
        [[hop]]
        address = '10.255.2.1'
        rate = 1.0
        burst = 2
        [[host]]
        prefix = '10.9.1.0/24'",
    ));
    assert!(net.answer(0, &echo("10.9.1.1", 1, 1)).is_empty());
    let mut says = |at: u64| net.answer(at * MS, &echo("10.9.1.1", 1, 2)).len();
    assert_eq!(
        [says(0), says(1), says(2), says(1500), says(1600), says(9000), says(9001), says(9002)],
        [1, 1, 0, 1, 0, 1, 1, 0]
    );
    let mut v6 = network("[[rule]]\nhop = 1\nerror = { name = 'net-unreachable' }");
    assert_eq!(one(&v6.answer(0, &echo("fd00:9:1::1", 1, 1))).1.kind, 1, "a rule bends what a hop says");
}

#[test]
fn a_clock_with_an_offset_answers_timestamp_requests() {
    let mut net = Network::new(Scenario::parse(
        "title = 'clock'
        [[host]]
        prefix = '10.9.1.1'
        clock = '-2s'
        [[host]]
        prefix = '10.9.1.0/24'",
    ));
    let request = |dst: [u8; 4]| {
        let mut payload = vec![13, 0, 0, 0, 0, 5, 0, 6, 0, 0, 0, 99];
        payload.resize(20, 0);
        let dst = IpAddr::from(dst);
        let src = "10.200.0.2".parse().unwrap();
        let sum = icmp_checksum(src, dst, &payload);
        payload[2..4].copy_from_slice(&sum.to_be_bytes());
        Outgoing { src, dst, ttl: 64, tos: 0, options: Vec::new(), protocol: ICMP, payload }.build()
    };
    let midnight = 86_400_000 * MS;
    let reply = one(&net.answer(midnight + 1000 * MS, &request([10, 9, 1, 1]))).1;
    assert_eq!((reply.kind, reply.ident, reply.seq, reply.checksum_ok), (14, 5, 6, true));
    assert_eq!(reply.message[8..12], [0, 0, 0, 99]);
    let far = 86_400_000u32 - 1000;
    assert_eq!(reply.message[12..20], [far.to_be_bytes(), far.to_be_bytes()].concat());
    assert!(net.answer(0, &request([10, 9, 1, 2])).is_empty());
    assert_eq!(net.log()[1].action, Action::NotServed);
}

#[test]
fn a_broadcast_address_is_answered_by_many() {
    let mut net = Network::new(Scenario::parse(
        "title = 'many'
        [[host]]
        prefix = ['10.9.1.255', 'ff02::1']
        answerers = ['10.9.1.1', '10.9.1.2', 'fe80::1', '10.9.1.3']
        [[rule]]
        spacing = '1ms'",
    ));
    let due = net.answer(0, &echo("10.9.1.255", 1, 64));
    let from: Vec<(u64, String)> = due.iter().map(|d| (d.0 / MS, read(&d.1).src.to_string())).collect();
    assert_eq!(from, [(0, "10.9.1.1".into()), (1, "10.9.1.2".into()), (2, "10.9.1.3".into())]);
    assert_eq!(one(&net.answer(0, &echo("ff02::1", 1, 64))).1.src, "fe80::1".parse::<IpAddr>().unwrap());
}

#[test]
fn a_request_with_a_bad_checksum_gets_no_answer() {
    let mut net = network("");
    let mut bytes = echo("10.9.1.1", 1, 64);
    bytes[22] ^= 1;
    assert!(net.answer(0, &bytes).is_empty());
    assert_eq!(net.log()[0].action, Action::BadChecksum);
}
