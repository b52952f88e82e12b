//! How fast to send: up as long as nothing is lost on this host, down at once where something is or soon would be.
//!
//! A probe that this host cannot send, and above all an answer that it cannot read, is a false "dead": so the rate gives
//! way. It begins at [`FIRST`] and doubles as soon as answers to the last doubling can have come (slow start); a sign of
//! trouble cuts it to a part of what was really reached, and from there it goes up in even steps (additive increase,
//! multiplicative decrease: RFC 5681 §3.1, with probes for segments). A rate that the user gave is the most there will be,
//! and is begun with.

use std::time::Duration;

use crate::clock::BootTime;

/// How often signs are looked at.
pub(super) const TICK: Duration = Duration::from_millis(5);

/// Where a rate of one's own choice begins, probes a second.
pub(super) const FIRST: f64 = 100_000.0;

/// Faster than any line: from here on nothing holds the senders back.
pub(super) const UNBOUNDED: f64 = 40e6;

/// The least that trouble brings it down to, probes a second.
pub(super) const LEAST: f64 = 50.0;

/// After a cut no other follows for so long: what was in the queues by then shall not be punished twice.
const HOLD: Duration = Duration::from_millis(50);

/// The share of a receive buffer that is a sign of trouble when filled, in thousandths.
pub(super) const FULL_QUEUE: u32 = 500;

/// The same while the rate doubles: what follows is as much again, and on its way already.
const FILLING_QUEUE: u32 = 50;

/// How long a doubling takes while no answer has come.
const UNANSWERED: Duration = Duration::from_millis(100);

/// Why the rate went down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trouble {
    /// The receiving socket dropped packets: answers may be among them.
    Dropped,
    /// The receiving socket filled faster than it was read.
    Queue,
    /// The kernel had no room for a probe (`ENOBUFS`, `EAGAIN`); it was sent again.
    Buffers,
    /// The kernel's neighbour table was full (`ENOBUFS` where targets are on the link); the probe was sent again.
    Neighbours,
}

impl Trouble {
    /// The name that events use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Trouble::Dropped => "socket_drops",
            Trouble::Queue => "receive_queue",
            Trouble::Buffers => "send_buffers",
            Trouble::Neighbours => "neighbour_table",
        }
    }

    /// In words.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Trouble::Dropped => "our own socket dropped packets",
            Trouble::Queue => "answers come faster than they are read",
            Trouble::Buffers => "this host's send queue is full",
            Trouble::Neighbours => "this host's neighbour table is full",
        }
    }
}

/// What has been seen since the last look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signs {
    /// Probes sent.
    pub sent: u64,
    /// Packets the receiving socket dropped.
    pub dropped: u64,
    /// Sends refused for want of room.
    pub refused: u64,
    /// Whether those were for want of neighbour entries.
    pub neighbours: bool,
    /// How full the receive buffer is when all has been read that can be, in thousandths.
    pub queue: u32,
    /// The mean round-trip time so far.
    pub rtt: Option<Duration>,
}

/// The rate was cut.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cut {
    /// What had been reached, probes a second.
    pub from: f64,
    /// What it is now.
    pub to: f64,
    /// Why.
    pub why: Trouble,
}

/// The rate of a run.
#[derive(Clone, Debug)]
pub struct Rate {
    most: f64,
    now: f64,
    step: f64,
    /// Doubling, until the first trouble.
    starting: bool,
    /// When it doubled last.
    doubled: BootTime,
    looked: BootTime,
    hold: BootTime,
}

impl Rate {
    /// At most `most` probes a second; `None`: as many as go.
    #[must_use]
    pub fn new(begin: BootTime, most: Option<f64>) -> Rate {
        let now = most.unwrap_or(FIRST);
        let most = most.unwrap_or(UNBOUNDED);
        Rate { most, now, step: 0.0, starting: now < most, doubled: begin, looked: begin, hold: begin }
    }

    /// Probes a second; `None`: nothing holds the senders back.
    #[must_use]
    pub fn now(&self) -> Option<f64> {
        (self.now < UNBOUNDED).then_some(self.now)
    }

    /// When signs are looked at next.
    #[must_use]
    pub fn due(&self) -> BootTime {
        self.looked + TICK
    }

    /// Looks at the signs, which count from the last look. Says if the rate was cut.
    pub fn look(&mut self, now: BootTime, signs: &Signs) -> Option<Cut> {
        let passed = now.since(self.looked).as_secs_f64();
        self.looked = now;
        let (why, factor) = match signs {
            Signs { dropped: 1.., .. } => (Trouble::Dropped, 0.5),
            Signs { refused: 1.., neighbours: true, .. } => (Trouble::Neighbours, 0.5),
            Signs { refused: 1.., .. } => (Trouble::Buffers, 0.7),
            Signs { queue: FULL_QUEUE.., .. } => (Trouble::Queue, 0.7),
            Signs { queue: FILLING_QUEUE.., .. } if self.starting => (Trouble::Queue, 0.7),
            _ => {
                self.up(now, signs.rtt);
                return None;
            }
        };
        self.starting = false;
        if now < self.hold {
            return None;
        }
        self.hold = now + HOLD;
        // What was set may never have been reached; what was reached in a moment of silence says nothing.
        let reached = if passed > 0.0 { signs.sent as f64 / passed } else { self.now };
        let from = if reached < 1.0 { self.now.min(FIRST) } else { self.now.min(reached) };
        self.now = (from * factor).max(LEAST.min(self.most));
        self.step = self.now / 200.0;
        (self.now < from).then_some(Cut { from, to: self.now, why })
    }

