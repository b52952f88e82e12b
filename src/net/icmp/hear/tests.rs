//! Lies, told to the reader of packets: what is not ours, or makes no sense, is foreign, and nothing panics.

use super::*;
use crate::clock::Now;
use crate::clock::{BootTime, Epoch, WallTime};
use crate::net::Peer;
use crate::net::channel::{Hears, ip_packet};
use crate::net::fuzz_entry::header_v4;
use crate::sys::ancillary::{Ancillary, Origin};
use crate::units::Ttl;
use crate::wire::protocol;
use std::net::{Ipv4Addr, Ipv6Addr};

const US: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const THEM: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
const ROUTER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 254);
const IDENT: Ident = Ident(0x4321);

const V4: Listener = Listener { family: Family::V4, ident: IDENT, ip_header: true };
const PING: Listener = Listener { family: Family::V4, ident: IDENT, ip_header: false };
const V6: Listener = Listener { family: Family::V6, ident: IDENT, ip_header: false };

fn ip(src: Ipv4Addr, dst: Ipv4Addr, options: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut packet = header_v4((src, dst), protocol::ICMP, options, payload.len());
    packet.extend_from_slice(payload);
    packet
}

fn echo(reply: bool, ident: Ident, seq: u16, data: &[u8]) -> Vec<u8> {
    let mut message = vec![0; 8];
    message.extend_from_slice(data);
    let emit = if reply { icmp::emit_echo_reply } else { icmp::emit_echo };
    emit(Family::V4, &mut message, ident, Seq(seq)).unwrap();
    message
}

fn error(ty: u8, code: u8, word: u32, quote: &[u8]) -> Vec<u8> {
    let mut message = vec![ty, code, 0, 0];
    message.extend_from_slice(&word.to_be_bytes());
    message.extend_from_slice(quote);
    let sum = crate::wire::checksum::checksum(&message);
    message[2..4].copy_from_slice(&sum.to_be_bytes());
    message
}

