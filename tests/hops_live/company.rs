//! Other people: two traces at once, strangers' packets, and what is refused.

use std::net::{IpAddr, UdpSocket};
use std::time::Duration;

use rprobe::net::hops::{HopNet, Method, Numbering, Options, SocketChoice, SocketKind, Sockets};
use rprobe::net::{Batch, Event, Exchange, Key, Network, Peer, Probe};
use rprobe::sys::caps;
use rprobe::units::{Port, Seq};

use crate::bed::{self, CLOSED, Outcome, options, tcp, udp};
use crate::lab;

/// Both probe the same target with the same numbers.
fn at_once(mut one: HopNet, mut two: HopNet, exchange: Exchange, to: IpAddr) -> (Outcome, Outcome) {
    let (mut a, mut b) = (Outcome::default(), Outcome::default());
    bed::send(&mut one, exchange, to, &[(1, 1, 0), (2, 2, 0)], &mut a);
    bed::send(&mut two, exchange, to, &[(1, 1, 0), (2, 2, 0), (3, 2, 0)], &mut b);
    bed::listen(&mut one, 2, &mut a);
    bed::listen(&mut two, 3, &mut b);
    (a, b)
}

#[test]
fn two_at_once_do_not_hear_each_other() {
    let Some(lab) = lab::start!() else { return };
    let chain = lab.chain(1);
    for to in [chain.far_v4(), chain.far_v6()] {
        let to: IpAddr = to.parse().unwrap();
        for wanted in [udp(SocketChoice::Raw), udp(SocketChoice::Dgram), tcp(CLOSED)] {
            let (a, b) = chain.a.enter(|| {
                // Both before privilege goes.
                let sockets = || Sockets::open(&wanted).unwrap();
                let (one, two) = (sockets(), sockets());
                caps::drop_all().unwrap();
                let net = |sockets: Sockets| sockets.into_net(&wanted, &[Peer::from(to)]).unwrap();
                at_once(net(one), net(two), wanted.method.exchange(), to)
            });
            assert_eq!((a.heard.len(), b.heard.len()), (2, 3), "{:?}", wanted.method);
            assert_eq!((a.foreign, b.foreign), (0, 0), "the filters keep the other's out");
        }
    }
}

#[test]
fn strangers_datagrams_are_foreign() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let to: IpAddr = "10.1.0.2".parse().unwrap();
    for choice in [SocketChoice::Raw, SocketChoice::Dgram] {
        let mut net = pair.a.enter(|| bed::open(&udp(choice), to));
        let port = net.flows()[0].0.0;
        pair.b.enter(|| {
            let stranger = UdpSocket::bind("10.1.0.2:0").unwrap();
            stranger.send_to(b"noise", ("10.1.0.1", port)).unwrap();
        });
        let mut out = Outcome::default();
        bed::listen_for_strangers(&mut net, &mut out);
        assert_eq!((out.heard.len(), out.foreign), (0, 1), "from another port than we asked");
    }
}

fn refusal(wanted: &Options) -> String {
    match Sockets::open(wanted) {
        Ok(_) => panic!("opened"),
        Err(e) => e.to_string(),
    }
}

#[test]
fn refusals_say_what_would_do() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    host.enter(|| {
        let taken = UdpSocket::bind("0.0.0.0:4711").unwrap();
        let mut wanted = udp(SocketChoice::Raw);
        wanted.flows[0].src_port = Some(Port(4711));
        assert_eq!(refusal(&wanted), "--sport 4711: another process has this port; leave it out to get a free one");
        drop(taken);
        let mut wanted = udp(SocketChoice::Auto);
        wanted.sockets.device = Some("nowhere0".to_owned());
        assert!(refusal(&wanted).starts_with("-i nowhere0: no such interface"));
        for choice in [SocketChoice::Raw, SocketChoice::Dgram] {
            let mut wanted = udp(choice);
            wanted.sockets.sources = vec![Peer::from("192.0.2.1".parse::<IpAddr>().unwrap())];
            assert_eq!(refusal(&wanted), "-s 192.0.2.1: not an address of this host (see: ip address)");
        }
        // From here on without privilege.
        caps::drop_all().unwrap();
        let refused = refusal(&Options { sockets: udp(SocketChoice::Auto).sockets, ..tcp(80) });
        assert!(refused.starts_with("-T needs CAP_NET_RAW; ") && !refused.contains('\n'), "{refused}");
        assert!(
            refused.contains("cap_net_raw+p \"$(command -v rtrace)\"") || refused.contains("--cap-add"),
            "{refused}"
        );
        let dublin = Method::Udp(Numbering::Dublin);
        assert!(refusal(&options(dublin, SocketChoice::Auto, CLOSED)).starts_with("--dublin needs CAP_NET_RAW; "));
        assert!(refusal(&udp(SocketChoice::Raw)).starts_with("raw sockets are not permitted here; "));
        let sockets = Sockets::open(&udp(SocketChoice::Auto)).unwrap();
        assert_eq!(sockets.kind(), SocketKind::Dgram);
        let only_v4 =
            rprobe::net::icmp::Options { family: Some(rprobe::units::Family::V4), ..udp(SocketChoice::Auto).sockets };
        let wanted = Options { sockets: only_v4, ..udp(SocketChoice::Auto) };
        let other = Sockets::open(&wanted).unwrap().into_net(&wanted, &["::1".parse::<IpAddr>().unwrap().into()]);
        assert!(other.is_err_and(|e| e.to_string().contains("other family")));
        let net = sockets.into_net(&udp(SocketChoice::Auto), &["127.0.0.1".parse::<IpAddr>().unwrap().into()]).unwrap();
        assert!(net.fallback().is_some());
    });
}

