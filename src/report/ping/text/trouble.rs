//! What this host itself did not do or could not help: probes not sent, packets dropped, clocks set.
//!
//! A firewall or a pulled cable refuses every probe of a fast run: the first is said at once, further ones for the same
//! reason at most once a second with how many there were, and that it works again is said, too. The same notes are
//! summed up for the statistics.

use std::io::{self, Write};
use std::time::Duration;

use super::Text;
use crate::clock::WallTime;
use crate::ping::TargetId;
use crate::report::clean;
use crate::report::number::TimeOfDay;
use crate::sys::errno::Errno;

/// "At most once a second", short enough that a probe a second is always told.
const PAUSE: Duration = Duration::from_millis(900);

/// A target's probes that were not sent.
#[derive(Clone, Default)]
pub(super) struct Refusals {
    /// How many for which reason, in order of first appearance.
    pub(super) by_errno: Vec<(Errno, u64)>,
    /// What was said last, and when.
    said: Option<(Errno, WallTime)>,
    /// How many for the same reason were not said since.
    untold: u64,
}

/// What went wrong in a run so far.
pub(super) struct Trouble {
    pub(super) refusals: Vec<Refusals>,
    pub(super) steps: u64,
    pub(super) stepped_ns: i64,
}

impl Trouble {
    pub(super) fn new(targets: usize) -> Self {
        Trouble { refusals: vec![Refusals::default(); targets], steps: 0, stepped_ns: 0 }
    }

    pub(super) fn refusals(&self, target: TargetId) -> Option<&Refusals> {
        self.refusals.get(usize::try_from(target.0).ok()?)
    }
}

impl Refusals {
    /// Counts one; returns how many before it were not told if this one is to be told.
    fn record(&mut self, errno: Errno, at: WallTime) -> Option<u64> {
        match self.by_errno.iter_mut().find(|(e, _)| *e == errno) {
            Some((_, n)) => *n += 1,
            None => self.by_errno.push((errno, 1)),
        }
        if let Some((last, when)) = self.said {
            // A clock that was set back is no reason for silence.
            if last == errno && at.since(when).is_some_and(|passed| passed < PAUSE) {
                self.untold += 1;
                return None;
            }
        }
        let untold = if self.said.is_some_and(|(last, _)| last == errno) { self.untold } else { 0 };
        (self.said, self.untold) = (Some((errno, at)), 0);
        Some(untold)
    }
}

impl Text<'_> {
    pub(super) fn not_sent(
        &mut self,
        target: TargetId,
        number: u64,
        at: WallTime,
        errno: Errno,
        mtu: Option<u32>,
    ) -> io::Result<()> {
        let refusals = usize::try_from(target.0).ok().and_then(|i| self.trouble.refusals.get_mut(i));
        let tell = refusals.and_then(|r| r.record(errno, at));
        if self.style.quiet {
            return Ok(());
        }
        if self.style.flood {
            let tells = !self.style.peer && tell.is_some();
            self.dots.not_sent(tells);
            if !tells {
                return Ok(());
            }
        }
        let too_long = mtu.filter(|_| errno.name() == "EMSGSIZE").map(|mtu| format!("message too long, mtu={mtu}"));
        if self.style.peer {
            let text = too_long.map_or_else(|| format!("sendmsg: {errno}"), |what| format!("local error: {what}"));
            return self.diagnose(&text);
        }
        let Some(untold) = tell else { return Ok(()) };
        let what = too_long.unwrap_or_else(|| errno.to_string());
        let more = if untold > 0 { format!(" ({untold} more before it)") } else { String::new() };
        let host = self.about(target);
        self.diagnose(&format!("{} {host}{}={number} not sent: {what}{more}", TimeOfDay(at), self.run.seq()))
    }

    pub(super) fn recovered(&mut self, target: TargetId, at: WallTime, not_sent: u64) -> io::Result<()> {
        if let Some(refusals) = usize::try_from(target.0).ok().and_then(|i| self.trouble.refusals.get_mut(i)) {
            (refusals.said, refusals.untold) = (None, 0);
        }
        if !self.tells_trouble() {
            return Ok(());
        }
        let operand = self.run.host(target).map(|h| clean(&h.operand).into_owned()).unwrap_or_default();
        let probes = if not_sent == 1 { "probe" } else { "probes" };
        let when = TimeOfDay(at);
        self.diagnose(&format!("{when} sending to {operand} works again after {not_sent} {probes} not sent"))
    }

    pub(super) fn dropped(&mut self, at: WallTime, more: u64) -> io::Result<()> {
        if !self.tells_trouble() {
            return Ok(());
        }
        let packets = if more == 1 { "packet" } else { "packets" };
        self.diagnose(&format!("{} our own socket had no room for {more} {packets}", TimeOfDay(at)))
    }

    pub(super) fn stepped(&mut self, at: WallTime, ns: i64) -> io::Result<()> {
        self.trouble.steps += 1;
        self.trouble.stepped_ns = self.trouble.stepped_ns.saturating_add(ns);
        if !self.tells_trouble() {
            return Ok(());
        }
        self.diagnose(&format!("{} the wall clock was set by {} s", TimeOfDay(at), seconds(ns)))
    }

    pub(super) fn skipped(&mut self, at: WallTime, slots: u64) -> io::Result<()> {
        if !self.tells_trouble() {
            return Ok(());
        }
        let probes = if slots == 1 { "probe" } else { "probes" };
        self.diagnose(&format!("{} {slots} {probes} skipped: too late for the schedule", TimeOfDay(at)))
    }

    fn tells_trouble(&self) -> bool {
        !self.style.quiet && !self.style.peer
    }

    fn about(&self, target: TargetId) -> String {
        let host = self.run.host(target).filter(|_| self.run.several);
        host.map_or_else(String::new, |h| format!("{}: ", clean(&h.operand)))
    }

    /// A line on stderr. What stands on stdout comes first, where both are one terminal.
    fn diagnose(&mut self, text: &str) -> io::Result<()> {
        self.dots.flush(&mut self.out)?;
        self.out.flush()?;
        self.err.write_all(format!("{}: {text}\n", self.style.program).as_bytes())?;
        self.err.flush()
    }
}

/// Signed seconds with three decimals.
pub(super) fn seconds(ns: i64) -> String {
    let ms = ns.unsigned_abs() / 1_000_000;
    format!("{}{}.{:03}", if ns < 0 { '-' } else { '+' }, ms / 1000, ms % 1000)
}
