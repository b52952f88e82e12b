//! What a far host writes back: true answers to probes as they left, which a fuzzer then bends.

use std::net::Ipv4Addr;

use crate::units::{Family, Ttl};
use crate::wire::icmp::{self, v4};
use crate::wire::{checksum, ipv4};

/// An IPv4 header for so many bytes behind it.
pub(in crate::net) fn header_v4(
    (src, dst): (Ipv4Addr, Ipv4Addr),
    protocol: u8,
    options: &[u8],
    payload_len: usize,
) -> Vec<u8> {
    let repr = ipv4::Repr {
        src,
        dst,
        tos: 0,
        ident: 7,
        dont_fragment: true,
        more_fragments: false,
        fragment_offset: 0,
        ttl: Ttl(63),
        protocol,
        options,
        payload_len,
    };
    let mut header = vec![0; repr.header_len()];
    let _ = repr.emit(&mut header);
    header
}

/// The reply to an echo or timestamp request.
pub(super) fn icmp_answer(family: Family, request: &[u8]) -> Vec<u8> {
    let mut message = request.to_vec();
    let timestamp = message.first() == Some(&v4::TIMESTAMP) && family == Family::V4;
    let ty = if timestamp { v4::TIMESTAMP_REPLY } else { icmp::echo_type(family, false) };
    if let Some([first, _, one, two]) = message.first_chunk_mut() {
        (*first, *one, *two) = (ty, 0, 0);
    }
    if family == Family::V4 {
        let sum = checksum::checksum(&message).to_be_bytes();
        if let Some(place) = message.get_mut(2..4) {
            place.copy_from_slice(&sum);
        }
    }
    message
}

/// Ports the other way round, and data.
pub(super) fn udp_answer(request: &[u8], data: &[u8]) -> Vec<u8> {
    let Some([a, b, c, d]) = request.first_chunk() else { return data.to_vec() };
    let len = u16::try_from(data.len() + 8).unwrap_or(u16::MAX).to_be_bytes();
    [&[*c, *d, *a, *b, len[0], len[1], 0, 0], data].concat()
}

/// A segment that acknowledges the request's, with these flags.
pub(super) fn tcp_answer(request: &[u8], flags: u8) -> Vec<u8> {
    let Some([a, b, c, d, s @ .., _, _, _, _, _, _, _, _]) = request.first_chunk::<16>() else { return Vec::new() };
    let ack = u32::from_be_bytes(*s).wrapping_add(1).to_be_bytes();
    let head = [*c, *d, *a, *b, 0, 0, 0, 0, ack[0], ack[1], ack[2], ack[3], 0x50, flags, 0x10, 0, 0, 0, 0, 0];
    head.to_vec()
}
