//! Which targets have been heard of: so that a duplicate is one, in memory that has a bound.
//!
//! Up to [`EXACT_MOST`] targets one bit each: exact, and it can be asked afterwards who never answered. For more, the last
//! million or so that were heard, in sets of eight that forget the oldest first: a duplicate that comes later than a
//! million other answers counts as an answer again. Memory of either is taken from the system as it is used.

/// So many targets have a bit each: 8 MiB.
pub const EXACT_MOST: u128 = 1 << 26;

/// Sets of eight: 2²⁰ targets in 8 MiB.
const SETS: usize = 1 << 17;

/// A set of target numbers.
#[derive(Clone, Debug)]
pub struct Seen {
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    /// A bit for each target.
    Exact(Vec<u64>),
    /// The latest of each set, newest first; 0: none.
    Recent(Vec<[u64; 8]>),
}

impl Seen {
    /// Nobody yet, of `count` targets.
    #[must_use]
    pub fn new(count: u128) -> Seen {
        let kind = match usize::try_from(count.div_ceil(64)) {
            Ok(words) if count <= EXACT_MOST => Kind::Exact(vec![0; words]),
            _ => Kind::Recent(vec![[0; 8]; SETS]),
        };
        Seen { kind }
    }

    /// Whether nobody is ever forgotten.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        matches!(self.kind, Kind::Exact(_))
    }

    /// Adds a target; whether it is new.
    pub fn insert(&mut self, number: u128) -> bool {
        match &mut self.kind {
            Kind::Exact(words) => {
                let Some((word, bit)) = place(words.len(), number) else { return false };
                let word = &mut words[word];
                let new = *word & bit == 0;
                *word |= bit;
                new
            }
            Kind::Recent(sets) => {
                let tag = tag(number);
                let at = tag as usize % SETS;
                let Some(set) = sets.get_mut(at) else { return false };
                let new = !set.contains(&tag);
                if new {
                    set.copy_within(..7, 1);
                    set[0] = tag;
                }
                new
            }
        }
    }

    /// Whether a target is in it, as far as is remembered.
    #[must_use]
    pub fn contains(&self, number: u128) -> bool {
        match &self.kind {
            Kind::Exact(words) => place(words.len(), number).is_some_and(|(word, bit)| words[word] & bit != 0),
            Kind::Recent(sets) => {
                let tag = tag(number);
                sets.get(tag as usize % SETS).is_some_and(|set| set.contains(&tag))
            }
        }
    }
}

/// Word (within so many) and bit of a target.
fn place(words: usize, number: u128) -> Option<(usize, u64)> {
    let word = usize::try_from(number / 64).ok().filter(|word| *word < words)?;
    Some((word, 1 << (number % 64)))
}

/// 64 bits that stand for a target, different for any two under 2⁶⁴; never 0.
fn tag(number: u128) -> u64 {
    let mix = |x: u64| {
        let x = (x ^ (x >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
        let x = (x ^ (x >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
        x ^ (x >> 32)
    };
    let (low, high) = (number as u64, (number >> 64) as u64);
    // `mix` maps 0 to 0; the number that this leaves to 0 is 2⁶⁴ − 1, which shares the tag of its neighbour.
    mix(low.wrapping_add(1) ^ mix(high)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_new_once() {
        for count in [1000, EXACT_MOST, EXACT_MOST + 1, u128::MAX] {
            let mut seen = Seen::new(count);
            assert_eq!(seen.is_exact(), count <= EXACT_MOST);
            for number in (0..1000).rev() {
                assert!(!seen.contains(number));
                assert!(seen.insert(number), "{number} of {count}");
                assert!(!seen.insert(number), "{number} of {count}");
                assert!(seen.contains(number));
            }
        }
    }

    #[test]
    fn who_is_no_target_is_never_new() {
        let mut seen = Seen::new(64);
        assert!(!seen.insert(64) && !seen.insert(u128::MAX) && !seen.contains(64));
        assert!(seen.insert(63));
        assert!(!Seen::new(0).insert(0));
    }

    #[test]
    fn the_latest_half_million_are_remembered_and_none_is_mistaken_for_another() {
        let mut seen = Seen::new(1 << 32);
        let number = |i: u128| i * 1009;
        assert!((0..3_000_000).all(|i| seen.insert(number(i))), "different targets are never taken for duplicates");
        let remembered = (2_500_000..3_000_000).filter(|i| seen.contains(number(*i))).count();
        // Four in each set of eight on average; where chance puts more than eight, the oldest are gone.
        assert!(remembered > 485_000, "{remembered}");
        assert!((0..100_000).filter(|i| seen.contains(number(*i))).count() < 2_000, "the old are forgotten");
    }
}
