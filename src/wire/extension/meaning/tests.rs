//! Objects from known bytes, each field broken in turn, and structures that have no measure.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::wire::extension::interface::Role;
use crate::wire::extension::tests::structure;
use crate::wire::malformed::{Fault, Part};
use proptest::prelude::*;
use std::net::IpAddr;

fn only(class: u8, c_type: u8, bytes: &[u8]) -> Meaning {
    let mut read = Extensions::read(&structure(&[(class, c_type, bytes)]));
    assert_eq!((read.objects.len(), read.left_out), (1, 0));
    read.objects.remove(0)
}

fn fault(class: u8, c_type: u8, bytes: &[u8]) -> (usize, Fault) {
    let Meaning::Malformed { why, bytes: kept } = only(class, c_type, bytes) else { panic!("believed") };
    assert_eq!(why.part, Part::ExtensionObject);
    assert_eq!(&kept[..4], &[0, bytes.len() as u8 + 4, class, c_type]);
    assert_eq!(&kept[4..], bytes);
    (why.at, why.fault)
}

fn interface(c_type: u8, bytes: &[u8]) -> InterfaceInfo {
    match only(2, c_type, bytes) {
        Meaning::Interface(i) => i,
        other => panic!("{other:?}"),
    }
}

/// The stack of RFC 4950's own layout: label 24001, TC 5, not the bottom, TTL 1; label 16, TC 0, bottom, TTL 255.
#[test]
fn a_label_stack() {
    let stack = [0x05, 0xdc, 0x1a, 0x01, 0x00, 0x01, 0x01, 0xff];
    let labels =
        vec![Label { label: 24_001, tc: 5, bottom: false, ttl: 1 }, Label { label: 16, tc: 0, bottom: true, ttl: 255 }];
    assert_eq!(only(1, 1, &stack), Meaning::Mpls(labels.clone()));
    let read = Extensions::read(&structure(&[(1, 1, &stack[..4]), (9, 9, &[]), (1, 1, &stack[4..])]));
    assert_eq!(read.labels().copied().collect::<Vec<_>>(), labels);
    assert_eq!(read.checksum, Checksum::Right);
}

#[test]
fn extreme_labels() {
    assert_eq!(Label::from(u32::MAX), Label { label: 0xf_ffff, tc: 7, bottom: true, ttl: 255 });
    assert_eq!(u32::from(Label { label: u32::MAX, tc: 255, bottom: true, ttl: 255 }), u32::MAX);
    assert_eq!(u32::from(Label { label: 0, tc: 0, bottom: false, ttl: 0 }), 0);
}

#[test]
fn stacks_of_no_entry_or_half_of_one() {
    assert_eq!(fault(1, 1, &[]), (8, Fault::Truncated { need: 4, have: 0 }));
    assert_eq!(fault(1, 1, &[0, 0, 0x10]), (8, Fault::Length(3)));
    assert_eq!(fault(1, 1, &[0, 0, 0x11, 1, 0]), (8, Fault::Length(5)));
}

