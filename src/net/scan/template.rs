//! One probe as bytes, of which each further probe is a copy with another address, sequence number and payload head.
//!
//! Everything that all probes share is written and summed once; what differs is added to the sums (RFC 1624's idea from the
//! other end: the words that change are zero in the template, so that nothing has to be taken off).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::net::Peer;
use crate::units::{EtherType, Family, Ident, MacAddr, Seq, Ttl};
use crate::wire::{Malformed, checksum, ethernet, icmp, ipv4, ipv6, protocol};

/// Bytes at the head of the payload that each probe has for itself.
pub const HEAD_LEN: usize = 16;

/// A probe: what it has for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Whom to ask.
    pub to: Peer,
    /// Sequence number.
    pub seq: Seq,
    /// The first bytes of the payload.
    pub head: [u8; HEAD_LEN],
}

/// What all probes of one family share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Common {
    pub(super) family: Family,
    pub(super) ident: Ident,
    /// Bytes of payload, at least [`HEAD_LEN`].
    pub(super) size: usize,
    pub(super) ttl: Ttl,
    pub(super) tos: u8,
}

/// Which headers stand in front of the ICMP message.
#[derive(Clone, Copy, Debug)]
pub(super) enum Headers {
    /// None: the kernel writes the IP header, and of ICMPv6 the checksum.
    None,
    /// IP, from this address (IPv4: unspecified lets the kernel choose).
    Ip(IpAddr),
    /// IP, from this address, in Ethernet, from one station to another.
    Frame { source: IpAddr, from: MacAddr, to: MacAddr },
}

/// A probe without what is its own.
#[derive(Clone, Debug)]
pub(super) struct Template {
    bytes: Vec<u8>,
    /// Where the IP header begins, if there is one.
    ip: Option<usize>,
    /// Where the ICMP header begins.
    icmp: usize,
    /// Sum of the IPv4 header without its destination.
    ip_sum: u16,
    /// Sum of what the ICMP checksum covers without what is a probe's own; `None`: the kernel computes it.
    icmp_sum: Option<u16>,
    family: Family,
}

