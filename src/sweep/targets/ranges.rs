//! Sets of addresses: what to leave out, what alone to allow, what is reserved.
//!
//! A set is a sorted list of disjoint intervals a family, so that asking costs a binary search, and taking a set away
//! from a [`Block`] gives what is left in one pass, however many addresses either has. Zones play no part: an address
//! that is left out is left out on every link.

use std::net::IpAddr;

use super::block::Block;
use crate::units::Family;
use crate::units::prefix::number;

/// A set of addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges {
    v4: Vec<(u128, u128)>,
    v6: Vec<(u128, u128)>,
}

impl Ranges {
    /// The union of these blocks.
    #[must_use]
    pub fn new(blocks: impl IntoIterator<Item = Block>) -> Self {
        let mut set = Ranges::default();
        for block in blocks {
            set.of_mut(block.family()).push(block.numbers());
        }
        normalize(&mut set.v4);
        normalize(&mut set.v6);
        set
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// Whether an address is in it.
    #[must_use]
    pub fn contains(&self, addr: IpAddr) -> bool {
        let n = number(addr);
        let ranges = self.of(Family::of(addr));
        let after = ranges.partition_point(|(first, _)| *first <= n);
        after.checked_sub(1).and_then(|at| ranges.get(at)).is_some_and(|(_, last)| n <= *last)
    }

    /// Whether all of a block is in it.
    #[must_use]
    pub fn covers(&self, block: &Block) -> bool {
        let (first, last) = block.numbers();
        // Neighbouring intervals are one: who covers a block covers it by a single one.
        let ranges = self.of(block.family());
        let after = ranges.partition_point(|range| range.0 <= first);
        after.checked_sub(1).and_then(|at| ranges.get(at)).is_some_and(|range| last <= range.1)
    }

    /// What is left of a block without this set, in order.
    pub fn subtract(&self, block: Block) -> impl Iterator<Item = Block> + '_ {
        let (first, last) = block.numbers();
        let mut next = Some(first);
        let ranges = self.overlapping(&block);
        let gaps = ranges.iter().copied().map(Some).chain([None]).filter_map(move |range| {
            let from = next?;
            let (gap_last, after) = match range {
                Some((cut_first, cut_last)) => (cut_first.checked_sub(1), cut_last.checked_add(1)),
                None => (Some(last), None),
            };
            next = after;
            gap_last.filter(|gap_last| from <= *gap_last).map(|gap_last| (from, gap_last))
        });
        gaps.map(move |(from, to)| Block::from_numbers(block.family(), from, to, block.scope()))
    }

    /// What of a block is in this set, in order.
    pub fn intersect(&self, block: Block) -> impl Iterator<Item = Block> + '_ {
        let (first, last) = block.numbers();
        self.overlapping(&block).iter().map(move |(from, to)| {
            Block::from_numbers(block.family(), (*from).max(first), (*to).min(last), block.scope())
        })
    }

    /// The intervals that share an address with a block.
    fn overlapping(&self, block: &Block) -> &[(u128, u128)] {
        let (first, last) = block.numbers();
        let ranges = self.of(block.family());
        let from = ranges.partition_point(|range| range.1 < first);
        let to = ranges.partition_point(|range| range.0 <= last);
        ranges.get(from..to).unwrap_or_default()
    }

    fn of(&self, family: Family) -> &[(u128, u128)] {
        match family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        }
    }

    fn of_mut(&mut self, family: Family) -> &mut Vec<(u128, u128)> {
        match family {
            Family::V4 => &mut self.v4,
            Family::V6 => &mut self.v6,
        }
    }
}

/// Sorts intervals and joins those that overlap or touch.
fn normalize(ranges: &mut Vec<(u128, u128)>) {
    ranges.sort_unstable();
    ranges.dedup_by(|next, kept| {
        let joins = next.0 <= kept.1.saturating_add(1);
        if joins {
            kept.1 = kept.1.max(next.1);
        }
        joins
    });
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::net::Ipv4Addr;

    fn block(first: u8, last: u8) -> Block {
        let ip = |n| IpAddr::from(Ipv4Addr::new(192, 0, 2, n));
        Block::range(ip(first), ip(last), 7).unwrap()
    }

    fn shown(blocks: impl Iterator<Item = Block>) -> Vec<(u8, u8)> {
        let last = |addr: IpAddr| if let IpAddr::V4(addr) = addr { addr.octets()[3] } else { 0 };
        blocks.map(|b| (last(b.first()), last(b.last()))).collect()
    }

    #[test]
    fn what_is_cut_out_is_gone_and_the_rest_is_in_order() {
        let set = Ranges::new([block(30, 40), block(10, 20), block(21, 22), block(35, 50)]);
        assert_eq!(shown(set.subtract(block(0, 255))), [(0, 9), (23, 29), (51, 255)]);
        assert_eq!(shown(set.intersect(block(0, 255))), [(10, 22), (30, 50)]);
        assert_eq!(shown(set.subtract(block(15, 35))), [(23, 29)]);
        assert_eq!(shown(set.intersect(block(15, 35))), [(15, 22), (30, 35)]);
        assert_eq!(shown(set.subtract(block(30, 50))), []);
        assert!(set.covers(&block(11, 22)) && !set.covers(&block(22, 23)) && !set.covers(&block(5, 60)));
        assert_eq!(set.subtract(block(0, 1)).next().unwrap().scope(), 7, "the zone is kept");
    }

    #[test]
    fn the_ends_of_the_numbers_are_no_traps() {
        let all: Block = Block::cidr("::".parse().unwrap(), 0, 0).unwrap();
        let set = Ranges::new([all]);
        assert_eq!(set.subtract(all).count(), 0);
        assert!(set.contains("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff".parse().unwrap()));
        assert!(!set.contains("255.255.255.255".parse().unwrap()), "families are kept apart");
        assert_eq!(Ranges::default().subtract(all).collect::<Vec<_>>(), [all]);
    }

    proptest! {
        #[test]
        fn each_address_is_in_one_part(cuts in proptest::collection::vec((0u8..=255, 0u8..=255), 0..8), a: u8, b: u8) {
            let set = Ranges::new(cuts.iter().map(|(x, y)| block(*x.min(y), *x.max(y))));
            let whole = block(a.min(b), a.max(b));
            let (out, inside) = (shown(set.subtract(whole)), shown(set.intersect(whole)));
            for n in 0..=255u8 {
                let is_in = |parts: &[(u8, u8)]| parts.iter().filter(|(f, l)| (*f..=*l).contains(&n)).count();
                let wanted = (a.min(b)..=a.max(b)).contains(&n);
                let cut = cuts.iter().any(|(x, y)| (*x.min(y)..=*x.max(y)).contains(&n));
                prop_assert_eq!(is_in(&out), usize::from(wanted && !cut));
                prop_assert_eq!(is_in(&inside), usize::from(wanted && cut));
                prop_assert_eq!(set.contains(IpAddr::from([192, 0, 2, n])), cut);
            }
        }
    }
}
