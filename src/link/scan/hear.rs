//! What a scan hears: answers to its questions, to its calls, and what others say on the way.

use std::time::Duration;

use super::note::{Found, Note};
use super::session::Session;
use crate::clock::{BootTime, Now, WallTime};
use crate::link::ask::{Claim, How, echo_of};
use crate::net::{Arrival, Frame};
use crate::probe::times::{Rtt, times};
use crate::sys::address::Direction;
use crate::units::Seq;
use crate::wire::ethernet;

/// Addresses that are remembered; a link with more is under attack.
const MOST_FOUND: usize = 1 << 20;
/// Stations that are remembered for one address.
const MOST_STATIONS: usize = 16;
/// How long an address that was only heard of waits for an answer of its own, which has a round-trip time.
const RUMOUR: Duration = Duration::from_millis(300);
/// How many of those wait: each frame is held against all of them, and a flood of announcements must not make that long.
const MOST_RUMOURS: usize = 1 << 10;

impl Session {
    /// Somebody said something.
    pub(super) fn frame(&mut self, now: Now, frame: &Frame<'_>) {
        // What has a tag belongs to another link; priority alone (VLAN 0) does not make one.
        let tagged = frame.stripped.is_some_and(|(_, tag)| tag.id != 0);
        if tagged || matches!(frame.direction, Direction::Outgoing | Direction::Other) {
            return;
        }
        let Ok(read) = ethernet::Frame::new_checked(frame.bytes) else { return };
        let at = frame.arrival.kernel.unwrap_or(now.wall);
        let token = |seq: Seq| self.tokens.of(0, u64::from(seq.0));
        if let Some(echo) = echo_of(&read, self.config.ident, token) {
            let calls = u32::try_from(self.config.calls.len()).unwrap_or(0);
            if let Some(place) = u32::from(echo.seq.0).checked_sub(1).and_then(|n| n.checked_rem(calls)) {
                let rtt = self.rtt(place, echo.seq, &frame.arrival);
                self.heard_of(now, Found { addr: echo.from.into(), mac: read.src, at, rtt, conflict: false });
            }
        } else if let Some(claim) = Claim::of(&read) {
            self.claimed(now, &claim, at, &frame.arrival);
        }
    }

    fn claimed(&mut self, now: Now, claim: &Claim, at: WallTime, arrival: &Arrival) {
        let place = self.config.place_of(claim.addr);
        let called = claim.addr.is_ipv6() && !self.config.calls.is_empty();
        if place.is_none() && !called {
            return;
        }
        let rtt = match claim.how {
            How::Wish { .. } => return,
            How::Answer { solicited: true } => place.and_then(|place| {
                let calls = u32::try_from(self.config.calls.len()).unwrap_or(0);
                (1..=self.round)
                    .rev()
                    .find_map(|round| self.rtt(place.saturating_add(calls), Seq::of_number(round.into()), arrival))
            }),
            How::Answer { solicited: false } | How::Use => None,
        };
        self.heard_of(now, Found { addr: claim.addr, mac: claim.mac, at, rtt, conflict: false });
    }

    /// The time from the question of this place and number to an arrival.
    fn rtt(&self, place: u32, seq: Seq, arrival: &Arrival) -> Option<Rtt> {
        let (_, slot) = self.table.candidates(place, seq).next()?;
        Some(times(slot, arrival, false).rtt)
    }

    /// Somebody has an address. Who was only heard of is told of when there has been time for an answer.
    fn heard_of(&mut self, now: Now, found: Found) {
        let Found { addr, mac, .. } = found;
        let ours = self.config.own.contains(&addr) || self.config.sweeps.iter().any(|s| s.asker.mac == mac);
        let known = self.found.get(&addr).is_some_and(|stations| stations.contains(&mac));
        if ours || known || self.config.calls.iter().any(|asker| asker.mac == mac) || !mac.is_station() {
            return;
        }
        let same = |(_, other): &(BootTime, Found)| (other.addr, other.mac) == (addr, mac);
        if found.rtt.is_some() {
            self.rumours.retain(|rumour| !same(rumour));
            self.found(found);
        } else if !self.rumours.iter().any(same) {
            if self.rumours.len() >= MOST_RUMOURS {
                // The oldest has waited longest: it is told without a time.
                if let Some((_, oldest)) = self.rumours.pop_front() {
                    self.found(oldest);
                }
            }
            self.rumours.push_back((now.boot + RUMOUR, found));
        }
    }

    /// Tells of those that were heard of and have waited long enough, or of all.
    pub(super) fn tell_rumours(&mut self, now: Now, all: bool) {
        while let Some((until, found)) = self.rumours.front().copied() {
            if now.boot < until && !all {
                return;
            }
            self.rumours.pop_front();
            self.found(found);
        }
    }

    fn found(&mut self, found: Found) {
        let Found { addr, mac, .. } = found;
        let is_new = !self.found.contains_key(&addr);
        if is_new && self.found.len() >= MOST_FOUND {
            return;
        }
        let stations = self.found.entry(addr).or_default();
        if stations.contains(&mac) || stations.len() >= MOST_STATIONS {
            return;
        }
        stations.push(mac);
        let several = stations.len();
        if is_new && self.config.place_of(addr).is_some() {
            self.open = self.open.saturating_sub(1);
        }
        self.totals.conflicts += u64::from(several == 2);
        self.notes.push(Note::Found(Found { conflict: several > 1, ..found }));
    }
}
