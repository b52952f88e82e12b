//! Targets as they are written: an address, a CIDR block, a range, or a name.
//!
//! `192.0.2.7`, `192.0.2.0/24`, `192.0.2.1-192.0.2.9`, `192.0.2.1-9`, `2001:db8::/120`, `2001:db8::1-2001:db8::ff`,
//! `fe80::1%eth0`, `fe80::%eth0/120`. Whatever is none of them is a name, for others to judge: host names may hold digits
//! and hyphens, too.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use thiserror::Error;

use super::block::Block;
use crate::units::Family;

/// What a text stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Addresses.
    Block(Block),
    /// Something to be looked up.
    Name(String),
}

/// Why a text is no block of addresses although it looks like one.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadTarget {
    /// No number behind the slash, or too large a one.
    #[error("the prefix length must be 0 to {most}, as in 192.0.2.0/24 or 2001:db8::/120")]
    Prefix {
        /// The family's bits.
        most: u32,
    },
    /// No address before the slash.
    #[error("no address before the slash; a block is written 192.0.2.0/24 or 2001:db8::/120")]
    NoAddress,
    /// The end lies before the beginning.
    #[error("the range ends before it begins")]
    Backwards,
    /// Two families in one range.
    #[error("a range has addresses of one family")]
    Families,
    /// Two zones in one range.
    #[error("a range lies on one link: the zone behind % must be the same")]
    Zones,
    /// No such interface.
    #[error("{0}: no such interface")]
    NoInterface(String),
}

/// Reads one; `interface` finds an interface's index.
///
/// # Errors
/// Where it can be neither a name nor addresses.
pub fn read(text: &str, interface: &dyn Fn(&str) -> Option<u32>) -> Result<Target, BadTarget> {
    if let Some((before, prefix)) = text.rsplit_once('/') {
        let (addr, scope) = scoped(before, interface)?.ok_or(BadTarget::NoAddress)?;
        return cidr(addr, prefix, scope).map(Target::Block);
    }
    if let Some(block) = range(text, interface)? {
        return Ok(Target::Block(block));
    }
    Ok(match scoped(text, interface)? {
        Some((addr, scope)) => Target::Block(Block::one(crate::net::Peer { addr, scope })),
        None => Target::Name(text.to_owned()),
    })
}

fn cidr(addr: IpAddr, prefix: &str, scope: u32) -> Result<Block, BadTarget> {
    let bad = BadTarget::Prefix { most: Family::of(addr).bits() };
    let prefix = digits(prefix).ok_or(bad.clone())?;
    Block::cidr(addr, prefix, scope).ok_or(bad)
}

/// `A-B`, or `A-N` with the last byte of an IPv4 address alone. `None`: no range.
fn range(text: &str, interface: &dyn Fn(&str) -> Option<u32>) -> Result<Option<Block>, BadTarget> {
    let Some((first_text, last_text)) = text.split_once('-') else { return Ok(None) };
    let plain = |text: &str| address_and_zone(text).is_some();
    if !plain(first_text) {
        return Ok(None);
    }
    let Some((first, scope)) = scoped(first_text, interface)? else { return Ok(None) };
    let last = match (first, digits(last_text)) {
        (IpAddr::V4(first), Some(byte)) => {
            let [a, b, c, _] = first.octets();
            let byte = u8::try_from(byte).map_err(|_| BadTarget::Backwards)?;
            IpAddr::from(Ipv4Addr::new(a, b, c, byte))
        }
        // A host name that begins like an address.
        _ if !plain(last_text) => return Ok(None),
        _ => match scoped(last_text, interface)? {
            Some((last, last_scope)) if last_scope == scope => last,
            Some(_) => return Err(BadTarget::Zones),
            None => return Ok(None),
        },
    };
    if Family::of(first) != Family::of(last) {
        return Err(BadTarget::Families);
    }
    Block::range(first, last, scope).map(Some).ok_or(BadTarget::Backwards)
}

