//! Messages by hand, requests against `etherparse`, and the words and names of every error.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::wire::malformed::Fault;
use proptest::prelude::*;

/// A quoted echo request: 20 octets of IPv4 header and 8 of ICMP.
const QUOTE: [u8; 28] =
    [0x45, 0, 0, 84, 0, 1, 0x40, 0, 1, 1, 0, 0, 192, 0, 2, 1, 198, 51, 100, 7, 8, 0, 0xab, 0xcd, 0x12, 0x34, 0, 9];

fn message(head: [u8; 8], body: &[u8]) -> Vec<u8> {
    [&head[..], body].concat()
}

#[test]
fn echoes_of_both_families() {
    for (family, ty, request) in
        [(Family::V4, 8, true), (Family::V4, 0, false), (Family::V6, 128, true), (Family::V6, 129, false)]
    {
        let m = message([ty, 0, 0, 0, 0x12, 0x34, 0xff, 0xfe], b"data");
        let want = Message::Echo { request, ident: Ident(0x1234), seq: Seq(0xfffe), payload: b"data" };
        assert_eq!(parse(family, &m), Ok(want));
        assert_eq!(echo_type(family, request), ty);
    }
    // The other family's types are no echoes.
    assert_eq!(parse(Family::V4, &[128; 8]), Ok(Message::Other { ty: 128, code: 128 }));
    assert_eq!(parse(Family::V6, &[8, 0, 0, 0, 0, 0, 0, 0]), Ok(Message::Other { ty: 8, code: 0 }));
}

#[test]
fn timestamps() {
    let m = message([14, 0, 0, 0, 0, 1, 0, 2], &[0, 0, 0, 1, 0x80, 0, 0, 2, 0, 0, 1, 0, 0xff]);
    let want = Message::Timestamp {
        request: false,
        ident: Ident(1),
        seq: Seq(2),
        originate_ms: 1,
        receive_ms: 0x8000_0002,
        transmit_ms: 256,
    };
    assert_eq!(parse(Family::V4, &m), Ok(want));
    assert_eq!(parse(Family::V4, &m[..19]).unwrap_err().fault, Fault::Truncated { need: 20, have: 19 });
    assert_eq!(parse(Family::V6, &m), Ok(Message::Other { ty: 14, code: 0 }));
}

#[test]
fn second_words_of_errors() {
    let head = [0xde, 0xad, 0x05, 0x78];
    for (family, ty, code, want) in [
        (Family::V4, 3, 4, 0x0578),
        (Family::V4, 3, 1, 0),
        (Family::V4, 11, 0, 0),
        (Family::V4, 12, 0, 0xde),
        (Family::V4, 4, 0, 0),
        (Family::V6, 1, 4, 0),
        (Family::V6, 2, 0, 0xdead_0578),
        (Family::V6, 3, 0, 0),
        (Family::V6, 4, 1, 0xdead_0578),
    ] {
        let m = message([ty, code, 0, 0, head[0], head[1], head[2], head[3]], &QUOTE);
        let Ok(Message::Error { error, quote, extensions }) = parse(family, &m) else { panic!("{family} {ty}") };
        assert_eq!(error, IcmpError { family, ty, code, info: want });
        assert_eq!((quote, extensions), (&QUOTE[..], None));
    }
}

#[test]
fn redirects_are_no_errors() {
    let m = message([5, 1, 0, 0, 192, 0, 2, 254], &QUOTE);
    let gateway = IpAddr::from([192, 0, 2, 254]);
    assert_eq!(parse(Family::V4, &m), Ok(Message::Redirect { gateway, code: 1, quote: &QUOTE }));

    let (target, dst) = ("fe80::fe".parse::<Ipv6Addr>().unwrap(), "2001:db8::1".parse::<Ipv6Addr>().unwrap());
    let mut m = message([137, 0, 0, 0, 0, 0, 0, 0], &[target.octets(), dst.octets()].concat());
    let gateway = IpAddr::from(target);
    assert_eq!(parse(Family::V6, &m), Ok(Message::Redirect { gateway, code: 0, quote: &[] }));
    assert!(parse(Family::V6, &m[..39]).is_err());
    m.extend([2, 1, 2, 0, 0, 0, 0, 1]); // target link-layer address
    m.extend([4, 2, 0, 0, 0, 0, 0, 0, 0x60, 1, 2, 3, 4, 5, 6, 7]);
    let quote = &m[56..64];
    assert_eq!(parse(Family::V6, &m), Ok(Message::Redirect { gateway, code: 0, quote }));
    m.extend([5, 1, 0, 0, 0, 0, 5, 0]); // an option after it is not quoted
    let quote = &m[56..64];
    assert_eq!(parse(Family::V6, &m), Ok(Message::Redirect { gateway, code: 0, quote }));
    m.truncate(64);
    m[49] = 200; // says more than there is
    assert!(matches!(parse(Family::V6, &m), Ok(Message::Redirect { quote, .. }) if quote == &m[56..64]));
    m[41] = 0; // an option without length ends the list
    assert!(matches!(parse(Family::V6, &m), Ok(Message::Redirect { quote: &[], .. })));
}

