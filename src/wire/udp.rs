//! The UDP header (RFC 768), as probes send it and errors quote it.

use super::malformed::{Malformed, Part};
use super::{bytes, checksum};
use crate::units::Port;
use std::net::IpAddr;

/// Octets of the header.
pub const HEADER_LEN: usize = 8;

/// A view of a UDP header and what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    fixed: &'a [u8; HEADER_LEN],
    rest: &'a [u8],
}

impl<'a> Header<'a> {
    /// Checks that the header is there. The length field is not held against the bytes: quotes are cut.
    ///
    /// # Errors
    /// Fewer than 8 bytes.
    pub fn new_checked(bytes: &'a [u8]) -> Result<Header<'a>, Malformed> {
        match bytes.split_first_chunk::<HEADER_LEN>() {
            Some((fixed, rest)) => Ok(Header { fixed, rest }),
            None => Err(Malformed::truncated(Part::Udp, HEADER_LEN, bytes.len())),
        }
    }

    /// Source port.
    #[must_use]
    pub fn src_port(&self) -> Port {
        Port(u16::from_be_bytes([self.fixed[0], self.fixed[1]]))
    }

    /// Destination port.
    #[must_use]
    pub fn dst_port(&self) -> Port {
        Port(u16::from_be_bytes([self.fixed[2], self.fixed[3]]))
    }

    /// Length of header and data, in octets, as the sender wrote it.
    #[must_use]
    pub fn length(&self) -> u16 {
        u16::from_be_bytes([self.fixed[4], self.fixed[5]])
    }

    /// The checksum field; 0 means that the sender computed none.
    #[must_use]
    pub fn checksum(&self) -> u16 {
        u16::from_be_bytes([self.fixed[6], self.fixed[7]])
    }

    /// The data, as far as the length field says and the bytes reach. A length under 8 (0 is a jumbogram's, RFC 2675)
    /// bounds nothing.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        match usize::from(self.length()).checked_sub(HEADER_LEN) {
            Some(len) => bytes::first(self.rest, len),
            None => self.rest,
        }
    }
}

/// Writes a header over the first 8 bytes of `datagram`, which is the whole datagram with its data in place, and returns
/// the checksum, never 0 (RFC 768: a sum of zero is sent as all ones). Addresses of different families have none.
///
/// # Errors
/// Fewer than 8 bytes, or more than the length field can say.
pub fn emit(datagram: &mut [u8], src: IpAddr, dst: IpAddr, src_port: Port, dst_port: Port) -> Result<u16, Malformed> {
    let total = datagram.len();
    let Ok(len) = u16::try_from(total) else {
        return Err(Malformed::too_long(Part::Udp, total, usize::from(u16::MAX)));
    };
    let Some(head) = datagram.first_chunk_mut::<HEADER_LEN>() else {
        return Err(Malformed::truncated(Part::Udp, HEADER_LEN, total));
    };
    head[..2].copy_from_slice(&src_port.0.to_be_bytes());
    head[2..4].copy_from_slice(&dst_port.0.to_be_bytes());
    head[4..6].copy_from_slice(&len.to_be_bytes());
    head[6..].copy_from_slice(&[0, 0]);
    let Some(pseudo) = checksum::pseudo(src, dst, super::protocol::UDP, len) else { return Ok(0) };
    let sum = match !checksum::add(pseudo, checksum::sum(datagram)) {
        0 => 0xffff,
        sum => sum,
    };
    if let Some(head) = datagram.first_chunk_mut::<HEADER_LEN>() {
        head[6..].copy_from_slice(&sum.to_be_bytes());
    }
    Ok(sum)
}