#[test]
fn a_source_port_and_address_of_ones_choice() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    pair.a.address("eth0", "10.1.0.77/24");
    pair.a.address("eth0", "fd00:1::77/64");
    for (to, from) in [("10.1.0.2", "10.1.0.77"), ("fd00:1::2", "fd00:1::77")] {
        let (to, from): (IpAddr, IpAddr) = (to.parse().unwrap(), from.parse().unwrap());
        for mut wanted in [udp(SocketChoice::Raw), udp(SocketChoice::Dgram), tcp(CLOSED)] {
            wanted.flows[0].src_port = Some(Port(4712));
            wanted.sockets.sources = vec![Peer::from(from)];
            wanted.sockets.device = Some("eth0".to_owned());
            let capture = pair.a.capture("eth0");
            let out = pair.a.enter(|| bed::trace(&wanted, to, 1..=1));
            let _ = out.of(1);
            let frames = capture.stop();
            let probe = frames.iter().map(lab::Frame::ip).find(|ip| {
                let ports = if ip.first().is_some_and(|v| v >> 4 == 4) { 20 } else { 40 };
                ip.get(ports..ports + 2) == Some(&4712_u16.to_be_bytes()[..])
            });
            let probe = probe.unwrap_or_else(|| panic!("no probe from that port: {:?}", wanted.method));
            let source: IpAddr = if to.is_ipv4() {
                <[u8; 4]>::try_from(&probe[12..16]).unwrap().into()
            } else {
                <[u8; 16]>::try_from(&probe[8..24]).unwrap().into()
            };
            assert_eq!(source, from);
        }
    }
}

#[test]
fn link_local_targets_have_their_interface() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let shown = pair.b.command("ip").args(["-6", "-o", "address", "show", "dev", "eth0", "scope", "link"]).output();
    let to = shown.stdout.split_whitespace().find_map(|word| word.strip_suffix("/64")).expect("a link-local address");
    let to: IpAddr = to.parse().unwrap();
    for wanted in [udp(SocketChoice::Raw), udp(SocketChoice::Dgram), tcp(CLOSED)] {
        let claim = pair.a.enter(|| {
            let scope = rprobe::sys::interfaces::index_of("eth0").unwrap();
            let peer = Peer { addr: to, scope };
            let mut net = Sockets::open(&wanted).unwrap().into_net(&wanted, &[peer]).unwrap();
            let mut batch = Batch::new(1);
            batch.push(Probe::new(Key::default(), peer, wanted.method.exchange(), Seq(5)), 12);
            let mut done = Vec::new();
            net.send(&mut batch, &mut done);
            assert!(done[0].is_ok(), "{done:?}");
            let mut claim = None;
            for _ in 0..1000 {
                net.take(&mut |_, event| match event {
                    Event::Error(t) => claim = Some(t.claim),
                    Event::Reached(r) => claim = Some(r.claim),
                    _ => {}
                })
                .unwrap();
                if claim.is_some() {
                    break;
                }
                let until = net.now().boot + Duration::from_millis(10);
                net.wait(Some(until), &[]).unwrap();
            }
            assert_eq!(claim.map(|c| c.peer), Some(peer));
            claim
        });
        assert_eq!(claim.and_then(|c| c.seq), Some(Seq(5)));
    }
}
