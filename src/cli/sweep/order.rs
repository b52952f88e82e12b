//! In which order hosts are asked, and which of them: shuffled by a seed, a part of several, at most so many.

use super::plan::Input;

/// A generator of pseudo-random numbers (SplitMix64; Steele, Lea and Flood, 2014): the same sequence for the same seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `n`, evenly but for 2^-64 of `n`.
    fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }
}

/// The numbers of the hosts to ask, of so many, in order.
pub(super) fn order(hosts: usize, input: &Input) -> Vec<u32> {
    let hosts = u32::try_from(hosts).unwrap_or(u32::MAX);
    let mut all: Vec<u32> = (0..hosts).collect();
    if let Some(seed) = input.seed {
        // Fisher and Yates.
        let mut random = Random(seed);
        for at in (1..all.len()).rev() {
            all.swap(at, random.below(at + 1));
        }
    }
    if let Some((part, of)) = input.shard {
        let mut at = 0u64;
        all.retain(|_| {
            at += 1;
            (at - 1) % of == part
        });
    }
    if let Some(limit) = input.limit {
        all.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_permutation_and_the_same_one() {
        let input = Input { seed: Some(7), ..Input::default() };
        let once = order(1000, &input);
        assert_eq!(once, order(1000, &input));
        assert_ne!(once, order(1000, &Input { seed: Some(8), ..Input::default() }));
        let mut sorted = once.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..1000).collect::<Vec<_>>());
        assert!(once.windows(2).filter(|pair| pair[1] == pair[0] + 1).count() < 20, "it is shuffled");
    }

    #[test]
    fn the_parts_together_are_all_and_none_twice() {
        let part = |n| order(10, &Input { shard: Some((n, 3)), seed: Some(3), ..Input::default() });
        let mut all = [part(0), part(1), part(2)].concat();
        assert_eq!([part(0).len(), part(1).len(), part(2).len()], [4, 3, 3]);
        all.sort_unstable();
        assert_eq!(all, (0..10).collect::<Vec<_>>());
        assert_eq!(order(10, &Input { limit: Some(3), ..Input::default() }), [0, 1, 2]);
    }
}
