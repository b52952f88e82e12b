//! A line of progress for whoever watches: how far it is, how fast it goes, who has answered, how long it will take.

use std::time::Duration;

use crate::sweep::{Mode, Totals};

/// How far a sweep is.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// How often each host is asked.
    pub mode: Mode,
    /// Hosts of which something is still to come, where they are asked until they answer.
    pub open: u64,
}

/// The line, without its end. `rate` is that of the last second.
#[must_use]
pub fn progress_line(progress: Progress, t: &Totals, rate: f64) -> String {
    let share = match progress.mode {
        Mode::Alive { .. } => share(t.hosts.saturating_sub(progress.open), t.hosts),
        Mode::Count(count) => share(t.counters.attempted, t.hosts.saturating_mul(count)),
        Mode::Loop => None,
    };
    let c = &t.counters;
    let mut line = String::new();
    if let Some(share) = share {
        line.push_str(&format!("{:.0}% ", share * 100.0));
    }
    line.push_str(&format!("{} sent, {rate:.0}/s, {} of {} alive", c.sent, t.alive, t.hosts));
    if let Some(left) = share.filter(|share| *share > 0.0).map(|share| t.took.as_secs_f64() * (1.0 - share) / share) {
        line.push_str(&format!(", {} left", clock(Duration::from_secs_f64(left.min(1e9)))));
    }
    line
}

fn share(done: u64, all: u64) -> Option<f64> {
    (all > 0).then(|| (done as f64 / all as f64).min(1.0))
}

fn clock(time: Duration) -> String {
    let s = time.as_secs();
    match s / 3600 {
        0 => format!("{}:{:02}", s / 60, s % 60),
        hours => format!("{hours}:{:02}:{:02}", s / 60 % 60, s % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::{Config, Counters, Sweep};

    #[test]
    fn it_says_how_far_how_fast_and_how_long() {
        let totals = Totals {
            hosts: 400,
            alive: 90,
            counters: Counters { attempted: 150, sent: 150, ..Counters::default() },
            took: Duration::from_secs(30),
            ..Sweep::new(Config::new(Vec::new(), [0; 16])).totals(Default::default())
        };
        let line = |mode, open| progress_line(Progress { mode, open }, &totals, 12.34);
        let alive = Mode::Alive { attempts: 4, backoff: 1.5 };
        assert_eq!(line(alive, 300), "25% 150 sent, 12/s, 90 of 400 alive, 1:30 left");
        assert_eq!(line(Mode::Count(100), 0), "0% 150 sent, 12/s, 90 of 400 alive, 2:12:50 left");
        assert_eq!(line(Mode::Loop, 0), "150 sent, 12/s, 90 of 400 alive");
        assert_eq!(line(alive, 400), "0% 150 sent, 12/s, 90 of 400 alive", "who knows");
    }
}