#[test]
fn short_messages_are_refused() {
    for family in [Family::V4, Family::V6] {
        for len in 0..8 {
            let e = parse(family, &[3; 8][..len]).unwrap_err();
            assert_eq!((e.at, e.fault), (len, Fault::Truncated { need: 8, have: len }));
        }
        assert!(matches!(parse(family, &[3, 0, 0, 0, 0, 0, 0, 0]), Ok(Message::Error { quote: &[], .. })));
    }
}

#[test]
fn emitted_echo_v4_has_a_right_checksum() {
    for len in [8, 9, 64, 1480] {
        let mut m = vec![0x5a; len];
        let sum = emit_echo(Family::V4, &mut m, Ident(0x1234), Seq(9)).unwrap();
        assert!(checksum_ok(&m));
        assert_eq!(m[..8], [8, 0, (sum >> 8) as u8, sum as u8, 0x12, 0x34, 0, 9]);
        let theirs = etherparse::Icmpv4Slice::from_slice(&m).unwrap();
        let echo = etherparse::IcmpEchoHeader { id: 0x1234, seq: 9 };
        assert_eq!(theirs.icmp_type(), etherparse::Icmpv4Type::EchoRequest(echo));
        assert_eq!(theirs.icmp_type().calc_checksum(theirs.payload()), sum);
        m[len - 1] ^= 1;
        assert!(!checksum_ok(&m));
    }
    assert_eq!(emit_echo(Family::V4, &mut [0; 7], Ident(1), Seq(1)), Err(Malformed::truncated(Part::Icmp, 8, 7)));
}

#[test]
fn the_checksum_of_v6_is_left_to_the_kernel_but_can_be_told() {
    let (src, dst) = ("2001:db8::1".parse::<Ipv6Addr>().unwrap(), "2001:db8::2".parse::<Ipv6Addr>().unwrap());
    let mut m = *b"xxxxxxxxpayload";
    assert_eq!(emit_echo(Family::V6, &mut m, Ident(0x1234), Seq(9)), Ok(0));
    assert_eq!(m[..8], [128, 0, 0, 0, 0x12, 0x34, 0, 9]);
    let sum = checksum_v6(src, dst, &m);
    let echo = etherparse::IcmpEchoHeader { id: 0x1234, seq: 9 };
    let theirs = etherparse::Icmpv6Type::EchoRequest(echo).calc_checksum(src.octets(), dst.octets(), &m[8..]);
    assert_eq!(Ok(sum), theirs);
    fill_checksum_v6(src, dst, &mut m);
    assert!(checksum_ok_v6(src, dst, &m));
    assert_eq!(checksum_v6(src, dst, &m), sum, "the field itself does not count");
    assert!(!checksum_ok_v6(src, src, &m));
}

#[test]
fn emitted_timestamp_request_reads_back() {
    let mut m = [0xff; 20];
    emit_timestamp_request(&mut m, Ident(7), Seq(8), 86_399_999).unwrap();
    assert!(checksum_ok(&m));
    let want = Message::Timestamp {
        request: true,
        ident: Ident(7),
        seq: Seq(8),
        originate_ms: 86_399_999,
        receive_ms: 0,
        transmit_ms: 0,
    };
    assert_eq!(parse(Family::V4, &m), Ok(want));
    assert!(emit_timestamp_request(&mut [0; 19], Ident(7), Seq(8), 1).is_err());
}