/// As [`emit`], with a checksum that the caller chooses (not 0): the first two octets of the data are set so that it is
/// right. Sums of 16-bit words do not hang on their order, so that a number and its complement may change places.
///
/// # Errors
/// Less than 2 octets of data, more than the length field can say, or a checksum of 0.
pub fn emit_with_checksum(
    datagram: &mut [u8],
    src: IpAddr,
    dst: IpAddr,
    src_port: Port,
    dst_port: Port,
    checksum: u16,
) -> Result<(), Malformed> {
    let total = datagram.len();
    let Some(balance) = datagram.get_mut(HEADER_LEN..HEADER_LEN + 2).filter(|_| checksum != 0) else {
        return Err(Malformed::truncated(Part::Udp, HEADER_LEN + 2, total));
    };
    balance.copy_from_slice(&checksum.to_be_bytes());
    let complement = emit(datagram, src, dst, src_port, dst_port)?;
    if let Some(both) = datagram.get_mut(HEADER_LEN - 2..HEADER_LEN + 2) {
        both[..2].copy_from_slice(&checksum.to_be_bytes());
        both[2..].copy_from_slice(&complement.to_be_bytes());
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_length_field_bounds_the_data() {
        let bytes = [0, 1, 0, 2, 0, 10, 0xca, 0xfe, 5, 6, 7];
        let h = Header::new_checked(&bytes).unwrap();
        assert_eq!((h.src_port(), h.dst_port(), h.length(), h.checksum()), (Port(1), Port(2), 10, 0xcafe));
        assert_eq!(h.payload(), &[5, 6]);
        for (length, payload) in [(0, 3), (7, 3), (8, 0), (11, 3), (255, 3)] {
            let mut bytes = bytes;
            bytes[5] = length;
            assert_eq!(Header::new_checked(&bytes).unwrap().payload().len(), payload);
        }
        for cut in 0..8 {
            assert_eq!(Header::new_checked(&bytes[..cut]), Err(Malformed::truncated(Part::Udp, 8, cut)));
        }
    }

    #[test]
    fn a_datagram_has_limits() {
        let (src, dst) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2]));
        assert!(emit(&mut [0; 7], src, dst, Port(1), Port(2)).is_err());
        assert!(emit(&mut vec![0; 65_536], src, dst, Port(1), Port(2)).is_err());
        assert!(emit(&mut vec![0; 65_535], src, dst, Port(1), Port(2)).is_ok());
    }

    #[test]
    fn a_checksum_is_chosen_where_there_is_room_to_balance_it() {
        let (src, dst) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2]));
        assert!(emit_with_checksum(&mut [0; 9], src, dst, Port(1), Port(2), 7).is_err());
        assert!(emit_with_checksum(&mut [0; 10], src, dst, Port(1), Port(2), 0).is_err());
        assert!(emit_with_checksum(&mut [0; 10], src, dst, Port(1), Port(2), 7).is_ok());
    }

    #[test]
    fn a_checksum_of_zero_is_sent_as_all_ones() {
        let (src, dst) = (IpAddr::from([0, 0, 0, 0]), IpAddr::from([0, 0, 0, 0]));
        let mut datagram = [0; 8];
        // Protocol and twice the length are 17 + 16: the ports make it 0xffff.
        assert_eq!(emit(&mut datagram, src, dst, Port(0xffff - 33), Port(0)), Ok(0xffff));
        assert_eq!(datagram[6..], [0xff, 0xff]);
    }

    proptest! {
        #[test]
        fn checksums_are_those_of_others(
            a: [u8; 16], b: [u8; 16], ports: (u16, u16), data in proptest::collection::vec(any::<u8>(), 0..64),
        ) {
            let mut datagram = vec![0xee; 8];
            datagram.extend(&data);
            let (src, dst) = (Port(ports.0), Port(ports.1));
            let sum = emit(&mut datagram, a.into(), b.into(), src, dst).unwrap();
            let theirs = etherparse::UdpHeader::from_slice(&datagram).unwrap().0;
            prop_assert_eq!((theirs.source_port, theirs.destination_port), ports);
            prop_assert_eq!(usize::from(theirs.length), datagram.len());
            prop_assert_eq!(theirs.checksum, sum);
            prop_assert_eq!(theirs.calc_checksum_ipv6_raw(a, b, &data), Ok(sum));

            let (a, b): ([u8; 4], [u8; 4]) = ([a[0], a[1], a[2], a[3]], [b[0], b[1], b[2], b[3]]);
            let sum = emit(&mut datagram, a.into(), b.into(), src, dst).unwrap();
            prop_assert_eq!(theirs.calc_checksum_ipv4_raw(a, b, &data), Ok(sum));
        }

        #[test]
        fn a_chosen_checksum_is_right_and_only_two_octets_of_data_change(
            a: [u8; 16], b: [u8; 16], ports: (u16, u16), number in 1_u16.., mut data in proptest::collection::vec(any::<u8>(), 2..64),
        ) {
            let mut datagram = vec![0xee; 8];
            datagram.extend(&data);
            emit_with_checksum(&mut datagram, a.into(), b.into(), Port(ports.0), Port(ports.1), number).unwrap();
            let theirs = etherparse::UdpHeader::from_slice(&datagram).unwrap().0;
            prop_assert_eq!(theirs.checksum, number);
            prop_assert_eq!((theirs.source_port, theirs.destination_port), ports);
            prop_assert_eq!(&datagram[10..], &data[2..]);
            data[..2].copy_from_slice(&datagram[8..10]);
            // What a receiver does: the sum of everything is all ones, in either form of zero.
            let sum = theirs.calc_checksum_ipv6_raw(a, b, &data).unwrap();
            prop_assert!(sum == number, "{:#x} is not {:#x}", sum, number);
        }
    }
}
