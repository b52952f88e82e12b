//! What became of each probe to one host: all that figures are made of.

use std::net::IpAddr;
use std::time::Duration;

use crate::stats::LossRuns;
use crate::sys::errno::Errno;
use crate::units::Ttl;
use crate::wire::icmp::IcmpError;

/// What became of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Sent, and too young to be called lost.
    InFlight,
    /// Answered, in time or late.
    Answered,
    /// Answered by an ICMP error or a TCP reset.
    Refused,
    /// Not answered.
    Lost,
    /// Not sent by this host.
    NotSent,
}

/// What answered in the place of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// An ICMP error.
    Icmp(IcmpError),
    /// A TCP reset: the host is there, and the port is closed.
    Reset,
}

/// A refusal, and whose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreachable {
    /// Who said it.
    pub from: IpAddr,
    /// What.
    pub what: Refusal,
}

/// What was observed of one host.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Samples {
    /// Of probe 1, 2, …
    pub fates: Vec<Fate>,
    /// Round-trip times of distinct probes, in order of arrival, late ones too.
    pub rtts: Vec<Duration>,
    /// Of the answers, those after the time-out.
    pub late: u64,
    /// Further answers to answered probes.
    pub duplicates: u64,
    /// Damaged answers: they count as answers, and their times are not among `rtts`.
    pub corrupt: u64,
    /// Answers that came after a later probe's (RFC 4737).
    pub reordered: u64,
    /// The smallest hop limit that an answer arrived with.
    pub ttl: Option<Ttl>,
    /// The first refusal.
    pub unreachable: Option<Unreachable>,
    /// Why the first probe that was not sent was not.
    pub not_sent: Option<Errno>,
    /// The largest packet that passes, where that was asked.
    pub pmtu: Option<u32>,
    /// Round-trip times by their clock: nic, kernel, kernel_rx, user.
    pub clocks: [u64; 4],
}

impl Samples {
    /// How many probes ended so.
    #[must_use]
    pub fn count(&self, fate: Fate) -> u64 {
        self.fates.iter().filter(|other| **other == fate).count() as u64
    }

    /// How many left this host.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.fates.len() as u64 - self.count(Fate::NotSent)
    }

    /// How many were answered.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.count(Fate::Answered)
    }

    /// Per cent of those sent and settled that were not answered; `None` where there are none.
    #[must_use]
    pub fn loss_percent(&self) -> Option<f64> {
        let settled = self.sent() - self.count(Fate::InFlight);
        (settled > 0).then(|| (settled - self.received()) as f64 * 100.0 / settled as f64)
    }

    /// Losses in a row, errors among them, in order of sending.
    #[must_use]
    pub fn loss_runs(&self) -> LossRuns {
        let mut runs = LossRuns::default();
        for fate in &self.fates {
            match fate {
                Fate::Answered => runs.record(false),
                Fate::Lost | Fate::Refused => runs.record(true),
                Fate::InFlight | Fate::NotSent => {}
            }
        }
        runs
    }
}
