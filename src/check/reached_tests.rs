//! Answers of ports, told to the machine as a network would tell them.
#![allow(clippy::unwrap_used)]

use std::net::IpAddr;
use std::time::Duration;

use super::*;
use crate::check::{Fate, Refusal, Setup, Watched};
use crate::clock::{BootTime, Epoch, WallTime};
use crate::net::{Batch, Exchange, SentAt};
use crate::ping::{Target, TargetId};
use crate::units::{Family, Port};

const HOST: &str = "192.0.2.1";

fn now(ms: u64) -> Now {
    let ns = ms * 1_000_000;
    Now { boot: BootTime::from_ns(ns), wall: WallTime::from_ns(ns as i64), epoch: Epoch(0) }
}

fn arrival(ms: u64) -> Arrival {
    Arrival::unstamped(now(ms))
}

/// A run whose probes leave at 0, 80, 160 ms, …, as many as asked for.
fn sent(method: Method, flows: u16, probes: u64) -> (Run, Vec<u16>) {
    let peer = Peer::from(HOST.parse::<IpAddr>().unwrap());
    let target = Target { peer, group: false };
    let ms = Duration::from_millis;
    let mut run = Run::new(Setup {
        targets: vec![Watched { target, critical: ms(500), patience: ms(1000) }],
        method,
        flows,
        packets: probes,
        interval: ms(80),
        floor: Duration::ZERO,
        deadline: None,
        size: 68,
        first_answer_ends: false,
        token_key: [1; 16],
    });
    let mut flows = Vec::new();
    for n in 0..probes {
        let mut batch = Batch::new(8);
        run.fill(now(80 * n), &mut batch);
        for probe in batch.probes() {
            assert_eq!(probe.exchange, method.exchange());
            flows.push(probe.flow);
            run.sent(now(80 * n), probe.key, Ok(SentAt { at: now(80 * n), checksum: None }));
        }
    }
    (run, flows)
}

fn claim(exchange: Exchange, seq: Option<u16>, flow: u16) -> Claim {
    Claim { peer: Peer::from(HOST.parse::<IpAddr>().unwrap()), exchange, seq: seq.map(Seq), flow: Some(flow) }
}

fn reached(claim: Claim, how: Reply, ms: u64) -> Reached<'static> {
    Reached { claim, arrival: arrival(ms), from: claim.peer, how, tcp: &[], payload: &[] }
}

/// What became of each, once no answer waits for a stamp any more.
fn fates(run: &mut Run) -> Vec<Fate> {
    run.fill(now(400), &mut Batch::new(8));
    run.outcome(TargetId(0)).unwrap().samples.fates
}

#[test]
fn a_syn_ack_answers_and_a_reset_refuses() {
    let (mut run, _) = sent(Method::Tcp(Port(443)), 1, 3);
    run.heard(now(170), &Event::Reached(reached(claim(Exchange::Tcp, Some(1), 0), Reply::SynAck, 170)));
    run.heard(now(175), &Event::Reached(reached(claim(Exchange::Tcp, Some(2), 0), Reply::Rst, 175)));
    run.heard(now(180), &Event::Reached(reached(claim(Exchange::Tcp, Some(3), 0), Reply::Segment, 180)));
    assert_eq!(fates(&mut run), [Fate::Answered, Fate::Refused, Fate::InFlight]);
    let samples = run.outcome(TargetId(0)).unwrap().samples;
    assert_eq!(samples.rtts, [Duration::from_millis(170)]);
    assert_eq!(samples.unreachable.unwrap().what, Refusal::Reset);
    assert_eq!(samples.corrupt, 0);
}

#[test]
fn data_belongs_to_the_newest_probe_of_its_flow() {
    let (mut run, flows) = sent(Method::Udp(Port(53)), 3, 4);
    assert_eq!(flows, [0, 1, 2, 0]);
    let data = |flow, ms| reached(claim(Exchange::Udp, None, flow), Reply::Data, ms);
    run.heard(now(250), &Event::Reached(data(1, 250)));
    assert_eq!(fates(&mut run), [Fate::InFlight, Fate::Answered, Fate::InFlight, Fate::InFlight]);
    run.heard(now(260), &Event::Reached(data(0, 260)));
    assert_eq!(fates(&mut run)[3], Fate::Answered, "the fourth goes by the first one's flow");
    assert_eq!(run.outcome(TargetId(0)).unwrap().samples.rtts, [170, 20].map(Duration::from_millis));
    run.heard(now(270), &Event::Reached(data(9, 270)));
    assert_eq!(fates(&mut run).iter().filter(|fate| **fate == Fate::Answered).count(), 2, "nobody goes by flow 9");
}

#[test]
fn the_hosts_own_word_is_an_answer_and_a_routers_is_none() {
    let (mut run, _) = sent(Method::Udp(Port(9)), 3, 3);
    let unreachable = |offender: &str, code, seq| {
        let error = IcmpError { family: Family::V4, ty: 3, code, info: 0 };
        Trouble::unquoted(claim(Exchange::Udp, Some(seq), 0), arrival(200), offender.parse().unwrap(), error)
    };
    run.heard(now(200), &Event::Error(unreachable(HOST, 3, 1)));
    run.heard(now(200), &Event::Error(unreachable("198.51.100.1", 3, 2)));
    run.heard(now(200), &Event::Error(unreachable(HOST, 13, 3)));
    assert_eq!(fates(&mut run), [Fate::Answered, Fate::Refused, Fate::Refused]);
    let samples = run.outcome(TargetId(0)).unwrap().samples;
    assert!(matches!(samples.unreachable.unwrap().what, Refusal::Icmp(error) if error.code == 3));
}
