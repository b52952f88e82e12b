//! Stamps: every packet that asks has its own, with its own number, in the order of its way.

use std::collections::BTreeMap;
use std::time::Duration;

use rprobe::clock::{Stage, WallTime};
use rprobe::sys::ancillary::Ancillary;
use rprobe::sys::batch::{Queue, SendControl, SendRing, Stages};
use rprobe::sys::clock::{boot_now, wall_now};
use rprobe::sys::filter::{Idents, echo_filter};
use rprobe::sys::socket::{Kind, Socket};
use rprobe::sys::stamping::{Stamps, SwitchingOn, Timestamping, ensure_receive_stamps, rang, ring};
use rprobe::units::{Family, Ident};

use crate::bed::*;

/// A socket whose only packets are replies to ident 1 (its own ident, if it is a ping socket).
fn stamping(family: Family, kind: Kind) -> Socket {
    match kind {
        Kind::Ping => Socket::ping(family).unwrap(),
        _ => {
            let s = Socket::raw_icmp(family).unwrap();
            s.attach_filter(&echo_filter(family, Idents::One(Ident(1)), false)).unwrap();
            s.recv_hop_limit(true).unwrap();
            s.drain().unwrap();
            s
        }
    }
}

#[test]
fn numbers_are_ours_on_raw_and_ping_sockets() {
    const TEST: &str = "sys_live::numbers_are_ours_on_raw_and_ping_sockets";
    in_namespace(TEST, || {
        for family in FAMILIES {
            for kind in [Kind::RawIcmp, Kind::Ping] {
                let s = stamping(family, kind);
                let granted = s.timestamping(Timestamping::ALL);
                assert!(granted.transmit && granted.receive, "{granted:?}");
                if !granted.numbered {
                    return skip(TEST, "this kernel has no SCM_TS_OPT_ID (Linux 6.13)");
                }
                let before = wall_now();
                for id in [7, 1000, 0, 0xdead_beef] {
                    let stages = Stages::SCHED | Stages::DRIVER;
                    let control = SendControl { stages, stamp: Some(id), ..SendControl::default() };
                    send(&s, &echo_request(family, 1, 1, 16), control);
                }
                let mut seen: BTreeMap<u32, BTreeMap<Stage, WallTime>> = BTreeMap::new();
                collect(&s, Queue::Error, 8, |r| {
                    let tx = r.ancillary().tx.unwrap();
                    assert!(r.bytes.is_empty(), "OPT_TSONLY");
                    let expected = Ancillary { tx: Some(tx), ..Ancillary::default() };
                    assert_eq!((r.ancillary(), tx.hard, r.from), (expected, None, None), "the stamp and nothing else");
                    seen.entry(tx.id).or_default().insert(tx.stage, tx.soft.unwrap());
                });
                let after = wall_now();
                assert_eq!(seen.keys().copied().collect::<Vec<_>>(), [0, 7, 1000, 0xdead_beef], "{family} {kind:?}");
                for stages in seen.values() {
                    let (sched, driver) = (stages[&Stage::Sched], stages[&Stage::Driver]);
                    assert!(before <= sched && sched <= driver && driver <= after, "{family} {kind:?}");
                }
            }
        }
    });
}

#[test]
fn only_packets_that_ask_are_stamped() {
    in_namespace("sys_live::only_packets_that_ask_are_stamped", || {
        for family in FAMILIES {
            let s = stamping(family, Kind::RawIcmp);
            let numbered = s.timestamping(Timestamping::ALL).numbered;
            let packet = echo_request(family, 1, 1, 16);
            let control = |i: u32| SendControl {
                stages: if i % 4 == 0 { Stages::DRIVER } else { Stages::NONE },
                stamp: (numbered && i % 4 == 0).then_some(i),
                ..SendControl::default()
            };
            let mut ring = SendRing::new(16);
            for _round in 0..3 {
                let items = (0..16).map(|i| to_loopback(family, &packet, control(i)));
                assert_eq!(ring.send(&s, items).unwrap(), 16);
                let mut ids = Vec::new();
                collect(&s, Queue::Error, 4, |r| ids.push(r.ancillary().tx.unwrap().id));
                if numbered {
                    assert_eq!(ids, [0, 4, 8, 12], "{family}");
                }
                collect(&s, Queue::Data, 16, |_| {});
                assert!(is_empty(&s, Queue::Error));
            }
        }
    });
}

