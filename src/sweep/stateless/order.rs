//! Which target comes when: a shard's part of the permuted targets.
//!
//! Shard *i* of *n* takes every *n*th position from the *i*th: several hosts that were given the same targets and seed
//! probe each target exactly once between them, at the same time and in parts that differ by one target at most.

use super::permutation::Permutation;

/// One of several equal parts of a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: u32,
    of: u32,
}

impl Shard {
    /// All of it.
    pub const WHOLE: Shard = Shard { index: 0, of: 1 };

    /// Part `index` (from 0) of `of`; `None` where there is no such part.
    #[must_use]
    pub fn new(index: u32, of: u32) -> Option<Shard> {
        (index < of).then_some(Shard { index, of })
    }
}

/// The targets' numbers in the order they are probed in.
#[derive(Clone, Debug)]
pub struct Order {
    permutation: Permutation,
    shard: Shard,
    len: u64,
}

impl Order {
    /// The order of this shard of `count` targets; `limit` is how many are probed at most.
    #[must_use]
    pub fn new(count: u128, seed: u64, shard: Shard, limit: Option<u64>) -> Order {
        let (index, of) = (u128::from(shard.index), u128::from(shard.of));
        let part = count.saturating_sub(index).div_ceil(of);
        // At a thousand million a second 2⁶⁴ targets take 584 years: nobody gets past them.
        let len = u64::try_from(part).unwrap_or(u64::MAX).min(limit.unwrap_or(u64::MAX));
        Order { permutation: Permutation::new(count, seed), shard, len }
    }

    /// How many targets are probed.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there is nothing to probe.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The number of the target that is probed at this position; `None` past the end.
    #[must_use]
    pub fn at(&self, position: u64) -> Option<u128> {
        if position >= self.len {
            return None;
        }
        let at = u128::from(position).checked_mul(self.shard.of.into())?.checked_add(self.shard.index.into())?;
        self.permutation.at(at)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(order: &Order) -> Vec<u128> {
        (0..order.len()).map(|i| order.at(i).unwrap()).collect()
    }

    #[test]
    fn a_shard_that_is_none_is_refused() {
        assert_eq!(Shard::new(0, 1), Some(Shard::WHOLE));
        assert_eq!((Shard::new(3, 3), Shard::new(0, 0)), (None, None));
    }

    #[test]
    fn a_limit_ends_it_and_the_ends_hold() {
        assert_eq!(all(&Order::new(1000, 1, Shard::WHOLE, Some(7))).len(), 7);
        let order = Order::new(u128::MAX, 1, Shard::new(4_294_967_294, u32::MAX).unwrap(), None);
        assert_eq!(order.len(), u64::MAX);
        assert!(order.at(u64::MAX - 1).is_some() && order.at(u64::MAX).is_none());
        let none = Order::new(0, 1, Shard::WHOLE, None);
        assert!(none.is_empty() && none.at(0).is_none());
        assert!(Order::new(2, 1, Shard::new(2, 3).unwrap(), None).is_empty(), "more shards than targets");
    }

    proptest! {
        #[test]
        fn shards_partition_the_targets(count in 0_u128..3_000, seed: u64, of in 1_u32..20) {
            let mut union: Vec<u128> =
                (0..of).flat_map(|i| all(&Order::new(count, seed, Shard::new(i, of).unwrap(), None))).collect();
            let lens: Vec<u64> = (0..of).map(|i| Order::new(count, seed, Shard::new(i, of).unwrap(), None).len()).collect();
            prop_assert!(lens.iter().max().unwrap() - lens.iter().min().unwrap() <= 1);
            union.sort_unstable();
            prop_assert_eq!(union, (0..count).collect::<Vec<_>>());
        }
    }
}
