//! IPv4 headers by hand, against `etherparse`, and cut at every byte.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::wire::protocol;
use proptest::prelude::*;

/// 192.0.2.1 → 198.51.100.7, TTL 57, TOS 0xb8, ident 0xbeef, DF, one record-route-free option word, 12 octets of payload.
const PACKET: [u8; 36] = [
    0x46, 0xb8, 0x00, 0x24, 0xbe, 0xef, 0x40, 0x00, 0x39, 0x01, 0x00, 0x00, 192, 0, 2, 1, 198, 51, 100,
    7, // fixed
    0x94, 0x04, 0x00, 0x00, // router alert
    8, 0, 0, 0, 0x12, 0x34, 0, 9, 0xaa, 0xbb, 0xcc, 0xdd,
];

fn patched(at: usize, value: u8) -> [u8; 36] {
    let mut p = PACKET;
    p[at] = value;
    p
}

#[test]
fn reads_every_field() {
    let h = Header::new_checked(&PACKET).unwrap();
    assert_eq!(h.header_len(), 24);
    assert_eq!((h.tos(), h.total_len(), h.ident()), (0xb8, 36, 0xbeef));
    assert_eq!((h.dont_fragment(), h.more_fragments(), h.fragment_offset()), (true, false, 0));
    assert_eq!((h.ttl(), h.protocol()), (Ttl(57), protocol::ICMP));
    assert_eq!(h.src(), Ipv4Addr::new(192, 0, 2, 1));
    assert_eq!(h.dst(), Ipv4Addr::new(198, 51, 100, 7));
    assert_eq!(h.options(), &PACKET[20..24]);
    assert_eq!(h.payload(), &PACKET[24..]);
    assert!(!h.truncated());
    assert!(!h.checksum_ok());
}

#[test]
fn fragment_fields() {
    let mut p = PACKET;
    p[6..8].copy_from_slice(&[0x3f, 0xff]);
    let h = Header::new_checked(&p).unwrap();
    assert_eq!((h.dont_fragment(), h.more_fragments(), h.fragment_offset()), (false, true, 0xfff8));
}

#[test]
fn names_what_is_wrong() {
    let fault = |p: &[u8]| Header::new_checked(p).unwrap_err();
    assert_eq!(fault(&patched(0, 0x66)), Malformed::new(Part::Ipv4, 0, Fault::Version(6)));
    assert_eq!(fault(&patched(0, 0x44)), Malformed::new(Part::Ipv4, 0, Fault::Length(16)));
    assert_eq!(fault(&patched(0, 0x4f)), Malformed::truncated(Part::Ipv4, 60, 36));
    assert_eq!(fault(&patched(3, 23)), Malformed::new(Part::Ipv4, 2, Fault::Length(23)));
    assert_eq!(fault(&[]), Malformed::truncated(Part::Ipv4, 20, 0));
    assert_eq!(fault(&PACKET[..19]).to_string(), "IPv4 header, byte 19: 20 bytes needed, 19 there");
}

#[test]
fn the_total_length_bounds_the_payload() {
    let p = patched(3, 30);
    assert_eq!(Header::new_checked(&p).unwrap().payload(), &PACKET[24..30]);
    let p = patched(3, 24);
    assert_eq!(Header::new_checked(&p).unwrap().payload(), &[] as &[u8]);
    let p = patched(2, 0xff);
    let h = Header::new_checked(&p).unwrap();
    assert_eq!(h.payload(), &PACKET[24..]);
    assert!(h.truncated());
}

#[test]
fn a_quote_may_have_any_total_length() {
    for (hi, lo, len) in
        [(0xff, 0xff, 12), (0x24, 0x00, 12), (0, 0, 12), (0, 12, 12), (0, 24, 8), (0, 27, 8), (0, 34, 10)]
    {
        let mut p = PACKET;
        (p[2], p[3]) = (hi, lo);
        let h = Header::new_quoted(&p).unwrap();
        assert_eq!(h.payload(), &PACKET[24..24 + len], "total length {hi:02x}{lo:02x}");
    }
    assert_eq!(Header::new_quoted(&PACKET[..30]).unwrap().payload(), &PACKET[24..30]);
}

#[test]
fn cut_at_every_byte() {
    for cut in 0..PACKET.len() {
        let bytes = &PACKET[..cut];
        match (Header::new_checked(bytes), Header::new_quoted(bytes)) {
            (Ok(a), Ok(b)) => {
                assert!(cut >= 24);
                assert_eq!(a.payload(), &PACKET[24..cut]);
                assert_eq!(b.payload(), &PACKET[24..cut]);
                assert!(a.truncated());
            }
            (Err(_), Err(_)) => assert!(cut < 24),
            other => panic!("{cut}: {other:?}"),
        }
    }
}

