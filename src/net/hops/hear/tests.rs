//! Lies, told to the reader of packets about UDP and TCP probes: no number that was not sent, and nothing of strangers'.
//! Here are errors and what they quote; the targets' own answers stand in [`answers`].

mod answers;

use super::*;
use crate::clock::Now;
use crate::net::hops::every::reader;
use crate::net::hops::numbers::Numbers;
use crate::net::hops::options::Tcp;
use crate::net::hops::sources::Sources;
use crate::net::{Batch, Key, Probe, Trouble};
use crate::sys::ancillary::{Ancillary, Origin};
use crate::wire::{ipv4, ipv6, protocol, tcp};

const US: [u8; 4] = [10, 0, 0, 1];
const THEM: [u8; 4] = [10, 0, 0, 2];
const SOURCE: Port = Port(40_000);
const TARGET: Port = Port(33_434);
const NUMBER: u16 = 0x0123;

fn address(family: Family, v4: [u8; 4]) -> IpAddr {
    match family {
        Family::V4 => v4.into(),
        Family::V6 => [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, v4[3]].into(),
    }
}

fn hops(method: Method, family: Family, kind: SocketKind) -> Hops {
    let raw = kind == SocketKind::Raw;
    Hops {
        flows: vec![(Port(SOURCE.0 - 1), TARGET), (SOURCE, TARGET)],
        only: (!raw).then_some(1),
        sources: raw.then(|| Sources::fixed(address(family, US))),
        numbers: Numbers::new(),
        tcp_payload: 0,
        ..reader(method, family, kind)
    }
}

fn all() -> Vec<Hops> {
    let udp = [Numbering::Paris, Numbering::Classic, Numbering::Dublin].map(Method::Udp);
    let methods = udp.into_iter().chain([Method::Tcp(Tcp::default())]);
    let of_family = |method| [Family::V4, Family::V6].map(|family| hops(method, family, SocketKind::Raw));
    methods.flat_map(of_family).collect()
}

/// The number that a method is asked for here: of Dublin with IPv6 it is the payload's length.
fn number(hops: &Hops) -> u16 {
    if hops.method == Method::Udp(Numbering::Dublin) && hops.family == Family::V6 { 14 } else { NUMBER }
}

/// A probe as the wire has it.
fn sent(hops: &mut Hops) -> Vec<u8> {
    let number = number(hops);
    let to = address(hops.family, THEM);
    let mut batch = Batch::new(1);
    let mut probe = Probe::new(Key::default(), to.into(), hops.method.exchange(), Seq(number));
    probe.flow = 1;
    batch.push(probe, 14)[2..].copy_from_slice(b"tokentoken12");
    let (probe, room) = batch.packet_mut(0).unwrap();
    let probe = *probe;
    let written = hops.write_probe(room, &probe, Now::default()).unwrap();
    let packet = batch.packet(0, written.len).unwrap();
    if hops.ip.is_some() {
        let mut packet = packet.to_vec();
        // The kernel's to fill.
        let total = packet.len() as u16;
        packet[2..4].copy_from_slice(&total.to_be_bytes());
        return packet;
    }
    wrapped(hops.family, hops.protocol_number(), packet)
}

/// Behind an IP header of either family.
fn wrapped(family: Family, protocol: u8, message: &[u8]) -> Vec<u8> {
    let mut packet = match family {
        Family::V4 => {
            let mut header = vec![0x45, 0, 0, 0, 0, 7, 0, 0, 60, protocol, 0, 0];
            header[2..4].copy_from_slice(&(20 + message.len() as u16).to_be_bytes());
            header.extend(US.iter().chain(&THEM));
            header
        }
        Family::V6 => {
            let mut header = vec![0x60, 0, 0, 0, 0, 0, protocol, 60];
            header[4..6].copy_from_slice(&(message.len() as u16).to_be_bytes());
            for last in [US, THEM] {
                let IpAddr::V6(address) = address(family, last) else { unreachable!() };
                header.extend(address.octets());
            }
            header
        }
    };
    packet.extend(message);
    packet
}

