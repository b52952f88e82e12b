//! Control messages as the kernel lays them out, built by hand.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::sys::cmsg::Encoder;
use crate::units::Family;
use proptest::prelude::*;

fn control(messages: &[(i32, i32, Vec<u8>)]) -> Vec<u8> {
    let mut buffer = vec![0_u8; 1024];
    let mut e = Encoder::new(&mut buffer);
    for (level, ty, data) in messages {
        e.push(*level, *ty, data).unwrap();
    }
    let len = e.len();
    buffer.truncate(len);
    buffer
}

fn wide_stamps(stamps: [(i64, i64); 3]) -> Vec<u8> {
    stamps.iter().flat_map(|(s, n)| [s.to_ne_bytes(), n.to_ne_bytes()].concat()).collect()
}

fn extended(errno: i32, origin: u8, ty: u8, code: u8, info: u32, data: u32, offender: &[u8]) -> Vec<u8> {
    let mut v = errno.to_ne_bytes().to_vec();
    v.extend([origin, ty, code, 0]);
    v.extend(info.to_ne_bytes());
    v.extend(data.to_ne_bytes());
    v.extend(offender);
    v
}

fn sockaddr_in(family: i32, octets: [u8; 4]) -> Vec<u8> {
    let mut v = (family as u16).to_ne_bytes().to_vec();
    v.extend([0, 0]);
    v.extend(octets);
    v.extend([0; 8]);
    v
}

#[test]
fn a_received_packet() {
    let a = decode(&control(&[
        (SOL_SOCKET, SO_TIMESTAMPING_NEW, wide_stamps([(1_700_000_000, 5), (0, 0), (7, 9)])),
        (IPPROTO_IP, libc::IP_TTL, 64_i32.to_ne_bytes().to_vec()),
        (IPPROTO_IP, libc::IP_TOS, vec![0xb8]),
        (IPPROTO_IP, libc::IP_RECVOPTS, vec![1, 1, 0]),
        (IPPROTO_IP, libc::IP_PKTINFO, [&3_u32.to_ne_bytes()[..], &[10, 0, 0, 1], &[10, 0, 0, 255]].concat()),
        (SOL_SOCKET, SO_RXQ_OVFL, 17_u32.to_ne_bytes().to_vec()),
        (99, 99, vec![1, 2, 3]),
    ]));
    assert_eq!(a.rx_soft, Some(WallTime::from_ns(1_700_000_000_000_000_005)));
    assert_eq!(a.rx_hard, Some(WallTime::from_ns(7_000_000_009)));
    assert_eq!((a.hop_limit, a.tos, a.drops), (Some(Ttl(64)), Some(0xb8), Some(17)));
    assert_eq!(a.ip_options.unwrap().as_bytes(), [1, 1, 0]);
    let info = a.pktinfo.unwrap();
    assert_eq!(
        (info.ifindex, info.spec_dst, info.local),
        (3, "10.0.0.1".parse().unwrap(), "10.0.0.255".parse().unwrap())
    );
    assert_eq!((a.error, a.tx), (None, None));
}

#[test]
fn a_received_v6_packet() {
    let local: Ipv6Addr = "fd00::7".parse().unwrap();
    let a = decode(&control(&[
        (IPPROTO_IPV6, libc::IPV6_HOPLIMIT, 255_i32.to_ne_bytes().to_vec()),
        (IPPROTO_IPV6, libc::IPV6_TCLASS, 1_i32.to_ne_bytes().to_vec()),
        (IPPROTO_IPV6, libc::IPV6_PKTINFO, [&local.octets()[..], &2_u32.to_ne_bytes()].concat()),
    ]));
    assert_eq!((a.hop_limit, a.tos), (Some(Ttl(255)), Some(1)));
    assert_eq!(a.pktinfo.map(|p| (p.ifindex, p.local)), Some((2, IpAddr::V6(local))));
}

#[test]
fn an_offender_is_only_there_if_it_has_a_family() {
    let with = |family| {
        let e = extended(libc::EHOSTUNREACH, SO_EE_ORIGIN_ICMP, 3, 1, 0, 0, &sockaddr_in(family, [192, 0, 2, 9]));
        decode(&control(&[(IPPROTO_IP, libc::IP_RECVERR, e)])).error.unwrap()
    };
    let e = with(libc::AF_INET);
    assert_eq!((e.errno, e.origin, e.ty, e.code), (Errno(libc::EHOSTUNREACH), Origin::Icmp, 3, 1));
    assert_eq!(e.offender, Some("192.0.2.9".parse().unwrap()));
    assert_eq!(with(libc::AF_UNSPEC).offender, None);
    let bare = extended(libc::EMSGSIZE, SO_EE_ORIGIN_LOCAL, 0, 0, 1400, 0, &[]);
    let e = decode(&control(&[(IPPROTO_IPV6, libc::IPV6_RECVERR, bare)])).error.unwrap();
    assert_eq!((e.origin, e.info, e.offender), (Origin::Local, 1400, None));
}