fn hear<T>(listener: Listener, from: IpAddr, bytes: &[u8], look: impl FnOnce(Event<'_>) -> T) -> T {
    let read = Now { boot: BootTime::from_ns(9), wall: WallTime::from_ns(9), epoch: Epoch(0) };
    let ancillary = Ancillary { rx_soft: Some(WallTime::from_ns(5)), ..Ancillary::default() };
    look(listener.packet(&Heard {
        by: Hears::Icmp,
        port: 0,
        from: from.into(),
        bytes,
        cut: false,
        ancillary: &ancillary,
        read,
    }))
}

fn is_foreign(listener: Listener, from: Ipv4Addr, bytes: &[u8]) -> bool {
    hear(listener, from.into(), bytes, |e| matches!(e, Event::Foreign { .. }))
}

#[test]
fn a_reply_is_read_with_its_header_and_options() {
    let options = [7, 7, 4, 10, 0, 0, 9, 0];
    let packet = ip(THEM, US, &options, &echo(true, IDENT, 70, b"payload"));
    hear(V4, THEM.into(), &packet, |event| {
        let Event::Answer(a) = event else { panic!("{event:?}") };
        assert_eq!(a.claim.seq, Some(Seq(70)));
        assert_eq!(a.claim.peer.addr, IpAddr::from(THEM));
        assert_eq!(a.payload, b"payload");
        assert_eq!(a.icmp_len, 15);
        assert_eq!(a.options, options);
        assert_eq!((a.arrival.ttl, a.arrival.to), (Some(Ttl(63)), Some(US.into())));
        assert_eq!(a.arrival.kernel, Some(WallTime::from_ns(5)));
        assert!(a.checksum_ok && a.has_ip_header);
    });
}

#[test]
fn a_damaged_reply_is_told_by_its_checksum() {
    let mut packet = ip(THEM, US, &[], &echo(true, IDENT, 70, b"payload"));
    packet[20 + 9] ^= 4;
    hear(V4, THEM.into(), &packet, |event| {
        let Event::Answer(a) = event else { panic!("{event:?}") };
        assert!(!a.checksum_ok);
    });
}

#[test]
fn another_ident_a_request_and_another_message_are_foreign() {
    for message in
        [echo(true, Ident(1), 70, b"x"), echo(false, IDENT, 70, b"x"), vec![17, 0, 0, 0, 0, 0, 0, 0], vec![0, 0, 0]]
    {
        assert!(is_foreign(V4, THEM, &ip(THEM, US, &[], &message)));
    }
}

#[test]
fn an_error_is_found_by_the_quoted_packets_own_header() {
    // Record route in the quoted header: the quoted ICMP begins at 20 + 40, not at 20.
    let mut options = vec![7, 39, 4];
    options.resize(40, 0);
    for (quoted_options, keep) in [(&[][..], 28), (&options[..], 68), (&options[..], 100)] {
        let probe = ip(US, THEM, quoted_options, &echo(false, IDENT, 300, b"tokentoken"));
        let quote = &probe[..keep.min(probe.len())];
        let packet = ip(ROUTER, US, &[], &error(11, 0, 0, quote));
        hear(V4, ROUTER.into(), &packet, |event| {
            let Event::Error(t) = event else { panic!("{event:?}") };
            assert_eq!((t.claim.seq, t.claim.peer.addr), (Some(Seq(300)), IpAddr::from(THEM)));
            assert_eq!(t.offender, IpAddr::from(ROUTER));
            assert_eq!((t.error.ty, t.error.code), (11, 0));
            let header = 20 + quoted_options.len();
            assert_eq!(t.quoted_payload, &b"tokentoken"[..quote.len() - header - 8]);
            let sum = u16::from_be_bytes([probe[header + 2], probe[header + 3]]);
            assert_eq!(t.quoted_checksum, Some(sum));
            let q = t.quote.unwrap();
            assert_eq!((q.src, q.ttl, q.tos, q.ip_ident), (US.into(), Ttl(63), 0, Some(7)));
            assert_eq!((q.total_len, q.dont_fragment, q.len), (probe.len() as u32, true, quote.len()));
            assert_eq!((q.src_port, q.dst_port, t.extensions), (None, None, None));
        });
    }
}

/// A structure of one object, checksummed.
fn structure() -> Vec<u8> {
    let mut bytes = vec![0x20, 0, 0, 0, 0, 8, 1, 1, 0, 1, 0x01, 0xff];
    let sum = crate::wire::checksum::checksum(&bytes);
    bytes[2..4].copy_from_slice(&sum.to_be_bytes());
    bytes
}

#[test]
fn extensions_come_with_their_own_header_and_are_no_payload() {
    let mut quote = ip(US, THEM, &[], &echo(false, IDENT, 300, b"tokentoken"));
    quote.resize(128, 0);
    quote.extend_from_slice(&structure());
    // Told by the length octet, and not told (RFC 4884 §5.5).
    for word in [32 << 16, 0] {
        let packet = ip(ROUTER, US, &[], &error(11, 0, word, &quote));
        hear(V4, ROUTER.into(), &packet, |event| {
            let Event::Error(t) = event else { panic!("{event:?}") };
            assert_eq!(t.extensions, Some(&structure()[..]));
            assert_eq!((t.quoted_payload, t.quote.unwrap().len), (&b"tokentoken"[..], 128));
        });
    }
}

#[test]
fn the_error_queue_shows_extensions_where_the_kernel_says_or_a_checksum_proves_it() {
    let (read, ancillary) = (Now::default(), Ancillary::default());
    let mut bytes = echo(false, IDENT, 1, b"tokentoken");
    bytes.resize(108, 0);
    bytes.extend_from_slice(&structure());
    let mut broken = bytes.clone();
    broken[119] ^= 1;
    let told = Some(crate::sys::ancillary::Rfc4884 { offset: 108, invalid: false });
    let wrong = Some(crate::sys::ancillary::Rfc4884 { offset: 500, invalid: false });
    let at = |bytes: &[u8], rfc4884, ty| {
        let error = ExtError {
            errno: crate::sys::errno::Errno(113),
            origin: Origin::Icmp,
            ty,
            code: 0,
            info: 0,
            data: 0,
            offender: None,
            rfc4884,
        };
        let heard = Heard {
            by: Hears::Icmp,
            port: 0,
            from: IpAddr::from(THEM).into(),
            bytes,
            cut: false,
            ancillary: &ancillary,
            read,
        };
        match PING.queued(&heard, &error) {
            Event::Error(t) => (t.quoted_payload.len(), t.extensions.map(<[u8]>::to_vec)),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(at(&bytes, told, 11), (100, Some(structure())));
    assert_eq!(at(&bytes, None, 11), (100, Some(structure())));
    // A broken one that the router itself announced is shown; one that nobody announced is payload.
    assert_eq!(at(&broken, told, 11), (100, Some(broken[108..].to_vec())));
    assert_eq!(at(&broken, None, 11), (112, None));
    assert_eq!(at(&bytes, None, 4), (112, None));
    assert_eq!(at(&bytes, wrong, 11), (112, None));
}

#[test]
fn an_mtu_is_told() {
    let probe = ip(US, THEM, &[], &echo(false, IDENT, 1, b"tokentoken"));
    hear(V4, ROUTER.into(), &ip(ROUTER, US, &[], &error(3, 4, 1400, &probe)), |event| {
        let Event::Error(t) = event else { panic!("{event:?}") };
        assert_eq!(t.error.info, 1400);
    });
}

#[test]
fn quotes_of_others_are_foreign() {
    let theirs = ip(US, THEM, &[], &echo(false, Ident(9), 1, b"tokentoken"));
    let mut udp = ip(US, THEM, &[], &[0; 16]);
    udp[9] = protocol::UDP;
    let reply = ip(US, THEM, &[], &echo(true, IDENT, 1, b"tokentoken"));
    let mut bad_length = ip(US, THEM, &[], &echo(false, IDENT, 1, b"tokentoken"));
    bad_length[0] = 0x4f;
    for quote in [&theirs[..], &udp, &reply, &bad_length, &theirs[..27], &[]] {
        assert!(is_foreign(V4, ROUTER, &ip(ROUTER, US, &[], &error(3, 1, 0, quote))));
    }
}

#[test]
fn redirects_are_told_apart() {
    let probe = ip(US, THEM, &[], &echo(false, IDENT, 5, b"tokentoken"));
    let gateway = u32::from(Ipv4Addr::new(10, 0, 0, 77));
    hear(V4, ROUTER.into(), &ip(ROUTER, US, &[], &error(5, 1, gateway, &probe)), |event| {
        let Event::Redirect { gateway, about } = event else { panic!("{event:?}") };
        assert_eq!(gateway, IpAddr::from(Ipv4Addr::new(10, 0, 0, 77)));
        assert_eq!((about.claim.seq, about.error.code), (Some(Seq(5)), 1));
        assert_eq!(about.error.to_string(), "Redirect Host(New nexthop: 10.0.0.77)");
    });
}

#[test]
fn nothing_panics_and_nothing_is_invented_at_any_length() {
    let probe = ip(US, THEM, &[], &echo(false, IDENT, 5, b"tokentoken"));
    for whole in [
        ip(THEM, US, &[7, 7, 4, 1, 2, 3, 4, 0], &echo(true, IDENT, 70, b"payload")),
        ip(ROUTER, US, &[], &error(3, 1, 0, &probe)),
        ip(ROUTER, US, &[], &error(5, 1, 1, &probe)),
    ] {
        for len in 0..whole.len() {
            for listener in [V4, PING, V6] {
                hear(listener, THEM.into(), &whole[..len], |event| {
                    if let Event::Answer(a) = event {
                        assert!(a.payload.len() + 8 <= len);
                    }
                });
            }
        }
    }
}

#[test]
fn an_ipv6_error_quotes_an_ipv6_header() {
    let them: Ipv6Addr = "2001:db8::2".parse().unwrap();
    let us: Ipv6Addr = "2001:db8::1".parse().unwrap();
    let mut probe = vec![128, 0, 0, 0, 0x43, 0x21, 0, 9];
    probe.extend_from_slice(b"tokentoken");
    // What we know of the sum when we send, and what the kernel makes of it.
    let sum = checksum::sum(&probe);
    let full = !checksum::add(sum, checksum::pseudo_v6(us, them, 58, 18));
    probe[2..4].copy_from_slice(&full.to_be_bytes());
    let mut quote = vec![0x60, 0, 0, 0, 0, 18, 58, 3];
    quote.extend_from_slice(&us.octets());
    quote.extend_from_slice(&them.octets());
    quote.extend_from_slice(&probe);
    let mut message = vec![2, 0, 0, 0, 0, 0, 5, 0];
    message.extend_from_slice(&quote);
    hear(V6, them.into(), &message, |event| {
        let Event::Error(t) = event else { panic!("{event:?}") };
        assert_eq!((t.claim.peer.addr, t.claim.seq), (IpAddr::from(them), Some(Seq(9))));
        assert_eq!((t.error.info, t.quoted_checksum), (1280, Some(!sum)));
        assert_eq!(t.quoted_payload, b"tokentoken");
    });
}

#[test]
fn the_error_queue_quotes_from_the_icmp_header_on() {
    let read = Now::default();
    let ancillary = Ancillary::default();
    let probe = echo(false, IDENT, 1234, b"tokentoken");
    let error = ExtError {
        errno: crate::sys::errno::Errno(113),
        origin: Origin::Icmp,
        ty: 3,
        code: 1,
        info: 0,
        data: 0,
        offender: Some(ROUTER.into()),
        rfc4884: None,
    };
    let from = Peer::from(IpAddr::from(THEM));
    for len in 0..probe.len() {
        let heard =
            Heard { by: Hears::Icmp, port: 0, from, bytes: &probe[..len], cut: false, ancillary: &ancillary, read };
        match PING.queued(&heard, &error) {
            Event::Error(t) => {
                assert!(len >= 8);
                assert_eq!((t.claim.seq, t.claim.peer.addr), (Some(Seq(1234)), IpAddr::from(THEM)));
                assert_eq!((t.offender, t.quoted_payload), (ROUTER.into(), &probe[8..len]));
            }
            Event::Local { claim: None, .. } => assert!(len < 8),
            other => panic!("{other:?}"),
        }
    }
    let local = ExtError { origin: Origin::Local, errno: crate::sys::errno::EMSGSIZE, info: 1400, ..error };
    let heard = Heard { by: Hears::Icmp, port: 0, from, bytes: &probe, cut: false, ancillary: &ancillary, read };
    let told = PING.queued(&heard, &local);
    assert!(matches!(told, Event::Local { mtu: Some(1400), claim: Some(_), .. }), "{told:?}");
}

#[test]
fn a_stamps_copy_is_found_behind_any_link_header() {
    let packet = ip(US, THEM, &[], &echo(false, IDENT, 5, b"tokentoken"));
    for link in [0, 4, 14, 18] {
        let mut copy = vec![0x45; link];
        copy.extend_from_slice(&packet);
        assert_eq!(ip_packet(&copy, protocol::ICMP), Some(&packet[..]), "behind {link} octets");
    }
    assert_eq!(probe_in(&packet), Some((THEM.into(), Seq(5))));
    assert_eq!(ip_packet(&packet[..packet.len() - 1], protocol::ICMP), None);
    assert_eq!(ip_packet(&[], protocol::ICMP), None);
}

proptest::proptest! {
    /// Whatever arrives, and however a good packet is damaged: no panic, and no byte that was not there.
    #[test]
    fn any_bytes_are_read_without_a_panic(
        noise in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200),
        hits in proptest::collection::vec((0_usize..120, proptest::prelude::any::<u8>()), 0..6),
        which in 0_usize..4,
    ) {
        let probe = ip(US, THEM, &[7, 7, 4, 0, 0, 0, 0, 0], &echo(false, IDENT, 5, b"tokentoken"));
        let mut packet = match which {
            0 => noise,
            1 => ip(THEM, US, &[], &echo(true, IDENT, 70, b"payload")),
            2 => ip(ROUTER, US, &[], &error(3, 4, 1400, &probe)),
            _ => ip(ROUTER, US, &[], &error(5, 1, 1, &probe)),
        };
        for (at, value) in hits {
            if let Some(byte) = packet.get_mut(at) {
                *byte = value;
            }
        }
        for listener in [V4, PING, V6] {
            hear(listener, THEM.into(), &packet, |event| match event {
                Event::Answer(a) => assert!(a.payload.len() <= packet.len() && a.packet == packet),
                Event::Error(t) => assert!(t.quoted_payload.len() <= packet.len()),
                _ => {}
            });
        }
        let _ = ip_packet(&packet, protocol::ICMP).and_then(probe_in);
    }
}
