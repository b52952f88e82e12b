//! ARP and neighbour discovery for a simulated network at the far end of a veth: every address is at one MAC address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::packet::{ICMPV6, Outgoing, icmp_checksum};

/// Where all of the simulated network is.
pub const MAC: [u8; 6] = [0x02, 0, 0, 0, 0, 0x01];

/// The IP packet in an Ethernet frame.
pub fn packet_in(frame: &[u8]) -> Option<&[u8]> {
    match frame.get(12..14)? {
        [0x08, 0x00] | [0x86, 0xdd] => frame.get(14..),
        _ => None,
    }
}

/// The frame around a packet for `to`.
pub fn frame(to: [u8; 6], packet: &[u8]) -> Vec<u8> {
    let ethertype = if packet.first().is_some_and(|b| b >> 4 == 6) { [0x86, 0xdd] } else { [0x08, 0x00] };
    [&to, &MAC, &ethertype[..], packet].concat()
}

/// The answer to an ARP request or a neighbour solicitation for an address that is not in `local`; `None` for any other
/// frame. The asker's MAC address comes with it.
pub fn answer(frame_in: &[u8], local: &[IpAddr]) -> Option<([u8; 6], Vec<u8>)> {
    let asker: [u8; 6] = frame_in.get(6..12)?.try_into().ok()?;
    let reply = match frame_in.get(12..14)? {
        [0x08, 0x06] => arp(frame_in.get(14..42)?, local)?,
        [0x86, 0xdd] => frame(asker, &advertise(frame_in.get(14..)?, local)?),
        _ => return None,
    };
    Some((asker, reply))
}

/// RFC 826, Ethernet and IPv4.
fn arp(request: &[u8], local: &[IpAddr]) -> Option<Vec<u8>> {
    let target: [u8; 4] = request[24..28].try_into().ok()?;
    if request[..8] != [0, 1, 8, 0, 6, 4, 0, 1] || local.contains(&Ipv4Addr::from(target).into()) {
        return None;
    }
    let (asker_mac, asker_ip) = (&request[8..14], &request[14..18]);
    Some([asker_mac, &MAC, &[8, 6], &[0, 1, 8, 0, 6, 4, 0, 2], &MAC, &target, asker_mac, asker_ip].concat())
}

/// RFC 4861 4.4: solicited, override, with the target's link-layer address.
fn advertise(packet: &[u8], local: &[IpAddr]) -> Option<Vec<u8>> {
    let src: [u8; 16] = packet.get(8..24)?.try_into().ok()?;
    let is_solicitation = packet.get(6) == Some(&ICMPV6) && packet.get(40) == Some(&135);
    let target: [u8; 16] = packet.get(48..64)?.try_into().ok()?;
    let (src, target) = (IpAddr::from(Ipv6Addr::from(src)), IpAddr::from(Ipv6Addr::from(target)));
    if !is_solicitation || src.is_unspecified() || local.contains(&target) {
        return None;
    }
    let IpAddr::V6(target_v6) = target else { return None };
    let mut payload = vec![136, 0, 0, 0, 0x60, 0, 0, 0];
    payload.extend(target_v6.octets());
    payload.extend([2, 1]);
    payload.extend(MAC);
    let sum = icmp_checksum(target, src, &payload);
    payload[2..4].copy_from_slice(&sum.to_be_bytes());
    let packet = Outgoing { src: target, dst: src, ttl: 255, tos: 0, options: Vec::new(), protocol: ICMPV6, payload };
    Some(packet.build())
}
