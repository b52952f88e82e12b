//! Losses in a row (RFC 3357): told for each probe in order of its number.

/// Runs of losses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LossRuns {
    current: u64,
    longest: u64,
    runs: u64,
}

impl LossRuns {
    /// One settled probe, in order of settling.
    pub fn record(&mut self, lost: bool) {
        if lost {
            self.current += 1;
            self.runs += u64::from(self.current == 1);
            self.longest = self.longest.max(self.current);
        } else {
            self.current = 0;
        }
    }

    /// The longest run.
    #[must_use]
    pub fn longest(&self) -> u64 {
        self.longest
    }

    /// How many runs.
    #[must_use]
    pub fn runs(&self) -> u64 {
        self.runs
    }
}
