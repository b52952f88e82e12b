//! What a frame carries, taken apart from its EtherType down to the transport: one reading for whoever shows frames and
//! whoever chooses among them.
//!
//! Nothing is checked here beyond what the parts check: a frame that somebody sees is shown as it is, wrong sums
//! included. Where a part is broken, what was read before it stands, and the fault beside it.

use std::net::IpAddr;

use super::ethernet::Frame;
use super::malformed::Malformed;
use super::{arp, icmp, ipv4, ipv6, ndp, protocol, tcp, udp};
use crate::units::{EtherType, Family, Port, Ttl};

/// What a frame carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content<'a> {
    /// ARP.
    Arp(arp::Packet),
    /// An IP packet.
    Ip(Ip<'a>),
    /// Anything else.
    Other,
}

/// An IP packet of either family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ip<'a> {
    /// Source address.
    pub src: IpAddr,
    /// Destination address.
    pub dst: IpAddr,
    /// TTL or hop limit.
    pub hop_limit: Ttl,
    /// Octets of the packet, as its header says.
    pub len: usize,
    /// Whether fewer are here.
    pub cut: bool,
    /// The protocol behind any IPv6 extension headers.
    pub protocol: u8,
    /// Which part of a larger packet it is.
    pub fragment: Option<Fragment>,
    /// What it carries.
    pub transport: Result<Transport<'a>, Malformed>,
}

/// A part of a larger packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragment {
    /// What belongs together.
    pub ident: u32,
    /// Where it stands in the whole, octets.
    pub offset: u16,
    /// Whether more follow.
    pub more: bool,
}

/// What an IP packet carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport<'a> {
    /// A TCP segment.
    Tcp(tcp::Header<'a>),
    /// A UDP datagram.
    Udp(udp::Header<'a>),
    /// An ICMP message.
    Icmp(icmp::Message<'a>),
    /// Neighbour discovery.
    Ndp(ndp::Message<'a>),
    /// The bytes of a fragment that is not the first.
    Fragment(&'a [u8]),
    /// Another protocol.
    Other(&'a [u8]),
}

impl Transport<'_> {
    /// Its ports, source and destination, if it has any.
    #[must_use]
    pub fn ports(&self) -> Option<(Port, Port)> {
        match self {
            Transport::Tcp(tcp) => Some((tcp.src_port(), tcp.dst_port())),
            Transport::Udp(udp) => Some((udp.src_port(), udp.dst_port())),
            _ => None,
        }
    }
}

/// Reads what a frame carries.
///
/// # Errors
/// An ARP packet or an IP header that is broken.
pub fn read<'a>(frame: &Frame<'a>) -> Result<Content<'a>, Malformed> {
    Ok(match frame.ether_type {
        EtherType::ARP => Content::Arp(arp::Packet::parse(frame.payload)?),
        EtherType::IPV4 => Content::Ip(of_v4(&ipv4::Header::new_checked(frame.payload)?)),
        EtherType::IPV6 => Content::Ip(of_v6(&ipv6::Header::new_checked(frame.payload)?)),
        _ => Content::Other,
    })
}

fn of_v4<'a>(ip: &ipv4::Header<'a>) -> Ip<'a> {
    let (offset, more) = (ip.fragment_offset(), ip.more_fragments());
    let transport = if offset > 0 {
        Ok(Transport::Fragment(ip.payload()))
    } else {
        transport(Family::V4, ip.protocol(), ip.payload())
    };
    Ip {
        src: ip.src().into(),
        dst: ip.dst().into(),
        hop_limit: ip.ttl(),
        len: ip.total_len().into(),
        cut: ip.truncated(),
        protocol: ip.protocol(),
        fragment: (more || offset > 0).then(|| Fragment { ident: ip.ident().into(), offset, more }),
        transport,
    }
}

