//! What becomes of a tracer's probes on their way, in virtual time: translators, balancers, losses, refusals, loops.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::lab::responder::{Due, Network};
use crate::lab::{Action, Scenario};
use crate::packets::{TARGETS, addr, echo, network, one, quoted, read, syn, tos, transport_ok, udp};

fn from(due: &[Due]) -> IpAddr {
    one(due).1.src
}

#[test]
fn a_translator_shows_in_what_is_quoted_behind_it() {
    let nat = |restores| {
        let nat = "nat = { source = ['198.51.100.7', '2001:db8::7'], port-add = 1000, id-add = 3";
        network(&["", &format!("{nat}, restores = '{restores}' }}"), ""], "")
    };
    for (restores, moved) in [("nothing", true), ("addresses", false), ("everything", false)] {
        for (target, header) in [(TARGETS[0], 20), (TARGETS[1], 40)] {
            for probe in [udp(target, (40_000, 33_434), 9), syn(target, (40_000, 80), 1, 9)] {
                let at_ttl = |ttl: u8| {
                    let mut probe = probe.clone();
                    probe[if header == 20 { 8 } else { 7 }] = ttl;
                    quoted(&one(&nat(restores).answer(0, &probe)).1)
                };
                let (before, at, behind) = (at_ttl(1), at_ttl(2), at_ttl(3));
                assert_eq!(before[header..], probe[header..]);
                assert_eq!(at[header..], probe[header..], "what the translator itself quotes came untouched");
                let port = u16::from_be_bytes([behind[header], behind[header + 1]]);
                assert_eq!(port, if moved { 41_000 } else { 40_000 });
                let sum = if probe[if header == 20 { 9 } else { 6 }] == 17 { 6 } else { 16 };
                let same_sum = behind[header + sum..header + sum + 2] == probe[header + sum..header + sum + 2];
                assert_eq!(same_sum, restores == "everything", "{restores} {target}");
                assert_eq!(transport_ok(&behind), restores != "addresses", "a whole packet is right in itself");
                if header == 20 {
                    assert_eq!(behind[4..6] == probe[4..6], restores == "everything");
                    assert_eq!(behind[12..16] == [198, 51, 100, 7], moved);
                } else {
                    assert_eq!(behind[8..10] == [0x20, 0x01], moved);
                }
            }
            let (_, answer) = one(&nat(restores).answer(0, &echo(target, 5, 64)));
            assert_eq!((answer.ident, answer.seq), (0x4242, 5), "answers come back to where they belong");
            let error = one(&nat(restores).answer(0, &echo(target, 5, 3))).1;
            let ident = u16::from_be_bytes([quoted(&error)[header + 4], quoted(&error)[header + 5]]);
            assert_eq!(ident, if moved { 0x4242 + 1000 } else { 0x4242 });
            if moved {
                assert!(read(&quoted(&error)).checksum_ok);
            }
        }
    }
}

#[test]
fn behind_a_destination_nat_the_target_seems_to_speak() {
    let mut net = network(&["", "as-target = true"], "");
    for (target, kind) in [(TARGETS[0], 11), (TARGETS[1], 3)] {
        let (_, error) = one(&net.answer(0, &echo(target, 1, 2)));
        assert_eq!((error.src, error.kind), (addr(target), kind));
    }
}

#[test]
fn traffic_classes_are_rewritten_for_those_behind() {
    let mut net = network(&["", "dscp = 0", "ecn = 1", ""], "");
    for target in TARGETS {
        let mut seen = |ttl| {
            let mut probe = udp(target, (1, 2), ttl);
            if target.contains(':') {
                probe[0] = 0x6b;
                probe[1] |= 0xa0;
            } else {
                probe[1] = 0xba;
            }
            let quote = quoted(&one(&net.answer(0, &probe)).1);
            tos(&quote)
        };
        assert_eq!([seen(1), seen(2), seen(3), seen(4)], [0xba, 0xba, 0x02, 0x01], "{target}");
    }
}

