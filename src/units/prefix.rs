//! Addresses as numbers, and the networks that share their first bits.
//!
//! Counted as 128-bit integers in both families, so that IPv4 and IPv6 are one code path.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Family;

/// An address as a number.
#[must_use]
pub const fn number(addr: IpAddr) -> u128 {
    match addr {
        IpAddr::V4(addr) => addr.to_bits() as u128,
        IpAddr::V6(addr) => addr.to_bits(),
    }
}

/// A number as an address; of IPv4 its lower 32 bits.
#[must_use]
pub const fn address(family: Family, number: u128) -> IpAddr {
    match family {
        Family::V4 => IpAddr::V4(Ipv4Addr::from_bits(number as u32)),
        Family::V6 => IpAddr::V6(Ipv6Addr::from_bits(number)),
    }
}

/// The first and the last number of the addresses that share the first `len` bits of this one. More bits than an address
/// has are all of them.
#[must_use]
pub fn span(addr: IpAddr, len: u32) -> (u128, u128) {
    let host_bits = Family::of(addr).bits().saturating_sub(len);
    // A shift by 128 has no value: ::/0 is all ones.
    let hosts = 1_u128.checked_shl(host_bits).map_or(u128::MAX, |size| size - 1);
    let first = number(addr) & !hosts;
    (first, first | hosts)
}

/// Whether an address is in the network of another.
#[must_use]
pub fn is_within(addr: IpAddr, network: IpAddr, len: u8) -> bool {
    let (first, last) = span(network, len.into());
    Family::of(addr) == Family::of(network) && (first..=last).contains(&number(addr))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap_or(IpAddr::V4(Ipv4Addr::BROADCAST))
    }

    #[test]
    fn a_network_is_what_shares_its_bits() {
        assert!(is_within(ip("10.1.0.255"), ip("10.1.0.1"), 24));
        assert!(!is_within(ip("10.1.1.0"), ip("10.1.0.1"), 24));
        assert!(is_within(ip("10.1.1.0"), ip("192.0.2.1"), 0));
        assert!(is_within(ip("::1"), ip("fe80::1"), 0));
        assert!(!is_within(ip("fe80::1"), ip("fe80::2"), 128));
        assert!(!is_within(ip("fe80::1"), ip("10.1.0.1"), 0));
        assert_eq!(span(ip("::"), 0), (0, u128::MAX));
        assert_eq!(span(ip("192.0.2.77"), 99), (0xc000_024d, 0xc000_024d));
    }

    proptest! {
        #[test]
        fn a_number_is_its_address(v4: u32, v6: u128) {
            for addr in [IpAddr::from(Ipv4Addr::from_bits(v4)), IpAddr::from(Ipv6Addr::from_bits(v6))] {
                prop_assert_eq!(address(Family::of(addr), number(addr)), addr);
            }
        }
    }
}