fn of_v6<'a>(ip: &ipv6::Header<'a>) -> Ip<'a> {
    let upper = ip.upper();
    let fragment = upper.as_ref().ok().and_then(|upper| upper.fragment);
    let transport = upper.and_then(|upper| match upper.fragment {
        Some(ipv6::Fragment { offset: 1.., .. }) => Ok(Transport::Fragment(upper.payload)),
        _ => transport(Family::V6, upper.protocol, upper.payload),
    });
    Ip {
        src: ip.src().into(),
        dst: ip.dst().into(),
        hop_limit: ip.hop_limit(),
        len: ipv6::HEADER_LEN + usize::from(ip.payload_len()),
        cut: ip.truncated(),
        protocol: upper.map_or(ip.next_header(), |upper| upper.protocol),
        fragment: fragment.map(|f| Fragment { ident: f.ident, offset: f.offset, more: f.more }),
        transport,
    }
}

fn transport(family: Family, protocol: u8, payload: &[u8]) -> Result<Transport<'_>, Malformed> {
    Ok(match (family, protocol) {
        (_, protocol::TCP) => Transport::Tcp(tcp::Header::new_checked(payload)?),
        (_, protocol::UDP) => Transport::Udp(udp::Header::new_checked(payload)?),
        (Family::V4, protocol::ICMP) => Transport::Icmp(icmp::parse(family, payload)?),
        (Family::V6, protocol::ICMPV6) => match ndp::parse(payload)? {
            Some(message) => Transport::Ndp(message),
            None => Transport::Icmp(icmp::parse(family, payload)?),
        },
        _ => Transport::Other(payload),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use etherparse::PacketBuilder;
    use proptest::prelude::*;

    fn frame(bytes: &[u8]) -> Frame<'_> {
        Frame::new_checked(bytes).unwrap()
    }

    fn ip(bytes: &[u8]) -> Ip<'_> {
        match read(&frame(bytes)).unwrap() {
            Content::Ip(ip) => ip,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn both_families_are_read_alike() {
        let link = || PacketBuilder::ethernet2([2; 6], [4; 6]);
        let (mut four, mut six) = (Vec::new(), Vec::new());
        link().ipv4([10, 1, 0, 1], [10, 1, 0, 2], 7).udp(53, 4242).write(&mut four, b"abc").unwrap();
        link().ipv6([1; 16], [2; 16], 7).udp(53, 4242).write(&mut six, b"abc").unwrap();
        four.resize(60, 0); // as a card pads it
        for (bytes, len) in [(&four, 31), (&six, 51)] {
            let ip = ip(bytes);
            assert_eq!((ip.hop_limit, ip.len, ip.cut, ip.protocol, ip.fragment), (Ttl(7), len, false, 17, None));
            let transport = ip.transport.unwrap();
            assert_eq!(transport.ports(), Some((Port(53), Port(4242))));
            let Transport::Udp(udp) = transport else { panic!() };
            assert_eq!(udp.payload(), b"abc");
        }
    }

    #[test]
    fn a_later_fragment_is_only_bytes() {
        let mut bytes = Vec::new();
        let v4 = PacketBuilder::ethernet2([2; 6], [4; 6]).ipv4([10, 1, 0, 1], [10, 1, 0, 2], 7);
        v4.udp(53, 4242).write(&mut bytes, b"abc").unwrap();
        bytes[20..22].copy_from_slice(&[0x20, 0x03]);
        let ip = ip(&bytes);
        assert_eq!(ip.fragment, Some(Fragment { ident: 0, offset: 24, more: true }));
        assert_eq!(ip.transport.unwrap().ports(), None);
    }

    #[test]
    fn what_is_broken_is_said_and_the_rest_stands() {
        let mut bytes = Vec::new();
        let v6 = PacketBuilder::ethernet2([2; 6], [4; 6]).ipv6([1; 16], [2; 16], 7);
        v6.udp(53, 4242).write(&mut bytes, b"abc").unwrap();
        let cut = ip(&bytes[..14 + 40 + 5]);
        assert!(cut.cut && cut.transport.is_err());
        assert!(read(&frame(&bytes[..14 + 39])).is_err());
    }

    proptest! {
        #[test]
        fn nothing_panics(
            ty in proptest::sample::select(vec![0x0800u16, 0x86dd, 0x0806, 0x8100, 0x88b5]),
            version in 4u8..=6, bytes in proptest::collection::vec(any::<u8>(), 0..120),
        ) {
            let mut data = vec![2; 12];
            data.extend(ty.to_be_bytes());
            data.push(version << 4 | 5);
            data.extend(bytes);
            prop_assert!(crate::wire::fuzz_entry::content(&data));
        }
    }
}
