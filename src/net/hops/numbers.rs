//! Which numbers were sent: what decides where a quote carries a number twice and the two differ.

/// A set of 16-bit numbers.
#[derive(Clone, Debug)]
pub(super) struct Numbers {
    bits: Vec<u64>,
}

impl Numbers {
    pub(super) fn new() -> Numbers {
        Numbers { bits: vec![0; 1 << 10] }
    }

    /// The even ones.
    pub(super) fn even() -> Numbers {
        Numbers { bits: vec![0x5555_5555_5555_5555; 1 << 10] }
    }

    pub(super) fn insert(&mut self, number: u16) {
        if let Some(word) = self.bits.get_mut(usize::from(number >> 6)) {
            *word |= 1 << (number & 63);
        }
    }

    pub(super) fn contains(&self, number: u16) -> bool {
        self.bits.get(usize::from(number >> 6)).is_some_and(|word| word & 1 << (number & 63) != 0)
    }

    /// The first of these that was sent.
    pub(super) fn first(&self, candidates: impl IntoIterator<Item = u16>) -> Option<u16> {
        candidates.into_iter().find(|number| self.contains(*number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_in_it_once_it_was_put_there() {
        let mut numbers = Numbers::new();
        for n in [0, 1, 63, 64, 0x1234, 0xffff] {
            assert!(!numbers.contains(n));
            numbers.insert(n);
            assert!(numbers.contains(n));
        }
        assert!((0..=u16::MAX).all(|n| Numbers::even().contains(n) == (n % 2 == 0)));
        assert_eq!(numbers.first([2, 64, 1]), Some(64));
        assert_eq!(numbers.first([2, 65]), None);
        assert_eq!((0..=u16::MAX).filter(|n| numbers.contains(*n)).count(), 6);
    }
}
