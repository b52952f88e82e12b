//! Quotes, extensions and stamps: what tells about a path beyond who is on it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use etherparse::TransportSlice;
use rprobe::clock::Stage;
use rprobe::net::hops::{HopNet, Options, SocketChoice};
use rprobe::net::{Exchange, Network, icmp};

use crate::bed::{self, CLOSED, Heard, Outcome, TOKEN, tcp, trace, udp};
use crate::lab::{self, Direction};

/// An extension structure with one MPLS label, checksummed.
fn mpls() -> Vec<u8> {
    let mut bytes = vec![0x20, 0, 0, 0, 0, 8, 1, 1, 0x00, 0x06, 0x41, 0x01];
    let sum = bytes.chunks(2).fold(0_u32, |sum, w| sum + u32::from(u16::from_be_bytes([w[0], w[1]])));
    let folded = !((sum & 0xffff) + (sum >> 16)) as u16;
    bytes[2..4].copy_from_slice(&folded.to_be_bytes());
    bytes
}

/// A Time Exceeded that quotes `probe` in so many octets, with extensions behind.
fn time_exceeded(v6: bool, probe: &[u8], quoted: usize, says_length: bool) -> Vec<u8> {
    let length = if says_length { (quoted / if v6 { 8 } else { 4 }) as u8 } else { 0 };
    let mut message = if v6 { vec![3, 0, 0, 0, length, 0, 0, 0] } else { vec![11, 0, 0, 0, 0, length, 0, 0] };
    let mut quote = probe.to_vec();
    quote.resize(quoted, 0);
    message.extend(quote);
    message.extend(mpls());
    if !v6 {
        // Even in length; the kernel sums ICMPv6 itself.
        let sum = message.chunks(2).fold(0_u32, |sum, w| sum + u32::from(u16::from_be_bytes([w[0], w[1]])));
        let folded = !((sum & 0xffff) + (sum >> 16)) as u16;
        message[2..4].copy_from_slice(&folded.to_be_bytes());
    }
    message
}

/// Sends a probe into a black hole behind the router, which then answers with a message of our making.
fn crafted(wanted: &Options, v6: bool, make: impl Fn(&[u8]) -> Vec<u8> + Sync) -> Option<Heard> {
    let lab = lab::begin("hops_live::evidence", &[])?;
    let chain = lab.chain(1);
    let (hole, via, back): (IpAddr, _, IpAddr) = if v6 {
        (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 9).into(), "fd00::2", "fd00::1".parse().unwrap())
    } else {
        (Ipv4Addr::new(192, 0, 2, 9).into(), "10.0.0.2", "10.0.0.1".parse().unwrap())
    };
    chain.a.ip(&format!("route add {hole} via {via}"));
    chain.routers[0].ip(&format!("route add blackhole {hole}"));
    let capture = chain.a.capture("right");
    let mut net = chain.a.enter(|| bed::open(wanted, hole));
    let mut out = Outcome::default();
    bed::send(&mut net, wanted.method.exchange(), hole, &[(7, 9, 0)], &mut out);
    bed::listen(&mut net, 0, &mut out);
    let frames = capture.stop();
    let probe = frames.iter().find(|frame| is_probe(frame)).expect("the probe").ip().to_vec();
    chain.routers[0].enter(|| raw_icmp(v6, back, &make(&probe)));
    bed::listen(&mut net, 1, &mut out);
    assert_eq!(out.heard.len(), 1, "{out:#?}");
    out.heard.into_iter().next()
}

fn is_probe(frame: &lab::Frame) -> bool {
    let transport = frame.sliced().and_then(|s| s.transport);
    let is_ours = matches!(transport, Some(TransportSlice::Udp(_) | TransportSlice::Tcp(_)));
    is_ours && frame.direction == Direction::Out
}

