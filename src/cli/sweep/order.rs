//! In which order hosts are asked, and which of them: shuffled by a seed, a part of several, at most so many. It is the
//! order of the stateless engine, so that a seed means the same whichever engine the job is given to.

use super::plan::Input;
use crate::sweep::stateless::Permutation;

/// The numbers of the hosts to ask, of so many, in order.
pub(super) fn order(hosts: usize, input: &Input) -> Vec<u32> {
    let hosts = u32::try_from(hosts).unwrap_or(u32::MAX);
    let mut all: Vec<u32> = (0..hosts).collect();
    if let Some(seed) = input.seed {
        let permutation = Permutation::new(hosts.into(), seed);
        all = (0..hosts).filter_map(|at| u32::try_from(permutation.at(at.into())?).ok()).collect();
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
#[allow(clippy::unwrap_used)]
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
    fn both_engines_have_one_order() {
        use crate::sweep::stateless::{Order, Shard};
        for (hosts, shard, limit) in
            [(1000, (0, 1), None), (1000, (2, 3), None), (77, (1, 2), Some(9)), (1, (0, 1), None)]
        {
            let input = Input { seed: Some(11), shard: Some(shard), limit, ..Input::default() };
            let part = Shard::new(shard.0 as u32, shard.1 as u32).unwrap();
            let stateless = Order::new(hosts, 11, part, limit);
            let theirs: Vec<u128> = (0..stateless.len()).filter_map(|at| stateless.at(at)).collect();
            let ours: Vec<u128> = order(hosts as usize, &input).into_iter().map(u128::from).collect();
            assert_eq!(ours, theirs, "{hosts} {shard:?} {limit:?}");
        }
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
