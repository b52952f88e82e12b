//! Kernel facts 7 to 13: how ICMP errors and refusals reach sockets, and what limits them.

use std::os::fd::AsFd;
use std::time::Duration;

use etherparse::TransportSlice;
use socket2::SockFilter;

use crate::lab::responder::Record;
use crate::lab::{self, Action, Capture, Host, Need, Scenario, eventually, sys};
use crate::socket::{Sock, echo, icmp_of, ident_seq};

const RECVERR: (i32, i32) = (libc::SOL_IP, libc::IP_RECVERR);

/// A filter that accepts nothing.
fn deaf(sock: &Sock) {
    sock.0.attach_filter(&[SockFilter::new(libc::BPF_RET as u16, 0, 0, 0)]).unwrap();
}

fn errno<T>(result: std::io::Result<T>) -> Option<i32> {
    result.err().and_then(|e| e.raw_os_error())
}

#[test]
fn k07_with_recverr_a_strangers_error_passes_the_filter_of_a_raw_socket() {
    let Some(lab) = lab::start!() else { return };
    let chain = lab.chain(1);
    let far = chain.far_v4();
    let (ours, plain) = (Sock::raw(&chain.a, &far), Sock::raw(&chain.a, &far));
    ours.set(RECVERR.0, RECVERR.1, 1).unwrap();
    deaf(&ours);
    deaf(&plain);
    let stranger = Sock::raw(&chain.a, &far);
    stranger.0.set_ttl_v4(1).unwrap();
    stranger.send(&far, &echo(&far, 0x5555, 1)).unwrap();
    stranger.hear().expect("the router's error, heard by the stranger");
    let failed = ours.within(Duration::from_secs(10), |s| s.receive(0).err()).expect("a failed receive");
    assert_eq!(failed.raw_os_error(), Some(libc::EHOSTUNREACH));
    let queued = ours.hear_error().and_then(|m| m.failure()).expect("the stranger's error in our queue");
    assert_eq!((queued.kind, queued.code, queued.offender), (11, 0, Some("10.0.0.2".parse().unwrap())));
    assert!(matches!(plain.receive(0), Ok(None)), "without it the filter holds");
}

/// A queue on `eth0` that holds a handful of packets and lets next to nothing out; `false` if this kernel has none.
fn choke(host: &Host) -> bool {
    host.tc("qdisc add dev eth0 root tbf rate 8kbit burst 1600 limit 3000")
}

fn echoes_out(capture: Capture) -> usize {
    capture.stop_icmp().iter().filter(|m| m.is_echo_request()).count()
}

#[test]
fn k07_without_recverr_a_raw_socket_never_hears_of_a_full_queue() {
    let Some(lab) = lab::start!(Need::Tool("tc")) else { return };
    let pair = lab.pair();
    let target = "10.1.0.2";
    // Resolve the neighbour before the queue is choked.
    Sock::raw(&pair.a, target).send(target, &echo(target, 1, 0)).unwrap();
    if !choke(&pair.a) {
        return lab.skip("this kernel has no tbf queue");
    }
    let capture = pair.a.capture("eth0");
    let sock = Sock::raw(&pair.a, target);
    let ok = (0..100).filter(|seq| sock.send(target, &echo(target, 1, *seq)).is_ok()).count();
    assert_eq!(ok, 100);
    let left = echoes_out(capture);
    assert!(left < 100, "{left} left");
    sock.set(RECVERR.0, RECVERR.1, 1).unwrap();
    let refused = (0..100).find_map(|seq| errno(sock.send(target, &echo(target, 1, seq))));
    assert_eq!(refused, Some(libc::ENOBUFS));
}

#[test]
fn k07_an_error_fails_the_next_innocent_send_of_ping_and_udp_sockets() {
    let Some(lab) = lab::start!() else { return };
    let chain = lab.chain(1);
    let far = chain.far_v4();
    for (sock, to, bytes) in [
        (Sock::ping(&chain.a, &far), far.clone(), echo(&far, 0, 1)),
        (Sock::udp(&chain.a), format!("{far}:9"), b"probe".to_vec()),
    ] {
        sock.set(RECVERR.0, RECVERR.1, 1).unwrap();
        sock.0.set_ttl_v4(1).unwrap();
        sock.send(&to, &bytes).unwrap();
        sock.0.set_ttl_v4(64).unwrap();
        let [readable] = sys::wait_readable([sock.0.as_fd()], Some(Duration::from_secs(10))).unwrap();
        assert!(readable, "the error wakes a poll");
        assert_eq!(errno(sock.send(&to, &bytes)), Some(libc::EHOSTUNREACH), "an innocent send fails");
        sock.send(&to, &bytes).expect("and the one after it works");
    }
}

