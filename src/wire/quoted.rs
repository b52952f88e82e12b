//! The packet that an ICMP error quotes: who sent it to whom, and which probe it was.
//!
//! A quote has its own IP header with its own length, options and extension headers, may end anywhere, and may be a lie.
//! The transport header is found by the quoted header alone. Only what is whole is told: a quote that ends within the
//! eight octets that tell probes apart is [`QuotedProbe::TooShort`].

use super::icmp::{HEADER_LEN as ICMP_HEADER_LEN, v4, v6};
use super::malformed::Malformed;
use super::{ipv4, ipv6, protocol, tcp, udp};
use crate::units::{Family, Ident, Port, Seq, Ttl};
use std::net::IpAddr;

/// A quoted packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quoted<'a> {
    /// Who sent it.
    pub src: IpAddr,
    /// Where it was going. (With a source route: to the next hop of the route.)
    pub dst: IpAddr,
    /// TTL or hop limit that was left.
    pub ttl: Ttl,
    /// Type of service or traffic class, perhaps rewritten on the way.
    pub tos: u8,
    /// IPv4 identification.
    pub ip_ident: Option<u16>,
    /// IPv4 "don't fragment"; always true for IPv6.
    pub dont_fragment: bool,
    /// Octets of the packet as its header says: IPv4 total length, IPv6 payload length + 40. Some systems change it.
    pub total_len: u32,
    /// The protocol after any IPv6 extension headers.
    pub protocol: u8,
    /// IPv4 options (see [`super::ip_options::iter`]); empty if there are none, and for IPv6.
    pub ip_options: &'a [u8],
    /// Octets of IPv6 extension headers.
    pub extensions_len: usize,
    /// What it carried.
    pub what: QuotedProbe<'a>,
}

/// What a quoted packet carried. Payloads are as far as they are quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuotedProbe<'a> {
    /// An ICMP or ICMPv6 echo request.
    Echo {
        /// Identifier.
        ident: Ident,
        /// Sequence number.
        seq: Seq,
        /// ICMP checksum.
        checksum: u16,
        /// The data.
        payload: &'a [u8],
    },
    /// An ICMP timestamp request.
    Timestamp {
        /// Identifier.
        ident: Ident,
        /// Sequence number.
        seq: Seq,
        /// ICMP checksum.
        checksum: u16,
    },
    /// A UDP datagram.
    Udp {
        /// Source port.
        src_port: Port,
        /// Destination port.
        dst_port: Port,
        /// UDP length field.
        length: u16,
        /// UDP checksum; on a virtual link it may be the pseudo-header's sum alone.
        checksum: u16,
        /// The data.
        payload: &'a [u8],
    },
    /// A TCP segment.
    Tcp {
        /// Source port.
        src_port: Port,
        /// Destination port.
        dst_port: Port,
        /// Sequence number.
        seq: u32,
        /// Acknowledgment number, if quoted.
        ack: Option<u32>,
        /// Flags, if quoted.
        flags: Option<u8>,
        /// Checksum, if quoted.
        checksum: Option<u16>,
        /// The data, if quoted.
        payload: &'a [u8],
    },
    /// An ICMP message that is no request of ours.
    OtherIcmp {
        /// Type.
        ty: u8,
        /// Code.
        code: u8,
    },
    /// Another protocol.
    Other,
    /// A fragment that is not the first: it has no transport header.
    LaterFragment,
    /// The quote ends before the transport header's first eight octets do, or within the IPv6 extension headers.
    TooShort,
}

/// Reads the packet that an error quotes, from its IP header on.
///
/// # Errors
/// An IP header that is cut, of the other family, or impossible in itself. What is wrong after it is told by
/// [`Quoted::what`], because the addresses are good by then.
pub fn parse(family: Family, quote: &[u8]) -> Result<Quoted<'_>, Malformed> {
    match family {
        Family::V4 => parse_v4(quote),
        Family::V6 => parse_v6(quote),
    }
}

