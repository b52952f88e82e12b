//! What follows silence: probes whose time is up, the next attempt, and the end of all attempts.

use super::config::Mode;
use super::machine::Sweep;
use super::note::{NoReply, Note};
use crate::clock::Now;
use crate::probe::TargetId;
use crate::probe::table::State;

/// So often a host is tried again that this host had no room to ask: a full neighbour table empties in its own time, and
/// what never empties must end.
const REFUSALS: u64 = 20;

impl Sweep {
    /// Gives up what has waited long enough.
    pub(super) fn expire(&mut self, now: Now) {
        while let Some(key) = self.waits.expired(now.boot, &self.table) {
            self.moved(key, State::Lost, now.boot);
            self.running.timeouts += 1;
            let Some((slot, host, number)) = self.probe(key) else { continue };
            if self.config.note_all {
                let (host, seq) = (TargetId(host), slot.seq());
                let so_far = self.so_far(host.0);
                self.notes.push(Note::NoReply { host, number, seq, at: now.wall, why: NoReply::Lost, so_far });
            }
            self.next_attempt(now, host);
        }
        while let Some(host) = self.waits.ready(now.boot) {
            self.next_attempt(now, host);
        }
    }

    /// A host's attempt has failed: another one, or none any more.
    pub(super) fn next_attempt(&mut self, now: Now, index: u32) {
        let Mode::Alive { attempts, .. } = self.config.mode else { return };
        let Some(host) = self.hosts.get(index as usize).filter(|host| !host.done) else { return };
        // What this host had no room for asked nobody.
        if host.sent() < attempts.max(1) && host.tally.not_sent < REFUSALS {
            self.retries.push_back((now.boot, index));
        } else {
            self.unreachable(now, index);
        }
    }

    /// A host is given up.
    pub(super) fn unreachable(&mut self, now: Now, index: u32) {
        let Some(host) = self.hosts.get_mut(index as usize).filter(|host| !host.done) else { return };
        host.done = true;
        self.open = self.open.saturating_sub(1);
        self.notes.push(Note::Unreachable { host: TargetId(index), at: now.wall });
    }
}
