//! What is kept of one host while it is measured, and when nothing more is to be expected of it.

use std::time::Duration;

use super::samples::{Fate, Refusal, Samples, Unreachable};
use super::threshold::longest_wait;
use crate::clock::{BootTime, Now};
use crate::ping::{NoReply, Note, ReplyKind};

/// What is kept of one host.
#[derive(Debug, Default)]
pub(super) struct Host {
    pub(super) samples: Samples,
    /// What is told as an error is a reset.
    pub(super) is_reset: bool,
    pub(super) sent_at: Vec<BootTime>,
    pub(super) critical: Duration,
    pub(super) patience: Duration,
    /// The longest that an answer took.
    pub(super) largest: Option<Duration>,
}

impl Host {
    /// When nothing more is to be expected of it; `None`: everything has been answered, or not all is sent.
    pub(super) fn until(&self, packets: u64, interval: Duration) -> Option<BootTime> {
        let last = self.samples.fates.iter().rposition(|fate| *fate == Fate::InFlight);
        let sent = last.and_then(|last| self.sent_at.get(last))?;
        // What answers slowly is waited for longer than what does not answer at all.
        let slow = self.largest.map_or(Duration::ZERO, |largest| largest.saturating_mul(2).saturating_add(interval));
        let longest = longest_wait(self.critical, interval, packets);
        Some(*sent + self.patience.max(slow.min(longest)))
    }

    /// One note; whether it is an answer.
    pub(super) fn take(&mut self, note: &Note, now: Now, is_cut: bool) -> bool {
        match note {
            Note::Sent { number, .. } => self.set(*number, Fate::InFlight, now),
            Note::Reply(reply) => match reply.kind {
                ReplyKind::Good | ReplyKind::Late | ReplyKind::Corrupt { .. } => {
                    self.set(reply.number, Fate::Answered, now);
                    self.samples.late += u64::from(reply.kind == ReplyKind::Late);
                    self.samples.ttl = [self.samples.ttl, reply.ttl].into_iter().flatten().min();
                    let rtt = reply.rtt.filter(|_| !matches!(reply.kind, ReplyKind::Corrupt { .. }));
                    if let Some(rtt) = rtt {
                        self.largest = self.largest.max(Some(rtt.time));
                        self.samples.rtts.push(rtt.time);
                        if let Some(clock) = self.samples.clocks.get_mut(rtt.clock as usize) {
                            *clock += 1;
                        }
                    }
                    return true;
                }
                ReplyKind::Duplicate | ReplyKind::WrongSource => {}
            },
            Note::NoReply { number, why, .. } => match why {
                // The end of a cut run calls more lost than is: `outcome` judges by age.
                NoReply::Lost if is_cut => {}
                NoReply::Lost => self.set(*number, Fate::Lost, now),
                NoReply::Error { from, error, .. } => {
                    self.set(*number, Fate::Refused, now);
                    self.samples.unreachable.get_or_insert(Unreachable {
                        from: *from,
                        what: if self.is_reset { Refusal::Reset } else { Refusal::Icmp(*error) },
                    });
                }
                NoReply::NotSent { errno, .. } => {
                    self.set(*number, Fate::NotSent, now);
                    self.samples.not_sent.get_or_insert(*errno);
                }
            },
            _ => {}
        }
        false
    }

    fn set(&mut self, number: u64, fate: Fate, now: Now) {
        let Some(index) = number.checked_sub(1).and_then(|index| usize::try_from(index).ok()) else { return };
        // Probes are told of in the order of their numbers as they leave or are refused.
        while self.samples.fates.len() <= index {
            self.samples.fates.push(Fate::InFlight);
            self.sent_at.push(now.boot);
        }
        if let Some(slot) = self.samples.fates.get_mut(index) {
            *slot = fate;
        }
    }
}
