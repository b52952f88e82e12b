//! Frames as events: pure, so that every lie a link can tell is tested without one.

use crate::clock::Now;
use crate::net::{Answer, Arrival, Claim, Event, Exchange, Peer};
use crate::sys::address::{Direction, LinkName};
use crate::sys::ancillary::Ancillary;
use crate::units::{EtherType, MacAddr, Seq};
use crate::wire::ethernet::Frame;
use crate::wire::icmp;
use crate::wire::link_echo::{Kind, Message};

/// A frame as the socket showed it.
#[derive(Clone, Copy, Debug)]
pub struct Heard<'a> {
    /// Its bytes, as far as there was room.
    pub bytes: &'a [u8],
    /// What the socket's address says of it.
    pub link: LinkName,
    /// What came beside it.
    pub ancillary: &'a Ancillary,
    /// Our clocks when we had read it.
    pub read: Now,
}

impl Heard<'_> {
    /// When and how it came; a link has neither hop limits nor addresses of IP.
    pub(super) fn arrival(&self, ifindex: u32) -> Arrival {
        let a = self.ancillary;
        let ifindex = Some(ifindex);
        Arrival { kernel: a.rx_soft, nic: a.rx_hard, ifindex, ..Arrival::unstamped(self.read) }
    }
}

/// Which frames are ours.
#[derive(Clone, Copy, Debug)]
pub(super) struct Listener {
    pub(super) ether_type: EtherType,
    pub(super) vlan: Option<u16>,
    pub(super) ident: u32,
    pub(super) ifindex: u32,
    /// Our own address: no reply comes from it, nor to another.
    pub(super) mac: MacAddr,
}

