//! Kernel facts 14 to 17: who fills which header field, whose ident it is, and hosts of whole prefixes.

use socket2::{Domain, Type};

use crate::lab::{self, Frame, Pair};
use crate::socket::{Sock, echo, icmp_of, ident_seq};

/// A packet with an IPv4 header of our own: everything in it is a lie or zero unless the test sets it.
struct Own {
    source: [u8; 4],
    ident: u16,
    fragment: u16,
    payload: usize,
}

impl Own {
    fn bytes(&self) -> Vec<u8> {
        let mut b = vec![0x45, 0x10, 0xaa, 0xaa];
        b.extend(self.ident.to_be_bytes());
        b.extend(self.fragment.to_be_bytes());
        b.extend([33, 1, 0xbb, 0xbb]);
        b.extend(self.source);
        b.extend([10, 1, 0, 2]);
        let mut echo = echo("10.1.0.2", 0x1111, self.ident);
        echo.resize(echo.len() + self.payload, 0);
        b.extend(echo);
        b
    }
}

/// A raw socket whose headers are ours.
fn hdrincl(pair: &Pair) -> Sock {
    let sock = Sock::raw(&pair.a, "10.1.0.2");
    sock.set(libc::SOL_IP, libc::IP_HDRINCL, 1).unwrap();
    sock
}

/// Sends and gives the packet as it left.
fn sent(pair: &Pair, sock: &Sock, own: &Own) -> Vec<u8> {
    let capture = pair.a.capture("eth0");
    sock.send("10.1.0.2", &own.bytes()).unwrap();
    // The address resolution of the first packet delays it.
    std::thread::sleep(std::time::Duration::from_millis(300));
    let frames = capture.stop();
    let packet = frames.iter().find(|f| f.icmp().is_some_and(|m| m.is_echo_request() && m.src.is_ipv4()));
    packet.map(Frame::ip).expect("the echo request in the capture").to_vec()
}

fn be16(b: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([b[at], b[at + 1]])
}

#[test]
fn k14_the_kernel_fills_length_and_checksum_always() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let own = Own { source: [10, 1, 0, 1], ident: 0x1234, fragment: 0x4000, payload: 0 };
    let packet = sent(&pair, &hdrincl(&pair), &own);
    let header = etherparse::Ipv4HeaderSlice::from_slice(&packet).unwrap();
    assert_eq!(usize::from(be16(&packet, 2)), own.bytes().len(), "total length");
    assert_eq!(header.to_header().calc_header_checksum(), header.header_checksum(), "checksum");
    // The rest is ours, to the bit.
    assert_eq!((packet[0], packet[1], packet[8], packet[9]), (0x45, 0x10, 33, 1));
    assert_eq!((be16(&packet, 4), be16(&packet, 6)), (0x1234, 0x4000));
    assert_eq!((&packet[12..16], &packet[20..]), (&own.source[..], &own.bytes()[20..]));
}

#[test]
fn k14_the_kernel_fills_ident_and_source_where_they_are_zero() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let sock = hdrincl(&pair);
    let zero = Own { source: [0; 4], ident: 0, fragment: 0, payload: 0 };
    let packets: Vec<Vec<u8>> = (0..3).map(|_| sent(&pair, &sock, &zero)).collect();
    assert!(packets.iter().all(|p| p[12..16] == [10, 1, 0, 1]), "source");
    assert!(packets.iter().any(|p| be16(p, 4) != 0), "ident");
    // One of its own draws may be zero; with DF all are, since no fragment will need it (RFC 6864).
    let atomic = Own { fragment: 0x4000, ..zero };
    assert!((0..3).all(|_| be16(&sent(&pair, &sock, &atomic), 4) == 0), "ident with DF");
}

#[test]
fn k14_a_foreign_source_goes_out() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let own = Own { source: [203, 0, 113, 9], ident: 1, fragment: 0, payload: 0 };
    assert_eq!(sent(&pair, &hdrincl(&pair), &own)[12..16], [203, 0, 113, 9]);
}

#[test]
fn k14_nothing_is_fragmented() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let own = Own { source: [0; 4], ident: 1, fragment: 0, payload: 1500 };
    let e = hdrincl(&pair).send("10.1.0.2", &own.bytes()).unwrap_err();
    assert_eq!(e.raw_os_error(), Some(libc::EMSGSIZE));
}

