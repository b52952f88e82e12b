//! The number of a target by its address: the way back of [`Space::nth`], for answers.
//!
//! The blocks of a space stand in the order they were given; here they are sorted, so that an answer costs a binary search.

use super::super::targets::{Block, Space};
use crate::net::Peer;
use crate::units::Family;

/// Finds the numbers of a space's addresses.
#[derive(Clone, Debug)]
pub struct Finder {
    /// By zone, family and first address; each with the number of that address.
    blocks: Vec<(Block, u128)>,
}

impl Finder {
    /// For a space whose addresses are distinct; of those that are not, one of their numbers is found.
    #[must_use]
    pub fn new(space: &Space) -> Finder {
        let mut number = 0_u128;
        let mut blocks = Vec::new();
        for block in space.blocks() {
            blocks.push((block, number));
            number = number.saturating_add(block.count().unwrap_or(u128::MAX));
        }
        blocks.sort_by_key(|(block, _)| place(Peer { addr: block.first(), scope: block.scope() }));
        Finder { blocks }
    }

    /// The number of a target; `None` if it is none.
    #[must_use]
    pub fn number_of(&self, peer: Peer) -> Option<u128> {
        // Sockets name the link of link-local addresses only, users may name that of any.
        self.find(peer).or_else(|| self.find(Peer { scope: 0, ..peer }))
    }

    fn find(&self, peer: Peer) -> Option<u128> {
        let wanted = place(peer);
        let after = self.blocks.partition_point(|(b, _)| place(Peer { addr: b.first(), scope: b.scope() }) <= wanted);
        let (block, number) = self.blocks.get(after.checked_sub(1)?)?;
        let offset = block.offset_of(peer.addr).filter(|_| block.scope() == peer.scope)?;
        number.checked_add(offset)
    }
}

/// What blocks are sorted by.
fn place(peer: Peer) -> (u32, Family, std::net::IpAddr) {
    (peer.scope, Family::of(peer.addr), peer.addr)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::net::IpAddr;

    fn block(text: &str, prefix: u32, scope: u32) -> Block {
        Block::cidr(text.parse().unwrap(), prefix, scope).unwrap()
    }

    #[test]
    fn each_address_has_the_number_it_was_found_by() {
        let blocks = [
            block("192.0.2.0", 28, 0),
            block("fe80::", 124, 3),
            block("10.0.0.0", 30, 0),
            block("2001:db8::", 126, 0),
            block("fe80::", 124, 2),
        ];
        let space = Space::new(blocks).unwrap();
        let finder = Finder::new(&space);
        for (number, peer) in space.iter().enumerate() {
            assert_eq!(finder.number_of(peer), Some(number as u128), "{peer:?}");
        }
        for (addr, scope) in [("192.0.2.16", 0), ("9.255.255.255", 0), ("fe80::1", 4), ("fe80::10", 3), ("::", 0)] {
            assert_eq!(finder.number_of(Peer { addr: addr.parse().unwrap(), scope }), None, "{addr}");
        }
        let global = Peer { addr: "192.0.2.1".parse().unwrap(), scope: 9 };
        assert_eq!(finder.number_of(global), Some(1), "a link that was not asked for");
        assert_eq!(Finder::new(&Space::default()).number_of(global), None);
    }

    proptest! {
        #[test]
        fn it_is_the_way_back(parts in proptest::collection::vec((0u8..=255, 0u8..=255), 0..8), any: u8) {
            let addr = |n: u8| IpAddr::from([192, 0, 2, n]);
            let range = |(a, b): &(u8, u8)| Block::range(addr(*a.min(b)), addr(*a.max(b)), 0).unwrap();
            let space = Space::new(parts.iter().map(range)).unwrap().distinct();
            let found = Finder::new(&space).number_of(addr(any).into());
            prop_assert_eq!(found, space.iter().position(|p| p.addr == addr(any)).map(|n| n as u128));
        }
    }
}
