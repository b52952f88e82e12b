//! A far station of the link as tests and fuzzers play it: what one that follows the RFCs answers, and frames of its own.

use std::net::{IpAddr, Ipv6Addr};

use super::ask::Asker;
use crate::units::{EtherType, Family, MacAddr};
use crate::wire::arp::{self, Operation};
use crate::wire::{ethernet, icmp, ipv6, ndp, protocol};

/// What the station `mac` answers to this frame, if anything. `own` is the address that it has; `None`: every one, and it
/// speaks up even where nobody asked.
pub(super) fn answer(mac: MacAddr, own: Option<IpAddr>, frame: &ethernet::Frame<'_>) -> Option<Vec<u8>> {
    match frame.ether_type {
        EtherType::ARP => answer_arp(mac, own, frame),
        EtherType::IPV6 => answer_icmp6(mac, own, frame),
        _ => None,
    }
}

fn answer_arp(mac: MacAddr, own: Option<IpAddr>, frame: &ethernet::Frame<'_>) -> Option<Vec<u8>> {
    let asked = arp::Packet::parse(frame.payload).ok()?;
    let is_asked = |own| IpAddr::V4(asked.target) == own && asked.operation == Operation::Request;
    own.is_none_or(is_asked).then_some(())?;
    let reply = arp::Packet {
        operation: Operation::Reply,
        sender_mac: mac,
        sender: asked.target,
        target_mac: asked.sender_mac,
        target: asked.sender,
    };
    Some(frame_of(mac, asked.sender_mac, EtherType::ARP, &reply.emit()))
}

fn answer_icmp6(mac: MacAddr, own: Option<IpAddr>, frame: &ethernet::Frame<'_>) -> Option<Vec<u8>> {
    let packet = ipv6::Header::new_checked(frame.payload).ok()?;
    let has = |target| own.is_none_or(|own| own == IpAddr::V6(target));
    if let Ok(icmp::Message::Echo { request: true, ident, seq, payload }) = icmp::parse(Family::V6, packet.payload()) {
        let IpAddr::V6(own) = own.unwrap_or(mac.link_local().into()) else { return None };
        let mut message = vec![0; icmp::HEADER_LEN];
        message.extend(payload);
        icmp::emit_echo_reply(Family::V6, &mut message, ident, seq).ok()?;
        icmp::fill_checksum_v6(own, packet.src(), &mut message);
        return Some(icmp6_frame(mac, frame.src, own, packet.src(), &message));
    }
    match ndp::validate(packet.src(), packet.dst(), packet.hop_limit(), packet.payload()).ok()?? {
        ndp::Message::NeighborSolicitation { target, .. } if has(target) => {
            // RFC 4861 §7.2.4: to everybody, unsolicited, where nobody in particular asked.
            let nobody = packet.src().is_unspecified();
            let dst = if nobody { ndp::ALL_NODES } else { packet.src() };
            let told = ndp::Repr::NeighborAdvertisement {
                router: false,
                solicited: !nobody,
                replaces: true,
                target,
                at: Some(mac),
            };
            let to = MacAddr::of_group(dst.into()).unwrap_or(frame.src);
            Some(Asker { mac, source: None }.ndp(to, target, dst, &told).as_slice().to_vec())
        }
        _ => None,
    }
}

/// An untagged frame.
pub(super) fn frame_of(src: MacAddr, dst: MacAddr, ether_type: EtherType, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0; ethernet::HEADER_LEN];
    let _ = ethernet::Repr { dst, src, tag: None, ether_type }.emit(&mut frame);
    frame.extend(payload);
    frame
}

/// A frame with an ICMPv6 message, whose checksum stands as it is given.
pub(super) fn icmp6_frame(src: MacAddr, dst: MacAddr, from: Ipv6Addr, to: Ipv6Addr, message: &[u8]) -> Vec<u8> {
    let ip = ipv6::Repr {
        src: from,
        dst: to,
        traffic_class: 0,
        flow_label: 0,
        next_header: protocol::ICMPV6,
        hop_limit: ndp::HOP_LIMIT,
        payload_len: message.len(),
    };
    let mut packet = vec![0; ipv6::HEADER_LEN];
    let _ = ip.emit(&mut packet);
    packet.extend(message);
    frame_of(src, dst, EtherType::IPV6, &packet)
}
