//! Who has an address: answers, conflicts, silence, announcements that other hosts believe; and the same by the peers.

use std::net::IpAddr;
use std::time::Duration;

use crate::bed::{events, mac, of, rlink};
use crate::lab::{self, Frame, Host, Need, eventually};

/// The command for each family, and an address of host `n`.
const FAMILIES: [(&str, &str); 2] = [("arp", "10.1.0."), ("ndp", "fd00:1::")];

#[test]
fn a_neighbour_answers_by_both_families() {
    let Some(lab) = lab::start!() else { return };
    let bridge = lab.bridge(3);
    let a = &bridge.hosts[0];
    for (command, net) in FAMILIES {
        let capture = a.capture("eth0");
        let told = events(&rlink(a, &format!("{command} {net}2 -c 3 -i 0.05 --json")).output().ok());
        let ask = of(&told, "ask")[0];
        assert_eq!((&ask["source"], &ask["mac"]), (&format!("{net}1").into(), &mac(1).into()), "{ask}");
        let answers = of(&told, "neighbour");
        assert_eq!(answers.len(), 3, "{told:#?}");
        for (answer, seq) in answers.iter().zip(1..) {
            assert_eq!(
                (&answer["mac"], &answer["kind"], &answer["seq"]),
                (&mac(2).into(), &"reply".into(), &seq.into())
            );
            assert!(answer["rtt_ns"].as_u64().unwrap() > 0 && answer["conflict"] == false, "{answer}");
        }
        let summary = of(&told, "summary")[0];
        assert_eq!((&summary["sent"], &summary["replied"], &summary["loss"]), (&3.into(), &3.into(), &0.0.into()));
        let (rtt, clock) = (&answers[2]["rtt_ns"], &answers[2]["clock"]);
        // The witness on our own interface saw the question leave and the answer come.
        let frames = capture.stop();
        let target: IpAddr = format!("{net}2").parse().unwrap();
        let questions: Vec<_> = frames.iter().filter(|f| sender(f) == US && is_question(&f.bytes, target)).collect();
        assert_eq!(questions.len(), 3, "{command}");
        assert!(questions[0].bytes[0] & 1 == 1 && questions[1].bytes[..6] == [2, 0, 0, 0, 0, 2], "{command}");
        if clock == "kernel" {
            let question = questions[2].at_ns;
            let back = frames.iter().find(|f| f.at_ns > question && is_answer(&f.bytes, target)).unwrap();
            let seen = back.at_ns - question;
            assert!(rtt.as_u64().unwrap() <= seen + 200_000, "{rtt} by us, {seen} by the witness");
        }
    }
}

/// The address of the host that asks here.
pub const US: [u8; 6] = [2, 0, 0, 0, 0, 1];

/// By whom a frame was sent. The kernel sends from the same address, too: who looks for a question says which.
pub fn sender(frame: &Frame) -> [u8; 6] {
    frame.bytes[6..12].try_into().unwrap()
}

/// An ARP request or a neighbour solicitation for this address.
pub fn is_question(bytes: &[u8], target: IpAddr) -> bool {
    is_about(bytes, target, (1, 38), 135)
}

/// An ARP reply or a neighbour advertisement of this address.
fn is_answer(bytes: &[u8], target: IpAddr) -> bool {
    is_about(bytes, target, (2, 28), 136)
}

/// ARP with this operation and the address at this place, or neighbour discovery of this type.
fn is_about(bytes: &[u8], target: IpAddr, (operation, place): (u8, usize), kind: u8) -> bool {
    match (bytes.get(12..14), target) {
        (Some([0x08, 0x06]), IpAddr::V4(v4)) => {
            bytes.get(20..22) == Some(&[0, operation]) && bytes.get(place..place + 4) == Some(&v4.octets())
        }
        (Some([0x86, 0xdd]), IpAddr::V6(v6)) => {
            bytes.get(20) == Some(&58) && bytes.get(54) == Some(&kind) && bytes.get(62..78) == Some(&v6.octets())
        }
        _ => false,
    }
}