/// Words and names. The words are those of iputils' ping, and scripts read them.
#[test]
fn every_error_has_its_words_and_its_name() {
    let v4 = [
        (3, 0, 0, "Destination Net Unreachable", "net_unreachable"),
        (3, 1, 0, "Destination Host Unreachable", "host_unreachable"),
        (3, 2, 0, "Destination Protocol Unreachable", "protocol_unreachable"),
        (3, 3, 0, "Destination Port Unreachable", "port_unreachable"),
        (3, 4, 1400, "Frag needed and DF set (mtu = 1400)", "packet_too_big"),
        (3, 5, 0, "Source Route Failed", "source_route_failed"),
        (3, 6, 0, "Destination Net Unknown", "net_unknown"),
        (3, 7, 0, "Destination Host Unknown", "host_unknown"),
        (3, 8, 0, "Source Host Isolated", "source_isolated"),
        (3, 9, 0, "Destination Net Prohibited", "net_prohibited"),
        (3, 10, 0, "Destination Host Prohibited", "host_prohibited"),
        (3, 11, 0, "Destination Net Unreachable for Type of Service", "net_unreachable_for_tos"),
        (3, 12, 0, "Destination Host Unreachable for Type of Service", "host_unreachable_for_tos"),
        (3, 13, 0, "Packet filtered", "admin_prohibited"),
        (3, 14, 0, "Precedence Violation", "precedence_violation"),
        (3, 15, 0, "Precedence Cutoff", "precedence_cutoff"),
        (3, 16, 0, "Dest Unreachable, Bad Code: 16", "unreachable_other"),
        (4, 0, 0, "Source Quench", "source_quench"),
        (5, 0, 0xc000_02fe, "Redirect Network(New nexthop: 192.0.2.254)", "redirect"),
        (5, 1, 0xc000_02fe, "Redirect Host(New nexthop: 192.0.2.254)", "redirect"),
        (5, 2, 1, "Redirect Type of Service and Network(New nexthop: 0.0.0.1)", "redirect"),
        (5, 3, 1, "Redirect Type of Service and Host(New nexthop: 0.0.0.1)", "redirect"),
        (5, 4, 1, "Redirect, Bad Code: 4(New nexthop: 0.0.0.1)", "redirect"),
        (11, 0, 0, "Time to live exceeded", "time_exceeded"),
        (11, 1, 0, "Frag reassembly time exceeded", "reassembly_time_exceeded"),
        (11, 2, 0, "Time exceeded, Bad Code: 2", "time_exceeded_other"),
        (12, 0, 3, "Parameter problem: pointer = 3", "parameter_problem"),
        (12, 1, 20, "Parameter problem: pointer = 20", "parameter_problem"),
        (0, 0, 0, "Echo Reply", "other"),
        (8, 0, 0, "Echo Request", "other"),
        (13, 0, 0, "Timestamp", "other"),
        (14, 0, 0, "Timestamp Reply", "other"),
        (15, 0, 0, "Information Request", "other"),
        (16, 0, 0, "Information Reply", "other"),
        (17, 0, 0, "Address Mask Request", "other"),
        (18, 0, 0, "Address Mask Reply", "other"),
        (42, 0, 0, "Bad ICMP type: 42", "other"),
    ];
    let v6 = [
        (1, 0, 0, "Destination unreachable: No route", "net_unreachable"),
        (1, 1, 0, "Destination unreachable: Administratively prohibited", "admin_prohibited"),
        (1, 2, 0, "Destination unreachable: Beyond scope of source address", "beyond_scope"),
        (1, 3, 0, "Destination unreachable: Address unreachable", "host_unreachable"),
        (1, 4, 0, "Destination unreachable: Port unreachable", "port_unreachable"),
        (1, 5, 0, "Destination unreachable: Source address failed ingress/egress policy", "source_policy_failed"),
        (1, 6, 0, "Destination unreachable: Reject route to destination", "reject_route"),
        (1, 7, 0, "Destination unreachable: Unknown code 7", "source_route_failed"),
        (1, 8, 0, "Destination unreachable: Unknown code 8", "headers_too_long"),
        (1, 9, 0, "Destination unreachable: Unknown code 9", "unreachable_other"),
        (2, 0, 1280, "Packet too big: mtu=1280", "packet_too_big"),
        (2, 3, 1280, "Packet too big: mtu=1280, code=3", "packet_too_big"),
        (3, 0, 0, "Time exceeded: Hop limit", "time_exceeded"),
        (3, 1, 0, "Time exceeded: Defragmentation failure", "reassembly_time_exceeded"),
        (3, 2, 0, "Time exceeded: code 2", "time_exceeded_other"),
        (4, 0, 6, "Parameter problem: Wrong header field at 6", "parameter_problem"),
        (4, 1, 40, "Parameter problem: Unknown header at 40", "parameter_problem"),
        (4, 2, 42, "Parameter problem: Unknown option at 42", "parameter_problem"),
        (4, 3, 48, "Parameter problem: code 3 at 48", "parameter_problem"),
        (128, 0, 0, "Echo request", "other"),
        (129, 0, 0, "Echo reply", "other"),
        (130, 0, 0, "MLD Query", "other"),
        (131, 0, 0, "MLD Report", "other"),
        (132, 0, 0, "MLD Reduction", "other"),
        (137, 0, 0, "unknown icmp type: 137", "redirect"),
        (200, 0, 0, "unknown icmp type: 200", "other"),
    ];
    for (family, table) in [(Family::V4, &v4[..]), (Family::V6, &v6[..])] {
        for &(ty, code, info, words, name) in table {
            let error = IcmpError { family, ty, code, info };
            assert_eq!((error.to_string().as_str(), error.name()), (words, name), "{family} {ty}/{code}");
        }
    }
    let words = |gateway: IpAddr| IcmpError::redirect(gateway, 1).to_string();
    assert_eq!(words(Ipv4Addr::new(192, 0, 2, 254).into()), "Redirect Host(New nexthop: 192.0.2.254)");
    assert_eq!(words(Ipv6Addr::LOCALHOST.into()), "unknown icmp type: 137");
    let too_big = IcmpError { family: Family::V6, ty: 2, code: 0, info: 1280 };
    assert_eq!(too_big.kind(), ErrorKind::PacketTooBig { mtu: 1280 });
    assert_eq!(IcmpError { family: Family::V4, ty: 3, code: 4, ..too_big }.kind(), too_big.kind());
}

