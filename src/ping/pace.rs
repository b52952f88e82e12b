//! What is due: by the schedule, or as the window of unanswered probes has room.

use super::session::Session;
use super::{Note, Pace, Stamping, TargetId};
use crate::clock::Now;
use crate::net::{Batch, Probe};
use crate::probe::Next;
use crate::probe::pacer::Pacer;
use crate::probe::table::State;
use crate::units::Seq;

impl Session {
    /// Appends what is due and says when to ask again.
    pub(super) fn send_due(&mut self, now: Now, out: &mut Batch) -> Next {
        if self.sending == 0 {
            Next::Idle
        } else if self.is_scheduled() {
            self.send_scheduled(now, out)
        } else {
            self.send_windows(now, out)
        }
    }

    /// Whether a schedule sets the pace, and not the answers.
    pub(super) fn is_scheduled(&self) -> bool {
        self.config.pace == Pace::Interval && !self.config.interval.is_zero()
    }

    fn send_scheduled(&mut self, now: Now, out: &mut Batch) -> Next {
        let targets = u32::try_from(self.targets.len()).unwrap_or(u32::MAX);
        let interval = self.config.interval;
        let mut pacer = self.pacer.take().unwrap_or_else(|| Pacer::new(now.boot, interval, targets));
        if let Some(skipped) = pacer.skip_missed(now.boot) {
            let mut slots = 0u64;
            for (index, target) in (0..).zip(&mut self.targets).filter(|(_, target)| !target.sent_all) {
                target.skipped = target.skipped.saturating_add(skipped.of(index));
                slots = slots.saturating_add(skipped.of(index));
            }
            self.notes.push(Note::Skipped { at: now.wall, slots });
        }
        let next = loop {
            let (due, index) = (pacer.due(), pacer.target() as usize);
            if self.sending == 0 {
                break Next::Idle;
            }
            if due > now.boot {
                break Next::At(due);
            }
            if out.is_full() {
                break Next::At(now.boot);
            }
            let Some(target) = self.targets.get(index) else { break Next::Idle };
            // The first slot is for the whole preload.
            let more = pacer.round() == 0 && target.next_number < u64::from(self.config.preload);
            if target.sent_all {
                pacer.advance();
                continue;
            }
            self.push(index, now, out);
            if !more {
                pacer.advance();
            }
        };
        self.pacer = Some(pacer);
        next
    }

    fn send_windows(&mut self, now: Now, out: &mut Batch) -> Next {
        let count = self.targets.len();
        let mut next = Next::Idle;
        for step in 0..count {
            let index = (self.turn + step) % count;
            let Some(target) = self.targets.get_mut(index).filter(|target| !target.sent_all) else { continue };
            let hold = target.hold();
            target.window.expire(now.boot, hold, &mut self.table);
            while let Some(target) = self.targets.get_mut(index).filter(|target| !target.sent_all) {
                if !target.window.open(now.boot) {
                    if let Some(at) = target.window.next(hold) {
                        next = next.sooner(Next::At(at));
                    }
                    break;
                }
                if out.is_full() {
                    // The others have the next batch.
                    self.turn = index;
                    return Next::At(now.boot);
                }
                self.push(index, now, out);
            }
        }
        self.turn = (self.turn + 1) % count.max(1);
        next
    }

    /// Enters the target's next probe in the table and appends it.
    fn push(&mut self, index: usize, now: Now, out: &mut Batch) {
        if self.table.is_full() {
            if let Some((key, _)) = self.table.oldest() {
                self.lose(key, now);
            }
        }
        let (scheduled, in_spell) = (self.is_scheduled(), self.spell.open);
        let Some(target) = self.targets.get_mut(index) else { return };
        let (id, number) = (index as u32, target.next_number);
        if self.config.note_unanswered {
            let last = target.last_key.and_then(|key| self.table.get(key));
            if let Some(last) = last.filter(|last| last.state() == State::Flying) {
                let (target, number) = (TargetId(id), last.number());
                self.notes.push(Note::Unanswered { target, number, at: now.wall });
            }
        }
        let stamp = match self.config.stamping {
            Stamping::All => true,
            Stamping::Sample(every) => in_spell && (number - 1) % u64::from(every.max(1)) == 0,
            Stamping::None => false,
        };
        let token = self.payload.token(id, number);
        let key = self.table.enter(id, number, token, now, stamp);
        let mut probe = Probe::new(key, target.peer, self.config.exchange, Seq::of_number(number));
        probe.stamp = stamp;
        probe.flow = self.config.flow_of(number);
        let payload = out.push(probe, self.payload.len());
        self.payload.write(&token, payload);
        if let Some(capture) = &mut self.capture {
            capture.entered(key, Seq::of_number(number), payload);
        }
        target.last_key = Some(key);
        target.next_number = number.saturating_add(1);
        if !scheduled {
            target.window.filled(key, now.boot, &mut self.table);
        }
        // With a deadline the count is of replies, and sending goes on.
        if self.config.deadline.is_none() && self.config.count.is_some_and(|count| number >= count) {
            target.sent_all = true;
            self.sending = self.sending.saturating_sub(1);
        }
        if stamp {
            self.spend_spell(now.boot);
        }
    }
}