    fn up(&mut self, now: BootTime, rtt: Option<Duration>) {
        if !self.starting {
            self.now = (self.now + self.step).min(self.most);
        } else if now.since(self.doubled) >= rtt.map_or(UNANSWERED, |rtt| rtt * 2) {
            self.doubled = now;
            self.now = (self.now * 2.0).min(self.most);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn at(ms: u64) -> BootTime {
        BootTime::from_ns(ms * 1_000_000)
    }

    /// Looks each tick for so long at what a host does that reads at most `reads` answers a second.
    fn run(rate: &mut Rate, from_ms: u64, ms: u64, reads: f64) -> Vec<Cut> {
        let mut cuts = Vec::new();
        for tick in 1..=ms / 5 {
            let sent = rate.now.min(1e6) * 0.005;
            let dropped = (sent - reads * 0.005).max(0.0);
            let rtt = Some(Duration::from_millis(1));
            let signs = Signs { sent: sent as u64, dropped: dropped as u64, rtt, ..Signs::default() };
            cuts.extend(rate.look(at(from_ms + tick * 5), &signs));
        }
        cuts
    }

    #[test]
    fn nothing_lost_nothing_held_back() {
        let mut rate = Rate::new(at(0), None);
        assert_eq!(rate.now(), Some(FIRST));
        assert!(run(&mut rate, 0, 100, 1e9).is_empty());
        assert_eq!(rate.now(), None, "after 100 ms the line decides");
    }

    #[test]
    fn it_doubles_no_faster_than_answers_come() {
        let mut rate = Rate::new(at(0), None);
        let doublings = |rate: &mut Rate, from: u64, rtt: Option<u64>| {
            let before = rate.now;
            for ms in (from..from + 200).step_by(5) {
                rate.look(at(ms), &Signs { sent: 500, rtt: rtt.map(Duration::from_millis), ..Signs::default() });
            }
            (rate.now / before).log2().round() as u32
        };
        assert_eq!(doublings(&mut rate, 5, None), 2);
        assert_eq!(doublings(&mut rate, 205, Some(25)), 4);
        let cut = rate.look(at(500), &Signs { sent: 1_000_000, queue: 60, ..Signs::default() });
        assert_eq!(cut.map(|c| c.why), Some(Trouble::Queue), "a queue that fills ends it");
        assert_eq!(
            rate.look(at(600), &Signs { sent: 10, queue: 60, ..Signs::default() }),
            None,
            "and later is no trouble"
        );
    }

    #[test]
    fn a_rate_that_was_given_is_never_exceeded() {
        let mut rate = Rate::new(at(0), Some(1000.0));
        run(&mut rate, 0, 1000, 1e9);
        assert_eq!(rate.now(), Some(1000.0));
        assert!(!run(&mut rate, 1000, 500, 500.0).is_empty());
        run(&mut rate, 1500, 60_000, 1e9);
        assert_eq!(rate.now(), Some(1000.0), "and reached again");
        let mut slow = Rate::new(at(0), Some(3.0));
        slow.look(at(5), &Signs { dropped: 1, ..Signs::default() });
        assert_eq!(slow.now(), Some(3.0), "a rate below the least stays");
    }

    #[test]
    fn drops_bring_it_down_to_what_the_host_can_read() {
        let mut rate = Rate::new(at(0), None);
        run(&mut rate, 0, 2_000, 150_000.0);
        let cuts = run(&mut rate, 2_000, 10_000, 150_000.0);
        assert!((70_000.0..160_000.0).contains(&rate.now().unwrap()), "{:?}", rate.now());
        // Halved near 150,000 and up by a 200th of that a tick: a second from cut to cut.
        assert!((5..=15).contains(&cuts.len()), "{cuts:?}");
        assert!(cuts.iter().all(|cut| cut.why == Trouble::Dropped && cut.to < cut.from));
    }

    #[test]
    fn what_was_set_and_never_reached_does_not_count() {
        let mut rate = Rate::new(at(0), None);
        run(&mut rate, 0, 500, 1e9);
        let cut = rate.look(at(505), &Signs { sent: 1_500, refused: 3, ..Signs::default() }).unwrap();
        assert_eq!((cut.from, cut.why), (300_000.0, Trouble::Buffers));
        assert!((cut.to - 210_000.0).abs() < 1.0);
        let again = Signs { sent: 1_000, queue: 999, ..Signs::default() };
        assert_eq!(rate.look(at(510), &again), None, "one cut for one queue full");
        assert_eq!(rate.look(at(600), &again).map(|c| c.why), Some(Trouble::Queue));
    }

    #[test]
    fn a_full_neighbour_table_is_named_and_the_least_is_kept() {
        let mut rate = Rate::new(at(0), None);
        for i in 1..100 {
            let signs = Signs { sent: 0, refused: 1, neighbours: true, ..Signs::default() };
            if let Some(cut) = rate.look(at(i * 100), &signs) {
                assert_eq!(cut.why, Trouble::Neighbours);
            }
        }
        assert_eq!(rate.now(), Some(LEAST));
    }
}
