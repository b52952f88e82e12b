//! Options, look-ups and idents, each seen by its effect.

use std::net::IpAddr;

use rprobe::sys::batch::{Outgoing, Queue, SendControl, SendRing};
use rprobe::sys::filter::{Idents, echo_filter};
use rprobe::sys::options::PmtuMode;
use rprobe::sys::route::{self, RouteHints};
use rprobe::sys::socket::{Socket, loopback};
use rprobe::sys::{caps, interfaces};
use rprobe::units::{Family, Ident, Ttl};

use crate::bed::*;

/// A raw socket that hears the echo *requests* it sends itself.
fn mirror(family: Family) -> Socket {
    let s = Socket::raw_icmp(family).unwrap();
    s.icmp_filter(&[if family == Family::V4 { 8 } else { 128 }]).unwrap();
    s.recv_hop_limit(true).unwrap();
    s.recv_tos(true).unwrap();
    s.drain().unwrap();
    s
}

#[test]
fn hop_limit_and_class_go_out_as_set() {
    in_namespace("sys_live::hop_limit_and_class_go_out_as_set", || {
        for family in FAMILIES {
            let s = mirror(family);
            s.set_ttl(Ttl(9)).unwrap();
            s.set_tos(0x2c).unwrap();
            send(&s, &echo_request(family, 1, 1, 0), SendControl::default());
            let own = SendControl { ttl: Some(Ttl(8)), tos: Some(0x20), ..SendControl::default() };
            send(&s, &echo_request(family, 1, 2, 0), own);
            let mut seen = Vec::new();
            collect(&s, Queue::Data, 2, |r| {
                seen.push((r.ancillary().hop_limit.unwrap().0, r.ancillary().tos.unwrap()))
            });
            assert_eq!(seen, [(9, 0x2c), (8, 0x20)], "{family}: the socket's, then the packet's own");
        }
    });
}

#[test]
fn a_ping_socket_knows_its_ident_and_may_choose_it() {
    in_namespace("sys_live::a_ping_socket_knows_its_ident_and_may_choose_it", || {
        for family in FAMILIES {
            let any = Socket::ping(family).unwrap();
            let ident = any.local_ident().unwrap();
            assert_ne!(ident, Ident(0));
            assert_eq!(any.local_ident().unwrap(), ident, "and keeps it");
            let chosen = Socket::ping(family).unwrap();
            chosen.bind_port(loopback(family), 0, 4711).unwrap();
            assert_eq!(chosen.local_ident().unwrap(), Ident(4711));
            // The kernel writes the ident over ours, and the reply comes without an IP header.
            send(&chosen, &echo_request(family, 9, 6, 4), SendControl::default());
            collect(&chosen, Queue::Data, 1, |r| assert_eq!(r.bytes[4..8], [0x12, 0x67, 0, 6]));
        }
    });
}

#[test]
fn whole_packets_keep_what_we_wrote() {
    in_namespace("sys_live::whole_packets_keep_what_we_wrote", || {
        let out = Socket::raw_header_sender().unwrap();
        let inbox = Socket::raw_icmp(Family::V4).unwrap();
        inbox.attach_filter(&echo_filter(Family::V4, Idents::One(Ident(3)), false)).unwrap();
        inbox.icmp_filter(&[0]).unwrap();
        inbox.drain().unwrap();
        let mut packet = vec![0x45, 0, 0, 0, 0x77, 0x77, 0x40, 0, 5, 1, 0, 0, 127, 0, 0, 1, 127, 0, 0, 9];
        packet.extend(echo_request(Family::V4, 3, 1, 4));
        let item = Outgoing {
            to: Some((IpAddr::from([127, 0, 0, 9]), 0)),
            port: 0,
            flow: 0,
            bytes: &packet,
            control: SendControl::default(),
        };
        assert_eq!(SendRing::new(1).send(&out, std::iter::once(item)).unwrap(), 1);
        collect(&inbox, Queue::Data, 1, |r| assert_eq!(r.from, Some((IpAddr::from([127, 0, 0, 9]), 0))));
        assert_eq!(out.drain().unwrap(), 0, "hears nothing");
    });
}

#[test]
fn flow_labels_are_leased_and_sent() {
    in_namespace("sys_live::flow_labels_are_leased_and_sent", || {
        let s = mirror(Family::V6);
        let IpAddr::V6(to) = loopback(Family::V6) else { unreachable!() };
        assert_eq!(s.set_flow_label(0x12345, to).unwrap(), 0x12345);
        let packet = echo_request(Family::V6, 1, 1, 0);
        let item = |flow| Outgoing {
            to: Some((to.into(), 0)),
            port: 0,
            flow,
            bytes: &packet,
            control: SendControl::default(),
        };
        let mut ring = SendRing::new(1);
        assert_eq!(ring.send(&s, std::iter::once(item(0x12345))).unwrap(), 1);
        // Nobody has it for himself: not while it is used, and not in the seconds that a lease lingers.
        let other = Socket::raw_icmp(Family::V6).unwrap();
        assert_eq!(other.set_flow_label(0x12345, to).unwrap(), 0x12345);
        let chosen = Socket::raw_icmp(Family::V6).unwrap().set_flow_label(0, to).unwrap();
        assert!((1..1 << 20).contains(&chosen));
    });
}

