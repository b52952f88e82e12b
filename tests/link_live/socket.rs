//! Sending, hearing, stamps and counters.

use rprobe::clock::Stage;
use rprobe::sys::address::Direction;
use rprobe::sys::batch::{OutgoingFrame, Queue, SendControl, SendRing, Stages};
use rprobe::sys::packet::{Hears, Membership};
use rprobe::sys::stamping::{SwitchingOn, Timestamping};
use rprobe::units::{EtherType, MacAddr};

use crate::bed::{TYPE, frame, hear, is_silent, link, send, socket};
use crate::lab;

#[test]
fn frames_arrive_as_they_were_sent() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let (a, b) = (link(&pair.a, "eth0").mac.unwrap(), link(&pair.b, "eth0").mac.unwrap());
    let sender = socket(&pair.a, Hears::Nothing, |_| ());
    let receiver = socket(&pair.b, Hears::One(TYPE), |_| ());
    let frames = [frame(b, a, None, TYPE, b"Hi"), frame(MacAddr::BROADCAST, a, None, TYPE, &[7; 1500])];
    assert_eq!(send(&sender, &frames, SendControl::default()), 2);
    let heard = hear(&receiver, Queue::Data, 2);
    assert_eq!(heard.len(), 2);
    for ((heard, sent), direction) in heard.iter().zip(&frames).zip([Direction::Host, Direction::Broadcast]) {
        assert_eq!(&heard.bytes, sent);
        assert_eq!((heard.link.direction, heard.link.protocol, heard.link.addr), (direction, TYPE, Some(a)));
        assert_eq!(heard.link.ifindex, link(&pair.b, "eth0").index);
        assert_eq!(heard.ancillary.frame.unwrap().len as usize, sent.len(), "a veth pads nothing");
    }
    // One byte over the MTU is refused, and what was before it has left.
    let items = [vec![7; 1500], vec![8; 1501]].map(|payload| frame(b, a, None, TYPE, &payload));
    assert_eq!(send(&sender, &items, SendControl::default()), 1);
    let too_long = OutgoingFrame { by: None, bytes: &items[1], control: SendControl::default() };
    let refused = SendRing::new(1).send_frames(&sender, std::iter::once(too_long)).unwrap_err();
    assert_eq!(refused.raw_os_error(), Some(libc::EMSGSIZE));
    assert!(is_silent(&sender));
}

#[test]
fn one_socket_sends_by_any_interface() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let (a, b) = (link(&pair.a, "eth0"), link(&pair.b, "eth0"));
    let sender = pair.a.enter(|| rprobe::sys::socket::Socket::packet().unwrap());
    let receiver = socket(&pair.b, Hears::One(TYPE), |_| ());
    let bytes = frame(b.mac.unwrap(), a.mac.unwrap(), None, TYPE, b"by name");
    let item = OutgoingFrame { by: Some((a.index, TYPE)), bytes: &bytes, control: SendControl::default() };
    assert_eq!(SendRing::new(1).send_frames(&sender, std::iter::once(item)).unwrap(), 1);
    assert_eq!(hear(&receiver, Queue::Data, 1)[0].bytes, bytes);
}

#[test]
fn a_socket_hears_its_own_type_alone_and_not_itself() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let (a, b) = (link(&pair.a, "eth0").mac.unwrap(), link(&pair.b, "eth0").mac.unwrap());
    let sender = socket(&pair.a, Hears::One(TYPE), |_| ());
    let receiver = socket(&pair.b, Hears::One(TYPE), |_| ());
    let other = frame(b, a, None, EtherType(0x88b6), b"no");
    let mine = frame(b, a, None, TYPE, b"yes");
    send(&sender, &[other, mine.clone()], SendControl::default());
    assert_eq!(hear(&receiver, Queue::Data, 1)[0].bytes, mine);
    assert!(is_silent(&receiver) && is_silent(&sender));
}