#[test]
fn a_balancer_keeps_a_flow_on_its_branch() {
    let branches = |balance: &str| {
        format!(
            "balance = '{balance}'\nbranch = [{{ address = ['10.3.0.1', 'fd03::1'] }}, {{ address = ['10.3.0.2', 'fd03::2'] }}, {{ address = ['10.3.0.3', 'fd03::3'] }}]"
        )
    };
    let seen = |balance: &str, probes: &[Vec<u8>]| -> BTreeSet<IpAddr> {
        let mut net = network(&["", &branches(balance)], "");
        probes.iter().map(|p| from(&net.answer(0, p))).collect()
    };
    for target in TARGETS {
        let same = vec![udp(target, (40_000, 33_434), 2); 60];
        let ports: Vec<_> = (0..60).map(|i| udp(target, (40_000 + i, 33_434), 2)).collect();
        let sequences: Vec<_> = (0..60).map(|i| syn(target, (40_000, 80), i, 2)).collect();
        let labels: Vec<_> = (0..60)
            .map(|i| {
                let mut p = udp(target, (40_000, 33_434), 2);
                if target.contains(':') {
                    p[3] = i
                }
                p
            })
            .collect();
        for (balance, kept) in [("flow", true), ("label", true), ("destination", true), ("packet", false)] {
            assert_eq!(seen(balance, &same).len() == 1, kept, "{balance}");
        }
        assert_eq!(seen("flow", &ports).len(), 3);
        assert_eq!(seen("destination", &ports).len(), 1);
        assert_eq!(seen("flow", &sequences).len(), 1, "what follows the first four bytes does not count");
        assert_eq!(seen("flow", &labels).len(), 1);
        assert_eq!(seen("label", &labels).len(), if target.contains(':') { 3 } else { 1 });
    }
    let targets: Vec<_> = (1..60).map(|i| udp(&format!("10.9.7.{i}"), (40_000, 33_434), 2)).collect();
    assert_eq!(seen("destination", &targets).len(), 3);
}

#[test]
fn a_later_hop_can_follow_the_choice_of_an_earlier_one() {
    let branch = |net: u8| {
        format!("branch = [{{ address = '10.{net}.0.1' }}, {{ address = '10.{net}.0.2' }}, {{ absent = true }}]")
    };
    let mut net = network(&[&branch(3), &format!("{}\nfollows = 1", branch(4)), ""], "");
    let mut seen = BTreeSet::new();
    for port in 0..50 {
        let at = |net: &mut Network, ttl| from(&net.answer(0, &udp("10.9.1.1", (40_000 + port, 1), ttl))).to_string();
        let (first, second) = (at(&mut net, 1), at(&mut net, 2));
        seen.insert(format!("{first} {second}"));
    }
    let want = ["10.255.3.1 10.9.1.1", "10.3.0.1 10.4.0.1", "10.3.0.2 10.4.0.2"];
    assert_eq!(seen.iter().map(String::as_str).collect::<Vec<_>>(), want, "who takes the third is two hops nearer");
}

#[test]
fn losses_on_the_way_and_of_answers() {
    let mut net = network(&["loss = 0.5", "forward-loss = 0.5", ""], "");
    let mut count = |ttl| (0..1000).map(|i| net.answer(0, &echo("10.9.1.1", i, ttl)).len()).sum::<usize>();
    let (first, second, third, host) = (count(1), count(2), count(3), count(9));
    assert!((400..600).contains(&first), "{first}");
    assert_eq!(second, 1000, "what is lost behind a router is not what ends there");
    assert!((400..600).contains(&third) && (400..600).contains(&host), "{third} {host}");
    assert!(net.log().iter().any(|s| s.action == Action::Lost(2)));
    let mut wall = network(&["", "filters = ['udp', 'tcp']", ""], "tcp-open = 80");
    for target in TARGETS {
        assert_eq!(wall.answer(0, &udp(target, (1, 2), 2)).len(), 1);
        assert!(wall.answer(0, &udp(target, (1, 2), 3)).is_empty());
        assert!(wall.answer(0, &syn(target, (1, 80), 3, 9)).is_empty());
        assert_eq!(wall.answer(0, &echo(target, 1, 9)).len(), 1);
    }
    assert_eq!(wall.log()[1].action, Action::Filtered(2));
}

