//! What targets answer themselves: segments that acknowledge a probe, data from where the probes went.

use super::*;

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
