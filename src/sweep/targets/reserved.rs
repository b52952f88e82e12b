//! Addresses that no host of the Internet has: what a wide sweep leaves out unless it is told otherwise.
//!
//! From the IANA special-purpose address registries (RFC 6890 and its updates), those that are not globally reachable,
//! and multicast. IPv6 is the other way round: outside of 2000::/3 nothing has been given to anybody (RFC 4291 §2.4),
//! but unique local addresses (RFC 4193) are somebody's.

use std::net::IpAddr;

use super::block::Block;
use super::ranges::Ranges;

/// First address, prefix length.
const RESERVED: &[(&str, u32)] = &[
    ("0.0.0.0", 8),       // this network (RFC 791 §3.2)
    ("10.0.0.0", 8),      // private (RFC 1918)
    ("100.64.0.0", 10),   // shared by carriers (RFC 6598)
    ("127.0.0.0", 8),     // loopback (RFC 1122 §3.2.1.3)
    ("169.254.0.0", 16),  // link-local (RFC 3927)
    ("172.16.0.0", 12),   // private (RFC 1918)
    ("192.0.0.0", 24),    // protocol assignments (RFC 6890 §2.1)
    ("192.0.2.0", 24),    // documentation (RFC 5737)
    ("192.88.99.0", 24),  // 6to4 relays, given up (RFC 7526)
    ("192.168.0.0", 16),  // private (RFC 1918)
    ("198.18.0.0", 15),   // benchmarks (RFC 2544)
    ("198.51.100.0", 24), // documentation (RFC 5737)
    ("203.0.113.0", 24),  // documentation (RFC 5737)
    ("224.0.0.0", 4),     // multicast (RFC 5771)
    ("240.0.0.0", 4),     // reserved, and the limited broadcast (RFC 1112 §4, RFC 8190)
    ("::", 3),            // unassigned, loopback, mapped and translated addresses
    ("2001::", 23),       // protocol assignments (RFC 2928)
    ("2001:db8::", 32),   // documentation (RFC 3849)
    ("2002::", 16),       // 6to4 (RFC 3056)
    ("3fff::", 20),       // documentation (RFC 9637)
    ("4000::", 2),        // unassigned
    ("8000::", 1),        // unassigned, unique local, link-local, multicast
];

/// The reserved addresses of both families.
#[must_use]
pub fn reserved() -> Ranges {
    Ranges::new(RESERVED.iter().filter_map(|(first, prefix)| Block::cidr(first.parse::<IpAddr>().ok()?, *prefix, 0)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn each_entry_is_a_block_that_begins_where_it_says() {
        for (first, prefix) in RESERVED {
            let block = Block::cidr(first.parse().unwrap(), *prefix, 0).unwrap();
            assert_eq!(block.first(), first.parse::<IpAddr>().unwrap(), "{first}/{prefix}");
        }
    }

    #[test]
    fn the_internet_is_not_reserved() {
        let reserved = reserved();
        for addr in
            ["1.1.1.1", "8.8.8.8", "100.128.0.1", "172.32.0.1", "192.0.1.1", "223.255.255.255", "2600::1", "2a00::1"]
        {
            assert!(!reserved.contains(addr.parse().unwrap()), "{addr}");
        }
        for addr in
            ["10.9.8.7", "100.64.0.1", "172.31.0.1", "239.1.1.1", "255.255.255.255", "::1", "fe80::1", "fc00::1"]
        {
            assert!(reserved.contains(addr.parse().unwrap()), "{addr}");
        }
    }
}
