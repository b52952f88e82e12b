//! The error queue: who offends, what is left of a packet, and which call fails.

use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::AsFd;

use rprobe::sys::ancillary::Origin;
use rprobe::sys::batch::{Outgoing, Queue, SendControl, SendRing};
use rprobe::sys::clock::boot_now;
use rprobe::sys::errno::Errno;
use rprobe::sys::options::PmtuMode;
use rprobe::sys::poll::{self, Interest};
use rprobe::sys::socket::{Socket, loopback};
use rprobe::units::Family;

use crate::bed::*;

#[test]
fn an_error_of_this_host_has_no_offender() {
    in_namespace("sys_live::an_error_of_this_host_has_no_offender", || {
        for family in FAMILIES {
            let s = Socket::udp(family).unwrap();
            s.recv_error_queue(true).unwrap();
            s.set_pmtu_mode(PmtuMode::Do).unwrap();
            let e = send_udp(&s, loopback(family), 9, &[0; 2000]).unwrap_err();
            assert_eq!(Errno::from(&e).name(), "EMSGSIZE");
            collect(&s, Queue::Error, 1, |r| {
                let e = r.ancillary().error.unwrap();
                assert_eq!((e.origin, e.errno), (Origin::Local, Errno(libc::EMSGSIZE)));
                assert_eq!((e.info, e.offender), (1500, None), "{family}: the MTU, and nobody to blame");
            });
        }
    });
}

#[test]
fn an_error_shows_as_error_and_fails_the_next_innocent_send() {
    in_namespace("sys_live::an_error_shows_as_error_and_fails_the_next_innocent_send", || {
        for family in FAMILIES {
            let s = Socket::udp(family).unwrap();
            s.recv_error_queue(true).unwrap();
            s.connect(loopback(family), 0, 9).unwrap();
            let item = Outgoing { to: None, port: 0, flow: 0, bytes: b"x", control: SendControl::default() };
            let mut ring = SendRing::new(1);
            assert_eq!(ring.send(&s, std::iter::once(item)).unwrap(), 1);
            deliver();
            let set = poll::wait(&[(s.as_fd(), Interest::Errors)], Some(boot_now())).unwrap();
            assert!(set.get(0).error && !set.get(0).read);
            let failed = ring.send(&s, std::iter::once(item)).unwrap_err();
            assert_eq!(failed.raw_os_error(), Some(libc::ECONNREFUSED));
            assert_eq!(ring.send(&s, std::iter::once(item)).unwrap(), 1, "{family}: once only");
            assert!(s.take_error().unwrap().is_some());
            assert_eq!(s.take_error().unwrap(), None);
            assert_eq!(s.drain().unwrap(), 2);
            assert!(is_empty(&s, Queue::Error));
        }
    });
}

#[test]
fn a_short_batch_hides_its_errno_until_it_is_sent_again() {
    in_namespace("sys_live::a_short_batch_hides_its_errno_until_it_is_sent_again", || {
        let s = Socket::raw_icmp(Family::V4).unwrap();
        let packet = echo_request(Family::V4, 1, 1, 0);
        let nowhere = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1)); // a namespace of loopback alone has no route
        let to = [loopback(Family::V4), nowhere, loopback(Family::V4)];
        let item = |to: &IpAddr| Outgoing {
            to: Some((*to, 0)),
            port: 0,
            flow: 0,
            bytes: &packet,
            control: SendControl::default(),
        };
        let mut ring = SendRing::new(8);
        assert_eq!(ring.send(&s, to.iter().map(item)).unwrap(), 1);
        let e = ring.send(&s, to[1..].iter().map(item)).unwrap_err();
        assert_eq!(Errno::from(&e).name(), "ENETUNREACH");
        assert_eq!(ring.send(&s, to[2..].iter().map(item)).unwrap(), 1);
    });
}
