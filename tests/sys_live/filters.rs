//! Filters on live sockets: what is not ours never reaches the queue, and what stood in it before is discarded.

use rprobe::sys::batch::{Queue, RecvRing, SendControl};
use rprobe::sys::filter::{Idents, accepts, echo_filter};
use rprobe::sys::socket::Socket;
use rprobe::units::{Family, Ident};

use crate::bed::*;

fn filtered(family: Family, ident: u16) -> Socket {
    let s = Socket::raw_icmp(family).unwrap();
    s.attach_filter(&echo_filter(family, Idents::One(Ident(ident)), false)).unwrap();
    s.drain().unwrap();
    s
}

#[test]
fn strangers_replies_do_not_arrive() {
    in_namespace("sys_live::strangers_replies_do_not_arrive", || {
        for family in FAMILIES {
            let (ours, stranger) = (filtered(family, 10), filtered(family, 11));
            for seq in 0..3 {
                send(&stranger, &echo_request(family, 11, seq, 8), SendControl::default());
            }
            send(&ours, &echo_request(family, 10, 100, 8), SendControl::default());
            collect(&ours, Queue::Data, 1, |r| {
                let reply = if family == Family::V4 { 0 } else { 129 };
                assert_eq!(type_and_seq(family, r.bytes), (reply, 100), "{family}");
            });
            collect(&stranger, Queue::Data, 3, |_| {});
            assert!(is_empty(&ours, Queue::Data) && is_empty(&stranger, Queue::Data));
        }
    });
}

#[test]
fn errors_arrive_only_where_they_quote_us() {
    in_namespace("sys_live::errors_arrive_only_where_they_quote_us", || {
        for family in FAMILIES {
            let ours = filtered(family, 10);
            let forger = filtered(family, 9);
            let quote = |ident| {
                let request = echo_request(family, ident, 7, 0);
                let mut ip = match family {
                    Family::V4 => vec![0x45, 0, 0, 28, 0, 0, 0, 0, 64, 1, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1],
                    Family::V6 => {
                        [vec![0x60, 0, 0, 0, 0, 8, 58, 64], vec![0; 15], vec![1], vec![0; 15], vec![1]].concat()
                    }
                };
                ip.extend(request);
                ip
            };
            let exceeded = if family == Family::V4 { 11 } else { 3 };
            for ident in [9, 11, 10, 12] {
                send(&forger, &icmp(family, exceeded, 0, [0; 4], &quote(ident)), SendControl::default());
            }
            collect(&ours, Queue::Data, 1, |r| {
                assert_eq!(type_and_seq(family, r.bytes).0, exceeded, "{family}");
                let seq = r.bytes.len() - 2;
                assert_eq!(r.bytes[seq - 2..], [0, 10, 0, 7], "{family}: the error that quotes us");
            });
            assert!(is_empty(&ours, Queue::Data));
        }
    });
}

/// A socket without the filter hears everything: what the program says of each packet is what the kernel did with it.
#[test]
fn the_kernel_judges_as_the_program_is_read() {
    const OURS: u16 = 10;
    in_namespace("sys_live::the_kernel_judges_as_the_program_is_read", || {
        for family in FAMILIES {
            let (ours, open) = (filtered(family, OURS), Socket::raw_icmp(family).unwrap());
            let program = echo_filter(family, Idents::One(Ident(OURS)), false);
            let ip = match family {
                Family::V4 => vec![0x45, 0, 0, 28, 0, 0, 0, 0, 64, 1, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1],
                Family::V6 => [vec![0x60, 0, 0, 0, 0, 8, 58, 64], vec![0; 15], vec![1], vec![0; 15], vec![1]].concat(),
            };
            let quote = |ident| [ip.clone(), echo_request(family, ident, 7, 0)].concat();
            for ident in [OURS, OURS + 1] {
                send(&open, &echo_request(family, ident, 1, 30), SendControl::default());
                for ty in 0..=17 {
                    for cut in [0, 3, 9, 21, 25, 27, 45, 48] {
                        let quoted = quote(ident);
                        let quoted = quoted.get(..cut).unwrap_or(&quoted);
                        send(&open, &icmp(family, ty, 0, [0; 4], quoted), SendControl::default());
                    }
                }
            }
            deliver();
            let (mut passed, mut heard) = (Vec::new(), 0);
            while !look_at_some(&open, |bytes| {
                heard += 1;
                if accepts(&program, bytes) {
                    passed.push(bytes.to_vec());
                }
            }) {}
            let mut kept = Vec::new();
            while !look_at_some(&ours, |bytes| kept.push(bytes.to_vec())) {}
            assert!(heard > 200 && (5..heard).contains(&kept.len()), "{family}: {heard} heard, {} kept", kept.len());
            assert_eq!(passed, kept, "{family}");
        }
    });
}

/// Looks at some of what is queued; returns whether nothing was.
fn look_at_some(socket: &Socket, mut look: impl FnMut(&[u8])) -> bool {
    let mut ring = RecvRing::new(64, 2048);
    let n = ring.receive(socket, Queue::Data).unwrap();
    (0..n).filter_map(|i| ring.get(i)).for_each(|received| look(received.bytes));
    n == 0
}

#[test]
fn what_was_heard_before_the_filter_is_discarded() {
    in_namespace("sys_live::what_was_heard_before_the_filter_is_discarded", || {
        for family in FAMILIES {
            let open = Socket::raw_icmp(family).unwrap();
            let other = filtered(family, 5);
            send(&other, &echo_request(family, 5, 1, 0), SendControl::default());
            collect(&other, Queue::Data, 1, |_| {});
            assert_eq!(open.drain().unwrap(), 2, "{family}: the request and the reply of a stranger (K10)");
            assert!(is_empty(&open, Queue::Data));
        }
    });
}

#[test]
fn the_icmp_type_filter_blocks_all_but_what_is_named() {
    in_namespace("sys_live::the_icmp_type_filter_blocks_all_but_what_is_named", || {
        for family in FAMILIES {
            let s = Socket::raw_icmp(family).unwrap();
            let reply = if family == Family::V4 { 0 } else { 129 };
            s.icmp_filter(&[reply]).unwrap();
            s.drain().unwrap();
            send(&s, &echo_request(family, 5, 1, 0), SendControl::default());
            collect(&s, Queue::Data, 1, |r| assert_eq!(type_and_seq(family, r.bytes).0, reply));
            s.icmp_filter(&[]).unwrap();
            send(&s, &echo_request(family, 5, 1, 0), SendControl::default());
            deliver();
            assert!(is_empty(&s, Queue::Data));
        }
    });
}