#[test]
fn a_hop_refuses_what_it_does_not_forward() {
    let mut net = network(&["", "refuses = { name = 'admin-prohibited' }\nrefused = ['udp', 'echo']", ""], "");
    for (target, error) in [(TARGETS[0], (3, 13)), (TARGETS[1], (1, 1))] {
        let at = |net: &mut Network, ttl| one(&net.answer(0, &udp(target, (1, 2), ttl))).1;
        assert!(matches!(at(&mut net, 2).kind, 11 | 3), "a packet that ends there ends there");
        for ttl in [3, 64] {
            let refused = at(&mut net, ttl);
            assert_eq!((refused.kind, refused.code), error);
            assert_eq!(quoted(&refused)[if target.contains(':') { 7 } else { 8 }], ttl - 1);
        }
        assert_eq!(net.answer(0, &syn(target, (1, 2), 3, 3)).len(), 1);
    }
    assert_eq!(net.log()[1].action, Action::Refused(2));
    let mut numbered = network(&["refuses = { type = 3, code = 15 }"], "");
    assert_eq!(one(&numbered.answer(0, &echo("10.9.1.1", 1, 9))).1.code, 15);
}

#[test]
fn a_loop_goes_round_until_the_packet_ends() {
    let mut net = network(&["", "", "loops-to = 2", ""], "");
    let hops: Vec<_> = (1..=8).map(|ttl| from(&net.answer(0, &echo("10.9.1.1", 1, ttl))).to_string()).collect();
    let round = ["10.255.2.1", "10.255.3.1"];
    assert_eq!(hops[0], "10.255.1.1");
    assert!(hops[1..].chunks(2).all(|c| c.iter().zip(round).all(|(a, b)| a == b)), "{hops:?}");
    assert_eq!(net.answer(0, &echo("10.9.1.1", 1, 255)).len(), 1);
    assert!(std::panic::catch_unwind(|| network(&["loops-to = 2", ""], "")).is_err());
}

#[test]
fn ways_back_differ() {
    let mut net = network(&["", "back = 9", "ttl = 64", ""], "");
    let ttls: Vec<_> = (1..=5).map(|ttl| one(&net.answer(0, &echo("10.9.1.1", 1, ttl))).1.ttl).collect();
    assert_eq!(ttls, [255, 247, 62, 252, 60]);
}

#[test]
fn a_hop_that_forwards_with_nothing_left_leaves_it_to_the_next() {
    let mut net = network(&["", "zero-ttl = true", "", ""], "");
    let mut at = |ttl| {
        let (_, error) = one(&net.answer(0, &echo("10.9.1.1", 1, ttl)));
        (error.src.to_string(), quoted(&error)[8])
    };
    assert_eq!(at(1), ("10.255.1.1".to_owned(), 1));
    assert_eq!(at(2), ("10.255.3.1".to_owned(), 0));
    assert_eq!(at(3), ("10.255.3.1".to_owned(), 1));
}

#[test]
fn each_target_can_have_routers_of_its_own() {
    let mut net = network(
        &[
            "prefix = ['10.101.0.0/16', 'fd00:101::/32']",
            "only = ['10.9.4.0/24', 'fd00:9:4::/48']",
            "prefix = ['10.103.0.0/16', 'fd00:103::/32']",
        ],
        "",
    );
    let mut at = |target: &str, ttl| from(&net.answer(0, &echo(target, 1, ttl))).to_string();
    assert_eq!(at("10.9.3.7", 1), "10.101.3.7");
    assert_eq!(at("fd00:9:3::7", 1), "fd00:101:3::7");
    assert_eq!([at("10.9.3.7", 2), at("10.9.3.7", 3)], ["10.103.3.7", "10.9.3.7"]);
    assert_eq!([at("10.9.4.7", 2), at("10.9.4.7", 3), at("10.9.4.7", 4)], ["10.255.2.1", "10.103.4.7", "10.9.4.7"]);
    let far = |net: &mut Network, target| one(&net.answer(0, &echo(target, 1, 64))).1.ttl;
    assert_eq!([far(&mut net, "10.9.3.7"), far(&mut net, "10.9.4.7")], [62, 61]);
}