#[test]
fn departures_and_arrivals_are_stamped() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let (a, b) = (link(&pair.a, "eth0").mac.unwrap(), link(&pair.b, "eth0").mac.unwrap());
    for bypass in [false, true] {
        let mut granted = None;
        let sender = socket(&pair.a, Hears::Nothing, |socket| {
            granted = Some(socket.timestamping(Timestamping::ALL));
            socket.bypass_scheduler(bypass).unwrap();
        });
        let receiver = socket(&pair.b, Hears::One(TYPE), |socket| {
            assert!(socket.timestamping(Timestamping::RECEIVE).receive);
        });
        let granted = granted.unwrap();
        assert!(granted.transmit);
        // The first arrivals have none unless one waits for the kernel (lab_kernel 3).
        let _on = pair.b.enter(|| SwitchingOn::begin().wait());
        for number in 70..74 {
            let stamp = granted.numbered.then_some(number);
            let control = SendControl { stages: Stages::DRIVER, stamp, ..SendControl::default() };
            let bytes = frame(b, a, None, TYPE, &number.to_be_bytes());
            assert_eq!(send(&sender, std::slice::from_ref(&bytes), control), 1);
            let left = &hear(&sender, Queue::Error, 1)[0].ancillary.tx.unwrap();
            assert_eq!(left.stage, Stage::Driver);
            assert!(!granted.numbered || left.id == number, "{left:?}");
            let arrived = &hear(&receiver, Queue::Data, 1)[0];
            assert_eq!(arrived.bytes, bytes);
            assert!(arrived.ancillary.rx_soft.unwrap() >= left.soft.unwrap(), "it arrives after it left");
        }
    }
}

#[test]
fn drops_are_counted() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let (a, b) = (link(&pair.a, "eth0").mac.unwrap(), link(&pair.b, "eth0").mac.unwrap());
    let sender = socket(&pair.a, Hears::Nothing, |_| ());
    let receiver = socket(&pair.b, Hears::One(TYPE), |socket| {
        socket.set_receive_buffer(4096).unwrap();
    });
    let frames: Vec<Vec<u8>> = (0..60).map(|i| frame(b, a, None, TYPE, &[i; 400])).collect();
    assert_eq!(send(&sender, &frames, SendControl::default()), 60);
    // The far end of a veth is served by another softirq: the last of them may still be under way.
    let mut counts = receiver.frame_counts().unwrap();
    assert!(lab::eventually(std::time::Duration::from_secs(20), || {
        let more = receiver.frame_counts().unwrap();
        counts.seen += more.seen;
        counts.dropped += more.dropped;
        counts.seen == 60
    }));
    let info = receiver.memory_info().unwrap();
    assert!(counts.dropped > 0 && info.drops == counts.dropped, "{counts:?} {info:?}");
    let queued = hear(&receiver, Queue::Data, (counts.seen - counts.dropped) as usize);
    assert_eq!(queued.len() as u32, counts.seen - counts.dropped);
    assert!(is_silent(&receiver));
    assert_eq!(receiver.frame_counts().unwrap(), Default::default(), "asking sets them to zero");
}

#[test]
fn a_membership_lasts_as_long_as_its_socket() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let is_promiscuous = || link(&pair.b, "eth0").is_promiscuous();
    let details = || {
        let out = pair.b.command("ip").words("-d link show eth0").output().ok();
        out.stdout.contains("promiscuity 1")
    };
    let index = link(&pair.b, "eth0").index;
    let (a, stranger) = (link(&pair.a, "eth0").mac.unwrap(), MacAddr([2, 9, 9, 9, 9, 9]));
    let sender = socket(&pair.a, Hears::Nothing, |_| ());
    let receiver = socket(&pair.b, Hears::One(TYPE), |_| ());
    assert!(!details());
    receiver.join(index, Membership::Promiscuous).unwrap();
    assert!(details());
    send(&sender, &[frame(stranger, a, None, TYPE, b"overheard")], SendControl::default());
    assert_eq!(hear(&receiver, Queue::Data, 1)[0].link.direction, Direction::Other);
    receiver.leave(index, Membership::Promiscuous).unwrap();
    assert!(!details());
    receiver.join(index, Membership::Promiscuous).unwrap();
    drop(receiver);
    assert!(!details() && !is_promiscuous());
}