#[test]
fn cut_at_every_byte() {
    for (family, head) in [(Family::V4, [11, 0, 0, 0, 0, 32, 0, 0]), (Family::V6, [3, 0, 0, 0, 16, 0, 0, 0])] {
        let mut whole = message(head, &QUOTE);
        whole.resize(8 + 128, 0);
        whole.extend([0x20, 0, 0, 0, 0, 8, 1, 1, 0, 1, 1, 0xff]);
        for cut in 0..=whole.len() {
            assert!(crate::wire::fuzz_entry::icmpv4(&whole[..cut]) && crate::wire::fuzz_entry::icmpv6(&whole[..cut]));
            match parse(family, &whole[..cut]) {
                Err(_) => assert!(cut < 8),
                Ok(Message::Error { quote, extensions, .. }) => {
                    assert_eq!(quote, &whole[8..cut.min(136)]);
                    assert_eq!(extensions, whole.get(136..cut).filter(|e| !e.is_empty()));
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300), ty in 0u8..20, low: bool) {
        let mut bytes = bytes;
        if let (true, Some(first)) = (low, bytes.first_mut()) { *first = ty; }
        prop_assert!(crate::wire::fuzz_entry::icmpv4(&bytes));
        prop_assert!(crate::wire::fuzz_entry::icmpv6(&bytes));
    }

    #[test]
    fn echoes_read_back(ident: u16, seq: u16, payload in proptest::collection::vec(any::<u8>(), 0..100), v6: bool) {
        let family = if v6 { Family::V6 } else { Family::V4 };
        let mut m = vec![0; 8];
        m.extend(&payload);
        let (ident, seq) = (Ident(ident), Seq(seq));
        emit_echo_reply(family, &mut m, ident, seq).unwrap();
        prop_assert_eq!(parse(family, &m), Ok(Message::Echo { request: false, ident, seq, payload: &payload }));
    }
}
