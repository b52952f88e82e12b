//! Who is answered, and who never.

use super::*;
use crate::units::Seq;
use crate::wire::ethernet::Repr;
use crate::wire::link_echo::{emit_request, turn_to_reply};
use proptest::prelude::*;

const US: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);
const THEM: MacAddr = MacAddr([2, 0, 0, 0, 0, 2]);
const SERVER: Answerer = Answerer { mac: US, vlan: None, answers: true };

fn request(dst: MacAddr, src: MacAddr, tag: Option<Tag>) -> Vec<u8> {
    let repr = Repr { dst, src, tag, ether_type: EtherType::EXPERIMENTAL };
    let head = repr.header_len();
    let mut frame = [vec![0; head + 16], b"token and more".to_vec()].concat();
    repr.emit(&mut frame).unwrap();
    emit_request(&mut frame[head..], 7, Seq(9)).unwrap();
    frame.resize(frame.len().max(60), 0);
    frame
}

fn heard(bytes: &[u8]) -> Heard<'_> {
    Heard { bytes, cut: false, direction: Direction::Host, stripped: None, at: None }
}

fn silence(server: &Answerer, heard: &Heard<'_>) -> Option<Silence> {
    let seen = server.look(heard).unwrap();
    let mut replies = Replies::default();
    server.answer(&seen, &mut replies);
    assert_eq!(replies.is_empty(), seen.silence.is_some());
    seen.silence
}

#[test]
fn a_request_comes_back_as_it_was_without_padding() {
    let frame = request(US, THEM, None);
    let seen = SERVER.look(&heard(&frame)).unwrap();
    let mut replies = Replies::default();
    SERVER.answer(&seen, &mut replies);
    SERVER.answer(&seen, &mut replies);
    assert_eq!(replies.len(), 2);
    let all: Vec<&[u8]> = replies.from(0).collect();
    assert_eq!(all[0], all[1]);
    assert_eq!(replies.from(1).count(), 1);
    let reply = Frame::new_checked(all[0]).unwrap();
    assert_eq!((reply.dst, reply.src, reply.ether_type), (THEM, US, EtherType::EXPERIMENTAL));
    let message = Message::new_checked(reply.payload).unwrap();
    assert_eq!((message.kind, message.ident, message.seq), (Kind::Reply, 7, Seq(9)));
    assert_eq!((message.data, reply.payload.len()), (&b"token and more"[..], 16 + 14));
    replies.clear();
    assert!(replies.is_empty() && replies.from(0).next().is_none());
}

#[test]
fn a_request_to_a_group_is_answered_from_our_own_address() {
    for (direction, group) in
        [(Direction::Broadcast, MacAddr::BROADCAST), (Direction::Multicast, MacAddr([0x33, 0x33, 0, 0, 0, 1]))]
    {
        let frame = request(group, THEM, None);
        assert_eq!(silence(&SERVER, &Heard { direction, ..heard(&frame) }), None);
        let mut replies = Replies::default();
        SERVER.answer(&SERVER.look(&Heard { direction, ..heard(&frame) }).unwrap(), &mut replies);
        let reply = Frame::new_checked(replies.from(0).next().unwrap()).unwrap();
        assert_eq!((reply.dst, reply.src), (THEM, US));
    }
}

#[test]
fn these_are_never_answered() {
    let plain = [&request(US, THEM, None)[..14], b"Hi"].concat();
    assert_eq!(silence(&SERVER, &heard(&plain)), Some(Silence::Plain));
    let mut reply = request(US, THEM, None);
    turn_to_reply(&mut reply[14..]);
    assert_eq!(silence(&SERVER, &heard(&reply)), Some(Silence::IsReply), "two servers never answer each other");
    for src in [MacAddr::BROADCAST, MacAddr([0x33, 0x33, 0, 0, 0, 1]), MacAddr::ZERO, US] {
        assert_eq!(silence(&SERVER, &heard(&request(US, src, None))), Some(Silence::Source), "{src}");
    }
    let frame = request(US, THEM, None);
    for direction in [Direction::Other, Direction::Outgoing, Direction::Unknown(9)] {
        assert_eq!(silence(&SERVER, &Heard { direction, ..heard(&frame) }), Some(Silence::NotForUs));
    }
    assert_eq!(silence(&SERVER, &heard(&request(THEM, THEM, None))), Some(Silence::NotForUs));
    assert_eq!(silence(&SERVER, &Heard { cut: true, ..heard(&frame) }), Some(Silence::Cut));
    assert_eq!(silence(&SERVER, &heard(&frame[..14 + 16 + 13])), Some(Silence::Cut));
    assert_eq!(silence(&Answerer { answers: false, ..SERVER }, &heard(&frame)), Some(Silence::Off));
    let mut other_version = request(US, THEM, None);
    other_version[14 + 3] = 2;
    assert_eq!(silence(&SERVER, &heard(&other_version)), Some(Silence::Plain));
}

