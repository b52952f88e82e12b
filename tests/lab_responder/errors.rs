//! Errors of the simulated network: their names in both families, what they quote, and the lies in the quotation.

use etherparse::{Icmpv4Type, Icmpv6Type, SlicedPacket, TransportSlice};

use crate::lab::responder::{Network, Record};
use crate::lab::{Action, Scenario};
use crate::packets::{MS, echo, one, read};
use crate::virtual_time::network;

#[test]
fn errors_have_names_in_both_families() {
    let mut net = network(
        "[[rule]]
        seq = 1
        error = { name = 'admin-prohibited' }
        [[rule]]
        seq = 2
        error = { type = 3, code = 15, info = 0x01020304, from = ['10.7.7.7', 'fd00:7::7'] }
        [[rule]]
        seq = 3
        error = { name = 'redirect-host', gateway = '10.255.9.9', also = true }",
    );
    let (at, error) = one(&net.answer(0, &echo("10.9.1.1", 1, 64)));
    assert_eq!((at, error.kind, error.code, error.src), (7 * MS, 3, 13, "10.255.2.1".parse().unwrap()));
    let (_, error) = one(&net.answer(0, &echo("fd00:9:1::1", 1, 64)));
    assert_eq!((error.kind, error.code, error.src), (1, 1, "fd00:ff:2::1".parse().unwrap()));
    let (_, error) = one(&net.answer(0, &echo("10.9.1.1", 2, 64)));
    assert_eq!((error.kind, error.code, error.src), (3, 15, "10.7.7.7".parse().unwrap()));
    assert_eq!(error.message[4..8], [1, 2, 3, 4]);
    let due = net.answer(0, &echo("10.9.1.1", 3, 64));
    let kinds: Vec<u8> = due.iter().map(|d| read(&d.1).kind).collect();
    assert_eq!(kinds, [5, 0]);
    assert_eq!(read(&due[0].1).message[4..8], [10, 255, 9, 9]);
    assert_eq!(net.log().count(Action::Error), 3);
    assert_eq!(net.log().count(Action::Replied), 1);
}

#[test]
fn quotations_are_cut_and_twisted() {
    let mut net = network(
        "[[rule]]
        seq = 1
        error = { name = 'host-unreachable', quote = 8 }
        [[rule]]
        seq = 2
        error = { name = 'host-unreachable', quote = 0 }
        [[rule]]
        seq = 3
        error = { name = 'host-unreachable', quote = 8, quoted = { options = '0701 0301', ident-add = 1 } }
        [[rule]]
        seq = 4
        error = { name = 'host-unreachable', quoted = { protocol = 17, length = 9999, version = 5, header-words = 15 } }
        [[rule]]
        seq = 5
        error = { name = 'host-unreachable', quoted = { bytes = '45' } }
        [[rule]]
        seq = 6
        error = { name = 'host-unreachable', quoted = { destination = ['10.9.1.77', 'fd00:9:1::77'], ttl = 9 } }",
    );
    let mut get = |seq| one(&net.answer(0, &echo("10.9.1.1", seq, 64))).1.message[8..].to_vec();
    assert_eq!(get(1).len(), 28);
    assert_eq!(get(2).len(), 20);
    let options = get(3);
    assert_eq!((options.len(), options[0], &options[20..24]), (32, 0x46, &[7, 1, 3, 1][..]));
    assert_eq!(options[28..32], [0x42, 0x43, 0, 3]);
    let lies = get(4);
    assert_eq!((lies[0], lies[9], u16::from_be_bytes([lies[2], lies[3]])), (0x5f, 17, 9999));
    assert_eq!(get(5), [0x45]);
    let elsewhere = get(6);
    assert_eq!((elsewhere[8], &elsewhere[16..20]), (9, &[10, 9, 1, 77][..]));

    let long = one(&net.answer(0, &echo("fd00:9:1::1", 1, 64))).1.message[8..].to_vec();
    assert_eq!(long.len(), 48);
    let elsewhere = one(&net.answer(0, &echo("fd00:9:1::1", 6, 64))).1.message[8..].to_vec();
    assert_eq!((elsewhere[7], elsewhere[39]), (9, 0x77));
}

/// The type names of `etherparse` and ours mean the same numbers.
#[test]
fn error_numbers_are_those_of_another_implementation() {
    let mut net = network("[[rule]]\nerror = { name = 'port-unreachable' }");
    let v4 = net.answer(0, &echo("10.9.1.1", 1, 64)).remove(0).1;
    let v6 = net.answer(0, &echo("fd00:9:1::1", 1, 64)).remove(0).1;
    let kind_v4 = match SlicedPacket::from_ip(&v4).unwrap().transport.unwrap() {
        TransportSlice::Icmpv4(m) => m.icmp_type(),
        other => panic!("{other:?}"),
    };
    assert_eq!(kind_v4, Icmpv4Type::DestinationUnreachable(etherparse::icmpv4::DestUnreachableHeader::Port));
    let kind_v6 = match SlicedPacket::from_ip(&v6).unwrap().transport.unwrap() {
        TransportSlice::Icmpv6(m) => m.icmp_type(),
        other => panic!("{other:?}"),
    };
    assert_eq!(kind_v6, Icmpv6Type::DestinationUnreachable(etherparse::icmpv6::DestUnreachableCode::Port));
}

/// What the hosts of `lies` and `quotes` send differs from what the same network without the lie sends.
#[test]
fn every_lie_is_told() {
    let honest = |error: &str| {
        Network::new(Scenario::parse(&format!(
            "title = 'honest'
            [[hop]]
            address = ['10.255.1.1', 'fd00:ff:1::1']
            [[host]]
            prefix = ['10.9.0.0/16', 'fd00:9::/64']
            {error}"
        )))
    };
    let second = |mut net: Network, target: &str| {
        net.answer(0, &echo(target, 1, 64));
        net.answer(0, &echo(target, 2, 64))
    };
    // IPv4 only.
    let ipv4_only = [("lies", 13), ("quotes", 4), ("quotes", 5), ("quotes", 6)];
    for (file, hosts) in [("lies", 16), ("quotes", 17)] {
        for host in 1..=hosts {
            let error = match (file, host) {
                ("quotes", 7 | 8) => "[[rule]]\nnth = '2-'\nerror = { name = 'port-unreachable' }",
                ("quotes", _) => "[[rule]]\nnth = '2-'\nerror = { name = 'host-unreachable' }",
                _ => "",
            };
            for target in [format!("10.9.0.{host}"), format!("fd00:9::{host:x}")] {
                if target.contains(':') && ipv4_only.contains(&(file, host)) {
                    continue;
                }
                let told = second(Network::new(Scenario::load(file)), &target);
                assert_eq!(told.len(), 1, "{file} {target}");
                assert_ne!(told, second(honest(error), &target), "{file} {target} tells the truth");
            }
        }
        let told = second(Network::new(Scenario::load(file)), "10.9.0.99");
        assert_eq!(told, second(honest(""), "10.9.0.99"), "{file}: no lie without a rule");
    }
}
