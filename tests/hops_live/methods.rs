//! Every method, family and socket: each router and the target are heard, under the right number.

use std::net::{IpAddr, TcpListener, UdpSocket};

use etherparse::TransportSlice;
use rprobe::net::hops::{Method, Numbering, Options, SocketChoice, SynOptions, Tcp, flag};
use rprobe::net::{Exchange, Reply};
use rprobe::sys::options::PmtuMode;
use rprobe::units::Port;

use crate::bed::{self, CLOSED, Outcome, TOKEN, options, router, tcp, trace, udp};
use crate::lab::{self, Chain, Direction};

const ROUTERS: usize = 3;

fn far(chain: &Chain, v6: bool) -> IpAddr {
    if v6 { chain.far_v6() } else { chain.far_v4() }.parse().unwrap()
}

/// Probes 1 to 4 end at the three routers and the target.
fn routers_are_heard(out: &Outcome, to: IpAddr, v6: bool) {
    assert!(out.sent.iter().all(Result::is_ok), "{:?}", out.sent);
    for n in 1..=ROUTERS as u16 {
        let heard = out.of(n);
        assert_eq!((heard.from, heard.peer), (router(v6, n.into()), to));
        assert_eq!((heard.error, heard.flow), (Some(if v6 { (3, 0) } else { (11, 0) }), Some(0)));
        let rtt = heard.at.expect("a kernel's stamp").since(out.left(n)).expect("it left before it came back");
        assert!(rtt.as_secs() < 5, "{rtt:?}");
        assert!(heard.ttl.is_some());
    }
    assert_eq!(out.local, 0);
}

fn port_unreachable(v6: bool) -> Option<(u8, u8)> {
    Some(if v6 { (1, 4) } else { (3, 3) })
}

/// UDP to a closed port: routers, then the target's own "port unreachable".
fn udp_to_closed(chain: &Chain, wanted: &Options, v6: bool) {
    let to = far(chain, v6);
    let out = chain.a.enter(|| trace(wanted, to, 1..=4));
    routers_are_heard(&out, to, v6);
    let last = out.of(4);
    assert_eq!((last.from, last.error), (to, port_unreachable(v6)), "{out:#?}");
    // Linux quotes as much as there is room for.
    assert_eq!(last.payload[2..], *TOKEN);
    let raw = wanted.sockets.socket == SocketChoice::Raw;
    assert_eq!(last.quote.is_some(), raw);
    if let Some(quote) = last.quote {
        assert_eq!(last.quoted_checksum, out.sent[3].unwrap().checksum, "nobody changed it");
        assert_eq!(quote.ttl.0, 1, "what was left as it arrived: sent − quoted + 1 is the distance");
        assert_eq!(
            quote.dst_port,
            Some(Port(if wanted.method == Method::Udp(Numbering::Classic) { CLOSED + 4 } else { CLOSED }))
        );
        assert_eq!(usize::try_from(quote.total_len).unwrap(), if v6 { 60 } else { 40 });
    }
}

#[test]
fn udp_by_every_socket_and_numbering() {
    let Some(lab) = lab::start!() else { return };
    let chain = lab.chain(ROUTERS);
    for v6 in [false, true] {
        for choice in [SocketChoice::Raw, SocketChoice::Dgram] {
            for numbering in [Numbering::Paris, Numbering::Classic] {
                udp_to_closed(&chain, &options(Method::Udp(numbering), choice, CLOSED), v6);
            }
        }
    }
    udp_to_closed(&chain, &options(Method::Udp(Numbering::Dublin), SocketChoice::Raw, CLOSED), false);
}

