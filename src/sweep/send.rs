//! Sending what is due: hosts whose next attempt is, then those whose turn it is, until the schedule says "later".

use super::config::Mode;
use super::course::Course;
use super::machine::{Owner, Sweep, TABLE};
use super::note::Note;
use crate::clock::Now;
use crate::net::{Batch, Probe};
use crate::probe::{Next, TargetId};
use crate::units::Seq;

impl Sweep {
    /// Sends what is due, and says when the next is.
    pub(super) fn send_due(&mut self, now: Now, out: &mut Batch) -> Next {
        let Some(mut course) = self.course.take() else { return Next::Idle };
        let skipped = course.keep_up(now.boot);
        if skipped > 0 {
            self.running.skipped += skipped;
            self.notes.push(Note::Skipped { at: now.wall, rounds: skipped });
        }
        let next = loop {
            if out.is_full() {
                break Next::At(now.boot);
            }
            if self.table.is_full() {
                // As soon as one is settled there is room.
                break Next::Idle;
            }
            let retry = self.retries.front().copied();
            if retry.is_none() && course.is_over() {
                break Next::Idle;
            }
            let slot = if retry.is_some() { course.next_slot() } else { course.due() };
            let is_spaced = self.config.space_retries || retry.is_none();
            let at = if out.is_empty() { course.gathered(slot) } else { slot };
            if is_spaced && at > now.boot {
                break Next::At(course.gathered(slot));
            }
            if let Some((due, host)) = retry {
                self.retries.pop_front();
                // It may have answered in the meantime.
                if self.hosts.get(host as usize).is_some_and(|host| !host.done) {
                    if self.config.space_retries {
                        course.take_slot(due, now.boot);
                    }
                    self.launch(now, host, out);
                }
                continue;
            }
            self.launch(now, course.host(), out);
            course.advance();
        };
        self.course = Some(course);
        next
    }

    fn launch(&mut self, now: Now, index: u32, out: &mut Batch) {
        let Some(peer) = self.peer(TargetId(index)) else { return };
        let Some(host) = self.hosts.get_mut(index as usize) else { return };
        host.attempted += 1;
        host.tally.in_flight += 1;
        self.running.counters.attempted += 1;
        self.running.counters.sent += 1;
        self.running.counters.in_flight += 1;
        self.entered += 1;
        let token = self.payload.token(index, self.entered);
        let key = self.table.enter(TABLE, self.entered, token, now, true);
        let at = key.slot as usize;
        if at >= self.owners.len() {
            self.owners.resize(at + 1, Owner::default());
        }
        if let Some(owner) = self.owners.get_mut(at) {
            *owner = Owner { host: index, number: host.attempted as u32 };
        }
        let probe = Probe::new(key, peer, self.config.exchange, Seq::of_number(self.entered));
        self.payload.write(&token, out.push(probe, self.payload.len()));
    }

    pub(super) fn start(&mut self, now: Now) {
        if self.course.is_none() {
            let rounds = match self.config.mode {
                Mode::Alive { .. } => Some(1),
                Mode::Count(count) => Some(count),
                Mode::Loop => None,
            };
            let hosts = u32::try_from(self.hosts.len()).unwrap_or(u32::MAX);
            self.running.started = Some(now.boot);
            self.course = Some(Course::new(now.boot, hosts, self.config.spacing, self.config.period, rounds));
        }
    }
}
