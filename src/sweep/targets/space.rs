//! All addresses of a sweep: counted, and each found by its number, without any of them being kept.
//!
//! A space is the list of its blocks, in the order they were given, each with the number of its first address. Sixteen
//! million addresses of one prefix take as much memory as one. Permutations, shards and limits sit on [`Space::nth`].

use thiserror::Error;

use super::block::Block;
use super::ranges::Ranges;
use crate::net::Peer;
use crate::units::Family;

/// More addresses than 128 bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("more addresses than can be counted; ::/1 is the largest block there is")]
pub struct TooMany;

/// Blocks of addresses, in order. The same address may come more than once; see [`Space::distinct`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Space {
    /// Each with the number of its first address.
    blocks: Vec<(u128, Block)>,
    total: u128,
}

impl Space {
    /// Of these blocks, in their order.
    ///
    /// # Errors
    /// When 128 bits cannot count the addresses.
    pub fn new(blocks: impl IntoIterator<Item = Block>) -> Result<Self, TooMany> {
        let mut space = Space::default();
        blocks.into_iter().try_for_each(|block| space.push(block))?;
        Ok(space)
    }

    /// Adds a block at the end. One that goes on where the last one ends is joined to it, so that a sorted list of
    /// single addresses takes little memory.
    ///
    /// # Errors
    /// When 128 bits cannot count the addresses.
    pub fn push(&mut self, block: Block) -> Result<(), TooMany> {
        let total = block.count().and_then(|count| self.total.checked_add(count)).ok_or(TooMany)?;
        match self.blocks.last_mut().and_then(|(_, last)| last.joined(&block).map(|joined| (last, joined))) {
            Some((last, joined)) => *last = joined,
            None => self.blocks.push((self.total, block)),
        }
        self.total = total;
        Ok(())
    }

    /// How many addresses.
    #[must_use]
    pub fn total(&self) -> u128 {
        self.total
    }

    /// Whether there is no address.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// The address with this number, from 0; a binary search over the blocks.
    #[must_use]
    pub fn nth(&self, number: u128) -> Option<Peer> {
        let after = self.blocks.partition_point(|(start, _)| *start <= number);
        let (start, block) = self.blocks.get(after.checked_sub(1)?)?;
        block.nth(number - start)
    }