#[test]
fn k08_an_error_queue_returns_what_was_quoted_beyond_the_udp_header_or_from_the_icmp_header_on() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let scenario = "
        title = 'routers that quote much and little'
        [[hop]]
        address = '10.255.1.1'
        quote = 8
        [[hop]]
        address = '10.255.2.1'
        quote = 20
        [[host]]
        prefix = '10.9.1.0/24'
    ";
    let _net = lab.simulate(&host, Scenario::parse(scenario));
    let ask = |sock: Sock, to: &str, bytes: &[u8], ttl: u32| {
        sock.set(RECVERR.0, RECVERR.1, 1).unwrap();
        sock.0.set_ttl_v4(ttl).unwrap();
        sock.send(to, bytes).unwrap();
        sock.hear_error().and_then(|m| m.failure()).expect("an error").bytes
    };
    let udp = |ttl| ask(Sock::udp(&host), "10.9.1.1:33434", b"sixteen bytes...", ttl);
    assert_eq!(udp(1), b"", "eight bytes are the UDP header");
    assert_eq!(udp(2), b"sixteen byte");
    let ping = Sock::ping(&host, "10.9.1.1");
    let quoted = ask(ping, "10.9.1.1", &echo("10.9.1.1", 0, 7), 1);
    assert_eq!((quoted.len(), quoted[0], ident_seq(&quoted).1), (8, 8, 7), "the ICMP header");
}

#[test]
fn k09_sendmmsg_stops_at_a_failure_and_hides_its_reason() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    pair.a.ip("route add prohibit 10.1.0.77");
    let sock = Sock::raw(&pair.a, "10.1.0.2");
    let batch = ["10.1.0.2", "10.1.0.77", "10.1.0.2"];
    let bytes = echo("10.1.0.2", 1, 1);
    assert_eq!(sock.send_many(&batch, &bytes).unwrap(), 1, "the first went out, and not a word of the second");
    assert_eq!(sock.get(libc::SOL_SOCKET, libc::SO_ERROR), [0]);
    assert_eq!(errno(sock.send_many(&batch[1..], &bytes)), Some(libc::EACCES), "asked again from the first unsent");
    assert_eq!(sock.send_many(&batch[2..], &bytes).unwrap(), 1);
}

#[test]
fn k10_a_raw_socket_keeps_what_it_heard_before_its_filter() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    for target in ["10.1.0.2", "fd00:1::2"] {
        let (ours, stranger) = (Sock::raw(&pair.a, target), Sock::raw(&pair.a, target));
        stranger.send(target, &echo(target, 0x5555, 1)).unwrap();
        while ident_seq(icmp_of(&stranger.hear().expect("a reply"))).0 != 0x5555 {}
        deaf(&ours);
        stranger.send(target, &echo(target, 0x5555, 2)).unwrap();
        while ident_seq(icmp_of(&stranger.hear().expect("a reply"))).1 != 2 {}
        let queued: Vec<u16> =
            ours.drain(0, Duration::from_millis(20)).iter().map(|m| ident_seq(icmp_of(m)).1).collect();
        assert!(queued.contains(&1), "{target}: heard before the filter: {queued:?}");
        assert!(!queued.contains(&2), "{target}: not heard behind it: {queued:?}");
    }
}

#[test]
fn k10_a_packet_socket_of_protocol_0_is_deaf_until_bound() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let packet = |protocol: u16| {
        Sock::new(&pair.a, socket2::Domain::PACKET, socket2::Type::RAW, i32::from(protocol.to_be())).unwrap()
    };
    let (deaf, all) = (packet(0), packet(libc::ETH_P_ALL as u16));
    let sock = Sock::raw(&pair.a, "10.1.0.2");
    sock.send("10.1.0.2", &echo("10.1.0.2", 1, 1)).unwrap();
    sock.hear().expect("a reply");
    assert!(!all.drain(0, Duration::from_millis(20)).is_empty());
    assert!(deaf.drain(0, Duration::from_millis(1)).is_empty());
}

