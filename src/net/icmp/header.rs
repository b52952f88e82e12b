//! Headers in front of a payload: what differs between an echo and a timestamp, between IPv4 and IPv6, and where we
//! write the IP header too.

use std::net::Ipv4Addr;

use crate::clock::WallTime;
use crate::net::socket::HeaderInclude;
use crate::net::{Exchange, HEADROOM, Probe};
use crate::sys::errno::{self, Errno};
use crate::units::{Family, Ident, Ttl};
use crate::wire::{checksum, icmp, ipv4, protocol};

/// What of an IPv4 header is not the probe's own.
#[derive(Clone, Debug)]
pub(super) struct IpFields {
    pub(super) include: HeaderInclude,
    pub(super) tos: u8,
    pub(super) ttl: Ttl,
    pub(super) options: Vec<u8>,
}

/// How long a written packet is, and its ICMP checksum; of ICMPv6, where the kernel chooses the source and so the sum, what
/// it were without the addresses (see [`super::hear`]).
pub(super) type Written = (usize, Option<u16>);

/// Writes a probe's headers in front of its payload. The packet is the end of `room`.
///
/// # Errors
/// What is no ICMP probe, and what its headers cannot say.
pub(super) fn write(
    family: Family,
    room: &mut [u8],
    probe: &Probe,
    ident: Ident,
    now: WallTime,
    ip: Option<&IpFields>,
) -> Result<Written, Errno> {
    let icmp_len = match probe.exchange {
        Exchange::Echo => icmp::HEADER_LEN + probe.payload_len(),
        Exchange::Timestamp => icmp::TIMESTAMP_LEN,
        Exchange::Udp | Exchange::Tcp => return Err(errno::EPROTONOSUPPORT),
    };
    let start = room.len().saturating_sub(icmp_len);
    let message = room.get_mut(start..).unwrap_or_default();
    let checksum = match probe.exchange {
        Exchange::Echo => icmp::emit_echo(family, message, ident, probe.seq),
        Exchange::Timestamp => icmp::emit_timestamp_request(message, ident, probe.seq, ms_since_midnight(now)),
        Exchange::Udp | Exchange::Tcp => return Err(errno::EPROTONOSUPPORT),
    }
    .map_err(|_| errno::EMSGSIZE)?;
    let checksum = Some(if family == Family::V4 { checksum } else { checksum::checksum(message) });
    let Some(ip) = ip else {
        return Ok((icmp_len, checksum));
    };
    let std::net::IpAddr::V4(dst) = probe.to.addr else {
        return Ok((icmp_len, checksum));
    };
    let header = ipv4::Repr {
        tos: ip.tos,
        ident: ip.include.ip_id,
        dont_fragment: ip.include.df,
        more_fragments: false,
        fragment_offset: 0,
        ttl: probe.ttl.unwrap_or(ip.ttl),
        protocol: protocol::ICMP,
        // The kernel's: the address that the socket is bound to, or that of the route.
        src: Ipv4Addr::UNSPECIFIED,
        dst,
        payload_len: icmp_len,
        options: &ip.options,
    };
    let header_len = header.header_len();
    header
        .emit(room.get_mut(start.saturating_sub(header_len)..start).unwrap_or_default())
        .map_err(|_| errno::EMSGSIZE)?;
    Ok((icmp_len + header_len, checksum))
}

/// Milliseconds since midnight UTC, as ICMP timestamps count (RFC 792).
pub(super) fn ms_since_midnight(now: WallTime) -> u32 {
    const DAY_MS: i64 = 86_400_000;
    // rem_euclid of a positive divisor lies in 0..DAY_MS.
    (now.as_ns().div_euclid(1_000_000)).rem_euclid(DAY_MS) as u32
}

const _: () = assert!(HEADROOM >= ipv4::MAX_HEADER_LEN + icmp::TIMESTAMP_LEN);
