//! Random numbers of a simulated network: the same for the same seed on every machine and in every version.
//!
//! SplitMix64 (Steele, Lea and Flood, 2014): one word of state, and no dependency whose next release would change every run.

use std::time::Duration;

use crate::clock::as_ns;

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub(super) struct Rng(u64);

impl Rng {
    pub(super) fn new(seed: u64) -> Self {
        Rng(seed)
    }

    pub(super) fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `end`; 0 if that is 0.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.word().checked_rem(end).unwrap_or(0)
    }

    /// Whether something of this probability happens. A probability of zero draws nothing.
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        probability > 0.0 && ((self.word() >> 11) as f64) < probability * (1u64 << 53) as f64
    }

    /// Up to `most`, evenly.
    pub(super) fn up_to(&mut self, most: Duration) -> Duration {
        if most.is_zero() { most } else { Duration::from_nanos(self.below(as_ns(most).saturating_add(1))) }
    }

    pub(super) fn fill(&mut self, bytes: &mut [u8]) {
        bytes.iter_mut().for_each(|byte| *byte = self.word() as u8);
    }
}
