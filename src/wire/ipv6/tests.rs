//! IPv6 headers and extension chains by hand, against `etherparse`, and cut at every byte.
#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;

const SRC: &str = "2001:db8::1";
const DST: &str = "2001:db8:ffff::2";

fn packet(next_header: u8, payload: &[u8]) -> Vec<u8> {
    let repr = Repr {
        src: SRC.parse().unwrap(),
        dst: DST.parse().unwrap(),
        traffic_class: 0xb8,
        flow_label: 0xabcde,
        next_header,
        hop_limit: Ttl(57),
        payload_len: payload.len(),
    };
    let mut out = vec![0; HEADER_LEN];
    assert_eq!(repr.emit(&mut out), Ok(HEADER_LEN));
    out.extend(payload);
    out
}

/// Hop-by-hop (8), destination options (16), routing (8), authentication (24), first fragment (8), then ICMPv6.
fn chain() -> Vec<u8> {
    let mut p = vec![proto::DESTINATION_OPTIONS, 0, 1, 4, 0, 0, 0, 0];
    p.extend([proto::ROUTING, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    p.extend([proto::AUTHENTICATION, 0, 0, 0, 0, 0, 0, 0]);
    p.extend([proto::FRAGMENT, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9]);
    p.extend([proto::ICMPV6, 0, 0x00, 0x01, 0xde, 0xad, 0xbe, 0xef]);
    p.extend([128, 0, 0, 0, 0x12, 0x34, 0, 9, 0xaa]);
    p
}

#[test]
fn reads_every_field() {
    let p = packet(proto::ICMPV6, &[128, 0, 0, 0, 1, 2, 3, 4]);
    assert_eq!(&p[..8], &[0x6b, 0x8a, 0xbc, 0xde, 0, 8, 58, 57]);
    let h = Header::new_checked(&p).unwrap();
    assert_eq!((h.traffic_class(), h.flow_label(), h.payload_len()), (0xb8, 0xabcde, 8));
    assert_eq!((h.next_header(), h.hop_limit()), (proto::ICMPV6, Ttl(57)));
    assert_eq!((h.src().to_string(), h.dst().to_string()), (SRC.into(), DST.into()));
    assert_eq!(h.payload(), &p[40..]);
    assert!(!h.truncated());
}

#[test]
fn names_what_is_wrong() {
    let p = packet(proto::ICMPV6, &[]);
    assert_eq!(Header::new_checked(&p[..39]), Err(Malformed::truncated(Part::Ipv6, 40, 39)));
    let mut v4 = p;
    v4[0] = 0x45;
    assert_eq!(Header::new_checked(&v4), Err(Malformed::new(Part::Ipv6, 0, Fault::Version(4))));
}

#[test]
fn the_payload_length_bounds_the_payload() {
    let mut p = packet(proto::ICMPV6, &[7; 16]);
    p[5] = 3;
    assert_eq!(Header::new_checked(&p).unwrap().payload().len(), 3);
    assert_eq!(Header::new_quoted(&p).unwrap().payload().len(), 8, "a quote has eight octets");
    p[4] = 0xff;
    let h = Header::new_checked(&p).unwrap();
    assert_eq!((h.payload().len(), h.truncated()), (16, true));
}

#[test]
fn walks_the_whole_chain() {
    let p = packet(proto::HOP_BY_HOP, &chain());
    let upper = Header::new_checked(&p).unwrap().upper().unwrap();
    assert_eq!((upper.protocol, upper.extensions_len), (proto::ICMPV6, 64));
    assert_eq!(upper.payload, &[128, 0, 0, 0, 0x12, 0x34, 0, 9, 0xaa]);
    assert_eq!(upper.fragment, Some(Fragment { offset: 0, more: true, ident: 0xdead_beef }));
}

#[test]
fn a_later_fragment_ends_the_walk() {
    // The "next header" of a later fragment names the whole packet's; what follows it here is data that looks like one.
    let p = [proto::DESTINATION_OPTIONS, 0, 0x05, 0xa8, 0, 0, 0, 1, proto::ICMPV6, 0xff, 1, 2];
    let upper = walk(proto::FRAGMENT, &p).unwrap();
    assert_eq!((upper.protocol, upper.payload), (proto::DESTINATION_OPTIONS, &p[8..]));
    assert_eq!(upper.fragment, Some(Fragment { offset: 1448, more: false, ident: 1 }));
    let smallest = [proto::DESTINATION_OPTIONS, 0, 0, 0x08, 0, 0, 0, 1, proto::ICMPV6, 0, 1, 4, 0, 0, 0, 0];
    assert_eq!(walk(proto::FRAGMENT, &smallest).unwrap().extensions_len, 8);
}

#[test]
fn the_walk_is_bounded() {
    let mut p = Vec::new();
    for _ in 0..MAX_EXTENSIONS {
        p.extend([proto::DESTINATION_OPTIONS, 0, 1, 4, 0, 0, 0, 0]);
    }
    p[8 * (MAX_EXTENSIONS - 1)] = proto::ICMPV6;
    assert_eq!(walk(proto::DESTINATION_OPTIONS, &p).unwrap().extensions_len, 8 * MAX_EXTENSIONS);
    p[8 * (MAX_EXTENSIONS - 1)] = proto::DESTINATION_OPTIONS;
    p.extend([proto::ICMPV6, 0, 1, 4, 0, 0, 0, 0]);
    assert_eq!(walk(proto::DESTINATION_OPTIONS, &p).unwrap_err().fault, Fault::Chain);
}

#[test]
fn cut_at_every_byte() {
    let whole = packet(proto::HOP_BY_HOP, &chain());
    let upper_at = whole.len() - 9;
    for cut in 0..whole.len() {
        match Header::new_checked(&whole[..cut]) {
            Err(_) => assert!(cut < 40),
            Ok(h) => match h.upper() {
                Ok(upper) => assert!(cut >= upper_at && upper.payload == &whole[upper_at..cut]),
                Err(e) => assert!(cut < upper_at && matches!(e.fault, Fault::Truncated { .. })),
            },
        }
    }
}

proptest! {
    #[test]
    fn what_is_emitted_is_read_alike_here_and_elsewhere(
        src: [u8; 16], dst: [u8; 16], class: u8, label in 0u32..1 << 20, next: u8, hops: u8,
        payload in proptest::collection::vec(any::<u8>(), 0..64),
    ) {
        let repr = Repr {
            src: src.into(), dst: dst.into(), traffic_class: class, flow_label: label, next_header: next,
            hop_limit: Ttl(hops), payload_len: payload.len(),
        };
        let mut out = vec![0xee; HEADER_LEN];
        repr.emit(&mut out).unwrap();
        out.extend(&payload);
        let h = Header::new_checked(&out).unwrap();
        let back = Repr {
            src: h.src(), dst: h.dst(), traffic_class: h.traffic_class(), flow_label: h.flow_label(),
            next_header: h.next_header(), hop_limit: h.hop_limit(), payload_len: h.payload().len(),
        };
        prop_assert_eq!(back, repr);
        let (theirs, rest) = etherparse::Ipv6Header::from_slice(&out).unwrap();
        prop_assert_eq!(rest, &payload[..]);
        prop_assert_eq!((theirs.source, theirs.destination), (src, dst));
        prop_assert_eq!((theirs.flow_label.value(), theirs.hop_limit), (label, hops));
        prop_assert_eq!((theirs.next_header.0, usize::from(theirs.payload_length)), (next, payload.len()));
    }

    #[test]
    fn chains_of_any_bytes_are_walked_or_refused(next: u8, payload in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(crate::wire::fuzz_entry::ipv4(&packet(next, &payload)));
    }
}
