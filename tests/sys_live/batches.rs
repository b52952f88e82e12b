//! Batches: every packet keeps its own control messages, in every round, and what is lost is counted.

use std::net::IpAddr;

use rprobe::sys::batch::{Outgoing, Queue, RecvRing, SendControl, SendRing};
use rprobe::sys::filter::{Idents, echo_filter};
use rprobe::sys::socket::{Socket, loopback};
use rprobe::units::{Family, Ident, Ttl};

use crate::bed::*;

fn listener(family: Family) -> Socket {
    let s = Socket::raw_icmp(family).unwrap();
    s.attach_filter(&echo_filter(family, Idents::One(Ident(3)), false)).unwrap();
    s.drain().unwrap();
    s
}

/// The echo reply keeps the request's hop limit nowhere, so UDP to ourselves shows what each packet went out with.
#[test]
fn every_packet_has_its_own_control_messages_in_every_round() {
    in_namespace("sys_live::every_packet_has_its_own_control_messages_in_every_round", || {
        for family in FAMILIES {
            let inbox = Socket::udp(family).unwrap();
            inbox.bind(loopback(family), 0).unwrap();
            inbox.recv_hop_limit(true).unwrap();
            inbox.recv_tos(true).unwrap();
            inbox.recv_pktinfo(true).unwrap();
            let outbox = Socket::udp(family).unwrap();
            outbox.connect(loopback(family), 0, inbox.local_port().unwrap()).unwrap();
            let (mut out, mut ring) = (SendRing::new(8), RecvRing::new(8, 64));
            for round in 0..6_u8 {
                let bodies: Vec<[u8; 2]> = (0..8).map(|i| [round, i]).collect();
                let items = bodies.iter().map(|b| {
                    let i = b[1];
                    // Different shapes in the same slot from round to round.
                    let control = match (round + i) % 3 {
                        0 => SendControl { ttl: Some(Ttl(10 + i)), ..SendControl::default() },
                        1 => SendControl { ttl: Some(Ttl(10 + i)), tos: Some(4 * i), ..SendControl::default() },
                        _ => SendControl::default(),
                    };
                    Outgoing { to: None, port: 0, flow: 0, bytes: b, control }
                });
                assert_eq!(out.send(&outbox, items).unwrap(), 8);
                await_queue(&inbox, Queue::Data);
                assert_eq!(ring.receive(&inbox, Queue::Data).unwrap(), 8);
                for i in 0..8_u8 {
                    let r = ring.get(i.into()).unwrap();
                    assert_eq!(r.bytes, [round, i]);
                    let shape = (round + i) % 3;
                    let ttl = if shape == 2 { 64 } else { 10 + i };
                    let tos = if shape == 1 { 4 * i } else { 0 };
                    assert_eq!(r.ancillary().hop_limit, Some(Ttl(ttl)), "{family}, round {round}, packet {i}");
                    assert_eq!(r.ancillary().tos, Some(tos), "{family}, round {round}, packet {i}");
                    assert_eq!(r.ancillary().pktinfo.map(|p| p.local), Some(loopback(family)));
                    assert_eq!(r.from.map(|f| f.0), Some(loopback(family)));
                    assert!(!r.control_truncated);
                }
                assert!(ring.get(8).is_none());
                assert_eq!(ring.receive(&inbox, Queue::Data).unwrap(), 0);
                assert!(ring.get(0).is_none(), "nothing is left of the round before");
            }
        }
    });
}

#[test]
fn a_source_address_of_ones_own_is_used() {
    in_namespace("sys_live::a_source_address_of_ones_own_is_used", || {
        let s = listener(Family::V4);
        let source: IpAddr = "127.1.2.3".parse().unwrap();
        s.recv_pktinfo(true).unwrap();
        let control = SendControl { source: Some(source), ifindex: Some(1), ..SendControl::default() };
        send(&s, &echo_request(Family::V4, 3, 1, 0), control);
        collect(&s, Queue::Data, 1, |r| assert_eq!(r.ancillary().pktinfo.unwrap().local, source));
    });
}

#[test]
fn a_longer_packet_is_cut_and_says_so() {
    in_namespace("sys_live::a_longer_packet_is_cut_and_says_so", || {
        for family in FAMILIES {
            let s = listener(family);
            let mut ring = RecvRing::new(2, 60);
            for payload in [0_u16, 100] {
                send(&s, &echo_request(family, 3, payload, payload.into()), SendControl::default());
            }
            assert_eq!(ring.receive(&s, Queue::Data).unwrap(), 2);
            let (short, long) = (ring.get(0).unwrap(), ring.get(1).unwrap());
            assert!(!short.truncated && long.truncated);
            assert_eq!((long.bytes.len(), type_and_seq(family, long.bytes).1), (60, 100));
        }
    });
}

/// K4: the counter on packets comes late, and on ping sockets never; the one of `SO_MEMINFO` is always right.
#[test]
fn a_ping_socket_counts_what_it_dropped() {
    in_namespace("sys_live::a_ping_socket_counts_what_it_dropped", || {
        for family in FAMILIES {
            let s = Socket::ping(family).unwrap();
            s.recv_drop_count(true).unwrap();
            let arrived = overflow(&s);
            assert_eq!(s.memory_info().unwrap().drops as usize, 32 - arrived);
            send(&s, &echo_request(family, 3, 1, 900), SendControl::default());
            collect(&s, Queue::Data, 1, |r| assert_eq!(r.ancillary().drops, None));
        }
    });
}

/// A full raw socket counts before it filters, so that its counter is a bound: here it counts our requests too.
#[test]
fn a_raw_socket_counts_at_least_what_it_dropped_and_says_so_on_the_next_packet() {
    in_namespace("sys_live::a_raw_socket_counts_at_least_what_it_dropped_and_says_so_on_the_next_packet", || {
        for family in FAMILIES {
            let s = listener(family);
            s.recv_drop_count(true).unwrap();
            let arrived = overflow(&s);
            let drops = s.memory_info().unwrap().drops;
            assert!((32 - arrived..=64 - arrived).contains(&(drops as usize)), "{drops} for {}", 32 - arrived);
            send(&s, &echo_request(family, 3, 1, 900), SendControl::default());
            collect(&s, Queue::Data, 1, |r| assert_eq!(r.ancillary().drops, Some(drops), "{family}"));
        }
    });
}

/// Sends 32 requests whose replies do not fit, and returns how many did.
fn overflow(s: &Socket) -> usize {
    let family = s.family();
    s.set_receive_buffer(2304).unwrap();
    let packet = echo_request(family, 3, 1, 900);
    let items = (0..32).map(|_| to_loopback(family, &packet, SendControl::default()));
    assert_eq!(SendRing::new(32).send(s, items).unwrap(), 32);
    deliver();
    let mut ring = RecvRing::new(64, 64);
    let arrived = ring.receive(s, Queue::Data).unwrap();
    assert!((1..32).contains(&arrived));
    assert!((0..arrived).all(|i| ring.get(i).unwrap().ancillary().drops.is_none()), "queued before the first drop");
    arrived
}