impl Listener {
    /// Reads a frame.
    pub(super) fn frame<'a>(&self, heard: &Heard<'a>) -> Event<'a> {
        let from = Peer::station(heard.link.addr.unwrap_or_default(), self.ifindex);
        let foreign = Event::Foreign { from: from.addr };
        let Ok(frame) = Frame::new_checked(heard.bytes) else { return foreign };
        let frame = frame.with_stripped(heard.ancillary.frame.and_then(|info| info.vlan));
        let in_our_vlan = frame.tag.map_or(0, |(_, tag)| tag.id) == self.vlan.unwrap_or(0);
        // To another station within our VLAN, or to us within one that this host has not (`sys::packet`).
        let is_for_us = heard.link.direction == Direction::Host && frame.dst == self.mac;
        let is_others = frame.src.is_station() && frame.src != self.mac;
        if frame.ether_type != self.ether_type || !in_our_vlan || !is_for_us || !is_others {
            return foreign;
        }
        match Message::new_checked(frame.payload) {
            Ok(message) if message.kind == Kind::Reply && message.ident == self.ident => {
                self.answer(heard, &frame, &message)
            }
            _ => foreign,
        }
    }

    fn answer<'a>(&self, heard: &Heard<'a>, frame: &Frame<'a>, message: &Message<'a>) -> Event<'a> {
        Event::Answer(Answer {
            claim: Claim::icmp(Peer::station(frame.src, self.ifindex), Exchange::Echo, message.seq),
            arrival: heard.arrival(self.ifindex),
            payload: message.data,
            // Counted with an ICMP echo header, so that a size means the same everywhere.
            icmp_len: icmp::HEADER_LEN + message.data_len,
            // The frame's own check sequence has been checked by the card.
            checksum_ok: true,
            options: &[],
            far: None,
            packet: heard.bytes,
            has_ip_header: false,
        })
    }

    /// Whom one of our own requests, in a stamp's copy, was for, and its number.
    pub(super) fn request_in(&self, copy: &[u8]) -> Option<(Peer, Seq)> {
        let frame = Frame::new_checked(copy).ok()?;
        let message = Message::new_checked(frame.payload).ok()?;
        let is_ours = message.kind == Kind::Request && message.ident == self.ident;
        is_ours.then(|| (Peer::station(frame.dst, self.ifindex), message.seq))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::sys::ancillary::FrameInfo;
    use crate::units::Tag;
    use crate::wire::ethernet::Repr;
    use crate::wire::link_echo::{emit_request, turn_to_reply};

    const US: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);
    const THEM: MacAddr = MacAddr([2, 0, 0, 0, 0, 2]);
    const TYPE: EtherType = EtherType::EXPERIMENTAL;
    const LISTENER: Listener = Listener { ether_type: TYPE, vlan: None, ident: 7, ifindex: 3, mac: US };

    fn reply(dst: MacAddr, src: MacAddr, tag: Option<Tag>, ident: u32) -> Vec<u8> {
        let repr = Repr { dst, src, tag, ether_type: TYPE };
        let head = repr.header_len();
        let mut frame = [vec![0; head + 16], b"12345678".to_vec(), vec![0; 20]].concat();
        repr.emit(&mut frame).unwrap();
        emit_request(&mut frame[head..head + 24], ident, Seq(9)).unwrap();
        turn_to_reply(&mut frame[head..]);
        frame
    }

    /// Whether a frame is an answer, and checks what it says if it is.
    fn answers(listener: &Listener, bytes: &[u8], direction: Direction, vlan: Option<u16>) -> bool {
        let stripped = vlan.map(|id| (EtherType::VLAN, Tag { id, ..Tag::default() }));
        let info = FrameInfo { len: 60, vlan: stripped, checksum_pending: false };
        let ancillary = Ancillary { frame: Some(info), ..Ancillary::default() };
        let link = LinkName { direction, addr: Some(THEM), ..LinkName::default() };
        let heard = Heard { bytes, link, ancillary: &ancillary, read: Now::default() };
        match listener.frame(&heard) {
            Event::Answer(answer) => {
                assert_eq!(answer.claim, Claim::icmp(Peer::station(THEM, 3), Exchange::Echo, Seq(9)));
                assert_eq!((answer.payload, answer.icmp_len), (&b"12345678"[..], 16), "without padding");
                true
            }
            Event::Foreign { from } => {
                assert_eq!(Peer { addr: from, scope: 3 }.mac(), Some(THEM));
                false
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_a_reply_to_us_answers() {
        let host = Direction::Host;
        assert!(answers(&LISTENER, &reply(US, THEM, None, 7), host, None));
        assert!(!answers(&LISTENER, &reply(US, THEM, None, 8), host, None), "another asker's");
        assert!(!answers(&LISTENER, &reply(THEM, THEM, None, 7), host, None), "to somebody else");
        assert!(!answers(&LISTENER, &reply(US, US, None, 7), host, None), "from our own address");
        assert!(!answers(&LISTENER, &reply(US, MacAddr::BROADCAST, None, 7), host, None), "from no station");
        assert!(!answers(&LISTENER, &reply(US, THEM, None, 7), Direction::Other, None), "of a VLAN we have not");
        let other_type = Listener { ether_type: EtherType(0x88b6), ..LISTENER };
        assert!(!answers(&other_type, &reply(US, THEM, None, 7), host, None));
        let mut request = reply(US, THEM, None, 7);
        request[14 + 4] = 1;
        assert!(!answers(&LISTENER, &request, host, None), "a request");
        for cut in 0..14 + 16 {
            assert!(!answers(&LISTENER, &reply(US, THEM, None, 7)[..cut], host, None), "cut to {cut}");
        }
    }

    #[test]
    fn a_reply_comes_by_the_vlan_of_its_request() {
        let five = Listener { vlan: Some(5), ..LISTENER };
        let frame = reply(US, THEM, None, 7);
        assert!(answers(&five, &frame, Direction::Host, Some(5)));
        assert!(!answers(&five, &frame, Direction::Host, Some(6)));
        assert!(!answers(&five, &frame, Direction::Host, None));
        assert!(!answers(&LISTENER, &frame, Direction::Host, Some(5)));
        assert!(answers(&LISTENER, &frame, Direction::Host, Some(0)), "VLAN 0 is only a priority");
        assert!(answers(&five, &reply(US, THEM, Some(Tag { id: 5, ..Tag::default() }), 7), Direction::Host, None));
    }

    #[test]
    fn a_copy_of_a_request_says_whom_it_was_for() {
        let mut copy = reply(THEM, US, Some(Tag { id: 5, ..Tag::default() }), 7);
        assert_eq!(LISTENER.request_in(&copy), None);
        copy[18 + 4] = 1;
        assert_eq!(LISTENER.request_in(&copy), Some((Peer::station(THEM, 3), Seq(9))));
        assert_eq!(LISTENER.request_in(&copy[..20]), None);
    }
}
