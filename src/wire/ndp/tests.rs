//! Known bytes, another decoder's view, each rule of validity broken once, and that nothing panics.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::wire::Fault;
use proptest::prelude::*;

const MAC: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);

fn ip(text: &str) -> Ipv6Addr {
    text.parse().unwrap()
}

fn bytes(repr: &Repr<'_>, src: Ipv6Addr, dst: Ipv6Addr) -> Vec<u8> {
    let mut out = vec![0xee; 256];
    let len = repr.emit(src, dst, &mut out).unwrap();
    out.truncate(len);
    out
}

fn solicitation(target: &str, from: Option<MacAddr>) -> Repr<'static> {
    Repr::NeighborSolicitation { target: ip(target), from, nonce: None }
}

#[test]
fn a_solicitation_is_these_bytes() {
    let (src, dst) = (ip("fe80::1"), solicited_node(ip("2001:db8::12:3456")));
    assert_eq!(dst, ip("ff02::1:ff12:3456"));
    let message = bytes(&solicitation("2001:db8::12:3456", Some(MAC)), src, dst);
    let (head, rest) = message.split_at(8);
    assert_eq!((head[0], head[1], &head[4..]), (135, 0, &[0; 4][..]));
    assert_eq!(rest[..16], ip("2001:db8::12:3456").octets());
    assert_eq!(rest[16..], [1, 1, 2, 0, 0, 0, 0, 1]);
    let theirs = etherparse::Icmpv6Type::NeighborSolicitation.calc_checksum(src.octets(), dst.octets(), rest).unwrap();
    assert_eq!(head[2..4], theirs.to_be_bytes());
    let read = validate(src, dst, HOP_LIMIT, &message).unwrap().unwrap();
    assert_eq!(read.source_mac(), Some(MAC));
}

/// A router advertisement as radvd sends it, options put in by hand after their RFCs.
fn options() -> Vec<u8> {
    let mut o = vec![1, 1, 2, 0, 0, 0, 0, 9]; // source link address
    o.extend([5, 1, 0, 0, 0, 0, 0x05, 0xdc]); // MTU 1500
    o.extend([3, 4, 64, 0xc0, 0, 1, 0x51, 0x80, 0, 0, 0x38, 0x40, 0, 0, 0, 0]); // prefix, 1 day, 4 h
    o.extend(ip("2001:db8:1::").octets());
    o.extend([25, 5, 0, 0, 0, 0, 2, 0x58]); // two name servers, 600 s
    o.extend(ip("2001:db8::53").octets());
    o.extend(ip("fe80::53").octets());
    o.extend([31, 4, 0, 0, 0xff, 0xff, 0xff, 0xff]); // search list
    o.extend(b"\x07example\x03net\0\x04test\0\0\0\0\0\0");
    o.extend([24, 2, 48, 0x08, 0, 0, 0x0e, 0x10, 0x20, 0x01, 0x0d, 0xb8, 0, 2, 0, 0]); // route, high, 1 h
    o.extend([38, 2, 0x07, 0x08, 0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0]); // 64:ff9b::/96, 1800 s
    o.extend([37, 3]);
    o.extend(b"https://x.example/api\0");
    o.extend([99, 1, 1, 2, 3, 4, 5, 6]);
    o
}

fn router() -> Advertisement {
    Advertisement {
        hop_limit: Ttl(64),
        managed: true,
        other: true,
        home_agent: false,
        proxy: false,
        preference: Preference::High,
        lifetime_s: 1800,
        reachable_ms: 30_000,
        retransmit_ms: 1000,
    }
}

