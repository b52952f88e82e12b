//! Consecutive addresses of one family: what a CIDR block, a range and a single address have in common.
//!
//! A block is two numbers whatever its size ([`crate::units::prefix`]).

use std::net::IpAddr;

use crate::net::Peer;
use crate::units::Family;
use crate::units::prefix::{address, number, span};

/// Consecutive addresses, at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    family: Family,
    first: u128,
    last: u128,
    /// Interface index of link-local IPv6 addresses; 0: none.
    scope: u32,
}

impl Block {
    /// One address.
    #[must_use]
    pub fn one(peer: Peer) -> Self {
        let n = number(peer.addr);
        Block { family: Family::of(peer.addr), first: n, last: n, scope: peer.scope }
    }

    /// From one address to another, both included. `None` if they are of different families or the wrong way round.
    #[must_use]
    pub fn range(first: IpAddr, last: IpAddr, scope: u32) -> Option<Self> {
        let family = Family::of(first);
        let (first, last, same) = (number(first), number(last), family == Family::of(last));
        (same && first <= last).then_some(Block { family, first, last, scope })
    }

    /// All addresses with the first `prefix` bits of this one; `None` if the family has fewer bits.
    #[must_use]
    pub fn cidr(addr: IpAddr, prefix: u32, scope: u32) -> Option<Self> {
        let family = Family::of(addr);
        let (first, last) = span(addr, prefix);
        (prefix <= family.bits()).then_some(Block { family, first, last, scope })
    }

    /// Without its first and its last address: those of an IPv4 subnet that are its name and its broadcast address.
    /// `None` if nothing is left.
    #[must_use]
    pub fn inner(self) -> Option<Self> {
        (self.last - self.first >= 2).then(|| Block { first: self.first + 1, last: self.last - 1, ..self })
    }

    pub(super) fn from_numbers(family: Family, first: u128, last: u128, scope: u32) -> Self {
        Block { family, first, last, scope }
    }

    /// This one and another that begins where it ends, as one; `None` if it does not.
    #[must_use]
    pub fn joined(&self, next: &Block) -> Option<Self> {
        let same = (self.family, self.scope) == (next.family, next.scope);
        let touches = self.last.checked_add(1) == Some(next.first);
        (same && touches).then_some(Block { last: next.last, ..*self })
    }

    /// Its family.
    #[must_use]
    pub fn family(&self) -> Family {
        self.family
    }

    /// Interface index of link-local IPv6 addresses; 0: none.
    #[must_use]
    pub fn scope(&self) -> u32 {
        self.scope
    }

    /// Its first address.
    #[must_use]
    pub fn first(&self) -> IpAddr {
        address(self.family, self.first)
    }

    /// Its last address.
    #[must_use]
    pub fn last(&self) -> IpAddr {
        address(self.family, self.last)
    }

    /// How many addresses; `None` if 128 bits cannot hold it (`::/0`).
    #[must_use]
    pub fn count(&self) -> Option<u128> {
        (self.last - self.first).checked_add(1)
    }

    /// The address `offset` behind the first.
    #[must_use]
    pub fn nth(&self, offset: u128) -> Option<Peer> {
        let n = self.first.checked_add(offset).filter(|n| *n <= self.last)?;
        Some(Peer { addr: address(self.family, n), scope: self.scope })
    }

    /// How far behind the first an address lies; `None` if it is not in the block. The zone plays no part.
    #[must_use]
    pub fn offset_of(&self, addr: IpAddr) -> Option<u128> {
        let n = Some(number(addr)).filter(|n| *n <= self.last && Family::of(addr) == self.family)?;
        n.checked_sub(self.first)
    }

    pub(super) fn numbers(&self) -> (u128, u128) {
        (self.first, self.last)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_prefix_is_what_shares_its_bits() {
        for (addr, prefix, first, last, count) in [
            ("192.0.2.77", 24, "192.0.2.0", "192.0.2.255", 256),
            ("192.0.2.77", 32, "192.0.2.77", "192.0.2.77", 1),
            ("192.0.2.77", 0, "0.0.0.0", "255.255.255.255", 1 << 32),
            ("2001:db8::5", 126, "2001:db8::4", "2001:db8::7", 4),
            ("2001:db8::5", 128, "2001:db8::5", "2001:db8::5", 1),
            ("2001:db8::5", 1, "::", "7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 1 << 127),
        ] {
            let block = Block::cidr(ip(addr), prefix, 0).unwrap();
            assert_eq!((block.first(), block.last(), block.count()), (ip(first), ip(last), Some(count)), "{addr}");
        }
        assert_eq!(Block::cidr(ip("::"), 0, 0).unwrap().count(), None);
        assert_eq!(Block::cidr(ip("192.0.2.1"), 33, 0), None);
        assert_eq!(Block::cidr(ip("::1"), 129, 0), None);
    }

    #[test]
    fn a_range_goes_up_within_a_family() {
        assert_eq!(Block::range(ip("192.0.2.2"), ip("192.0.2.1"), 0), None);
        assert_eq!(Block::range(ip("192.0.2.2"), ip("::1"), 0), None);
        let block = Block::range(ip("192.0.2.250"), ip("192.0.3.3"), 0).unwrap();
        assert_eq!(block.count(), Some(10));
        assert_eq!(block.nth(6).unwrap().addr, ip("192.0.3.0"));
        assert_eq!((block.nth(10), block.nth(u128::MAX)), (None, None));
    }

    #[test]
    fn what_is_left_between_name_and_broadcast() {
        let inner = |prefix| Block::cidr(ip("192.0.2.0"), prefix, 0).unwrap().inner();
        assert_eq!(inner(30).unwrap().count(), Some(2));
        assert_eq!((inner(31), inner(32)), (None, None));
    }
}
