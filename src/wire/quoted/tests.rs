//! Quotes by hand: with options and extension headers, of every protocol, cut everywhere, and lying about lengths.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::wire::{icmp, ip_options};
use proptest::prelude::*;
use std::net::{Ipv4Addr, Ipv6Addr};

const ECHO: [u8; 12] = [8, 0, 0xab, 0xcd, 0x12, 0x34, 0, 9, 1, 2, 3, 4];

fn v4(protocol: u8, options: &[u8], payload: &[u8]) -> Vec<u8> {
    let repr = ipv4::Repr {
        src: Ipv4Addr::new(192, 0, 2, 1),
        dst: Ipv4Addr::new(198, 51, 100, 7),
        tos: 0xb8,
        ident: 0xbeef,
        dont_fragment: true,
        more_fragments: false,
        fragment_offset: 0,
        ttl: Ttl(1),
        protocol,
        options,
        payload_len: payload.len(),
    };
    let mut out = vec![0; repr.header_len()];
    repr.emit(&mut out).unwrap();
    out.extend(payload);
    out
}

fn v6(next_header: u8, payload: &[u8]) -> Vec<u8> {
    let (src, dst) = (Ipv6Addr::LOCALHOST, "2001:db8::7".parse().unwrap());
    let (traffic_class, flow_label, hop_limit) = (0xb8, 0, Ttl(1));
    let repr = ipv6::Repr { src, dst, traffic_class, flow_label, next_header, hop_limit, payload_len: payload.len() };
    let mut out = vec![0; 40];
    repr.emit(&mut out).unwrap();
    out.extend(payload);
    out
}

fn what(family: Family, quote: &[u8]) -> QuotedProbe<'_> {
    parse(family, quote).unwrap().what
}

fn echo(payload: &[u8]) -> QuotedProbe<'_> {
    QuotedProbe::Echo { ident: Ident(0x1234), seq: Seq(9), checksum: 0xabcd, payload }
}

#[test]
fn an_echo_and_its_header() {
    let quote = v4(1, &[], &ECHO);
    let q = parse(Family::V4, &quote).unwrap();
    assert_eq!((q.src, q.dst), (IpAddr::from([192, 0, 2, 1]), IpAddr::from([198, 51, 100, 7])));
    assert_eq!((q.ttl, q.tos, q.ip_ident, q.dont_fragment, q.protocol), (Ttl(1), 0xb8, Some(0xbeef), true, 1));
    assert_eq!((q.total_len, q.ip_options, q.what), (32, &[][..], echo(&[1, 2, 3, 4])));

    let mut request = ECHO;
    request[0] = 128;
    let quote = v6(58, &request);
    let q = parse(Family::V6, &quote).unwrap();
    assert_eq!((q.ttl, q.tos, q.ip_ident, q.total_len, q.protocol), (Ttl(1), 0xb8, None, 52, 58));
    assert_eq!(q.what, echo(&[1, 2, 3, 4]));
}

#[test]
fn the_quotes_own_options_are_stepped_over() {
    // CVE-2022-23093: options in the quoted header moved the transport header to where nobody looked.
    for words in 0..=10 {
        let options = vec![1; words * 4];
        let quote = v4(1, &options, &ECHO[..8]);
        let q = parse(Family::V4, &quote).unwrap();
        assert_eq!((q.ip_options, q.what), (&options[..], echo(&[])), "{words} words of options");
    }
    let rr = ip_options::record_route();
    let quote = v4(1, rr.as_slice(), &ECHO);
    assert_eq!(parse(Family::V4, &quote).unwrap().ip_options, rr.as_slice());
    // A header length past the end of the quote is refused, whatever is left.
    let mut quote = v4(1, &[], &ECHO);
    quote[0] = 0x4f;
    assert!(parse(Family::V4, &quote).is_err());
    quote[0] = 0x44;
    assert!(parse(Family::V4, &quote).is_err());
    quote[0] = 0x46; // eats four octets of the ICMP header: then seq and ident are other octets, and the type too
    assert_eq!(what(Family::V4, &quote), QuotedProbe::OtherIcmp { ty: 0x12, code: 0x34 });
}