fn parse_v4(quote: &[u8]) -> Result<Quoted<'_>, Malformed> {
    let ip = ipv4::Header::new_quoted(quote)?;
    let what = if ip.fragment_offset() == 0 {
        probe(Family::V4, ip.protocol(), ip.payload())
    } else {
        QuotedProbe::LaterFragment
    };
    Ok(Quoted {
        src: ip.src().into(),
        dst: ip.dst().into(),
        ttl: ip.ttl(),
        tos: ip.tos(),
        ip_ident: Some(ip.ident()),
        dont_fragment: ip.dont_fragment(),
        total_len: u32::from(ip.total_len()),
        protocol: ip.protocol(),
        ip_options: ip.options(),
        extensions_len: 0,
        what,
    })
}

fn parse_v6(quote: &[u8]) -> Result<Quoted<'_>, Malformed> {
    let ip = ipv6::Header::new_quoted(quote)?;
    let (protocol, extensions_len, what) = match ip.upper() {
        Ok(upper) if upper.fragment.is_some_and(|f| f.offset != 0) => {
            (upper.protocol, upper.extensions_len, QuotedProbe::LaterFragment)
        }
        Ok(upper) => (upper.protocol, upper.extensions_len, probe(Family::V6, upper.protocol, upper.payload)),
        Err(_) => (ip.next_header(), 0, QuotedProbe::TooShort),
    };
    Ok(Quoted {
        src: ip.src().into(),
        dst: ip.dst().into(),
        ttl: ip.hop_limit(),
        tos: ip.traffic_class(),
        ip_ident: None,
        dont_fragment: true,
        total_len: u32::from(ip.payload_len()) + ipv6::HEADER_LEN as u32,
        protocol,
        ip_options: &[],
        extensions_len,
        what,
    })
}

/// Reads a quoted transport header by itself, as the error queue of ping and UDP sockets returns it.
#[must_use]
pub fn probe(family: Family, proto: u8, bytes: &[u8]) -> QuotedProbe<'_> {
    match (family, proto) {
        (Family::V4, protocol::ICMP) | (Family::V6, protocol::ICMPV6) => icmp(family, bytes),
        (_, protocol::UDP) => udp::Header::new_checked(bytes).map_or(QuotedProbe::TooShort, |h| QuotedProbe::Udp {
            src_port: h.src_port(),
            dst_port: h.dst_port(),
            length: h.length(),
            checksum: h.checksum(),
            payload: h.payload(),
        }),
        (_, protocol::TCP) => tcp::Header::new_checked(bytes).map_or(QuotedProbe::TooShort, |h| QuotedProbe::Tcp {
            src_port: h.src_port(),
            dst_port: h.dst_port(),
            seq: h.seq(),
            ack: h.ack(),
            flags: h.flags(),
            checksum: h.checksum(),
            payload: h.payload(),
        }),
        _ => QuotedProbe::Other,
    }
}

fn icmp(family: Family, bytes: &[u8]) -> QuotedProbe<'_> {
    let Some((&[ty, code, c0, c1, i0, i1, s0, s1], payload)) = bytes.split_first_chunk::<ICMP_HEADER_LEN>() else {
        return QuotedProbe::TooShort;
    };
    let checksum = u16::from_be_bytes([c0, c1]);
    let ident = Ident(u16::from_be_bytes([i0, i1]));
    let seq = Seq(u16::from_be_bytes([s0, s1]));
    match (family, ty) {
        (Family::V4, v4::ECHO_REQUEST) | (Family::V6, v6::ECHO_REQUEST) => {
            QuotedProbe::Echo { ident, seq, checksum, payload }
        }
        (Family::V4, v4::TIMESTAMP) => QuotedProbe::Timestamp { ident, seq, checksum },
        _ => QuotedProbe::OtherIcmp { ty, code },
    }
}

#[cfg(test)]
mod tests;
