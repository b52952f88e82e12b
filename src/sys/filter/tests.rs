//! The programs on known bytes, run by [`run`]; `tests/sys_live` has the kernel run them.

#![allow(clippy::unwrap_used)]

use super::run::run;
use super::*;
use crate::units::EtherType;
use proptest::prelude::*;

const OURS: u16 = 0x1234;

fn accepts(family: Family, packet: &[u8]) -> bool {
    let program = echo_filter(family, Idents::One(Ident(OURS)), false);
    run(&program, packet).unwrap() != 0
}

fn accepts_timestamp(packet: &[u8]) -> bool {
    run(&echo_filter(Family::V4, Idents::One(Ident(OURS)), true), packet).unwrap() != 0
}

fn icmp(ty: u8, ident: u16, rest: usize) -> Vec<u8> {
    let mut v = vec![ty, 0, 0xab, 0xcd];
    v.extend(ident.to_be_bytes());
    v.extend([0, 1]);
    v.resize(8 + rest, 0x5a);
    v
}

/// An IPv4 header with `options` words of options and this payload.
fn ipv4(protocol: u8, options: u8, fragment: u16, payload: &[u8]) -> Vec<u8> {
    let header = 20 + usize::from(options) * 4;
    let mut v = vec![0x45 + options, 0];
    v.extend(((header + payload.len()) as u16).to_be_bytes());
    v.extend([0, 0]);
    v.extend(fragment.to_be_bytes());
    v.extend([64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
    v.resize(header, 1);
    v.extend(payload);
    v
}

fn error_v4(ty: u8, quote: &[u8]) -> Vec<u8> {
    let mut v = vec![ty, 1, 0, 0, 0, 0, 0, 0];
    v.extend(quote);
    v
}

fn ipv6(next: u8, payload: &[u8]) -> Vec<u8> {
    let mut v = vec![0x60, 0, 0, 0];
    v.extend((payload.len() as u16).to_be_bytes());
    v.extend([next, 64]);
    v.extend([0xfd; 32]);
    v.extend(payload);
    v
}

fn fragment_v6(offset_and_flags: u16, payload: &[u8]) -> Vec<u8> {
    let mut v = vec![58, 0];
    v.extend(offset_and_flags.to_be_bytes());
    v.extend([0, 0, 0, 7]);
    v.extend(payload);
    v
}

#[test]
fn v4_replies_by_ident_whatever_the_header_length() {
    for options in 0..=10 {
        assert!(accepts(Family::V4, &ipv4(1, options, 0, &icmp(0, OURS, 56))), "{options} words of options");
        assert!(!accepts(Family::V4, &ipv4(1, options, 0, &icmp(0, OURS + 1, 56))));
    }
    assert!(accepts(Family::V4, &ipv4(1, 0, 0, &icmp(0, OURS, 0))), "no payload");
    assert!(!accepts(Family::V4, &ipv4(1, 0, 0, &icmp(8, OURS, 56))), "a request, as on loopback");
    assert!(!accepts(Family::V4, &ipv4(1, 0, 0, &icmp(14, OURS, 12))));
    assert!(accepts_timestamp(&ipv4(1, 0, 0, &icmp(14, OURS, 12))));
    assert!(!accepts_timestamp(&ipv4(1, 0, 0, &icmp(14, OURS - 1, 12))));
    assert!(!accepts_timestamp(&ipv4(1, 0, 0, &icmp(13, OURS, 12))));
}

#[test]
fn v4_errors_by_the_quoted_ident_whatever_either_header_length() {
    for ty in [3, 4, 5, 11, 12] {
        for outer in [0, 10] {
            for quoted in [0, 1, 10] {
                let packet = |ident| ipv4(1, outer, 0, &error_v4(ty, &ipv4(1, quoted, 0, &icmp(8, ident, 0))));
                assert!(accepts(Family::V4, &packet(OURS)), "type {ty}, {outer} and {quoted} words of options");
                assert!(!accepts(Family::V4, &packet(OURS ^ 0x0100)));
            }
        }
    }
    let wrap = |quote: &[u8]| ipv4(1, 0, 0, &error_v4(3, quote));
    assert!(!accepts(Family::V4, &wrap(&ipv4(17, 0, 0, &icmp(8, OURS, 0)))), "a quoted UDP packet");
    assert!(!accepts(Family::V4, &wrap(&ipv4(1, 0, 0, &icmp(0, OURS, 0)))), "a quoted reply");
    assert!(accepts(Family::V4, &wrap(&ipv4(1, 0, 0x2000, &icmp(8, OURS, 0)))), "a first fragment");
    assert!(accepts(Family::V4, &wrap(&ipv4(1, 0, 0x4000, &icmp(8, OURS, 0)))), "DF set");
    assert!(!accepts(Family::V4, &wrap(&ipv4(1, 0, 185, &icmp(8, OURS, 0)))), "a later fragment");
    assert!(!accepts(Family::V4, &wrap(&ipv4(1, 0, 0, &icmp(13, OURS, 12)))));
    assert!(accepts_timestamp(&wrap(&ipv4(1, 0, 0, &icmp(13, OURS, 12)))));
    assert!(accepts_timestamp(&wrap(&ipv4(1, 0, 0, &icmp(8, OURS, 12)))));
    assert!(!accepts(Family::V4, &ipv4(1, 0, 0, &error_v4(9, &ipv4(1, 0, 0, &icmp(8, OURS, 0))))), "no error type");
}

#[test]
fn v6_replies_and_errors() {
    assert!(accepts(Family::V6, &icmp(129, OURS, 56)));
    assert!(!accepts(Family::V6, &icmp(129, OURS + 1, 56)));
    assert!(!accepts(Family::V6, &icmp(128, OURS, 56)));
    for ty in [1, 2, 3, 4] {
        let packet = |ident| error_v4(ty, &ipv6(58, &icmp(128, ident, 0)));
        assert!(accepts(Family::V6, &packet(OURS)), "type {ty}");
        assert!(!accepts(Family::V6, &packet(OURS + 1)));
    }
    assert!(!accepts(Family::V6, &error_v4(1, &ipv6(17, &icmp(128, OURS, 0)))));
    assert!(!accepts(Family::V6, &error_v4(1, &ipv6(58, &icmp(129, OURS, 0)))));
    assert!(!accepts(Family::V6, &error_v4(135, &ipv6(58, &icmp(128, OURS, 0)))), "neighbour solicitation");
}

#[test]
fn v6_errors_that_quote_a_first_fragment() {
    let packet = |flags, ident| error_v4(3, &ipv6(44, &fragment_v6(flags, &icmp(128, ident, 0))));
    assert!(accepts(Family::V6, &packet(1, OURS)));
    assert!(!accepts(Family::V6, &packet(1, OURS + 1)));
    assert!(!accepts(Family::V6, &packet(1448, OURS)), "a later fragment");
}

#[test]
fn v6_redirects_with_and_without_a_link_layer_address() {
    let redirect = |options: &[u8], ident| {
        let mut v = vec![137, 0, 0, 0, 0, 0, 0, 0];
        v.extend([0xfe; 32]);
        v.extend(options);
        v.extend([4, 7, 0, 0, 0, 0, 0, 0]);
        v.extend(ipv6(58, &icmp(128, ident, 0)));
        v
    };
    let link_address = [2, 1, 2, 0, 0, 0, 0, 1];
    for options in [&[][..], &link_address] {
        assert!(accepts(Family::V6, &redirect(options, OURS)));
        assert!(!accepts(Family::V6, &redirect(options, OURS + 1)));
    }
    assert!(!accepts(Family::V6, &redirect(&[14, 1, 0, 0, 0, 0, 0, 0], OURS)), "an option we do not expect");
}

#[test]
fn a_range_of_idents() {
    let program = echo_filter(Family::V4, Idents::Range(Ident(100), Ident(200)), false);
    for (ident, expected) in [(99, false), (100, true), (150, true), (200, true), (201, false), (0, false)] {
        assert_eq!(run(&program, &ipv4(1, 0, 0, &icmp(0, ident, 8))).unwrap() != 0, expected, "{ident}");
    }
}

/// UDP or TCP as far as every quote has it.
fn ports(src: u16, dst: u16) -> Vec<u8> {
    let mut v = src.to_be_bytes().to_vec();
    v.extend(dst.to_be_bytes());
    v.extend([0, 8, 0xab, 0xcd]);
    v
}

fn passes(program: &[Insn], packet: &[u8]) -> bool {
    run(program, packet).unwrap() != 0
}

#[test]
fn errors_by_the_quoted_protocol_and_source_port() {
    let range = crate::units::Port(4000)..=crate::units::Port(4003);
    let one = crate::units::Port(4002)..=crate::units::Port(4002);
    for protocol in [6, 17] {
        let (v4, v6) = (error_filter(Family::V4, protocol, &range), error_filter(Family::V6, protocol, &range));
        let only = error_filter(Family::V4, protocol, &one);
        for (port, expected) in [(3999, false), (4000, true), (4002, true), (4003, true), (4004, false), (80, false)] {
            let probe = ports(port, 4000);
            for options in [0, 10] {
                let quote = ipv4(protocol, options, 0x4000, &probe);
                assert_eq!(passes(&v4, &ipv4(1, 3, 0, &error_v4(11, &quote))), expected, "{port} behind {options}");
                assert_eq!(passes(&only, &ipv4(1, 0, 0, &error_v4(3, &quote))), port == 4002);
            }
            assert_eq!(passes(&v6, &error_v4(3, &ipv6(protocol, &probe))), expected);
            let mut first = fragment_v6(1, &probe);
            first[0] = protocol;
            assert_eq!(passes(&v6, &error_v4(2, &ipv6(44, &first))), expected, "a first fragment");
            first[2] = 1;
            assert!(!passes(&v6, &error_v4(2, &ipv6(44, &first))), "a later fragment");
            assert!(
                !passes(&v4, &ipv4(1, 0, 0, &error_v4(11, &ipv4(23 - protocol, 0, 0, &probe)))),
                "the other protocol"
            );
            assert!(!passes(&v6, &error_v4(3, &ipv6(23 - protocol, &probe))));
            assert!(!passes(&v4, &ipv4(1, 0, 0, &error_v4(11, &ipv4(protocol, 0, 100, &probe)))), "a later fragment");
            assert!(!passes(&v4, &ipv4(1, 0, 0, &error_v4(8, &ipv4(protocol, 0, 0, &probe)))), "no error");
        }
        let whole = ipv4(1, 2, 0, &error_v4(11, &ipv4(protocol, 3, 0, &ports(4000, 1))));
        for len in 0..whole.len() {
            assert_eq!(passes(&v4, &whole[..len]), len >= 28 + 8 + 32 + 2, "{len} bytes");
        }
    }
}

#[test]
fn answers_by_their_destination_port() {
    let range = crate::units::Port(4000)..=crate::units::Port(4003);
    for (port, expected) in [(3999, false), (4000, true), (4003, true), (4004, false)] {
        for options in [0, 10] {
            let packet = ipv4(6, options, 0x4000, &ports(80, port));
            assert_eq!(passes(&answer_filter(Family::V4, &range), &packet), expected);
        }
        assert_eq!(passes(&answer_filter(Family::V6, &range), &ports(80, port)), expected);
    }
    assert!(!passes(&answer_filter(Family::V6, &range), &[0, 80, 0x0f]), "cut");
    assert!(!passes(&nothing(), &ports(1, 2)));
}

#[test]
fn every_way_of_cutting_a_packet_short_drops_it() {
    let whole = ipv4(1, 2, 0, &error_v4(11, &ipv4(1, 3, 0, &icmp(8, OURS, 0))));
    let needed = 28 + 8 + 32 + 6;
    for len in 0..whole.len() {
        assert_eq!(accepts(Family::V4, &whole[..len]), len >= needed, "{len} bytes");
    }
}

proptest! {
    #[test]
    fn any_bytes_end_in_a_verdict(bytes in proptest::collection::vec(any::<u8>(), 0..200), v6 in any::<bool>(), range in any::<bool>()) {
        let idents = if range { Idents::Range(Ident(1), Ident(9)) } else { Idents::One(Ident(7)) };
        let program = echo_filter(if v6 { Family::V6 } else { Family::V4 }, idents, true);
        prop_assert!(run(&program, &bytes).is_some());
        prop_assert!(program.len() < 100);
        let ports = crate::units::Port(1)..=crate::units::Port(9);
        for family in [Family::V4, Family::V6] {
            prop_assert!(run(&error_filter(family, 17, &ports), &bytes).is_some());
            prop_assert!(run(&answer_filter(family, &ports), &bytes).is_some());
        }
    }
}

/// What the program says of a frame. Taken-out tags are the kernel's to tell (`tests/link_live`): here there are none, and
/// a load of them ends in "drop".
fn frame_passes(types: &[EtherType], vlan: Option<u16>, frame: &[u8]) -> bool {
    let mut program = frame_filter(Frames { types, vlan });
    if vlan.is_some() {
        // "Was one taken out?" No: go on with the frame's own.
        assert_eq!((program[0].code, program[1].code, program[1].k), (LDB, JEQ, 0));
        let skip = usize::from(program[1].jt);
        program.drain(..2 + skip);
    }
    run(&program, frame).unwrap() != 0
}

fn frame(types: &[u16]) -> Vec<u8> {
    let mut frame = vec![2; 12];
    for (i, ty) in types.iter().enumerate() {
        frame.extend(ty.to_be_bytes());
        if i + 1 < types.len() {
            frame.extend([0x60, 5 + i as u8]);
        }
    }
    frame.extend(b"Hi");
    frame
}

#[test]
fn frames_are_told_by_their_type_behind_tags() {
    let wanted = [EtherType::EXPERIMENTAL, EtherType::ARP];
    for (types, passes) in [
        (&[0x88b5][..], true),
        (&[0x0806], true),
        (&[0x0800], false),
        (&[0x8100, 0x88b5], true),
        (&[0x88a8, 0x8100, 0x0806], true),
        (&[0x8100, 0x8100, 0x8100, 0x88b5], false),
        (&[0x8100, 0x0800], false),
    ] {
        assert_eq!(frame_passes(&wanted, None, &frame(types)), passes, "{types:x?}");
        assert!(frame_passes(&[], None, &frame(types)));
    }
    assert!(!frame_passes(&wanted, None, &frame(&[0x88b5])[..13]));
    assert!(!frame_passes(&wanted, None, &frame(&[0x8100, 0x88b5])[..17]));
}

#[test]
fn frames_of_one_vlan() {
    let wanted = [EtherType::EXPERIMENTAL];
    assert!(frame_passes(&wanted, Some(5), &frame(&[0x8100, 0x88b5])));
    assert!(frame_passes(&wanted, Some(5), &frame(&[0x88a8, 0x8100, 0x88b5])), "the outermost tag counts");
    assert!(!frame_passes(&wanted, Some(6), &frame(&[0x88a8, 0x8100, 0x88b5])));
    assert!(!frame_passes(&wanted, Some(6), &frame(&[0x8100, 0x88b5])));
    assert!(!frame_passes(&wanted, Some(5), &frame(&[0x88b5])), "no tag, no VLAN");
    assert!(frame_passes(&[], Some(5), &frame(&[0x8100, 0x0800])));
}

#[test]
fn sixteen_types_are_within_the_reach_of_a_jump() {
    let types: Vec<EtherType> = (0..16).map(|i| EtherType(0x9000 + i)).collect();
    for ty in &types {
        assert!(!frame_passes(&types, Some(6), &frame(&[0x8100, 0x8100, ty.0])));
        assert!(frame_passes(&types, Some(5), &frame(&[0x8100, 0x8100, ty.0])));
        assert!(frame_passes(&types, None, &frame(&[ty.0])));
    }
}

#[test]
fn words_stand_where_they_must() {
    let program = word_filter(&[(2, 0x0102_0304), (8, 0xdead_beef)]);
    let packet = [0, 0, 1, 2, 3, 4, 0, 0, 0xde, 0xad, 0xbe, 0xef];
    assert_ne!(run(&program, &packet), Some(0));
    assert_eq!(run(&program, &packet[..11]), Some(0));
    for at in [2, 5, 8, 11] {
        let mut other = packet;
        other[at] ^= 1;
        assert_eq!(run(&program, &other), Some(0), "{at}");
    }
}

/// What a packet socket hears is judged as what a raw socket hears, once it is a whole ICMP packet.
fn packet_accepts(family: Family, packet: &[u8]) -> bool {
    run(&packet_filter(family, Ident(OURS)), packet).unwrap() != 0
}

#[test]
fn a_packet_socket_hears_what_a_raw_socket_hears() {
    for ty in 0..=255 {
        for ident in [OURS, OURS + 1] {
            let message = icmp(ty, ident, 16);
            for quoted in [8, 128, 0] {
                let quote = icmp(quoted, ident, 8);
                let v4 = [message.clone(), error_v4(ty, &ipv4(1, 0, 0, &quote)), error_v4(ty, &ipv4(1, 3, 0, &quote))];
                for options in [0, 10] {
                    for bytes in &v4 {
                        let packet = ipv4(1, options, 0, bytes);
                        assert_eq!(packet_accepts(Family::V4, &packet), accepts(Family::V4, &packet), "{packet:?}");
                        assert!(!packet_accepts(Family::V4, &ipv4(17, options, 0, bytes)));
                        assert!(!packet_accepts(Family::V4, &ipv4(1, options, 7, bytes)), "a later fragment");
                    }
                }
                for bytes in [message.clone(), error_v4(ty, &ipv6(58, &quote))] {
                    let packet = ipv6(58, &bytes);
                    assert_eq!(packet_accepts(Family::V6, &packet), accepts(Family::V6, &bytes), "{packet:?}");
                    assert!(!packet_accepts(Family::V6, &ipv6(17, &bytes)));
                }
            }
        }
    }
    assert!(packet_accepts(Family::V4, &ipv4(1, 0, 0x2000, &icmp(0, OURS, 16))), "a first fragment");
}

proptest! {
    #[test]
    fn a_packet_socket_hears_redirects_and_fragments_alike(
        bytes in proptest::collection::vec(any::<u8>(), 0..140), ty in prop_oneof![Just(137_u8), 1_u8..5], at in 0_usize..100,
    ) {
        let mut bytes = bytes;
        if let Some(first) = bytes.first_mut() {
            *first = ty;
        }
        // So that some quote an echo request of ours.
        for (i, byte) in [128, 0, 0, 0, 0x12, 0x34].into_iter().enumerate() {
            if let Some(place) = bytes.get_mut(at + i) {
                *place = byte;
            }
        }
        prop_assert_eq!(packet_accepts(Family::V6, &ipv6(58, &bytes)), accepts(Family::V6, &bytes));
    }
}