#[test]
fn a_vlan_is_served_within_itself() {
    let five = Tag { id: 5, priority: 3, drop_eligible: false };
    let server = Answerer { vlan: Some(5), ..SERVER };
    let tagged = request(US, THEM, Some(five));
    assert_eq!(silence(&server, &heard(&tagged)), None);
    let untagged = request(US, THEM, None);
    let stripped = Heard { stripped: Some((EtherType::VLAN, five)), ..heard(&untagged) };
    assert_eq!(silence(&server, &stripped), None);
    let mut replies = Replies::default();
    server.answer(&server.look(&stripped).unwrap(), &mut replies);
    let reply = Frame::new_checked(replies.from(0).next().unwrap()).unwrap();
    assert_eq!(reply.tag, Some((EtherType::VLAN, five)), "the tag goes back with its priority");
    assert_eq!(silence(&server, &heard(&untagged)), Some(Silence::NotForUs));
    assert_eq!(silence(&SERVER, &stripped), Some(Silence::NotForUs));
    assert_eq!(silence(&Answerer { vlan: Some(6), ..SERVER }, &stripped), Some(Silence::NotForUs));
    assert_eq!(
        silence(&server, &Heard { stripped: Some((EtherType::SERVICE_VLAN, five)), ..heard(&tagged) }),
        Some(Silence::NotForUs),
        "two tags"
    );
}

#[test]
fn every_frame_is_counted_once() {
    let mut counts = Counts::default();
    let frame = request(US, THEM, None);
    let mut reply = frame.clone();
    turn_to_reply(&mut reply[14..]);
    let hi = [&frame[..14], b"Hi"].concat();
    let not_for_us = request(THEM, THEM, None);
    for bytes in [&frame[..], &reply, &hi, &not_for_us, &frame[..10]] {
        counts.count(&SERVER.look(&heard(bytes)));
    }
    assert_eq!(counts, Counts { heard: 5, replies: 1, plain: 1, unanswered: 1, malformed: 1, ..Counts::default() });
}

proptest! {
    /// No frame makes an answer that is longer than itself, goes to a group or to ourselves, or would be answered.
    #[test]
    fn no_answer_starts_a_storm(bytes in proptest::collection::vec(any::<u8>(), 0..100), from_request: bool, at in 0_usize..60, value: u8) {
        let mut frame = if from_request { request(US, THEM, None) } else { bytes };
        if let Some(byte) = frame.get_mut(at) {
            *byte = value;
        }
        for direction in [Direction::Host, Direction::Broadcast, Direction::Multicast] {
            let heard = Heard { direction, ..heard(&frame) };
            if let Ok(seen) = SERVER.look(&heard) {
                let mut replies = Replies::default();
                SERVER.answer(&seen, &mut replies);
                for reply in replies.from(0) {
                    prop_assert!(reply.len() <= frame.len());
                    let back = Frame::new_checked(reply).unwrap();
                    prop_assert!(back.dst.is_station() && back.dst != US && back.src == US);
                    let other = Answerer { mac: back.dst, ..SERVER };
                    let again = Heard { bytes: reply, direction: Direction::Host, ..heard };
                    prop_assert_eq!(other.look(&again).unwrap().silence, Some(Silence::IsReply));
                }
            }
        }
    }
}