#[test]
fn every_option_is_taken_by_the_kernel() {
    in_namespace("sys_live::every_option_is_taken_by_the_kernel", || {
        for family in FAMILIES {
            for s in [Socket::raw_icmp(family), Socket::ping(family), Socket::udp(family)] {
                let s = s.unwrap();
                for mode in [PmtuMode::Do, PmtuMode::Want, PmtuMode::Probe, PmtuMode::Dont] {
                    s.set_pmtu_mode(mode).unwrap();
                }
                for on in [true, false] {
                    s.set_broadcast(on).unwrap();
                    s.set_dontroute(on).unwrap();
                    s.set_debug(on).unwrap();
                    s.set_multicast_loop(on).unwrap();
                    s.recv_error_queue(on).unwrap();
                    s.recv_error_rfc4884(on).unwrap();
                }
                s.set_mark(7).unwrap();
                s.set_unicast_interface(1).unwrap();
                s.set_multicast_interface(1).unwrap();
                assert_eq!(s.set_unicast_interface(4321).unwrap_err().raw_os_error(), Some(libc::EADDRNOTAVAIL));
                s.bind_device("lo").unwrap();
                assert_eq!(s.bind_device("nosuch0").unwrap_err().raw_os_error(), Some(libc::ENODEV));
                assert!(s.set_receive_buffer(8 << 20).unwrap() >= 8 << 20, "beyond rmem_max, being root");
                assert!(s.set_send_buffer(8 << 20).unwrap() >= 8 << 20);
                assert_eq!(s.memory_info().unwrap().drops, 0);
            }
        }
        let s = Socket::raw_icmp(Family::V4).unwrap();
        s.set_hdrincl(true).unwrap();
        s.set_hdrincl(false).unwrap();
        s.set_ip_options(&[7, 39, 4].iter().copied().chain([0; 37]).collect::<Vec<_>>()).unwrap();
    });
}

#[test]
fn routes_sources_and_broadcasts_are_the_kernels() {
    in_namespace("sys_live::routes_sources_and_broadcasts_are_the_kernels", || {
        let ip = |s: &str| s.parse::<IpAddr>().unwrap();
        for command in [
            "link add veth0 type veth peer name veth1",
            "addr add 192.0.2.1/24 brd + dev veth0",
            "link set veth0 up",
            "link set veth1 up",
        ] {
            let ok = std::process::Command::new("ip").args(command.split(' ')).status().unwrap().success();
            assert!(ok, "ip {command}");
        }
        let hints = RouteHints::default();
        assert_eq!(route::source_for(ip("192.0.2.9"), 0, &hints).unwrap(), ip("192.0.2.1"));
        assert_eq!(route::source_for(ip("127.0.0.5"), 0, &hints).unwrap(), ip("127.0.0.1"));
        assert_eq!(route::source_for(ip("::1"), 0, &hints).unwrap(), ip("::1"));
        let e = route::source_for(ip("198.51.100.1"), 0, &hints).unwrap_err();
        assert_eq!(e.raw_os_error(), Some(libc::ENETUNREACH));
        let foreign = RouteHints { source: Some((ip("192.0.2.77"), 0)), ..hints };
        let e = route::source_for(ip("192.0.2.9"), 0, &foreign).unwrap_err();
        assert_eq!(e.raw_os_error(), Some(libc::EADDRNOTAVAIL));
        for (addr, broadcast) in [("192.0.2.255", true), ("192.0.2.9", false), ("127.0.0.1", false), ("::1", false)] {
            assert_eq!(route::is_broadcast(ip(addr), &hints), broadcast, "{addr}");
        }
        assert_eq!(route::source_for(ip("192.0.2.255"), 0, &hints).unwrap(), ip("192.0.2.1"));
        for (addr, local) in [
            ("192.0.2.1", true),
            ("127.9.9.9", true),
            ("::1", true),
            ("192.0.2.2", false),
            ("fd00::1", false),
            ("0.0.0.0", false),
            ("224.0.0.1", false),
        ] {
            assert_eq!(route::is_local_address(ip(addr)), local, "{addr}");
        }
        let veth = interfaces::list().unwrap().into_iter().find(|i| i.name == "veth0").unwrap();
        assert!(veth.is_up() && veth.addresses.contains(&ip("192.0.2.1")));
        assert!(!interfaces::is_vrf("veth0"));
    });
}

#[test]
fn without_capabilities_the_kernel_says_no() {
    in_namespace("sys_live::without_capabilities_the_kernel_says_no", || {
        caps::drop_all().unwrap();
        let e = Socket::raw_icmp(Family::V4).unwrap_err();
        assert_eq!(e.raw_os_error(), Some(libc::EPERM));
        Socket::ping(Family::V4).unwrap();
        let s = Socket::udp(Family::V4).unwrap();
        assert_eq!(s.set_mark(1).unwrap_err().raw_os_error(), Some(libc::EPERM));
        assert!(s.set_receive_buffer(64 << 20).unwrap() < 64 << 20, "not beyond rmem_max, and no error");
    });
}
