//! `--hdrincl`, in captured bytes taken apart by `etherparse`: the kernel filled length and checksum always, ident and
//! source only where they are 0 (kernel fact 14); the rest is ours.

use etherparse::Ipv4HeaderSlice;

use crate::bed::{Told, n, rping};
use crate::lab::{self, Direction, Need, Output, Pair, User};

/// The IPv4 headers of the echo requests that left, each with the packet that it begins.
fn sent(frames: &[lab::Frame]) -> Vec<(Ipv4HeaderSlice<'_>, &[u8])> {
    let ours = |f: &&lab::Frame| f.direction == Direction::Out && f.icmp().is_some_and(|m| m.is_echo_request());
    frames.iter().filter(ours).map(|f| (Ipv4HeaderSlice::from_slice(f.ip()).unwrap(), f.ip())).collect()
}

/// Runs rping from `a` to 10.1.0.2 with `--hdrincl` and these words, and hands over what `eth0` saw.
fn run(pair: &Pair, words: &str) -> (Output, Vec<lab::Frame>) {
    let capture = pair.a.capture("eth0");
    let out = rping(&pair.a, "--json --hdrincl -c 3 -i 0.01").words(words).arg("10.1.0.2").output();
    assert_eq!(out.code(), Some(0), "{words}: {out:#?}");
    (out, capture.stop())
}

/// What is so of every header, whatever was asked for.
#[track_caller]
fn is_whole(ip: &Ipv4HeaderSlice<'_>, packet: &[u8], size: u16) {
    assert_eq!(ip.ihl(), 5);
    assert_eq!(ip.total_len(), 20 + 8 + size, "filled by the kernel");
    assert_eq!(packet.len(), usize::from(ip.total_len()));
    assert_eq!(ip.header_checksum(), ip.to_header().calc_header_checksum(), "filled by the kernel");
    assert_eq!(ip.protocol(), etherparse::IpNumber::ICMP);
    assert_eq!(ip.source_addr().to_string(), "10.1.0.1", "filled by the kernel unless given");
    assert_eq!(ip.destination_addr().to_string(), "10.1.0.2");
    assert_eq!((ip.more_fragments(), ip.fragments_offset().value()), (false, 0));
}

#[test]
fn left_alone_every_field_is_a_plain_packets() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let (out, frames) = run(&pair, "");
    let sent = sent(&frames);
    assert_eq!(sent.len(), 3);
    for (ip, packet) in &sent {
        is_whole(ip, packet, 56);
        assert_eq!((ip.ttl(), ip.dcp().value(), ip.ecn().value(), ip.dont_fragment()), (64, 0, 0, false));
        assert_ne!(ip.identification(), 0, "filled by the kernel where it is 0");
    }
    let idents: Vec<u16> = sent.iter().map(|(ip, _)| ip.identification()).collect();
    assert!(idents.windows(2).all(|w| w[0] != w[1]), "numbered by the kernel: {idents:?}");
    // Kernel stamps are used here, too.
    let told = Told::of(&out);
    assert_eq!(n(&told.summary()["clocks"], "kernel"), 3, "{}", told.summary());
    assert!(told.all("reply").iter().all(|r| r["clock"] == "kernel" && r["proof"] == "token"), "{told:#?}");
}

#[test]
fn what_is_asked_for_stands_in_the_header() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    // The fields of a packet: ident, DF, time to live, type of service, bytes of payload.
    for (words, ident, df, ttl, tos, size) in [
        ("--ip-id 4660", Some(0x1234), false, 64, 0, 56),
        ("--ip-id 0xffff --df", Some(0xffff), true, 64, 0, 56),
        ("--ip-id 0", None, false, 64, 0, 56),
        ("--df -s 0", None, true, 64, 0, 0),
        ("-t 7 -Q ef", None, false, 7, 0xb8, 56),
        ("-Q 0x4d -s 1400", None, false, 64, 0x4d, 1400),
        ("-I 10.1.0.1 -t 255", None, false, 255, 0, 56),
        ("-I eth0", None, false, 64, 0, 56),
        ("-M do", None, true, 64, 0, 56),
        ("-M probe", None, true, 64, 0, 56),
        ("-M dont", None, false, 64, 0, 56),
        ("-C", None, false, 64, 0, 56),
        ("-B", None, false, 64, 0, 56),
    ] {
        let (_, frames) = run(&pair, words);
        let sent = sent(&frames);
        assert_eq!(sent.len(), 3, "{words}");
        for (ip, packet) in &sent {
            is_whole(ip, packet, size);
            let seen = packet[1];
            assert_eq!((ip.ttl(), seen, ip.dont_fragment()), (ttl, tos, df), "{words}");
            match ident {
                Some(ident) => assert_eq!(ip.identification(), ident, "{words}"),
                // With DF the kernel may number packets of a flow from 0.
                None if df => {}
                None => assert_ne!(ip.identification(), 0, "{words}"),
            }
        }
    }
}