#[test]
fn an_advertisement_is_read_to_its_last_option() {
    let options = options();
    let repr = Repr::RouterAdvertisement { router: router(), options: &options };
    let (src, dst) = (ip("fe80::9"), ALL_NODES);
    let message = bytes(&repr, src, dst);
    let Some(Message::RouterAdvertisement { router: read, options }) = validate(src, dst, HOP_LIMIT, &message).unwrap()
    else {
        panic!("no advertisement");
    };
    assert_eq!(read, router());
    let all: Vec<NdOption<'_>> = options.map(Result::unwrap).collect();
    assert_eq!(all.len(), 9);
    assert_eq!(all[0], NdOption::SourceAddress(Some(MacAddr([2, 0, 0, 0, 0, 9]))));
    assert_eq!(all[1], NdOption::Mtu(1500));
    let prefix = option::Prefix {
        prefix: ip("2001:db8:1::"),
        len: 64,
        on_link: true,
        autonomous: true,
        is_address: false,
        valid_s: 86_400,
        preferred_s: 14_400,
    };
    assert_eq!(all[2], NdOption::Prefix(prefix));
    let NdOption::Rdnss { lifetime_s: 600, servers } = all[3] else { panic!("{:?}", all[3]) };
    assert_eq!(servers.collect::<Vec<_>>(), [ip("2001:db8::53"), ip("fe80::53")]);
    let NdOption::Dnssl { lifetime_s: u32::MAX, domains } = all[4] else { panic!("{:?}", all[4]) };
    assert_eq!(domains.map(|d| d.to_string()).collect::<Vec<_>>(), ["example.net", "test"]);
    let NdOption::Route(route) = all[5] else { panic!("{:?}", all[5]) };
    assert_eq!((route.prefix, route.len, route.preference), (ip("2001:db8:2::"), 48, Preference::High));
    assert_eq!(all[6], NdOption::Pref64 { prefix: ip("64:ff9b::"), len: Some(96), lifetime_s: 1800 });
    assert_eq!(all[7], NdOption::CaptivePortal(b"https://x.example/api"));
    assert_eq!(all[8], NdOption::Unknown { ty: 99, body: &[1, 2, 3, 4, 5, 6] });
}

#[test]
fn every_rule_of_validity_can_be_broken() {
    let (src, target) = (ip("fe80::1"), ip("fe80::2"));
    let group = solicited_node(target);
    let fine = bytes(&solicitation("fe80::2", Some(MAC)), src, group);
    assert!(validate(src, group, HOP_LIMIT, &fine).unwrap().is_some());
    assert_eq!(validate(src, group, Ttl(254), &fine), Err(Invalid::HopLimit(Ttl(254))));
    let mut damaged = fine.clone();
    damaged[20] ^= 1;
    assert_eq!(validate(src, group, HOP_LIMIT, &damaged), Err(Invalid::Checksum));
    let summed = |mut message: Vec<u8>, src, dst| {
        icmp::fill_checksum_v6(src, dst, &mut message);
        message
    };
    let mut coded = fine.clone();
    coded[1] = 3;
    assert_eq!(validate(src, group, HOP_LIMIT, &summed(coded, src, group)), Err(Invalid::Code(3)));
    let mut endless = fine.clone();
    endless[25] = 0;
    let error = validate(src, group, HOP_LIMIT, &summed(endless, src, group)).unwrap_err();
    assert!(matches!(error, Invalid::Malformed(Malformed { fault: Fault::Length(0), .. })), "{error}");

    let nobody = Ipv6Addr::UNSPECIFIED;
    let named = bytes(&solicitation("fe80::2", Some(MAC)), nobody, group);
    assert_eq!(validate(nobody, group, HOP_LIMIT, &named), Err(Invalid::Unspecified));
    let astray = bytes(&solicitation("fe80::2", None), nobody, ALL_NODES);
    assert_eq!(validate(nobody, ALL_NODES, HOP_LIMIT, &astray), Err(Invalid::Unspecified));
    let probe = bytes(&solicitation("fe80::2", None), nobody, group);
    assert!(validate(nobody, group, HOP_LIMIT, &probe).unwrap().is_some());
    let of_group = bytes(&solicitation("ff02::5", Some(MAC)), src, group);
    assert_eq!(validate(src, group, HOP_LIMIT, &of_group), Err(Invalid::Target));

    let answer = |solicited, dst| {
        let repr = Repr::NeighborAdvertisement { router: false, solicited, replaces: true, target, at: Some(MAC) };
        validate(target, dst, HOP_LIMIT, &bytes(&repr, target, dst)).map(|read| read.and_then(|m| m.target_mac()))
    };
    assert_eq!(answer(true, src), Ok(Some(MAC)));
    assert_eq!(answer(false, ALL_NODES), Ok(Some(MAC)));
    assert_eq!(answer(true, ALL_NODES), Err(Invalid::Solicited));

    let repr = Repr::RouterAdvertisement { router: router(), options: &[] };
    let global = ip("2001:db8::1");
    let foreign = bytes(&repr, global, ALL_NODES);
    assert_eq!(validate(global, ALL_NODES, HOP_LIMIT, &foreign), Err(Invalid::Source));
    let ask = bytes(&Repr::RouterSolicitation { from: Some(MAC) }, nobody, ALL_ROUTERS);
    assert_eq!(validate(nobody, ALL_ROUTERS, HOP_LIMIT, &ask), Err(Invalid::Unspecified));
}

