//! What leaves, as an independent decoder reads it: checksums and lengths are right, what routers hash is constant, and
//! the number is where each method has it.

use std::collections::BTreeSet;

use etherparse::{NetSlice, SlicedPacket, TransportSlice};

use crate::bed::{Heard, WAYS, Way};
use crate::lab::{self, Chain, Direction};

/// Runs one way with these words, and gives what it told and its probes as they left, whole IP packets.
fn probes(chain: &Chain, way: Way, words: &str) -> (Heard, Vec<Vec<u8>>) {
    let capture = chain.a.capture("right");
    let [v4, v6] = &chain.far();
    let target = way.of(v4, v6);
    let heard = Heard::new(way.json(&chain.a, words).arg(target).output());
    let frames = capture.stop();
    let to: std::net::IpAddr = target.parse().unwrap();
    let is_probe = |packet: &&[u8]| {
        let Ok(sliced) = SlicedPacket::from_ip(packet) else { return false };
        let to_target = match &sliced.net {
            Some(NetSlice::Ipv4(ip)) => to == std::net::IpAddr::from(ip.header().destination_addr()),
            Some(NetSlice::Ipv6(ip)) => to == std::net::IpAddr::from(ip.header().destination_addr()),
            _ => false,
        };
        // The kernel's own RST to a SYN-ACK is none of ours.
        to_target && !matches!(&sliced.transport, Some(TransportSlice::Tcp(tcp)) if tcp.rst())
    };
    let out = frames.iter().filter(|frame| frame.direction == Direction::Out).map(|frame| frame.ip());
    let packets: Vec<Vec<u8>> = out.filter(is_probe).map(<[u8]>::to_vec).collect();
    assert_eq!(packets.len() as u64, heard.summary()["sent"].as_u64().unwrap(), "{way:?} {heard:#?}");
    (heard, packets)
}

/// Addresses, protocol, class, label, and the first four octets behind the IP header.
fn hashed(packet: &[u8]) -> Vec<u8> {
    if packet[0] >> 4 == 4 {
        [&packet[1..2], &packet[9..10], &packet[12..24]].concat()
    } else {
        [&packet[..4], &packet[6..7], &packet[8..44]].concat()
    }
}

/// The transport checksum, once all checksums and lengths are what the decoder computes. (Of an ordinary UDP socket's the
/// kernel leaves the last step to the card: in the capture it is not made.)
#[track_caller]
fn checked(way: Way, packet: &[u8]) -> u16 {
    let sliced = SlicedPacket::from_ip(packet).unwrap();
    let (net, transport) = (sliced.net.unwrap(), sliced.transport.unwrap());
    match &net {
        NetSlice::Ipv4(ip) => {
            let header = ip.header().to_header();
            assert_eq!(header.header_checksum, header.calc_header_checksum());
            assert_eq!(usize::from(header.total_len), packet.len());
        }
        NetSlice::Ipv6(ip) => assert_eq!(usize::from(ip.header().payload_length()) + 40, packet.len()),
        other => panic!("{other:?}"),
    }
    let (sum, right) = match (&net, &transport) {
        (NetSlice::Ipv4(ip), TransportSlice::Udp(udp)) => {
            assert_eq!(usize::from(udp.length()), packet.len() - 20);
            let header = ip.header().to_header();
            (udp.checksum(), udp.to_header().calc_checksum_ipv4(&header, udp.payload()).unwrap())
        }
        (NetSlice::Ipv6(ip), TransportSlice::Udp(udp)) => {
            assert_eq!(usize::from(udp.length()), packet.len() - 40);
            let header = ip.header().to_header();
            (udp.checksum(), udp.to_header().calc_checksum_ipv6(&header, udp.payload()).unwrap())
        }
        (NetSlice::Ipv4(ip), TransportSlice::Tcp(tcp)) => {
            let header = ip.header().to_header();
            (tcp.checksum(), tcp.to_header().calc_checksum_ipv4(&header, tcp.payload()).unwrap())
        }
        (NetSlice::Ipv6(ip), TransportSlice::Tcp(tcp)) => {
            let header = ip.header().to_header();
            (tcp.checksum(), tcp.to_header().calc_checksum_ipv6(&header, tcp.payload()).unwrap())
        }
        (_, TransportSlice::Icmpv4(icmp)) => {
            assert!(icmp.icmp_type().calc_checksum(icmp.payload()) == icmp.checksum());
            (icmp.checksum(), icmp.checksum())
        }
        (NetSlice::Ipv6(ip), TransportSlice::Icmpv6(icmp)) => {
            let header = ip.header();
            assert!(icmp.is_checksum_valid(header.source(), header.destination()));
            (icmp.checksum(), icmp.checksum())
        }
        other => panic!("{other:?}"),
    };
    assert!(sum == right || (way.method, way.raw) == ("-U", false), "{sum:04x}, not {right:04x}: {packet:02x?}");
    sum
}

fn distinct<T: Ord>(values: impl IntoIterator<Item = T>) -> usize {
    values.into_iter().collect::<BTreeSet<T>>().len()
}

/// Where the transport header begins.
fn transport(packet: &[u8]) -> &[u8] {
    &packet[if packet[0] >> 4 == 4 { 20 } else { 40 }..]
}

