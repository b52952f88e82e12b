//! Is an address free: against hosts that have it, rivals that want it, and nobody.

use std::net::IpAddr;

use crate::ask::{US, is_question, sender};
use crate::bed::{events, mac, of, rlink};
use crate::lab;

#[test]
fn a_host_that_has_it_takes_it() {
    let Some(lab) = lab::start!() else { return };
    let bridge = lab.bridge(2);
    let a = &bridge.hosts[0];
    for (command, taken) in [("arp", "10.1.0.2"), ("ndp", "fd00:1::2")] {
        let capture = bridge.hosts[1].capture("eth0");
        let out = rlink(a, &format!("{command} {taken} -I eth0 --dad --json")).output();
        assert_eq!(out.code(), Some(1), "{out:#?}");
        let told = events(&out);
        let verdict = of(&told, "dad")[0];
        assert_eq!((&verdict["verdict"], &verdict["probes"]), (&"taken".into(), &1.into()), "at the first answer");
        assert_eq!((&verdict["macs"][0], &of(&told, "taken")[0]["how"]), (&mac(2).into(), &"answer".into()));
        // The probe claims nothing: nobody's address in it.
        let frames = capture.stop();
        let taken: IpAddr = taken.parse().unwrap();
        let probe = frames.iter().find(|f| sender(f) == US && is_question(&f.bytes, taken)).unwrap();
        let source = if command == "arp" { &probe.bytes[28..32] } else { &probe.bytes[22..38] };
        assert!(source.iter().all(|byte| *byte == 0), "{source:?}");
    }
}

#[test]
fn what_nobody_has_is_free_after_the_whole_wait() {
    let Some(lab) = lab::start!() else { return };
    let bridge = lab.bridge(2);
    let a = &bridge.hosts[0];
    let (four, six) =
        (rlink(a, "arp 10.1.0.77 -I eth0 --dad").start(), rlink(a, "ndp fd00:1::77 -I eth0 --dad").output().ok());
    assert!(six.stdout.contains("fd00:1::77 is free: 1 probe and no objection"), "{}", six.stdout);
    let four = four.wait().ok();
    assert!(four.stdout.contains("10.1.0.77 is free: 3 probes and no objection"), "{}", four.stdout);
    // Our own address: nobody else has it.
    let own = rlink(a, "arp 10.1.0.1 -I eth0 --dad -c 1 -W 0.2").output().ok();
    assert!(own.stdout.contains("10.1.0.1 is free"), "{}", own.stdout);
}

#[test]
fn a_rival_who_wants_it_takes_it() {
    let Some(lab) = lab::start!() else { return };
    let bridge = lab.bridge(2);
    for command in ["arp 10.1.0.88", "ndp fd00:1::88"] {
        let mut first = rlink(&bridge.hosts[0], &format!("{command} -I eth0 --dad -c 100 -i 0.1")).start();
        first.wait_for(|text| text.contains(" on eth0"));
        // Its first probe ends the first one's hopes: by itself it cannot know that, and may end either way.
        rlink(&bridge.hosts[1], &format!("{command} -I eth0 --dad -c 1 -W 0.2")).output();
        let first = first.wait();
        assert_eq!(first.code(), Some(1), "{command}: {}", first.stdout);
        assert!(first.stdout.contains(&format!("CONFLICT: {} wants it as well", mac(2))), "{}", first.stdout);
    }
}

#[test]
fn what_is_interrupted_is_not_free() {
    let Some(lab) = lab::start!() else { return };
    let bridge = lab.bridge(2);
    let mut run = rlink(&bridge.hosts[0], "arp 10.1.0.77 -I eth0 --dad --json").start();
    run.wait_for(|text| text.contains("\"ask\""));
    run.signal(libc::SIGINT);
    let out = run.wait();
    assert_eq!(out.code(), Some(2));
    assert_eq!(of(&events(&out), "dad")[0]["verdict"], "undecided");
}