#[test]
fn transmit_stamps_are_not_errors() {
    let stage = |info, stamps| {
        let e =
            extended(libc::ENOMSG, SO_EE_ORIGIN_TIMESTAMPING, 0, 0, info, 41, &sockaddr_in(libc::AF_UNSPEC, [0; 4]));
        decode(&control(&[(SOL_SOCKET, SO_TIMESTAMPING_NEW, wide_stamps(stamps)), (IPPROTO_IP, libc::IP_RECVERR, e)]))
    };
    let a = stage(SCM_TSTAMP_SND, [(5, 6), (0, 0), (0, 0)]);
    let at = Some(WallTime::from_ns(5_000_000_006));
    assert_eq!(a, Ancillary { tx: Some(TxStamp { stage: Stage::Driver, id: 41, soft: at, hard: None }), ..a });
    assert_eq!((a.rx_soft, a.error), (None, None));
    assert_eq!(stage(SCM_TSTAMP_SCHED, [(5, 6), (0, 0), (0, 0)]).tx.map(|t| t.stage), Some(Stage::Sched));
    let nic = stage(SCM_TSTAMP_SND, [(0, 0), (0, 0), (5, 6)]).tx.unwrap();
    assert_eq!((nic.stage, nic.soft, nic.hard), (Stage::Nic, None, at));
    let ack = stage(2, [(5, 6), (0, 0), (0, 0)]);
    assert_eq!((ack.tx, ack.error.map(|e| e.origin)), (None, Some(Origin::Timestamping)));
}

#[test]
fn the_extension_is_where_the_kernel_says() {
    let mut e = extended(libc::EHOSTUNREACH, SO_EE_ORIGIN_ICMP, 11, 0, 0, 0, &[]);
    e[12..14].copy_from_slice(&128_u16.to_ne_bytes());
    e[14] = SO_EE_RFC4884_FLAG_INVALID;
    let e = decode(&control(&[(IPPROTO_IP, libc::IP_RECVERR, e)])).error.unwrap();
    assert_eq!(e.rfc4884, Some(Rfc4884 { offset: 128, invalid: true }));
}

#[test]
fn narrow_stamps_of_32_bit_kernels() {
    let narrow: Vec<u8> = [1_700_000_000_i32, 5, 0, 0, 7, 9].iter().flat_map(|v| v.to_ne_bytes()).collect();
    assert_eq!(stamp(&narrow, 0, false), Some(WallTime::from_ns(1_700_000_000_000_000_005)));
    assert_eq!(stamp(&narrow, 1, false), None);
    assert_eq!(stamp(&narrow, 2, false), Some(WallTime::from_ns(7_000_000_009)));
    assert_eq!(stamp(&narrow, 2, true), None, "too short for three wide ones");
}

#[test]
fn everything_at_once_fits() {
    for (family, source) in [(Family::V4, "192.0.2.1"), (Family::V6, "fd00::1")] {
        let c = SendControl {
            ttl: Some(Ttl(9)),
            tos: Some(4),
            stages: Stages::SCHED | Stages::DRIVER | Stages::NIC,
            stamp: Some(0x0102_0304),
            ifindex: Some(5),
            source: Some(source.parse().unwrap()),
        };
        let mut buffer = [0_u8; SEND_CONTROL_LEN];
        let (len, number) = encode(&c, family, &mut buffer);
        assert_eq!(Messages::new(&buffer[..len]).count(), 5);
        let at = number.unwrap();
        assert_eq!(buffer[at..at + 4], 0x0102_0304_u32.to_ne_bytes());
        let a = decode(&buffer[..len]);
        assert_eq!((a.hop_limit, a.tos), (Some(Ttl(9)), Some(4)));
        assert_eq!(a.pktinfo.map(|p| (p.ifindex, p.spec_dst)), Some((5, source.parse().unwrap())));
    }
    assert_eq!(encode(&SendControl::default(), Family::V4, &mut []), (0, None));
}

