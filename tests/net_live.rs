//! The kernel's sockets as a network, on loopback: what is sent comes back with its stamps, under the right keys.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod skip;

use std::net::IpAddr;
use std::time::Duration;

use nix::sched::{CloneFlags, unshare};
use rprobe::clock::{Stage, WallTime};
use rprobe::net::icmp::{HeaderInclude, IcmpNet, Options, SocketKind, Sockets};
use rprobe::net::{Batch, Event, Exchange, Key, Network, Peer, Probe, Woken};
use rprobe::units::{Family, Ident, Seq};

const PAYLOAD: &[u8] = b"0123456789abcdef";

/// What came of one probe.
#[derive(Default, Debug)]
struct Got {
    stamps: Vec<(Key, Stage, WallTime, Vec<u8>)>,
    answers: Vec<(Seq, Option<WallTime>, Vec<u8>)>,
    order: String,
}

fn open(options: &Options, to: IpAddr) -> Option<IcmpNet> {
    let sockets = match Sockets::open(options) {
        Ok(sockets) => sockets,
        Err(e) => {
            skip::skip("net_live", &e.to_string());
            return None;
        }
    };
    match sockets.into_net(options, &[Peer::from(to)]) {
        Ok(net) => Some(net),
        Err(e) => {
            skip::skip("net_live", &e.to_string());
            None
        }
    }
}

fn exchange(net: &mut IcmpNet, to: IpAddr, seqs: &[u16], stages: usize) -> Got {
    let mut batch = Batch::new(seqs.len());
    for &seq in seqs {
        let key = Key { slot: u32::from(seq) + 1000, generation: 7 };
        batch.push(Probe::new(key, to.into(), Exchange::Echo, Seq(seq)), PAYLOAD.len()).copy_from_slice(PAYLOAD);
    }
    let mut done = Vec::new();
    net.send(&mut batch, &mut done);
    assert_eq!(done.len(), seqs.len());
    assert!(done.iter().all(Result::is_ok), "{done:?}");
    let mut got = Got::default();
    for _ in 0..1000 {
        net.take(&mut |_, event| match event {
            Event::Stamp { key, stage, at, packet } => {
                got.order.push('s');
                got.stamps.push((*key, *stage, *at, packet.to_vec()));
            }
            Event::Answer(a) => {
                got.order.push('a');
                assert_eq!(a.claim.peer.addr, to);
                got.answers.push((a.claim.seq.unwrap(), a.arrival.kernel, a.payload.to_vec()));
            }
            other => panic!("{other:?}"),
        })
        .unwrap();
        if got.answers.len() == seqs.len() && got.stamps.len() >= stages * seqs.len() {
            break;
        }
        let until = net.now().boot + Duration::from_millis(10);
        net.wait(Some(until), &[]).unwrap();
    }
    got
}

fn check(options: &Options, to: &str) {
    let to: IpAddr = to.parse().unwrap();
    let Some(mut net) = open(options, to) else { return };
    let seqs: Vec<u16> = (65_500..=65_535).chain(0..20).collect();
    let got = exchange(&mut net, to, &seqs, 1);
    assert_eq!(got.answers.iter().map(|a| a.0.0).collect::<Vec<_>>(), seqs, "every probe answered, in order");
    assert!(got.answers.iter().all(|a| a.2 == PAYLOAD && a.1.is_some()));
    for &seq in &seqs {
        let key = Key { slot: u32::from(seq) + 1000, generation: 7 };
        let stamp = got.stamps.iter().find(|s| s.0 == key && s.1 == Stage::Driver).expect("a stamp for each");
        let answer = got.answers.iter().find(|a| a.0.0 == seq).unwrap();
        let rtt = answer.1.unwrap().since(stamp.2).expect("sent before it came back");
        assert!(rtt < Duration::from_secs(60), "our own stamps' difference: {rtt:?}");
        if options.copies {
            assert!(stamp.3.ends_with(PAYLOAD));
            assert_eq!(stamp.3[0] >> 4, if to.is_ipv4() { 4 } else { 6 });
        }
    }
    assert!(got.order.starts_with('s'), "stamps first");
}