#[test]
fn two_hosts_with_one_address_are_a_conflict() {
    let Some(lab) = lab::start!() else { return };
    let bridge = lab.bridge(3);
    let [a, b, c] = &bridge.hosts[..] else { panic!() };
    for host in [b, c] {
        host.address("eth0", "10.1.0.9/24");
        host.address("eth0", "fd00:1::9/64");
    }
    for (command, net) in FAMILIES {
        let out = rlink(a, &format!("{command} {net}9 -c 2 -i 0.5 -W 1")).output().ok();
        assert!(out.stdout.contains("CONFLICT: 2 stations"), "{}", out.stdout);
        for n in [2, 3] {
            let answers = out.stdout.lines().filter(|line| line.contains(&format!("is at {} seq=", mac(n))));
            assert_eq!(answers.count(), 2, "each is heard each time: {}", out.stdout);
        }
        let told = events(&rlink(a, &format!("{command} {net}9 -c 1 -W 1 --json")).output().ok());
        let mut macs: Vec<_> = of(&told, "conflict")[0]["macs"].as_array().unwrap().clone();
        macs.sort_by_key(|mac| mac.to_string());
        assert_eq!(macs, [mac(2), mac(3)]);
    }
}

#[test]
fn exits_are_those_of_arping() {
    let Some(lab) = lab::start!(Need::Tool("arping")) else { return };
    let bridge = lab.bridge(2);
    let a = &bridge.hosts[0];
    let (live, dead) = ("10.1.0.2", "10.1.0.77");
    for (theirs, ours) in [
        (format!("-c 1 {live}"), format!("-c 1 {live}")),
        (format!("-c 1 {dead}"), format!("-c 1 -W 0.3 {dead}")),
        (format!("-f -w 1 {live}"), format!("-f -w 1 {live}")),
        (format!("-f -w 1 {dead}"), format!("-f -w 1 {dead}")),
        (format!("-D -c 1 {live}"), format!("-D -c 1 {live}")),
        (format!("-D -c 1 -w 1 {dead}"), format!("-D -c 1 -w 1 {dead}")),
        (format!("-c 2 -w 3 {live}"), format!("-c 2 -w 3 {live}")),
        (format!("-c 9 -w 1 {live}"), format!("-c 9 -w 1 {live}")),
        ("-U -c 1 10.1.0.1".to_owned(), "-U -c 1 10.1.0.1".to_owned()),
        (format!("-b -c 1 {live}"), format!("-b -c 1 {live}")),
        (format!("-s 10.1.0.1 -c 1 {live}"), format!("-s 10.1.0.1 -c 1 {live}")),
    ] {
        // One after the other: each would hear the other's answers.
        let them = a.command("arping").words(&format!("-I eth0 {theirs}")).output();
        let us = rlink(a, &format!("arp -I eth0 {ours}")).output();
        assert_eq!(us.code(), them.code(), "{ours}\n{}\n{}\n{}", us.stdout, us.stderr, them.stdout);
        if them.stdout.contains("reply from") && !ours.contains("-D") {
            let station = |text: &str| text.to_lowercase().contains(&mac(2));
            assert!(station(&them.stdout) && station(&us.stdout), "{}\n{}", them.stdout, us.stdout);
        }
    }
}

#[test]
fn ndisc6_finds_the_same_station() {
    let Some(lab) = lab::start!(Need::Tool("ndisc6")) else { return };
    let bridge = lab.bridge(2);
    let a = &bridge.hosts[0];
    // Only nobody is waited for to the end.
    for (target, expect, ms) in [("fd00:1::2", Some(0), 5000), ("fd00:1::77", None, 300)] {
        let theirs = a.command("ndisc6").words(&format!("-q -r 1 -w {ms} {target} eth0")).output();
        let ours = rlink(a, &format!("ndp {target} -I eth0 -c 1 -W {}", ms as f64 / 1e3)).output();
        assert_eq!(theirs.code() == Some(0), ours.code() == Some(0), "{target}");
        if expect.is_some() {
            assert_eq!(theirs.stdout.trim().to_lowercase(), mac(2));
            assert!(ours.stdout.contains(&format!("{target} is at {}", mac(2))), "{}", ours.stdout);
        } else {
            assert_eq!(ours.code(), Some(1));
            assert!(ours.stdout.contains("does not answer seq=1") && ours.stdout.contains(" 100% unanswered"));
        }
    }
}