#[test]
fn answers_of_hops_are_doubled_and_go_out_of_order() {
    let mut net = network(
        &["", ""],
        "[[rule]]\nhop = 1\ncopies = 1\nspacing = '1ms'
         [[rule]]\nhop = 2\nbehind = 1",
    );
    assert_eq!(net.answer(0, &udp("10.9.1.1", (1, 2), 1)).len(), 2);
    assert!(net.answer(0, &udp("10.9.1.1", (1, 2), 2)).is_empty());
    let late = net.answer(0, &udp("10.9.1.1", (1, 3), 1));
    assert_eq!(late.iter().map(|d| read(&d.1).src).filter(|s| *s == addr("10.255.2.1")).count(), 1);
}

#[test]
fn the_record_tells_what_a_flow_is_made_of() {
    let mut net = network(&[], "");
    let mut probe = udp("fd00:9:1::1", (40_000, 33_434), 9);
    probe[1..4].copy_from_slice(&[0x0a, 0xbc, 0xde]);
    net.answer(0, &probe);
    let seen = &net.log()[0];
    assert_eq!((seen.label, seen.first, seen.ident, seen.seq), (0xabcde, [0x9c, 0x40, 0x82, 0x9a], 40_000, 33_434));
}

/// A thousand targets behind twelve hops: each step costs about the same, and nothing is confused.
#[test]
fn many_targets_at_once() {
    let mut net = Network::new(Scenario::load("trace_wide"));
    for target in 0..1000u32 {
        for ttl in 1..=12 {
            let to = format!("10.9.{}.{}", target >> 8, target & 255);
            let source = from(&net.answer(0, &udp(&to, (40_000, 33_434), ttl)));
            let want = if ttl == 12 { to } else { format!("10.{}.{}.{}", 100 + ttl, target >> 8, target & 255) };
            assert_eq!(source, addr(&want));
        }
    }
}

/// The catalogue, with the routers and hosts that it names but without their habits.
fn without_habits() -> Scenario {
    let mut file: toml::Table = toml::from_str(include_str!("../scenarios/trace_habits.toml")).unwrap();
    file.remove("rule");
    for (list, kept) in [("hop", &["address", "only"][..]), ("host", &["prefix", "udp-open", "tcp-open"])] {
        for entry in file[list].as_array_mut().unwrap() {
            let entry = entry.as_table_mut().unwrap();
            if let Some(branches) = entry.get("branch").cloned() {
                entry.insert("address".to_owned(), branches[0]["address"].clone());
            }
            entry.retain(|key, _| kept.contains(&key));
        }
    }
    file.try_into().unwrap()
}

/// Each subnet of the catalogue has its habit, in each family that has it, and a line that says what it is.
#[test]
fn every_habit_shows() {
    let trace = |scenario: Scenario, subnet: u8, v6: bool| -> Vec<Vec<Due>> {
        let mut net = Network::new(scenario);
        let target = if v6 { format!("fd00:9:{subnet}::1") } else { format!("10.9.{subnet}.1") };
        let mut probes = Vec::new();
        for ttl in (1..=7).chain([64]) {
            // A long packet with some DSCP, so that narrow lines and bleachers find something to do.
            let mut long = udp(&target, (40_000, 33_434), ttl);
            long.resize(1450, 0);
            let total: u16 = if v6 { 1450 - 40 } else { 1450 };
            long[if v6 { 4..6 } else { 2..4 }].copy_from_slice(&total.to_be_bytes());
            long[if v6 { 0 } else { 1 }] |= if v6 { 0x0b } else { 0xb8 };
            probes.extend([long, echo(&target, 1, ttl), udp(&target, (40_000, 33_434), ttl)]);
        }
        // Six times: some habits are a matter of luck.
        probes.iter().cycle().take(6 * probes.len()).map(|probe| net.answer(0, probe)).collect()
    };
    let text = include_str!("../scenarios/trace_habits.toml");
    for v6 in [false, true] {
        for subnet in 1..=27 {
            let told = trace(Scenario::load("trace_habits"), subnet, v6);
            assert_ne!(told, trace(without_habits(), subnet, v6), "{subnet}, IPv6 {v6}");
            assert!(text.contains(&format!("\n# {subnet}: ")), "{subnet}");
        }
        let plain = trace(Scenario::load("trace_habits"), 99, v6);
        assert_eq!(plain, trace(without_habits(), 99, v6));
        assert!(plain.iter().all(|answers| answers.len() == 1));
    }
}