#[test]
fn k11_only_raw_ipv4_shows_a_bad_checksum() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let scenario = "
        title = 'bad ICMP checksums'
        [[host]]
        prefix = ['10.9.1.0/24', 'fd00:9:1::/64']
        [[rule]]
        seq = 1
        bad-checksum = true
    ";
    let net = lab.simulate(&host, Scenario::parse(scenario));
    let heard = |sock: Sock, target: &str| {
        for seq in [1, 2] {
            sock.send(target, &echo(target, 0x77, seq)).unwrap();
        }
        let mut seen = Vec::new();
        while seen.last() != Some(&2) {
            let m = sock.hear().expect("the good reply");
            if icmp_of(&m)[0] == 0 || icmp_of(&m)[0] == 129 {
                seen.push(ident_seq(icmp_of(&m)).1);
            }
        }
        seen
    };
    assert_eq!(heard(Sock::raw(&host, "10.9.1.1"), "10.9.1.1"), [1, 2]);
    assert_eq!(heard(Sock::ping(&host, "10.9.1.1"), "10.9.1.1"), [2]);
    assert_eq!(heard(Sock::raw(&host, "fd00:9:1::1"), "fd00:9:1::1"), [2]);
    assert_eq!(heard(Sock::ping(&host, "fd00:9:1::1"), "fd00:9:1::1"), [2]);
    assert_eq!(net.log().count(Action::Replied), 8);
}

#[test]
fn k12_udp_of_the_kernel_crosses_a_veth_with_an_unfinished_checksum() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let capture = pair.b.capture("eth0");
    Sock::udp(&pair.a).send("10.1.0.2:9", b"probe").unwrap();
    // The neighbour is looked for first.
    std::thread::sleep(Duration::from_millis(300));
    let frames = capture.stop();
    let wrong = frames.iter().filter_map(|f| f.sliced()).any(|s| match (s.net, s.transport) {
        (Some(etherparse::NetSlice::Ipv4(ip)), Some(TransportSlice::Udp(udp))) => {
            let header = ip.header();
            let right = udp.to_header().calc_checksum_ipv4_raw(header.source(), header.destination(), udp.payload());
            right.unwrap() != udp.checksum()
        }
        _ => false,
    });
    assert!(wrong, "the checksum in the frame is right");
}

#[test]
fn k13_a_router_limits_its_errors_unless_told_not_to() {
    let Some(lab) = lab::start!() else { return };
    let errors = |rate_v4: &str, rate_v6: &str, target: fn(&lab::Chain) -> String| {
        let chain = lab.chain(1);
        let router = &chain.routers[0];
        router.sysctl("net.ipv4.icmp_ratelimit", rate_v4);
        router.sysctl("net.ipv6.icmp.ratelimit", rate_v6);
        let far = target(&chain);
        let sock = Sock::raw(&chain.a, &far);
        let capture = chain.a.capture("right");
        if far.contains(':') {
            sock.0.set_unicast_hops_v6(1).unwrap()
        } else {
            sock.0.set_ttl_v4(1).unwrap()
        }
        for seq in 0..30 {
            sock.send(&far, &echo(&far, 1, seq)).unwrap();
        }
        let mut heard = 0;
        // Where nothing is held back all come, however long that takes.
        let patience = Duration::from_millis(if (rate_v4, rate_v6) == ("0", "0") { 20_000 } else { 500 });
        eventually(patience, || {
            heard += sock.drain(0, Duration::ZERO).iter().filter(|m| matches!(icmp_of(m)[0], 11 | 3)).count();
            heard == 30
        });
        drop(capture);
        heard
    };
    assert_eq!(errors("0", "0", lab::Chain::far_v4), 30);
    assert_eq!(errors("0", "0", lab::Chain::far_v6), 30);
    let limited = errors("1000", "1000", lab::Chain::far_v4);
    assert!((1..30).contains(&limited), "{limited}");
    let limited = errors("1000", "1000", lab::Chain::far_v6);
    assert!((1..30).contains(&limited), "{limited}");
}