fn repr(options: &[u8]) -> Repr<'_> {
    Repr {
        src: Ipv4Addr::new(192, 0, 2, 1),
        dst: Ipv4Addr::new(198, 51, 100, 7),
        tos: 0xb8,
        ident: 0xbeef,
        dont_fragment: true,
        more_fragments: false,
        fragment_offset: 0,
        ttl: Ttl(57),
        protocol: protocol::ICMP,
        options,
        payload_len: 12,
    }
}

#[test]
fn emit_refuses_what_does_not_fit() {
    let mut out = [0xee; 60];
    let too_many = [1u8; 41];
    assert!(matches!(
        repr(&too_many).emit(&mut out),
        Err(Malformed { fault: Fault::TooLong { len: 41, max: 40 }, .. })
    ));
    let big = Repr { payload_len: 65_516, ..repr(&[]) };
    assert!(matches!(big.emit(&mut out), Err(Malformed { fault: Fault::TooLong { .. }, .. })));
    assert!(Repr { payload_len: usize::MAX, ..big }.emit(&mut out).is_err());
    assert_eq!(Repr { payload_len: 65_515, ..big }.emit(&mut out), Ok(20));
    assert_eq!(repr(&[1]).emit(&mut out[..23]), Err(Malformed::truncated(Part::Ipv4, 24, 23)));
}

#[test]
fn options_are_padded_with_end_of_list() {
    let mut out = [0xee; 60];
    assert_eq!(repr(&[1, 1, 1, 1, 1]).emit(&mut out), Ok(28));
    assert_eq!(&out[20..30], &[1, 1, 1, 1, 1, 0, 0, 0, 0xee, 0xee]);
}

proptest! {
    #[test]
    fn what_is_emitted_is_read_alike_here_and_elsewhere(
        src: [u8; 4], dst: [u8; 4], tos: u8, ident: u16, df: bool, mf: bool, off in 0u16..8192, ttl: u8, proto: u8,
        words in 0usize..=10, payload in proptest::collection::vec(any::<u8>(), 0..64),
    ) {
        let options = vec![1u8; words * 4];
        let repr = Repr {
            src: src.into(), dst: dst.into(), tos, ident, dont_fragment: df, more_fragments: mf,
            fragment_offset: off * 8, ttl: Ttl(ttl), protocol: proto, options: &options, payload_len: payload.len(),
        };
        let mut out = vec![0xee; 60];
        let len = repr.emit(&mut out).unwrap();
        prop_assert_eq!(len, repr.header_len());
        out.truncate(len);
        out.extend(&payload);

        let h = Header::new_checked(&out).unwrap();
        prop_assert!(h.checksum_ok() && !h.truncated());
        prop_assert_eq!(h.payload(), &payload[..]);
        let back = Repr {
            src: h.src(), dst: h.dst(), tos: h.tos(), ident: h.ident(), dont_fragment: h.dont_fragment(),
            more_fragments: h.more_fragments(), fragment_offset: h.fragment_offset(), ttl: h.ttl(),
            protocol: h.protocol(), options: h.options(), payload_len: h.payload().len(),
        };
        prop_assert_eq!(back, repr);

        let (theirs, rest) = etherparse::Ipv4Header::from_slice(&out).unwrap();
        prop_assert_eq!(rest, &payload[..]);
        prop_assert_eq!(theirs.header_checksum, theirs.calc_header_checksum());
        prop_assert_eq!(theirs.header_checksum, h.checksum());
        prop_assert_eq!((theirs.source, theirs.destination), (src, dst));
        prop_assert_eq!((theirs.dscp.value() << 2) | theirs.ecn.value(), tos);
        prop_assert_eq!((theirs.identification, theirs.dont_fragment, theirs.more_fragments), (ident, df, mf));
        prop_assert_eq!((theirs.fragment_offset.value(), theirs.time_to_live, theirs.protocol.0), (off, ttl, proto));
        prop_assert_eq!(theirs.total_len, h.total_len());
        prop_assert_eq!(&theirs.options[..], &options[..]);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..128), version in any::<bool>()) {
        let mut bytes = bytes;
        if let (true, Some(first)) = (version, bytes.first_mut()) { *first = 0x40 | *first & 0x0f; }
        prop_assert!(crate::wire::fuzz_entry::ipv4(&bytes));
    }
}