#[test]
fn dublin_over_ipv6_is_numbered_by_length() {
    let Some(lab) = lab::start!() else { return };
    let chain = lab.chain(1);
    let to = far(&chain, true);
    let wanted = options(Method::Udp(Numbering::Dublin), SocketChoice::Raw, CLOSED);
    let out = chain.a.enter(|| {
        let mut net = bed::open(&wanted, to);
        let mut out = Outcome::default();
        // The payload is always 12 octets here: another number is another length, and refused.
        bed::send(&mut net, Exchange::Udp, to, &[(12, 1, 0), (13, 1, 0), (12, 2, 0)], &mut out);
        bed::listen(&mut net, 2, &mut out);
        out
    });
    assert_eq!(out.sent.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(out.heard.iter().map(|h| h.seq).collect::<Vec<_>>(), [Some(12), Some(12)]);
}

#[test]
fn udp_data_is_the_targets_answer() {
    let Some(lab) = lab::start!() else { return };
    let chain = lab.chain(1);
    for v6 in [false, true] {
        let to = far(&chain, v6);
        let server = chain.b.enter(|| UdpSocket::bind((to, CLOSED)).unwrap());
        let answering = std::thread::spawn(move || {
            for _ in 0..2 {
                let mut buffer = [0; 64];
                let (_, from) = server.recv_from(&mut buffer).unwrap();
                server.send_to(b"here I am", from).unwrap();
            }
        });
        for choice in [SocketChoice::Raw, SocketChoice::Dgram] {
            let out = chain.a.enter(|| trace(&udp(choice), to, 1..=2));
            assert_eq!(out.of(1).from, router(v6, 1));
            let answer = out.heard.iter().find(|h| h.how.is_some()).unwrap_or_else(|| panic!("{out:#?}"));
            assert_eq!((answer.how, answer.from, answer.peer), (Some(Reply::Data), to, to));
            assert_eq!((answer.seq, answer.flow), (None, Some(0)), "data says nothing of numbers");
            assert_eq!(answer.payload, b"here I am");
            assert!(answer.at.is_some() && answer.ttl.is_some());
        }
        answering.join().unwrap();
    }
}

#[test]
fn tcp_to_open_and_closed_ports() {
    let Some(lab) = lab::start!() else { return };
    let chain = lab.chain(ROUTERS);
    for v6 in [false, true] {
        let to = far(&chain, v6);
        let open = chain.b.enter(|| TcpListener::bind((to, 0)).unwrap());
        for (port, how) in [(open.local_addr().unwrap().port(), Reply::SynAck), (CLOSED, Reply::Rst)] {
            let out = chain.a.enter(|| trace(&tcp(port), to, 1..=4));
            routers_are_heard(&out, to, v6);
            let last = out.of(4);
            assert_eq!((last.how, last.from, last.flow), (Some(how), to, Some(0)));
            assert!(last.at.expect("a kernel's stamp").since(out.left(4)).is_some());
            assert!(last.tcp.len() >= 20, "its header is shown: {:?}", last.tcp);
            // Its own last hop limit, three routers nearer.
            assert_eq!(last.ttl.unwrap().0, 61);
        }
        // Nothing half-open is left at the target, and nothing was accepted.
        open.set_nonblocking(true).unwrap();
        assert!(open.accept().is_err());
        let left = chain.b.command("ss").args(["-Htn", "state", "syn-recv"]).output();
        assert_eq!(left.stdout.trim(), "");
    }
}

#[test]
fn tcp_with_other_flags_and_options() {
    let Some(lab) = lab::start!() else { return };
    let chain = lab.chain(1);
    let all = SynOptions { mss: Some(1000), sack: true, timestamp: Some(7), window_scale: Some(2) };
    for v6 in [false, true] {
        let to = far(&chain, v6);
        // A lone ACK is answered with a RST whose number is what it acknowledged.
        for flags in [flag::ACK, flag::SYN | flag::ECE | flag::CWR, flag::FIN | flag::ACK] {
            let method = Method::Tcp(Tcp { flags, options: all });
            let out = chain.a.enter(|| trace(&options(method, SocketChoice::Raw, CLOSED), to, 1..=2));
            assert_eq!(out.of(1).from, router(v6, 1), "{flags:#x}");
            assert_eq!((out.of(2).from, out.of(2).how), (to, Some(Reply::Rst)), "{flags:#x}");
        }
    }
}

#[test]
fn loopback_is_a_path_of_one_hop() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    for to in ["127.0.0.1", "::1"] {
        let to: IpAddr = to.parse().unwrap();
        for choice in [SocketChoice::Raw, SocketChoice::Dgram] {
            let out = host.enter(|| trace(&udp(choice), to, 1..=1));
            assert_eq!(out.of(1).error, port_unreachable(to.is_ipv6()));
        }
        let out = host.enter(|| trace(&tcp(CLOSED), to, 1..=1));
        assert_eq!(out.of(1).how, Some(Reply::Rst));
    }
}

#[test]
fn several_flows_are_told_apart() {
    let Some(lab) = lab::start!() else { return };
    let chain = lab.chain(1);
    for v6 in [false, true] {
        let to = far(&chain, v6);
        for choice in [SocketChoice::Raw, SocketChoice::Dgram] {
            let mut wanted = udp(choice);
            wanted.flows = vec![wanted.flows[0]; 3];
            let out = chain.a.enter(|| {
                let mut net = bed::open(&wanted, to);
                let mut sources: Vec<u16> = net.flows().iter().map(|(src, _)| src.0).collect();
                sources.dedup();
                assert_eq!(sources.len(), 3, "each its own port");
                let mut out = Outcome::default();
                bed::send(&mut net, Exchange::Udp, to, &[(1, 1, 2), (2, 1, 0), (3, 2, 1), (4, 2, 9)], &mut out);
                bed::listen(&mut net, 3, &mut out);
                out
            });
            assert_eq!(out.sent.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, true, true, false]);
            assert_eq!([1, 2, 3].map(|n| out.of(n).flow), [Some(2), Some(0), Some(1)]);
        }
    }
}