#[test]
fn wrong_inner_lengths_change_nothing_that_is_there() {
    for total in [0u16, 1, 19, 20, 27, 28, 0xffff, 32u16.swap_bytes(), 12] {
        let mut quote = v4(1, &[], &ECHO);
        quote[2..4].copy_from_slice(&total.to_be_bytes());
        let QuotedProbe::Echo { ident, seq, payload, .. } = what(Family::V4, &quote) else { panic!("{total}") };
        assert_eq!((ident, seq), (Ident(0x1234), Seq(9)));
        assert!(ECHO[8..].starts_with(payload));
    }
    let mut request = ECHO;
    request[0] = 128;
    for len in [0u16, 7, 0xffff] {
        let mut quote = v6(58, &request);
        quote[4..6].copy_from_slice(&len.to_be_bytes());
        assert!(matches!(what(Family::V6, &quote), QuotedProbe::Echo { seq: Seq(9), .. }));
    }
}

#[test]
fn padding_after_the_packet_is_not_its_payload() {
    let mut quote = v4(1, &[], &ECHO);
    quote.resize(128, 0);
    assert_eq!(what(Family::V4, &quote), echo(&[1, 2, 3, 4]));
}

#[test]
fn other_transports() {
    let udp = [0x82, 0x9a, 0x82, 0x9b, 0, 12, 0xca, 0xfe, 5, 6, 7, 8, 9];
    let want = |payload| QuotedProbe::Udp {
        src_port: Port(0x829a),
        dst_port: Port(0x829b),
        length: 12,
        checksum: 0xcafe,
        payload,
    };
    assert_eq!(what(Family::V4, &v4(17, &[], &udp)), want(&[5, 6, 7, 8]));
    assert_eq!(what(Family::V6, &v6(17, &udp[..8])), want(&[]));

    let mut tcp = vec![0, 80, 0xff, 0xff, 1, 2, 3, 4];
    let (src_port, dst_port, seq) = (Port(80), Port(65_535), 0x0102_0304);
    assert_eq!(
        what(Family::V4, &v4(6, &[], &tcp)),
        QuotedProbe::Tcp { src_port, dst_port, seq, ack: None, flags: None, checksum: None, payload: &[] }
    );
    tcp.extend([0, 0, 0, 7, 0x50, 0x02, 0, 0, 0, 0, 0, 0]);
    tcp[16..18].copy_from_slice(&[0xca, 0xfe]);
    tcp.extend(b"data");
    let (ack, flags, checksum) = (Some(7), Some(2), Some(0xcafe));
    let want = QuotedProbe::Tcp { src_port, dst_port, seq, ack, flags, checksum, payload: b"data" };
    assert_eq!(what(Family::V6, &v6(6, &tcp)), want);

    assert_eq!(what(Family::V4, &v4(47, &[], &udp)), QuotedProbe::Other);
    assert_eq!(what(Family::V4, &v4(58, &[], &udp)), QuotedProbe::Other, "ICMPv6 in IPv4 is no ICMP");
    assert_eq!(what(Family::V6, &v6(1, &ECHO)), QuotedProbe::Other);
}

#[test]
fn only_requests_are_probes() {
    let mut m = ECHO;
    m[0] = 13;
    let (ident, seq, checksum) = (Ident(0x1234), Seq(9), 0xabcd);
    assert_eq!(what(Family::V4, &v4(1, &[], &m)), QuotedProbe::Timestamp { ident, seq, checksum });
    for (ty, code) in [(0, 0), (3, 1), (11, 0)] {
        (m[0], m[1]) = (ty, code);
        assert_eq!(what(Family::V4, &v4(1, &[], &m)), QuotedProbe::OtherIcmp { ty, code });
    }
    (m[0], m[1]) = (129, 0);
    assert_eq!(what(Family::V6, &v6(58, &m)), QuotedProbe::OtherIcmp { ty: 129, code: 0 });
}

#[test]
fn fragments() {
    let mut quote = v4(1, &[], &ECHO);
    quote[6..8].copy_from_slice(&[0x20, 0]);
    assert_eq!(what(Family::V4, &quote), echo(&[1, 2, 3, 4]), "the first");
    quote[6..8].copy_from_slice(&[0, 185]);
    assert_eq!(what(Family::V4, &quote), QuotedProbe::LaterFragment);

    let mut request = ECHO;
    request[0] = 128;
    let mut quote = v6(44, &[&[58, 0, 0, 1, 0, 0, 0, 1], &request[..]].concat());
    let q = parse(Family::V6, &quote).unwrap();
    assert_eq!((q.protocol, q.extensions_len, q.what), (58, 8, echo(&[1, 2, 3, 4])));
    quote[42..44].copy_from_slice(&[5, 0xa9]);
    assert_eq!(what(Family::V6, &quote), QuotedProbe::LaterFragment);
}