#[test]
fn a_second_address_of_this_host_may_be_the_source() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    pair.a.address("eth0", "10.1.0.77/24");
    let capture = pair.a.capture("eth0");
    rping(&pair.a, "--hdrincl -c 1 -I 10.1.0.77 10.1.0.2").output().ok();
    let sources: Vec<_> = capture.stop_icmp().iter().filter(|m| m.is_echo_request()).map(|m| m.src).collect();
    assert_eq!(sources, ["10.1.0.77".parse::<std::net::IpAddr>().unwrap()]);
}

#[test]
fn a_foreign_source_is_refused_by_us() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    for source in ["192.0.2.1", "10.1.0.2", "0.0.0.0", "255.255.255.255", "10.1.0.255", "224.0.0.1"] {
        let capture = pair.a.capture("eth0");
        let out = rping(&pair.a, "--hdrincl -c 1 -I").args([source, "10.1.0.2"]).output();
        assert_eq!((out.code(), out.stdout.as_str()), (Some(2), ""), "{source}: {out:#?}");
        assert!(out.stderr.starts_with(&format!("rping: -I {source}: ")), "{}", out.stderr);
        assert_eq!(out.stderr.lines().count(), 1, "{}", out.stderr);
        assert!(capture.stop_icmp().iter().all(|m| !m.is_echo_request()), "{source}: something was sent");
    }
}

/// `IPPROTO_RAW` sends and hears nothing; `IPPROTO_ICMP` hears.
#[test]
fn one_socket_sends_and_another_hears() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let mut run = rping(&host, "--hdrincl -i 0.02 127.0.0.1").start();
    run.wait_for(|out| out.contains("icmp_seq=2"));
    let table = host.enter(|| std::fs::read_to_string("/proc/thread-self/net/raw").unwrap());
    run.signal(libc::SIGINT);
    run.wait().ok();
    // The "port" of a raw socket is its protocol: 1 is ICMP, 255 RAW.
    let protocols: Vec<u16> = table
        .lines()
        .skip(1)
        .filter_map(|line| u16::from_str_radix(line.split_whitespace().nth(1)?.split_once(':')?.1, 16).ok())
        .collect();
    assert!(protocols.contains(&1) && protocols.contains(&255), "{table}");
}

#[test]
fn a_packet_that_does_not_fit_names_the_mtu() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    pair.a.mtu("eth0", 1300);
    let out = rping(&pair.a, "--hdrincl -c 1 -s 1273 10.1.0.2").output();
    assert_eq!(out.code(), Some(2), "{out:#?}");
    assert!(out.stderr.ends_with("icmp_seq=1 not sent: message too long, mtu=1300\n"), "{}", out.stderr);
    rping(&pair.a, "--hdrincl -c 1 -s 1272 10.1.0.2").output().ok();
    let told = Told::of(&rping(&pair.a, "--json --hdrincl -c 1 -s 65507 10.1.0.2").output());
    assert_eq!(told.one("not_sent")["mtu"], 1300);
    assert_eq!(n(told.summary(), "not_sent"), 1);
}

#[test]
fn what_has_no_such_header_is_refused() {
    let Some(lab) = lab::start!(Need::OtherUser) else { return };
    let pair = lab.pair();
    for (words, user, says) in [
        ("--hdrincl -6 fd00:1::2", User::Root, "--hdrincl is IPv4"),
        ("--hdrincl fd00:1::2", User::Root, "--hdrincl"),
        ("--hdrincl --socket dgram 10.1.0.2", User::Root, "--hdrincl"),
        ("--hdrincl 10.1.0.2", User::Nobody, "raw sockets are not permitted here"),
        ("--ip-id 1 10.1.0.2", User::Root, "--ip-id needs --hdrincl"),
        ("--df 10.1.0.2", User::Root, "--df needs --hdrincl"),
        ("--hdrincl --ip-id 65536 10.1.0.2", User::Root, "--ip-id 65536"),
    ] {
        let out = rping(&pair.a, "-c 1").words(words).user(user).output();
        assert_eq!((out.code(), out.stdout.as_str()), (Some(2), ""), "{words}: {out:#?}");
        assert!(out.stderr.contains(says), "{words}: {}", out.stderr);
        assert_eq!(out.stderr.lines().count(), 1, "{words}: {}", out.stderr);
    }
}

#[test]
fn options_of_the_header_stand_in_it() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    for (words, kind) in [("-R", 7), ("-T tsonly", 68), ("-T tsandaddr", 68), ("-T tsprespec", 68)] {
        for header in ["", "--hdrincl"] {
            let capture = pair.a.capture("eth0");
            let out = rping(&pair.a, "-c 1").words(words).words(header).arg("10.1.0.2").output();
            let frames = capture.stop();
            assert_eq!(out.code(), Some(0), "{words} {header}: {out:#?}");
            let sent = sent(&frames);
            assert_eq!(sent.len(), 1, "{words} {header}");
            let (ip, packet) = &sent[0];
            let options = ip.options();
            // A record of the route may be led by a no-operation.
            let first = options.iter().find(|kind| **kind != 1).copied();
            assert_eq!(first, Some(kind), "{words} {header}: {options:?}");
            assert!(ip.ihl() > 5 && packet.len() == usize::from(ip.total_len()), "{words} {header}");
            assert_eq!(ip.header_checksum(), ip.to_header().calc_header_checksum(), "{words} {header}");
        }
    }
}
