//! The line of progress that a terminal shows on stderr: painted over itself, and wiped before any other line.

use std::io::{self, Write};
use std::time::Duration;

use crate::clock::BootTime;

/// How often a [`Meter`] is painted.
const EVERY: Duration = Duration::from_secs(1);

/// The line. Where stderr cannot be written there is nobody to show it to.
#[derive(Debug, Default)]
pub(super) struct Painted(bool);

impl Painted {
    /// Shows this in its place.
    pub(super) fn paint(&mut self, line: &str) {
        let _ = write!(io::stderr(), "\r\x1b[K{line}");
        self.0 = true;
    }

    /// Takes it away, if it is there.
    pub(super) fn wipe(&mut self) {
        if std::mem::take(&mut self.0) {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

/// A line of progress that is painted each second and says how fast probes leave.
#[derive(Debug)]
pub(super) struct Meter {
    /// The line.
    pub(super) line: Painted,
    next: BootTime,
    /// Probes sent when it was last painted, and when that was.
    last: (u64, BootTime),
}

impl Meter {
    /// From now on, as nothing is sent yet.
    pub(super) fn new(now: BootTime) -> Self {
        Meter { line: Painted::default(), next: now + EVERY, last: (0, now) }
    }

    /// When it is to be painted next.
    pub(super) fn next(&self) -> BootTime {
        self.next
    }

    /// If it is to be painted now, with so many probes sent: probes a second since the last time.
    pub(super) fn due(&mut self, now: BootTime, sent: u64) -> Option<f64> {
        if now < self.next {
            return None;
        }
        self.next = now + EVERY;
        let (before, at) = std::mem::replace(&mut self.last, (sent, now));
        Some(sent.saturating_sub(before) as f64 / now.since(at).as_secs_f64().max(1e-9))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meter_is_due_each_second_and_says_the_rate_since() {
        let at = |ms: u64| BootTime::from_ns(ms * 1_000_000);
        let mut meter = Meter::new(at(500));
        assert_eq!(meter.due(at(1_499), 10), None);
        assert_eq!(meter.due(at(2_500), 10), Some(5.0));
        assert_eq!((meter.next(), meter.due(at(3_499), 99)), (at(3_500), None));
        assert_eq!(meter.due(at(3_500), 10), Some(0.0));
    }
}