#[test]
fn one_trace_is_one_flow() {
    let Some(lab) = lab::start!() else { return };
    let chain = lab.chain(4);
    for way in WAYS {
        for words in ["", "--flow 5", "-t 0x28 -q 5"] {
            let (heard, packets) = probes(&chain, way, words);
            heard.reached_at(5);
            let sums: Vec<u16> = packets.iter().map(|packet| checked(way, packet)).collect();
            assert_eq!(distinct(packets.iter().map(|packet| hashed(packet))), 1, "{way:?} {words}: {packets:02x?}");
            assert_eq!(distinct(packets.iter().map(Vec::len)), 1, "{way:?} {words}");
            let bytes = heard.events("start")[0]["bytes"].as_u64().unwrap();
            assert_eq!(packets[0].len() as u64, bytes, "{way:?}: the length that the header names");
            match (way.method, way.raw) {
                // The number in the sequence field, balanced in the payload.
                ("-I", _) => {
                    assert_eq!(distinct(sums), 1, "{way:?}");
                    assert_eq!(distinct(packets.iter().map(|p| transport(p)[6..8].to_vec())), packets.len());
                }
                // The number in the checksum, balanced in the payload's first two octets.
                ("-U", true) => assert_eq!(distinct(sums), packets.len(), "{way:?}"),
                // The number in the payload.
                ("-U", false) => {
                    assert_eq!(distinct(packets.iter().map(|p| transport(p)[8..10].to_vec())), packets.len());
                }
                _ => assert_eq!(distinct(packets.iter().map(|p| transport(p)[4..8].to_vec())), packets.len()),
            }
            if words.starts_with("-t") {
                let tos = |p: &Vec<u8>| if way.v4 { p[1] } else { p[0] << 4 | p[1] >> 4 };
                assert!(packets.iter().all(|packet| tos(packet) == 0x28), "{way:?}");
            }
        }
        let flow = |n: u32| hashed(&probes(&chain, way, &format!("-q 1 --flow {n}")).1[0]);
        assert_ne!(flow(1), flow(2), "{way:?}: another flow is another to a router");
    }
}

#[test]
fn old_traceroutes_ports_and_dublins_idents() {
    let Some(lab) = lab::start!() else { return };
    let chain = lab.chain(4);
    for way in WAYS.into_iter().filter(|way| way.method == "-U") {
        let (heard, packets) = probes(&chain, way, "--classic");
        heard.reached_at(5);
        assert_eq!(heard.events("start")[0]["numbering"], "classic");
        packets.iter().for_each(|packet| {
            checked(way, packet);
        });
        let ports: Vec<u16> =
            packets.iter().map(|packet| u16::from_be_bytes([transport(packet)[2], transport(packet)[3]])).collect();
        assert_eq!(distinct(&ports), packets.len(), "{way:?} {ports:?}");
        assert!(ports.iter().all(|port| (33_434..33_534).contains(port)), "{way:?} {ports:?}");
        if !way.raw {
            continue;
        }
        let (heard, packets) = probes(&chain, way, "--dublin");
        heard.reached_at(5);
        assert_eq!(heard.events("start")[0]["numbering"], "dublin");
        packets.iter().for_each(|packet| {
            checked(way, packet);
        });
        assert_eq!(distinct(packets.iter().map(|packet| hashed(packet))), 1, "{way:?}");
        if way.v4 {
            assert_eq!(distinct(packets.iter().map(|packet| packet[4..6].to_vec())), packets.len());
        } else {
            assert_eq!(distinct(packets.iter().map(Vec::len)), packets.len());
        }
    }
}

#[test]
fn what_options_ask_for_is_on_the_wire() {
    let Some(lab) = lab::start!() else { return };
    let chain = lab.chain(2);
    let of = |method, v4| WAYS.into_iter().find(|way| way.method == method && way.v4 == v4).unwrap();
    let tcp = |words: &str| {
        let way = of("-T", true);
        let (_, packets) = probes(&chain, way, &format!("-q 1 {words}"));
        packets.iter().for_each(|packet| {
            checked(way, packet);
        });
        packets[0].clone()
    };
    assert_eq!(transport(&tcp("-O ecn"))[13], 0xc2);
    assert_eq!(transport(&tcp("-O ack"))[13], 0x10);
    assert_eq!(transport(&tcp("-O mss=1400,sack"))[20..24], [2, 4, 0x05, 0x78]);
    let sport = tcp("--sport 4321 -p 4322");
    assert_eq!(transport(&sport)[..4], [0x10, 0xe1, 0x10, 0xe2]);
    let (_, packets) = probes(&chain, of("-I", true), "-F -q 1");
    assert!(packets.iter().all(|packet| packet[6] & 0x40 != 0), "don't fragment");
    let (_, packets) = probes(&chain, of("-U", false), "-l 0x12345 -q 1");
    assert!(packets.iter().all(|packet| packet[1] & 0x0f == 1 && packet[2..4] == [0x23, 0x45]), "{packets:02x?}");
    let chosen = crate::bed::rtrace(&chain.a, "-n -U -s 10.0.0.1 -i right").args([&chain.far_v4(), "300"]);
    let capture = chain.a.capture("right");
    assert!(chosen.output().ok().stdout.contains(" 300 byte packets"));
    let lengths: BTreeSet<usize> = capture
        .stop()
        .iter()
        .filter(|frame| frame.direction == Direction::Out && frame.ip().first().is_some_and(|b| b >> 4 == 4))
        .map(|frame| frame.ip().len())
        .collect();
    assert_eq!(lengths, BTreeSet::from([300]));
}