#[test]
fn extension_headers_in_quotes() {
    let mut request = ECHO;
    request[0] = 128;
    let chain = [&[60, 0, 1, 4, 0, 0, 0, 0, 58, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], &request[..]].concat();
    let quote = v6(0, &chain);
    let q = parse(Family::V6, &quote).unwrap();
    assert_eq!((q.protocol, q.extensions_len, q.what), (58, 24, echo(&[1, 2, 3, 4])));
    let mut lying = quote.clone();
    lying[41] = 255;
    assert_eq!(what(Family::V6, &lying), QuotedProbe::TooShort);
}

#[test]
fn cut_at_every_byte() {
    let mut request = ECHO;
    request[0] = 128;
    for (family, whole, ip_len) in [
        (Family::V4, v4(1, &[1; 8], &ECHO), 28),
        (Family::V6, v6(0, &[&[58, 0, 1, 4, 0, 0, 0, 0], &request[..]].concat()), 48),
    ] {
        let refused_under = if family == Family::V4 { ip_len } else { 40 };
        for cut in 0..whole.len() {
            match parse(family, &whole[..cut]).map(|q| q.what) {
                Err(_) => assert!(cut < refused_under, "{family} {cut}"),
                Ok(QuotedProbe::TooShort) => assert!((refused_under..ip_len + 8).contains(&cut), "{family} {cut}"),
                Ok(what) => {
                    assert!(cut >= ip_len + 8, "{family} {cut}");
                    assert_eq!(what, echo(&ECHO[8..cut - ip_len]));
                }
            }
        }
    }
}

#[test]
fn the_other_family_is_refused() {
    assert!(parse(Family::V6, &v4(1, &[1; 40], &ECHO)).is_err());
    assert!(parse(Family::V4, &v6(58, &ECHO)).is_err());
}

/// Port unreachable as Linux sent it over loopback, the quoted datagram with a record route option.
#[test]
fn an_error_of_a_real_kernel() {
    #[rustfmt::skip]
    let message = [
        3, 3, 0xb6, 0x9e, 0, 0, 0, 0,
        0x4f, 0, 0, 73, 0x0c, 0x16, 0x40, 0, 64, 17, 0x7f, 0x7b, 127, 0, 0, 1, 127, 0, 0, 1,
        1, 7, 39, 12, 127, 0, 0, 1, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0x85, 0x4f, 0, 9, 0, 13, 0xfe, 0x20, b'h', b'e', b'l', b'l', b'o',
    ];
    assert!(icmp::checksum_ok(&message));
    let Ok(icmp::Message::Error { error, quote, .. }) = icmp::parse(Family::V4, &message) else { panic!() };
    assert_eq!(error.name(), "port_unreachable");
    let q = parse(Family::V4, quote).unwrap();
    let (src_port, dst_port) = (Port(0x854f), Port(9));
    assert_eq!(q.what, QuotedProbe::Udp { src_port, dst_port, length: 13, checksum: 0xfe20, payload: b"hello" });
    let route = ip_options::iter(q.ip_options).find_map(|o| match o {
        ip_options::IpOption::RecordRoute(r) => Some(r.recorded().count()),
        _ => None,
    });
    assert_eq!(route, Some(2));
}

#[test]
fn our_own_request_is_found_again() {
    let mut m = *b"________0123456789abcdef";
    let sum = icmp::emit_echo(Family::V4, &mut m, Ident(77), Seq(0xfffe)).unwrap();
    let quote = v4(1, ip_options::record_route().as_slice(), &m);
    let (ident, seq) = (Ident(77), Seq(0xfffe));
    assert_eq!(what(Family::V4, &quote[..68]), QuotedProbe::Echo { ident, seq, checksum: sum, payload: &[] });
    // The error queue of a ping socket returns the ICMP header alone.
    assert_eq!(probe(Family::V4, 1, &m), QuotedProbe::Echo { ident, seq, checksum: sum, payload: &m[8..] });
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(mut bytes in proptest::collection::vec(any::<u8>(), 1..160), family in any::<bool>()) {
        bytes[0] = if family { 0x60 } else { 0x40 | bytes[0] & 0x0f };
        prop_assert!(crate::wire::fuzz_entry::quoted(&bytes));
    }
}