#[test]
fn a_nonce_is_read_back_and_other_types_are_left_alone() {
    let repr = Repr::NeighborSolicitation { target: ip("fe80::2"), from: None, nonce: Some([1, 2, 3, 4, 5, 6]) };
    let message = bytes(&repr, Ipv6Addr::UNSPECIFIED, solicited_node(ip("fe80::2")));
    assert_eq!(message.len(), repr.len());
    let read = parse(&message).unwrap().unwrap();
    assert_eq!(read.options().next(), Some(Ok(NdOption::Nonce(&[1, 2, 3, 4, 5, 6]))));
    assert_eq!(parse(&[128, 0, 0, 0, 0, 0, 0, 0]), Ok(None));
    for cut in 0..24 {
        assert!(parse(&message[..cut]).is_err(), "{cut}");
    }
    assert!(repr.emit(ALL_NODES, ALL_NODES, &mut [0; 31]).is_err());
}

#[test]
fn broken_options_end_the_walk() {
    for (bytes, whole) in [
        (&[1, 1, 0, 0, 0, 0, 0][..], 0),
        (&[1], 0),
        (&[1, 1, 2, 0, 0, 0, 0, 1, 3, 1, 0, 0, 0, 0, 0, 0], 1), // a prefix of eight bytes
        (&[25, 2, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0], 0), // half a name server
        (&[14, 0, 0, 0, 0, 0, 0, 0], 0),
    ] {
        let all: Vec<_> = Options::new(bytes).collect();
        assert_eq!((all.len(), all.iter().filter(|o| o.is_err()).count()), (whole + 1, 1), "{bytes:?}");
    }
    // A compressed name, a label that runs out: what can be read before them is read.
    for tail in [&b"\xc0\x01\0\0"[..], b"\x3fab\0"] {
        let mut list = b"\x1f\x02\0\0\0\0\0\x01\x02ab\0".to_vec();
        list.extend(tail);
        let Some(Ok(NdOption::Dnssl { domains, .. })) = Options::new(&list).next() else { panic!() };
        assert_eq!(domains.map(|d| d.to_string()).collect::<Vec<_>>(), ["ab"]);
    }
}

proptest! {
    #[test]
    fn nothing_panics_and_every_walk_ends(
        ty in 133u8..=136, body in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut message = vec![ty, 0];
        message.extend(&body);
        prop_assert!(crate::wire::fuzz_entry::ndp(&message));
        let _ = validate(ALL_NODES, ALL_NODES, HOP_LIMIT, &message);
    }

    #[test]
    fn what_is_written_is_read(target: [u8; 16], mac: [u8; 6], flags in 0u8..8) {
        let (router, solicited, replaces) = (flags & 1 != 0, flags & 2 != 0, flags & 4 != 0);
        let (target, at) = (Ipv6Addr::from(target), Some(MacAddr(mac)));
        let message = bytes(&Repr::NeighborAdvertisement { router, solicited, replaces, target, at }, target, target);
        let read = parse(&message).unwrap().unwrap();
        prop_assert_eq!(read.target_mac(), at);
        let expected = Message::NeighborAdvertisement { router, solicited, replaces, target, options: read.options() };
        prop_assert_eq!(read, expected);
    }
}
