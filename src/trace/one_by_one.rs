//! Answers that do not say which probe they answer.
//!
//! Routers that quote eight octets, of a datagram that an ordinary UDP socket sent, quote nothing that tells one probe from
//! another; nor does a UDP server's own data. Where one probe alone is on its way, the answer is its answer. Where several
//! are, nobody can tell: the answer is given to none, all that is on its way is waited for, and from then on probes go one
//! at a time.

use super::hop::Fate;
use super::tracer::Tracer;
use super::way::{Way, scale};
use crate::clock::{BootTime, Now};
use crate::net::Key;
use crate::probe::table::{State, Table};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mode {
    /// Probes may go side by side.
    #[default]
    Off,
    /// Nothing is sent until then.
    Draining(BootTime),
    /// One at a time.
    On,
}

/// Whether probes go one by one, and what was heard in vain.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OneByOne {
    mode: Mode,
    /// Answers that were given to no probe.
    pub(super) unattributed: u64,
}

impl OneByOne {
    /// Whether they do, or will.
    pub(super) fn is_on(&self) -> bool {
        self.mode != Mode::Off
    }

    /// Until when nothing is sent.
    pub(super) fn drains_until(&self) -> Option<BootTime> {
        if let Mode::Draining(until) = self.mode { Some(until) } else { None }
    }
}

impl Way {
    /// The only probe that an answer without a number can be meant for.
    fn only_flying(&self, table: &Table) -> Option<Key> {
        if self.flying != 1 || self.one_by_one.drains_until().is_some() {
            return None;
        }
        let of_hops = self.hops.iter().flat_map(|hop| &hop.trials);
        let flying = of_hops.filter(|trial| matches!(trial.fate, Fate::Flying)).map(|trial| trial.key);
        flying.chain(self.mtu.as_ref().and_then(|mtu| mtu.flying())).find(|key| is_flying(table, *key))
    }
}

/// Whether a probe has come to nothing yet. Its trial does not say: a hop that was told keeps its trials as they were.
fn is_flying(table: &Table, key: Key) -> bool {
    table.get(key).is_some_and(|slot| slot.state() == State::Flying)
}

impl Tracer {
    /// Which of a target's probes an answer without a number answers, if that can be told.
    pub(super) fn unnumbered(&mut self, now: Now, id: u32) -> Option<Key> {
        let way = self.ways.get_mut(id as usize)?;
        if let Some(key) = way.only_flying(&self.table) {
            return Some(key);
        }
        way.one_by_one.unattributed += 1;
        if way.one_by_one.mode == Mode::Off && way.flying > 0 {
            let wait = &self.config.wait;
            let longest = scale(way.largest.unwrap_or_default(), wait.here);
            way.one_by_one.mode = Mode::Draining(now.boot + wait.beyond.max(longest).min(wait.max));
            self.schedule.wake(id);
        }
        None
    }

    /// Ends the waiting: what is still on its way might be answered already, and is tried again.
    pub(super) fn drain(&mut self, id: u32, now: Now) {
        let Some(way) = self.ways.get_mut(id as usize) else { return };
        if way.one_by_one.drains_until().is_none_or(|until| now.boot < until) {
            return;
        }
        way.one_by_one.mode = Mode::On;
        for hop in &mut way.hops {
            for index in 0..hop.trials.len() {
                let Some(trial) = hop.trials.get(index).filter(|trial| matches!(trial.fate, Fate::Flying)) else {
                    continue;
                };
                if is_flying(&self.table, trial.key) {
                    self.table.settle(trial.key, State::Lost, now.boot);
                    way.counters.moved(State::Flying, State::Lost);
                    way.flying = way.flying.saturating_sub(1);
                }
                hop.settle(index, Fate::Void);
            }
        }
    }
}