fn raw_icmp(v6: bool, to: IpAddr, message: &[u8]) {
    let (domain, protocol) = if v6 {
        (socket2::Domain::IPV6, socket2::Protocol::ICMPV6)
    } else {
        (socket2::Domain::IPV4, socket2::Protocol::ICMPV4)
    };
    let socket = socket2::Socket::new(domain, socket2::Type::RAW, Some(protocol)).unwrap();
    socket.send_to(message, &std::net::SocketAddr::from((to, 0)).into()).unwrap();
}

fn all() -> Vec<Options> {
    vec![udp(SocketChoice::Raw), udp(SocketChoice::Dgram), tcp(CLOSED)]
}

#[test]
fn extensions_are_shown_by_every_socket() {
    for v6 in [false, true] {
        for wanted in all() {
            // Announced by the length octet, and in the form before RFC 4884 that nothing announces.
            for says_length in [true, false] {
                let made = |probe: &[u8]| time_exceeded(v6, probe, 128, says_length);
                let Some(heard) = crafted(&wanted, v6, made) else { return };
                let what = format!("{:?}, IPv6 {v6}, announced {says_length}", wanted.method);
                assert_eq!(heard.extensions, Some(mpls()), "{what}");
                assert_eq!((heard.seq, heard.flow), (Some(7), Some(0)), "{what}");
                assert!(heard.payload[2..].starts_with(TOKEN), "{what}");
            }
        }
    }
}

#[test]
fn extensions_are_shown_by_ping_sockets() {
    use rprobe::net::{Batch, Event, Key, Network, Probe};
    use rprobe::units::{Seq, Ttl};
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    for (v6, to) in [(false, "10.1.0.99"), (true, "fd00:1::99")] {
        let to: IpAddr = to.parse().unwrap();
        let back: IpAddr = if v6 { "fd00:1::1" } else { "10.1.0.1" }.parse().unwrap();
        // It is there, and says nothing.
        pair.b.address("eth0", &format!("{to}/{}", if v6 { 64 } else { 24 }));
        pair.b.sysctl("net.ipv4.icmp_echo_ignore_all", "1");
        pair.b.sysctl("net.ipv6.icmp.echo_ignore_all", "1");
        let wanted = icmp::Options { socket: SocketChoice::Dgram, window: 8, size: 12, ..icmp::Options::default() };
        let found = pair.a.enter(|| {
            let mut net = icmp::Sockets::open(&wanted).unwrap().into_net(&wanted, &[to.into()]).unwrap();
            let capture = pair.a.capture("eth0");
            let mut batch = Batch::new(1);
            let mut probe = Probe::new(Key::default(), to.into(), Exchange::Echo, Seq(7));
            probe.ttl = Some(Ttl(9));
            batch.push(probe, 12);
            let mut done = Vec::new();
            net.send(&mut batch, &mut done);
            // The neighbour is looked for first.
            let until = net.now().boot + Duration::from_millis(500);
            while net.now().boot < until {
                net.wait(Some(until), &[]).unwrap();
                net.take(&mut |_, _| {}).unwrap();
            }
            let frames = capture.stop();
            let probe = frames.iter().find(|f| f.icmp().is_some_and(|m| m.is_echo_request())).expect("the probe");
            let message = time_exceeded(v6, probe.ip(), 128, true);
            pair.b.enter(|| raw_icmp(v6, back, &message));
            let mut found = None;
            for _ in 0..1000 {
                let until = net.now().boot + Duration::from_millis(10);
                net.wait(Some(until), &[]).unwrap();
                net.take(&mut |_, event| {
                    if let Event::Error(t) = event {
                        assert_eq!((t.claim.seq, t.quote), (Some(Seq(7)), None));
                        found = Some(t.extensions.map(<[u8]>::to_vec));
                    }
                })
                .unwrap();
                if found.is_some() {
                    break;
                }
            }
            found
        });
        assert_eq!(found, Some(Some(mpls())), "{to}");
    }
}