proptest! {
    #[test]
    fn any_bytes_decode_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = decode(&bytes);
    }

    #[test]
    fn any_message_of_a_known_kind_decodes_without_panic(
        kind in 0..11_usize,
        data in proptest::collection::vec(any::<u8>(), 0..80),
    ) {
        let (level, ty) = [
            (SOL_SOCKET, SO_TIMESTAMPING_OLD), (SOL_SOCKET, SO_TIMESTAMPING_NEW), (SOL_SOCKET, SO_RXQ_OVFL),
            (IPPROTO_IP, libc::IP_TTL), (IPPROTO_IPV6, libc::IPV6_HOPLIMIT), (IPPROTO_IP, libc::IP_TOS),
            (IPPROTO_IPV6, libc::IPV6_TCLASS), (IPPROTO_IP, libc::IP_PKTINFO), (IPPROTO_IPV6, libc::IPV6_PKTINFO),
            (IPPROTO_IP, libc::IP_RECVERR), (IPPROTO_IPV6, libc::IPV6_RECVERR),
        ][kind];
        let _ = decode(&control(&[(level, ty, data)]));
    }
}

#[test]
fn what_a_packet_socket_says_beside_a_frame() {
    // struct tpacket_auxdata: status, length, length taken, two offsets, tag, its type.
    let auxdata = |status: u32, tci: u16, tpid: u16| {
        let words = [status, 1514, 96].map(u32::to_ne_bytes).concat();
        [words, [0, 14, tci, tpid].map(u16::to_ne_bytes).concat()].concat()
    };
    let read = |data: Vec<u8>| decode(&control(&[(SOL_PACKET, PACKET_AUXDATA, data)])).frame;
    let plain = read(auxdata(1, 0, 0)).unwrap();
    assert_eq!((plain.len, plain.vlan, plain.checksum_pending), (1514, None, false));
    let tagged = read(auxdata(1 | 1 << 4 | 1 << 6 | 1 << 3, 0x6005, 0x88a8)).unwrap();
    assert_eq!(tagged.vlan, Some((EtherType::SERVICE_VLAN, Tag { id: 5, priority: 3, drop_eligible: false })));
    assert!(tagged.checksum_pending);
    let old = read(auxdata(1 | 1 << 4, 0, 0)).unwrap();
    assert_eq!(old.vlan, Some((EtherType::VLAN, Tag::default())), "a tag of VLAN 0, by a kernel that names no type");
    assert_eq!(read(auxdata(1 | 1 << 4, 0, 0)[..19].to_vec()).map(|f| f.vlan.is_some()), Some(true));
    assert_eq!(read(vec![0; 12]), None);
}

#[test]
fn a_stamp_of_a_packet_socket_is_one() {
    let error = extended(libc::ENOMSG, SO_EE_ORIGIN_TIMESTAMPING, 0, 0, SCM_TSTAMP_SND, 9, &[]);
    let a = decode(&control(&[
        (SOL_SOCKET, SO_TIMESTAMPING_NEW, wide_stamps([(1, 5), (0, 0), (0, 0)])),
        (SOL_PACKET, PACKET_TX_TIMESTAMP, error),
    ]));
    let at = Some(WallTime::from_ns(1_000_000_005));
    assert_eq!(
        a,
        Ancillary { tx: Some(TxStamp { stage: Stage::Driver, id: 9, soft: at, hard: None }), ..Ancillary::default() }
    );
}

/// Buffers as kernels wrote them, kept in the fuzzer's corpus: what is in each, and that nothing is read beyond any end.
/// Without a system call, so that it runs where only memory is watched (`.ci/miri`).
#[test]
#[cfg(all(target_pointer_width = "64", target_endian = "little"))]
fn recorded_buffers_are_read_whole_and_cut() {
    const RECORDED: [(&str, &[u8]); 8] = [
        ("reply_v4", include_bytes!("../../../fuzz/corpus/control/reply_v4")),
        ("reply_v6", include_bytes!("../../../fuzz/corpus/control/reply_v6")),
        ("error_v4", include_bytes!("../../../fuzz/corpus/control/error_v4")),
        ("error_v6_extension", include_bytes!("../../../fuzz/corpus/control/error_v6_extension")),
        ("error_local", include_bytes!("../../../fuzz/corpus/control/error_local")),
        ("sent_sched", include_bytes!("../../../fuzz/corpus/control/sent_sched")),
        ("sent_driver", include_bytes!("../../../fuzz/corpus/control/sent_driver")),
        ("sent_nic", include_bytes!("../../../fuzz/corpus/control/sent_nic")),
    ];
    for (name, bytes) in RECORDED {
        let read = decode(bytes);
        let sent = name.starts_with("sent");
        assert_eq!((read.tx.is_some(), read.error.is_some()), (sent, name.starts_with("error")), "{name}: {read:?}");
        assert!(!name.starts_with("reply") || read.rx_soft.is_some(), "{name}: {read:?}");
        for cut in 0..bytes.len() {
            // A buffer of exactly so many octets: one more would be somebody else's memory.
            let exact: Box<[u8]> = bytes[..cut].into();
            let read = decode(&exact);
            assert!(read.tx.is_none() || read.error.is_none(), "{name} cut to {cut}");
        }
    }
}