/// The example of RFC 5837 §4.4 in shape: index, address, name and MTU.
#[test]
fn an_interface_with_all_parts() {
    let mut v4 = vec![0, 0, 0, 15, 0, 1, 0, 0, 192, 0, 2, 1];
    v4.extend(b"\x08eth1\0\0\0");
    v4.extend([0, 0, 0x05, 0xdc]);
    let expected = InterfaceInfo {
        role: Role::Incoming,
        index: Some(15),
        address: Some(IpAddr::from([192, 0, 2, 1])),
        name: Some(b"eth1".to_vec()),
        mtu: Some(1500),
    };
    assert_eq!(interface(0x0f, &v4), expected);

    let mut v6 = vec![0, 0, 0, 15, 0, 2, 0, 0];
    v6.extend([0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    v6.extend(&v4[12..]);
    let address = Some("2001:db8::1".parse().unwrap());
    assert_eq!(interface(0x0f, &v6), InterfaceInfo { address, ..expected });
}

#[test]
fn roles_and_single_parts() {
    let nothing = |role| InterfaceInfo { role, index: None, address: None, name: None, mtu: None };
    for (bits, role, name) in [
        (0x00, Role::Incoming, "incoming"),
        (0x40, Role::SubIp, "sub_ip"),
        (0x80, Role::Outgoing, "outgoing"),
        (0xc0, Role::NextHop, "next_hop"),
    ] {
        assert_eq!(interface(bits, &[]), nothing(role));
        assert_eq!(interface(bits | 0x30, &[]), nothing(role), "reserved bits are ignored (§4.1)");
        assert_eq!(interface(bits | 1, &[0, 0, 5, 0]), InterfaceInfo { mtu: Some(1280), ..nothing(role) });
        assert_eq!(role.name(), name);
    }
}

#[test]
fn names_at_their_limits() {
    let named = |bytes: &[u8]| interface(2, bytes).name.unwrap();
    assert_eq!(named(&[4, 0, 0, 0]), b"");
    assert_eq!(named(b"\x04abc"), b"abc");
    assert_eq!(named(b"\x08a\0b\0\0\0\0"), b"a\0b", "padding is at the end only");
    assert_eq!(named(b"\x04\x1b[\xff"), b"\x1b[\xff", "foreign text is cleaned where it is shown");
    let mut longest = vec![64];
    longest.extend([b'x'; 63]);
    assert_eq!(named(&longest), [b'x'; 63]);
    for bad in [0u8, 1, 3, 6, 68, 255] {
        assert_eq!(fault(2, 2, &[bad, 0, 0, 0]), (8, Fault::Length(usize::from(bad))));
    }
    assert_eq!(fault(2, 2, b"\x08abc"), (8, Fault::Truncated { need: 8, have: 4 }));
}

#[test]
fn interfaces_that_end_early_or_late() {
    assert_eq!(fault(2, 8, &[0, 0, 1]), (8, Fault::Truncated { need: 4, have: 3 }));
    assert_eq!(fault(2, 4, &[0]), (8, Fault::Truncated { need: 4, have: 1 }));
    assert_eq!(fault(2, 4, &[0, 1, 0, 0, 10, 0]), (8, Fault::Truncated { need: 8, have: 6 }));
    assert_eq!(fault(2, 4, &[0, 2, 0, 0, 10, 0, 0, 1]), (8, Fault::Truncated { need: 20, have: 8 }));
    assert_eq!(fault(2, 4, &[0, 3, 0, 0, 10, 0, 0, 1]), (8, Fault::AddressFamily(3)));
    assert_eq!(fault(2, 9, &[0, 0, 0, 1]), (12, Fault::Truncated { need: 4, have: 0 }));
    assert_eq!(fault(2, 1, &[0, 0, 5, 0, 0, 0, 0, 0]), (12, Fault::Length(8)));
}

#[test]
fn unknown_objects_keep_their_bytes() {
    assert_eq!(only(5, 1, &[1, 2, 3]), Meaning::Unknown { class: 5, c_type: 1, bytes: vec![1, 2, 3] });
    assert_eq!(only(1, 2, &[]), Meaning::Unknown { class: 1, c_type: 2, bytes: vec![] }, "not the incoming stack");
}

/// One bad object leaves its neighbours readable, and is found by its place in the structure.
#[test]
fn a_malformed_object_between_good_ones() {
    let s = structure(&[(1, 1, &[0, 1, 1, 1]), (2, 8, &[0]), (1, 1, &[0, 2, 1, 1])]);
    let read = Extensions::read(&s);
    assert_eq!(read.labels().map(|l| l.label).collect::<Vec<_>>(), [16, 32]);
    let Meaning::Malformed { why, bytes } = &read.objects[1] else { panic!() };
    assert_eq!((why.at, &bytes[..]), (16, &[0, 5, 2, 8, 0][..]));
}

#[test]
fn an_object_of_impossible_length_takes_the_rest() {
    let mut s = structure(&[(1, 1, &[0, 1, 1, 1]), (1, 1, &[0, 2, 1, 1])]);
    s[13] = 200;
    let read = Extensions::read(&s);
    assert_eq!((read.checksum, read.objects.len(), read.left_out), (Checksum::Wrong, 2, 0));
    let Meaning::Malformed { why, bytes } = &read.objects[1] else { panic!() };
    assert_eq!((why.at, why.fault, &bytes[..]), (12, Fault::Length(200), &s[12..]));
}

#[test]
fn what_is_no_structure_is_shown_whole() {
    for (bytes, fault) in [
        (&[][..], Fault::Truncated { need: 4, have: 0 }),
        (&[0x20, 0, 0], Fault::Truncated { need: 4, have: 3 }),
        (&[0x10, 0, 0, 0, 9, 9], Fault::Version(1)),
    ] {
        let read = Extensions::read(bytes);
        assert_eq!((read.checksum, read.objects.len(), read.left_out), (Checksum::Absent, 1, 0));
        let Meaning::Malformed { why, bytes: kept } = &read.objects[0] else { panic!() };
        assert_eq!((why.part, why.fault, &kept[..]), (Part::Extension, fault, bytes));
    }
    assert_eq!(Extensions::read(&[0x10, 0, 1, 1]).checksum, Checksum::Wrong);
}

#[test]
fn a_structure_of_a_header_alone() {
    let read = Extensions::read(&structure(&[]));
    assert_eq!(read, Extensions { checksum: Checksum::Right, objects: vec![], left_out: 0 });
}

#[test]
fn no_more_is_kept_than_a_note_can_hold() {
    let empty: (u8, u8, &[u8]) = (9, 9, &[]);
    let many = structure(&[empty; MAX_OBJECTS + 3]);
    let read = Extensions::read(&many);
    assert_eq!((read.objects.len(), read.left_out), (MAX_OBJECTS, 12));

    let long = [7; MAX_OCTETS];
    let read = Extensions::read(&structure(&[(9, 9, &[1]), (9, 9, &long)]));
    assert_eq!((read.objects.len(), read.left_out), (1, MAX_OCTETS + 4));

    let mut broken = structure(&[(9, 9, &[1]), (9, 9, &long)]);
    broken[10] = 0xff;
    let read = Extensions::read(&broken);
    assert_eq!(read.left_out, broken.len() - MAX_OCTETS);
    let Meaning::Malformed { bytes, .. } = &read.objects[1] else { panic!() };
    assert_eq!(bytes.len(), MAX_OCTETS - 9);

    let read = Extensions::read(&[0x10; MAX_OCTETS + 1]);
    assert_eq!((read.objects.len(), read.left_out), (1, 1));
}

fn any_name() -> impl Strategy<Value = Option<Vec<u8>>> {
    proptest::option::of(proptest::collection::vec(1u8.., 0..=63))
}

proptest! {
    #[test]
    fn labels_read_back(entries in proptest::collection::vec(any::<u32>(), 1..40)) {
        let bytes: Vec<u8> = entries.iter().flat_map(|e| e.to_be_bytes()).collect();
        let Meaning::Mpls(stack) = only(1, 1, &bytes) else { panic!() };
        prop_assert_eq!(stack.into_iter().map(u32::from).collect::<Vec<_>>(), entries);
    }

    #[test]
    fn interfaces_read_back(
        role in 0u8..4, index: Option<u32>, address: Option<IpAddr>, name in any_name(), mtu: Option<u32>,
    ) {
        let mut c_type = role << 6;
        let mut bytes = Vec::new();
        if let Some(index) = index {
            c_type |= 8;
            bytes.extend(index.to_be_bytes());
        }
        if let Some(address) = address {
            c_type |= 4;
            match address {
                IpAddr::V4(a) => bytes.extend([&[0, 1, 0, 0][..], &a.octets()].concat()),
                IpAddr::V6(a) => bytes.extend([&[0, 2, 0, 0][..], &a.octets()].concat()),
            }
        }
        if let Some(name) = &name {
            c_type |= 2;
            let len = (name.len() + 1).next_multiple_of(4);
            bytes.push(len as u8);
            bytes.extend(name);
            bytes.resize(bytes.len() + len - 1 - name.len(), 0);
        }
        if let Some(mtu) = mtu {
            c_type |= 1;
            bytes.extend(mtu.to_be_bytes());
        }
        prop_assert_eq!(interface(c_type, &bytes), InterfaceInfo { role: Role::of(c_type), index, address, name, mtu });
        for cut in 0..bytes.len() {
            prop_assert!(InterfaceInfo::read(c_type, &bytes[..cut]).is_err());
        }
    }

    #[test]
    fn objects_of_known_classes_with_any_bytes(
        objects in proptest::collection::vec((1u8..4, any::<u8>(), proptest::collection::vec(any::<u8>(), 0..80)), 0..8),
        cut in 0usize..700,
    ) {
        let borrowed: Vec<(u8, u8, &[u8])> = objects.iter().map(|(a, b, c)| (*a, *b, &c[..])).collect();
        let s = structure(&borrowed);
        prop_assert!(crate::wire::fuzz_entry::extension(&s));
        prop_assert!(crate::wire::fuzz_entry::extension(&s[..cut.min(s.len())]));
    }
}
