//! What goes wrong: probes that are not sent, ICMP errors, redirects, and probes that this host gives up on after all.

use std::net::IpAddr;

use super::config::Mode;
use super::machine::Sweep;
use super::note::{NoReply, Note};
use crate::clock::Now;
use crate::net::{Claim, Key, NotSent, Trouble};
use crate::probe::TargetId;
use crate::probe::table::State;
use crate::probe::times::times;
use crate::sys::errno::{self, Errno};

impl Sweep {
    /// The kernel did not take a probe.
    pub(super) fn refused(&mut self, now: Now, key: Key, why: NotSent) {
        self.take_back(now, key, State::Flying, why);
    }

    /// This host took a probe and then gave it up: it was not sent after all, even if it has been called lost.
    pub(super) fn given_up(&mut self, now: Now, claim: &Claim, why: NotSent) {
        if let Some((key, state)) = self.find_own(claim) {
            self.take_back(now, key, state, why);
        }
    }

    fn take_back(&mut self, now: Now, key: Key, from: State, why: NotSent) {
        let Some((slot, index, number)) = self.probe(key) else { return };
        let Some(host) = self.hosts.get_mut(index as usize) else { return };
        host.tally.taken_back(from);
        debug_assert!(host.counters().balanced(), "{:?}", host.counters());
        let all = &mut self.running.counters;
        let left = all.of(from);
        *left = left.saturating_sub(1);
        all.sent = all.sent.saturating_sub(1);
        all.not_sent += 1;
        self.table.forget(key);
        let passing = is_passing(why.errno);
        if passing {
            if let Some(course) = &mut self.course {
                course.slow_down(now.boot);
            }
        }
        let (host, seq) = (TargetId(index), slot.seq());
        let told = NoReply::NotSent { errno: why.errno, mtu: why.mtu };
        if let Some(interval) = self.intervals.get_mut(index as usize) {
            interval.settled += u64::from(from == State::Flying);
        }
        let so_far = self.so_far(index);
        self.notes.push(Note::NoReply { host, number, seq, at: now.wall, why: told, so_far });
        if from != State::Flying || !matches!(self.config.mode, Mode::Alive { .. }) {
            return;
        }
        if passing {
            self.waits.failed(index, now.boot + self.waits.timeout(number));
        } else {
            // What this host has no route to, it will have none to in a second.
            self.unreachable(now, index);
        }
    }

    /// An ICMP error was heard. The first about a probe settles it, if no reply has; what comes after it says nothing new.
    pub(super) fn trouble(&mut self, trouble: &Trouble<'_>) {
        let Some((key, proof)) = self.find_quoted(trouble) else {
            self.running.foreign += 1;
            return;
        };
        let Some((slot, index, number)) = self.probe(key) else { return };
        let state = slot.state();
        if !state.is_open() {
            return;
        }
        let arrival = &trouble.arrival;
        let why = NoReply::Error {
            from: trouble.offender,
            error: trouble.error,
            proof,
            after: times(&slot, arrival, false).rtt,
            ttl: arrival.ttl,
            late: state == State::Lost,
        };
        self.moved(key, State::Error, arrival.read.boot);
        self.running.error(trouble.error);
        let at = arrival.kernel.unwrap_or(arrival.read.wall);
        let (host, seq, so_far) = (TargetId(index), slot.seq(), self.so_far(index));
        self.notes.push(Note::NoReply { host, number, seq, at, why, so_far });
        // One that was lost has had its next attempt.
        if state == State::Flying && matches!(self.config.mode, Mode::Alive { .. }) {
            self.waits.failed(index, slot.sent().boot + self.waits.timeout(number));
        }
    }

    /// A router told of a better first hop: a note, and nothing else.
    pub(super) fn redirect(&mut self, gateway: IpAddr, about: &Trouble<'_>) {
        let found = self.find_quoted(about).and_then(|(key, _)| self.probe(key));
        let Some((slot, host, number)) = found else {
            self.running.foreign += 1;
            return;
        };
        self.running.redirects += 1;
        let at = about.arrival.kernel.unwrap_or(about.arrival.read.wall);
        let (host, seq) = (TargetId(host), slot.seq());
        let (from, error) = (about.offender, about.error);
        self.notes.push(Note::Redirect { host, number, seq, at, from, gateway, error });
    }
}

/// Whether a send that failed so may well succeed a moment later.
fn is_passing(errno: Errno) -> bool {
    [errno::ENOBUFS, errno::EAGAIN, errno::ENOMEM].contains(&errno)
}