/// This host's kernel knows nothing of our SYN and resets what a SYN-ACK would begin (kernel fact 16), so that the target
/// keeps nothing and the next SYN is a new one to it.
#[test]
fn what_a_syn_ack_would_begin_is_reset() {
    let Some(lab) = lab::start!() else { return };
    let chain = lab.chain(1);
    for v6 in [false, true] {
        let to = far(&chain, v6);
        let open = chain.b.enter(|| TcpListener::bind((to, 0)).unwrap());
        let capture = chain.a.capture("right");
        let out = chain.a.enter(|| trace(&tcp(open.local_addr().unwrap().port()), to, 2..=6));
        assert!([2, 3, 4, 5, 6].iter().all(|n| out.of(*n).how == Some(Reply::SynAck)), "{out:#?}");
        let frames = capture.stop();
        let resets = frames.iter().filter(|f| {
            let transport = f.sliced().and_then(|s| s.transport);
            f.direction == Direction::Out && matches!(transport, Some(TransportSlice::Tcp(t)) if t.rst())
        });
        assert_eq!(resets.count(), 5);
    }
}

#[test]
fn packets_of_any_size_pass_or_are_told() {
    let Some(lab) = lab::start!() else { return };
    let chain = lab.chain(2);
    let probe = |v6, choice, size: usize, pmtu| {
        let mut wanted = udp(choice);
        (wanted.sockets.size, wanted.sockets.pmtu) = (size, pmtu);
        let to = far(&chain, v6);
        chain.a.enter(|| {
            let mut net = bed::open(&wanted, to);
            let mut out = Outcome::default();
            bed::send_sized(&mut net, Exchange::Udp, to, &[(1, 9, 0)], size, &mut out);
            // Nobody answers what this host refused.
            let sent = out.sent.iter().filter(|sent| sent.is_ok()).count();
            bed::listen(&mut net, sent, &mut out);
            out
        })
    };
    let ways = [false, true].map(|v6| [(v6, SocketChoice::Raw), (v6, SocketChoice::Dgram)]).concat();
    for &(v6, choice) in &ways {
        // Larger than this host's cable, in fragments.
        let out = probe(v6, choice, 3000, None);
        let told = out.of(1);
        assert_eq!((told.from, told.error), (far(&chain, v6), port_unreachable(v6)), "{choice:?}");
    }
    // Of the second cable; both ends, as IPv6 wants it.
    chain.routers[0].mtu("right", 1400);
    chain.routers[1].mtu("left", 1400);
    for (v6, choice) in ways {
        // Larger than the second cable: the router says so. `Probe` sends what the kernel knows to be too large.
        let out = probe(v6, choice, 1440, Some(PmtuMode::Probe));
        let told = out.of(1);
        assert_eq!((told.from, told.error), (router(v6, 1), Some(if v6 { (2, 0) } else { (3, 4) })), "{choice:?}");
        assert_eq!(told.mtu, 1400);
        // Larger than the first: this host says so.
        let out = probe(v6, choice, 1600, Some(PmtuMode::Probe));
        let refused = out.sent[0].unwrap_err();
        assert_eq!(refused.errno, rprobe::sys::errno::EMSGSIZE, "{choice:?}, IPv6 {v6}");
        assert!(refused.mtu.is_some());
    }
}

/// Behind a router that translates our address and port, quotes come back with the number in the ident at least.
#[test]
fn numbers_survive_address_translation() {
    let Some(lab) = lab::start!() else { return };
    let chain = lab.chain(3);
    let nat = "table ip t {\n chain c {\n type nat hook postrouting priority 100;\n oifname \"right\" masquerade random\n }\n}";
    let translated = chain.routers[0].command("nft").args(["-f", "-"]).stdin(nat).output();
    if !translated.status.success() {
        return lab.skip("no address translation here");
    }
    let to = far(&chain, false);
    let dublin = options(Method::Udp(Numbering::Dublin), SocketChoice::Raw, CLOSED);
    for wanted in [udp(SocketChoice::Raw), udp(SocketChoice::Dgram), dublin, tcp(CLOSED)] {
        let out = chain.a.enter(|| trace(&wanted, to, 1..=4));
        let from: Vec<_> = (1..=4).map(|n| out.of(n).from).collect();
        assert_eq!(from[..3], [router(false, 1), router(false, 2), router(false, 3)]);
        assert_eq!(from[3], to);
    }
}

/// On a long path a second SYN finds the first one's half-open connection, because our reset is still under way. Linux
/// answers it with a RST of its own: an open port may say both, and each answer names its probe.
#[test]
fn syns_within_one_round_trip_are_all_answered() {
    let Some(lab) = lab::start!() else { return };
    let chain = lab.chain(1);
    let rules = "table inet t {\n chain c {\n type filter hook forward priority 0;\n \
         iifname \"left\" tcp flags & rst == rst drop\n }\n}";
    let filtered = chain.routers[0].command("nft").args(["-f", "-"]).stdin(rules).output();
    if !filtered.status.success() {
        return lab.skip("no packet filter here");
    }
    for v6 in [false, true] {
        let to = far(&chain, v6);
        let open = chain.b.enter(|| TcpListener::bind((to, 0)).unwrap());
        let out = chain.a.enter(|| trace(&tcp(open.local_addr().unwrap().port()), to, 2..=6));
        let answers: Vec<_> = (2..=6).map(|n| out.of(n).how).collect();
        let (open, closed) = (Some(Reply::SynAck), Some(Reply::Rst));
        assert_eq!(answers, [open, closed, open, closed, open]);
    }
}