    /// The blocks, in order.
    pub fn blocks(&self) -> impl Iterator<Item = Block> + '_ {
        self.blocks.iter().map(|(_, block)| *block)
    }

    /// All addresses, in order, one after the other.
    pub fn iter(&self) -> impl Iterator<Item = Peer> + '_ {
        self.blocks().flat_map(|block| {
            let mut next = 0u128;
            std::iter::from_fn(move || {
                let peer = block.nth(next)?;
                next += 1;
                Some(peer)
            })
        })
    }

    /// The families that occur.
    #[must_use]
    pub fn has(&self, family: Family) -> bool {
        self.blocks().any(|block| block.family() == family)
    }

    /// Without the addresses of a set.
    #[must_use]
    pub fn without(&self, set: &Ranges) -> Space {
        self.of_parts(self.blocks().flat_map(|block| set.subtract(block)))
    }

    /// Only the addresses of a set.
    #[must_use]
    pub fn within(&self, set: &Ranges) -> Space {
        self.of_parts(self.blocks().flat_map(|block| set.intersect(block)))
    }

    /// Each address once: of what comes again only the first stays.
    #[must_use]
    pub fn distinct(&self) -> Space {
        let mut sorted: Vec<(usize, Block)> = self.blocks().enumerate().collect();
        // By zone, family and first address; of equal ones the first given.
        let place = |block: &Block| (block.scope(), block.family() == Family::V6, block.numbers().0);
        sorted.sort_by_key(|(at, block)| (place(block), *at));
        let mut parts: Vec<(usize, Block)> = Vec::with_capacity(sorted.len());
        for (at, block) in sorted {
            let (first, last) = block.numbers();
            let same = |other: &Block| (other.scope(), other.family()) == (block.scope(), block.family());
            let seen = parts.last().filter(|(_, part)| same(part)).map(|(_, part)| part.numbers().1);
            match seen.map(|seen| seen.checked_add(1)) {
                // All numbers have been seen.
                Some(None) => {}
                Some(Some(from)) if from > last => {}
                Some(Some(from)) => {
                    parts.push((at, Block::from_numbers(block.family(), from.max(first), last, block.scope())));
                }
                None => parts.push((at, block)),
            }
        }
        parts.sort_by_key(|(at, _)| *at);
        self.of_parts(parts.into_iter().map(|(_, block)| block))
    }

    /// Parts of this space are never more than it is.
    fn of_parts(&self, parts: impl Iterator<Item = Block>) -> Space {
        let mut space = Space::default();
        for part in parts {
            if space.push(part).is_err() {
                debug_assert!(false, "parts of a space are fewer than the space");
            }
        }
        space
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::net::IpAddr;

    fn cidr(addr: &str, prefix: u32) -> Block {
        Block::cidr(addr.parse().unwrap(), prefix, 0).unwrap()
    }

    fn last(n: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, n])
    }

    #[test]
    fn addresses_are_numbered_through_all_blocks() {
        let space = Space::new([cidr("192.0.2.0", 30), cidr("2001:db8::", 126), cidr("198.51.100.7", 32)]).unwrap();
        assert_eq!(space.total(), 9);
        let all: Vec<_> = space.iter().collect();
        assert_eq!(all.len(), 9);
        for (n, peer) in all.iter().enumerate() {
            assert_eq!(space.nth(n as u128), Some(*peer));
        }
        assert_eq!(space.nth(4).unwrap().addr, "2001:db8::".parse::<IpAddr>().unwrap());
        assert_eq!((space.nth(9), space.nth(u128::MAX)), (None, None));
        assert!(space.has(Family::V4) && space.has(Family::V6) && !Space::default().has(Family::V4));
    }

    #[test]
    fn sixteen_million_take_as_much_as_one() {
        let space = Space::new([cidr("10.0.0.0", 8)]).unwrap();
        assert_eq!((space.total(), space.blocks().count()), (1 << 24, 1));
        assert_eq!(space.nth((1 << 24) - 1).unwrap().addr, IpAddr::from([10, 255, 255, 255]));
        let singles = (0..=255).map(|n| Block::one(last(n).into()));
        assert_eq!(Space::new(singles).unwrap().blocks().count(), 1, "a sorted list is one block");
    }

    #[test]
    fn what_cannot_be_counted_is_refused() {
        let (low, high) = (cidr("::", 1), cidr("8000::", 1));
        assert_eq!(Space::new([cidr("::", 0)]), Err(TooMany));
        assert_eq!(Space::new([low, high]), Err(TooMany));
        assert_eq!(Space::new([low]).unwrap().total(), 1 << 127);
    }

    #[test]
    fn what_comes_again_goes() {
        let space = Space::new([cidr("192.0.2.8", 29), cidr("192.0.2.0", 24), cidr("192.0.2.9", 32)]).unwrap();
        let distinct = space.distinct();
        assert_eq!(distinct.total(), 256);
        assert_eq!(distinct.iter().collect::<std::collections::HashSet<_>>().len(), 256);
    }

    proptest! {
        #[test]
        fn sets_cut_spaces_as_they_cut_addresses(
            blocks in proptest::collection::vec((0u8..=255, 0u8..=255), 0..6),
            cut in proptest::collection::vec((0u8..=255, 0u8..=255), 0..6),
        ) {
            let range = |(a, b): &(u8, u8)| Block::range(last(*a.min(b)), last(*a.max(b)), 0).unwrap();
            let space = Space::new(blocks.iter().map(range)).unwrap();
            let set = Ranges::new(cut.iter().map(range));
            let plain: Vec<_> = space.iter().collect();
            let kept = |wanted: bool| plain.iter().copied().filter(|p| set.contains(p.addr) == wanted).collect::<Vec<_>>();
            prop_assert_eq!(space.without(&set).iter().collect::<Vec<_>>(), kept(false));
            prop_assert_eq!(space.within(&set).iter().collect::<Vec<_>>(), kept(true));
            let mut distinct: Vec<_> = space.distinct().iter().collect();
            let mut expect = plain.clone();
            distinct.sort();
            expect.sort();
            expect.dedup();
            prop_assert_eq!(distinct, expect);
            for (n, peer) in plain.iter().enumerate() {
                prop_assert_eq!(space.nth(n as u128), Some(*peer));
            }
            prop_assert_eq!(space.nth(plain.len() as u128), None);
        }
    }
}