#[test]
fn k14_a_socket_of_ipproto_raw_sends_whole_packets_and_hears_nothing() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let sender = Sock::new(&pair.a, Domain::IPV4, Type::RAW, libc::IPPROTO_RAW).unwrap();
    let listener = Sock::raw(&pair.a, "10.1.0.2");
    let own = Own { source: [0; 4], ident: 1, fragment: 0, payload: 0 };
    sender.send("10.1.0.2", &own.bytes()).unwrap();
    let heard = listener.hear().expect("the reply, on the other socket");
    assert_eq!(ident_seq(icmp_of(&heard)), (0x1111, 1));
    assert!(matches!(sender.receive(0), Ok(None)));
}

#[test]
fn k14_a_raw_socket_of_protocol_0_is_not_supported() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let refused = Sock::new(&host, Domain::IPV4, Type::RAW, 0).map(drop).unwrap_err();
    assert_eq!(refused.raw_os_error(), Some(libc::EPROTONOSUPPORT));
}

#[test]
fn k15_a_ping_socket_puts_its_own_port_for_the_ident() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    for target in ["10.1.0.2", "fd00:1::2"] {
        let sock = Sock::ping(&pair.a, target);
        let capture = pair.a.capture("eth0");
        sock.send(target, &echo(target, 0xdead, 5)).unwrap();
        let port = sock.0.local_addr().unwrap().as_socket().unwrap().port();
        let reply = sock.hear().expect("a reply");
        assert_eq!(ident_seq(&reply.bytes), (port, 5), "what the socket hears begins with the ICMP header");
        let seen = capture.stop_icmp();
        let request = seen.iter().find(|m| m.is_echo_request()).unwrap();
        assert_eq!(request.ident(), port, "{target}");
    }
}

#[test]
fn k15_a_ping_socket_refuses_other_types() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    for (target, kinds) in [("10.1.0.2", [0, 13, 17]), ("fd00:1::2", [129, 135, 1])] {
        let sock = Sock::ping(&pair.a, target);
        for kind in kinds {
            let mut bytes = echo(target, 0, 1);
            bytes[0] = kind;
            assert_eq!(sock.send(target, &bytes).unwrap_err().raw_os_error(), Some(libc::EINVAL), "type {kind}");
        }
    }
}

#[test]
fn k15_an_ipv6_ping_socket_does_not_send_ipv4() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let sock = Sock::ping(&pair.a, "::1");
    assert!(sock.send("[::ffff:10.1.0.2]:0", &echo("::1", 0, 1)).is_err());
}

#[test]
fn k15_raw_and_ping_sockets_hear_each_others_replies() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    for target in ["10.1.0.2", "fd00:1::2"] {
        let (raw, ping) = (Sock::raw(&pair.a, target), Sock::ping(&pair.a, target));
        ping.send(target, &echo(target, 0, 1)).unwrap();
        let port = ping.0.local_addr().unwrap().as_socket().unwrap().port();
        ping.hear().expect("its own reply");
        let is_reply = |icmp: &[u8]| icmp[0] == 0 || icmp[0] == 129;
        let heard = |seq| {
            while let Some(m) = raw.hear() {
                let icmp = icmp_of(&m);
                if is_reply(icmp) && ident_seq(icmp) == (port, seq) {
                    return true;
                }
            }
            false
        };
        assert!(heard(1), "{target}: the raw socket hears the ping socket's reply");
        raw.send(target, &echo(target, port, 2)).unwrap();
        assert!(heard(2));
        assert_eq!(ident_seq(&ping.hear().expect("the raw socket's reply").bytes), (port, 2), "{target}");
    }
}

#[test]
fn k17_one_route_answers_for_a_whole_prefix() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    pair.b.answer_for("10.77.0.0/16");
    pair.b.answer_for("fd00:77::/64");
    pair.a.ip("route add 10.77.0.0/16 via 10.1.0.2\nroute add fd00:77::/64 via fd00:1::2");
    for target in ["10.77.0.1", "10.77.255.254", "fd00:77::1", "fd00:77::ffff:1"] {
        let sock = Sock::raw(&pair.a, target);
        sock.send(target, &echo(target, 9, 9)).unwrap();
        let from = std::iter::from_fn(|| sock.hear()).find(|m| ident_seq(icmp_of(m)) == (9, 9)).and_then(|m| m.from);
        assert_eq!(from, target.parse().ok());
    }
}
