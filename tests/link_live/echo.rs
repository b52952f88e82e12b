//! Echo between stations as a network: requests out under their keys, stamps and answers back under the same.

use std::time::Duration;

use rprobe::clock::Stage;
use rprobe::link::{Answerer, Heard, Replies};
use rprobe::net::packet::{EchoNet, EchoOptions, EchoSocket};
use rprobe::net::{Batch, Event, Exchange, Key, Network, Peer, Probe};
use rprobe::sys::ancillary::Stages;
use rprobe::sys::batch::{Queue, SendControl};
use rprobe::sys::errno;
use rprobe::sys::packet::Hears;
use rprobe::sys::socket::Socket;
use rprobe::units::{MacAddr, Seq};

use crate::bed::{TYPE, hear, link, send, socket};
use crate::lab::{self, Host};

fn options(no_stamp_numbers: bool) -> EchoOptions {
    EchoOptions {
        device: "eth0".into(),
        ether_type: TYPE,
        tag: None,
        stages: Stages::SCHED | Stages::DRIVER,
        window: 8,
        size: 64,
        no_stamp_numbers,
    }
}

fn key(seq: u16) -> Key {
    Key { slot: 100 + u32::from(seq), generation: 3 }
}

fn ask(net: &mut EchoNet, to: Peer, seqs: &[u16], size: usize) -> Vec<Result<(), errno::Errno>> {
    let mut batch = Batch::new(seqs.len());
    for seq in seqs {
        batch.push(Probe::new(key(*seq), to, Exchange::Echo, Seq(*seq)), size).fill(*seq as u8);
    }
    let mut done = Vec::new();
    net.send(&mut batch, &mut done);
    done.into_iter().map(|sent| sent.map(drop).map_err(|why| why.errno)).collect()
}

/// Answers so many requests, as a server does.
fn answer(socket: &Socket, mac: MacAddr, n: usize) {
    let server = Answerer { mac, vlan: None, answers: true };
    let mut replies = Replies::default();
    for frame in hear(socket, Queue::Data, n) {
        let direction = frame.link.direction;
        let heard = Heard { bytes: &frame.bytes, cut: false, direction, stripped: None, at: None };
        server.answer(&server.look(&heard).unwrap(), &mut replies);
    }
    assert_eq!(replies.len(), n);
    let frames: Vec<Vec<u8>> = replies.from(0).map(<[u8]>::to_vec).collect();
    send(socket, &frames, SendControl::default());
}

fn open(host: &Host, no_stamp_numbers: bool) -> EchoNet {
    host.enter(|| EchoSocket::open(options(no_stamp_numbers)).unwrap().into_net())
}

#[test]
fn stamps_and_answers_come_under_the_keys_of_their_requests() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let (a, b) = (link(&pair.a, "eth0"), link(&pair.b, "eth0").mac.unwrap());
    let to = Peer::station(b, a.index);
    for no_stamp_numbers in [false, true] {
        let mut net = open(&pair.a, no_stamp_numbers);
        let server = socket(&pair.b, Hears::One(TYPE), |_| ());
        assert_eq!(ask(&mut net, to, &[7, 8], 64), [Ok(()), Ok(())]);
        answer(&server, b, 2);
        let (mut stamps, mut answers, mut order) = (Vec::new(), Vec::new(), String::new());
        for _ in 0..1000 {
            net.take(&mut |_, event| match event {
                Event::Stamp { key, stage, .. } => {
                    order.push('s');
                    stamps.push((*key, *stage));
                }
                Event::Answer(answer) => {
                    order.push('a');
                    assert_eq!(answer.claim.peer, to);
                    assert!(answer.arrival.kernel.is_some() && answer.payload.len() == 64);
                    answers.push((answer.claim.seq, answer.payload[0]));
                }
                other => panic!("{other:?}"),
            })
            .unwrap();
            if answers.len() == 2 {
                break;
            }
            let until = net.now().boot + Duration::from_millis(10);
            net.wait(Some(until), &[]).unwrap();
        }
        assert_eq!(answers, [(Some(Seq(7)), 7), (Some(Seq(8)), 8)], "{no_stamp_numbers}");
        stamps.sort_by_key(|(key, stage)| (key.slot, *stage));
        let both = |seq| [(key(seq), Stage::Sched), (key(seq), Stage::Driver)];
        assert_eq!(stamps, [both(7), both(8)].concat(), "{no_stamp_numbers}");
        assert!(order.find('a') > order.rfind('s'), "stamps first: {order}");
    }
}

#[test]
fn what_is_refused_is_told_of_the_frame_that_it_was() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let to = Peer::station(link(&pair.b, "eth0").mac.unwrap(), link(&pair.a, "eth0").index);
    let mut net = open(&pair.a, false);
    pair.a.mtu("eth0", 100);
    pair.a.enter(|| assert_eq!(ask(&mut net, to, &[1], 85), [Err(errno::EMSGSIZE)]));
    pair.a.enter(|| assert_eq!(ask(&mut net, to, &[2, 3], 84), [Ok(()), Ok(())]));
    pair.a.down("eth0");
    pair.a.enter(|| assert_eq!(ask(&mut net, to, &[4, 5], 8), [Err(errno::ENETDOWN); 2]));
    pair.a.up("eth0");
    pair.a.enter(|| assert_eq!(ask(&mut net, to, &[6], 8), [Ok(())]));
    pair.a.ip("link del eth0");
    pair.a.enter(|| assert_eq!(ask(&mut net, to, &[7], 8), [Err(errno::ENODEV)]));
}