impl Template {
    /// # Errors
    /// A payload too long for IP.
    pub(super) fn new(common: Common, headers: Headers) -> Result<Template, Malformed> {
        let message = icmp::HEADER_LEN + common.size.max(HEAD_LEN);
        let (link, source) = match headers {
            Headers::None => (0, None),
            Headers::Ip(source) => (0, Some(source)),
            Headers::Frame { source, .. } => (ethernet::HEADER_LEN, Some(source)),
        };
        let ip_len = match (source, common.family) {
            (None, _) => 0,
            (_, Family::V4) => ipv4::MIN_HEADER_LEN,
            (_, Family::V6) => ipv6::HEADER_LEN,
        };
        let icmp = link + ip_len;
        let mut bytes = vec![0; icmp + message];
        if let Headers::Frame { from, to, .. } = headers {
            let ether_type = if common.family == Family::V4 { EtherType::IPV4 } else { EtherType::IPV6 };
            ethernet::Repr { dst: to, src: from, tag: None, ether_type }.emit(&mut bytes)?;
        }
        // The payload behind the head has the pattern of ping: each byte its offset.
        let payload = bytes.get_mut(icmp + icmp::HEADER_LEN..).unwrap_or_default();
        for (i, byte) in payload.iter_mut().enumerate().skip(HEAD_LEN) {
            *byte = i as u8;
        }
        let pseudo = match source {
            Some(source) => ip_header(&common, source, message, bytes.get_mut(link..).unwrap_or_default())?,
            None => 0,
        };
        let sum = match bytes.get_mut(icmp..) {
            Some(message) => {
                icmp::emit_echo(common.family, message, common.ident, Seq(0))?;
                message.iter_mut().skip(2).take(2).for_each(|byte| *byte = 0);
                checksum::sum(message)
            }
            None => 0,
        };
        let ip = source.map(|_| link);
        let ip_sum = bytes.get(link..icmp).map_or(0, checksum::sum);
        let is_ours = common.family == Family::V4 || source.is_some();
        let icmp_sum = is_ours.then(|| checksum::add(sum, pseudo));
        Ok(Template { bytes, ip, icmp, ip_sum, icmp_sum, family: common.family })
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Writes what is a probe's own into a copy of the template, whose other bytes are left as they are.
    pub(super) fn write(&self, ask: &Ask, to: &mut [u8]) {
        let address_sum = match self.ip.and_then(|ip| to.get_mut(ip..)) {
            Some(header) => self.address(ask.to.addr, header),
            None => 0,
        };
        let message = to.get_mut(self.icmp..).and_then(|m| m.first_chunk_mut::<{ icmp::HEADER_LEN + HEAD_LEN }>());
        let Some(message) = message else { return };
        message[6..8].copy_from_slice(&ask.seq.0.to_be_bytes());
        message[8..].copy_from_slice(&ask.head);
        if let Some(sum) = self.icmp_sum {
            let own = checksum::add(ask.seq.0, checksum::sum(&ask.head));
            let pseudo = if self.family == Family::V6 { address_sum } else { 0 };
            let sum = checksum::add(checksum::add(sum, own), pseudo);
            message[2..4].copy_from_slice(&(!sum).to_be_bytes());
        }
    }

    /// Writes the destination into an IP header and returns its sum.
    fn address(&self, addr: IpAddr, header: &mut [u8]) -> u16 {
        match addr {
            IpAddr::V4(addr) => {
                let octets = addr.octets();
                let sum = checksum::sum(&octets);
                if let Some(header) = header.first_chunk_mut::<{ ipv4::MIN_HEADER_LEN }>() {
                    header[10..12].copy_from_slice(&(!checksum::add(self.ip_sum, sum)).to_be_bytes());
                    header[16..20].copy_from_slice(&octets);
                }
                sum
            }
            IpAddr::V6(addr) => {
                let octets = addr.octets();
                if let Some(header) = header.first_chunk_mut::<{ ipv6::HEADER_LEN }>() {
                    header[24..40].copy_from_slice(&octets);
                }
                checksum::sum(&octets)
            }
        }
    }
}

/// Writes an IP header without destination (and IPv4 checksum), and returns the sum that it gives to an ICMPv6 checksum,
/// the destination left out.
fn ip_header(common: &Common, source: IpAddr, message: usize, out: &mut [u8]) -> Result<u16, Malformed> {
    match source {
        IpAddr::V4(src) => {
            let header = ipv4::Repr {
                src,
                dst: Ipv4Addr::UNSPECIFIED,
                tos: common.tos,
                // Never fragmented, so that it need not be unique (RFC 6864 §4.1); 0 would let the kernel fill it in.
                ident: common.ident.0,
                dont_fragment: true,
                more_fragments: false,
                fragment_offset: 0,
                ttl: common.ttl,
                protocol: protocol::ICMP,
                options: &[],
                payload_len: message,
            };
            header.emit(out)?;
            out.iter_mut().skip(10).take(2).for_each(|byte| *byte = 0);
            Ok(0)
        }
        IpAddr::V6(src) => {
            let dst = Ipv6Addr::UNSPECIFIED;
            let header = ipv6::Repr {
                src,
                dst,
                traffic_class: common.tos,
                flow_label: 0,
                next_header: protocol::ICMPV6,
                hop_limit: common.ttl,
                payload_len: message,
            };
            header.emit(out)?;
            // Anything longer was refused by `emit`.
            let len = u32::try_from(message).unwrap_or(0);
            Ok(checksum::pseudo_v6(src, dst, protocol::ICMPV6, len))
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const A: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);
    const B: MacAddr = MacAddr([2, 0, 0, 0, 0, 2]);

    fn common(family: Family, size: usize) -> Common {
        Common { family, ident: Ident(0x1234), size, ttl: Ttl(61), tos: 0x28 }
    }

    /// Reads a probe from its IP header on with a reader that we did not write.
    fn check_ip(packet: &[u8], source: IpAddr, ask: &Ask, size: usize) {
        let parsed = etherparse::SlicedPacket::from_ip(packet).unwrap();
        let payload = match (parsed.net.unwrap(), source) {
            (etherparse::NetSlice::Ipv4(ip), IpAddr::V4(source)) => {
                let h = ip.header();
                assert_eq!((h.source_addr(), IpAddr::from(h.destination_addr())), (source, ask.to.addr));
                assert_eq!((h.ttl(), h.dont_fragment(), h.identification()), (61, true, 0x1234));
                assert_eq!(h.header_checksum(), h.to_header().calc_header_checksum());
                assert_eq!(h.slice()[1], 0x28);
                ip.payload().payload.to_vec()
            }
            (etherparse::NetSlice::Ipv6(ip), IpAddr::V6(source)) => {
                let h = ip.header();
                assert_eq!((h.source_addr(), IpAddr::from(h.destination_addr())), (source, ask.to.addr));
                assert_eq!((h.hop_limit(), h.traffic_class()), (61, 0x28));
                let message = ip.payload().payload.to_vec();
                let slice = etherparse::Icmpv6Slice::from_slice(&message).unwrap();
                assert!(slice.is_checksum_valid(source.octets(), h.destination_addr().octets()));
                message
            }
            other => panic!("{other:?}"),
        };
        check_icmp(&payload, ask, size);
        if source.is_ipv4() {
            assert!(checksum::verify(&payload));
        }
    }

    fn check_icmp(message: &[u8], ask: &Ask, size: usize) {
        assert_eq!(message.len(), 8 + size.max(HEAD_LEN));
        assert_eq!(message[4..6], [0x12, 0x34]);
        assert_eq!(message[6..8], ask.seq.0.to_be_bytes());
        assert_eq!(message[8..24], ask.head);
        assert!(message[24..].iter().enumerate().all(|(i, b)| *b == (i + 16) as u8));
    }

    proptest! {
        #[test]
        fn every_copy_is_a_whole_probe(
            v4 in any::<[[u8; 4]; 3]>(), v6 in any::<[[u8; 16]; 3]>(), seqs: [u16; 2], heads: [[u8; 16]; 2], size in 0_usize..70,
        ) {
            let asks = |addrs: [IpAddr; 2]| [0, 1].map(|i| Ask { to: addrs[i].into(), seq: Seq(seqs[i]), head: heads[i] });
            for (source, to) in [
                (IpAddr::from(v4[0]), [IpAddr::from(v4[1]), IpAddr::from(v4[2])]),
                (IpAddr::from(v6[0]), [IpAddr::from(v6[1]), IpAddr::from(v6[2])]),
            ] {
                let common = common(Family::of(source), size);
                let frame = Template::new(common, Headers::Frame { source, from: A, to: B }).unwrap();
                let packet = Template::new(common, Headers::Ip(source)).unwrap();
                let bare = Template::new(common, Headers::None).unwrap();
                let mut copies = [&frame, &packet, &bare].map(|t| t.bytes().to_vec());
                // The second goes over the first, as in a sender's buffer.
                for ask in asks(to) {
                    let [f, p, b] = &mut copies;
                    frame.write(&ask, f);
                    packet.write(&ask, p);
                    bare.write(&ask, b);
                    prop_assert_eq!((&f[..6], &f[6..12]), (&B.0[..], &A.0[..]));
                    let ether_type: [u8; 2] = if source.is_ipv4() { [8, 0] } else { [0x86, 0xdd] };
                    prop_assert_eq!(&f[12..14], &ether_type);
                    prop_assert_eq!(&f[14..], &p[..]);
                    check_ip(p, source, &ask, size);
                    check_icmp(b, &ask, size);
                    prop_assert!(source.is_ipv6() || checksum::verify(b));
                    prop_assert!(source.is_ipv4() || b[2..4] == [0, 0], "the kernel's to fill in");
                }
            }
        }
    }

    #[test]
    fn what_ip_cannot_carry_is_refused() {
        for (source, size) in [("192.0.2.1", 65_508), ("2001:db8::1", 65_528)] {
            let source: IpAddr = source.parse().unwrap();
            let common = common(Family::of(source), size);
            assert!(Template::new(common, Headers::Ip(source)).is_err(), "{source}");
            assert!(Template::new(Common { size: size - 1, ..common }, Headers::Ip(source)).is_ok(), "{source}");
        }
    }
}