#[test]
fn the_interface_is_found_by_the_address_and_named_where_it_cannot_be() {
    let Some(lab) = lab::start!() else { return };
    let bridge = lab.bridge(2);
    let a = &bridge.hosts[0];
    assert!(rlink(a, "arp 10.1.0.2 -c 1").output().ok().stdout.contains(" on eth0\n"));
    let link_local = link_local(&bridge.hosts[1]);
    let out = rlink(a, &format!("ndp {link_local}%eth0 -c 1")).output().ok();
    assert!(out.stdout.contains(&format!("{link_local} is at {}", mac(2))), "{}", out.stdout);
    assert!(out.stdout.contains("from fe80::"), "{}", out.stdout);
}

fn link_local(host: &Host) -> String {
    let out = host.command("ip").words("-6 -o addr show dev eth0 scope link").output().ok().stdout;
    out.split_whitespace().find_map(|w| w.strip_suffix("/64")).unwrap().to_owned()
}

/// What host `b` believes of an address.
fn believes(host: &Host, addr: &str, mac: &str) -> bool {
    let known = host.command("ip").words(&format!("neigh show {addr} dev eth0")).output().ok().stdout;
    known.contains(mac)
}

#[test]
fn others_believe_an_announcement() {
    let Some(lab) = lab::start!() else { return };
    let bridge = lab.bridge(3);
    let (a, b) = (&bridge.hosts[0], &bridge.hosts[1]);
    for (command, net, how) in [("arp", "10.1.0.", ""), ("arp", "10.1.0.", "=reply"), ("ndp", "fd00:1::", "")] {
        let (ours, wrong) = (format!("{net}1"), "02:00:00:00:00:77");
        b.ip(&format!("neigh replace {ours} lladdr {wrong} dev eth0 nud stale"));
        assert!(believes(b, &ours, wrong));
        let out = rlink(a, &format!("{command} {ours} -I eth0 --announce{how} -c 1")).output().ok();
        assert!(out.stdout.contains("1 announcement sent"), "{}", out.stdout);
        let convinced = eventually(Duration::from_secs(20), || believes(b, &ours, &mac(1)));
        assert!(convinced, "{command} --announce{how}");
    }
    // Somebody else's address: its owner defends it, and we hear it.
    let out = rlink(a, "arp 10.1.0.3 -I eth0 --announce -c 2 -i 0.2").output();
    assert!(out.stdout.contains("2 announcements sent"), "{}", out.stdout);
}

#[test]
fn an_interface_that_goes_is_waited_for() {
    let Some(lab) = lab::start!() else { return };
    let bridge = lab.bridge(2);
    let a = &bridge.hosts[0];
    let mut run = rlink(a, "arp 10.1.0.2 -I eth0 -i 0.1 --json").start();
    run.wait_for(|text| text.matches("\"neighbour\"").count() >= 2);
    a.down("eth0");
    run.wait_for(|text| text.contains("\"state\":\"down\"") && text.contains("\"unsent\""));
    a.up("eth0");
    run.wait_for(|text| text.split("\"state\":\"up\"").nth(1).is_some_and(|rest| rest.contains("\"reply\"")));
    run.signal(libc::SIGINT);
    let told = events(&run.wait().ok());
    let summary = of(&told, "summary")[0];
    assert!(summary["not_sent"].as_u64().unwrap() > 0, "{summary}");
}
