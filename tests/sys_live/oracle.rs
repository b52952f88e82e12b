//! `nix` reads the same messages beside us: two sockets get the same packet, one is read by each.

use std::net::IpAddr;
use std::os::fd::AsRawFd;

use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg};
use nix::sys::time::TimeSpec;
use rprobe::clock::WallTime;
use rprobe::sys::ancillary::{Ancillary, Origin};
use rprobe::sys::batch::{Queue, SendControl, Stages};
use rprobe::sys::filter::{Idents, echo_filter};
use rprobe::sys::socket::{Socket, loopback};
use rprobe::sys::stamping::{Timestamping, ensure_receive_stamps};
use rprobe::units::{Family, Ident, Ttl};

use crate::bed::*;

/// One message as `nix` sees it: sender, bytes, control messages.
fn nix_receive(socket: &Socket, flags: MsgFlags) -> (Option<IpAddr>, Vec<u8>, Vec<ControlMessageOwned>) {
    let mut bytes = [0_u8; 2048];
    let mut control = vec![0_u8; 512];
    let mut iov = [std::io::IoSliceMut::new(&mut bytes)];
    let message =
        recvmsg::<SockaddrStorage>(socket.as_raw_fd(), &mut iov, Some(&mut control), flags | MsgFlags::MSG_DONTWAIT)
            .unwrap();
    let from = message.address.and_then(|a| {
        let v4 = a.as_sockaddr_in().map(|a| IpAddr::V4(a.ip()));
        v4.or(a.as_sockaddr_in6().map(|a| IpAddr::V6(a.ip())))
    });
    let messages = message.cmsgs().unwrap().collect();
    let len = message.bytes;
    (from, bytes[..len].to_vec(), messages)
}

#[allow(clippy::unnecessary_cast)] // they widen where C's long is 32 bits
fn wall(t: TimeSpec) -> Option<WallTime> {
    let ns = t.tv_sec() as i64 * 1_000_000_000 + t.tv_nsec() as i64;
    (ns != 0).then_some(WallTime::from_ns(ns))
}

fn listener(family: Family) -> Socket {
    let s = Socket::raw_icmp(family).unwrap();
    s.attach_filter(&echo_filter(family, Idents::One(Ident(77)), false)).unwrap();
    s.recv_hop_limit(true).unwrap();
    s.recv_tos(true).unwrap();
    s.recv_pktinfo(true).unwrap();
    s.recv_drop_count(true).unwrap();
    assert!(s.timestamping(Timestamping::ALL).receive);
    s.drain().unwrap();
    s
}

#[test]
fn a_reply_reads_the_same() {
    in_namespace("sys_live::a_reply_reads_the_same", || {
        let _on = ensure_receive_stamps();
        for family in FAMILIES {
            let (ours, theirs) = (listener(family), listener(family));
            ours.set_tos(0xb8).unwrap();
            send(&ours, &echo_request(family, 77, 1, 40), SendControl::default());
            await_queue(&theirs, Queue::Data);
            let (from, bytes, messages) = nix_receive(&theirs, MsgFlags::empty());
            collect(&ours, Queue::Data, 1, |r| {
                assert_eq!(r.from.map(|f| f.0), from);
                assert_eq!(r.bytes, bytes);
                assert!(!r.truncated && !r.control_truncated);
                let a = &r.ancillary();
                assert_eq!(a.hop_limit, Some(Ttl(64)), "{family}");
                let checked = messages.iter().filter(|m| same(a, m)).count();
                assert_eq!(checked, messages.len(), "{family}: {messages:?}");
                assert_eq!(checked, 4, "{family}: stamp, hop limit, class, interface");
            });
        }
    });
}

