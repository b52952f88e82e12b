//! Reordering (RFC 4737 §3.3): an arrival is reordered if its number is below the next one expected.
//!
//! Numbers are a probe's own, 64 bits wide, so nothing wraps; duplicates are the caller's to leave out. A loss alone is
//! not reordering: a gap moves the expectation forward, and only what comes after its successor is reordered.

/// Which arrivals came out of order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reordering {
    next: u64,
    received: u64,
    reordered: u64,
}

impl Reordering {
    /// One arrival, in order of arrival; returns whether it is reordered (Type-P-Reordered).
    pub fn record(&mut self, number: u64) -> bool {
        self.received += 1;
        let reordered = number < self.next;
        if reordered {
            self.reordered += 1;
        } else {
            self.next = number.saturating_add(1);
        }
        reordered
    }

    /// How many were reordered.
    #[must_use]
    pub fn reordered(&self) -> u64 {
        self.reordered
    }

    /// Share of arrivals that were reordered (RFC 4737 §4.1), 0 to 1; `None` without an arrival.
    #[must_use]
    pub fn ratio(&self) -> Option<f64> {
        (self.received > 0).then(|| self.reordered as f64 / self.received as f64)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(numbers: &[u64]) -> (Vec<bool>, Reordering) {
        let mut r = Reordering::default();
        (numbers.iter().map(|&n| r.record(n)).collect(), r)
    }

    #[test]
    fn as_rfc_4737_counts() {
        // Appendix of the RFC in small: 4 arrives after 5 and 6.
        let (flags, r) = of(&[1, 2, 3, 5, 6, 4, 7]);
        assert_eq!(flags, [false, false, false, false, false, true, false]);
        assert_eq!(r.ratio(), Some(1.0 / 7.0));
    }

    #[test]
    fn a_loss_is_not_reordering() {
        assert_eq!(of(&[1, 2, 5, 6]).1.reordered(), 0);
        assert_eq!(of(&[]).1.ratio(), None);
        assert_eq!(of(&[u64::MAX, u64::MAX - 1]).0, [false, true]);
    }

    proptest! {
        /// Reordered is exactly what has a larger number somewhere before it.
        #[test]
        fn agrees_with_looking_back(mut numbers in proptest::collection::hash_set(any::<u16>(), 0..60)
            .prop_map(|s| s.into_iter().map(u64::from).collect::<Vec<_>>()), swap in any::<u8>()) {
            let n = numbers.len();
            if n > 1 { numbers.swap(usize::from(swap) % n, 0); }
            let (flags, _) = of(&numbers);
            for (i, &flag) in flags.iter().enumerate() {
                prop_assert_eq!(flag, numbers[..i].iter().any(|&m| m > numbers[i]));
            }
        }
    }
}
