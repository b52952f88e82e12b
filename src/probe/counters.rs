//! How many probes are in which state: the figures of every summary, and the two equations that hold between them.

use super::table::State;

/// The counters of a summary. At every moment `attempted = not_sent + sent` and
/// `sent = replied + late + errors + lost + in_flight`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Probes that were to be sent.
    pub attempted: u64,
    /// Of these, refused by this host.
    pub not_sent: u64,
    /// Of these, taken by the kernel.
    pub sent: u64,
    /// Answered in time.
    pub replied: u64,
    /// Answered after the time-out.
    pub late: u64,
    /// Answered by an ICMP error.
    pub errors: u64,
    /// Not answered in time.
    pub lost: u64,
    /// Neither answered nor old enough to be lost.
    pub in_flight: u64,
    /// Further replies to answered probes.
    pub duplicates: u64,
    /// Damaged replies among `replied` and `late`.
    pub corrupt: u64,
    /// Replies shorter than their probe.
    pub truncated: u64,
    /// Replies that came after a later probe's.
    pub reordered: u64,
    /// Packets that were not for us.
    pub foreign: u64,
}

impl Counters {
    /// Answered at all: in time or late.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.replied + self.late
    }

    /// Share of `sent − in_flight` that was not answered, 0 to 1; `None` where that is nothing.
    #[must_use]
    pub fn loss(&self) -> Option<f64> {
        let settled = self.sent.saturating_sub(self.in_flight);
        (settled > 0).then(|| 1.0 - (self.received() as f64 / settled as f64).min(1.0))
    }

    /// Whether the two equations hold.
    #[must_use]
    pub fn balanced(&self) -> bool {
        self.attempted == self.not_sent + self.sent
            && self.sent == self.replied + self.late + self.errors + self.lost + self.in_flight
    }

    /// Counts a probe in another state.
    pub fn moved(&mut self, from: State, to: State) {
        let left = self.of(from);
        *left = left.saturating_sub(1);
        *self.of(to) += 1;
        debug_assert!(self.balanced(), "{self:?}");
    }

    /// The counter of probes in this state.
    pub fn of(&mut self, state: State) -> &mut u64 {
        match state {
            State::Flying => &mut self.in_flight,
            State::Replied => &mut self.replied,
            State::Late => &mut self.late,
            State::Error => &mut self.errors,
            State::Lost => &mut self.lost,
        }
    }
}