#[test]
fn arrivals_are_stamped_from_the_first_on() {
    in_namespace("sys_live::arrivals_are_stamped_from_the_first_on", || {
        let guard = ensure_receive_stamps();
        assert_eq!(guard.stamps, Stamps::On);
        for family in FAMILIES {
            let s = stamping(family, Kind::RawIcmp);
            s.timestamping(Timestamping::RECEIVE);
            let before = wall_now();
            send(&s, &echo_request(family, 1, 1, 0), SendControl::default());
            collect(&s, Queue::Data, 1, |r| {
                let at = r.ancillary().rx_soft.unwrap();
                assert!(before <= at && at <= wall_now(), "K3, {family}");
            });
        }
    });
}

#[test]
fn a_raw_socket_finds_out_by_itself_that_arrivals_are_stamped() {
    in_namespace("sys_live::a_raw_socket_finds_out_by_itself_that_arrivals_are_stamped", || {
        for family in FAMILIES {
            let s = Socket::raw_icmp(family).unwrap();
            let reply = icmp(family, if family == Family::V4 { 0 } else { 129 }, 0, [0; 4], &[]);
            assert!(!rang(&s).unwrap(), "{family}: nothing came");
            // The kernel takes its time over the first (K3).
            let until = boot_now() + Duration::from_secs(5);
            while !(ring(&s, &reply) && rang(&s).unwrap()) {
                assert!(boot_now() < until, "{family}");
            }
            assert!(s.timestamping(Timestamping::ALL).numbered, "{family}");
            assert!(is_empty(&s, Queue::Data) && is_empty(&s, Queue::Error), "{family}: nothing is left of it");
        }
    });
}

#[test]
fn without_loopback_nobody_knows_and_nobody_waits_for_ever() {
    in_namespace("sys_live::without_loopback_nobody_knows_and_nobody_waits_for_ever", || {
        let down = std::process::Command::new("ip").args(["link", "set", "lo", "down"]).status().unwrap();
        assert!(down.success());
        assert_eq!(SwitchingOn::begin().wait().stamps, Stamps::Unknown);
        // Whether it is refused or lost on the way.
        let raw = Socket::raw_icmp(Family::V4).unwrap();
        let _ = ring(&raw, &icmp(Family::V4, 0, 0, [0; 4], &[]));
        assert!(!rang(&raw).unwrap());
        // What packets may ask for does not depend on any route.
        assert!(Socket::udp(Family::V4).unwrap().timestamping(Timestamping::ALL).transmit);
    });
}

/// K2, the way of kernels before 6.13: the count is the kernel's, and the frame tells what it was.
#[test]
fn without_numbers_the_stamp_brings_back_what_was_sent() {
    in_namespace("sys_live::without_numbers_the_stamp_brings_back_what_was_sent", || {
        for family in FAMILIES {
            for kind in [Kind::RawIcmp, Kind::Ping] {
                let s = stamping(family, kind);
                let granted = s.timestamping(Timestamping { numbers: false, ..Timestamping::ALL });
                assert!(granted.transmit && !granted.numbered);
                let control = SendControl { stages: Stages::SCHED | Stages::DRIVER, ..SendControl::default() };
                for seq in 0..3 {
                    send(&s, &echo_request(family, 1, seq, 16), control);
                }
                let mut seen = Vec::new();
                collect(&s, Queue::Error, 6, |r| {
                    let sent = r.bytes.last_chunk::<24>().unwrap();
                    let seq = u16::from_be_bytes([sent[6], sent[7]]);
                    assert_eq!(sent[8..], [0x5a; 16]);
                    assert_eq!(r.ancillary().tx.unwrap().id, u32::from(seq), "nothing was refused in between");
                    seen.push((seq, r.ancillary().tx.unwrap().stage));
                });
                let expected = (0..3).flat_map(|seq| [(seq, Stage::Sched), (seq, Stage::Driver)]);
                assert_eq!(seen, expected.collect::<Vec<_>>(), "{family} {kind:?}");
            }
        }
    });
}
