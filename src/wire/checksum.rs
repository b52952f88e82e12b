//! The Internet checksum (RFC 1071): sums, and what they are made of.
//!
//! A *sum* is the folded one's-complement sum; a *checksum* is its complement, as headers carry it. Both are numbers in
//! host order whose big-endian bytes stand on the wire. The sum does not depend on byte order (RFC 1071 §2(B)), so words
//! are added as the machine reads them, sixteen bytes at a time, and swapped once at the end.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The one's-complement sum of the big-endian 16-bit words of `bytes`; an odd last byte is followed by a zero.
#[must_use]
pub fn sum(bytes: &[u8]) -> u16 {
    let halves = |block: &[u8; 16]| {
        let whole = u128::from_ne_bytes(*block);
        (whole >> 64) + (whole & u128::from(u64::MAX))
    };
    let mut blocks = bytes.chunks_exact(16);
    // Carries gather in the upper half: the compiler makes additions with carry of these.
    let total: u128 = (&mut blocks).filter_map(|block| block.first_chunk()).map(halves).sum();
    let mut total = fold_add(total as u64, (total >> 64) as u64);
    let rest = blocks.remainder();
    if !rest.is_empty() {
        let mut last = [0; 16];
        last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        let last = halves(&last);
        total = fold_add(total, fold_add(last as u64, (last >> 64) as u64));
    }
    u16::from_be(fold(total))
}

/// The checksum that makes `bytes` verify, where the checksum field within `bytes` is zero.
#[must_use]
pub fn checksum(bytes: &[u8]) -> u16 {
    !sum(bytes)
}

/// Whether `bytes`, checksum field included, sum up to all ones.
#[must_use]
pub fn verify(bytes: &[u8]) -> bool {
    sum(bytes) == 0xffff
}

/// The sum of two parts that follow each other, the first of even length.
#[must_use]
pub fn add(first: u16, second: u16) -> u16 {
    let (s, carry) = first.overflowing_add(second);
    s + u16::from(carry) // the carry came, so s is at most 0xfffe
}

/// The sum of the IPv4 pseudo-header of UDP and TCP (RFC 768); `len` is the length of the transport header and data.
#[must_use]
pub fn pseudo_v4(src: Ipv4Addr, dst: Ipv4Addr, protocol: u8, len: u16) -> u16 {
    let addresses = add(sum(&src.octets()), sum(&dst.octets()));
    add(addresses, add(u16::from(protocol), len))
}

/// The sum of the IPv6 pseudo-header (RFC 8200 §8.1); `len` is the length of the upper-layer header and data.
#[must_use]
pub fn pseudo_v6(src: Ipv6Addr, dst: Ipv6Addr, next_header: u8, len: u32) -> u16 {
    let addresses = add(sum(&src.octets()), sum(&dst.octets()));
    add(addresses, add(u16::from(next_header), sum(&len.to_be_bytes())))
}

/// The sum of either pseudo-header; `None` for addresses of different families.
#[must_use]
pub fn pseudo(src: IpAddr, dst: IpAddr, protocol: u8, len: u16) -> Option<u16> {
    match (src, dst) {
        (IpAddr::V4(s), IpAddr::V4(d)) => Some(pseudo_v4(s, d, protocol, len)),
        (IpAddr::V6(s), IpAddr::V6(d)) => Some(pseudo_v6(s, d, protocol, u32::from(len))),
        _ => None,
    }
}

/// One's-complement addition of 64-bit numbers, which keeps the value modulo 65535.
fn fold_add(a: u64, b: u64) -> u64 {
    let (s, carry) = a.overflowing_add(b);
    s + u64::from(carry)
}

/// 64 bits to 16, carries added back.
fn fold(total: u64) -> u16 {
    let t = (total >> 32) + (total & 0xffff_ffff); // 33 bits
    let t = (t >> 16) + (t & 0xffff); // at most 0x2_fffe
    let t = (t >> 16) + (t & 0xffff); // at most 0x1_0001
    ((t >> 16) + (t & 0xffff)) as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// RFC 1071 in the plainest words.
    fn plain(bytes: &[u8]) -> u16 {
        let mut total = 0u32;
        for pair in bytes.chunks(2) {
            total += u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0));
            total = (total & 0xffff) + (total >> 16);
        }
        total as u16
    }

    #[test]
    fn the_example_of_rfc_1071() {
        assert_eq!(sum(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]), 0xddf2);
    }

    #[test]
    fn ends_of_the_scale() {
        assert_eq!(sum(&[]), 0);
        assert_eq!(checksum(&[]), 0xffff);
        assert_eq!(sum(&[0xab]), 0xab00);
        assert_eq!(sum(&[0xff; 65_535]), plain(&[0xff; 65_535]));
        assert!(verify(&[0xff; 2]));
        assert!(!verify(&[0; 64]));
    }

    #[test]
    fn pseudo_headers_byte_by_byte() {
        let v4 = pseudo_v4(Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(198, 51, 100, 255), 17, 0x1234);
        assert_eq!(v4, plain(&[192, 0, 2, 1, 198, 51, 100, 255, 0, 17, 0x12, 0x34]));
        let (a, b) = ("2001:db8::ffff:1".parse::<Ipv6Addr>(), "fe80::fffe".parse::<Ipv6Addr>());
        let (Ok(a), Ok(b)) = (a, b) else { panic!("addresses") };
        let mut whole = [a.octets(), b.octets()].concat();
        whole.extend([0, 1, 0x00, 0x08, 0, 0, 0, 58]);
        assert_eq!(pseudo_v6(a, b, 58, 0x1_0008), plain(&whole));
    }

    proptest! {
        #[test]
        fn sums_as_the_plain_way_does(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert_eq!(sum(&bytes), plain(&bytes));
        }

        #[test]
        fn a_written_checksum_verifies(mut bytes in proptest::collection::vec(any::<u8>(), 2..200)) {
            bytes[0] = 0;
            bytes[1] = 0;
            let c = checksum(&bytes);
            bytes[..2].copy_from_slice(&c.to_be_bytes());
            prop_assert!(verify(&bytes));
            bytes[0] ^= 0x10;
            prop_assert!(!verify(&bytes));
        }
    }
}