/// An address with the index of its zone's interface; `None`: no address.
fn scoped(text: &str, interface: &dyn Fn(&str) -> Option<u32>) -> Result<Option<(IpAddr, u32)>, BadTarget> {
    let Some((addr, zone)) = address_and_zone(text) else { return Ok(None) };
    let scope = match zone {
        None => 0,
        Some(zone) => interface(zone).ok_or_else(|| BadTarget::NoInterface(zone.to_owned()))?,
    };
    Ok(Some((addr, scope)))
}

fn address_and_zone(text: &str) -> Option<(IpAddr, Option<&str>)> {
    if let Ok(addr) = text.parse::<Ipv4Addr>() {
        return Some((addr.into(), None));
    }
    let (addr, zone) = text.split_once('%').map_or((text, None), |(addr, zone)| (addr, Some(zone)));
    Some((addr.parse::<Ipv6Addr>().ok()?.into(), zone))
}

fn digits(text: &str) -> Option<u32> {
    let is_number = !text.is_empty() && text.len() <= 9 && text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn zone(name: &str) -> Option<u32> {
        (name == "eth0").then_some(3)
    }

    #[test]
    fn blocks_and_ranges_are_read_in_both_families() {
        for (text, first, last, scope) in [
            ("192.0.2.7", "192.0.2.7", "192.0.2.7", 0),
            ("192.0.2.7/30", "192.0.2.4", "192.0.2.7", 0),
            ("0.0.0.0/0", "0.0.0.0", "255.255.255.255", 0),
            ("192.0.2.1-192.0.3.9", "192.0.2.1", "192.0.3.9", 0),
            ("192.0.2.1-9", "192.0.2.1", "192.0.2.9", 0),
            ("2001:db8::1", "2001:db8::1", "2001:db8::1", 0),
            ("2001:db8::1/120", "2001:db8::", "2001:db8::ff", 0),
            ("2001:db8::1-2001:db8::ff", "2001:db8::1", "2001:db8::ff", 0),
            ("fe80::1%eth0", "fe80::1", "fe80::1", 3),
            ("fe80::%eth0/126", "fe80::", "fe80::3", 3),
            ("fe80::1%eth0-fe80::2%eth0", "fe80::1", "fe80::2", 3),
        ] {
            let block = Block::range(first.parse().unwrap(), last.parse().unwrap(), scope).unwrap();
            assert_eq!(read(text, &zone), Ok(Target::Block(block)), "{text}");
        }
    }

    #[test]
    fn the_rest_are_names() {
        for text in ["host", "127.1", "1.2.3.4-5.example", "10-0-0-1.example.net", "256.1.1.1", "a-b", "", "1.2.3.4-x"]
        {
            assert_eq!(read(text, &zone), Ok(Target::Name(text.into())), "{text}");
        }
    }

    #[test]
    fn what_looks_like_addresses_and_is_none_is_told() {
        for (text, why) in [
            ("192.0.2.0/33", BadTarget::Prefix { most: 32 }),
            ("192.0.2.0/", BadTarget::Prefix { most: 32 }),
            ("192.0.2.0/-1", BadTarget::Prefix { most: 32 }),
            ("2001:db8::/129", BadTarget::Prefix { most: 128 }),
            ("host/24", BadTarget::NoAddress),
            ("192.0.2.9-192.0.2.1", BadTarget::Backwards),
            ("192.0.2.9-256", BadTarget::Backwards),
            ("192.0.2.9-2001:db8::1", BadTarget::Families),
            ("fe80::1%eth0-fe80::2", BadTarget::Zones),
            ("fe80::1%eth9", BadTarget::NoInterface("eth9".into())),
            ("fe80::%eth9/64", BadTarget::NoInterface("eth9".into())),
        ] {
            assert_eq!(read(text, &zone), Err(why), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_target_or_an_error(text in "\\PC{0,60}") {
            let _ = read(&text, &zone);
        }

        #[test]
        fn any_range_comes_back(a: u128, b: u128) {
            let (a, b) = (Ipv6Addr::from(a.min(b)), Ipv6Addr::from(a.max(b)));
            let expect = Block::range(a.into(), b.into(), 0).unwrap();
            prop_assert_eq!(read(&format!("{a}-{b}"), &zone), Ok(Target::Block(expect)));
        }
    }
}