/// An error of the router, as a raw socket shows it.
fn error(hops: &Hops, quote: &[u8]) -> Vec<u8> {
    let mut message = if hops.family == Family::V4 { vec![11, 0] } else { vec![3, 0] };
    message.extend([0; 6]);
    message.extend(quote);
    match hops.family {
        Family::V4 => wrapped(Family::V4, protocol::ICMP, &message),
        Family::V6 => message,
    }
}

fn hear<T>(hops: &Hops, by: Hears, port: u16, bytes: &[u8], look: impl FnOnce(Event<'_>) -> T) -> T {
    let ancillary = Ancillary::default();
    let from = address(hops.family, THEM).into();
    look(hops.hear(&Heard { by, from, port, bytes, cut: false, ancillary: &ancillary, read: Now::default() }))
}

/// What an error about this quote is told as; `None`: foreign.
fn told(hops: &Hops, quote: &[u8]) -> Option<Option<u16>> {
    hear(hops, Hears::Icmp, 0, &error(hops, quote), |event| match event {
        Event::Error(Trouble { claim, .. }) => {
            assert_eq!((claim.peer.addr, claim.flow), (address(hops.family, THEM), Some(1)));
            assert_eq!(claim.exchange, hops.method.exchange());
            Some(claim.seq.map(|seq| seq.0))
        }
        Event::Foreign { .. } => None,
        other => panic!("{other:?}"),
    })
}

fn ip_header(family: Family) -> usize {
    if family == Family::V4 { ipv4::MIN_HEADER_LEN } else { ipv6::HEADER_LEN }
}

#[test]
fn eight_octets_behind_the_ip_header_tell_everything_and_fewer_nothing() {
    for mut hops in all() {
        let packet = sent(&mut hops);
        let least = ip_header(hops.family) + 8;
        for cut in 0..=packet.len() {
            let want = (cut >= least).then_some(Some(number(&hops)));
            assert_eq!(told(&hops, &packet[..cut]), want, "{:?}, {cut} octets", hops.method);
        }
    }
}

#[test]
fn other_ports_protocols_and_fragments_are_strangers() {
    for mut hops in all() {
        let packet = sent(&mut hops);
        let at = ip_header(hops.family);
        let changed = |at: usize, octet: u8| {
            let mut packet = packet.clone();
            packet[at] ^= octet;
            told(&hops, &packet)
        };
        assert!(changed(at + 1, 0x40).is_none(), "another source port");
        let counts = hops.method == Method::Udp(Numbering::Classic);
        assert_eq!(changed(at + 3, 1).is_none(), !counts, "another destination port");
        let protocol = if hops.family == Family::V4 { 9 } else { 6 };
        assert!(changed(protocol, 1).is_none(), "another protocol");
        assert!(changed(protocol, protocol::UDP ^ protocol::TCP).is_none(), "the other of ours");
        if hops.family == Family::V4 {
            assert!(changed(7, 8).is_none(), "a later fragment");
        }
    }
}

#[test]
fn a_number_that_was_not_sent_is_none() {
    for mut hops in all() {
        let packet = sent(&mut hops);
        hops.numbers = Numbers::new();
        let plain = matches!(hops.method, Method::Udp(Numbering::Classic) | Method::Tcp(_))
            || (hops.method == Method::Udp(Numbering::Dublin) && hops.family == Family::V6);
        // Where the wire says the number itself, it is the table's to know it; a checksum or an ident may be anything.
        let want = if plain { Some(number(&hops)) } else { None };
        assert_eq!(told(&hops, &packet), Some(want), "{:?}", hops.method);
    }
}

#[test]
fn a_number_survives_the_loss_of_one_of_its_two_places() {
    let mut paris = hops(Method::Udp(Numbering::Paris), Family::V4, SocketKind::Raw);
    let packet = sent(&mut paris);
    let with = |checksum: u16, ident: u16| {
        let mut packet = packet.clone();
        packet[26..28].copy_from_slice(&checksum.to_be_bytes());
        packet[4..6].copy_from_slice(&ident.to_be_bytes());
        told(&paris, &packet)
    };
    assert_eq!(with(NUMBER, NUMBER), Some(Some(NUMBER)));
    assert_eq!(with(0, NUMBER), Some(Some(NUMBER)), "some routers quote no checksum");
    assert_eq!(with(0x7777, NUMBER), Some(Some(NUMBER)), "NAT changed it");
    assert_eq!(with(NUMBER, 0x7777), Some(Some(NUMBER)), "a scrubbing firewall drew another ident");
    assert_eq!(with(0x7777, NUMBER.swap_bytes()), Some(Some(NUMBER)), "in the order of a machine's octets");
    assert_eq!(with(0x7777, 0x8888), Some(None));
    assert_eq!(with(0, 0), Some(None));

    let mut tcp = hops(Method::Tcp(Tcp::default()), Family::V4, SocketKind::Raw);
    let mut packet = sent(&mut tcp);
    packet[24] ^= 1;
    assert_eq!(told(&tcp, &packet), Some(Some(NUMBER)), "a firewall draws sequence numbers of its own");
    packet[4] ^= 1;
    assert_eq!(told(&tcp, &packet), Some(None));
}

#[test]
fn a_quote_shows_headers_checksum_and_payload() {
    for mut hops in all() {
        let packet = sent(&mut hops);
        hear(&hops, Hears::Icmp, 0, &error(&hops, &packet), |event| {
            let Event::Error(t) = event else { panic!("{event:?}") };
            let quote = t.quote.unwrap();
            assert_eq!((quote.src, quote.len), (address(hops.family, US), packet.len()));
            assert_eq!((quote.src_port, quote.total_len as usize), (Some(SOURCE), packet.len()));
            let at = ip_header(hops.family) + if matches!(hops.method, Method::Tcp(_)) { 16 } else { 6 };
            let checksum = u16::from_be_bytes([packet[at], packet[at + 1]]);
            assert_eq!(t.quoted_checksum, Some(checksum), "{:?}", hops.method);
            assert!(t.quoted_payload.ends_with(b"tokentoken12"));
            assert_eq!(t.quoted_payload.len(), 14);
        });
        assert_eq!(hops.own_probe(&packet), Some((address(hops.family, THEM), Seq(number(&hops)))));
    }
}

#[test]
fn the_error_queue_tells_what_is_quoted_behind_the_header() {
    let ancillary = Ancillary::default();
    let error = ExtError {
        errno: crate::sys::errno::Errno(113),
        origin: Origin::Icmp6,
        ty: 3,
        code: 0,
        info: 0,
        data: 0,
        offender: None,
        rfc4884: None,
    };
    for (numbering, port) in [(Numbering::Paris, TARGET.0), (Numbering::Classic, TARGET.0 + 7)] {
        let hops = hops(Method::Udp(numbering), Family::V6, SocketKind::Dgram);
        let payload = [0x01, 0x23, b't', b'o'];
        for len in 0..=payload.len() {
            let from = address(Family::V6, THEM).into();
            let bytes = &payload[..len];
            let heard =
                Heard { by: Hears::Icmp, from, port, bytes, cut: false, ancillary: &ancillary, read: Now::default() };
            let Event::Error(t) = hops.hear_queued(&heard, &error) else { panic!() };
            let want = if numbering == Numbering::Classic { Some(7) } else { (len >= 2).then_some(NUMBER) };
            assert_eq!((t.claim.seq.map(|s| s.0), t.claim.flow), (want, Some(1)));
            assert_eq!((t.claim.peer, t.quoted_payload, t.quote), (from, bytes, None));
        }
    }
    assert_eq!(number_in(&[0, 0, 1]), None, "zeros are padding");
}

proptest::proptest! {
    /// Whatever arrives, and however a good packet is damaged: no panic, and no octet that was not there.
    #[test]
    fn any_bytes_are_read_without_a_panic(
        noise in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200),
        hits in proptest::collection::vec((0_usize..120, proptest::prelude::any::<u8>()), 0..6),
        which in 0_usize..9,
    ) {
        let mut bytes = noise;
        if let Some(hops) = all().get_mut(which) {
            let probe = sent(hops);
            bytes = error(hops, &probe);
        }
        for (at, octet) in hits {
            if let Some(place) = bytes.get_mut(at) {
                *place = octet;
            }
        }
        proptest::prop_assert!(crate::net::fuzz_entry::hops(&bytes));
    }
}