fn options() -> Options {
    Options { window: 256, size: PAYLOAD.len(), ..Options::default() }
}

#[test]
fn probes_come_back_with_their_stamps() {
    for to in ["127.0.0.1", "::1"] {
        check(&options(), to);
    }
}

#[test]
fn stamps_find_their_probes_on_kernels_that_number_them_themselves() {
    for to in ["127.0.0.1", "::1"] {
        check(&Options { no_stamp_numbers: true, ..options() }, to);
    }
}

#[test]
fn copies_show_the_packet_as_it_left() {
    for to in ["127.0.0.1", "::1"] {
        check(&Options { copies: true, ..options() }, to);
    }
}

#[test]
fn the_ident_is_the_one_asked_for() {
    let to: IpAddr = "127.0.0.1".parse().unwrap();
    let asked = Options { ident: Some(Ident(4711)), ..options() };
    if let Some(net) = open(&asked, to) {
        assert_eq!(net.ident(Family::V4), Some(Ident(4711)));
        assert_eq!(net.kind(Family::V4), Some(SocketKind::Raw));
    }
}

/// ICMP errors about somebody else's echo requests, from loopback to loopback.
fn strangers_errors(count: usize) {
    let to = socket2::SockAddr::from(std::net::SocketAddr::from(([127, 0, 0, 1], 0)));
    let icmp = Some(socket2::Protocol::ICMPV4);
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::RAW, icmp).unwrap();
    // Port unreachable (its checksum made to fit), quoting an echo request with the ident 0xdead.
    let mut error = vec![3, 3, 0, 0, 0, 0, 0, 0];
    error.extend([0x45, 0, 0, 28, 0, 0, 0, 0, 64, 1, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1]);
    error.extend([8, 0, 0, 0, 0xde, 0xad, 0, 1]);
    let sum = error.chunks(2).fold(0_u32, |sum, pair| sum + u32::from(u16::from_be_bytes([pair[0], pair[1]])));
    let folded = !((sum & 0xffff) + (sum >> 16)) as u16;
    error[2..4].copy_from_slice(&folded.to_be_bytes());
    for _ in 0..count {
        socket.send_to(&error, &to).unwrap();
    }
}

/// Kernel fact 7: strangers' errors pass the filter of a raw socket with an error queue. They may do so a few times.
#[test]
fn strangers_errors_do_not_keep_us_awake() {
    // Without other strangers than these, where that can be had.
    let alone = || {
        let has_loopback = || std::process::Command::new("ip").args(["link", "set", "lo", "up"]).status();
        if unshare(CloneFlags::CLONE_NEWNET).is_err() || has_loopback().is_ok_and(|status| status.success()) {
            only_three_strangers();
        } else {
            skip::skip("net_live", "no loopback in a namespace without `ip`");
        }
    };
    std::thread::spawn(alone).join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
}

fn only_three_strangers() {
    let to: IpAddr = "127.0.0.1".parse().unwrap();
    for header in [None, Some(HeaderInclude::default())] {
        let Some(mut net) = open(&Options { tell_queue_drops: true, header, ..options() }, to) else { return };
        for _ in 0..4 {
            strangers_errors(40);
            while net.take(&mut |_, _| {}).unwrap() {}
        }
        strangers_errors(3);
        let until = net.now().boot + Duration::from_millis(30);
        let woken = net.wait(Some(until), &[]).unwrap();
        assert_eq!(
            woken,
            Woken::Time,
            "with {header:?} the queue is switched off, or was never on where nobody reads it"
        );
        assert_eq!(exchange(&mut net, to, &[1, 2], 0).answers.len(), 2);
    }
}
