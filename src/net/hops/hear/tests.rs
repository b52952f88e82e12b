//! Lies, told to the reader of packets about UDP and TCP probes: no number that was not sent, and nothing of strangers'.

use super::*;
use crate::clock::Now;
use crate::net::hops::numbers::Numbers;
use crate::net::hops::options::Tcp;
use crate::net::hops::sources::Sources;
use crate::net::hops::write::IpFields;
use crate::net::{Batch, Key, Probe, Trouble};
use crate::sys::ancillary::{Ancillary, Origin};
use crate::units::Ttl;
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
    let ip = IpFields { tos: 0, ttl: Ttl(64), dont_fragment: false };
    let tcp = |tcp: Tcp| TcpFields { base: 0xabcd, ack_base: 0xdcba, flags: tcp.flags, options: tcp.options.bytes() };
    Hops {
        family,
        kind,
        method,
        flows: vec![(Port(SOURCE.0 - 1), TARGET), (SOURCE, TARGET)],
        only: (!raw).then_some(1),
        ip: (raw && family == Family::V4).then_some(ip),
        tcp: if let Method::Tcp(wanted) = method { Some(tcp(wanted)) } else { None },
        sources: raw.then(|| Sources::fixed(address(family, US))),
        numbers: Numbers::new(),
        tcp_payload: 0,
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

/// A segment to us, behind its IP header where a raw socket shows that.
fn segment(hops: &Hops, ports: (Port, Port), (seq, ack, flags): (u32, u32, u8)) -> Vec<u8> {
    let header = tcp::Repr { src_port: ports.0, dst_port: ports.1, seq, ack, flags, window: 1, options: &[1; 4] };
    let mut message = vec![0; header.header_len()];
    message.extend(b"data");
    let (them, us) = (address(hops.family, THEM), address(hops.family, US));
    header.emit(&mut message, them, us).unwrap();
    if hops.family == Family::V6 {
        return message;
    }
    let mut packet = wrapped(Family::V4, protocol::TCP, &message);
    packet[12..20].rotate_left(4);
    packet
}

fn answered(hops: &Hops, packet: &[u8]) -> Option<(Reply, u16)> {
    hear(hops, Hears::Transport, 0, packet, |event| match event {
        Event::Reached(r) => {
            assert_eq!((r.claim.flow, r.from.addr, r.claim.peer), (Some(1), address(hops.family, THEM), r.from));
            assert_eq!((r.tcp.len(), r.payload), (24, &b"data"[..]));
            Some((r.how, r.claim.seq.unwrap().0))
        }
        Event::Foreign { .. } => None,
        other => panic!("{other:?}"),
    })
}

#[test]
fn a_segment_must_acknowledge_a_probe() {
    const SENT: u32 = 0xabcd_0000 | NUMBER as u32;
    let ports = (TARGET, SOURCE);
    for family in [Family::V4, Family::V6] {
        let mut hops = hops(Method::Tcp(Tcp::default()), family, SocketKind::Raw);
        sent(&mut hops);
        let hear = |numbers| answered(&hops, &segment(&hops, ports, numbers));
        let (syn, ack, rst) = (flag::SYN, flag::ACK, flag::RST);
        assert_eq!(hear((5, SENT + 1, syn | ack)), Some((Reply::SynAck, NUMBER)));
        assert_eq!(hear((5, SENT + 1, ack)), Some((Reply::Segment, NUMBER)));
        assert_eq!(hear((0, SENT + 1, rst | ack)), Some((Reply::Rst, NUMBER)));
        assert_eq!(hear((0, SENT + 15, rst | ack)), Some((Reply::Rst, NUMBER)), "with the payload");
        assert_eq!(hear((5, SENT + 15, syn | ack)), Some((Reply::SynAck, NUMBER)), "with the payload");
        for (seq, acked, flags) in [
            (5, SENT, syn | ack),
            (5, SENT + 2, syn | ack),
            (5, (SENT + 1) ^ 0x8000_0000, syn | ack),
            (5, 0, syn | ack),
            (SENT, 0, rst),
            (0, SENT + 1, rst),
            (0, SENT + 1, syn),
        ] {
            assert_eq!(hear((seq, acked, flags)), None, "{seq:#x} {acked:#x} {flags:#x}");
        }
        let elsewhere = |ports| answered(&hops, &segment(&hops, ports, (5, SENT + 1, syn | ack)));
        assert_eq!(elsewhere((Port(80), SOURCE)), None);
        assert_eq!(elsewhere((TARGET, Port(SOURCE.0 + 1))), None);
        let whole = segment(&hops, ports, (5, SENT + 1, syn | ack));
        let header = whole.len() - 4;
        for cut in 0..header {
            assert!(self::hear(&hops, Hears::Transport, 0, &whole[..cut], |e| matches!(e, Event::Foreign { .. })));
        }
    }
}

#[test]
fn a_reset_of_what_acknowledged_says_so_by_its_own_number() {
    let lone_ack = Method::Tcp(Tcp { flags: flag::ACK, ..Tcp::default() });
    let mut hops = hops(lone_ack, Family::V4, SocketKind::Raw);
    let probe = sent(&mut hops);
    assert_eq!(probe[28..32], (0xdcba_0000 | u32::from(NUMBER)).to_be_bytes());
    let hear = |numbers| answered(&hops, &segment(&hops, (TARGET, SOURCE), numbers));
    assert_eq!(hear((0xdcba_0000 | u32::from(NUMBER), 0, flag::RST)), Some((Reply::Rst, NUMBER)));
    assert_eq!(hear((0xdcba_0000, 0, flag::RST)), None);
    assert_eq!(hear((0xabcd_0000 | u32::from(NUMBER), 0, flag::RST)), None);
    assert_eq!(hear((7, 0xabcd_0000 | u32::from(NUMBER), flag::RST | flag::ACK)), Some((Reply::Rst, NUMBER)));
}

#[test]
fn data_comes_from_where_the_probes_went() {
    for numbering in [Numbering::Paris, Numbering::Classic] {
        for kind in [SocketKind::Raw, SocketKind::Dgram] {
            let hops = hops(Method::Udp(numbering), Family::V6, kind);
            let heard = |from: Port, to: Port| {
                let mut message = vec![0; 8];
                message.extend(b"hello");
                udp::emit(&mut message, address(Family::V6, THEM), address(Family::V6, US), from, to).unwrap();
                let bytes = if kind == SocketKind::Raw { &message[..] } else { &message[8..] };
                hear(&hops, Hears::Transport, from.0, bytes, |event| match event {
                    Event::Reached(r) => {
                        assert_eq!((r.how, r.payload, r.claim.flow), (Reply::Data, &b"hello"[..], Some(1)));
                        Some(r.claim.seq.map(|s| s.0))
                    }
                    _ => None,
                })
            };
            assert_eq!(heard(TARGET, SOURCE), Some((numbering == Numbering::Classic).then_some(0)));
            let next = heard(Port(TARGET.0 + 3), SOURCE);
            assert_eq!(next, (numbering == Numbering::Classic).then_some(Some(3)));
            if kind == SocketKind::Raw {
                assert_eq!(heard(TARGET, Port(SOURCE.0 + 1)), None);
            }
        }
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

#[test]
fn what_cannot_be_sent_is_refused() {
    use crate::sys::errno;
    let refused = |method, family, exchange, seq: u16, flow: u16, len: usize| {
        let mut hops = hops(method, family, SocketKind::Raw);
        let mut batch = Batch::new(1);
        let mut probe = Probe::new(Key::default(), address(family, THEM).into(), exchange, Seq(seq));
        probe.flow = flow;
        batch.push(probe, len);
        let (probe, room) = batch.packet_mut(0).unwrap();
        let probe = *probe;
        hops.write_probe(room, &probe, Now::default()).err()
    };
    let [paris, classic, dublin] = [Numbering::Paris, Numbering::Classic, Numbering::Dublin].map(Method::Udp);
    let tcp = Method::Tcp(Tcp::default());
    for family in [Family::V4, Family::V6] {
        assert_eq!(refused(paris, family, Exchange::Udp, 0, 0, 9), Some(errno::EINVAL), "number 0");
        assert_eq!(refused(paris, family, Exchange::Udp, 1, 0, 1), Some(errno::EINVAL), "nothing to balance by");
        assert_eq!(refused(paris, family, Exchange::Udp, 1, 2, 9), Some(errno::EINVAL), "no such flow");
        assert_eq!(refused(paris, family, Exchange::Tcp, 1, 0, 9), Some(errno::EPROTONOSUPPORT));
        assert_eq!(refused(paris, family, Exchange::Udp, 1, 0, 70_000), Some(errno::EMSGSIZE));
        assert_eq!(refused(classic, family, Exchange::Udp, 0u16.wrapping_sub(TARGET.0), 0, 9), Some(errno::EINVAL));
        assert_eq!(refused(dublin, family, Exchange::Udp, 0, 0, 0), Some(errno::EINVAL));
        assert_eq!(refused(tcp, family, Exchange::Echo, 1, 0, 9), Some(errno::EPROTONOSUPPORT));
        assert_eq!(refused(tcp, family, Exchange::Tcp, 0, 1, 0), None);
        assert_eq!(refused(paris, family, Exchange::Udp, 0xffff, 1, 2), None);
    }
    assert_eq!(refused(dublin, Family::V6, Exchange::Udp, 9, 0, 10), Some(errno::EINVAL), "another length");
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
