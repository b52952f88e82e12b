//! Known frames, every cut of them, and another library's opinion.

use super::*;
use crate::wire::malformed::Fault;
use proptest::prelude::*;

const DST: MacAddr = MacAddr([0x02, 0, 0, 0, 0, 0x02]);
const SRC: MacAddr = MacAddr([0x02, 0, 0, 0, 0, 0x01]);

/// `Hi` in an experimental frame, as the lesson sends it.
const HI: [u8; 16] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5, b'H', b'i'];

#[test]
fn a_plain_frame() {
    let frame = Frame::new_checked(&HI).unwrap();
    assert_eq!((frame.dst, frame.src, frame.ether_type), (DST, SRC, EtherType::EXPERIMENTAL));
    assert_eq!((frame.tag, frame.inner_tag, frame.payload), (None, None, &b"Hi"[..]));
    assert_eq!(frame.unpadded(), None, "nothing says where padding would begin");
    for cut in 0..HEADER_LEN {
        assert_eq!(Frame::new_checked(&HI[..cut]), Err(Malformed::truncated(Part::Ethernet, 14, cut)));
    }
    assert_eq!(Frame::new_checked(&HI[..14]).unwrap().payload, b"");
}

#[test]
fn tags_are_looked_behind() {
    let tagged = |types: &[(u16, u16)]| {
        let mut frame = HI[..12].to_vec();
        for (ty, tag) in types {
            frame.extend(ty.to_be_bytes());
            frame.extend(tag.to_be_bytes());
        }
        frame.extend(&HI[12..]);
        frame
    };
    let five = Tag { id: 5, priority: 3, drop_eligible: false };
    let one = tagged(&[(0x8100, 0x6005)]);
    let frame = Frame::new_checked(&one).unwrap();
    assert_eq!((frame.tag, frame.inner_tag), (Some((EtherType::VLAN, five)), None));
    assert_eq!((frame.ether_type, frame.payload), (EtherType::EXPERIMENTAL, &b"Hi"[..]));
    let two = tagged(&[(0x88a8, 0x0007), (0x8100, 0x6005)]);
    let frame = Frame::new_checked(&two).unwrap();
    assert_eq!(frame.tag, Some((EtherType::SERVICE_VLAN, Tag { id: 7, ..Tag::default() })));
    assert_eq!(frame.inner_tag, Some((EtherType::VLAN, five)));
    let three = tagged(&[(0x8100, 1), (0x8100, 2), (0x8100, 3)]);
    let frame = Frame::new_checked(&three).unwrap();
    assert_eq!((frame.ether_type, frame.payload.len()), (EtherType::VLAN, 6), "a third tag is payload");
    for cut in 14..18 {
        let e = Frame::new_checked(&one[..cut]).unwrap_err();
        assert_eq!(e.fault, Fault::Truncated { need: 18, have: cut });
    }
    assert_eq!(Frame::new_checked(&two[..20]).unwrap_err().fault, Fault::Truncated { need: 22, have: 20 });
}

#[test]
fn a_stripped_tag_is_the_outermost() {
    let tag = (EtherType::VLAN, Tag { id: 9, ..Tag::default() });
    let frame = Frame::new_checked(&HI).unwrap();
    assert_eq!(frame.with_stripped(Some(tag)).tag, Some(tag));
    assert_eq!(frame.with_stripped(None), frame);
    let again = frame.with_stripped(Some(tag)).with_stripped(Some((EtherType::SERVICE_VLAN, tag.1)));
    assert_eq!((again.tag, again.inner_tag), (Some((EtherType::SERVICE_VLAN, tag.1)), Some(tag)));
}

#[test]
fn padding_begins_where_a_payload_says_that_it_ends() {
    let padded = |ether_type: u16, payload: &[u8], len: usize| {
        let mut frame = HI[..12].to_vec();
        frame.extend(ether_type.to_be_bytes());
        frame.extend(payload);
        frame.resize(MIN_LEN, 0);
        let unpadded = Frame::new_checked(&frame).unwrap().unpadded();
        assert_eq!(unpadded.map(<[u8]>::len), Some(len), "{ether_type:#x}");
    };
    padded(0x0003, b"abc", 3);
    padded(0x0806, &[0, 1, 8, 0, 6, 4, 0, 1], 28);
    let mut ip = [0_u8; 24];
    ip[..4].copy_from_slice(&[0x45, 0, 0, 24]);
    ip[9] = 253;
    padded(0x0800, &ip, 24);
    let mut ip = [0_u8; 44];
    (ip[0], ip[5]) = (0x60, 4);
    padded(0x86dd, &ip, 44);
    // A length beyond the bytes says nothing.
    let mut lie = HI;
    lie[12..14].copy_from_slice(&[0, 3]);
    assert_eq!(Frame::new_checked(&lie).unwrap().unpadded(), None);
}

#[test]
fn a_short_buffer_takes_no_header() {
    let repr = Repr { dst: DST, src: SRC, tag: Some(Tag::default()), ether_type: EtherType::ARP };
    assert_eq!(repr.emit(&mut [0; 17]), Err(Malformed::truncated(Part::Ethernet, 18, 17)));
    assert_eq!(Repr { tag: None, ..repr }.emit(&mut [0; 14]), Ok(14));
}

proptest! {
    #[test]
    fn headers_are_those_of_others(dst: [u8; 6], src: [u8; 6], ty in 0x0600_u16.., tag: Option<u16>, data in proptest::collection::vec(any::<u8>(), 0..80)) {
        prop_assume!(!EtherType(ty).is_tag() && !matches!(ty, 0x9100 | 0x88e5));
        let repr = Repr { dst: MacAddr(dst), src: MacAddr(src), tag: tag.map(Tag::from_bits), ether_type: EtherType(ty) };
        let mut frame = vec![0xee; repr.header_len()];
        frame.extend(&data);
        prop_assert_eq!(repr.emit(&mut frame), Ok(repr.header_len()));

        let theirs = etherparse::SlicedPacket::from_ethernet(&frame);
        if let Ok(theirs) = theirs {
            let ethernet = theirs.link.as_ref().unwrap().to_header().unwrap().ethernet2().unwrap();
            prop_assert_eq!((ethernet.destination, ethernet.source), (dst, src));
            prop_assert_eq!(theirs.vlan_ids().first().map(|id| id.value()), repr.tag.map(|t| t.id));
        }
        let ours = Frame::new_checked(&frame).unwrap();
        prop_assert_eq!((ours.dst, ours.src, ours.ether_type), (repr.dst, repr.src, repr.ether_type));
        prop_assert_eq!(ours.tag, repr.tag.map(|t| (EtherType::VLAN, t)));
        prop_assert_eq!(ours.payload, &data[..]);
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
        prop_assert!(crate::wire::fuzz_entry::ethernet(&bytes));
    }
}
