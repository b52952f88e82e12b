//! Structures by hand: compliant, old, checksummed or not, and broken at each field.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::wire::icmp::{self, Message};
use proptest::prelude::*;

/// A structure of these objects, with a right checksum.
pub(in crate::wire) fn structure(objects: &[(u8, u8, &[u8])]) -> Vec<u8> {
    let mut s = vec![0x20, 0, 0, 0];
    for (class, c_type, bytes) in objects {
        s.extend(((bytes.len() + 4) as u16).to_be_bytes());
        s.extend([*class, *c_type]);
        s.extend(*bytes);
    }
    let sum = checksum::checksum(&s);
    s[2..4].copy_from_slice(&sum.to_be_bytes());
    s
}

const MPLS: (u8, u8, &[u8]) = (1, 1, &[0x01, 0x86, 0xa1, 0xff]);

fn error(family: Family, ty: u8, length_octet: u8, quote_len: usize, after: &[u8]) -> Vec<u8> {
    let mut m = vec![ty, 0, 0, 0, 0, 0, 0, 0];
    m[if family == Family::V4 { 5 } else { 4 }] = length_octet;
    m.extend(vec![0x45; quote_len]);
    m.extend(after);
    m
}

/// Octets of the quote, and of the extensions if there are any.
fn cut(family: Family, m: &[u8]) -> (usize, Option<usize>) {
    match icmp::parse(family, m).unwrap() {
        Message::Error { quote, extensions, .. } => (quote.len(), extensions.map(<[u8]>::len)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_length_counts_words_of_the_family() {
    let s = structure(&[MPLS]);
    for (family, ty, octet, quote) in [
        (Family::V4, 11, 32, 128),
        (Family::V4, 3, 40, 160),
        (Family::V4, 12, 32, 128),
        (Family::V6, 3, 16, 128),
        (Family::V6, 1, 154, 1232),
    ] {
        assert_eq!(cut(family, &error(family, ty, octet, quote, &s)), (quote, Some(s.len())), "{family} {ty}");
    }
}

#[test]
fn types_without_extensions_have_none() {
    let s = structure(&[MPLS]);
    assert_eq!(cut(Family::V4, &error(Family::V4, 4, 32, 128, &s)), (128 + s.len(), None));
    assert_eq!(cut(Family::V6, &error(Family::V6, 2, 16, 128, &s)), (128 + s.len(), None));
    assert_eq!(cut(Family::V6, &error(Family::V6, 4, 16, 128, &s)), (128 + s.len(), None));
}

#[test]
fn without_a_length_only_a_right_checksum_proves_it() {
    let s = structure(&[MPLS]);
    assert_eq!(cut(Family::V4, &error(Family::V4, 11, 0, 128, &s)), (128, Some(s.len())));
    assert_eq!(cut(Family::V6, &error(Family::V6, 3, 0, 128, &s)), (128, Some(s.len())));
    for (at, with) in [(0, 0x30), (2, 0), (7, 9)] {
        let mut wrong = s.clone();
        wrong[at] = with;
        assert_eq!(cut(Family::V4, &error(Family::V4, 11, 0, 128, &wrong)), (128 + s.len(), None));
    }
    let mut unsummed = s.clone();
    unsummed[2..4].fill(0);
    assert_eq!(cut(Family::V4, &error(Family::V4, 11, 0, 128, &unsummed)), (128 + s.len(), None));
    assert_eq!(cut(Family::V4, &error(Family::V4, 11, 32, 128, &unsummed)), (128, Some(s.len())));
}

#[test]
fn a_short_length_must_be_proved() {
    let s = structure(&[MPLS]);
    assert_eq!(cut(Family::V4, &error(Family::V4, 11, 7, 28, &s)), (28, Some(s.len())));
    assert_eq!(cut(Family::V4, &error(Family::V4, 11, 7, 60, &[])), (60, None), "an old 'unused' octet");
}

/// Counted in octets, or in the other family's words: seen in the field, and no reason to lose the labels.
#[test]
fn a_length_in_the_wrong_unit_is_made_good_by_a_right_checksum() {
    let s = structure(&[MPLS]);
    for (family, ty, octet) in [(Family::V4, 11, 128), (Family::V4, 11, 16), (Family::V6, 3, 32), (Family::V6, 3, 128)]
    {
        assert_eq!(cut(family, &error(family, ty, octet, 128, &s)), (128, Some(s.len())), "{family} {octet}");
    }
    let mut wrong = s.clone();
    wrong[7] ^= 1;
    assert_eq!(cut(Family::V4, &error(Family::V4, 11, 128, 128, &wrong)), (128 + s.len(), None));
    // Past the structure, but not past the end: still the structure.
    let mut long = structure(&[(9, 9, &[0; 200])]);
    assert_eq!(cut(Family::V4, &error(Family::V4, 11, 64, 128, &long)), (128, Some(long.len())));
    // Nothing is proved: what the header declares holds.
    long[2] ^= 1;
    assert_eq!(cut(Family::V4, &error(Family::V4, 11, 64, 128, &long)), (256, Some(long.len() - 128)));
}

#[test]
fn what_a_header_declares() {
    for (family, ty, octets, len) in [
        (Family::V4, 11, [0, 32], Some(128)),
        (Family::V4, 11, [9, 0], None),
        (Family::V4, 5, [0, 32], None),
        (Family::V6, 3, [16, 0], Some(128)),
        (Family::V6, 2, [16, 0], None),
    ] {
        assert_eq!(declared(family, &[ty, 0, 0, 0, octets[0], octets[1], 0, 0]), len, "{family} {ty}");
    }
}

#[test]
fn a_length_past_the_end_leaves_the_quote_whole() {
    assert_eq!(cut(Family::V4, &error(Family::V4, 11, 255, 140, &[])), (140, None));
    assert_eq!(cut(Family::V4, &error(Family::V4, 11, 32, 128, &[])), (128, None));
}

#[test]
fn what_follows_a_good_length_is_shown_even_if_broken() {
    let m = error(Family::V4, 11, 32, 128, &[0x10, 0]);
    let Ok(Message::Error { extensions: Some(e), .. }) = icmp::parse(Family::V4, &m) else { panic!() };
    assert_eq!(Structure::new(e), Err(Malformed::truncated(Part::Extension, 4, 2)));
    assert_eq!(Structure::new(&[0x10, 0, 0, 0]).unwrap_err().fault, Fault::Version(1));
}

#[test]
fn objects_in_order() {
    let s = structure(&[MPLS, (2, 0x5e, &[1, 2, 3, 4, 5, 6, 7, 8]), (250, 0, &[])]);
    let view = Structure::new(&s).unwrap();
    assert_eq!(view.checksum(), Checksum::Right);
    let objects: Vec<_> = view.objects().map(|o| o.map(|o| (o.class, o.c_type, o.bytes))).collect();
    assert_eq!(objects, [Ok(MPLS), Ok((2, 0x5e, &[1, 2, 3, 4, 5, 6, 7, 8][..])), Ok((250, 0, &[][..]))]);
    let mut wrong = s.clone();
    wrong[9] ^= 1;
    assert_eq!(Structure::new(&wrong).unwrap().checksum(), Checksum::Wrong);
    assert_eq!(Structure::new(&wrong).unwrap().objects().count(), 3, "doubtful, not dropped");
}

#[test]
fn broken_objects_are_named_and_end_the_list() {
    for (length, left) in [(0u16, 8), (3, 8), (9, 8), (0xffff, 8)] {
        let mut s = structure(&[MPLS, MPLS]);
        s[12..14].copy_from_slice(&length.to_be_bytes());
        let last = Structure::new(&s).unwrap().objects().last().unwrap().unwrap_err();
        assert_eq!(last.why, Malformed::new(Part::ExtensionObject, 12, Fault::Length(usize::from(length))));
        assert_eq!(last.bytes, &s[12..12 + left]);
    }
    let s = [0x20, 0, 0, 0, 0, 4, 1];
    let broken = Structure::new(&s).unwrap().objects().next().unwrap().unwrap_err();
    assert_eq!(broken.why, Malformed::new(Part::ExtensionObject, 4, Fault::Truncated { need: 4, have: 3 }));
    assert_eq!(broken.bytes, &[0, 4, 1]);
}

proptest! {
    #[test]
    fn structures_read_back(objects in proptest::collection::vec((any::<u8>(), any::<u8>(), proptest::collection::vec(any::<u8>(), 0..24)), 0..6)) {
        let borrowed: Vec<(u8, u8, &[u8])> = objects.iter().map(|(a, b, c)| (*a, *b, &c[..])).collect();
        let s = structure(&borrowed);
        let view = Structure::new(&s).unwrap();
        prop_assert_ne!(view.checksum(), Checksum::Wrong);
        let back: Vec<_> = view.objects().map(|o| { let o = o.unwrap(); (o.class, o.c_type, o.bytes) }).collect();
        prop_assert_eq!(back, borrowed);
        for cut in 0..s.len() {
            prop_assert!(crate::wire::fuzz_entry::extension(&s[..cut]));
        }
    }

    #[test]
    fn any_bytes_are_walked(mut bytes in proptest::collection::vec(any::<u8>(), 4..200)) {
        bytes[0] = 0x20;
        prop_assert!(crate::wire::fuzz_entry::extension(&bytes));
    }
}