/// Compares one message of `nix` with what we read; false for one that we do not know.
fn same(a: &Ancillary, m: &ControlMessageOwned) -> bool {
    match m {
        ControlMessageOwned::ScmTimestampsns(t) => {
            assert!(a.rx_soft.is_some());
            assert_eq!((a.rx_soft, a.rx_hard), (wall(t.system), wall(t.hw_raw)));
        }
        ControlMessageOwned::Ipv4Ttl(v) | ControlMessageOwned::Ipv6HopLimit(v) => {
            assert_eq!(a.hop_limit.map(|t| i32::from(t.0)), Some(*v));
        }
        ControlMessageOwned::Ipv4Tos(v) => assert_eq!(a.tos, Some(*v)),
        ControlMessageOwned::Ipv6TClass(v) => assert_eq!(a.tos.map(i32::from), Some(*v)),
        ControlMessageOwned::Ipv4PacketInfo(v) => {
            let p = a.pktinfo.unwrap();
            assert_eq!(p.ifindex, v.ipi_ifindex as u32);
            assert_eq!(p.local, IpAddr::from(v.ipi_addr.s_addr.to_ne_bytes()));
            assert_eq!(p.spec_dst, IpAddr::from(v.ipi_spec_dst.s_addr.to_ne_bytes()));
        }
        ControlMessageOwned::Ipv6PacketInfo(v) => {
            let p = a.pktinfo.unwrap();
            assert_eq!((p.ifindex, p.local), (v.ipi6_ifindex, IpAddr::from(v.ipi6_addr.s6_addr)));
        }
        // On 32-bit systems the kernel is asked for 64-bit seconds, a message that `nix` does not know.
        _ => return cfg!(target_pointer_width = "32") && a.rx_soft.is_some(),
    }
    true
}

#[test]
fn an_icmp_error_reads_the_same() {
    in_namespace("sys_live::an_icmp_error_reads_the_same", || {
        for family in FAMILIES {
            let closed = |_| {
                let s = Socket::udp(family).unwrap();
                s.recv_error_queue(true).unwrap();
                send_udp(&s, loopback(family), 9, b"is anybody there?").unwrap();
                await_queue(&s, Queue::Error);
                s
            };
            let [ours, theirs] = [0, 1].map(closed);
            let (from, bytes, messages) = nix_receive(&theirs, MsgFlags::MSG_ERRQUEUE);
            collect(&ours, Queue::Error, 1, |r| {
                assert_eq!((r.from.map(|f| f.0), r.bytes), (from, &bytes[..]));
                let e = r.ancillary().error.unwrap();
                let (theirs, offender) = match &messages[..] {
                    [ControlMessageOwned::Ipv4RecvErr(e, Some(a))] => {
                        (e, IpAddr::from(a.sin_addr.s_addr.to_ne_bytes()))
                    }
                    [ControlMessageOwned::Ipv6RecvErr(e, Some(a))] => (e, IpAddr::from(a.sin6_addr.s6_addr)),
                    other => panic!("{other:?}"),
                };
                assert_eq!((e.errno.0, e.ty, e.code), (theirs.ee_errno as i32, theirs.ee_type, theirs.ee_code));
                assert_eq!((e.info, e.data), (theirs.ee_info, theirs.ee_data));
                assert_eq!((e.offender, offender), (Some(loopback(family)), loopback(family)));
                let origin = if family == Family::V4 { Origin::Icmp } else { Origin::Icmp6 };
                assert_eq!(e.origin, origin);
            });
        }
    });
}

#[test]
fn a_transmit_stamp_reads_the_same_and_has_no_offender() {
    in_namespace("sys_live::a_transmit_stamp_reads_the_same_and_has_no_offender", || {
        let [ours, theirs] = [0, 1].map(|_| {
            let s = listener(Family::V4);
            let granted = s.timestamping(Timestamping::ALL);
            assert!(granted.transmit);
            let stamp = granted.numbered.then_some(5);
            let control = SendControl { stages: Stages::DRIVER, stamp, ..SendControl::default() };
            send(&s, &echo_request(Family::V4, 78, 1, 0), control);
            await_queue(&s, Queue::Error);
            s
        });
        let (_, _, messages) = nix_receive(&theirs, MsgFlags::MSG_ERRQUEUE);
        collect(&ours, Queue::Error, 1, |r| {
            let tx = r.ancillary().tx.unwrap();
            assert_eq!((r.ancillary().error, r.from), (None, None));
            let known = cfg!(target_pointer_width = "64"); // see `same`
            let stamped = messages
                .iter()
                .any(|m| matches!(m, ControlMessageOwned::ScmTimestampsns(t) if wall(t.system).is_some()));
            assert!((stamped || !known) && tx.soft.is_some());
            let number = messages.iter().find_map(|m| match m {
                ControlMessageOwned::Ipv4RecvErr(e, _) => Some(e.ee_data),
                _ => None,
            });
            assert_eq!(Some(tx.id), number);
        });
    });
}
