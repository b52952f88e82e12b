//! VLAN tags: who hears them, who tells of them.

use rprobe::sys::address::Direction;
use rprobe::sys::batch::{Queue, SendControl};
use rprobe::sys::filter::{Frames, frame_filter};
use rprobe::sys::packet::Hears;
use rprobe::units::{EtherType, Tag};

use crate::bed::{TYPE, frame, hear, is_silent, link, send, socket};
use crate::lab;

const FIVE: Tag = Tag { id: 5, priority: 3, drop_eligible: false };

/// The kernel's look at a tag comes between the sockets that hear everything and those bound to one type.
#[test]
fn a_socket_of_one_type_hears_tagged_frames_without_their_tag_and_as_somebody_elses() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let (a, b) = (link(&pair.a, "eth0").mac.unwrap(), link(&pair.b, "eth0").mac.unwrap());
    let sender = socket(&pair.a, Hears::Nothing, |_| ());
    let one = socket(&pair.b, Hears::One(TYPE), |_| ());
    let all = socket(&pair.b, Hears::All, |s| {
        s.attach_filter(&frame_filter(Frames { types: &[TYPE], vlan: None })).unwrap();
    });
    send(&sender, &[frame(b, a, Some(FIVE), TYPE, b"Hi")], SendControl::default());
    let plain = frame(b, a, None, TYPE, b"Hi");
    let by_type = &hear(&one, Queue::Data, 1)[0];
    assert_eq!((&by_type.bytes, by_type.link.direction), (&plain, Direction::Other));
    assert_eq!(by_type.ancillary.frame.unwrap().vlan, None);
    let by_all = &hear(&all, Queue::Data, 1)[0];
    assert_eq!((&by_all.bytes, by_all.link.direction), (&plain, Direction::Host));
    assert_eq!(by_all.ancillary.frame.unwrap().vlan, Some((EtherType::VLAN, FIVE)));
}

/// `skb_vlan_untag` (net/core/skbuff.c) wants two bytes behind the tag; cables pad, a veth does not.
#[test]
fn a_tagged_frame_with_one_byte_of_payload_is_lost_on_a_veth() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let (a, b) = (link(&pair.a, "eth0").mac.unwrap(), link(&pair.b, "eth0").mac.unwrap());
    let sender = socket(&pair.a, Hears::Nothing, |_| ());
    let all = socket(&pair.b, Hears::All, |s| {
        s.attach_filter(&frame_filter(Frames { types: &[TYPE], vlan: Some(5) })).unwrap();
    });
    let frames = [b"1".as_slice(), b"", b"22"].map(|payload| frame(b, a, Some(FIVE), TYPE, payload));
    assert_eq!(send(&sender, &frames, SendControl::default()), 3);
    assert!(hear(&all, Queue::Data, 1)[0].bytes.ends_with(b"22"));
    assert!(is_silent(&all));
}

#[test]
fn a_filter_chooses_a_vlan_and_types() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let (a, b) = (link(&pair.a, "eth0").mac.unwrap(), link(&pair.b, "eth0").mac.unwrap());
    let sender = socket(&pair.a, Hears::Nothing, |_| ());
    let receiver = socket(&pair.b, Hears::All, |s| {
        s.attach_filter(&frame_filter(Frames { types: &[TYPE], vlan: Some(5) })).unwrap();
    });
    let six = Tag { id: 6, ..FIVE };
    // Two tags: the kernel takes the outer one out, the inner one stays in the frame.
    let mut double = frame(b, a, Some(FIVE), EtherType::VLAN, &[0x00, 0x09, 0x88, 0xb5]);
    double.extend(b"double");
    send(
        &sender,
        &[
            frame(b, a, None, TYPE, b"untagged"),
            frame(b, a, Some(six), TYPE, b"six"),
            frame(b, a, Some(FIVE), EtherType(0x88b6), b"other"),
            frame(b, a, Some(FIVE), TYPE, b"five"),
            double,
        ],
        SendControl::default(),
    );
    let heard = hear(&receiver, Queue::Data, 2);
    assert!(heard[0].bytes.ends_with(b"five"));
    assert!(heard[1].bytes.ends_with(b"double"));
    assert!(is_silent(&receiver));
}
