//! Losses in a row (RFC 3357): told for each probe as it settles.
//!
//! A loss period is a maximal run of losses. How long they are tells a link that drops single packets from one that goes
//! away, which the same loss figure does not.

/// Runs of losses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LossRuns {
    current: u64,
    longest: u64,
    runs: u64,
    lost: u64,
}

impl LossRuns {
    /// One settled probe, in order of settling.
    pub fn record(&mut self, lost: bool) {
        if lost {
            self.lost += 1;
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

    /// How many runs ("loss periods", RFC 3357 §4.2).
    #[must_use]
    pub fn runs(&self) -> u64 {
        self.runs
    }

    /// The run that has not ended yet; 0 after an answer.
    #[must_use]
    pub fn current(&self) -> u64 {
        self.current
    }

    /// Mean length of a run, in probes; `None` without one.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.runs > 0).then(|| self.lost as f64 / self.runs as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pattern: &str) -> LossRuns {
        let mut runs = LossRuns::default();
        pattern.chars().for_each(|c| runs.record(c == 'x'));
        runs
    }

    #[test]
    fn nothing_lost_has_no_mean() {
        assert_eq!((of("....").runs(), of("....").longest(), of("....").mean()), (0, 0, None));
        assert_eq!(of(""), LossRuns::default());
    }

    #[test]
    fn runs_are_maximal() {
        let r = of("x..xxx.xx...");
        assert_eq!((r.runs(), r.longest(), r.current(), r.mean()), (3, 3, 0, Some(2.0)));
        let r = of(".xxxx");
        assert_eq!((r.runs(), r.longest(), r.current(), r.mean()), (1, 4, 4, Some(4.0)));
    }
}
