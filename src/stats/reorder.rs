//! Reordering (RFC 4737 §3.3): an arrival is reordered if its number is below the next one expected.
//!
//! Numbers are a probe's own, 64 bits wide, so nothing wraps; duplicates are the caller's to leave out. A loss alone is
//! not reordering: a gap moves the expectation forward, and only what comes after its successor is reordered.

/// Which arrivals come out of order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reordering {
    next: u64,
}

impl Reordering {
    /// One arrival, in order of arrival; returns whether it is reordered (Type-P-Reordered).
    pub fn record(&mut self, number: u64) -> bool {
        let reordered = number < self.next;
        if !reordered {
            self.next = number.saturating_add(1);
        }
        reordered
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(numbers: &[u64]) -> Vec<bool> {
        let mut r = Reordering::default();
        numbers.iter().map(|&n| r.record(n)).collect()
    }

    #[test]
    fn as_rfc_4737_counts() {
        // Appendix of the RFC in small: 4 arrives after 5 and 6.
        assert_eq!(of(&[1, 2, 3, 5, 6, 4, 7]), [false, false, false, false, false, true, false]);
    }

    #[test]
    fn a_loss_is_not_reordering() {
        assert_eq!(of(&[1, 2, 5, 6]), [false; 4]);
        assert_eq!(of(&[u64::MAX, u64::MAX - 1]), [false, true]);
    }

    proptest! {
        /// Reordered is exactly what has a larger number somewhere before it.
        #[test]
        fn agrees_with_looking_back(mut numbers in proptest::collection::hash_set(any::<u16>(), 0..60)
            .prop_map(|s| s.into_iter().map(u64::from).collect::<Vec<_>>()), swap in any::<u8>()) {
            let n = numbers.len();
            if n > 1 { numbers.swap(usize::from(swap) % n, 0); }
            for (i, &flag) in of(&numbers).iter().enumerate() {
                prop_assert_eq!(flag, numbers[..i].iter().any(|&m| m > numbers[i]));
            }
        }
    }
}