/// RFC 792 asks for no more than eight octets behind the IP header.
#[test]
fn eight_quoted_octets_are_enough_for_raw_sockets_alone() {
    for v6 in [false, true] {
        for wanted in all() {
            let header = if v6 { 40 } else { 20 };
            let made = |probe: &[u8]| {
                let mut message = time_exceeded(v6, &probe[..header + 8], header + 8, false);
                message.truncate(8 + header + 8);
                if !v6 {
                    message[2..4].fill(0);
                    let sum = message.chunks(2).fold(0_u32, |s, w| s + u32::from(u16::from_be_bytes([w[0], w[1]])));
                    let folded = !((sum & 0xffff) + (sum >> 16)) as u16;
                    message[2..4].copy_from_slice(&folded.to_be_bytes());
                }
                message
            };
            let Some(heard) = crafted(&wanted, v6, made) else { return };
            let by_queue = wanted.sockets.socket == SocketChoice::Dgram;
            assert_eq!(heard.seq, if by_queue { None } else { Some(7) }, "{:?}, IPv6 {v6}", wanted.method);
            assert_eq!((heard.flow, heard.payload.len()), (Some(0), 0));
            assert_eq!(heard.quote.map(|q| q.len), (!by_queue).then_some(header + 8));
        }
    }
}

#[test]
fn what_the_path_changed_is_in_the_quote() {
    let Some(lab) = lab::start!() else { return };
    let chain = lab.chain(2);
    // The first router rewrites the class; the second quotes it.
    let Ok(()) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        chain.routers[0].nft(
            "table inet t {\n chain c {\n type filter hook forward priority 0;\n ip dscp set cs1\n ip6 dscp set cs1\n }\n}",
        );
    })) else {
        return lab.skip("no nft here");
    };
    for to in [chain.far_v4(), chain.far_v6()] {
        let to: IpAddr = to.parse().unwrap();
        for mut wanted in [udp(SocketChoice::Raw), tcp(CLOSED)] {
            wanted.sockets.tos = Some(0x28);
            let out = chain.a.enter(|| trace(&wanted, to, 1..=2));
            let tos = |n| out.of(n).quote.unwrap().tos;
            assert_eq!((tos(1), tos(2)), (0x28, 0x20));
        }
    }
}

#[test]
fn both_ends_are_stamped_by_the_kernel_also_by_its_own_numbers() {
    let Some(lab) = lab::start!() else { return };
    let chain = lab.chain(1);
    for to in [chain.far_v4(), chain.far_v6()] {
        let to: IpAddr = to.parse().unwrap();
        for mut wanted in all() {
            wanted.sockets.no_stamp_numbers = true;
            let out = chain.a.enter(|| trace(&wanted, to, 1..=2));
            for n in [1, 2] {
                assert!(out.of(n).at.unwrap().since(out.left(n)).is_some(), "{out:#?}");
                assert!(out.stamps.iter().any(|(k, stage, _)| *k == bed::key_of(n) && *stage == Stage::Sched));
            }
        }
    }
}

/// An error about one probe must not fail the next (kernel fact 7), however many come in meanwhile.
#[test]
fn errors_of_earlier_probes_fail_no_later_ones() {
    let Some(lab) = lab::start!() else { return };
    let chain = lab.chain(1);
    for to in [chain.far_v4(), chain.far_v6()] {
        let to: IpAddr = to.parse().unwrap();
        let wanted = udp(SocketChoice::Dgram);
        let out = chain.a.enter(|| {
            let mut net: HopNet = bed::open(&wanted, to);
            let mut out = Outcome::default();
            for n in 1..=40 {
                bed::send(&mut net, Exchange::Udp, to, &[(n, 1 + (n % 2) as u8, 0)], &mut out);
                std::thread::sleep(Duration::from_millis(1));
            }
            bed::listen(&mut net, 40, &mut out);
            let _ = net.now();
            out
        });
        assert!(out.sent.iter().all(Result::is_ok), "{:?}", out.sent);
        (1..=40).for_each(|n| assert!(out.of(n).error.is_some()));
    }
}
