//! When a flood is stamped: for a moment at the beginning of each second, and not in between.
//!
//! While any socket asks for receive stamps the kernel reads its clock for every packet of the host, twice for a probe and
//! its answer between namespaces: a flood that stamps a sample pays for it during the sample alone.

use std::time::Duration;

use super::Session;
use super::target::TargetState;
use crate::clock::BootTime;

/// Stretches of a run in which probes may be stamped, from its first probe on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spells {
    /// From the beginning of one to the beginning of the next.
    pub every: Duration,
    /// How long one lasts at the most.
    pub length: Duration,
    /// So many stamped probes end it: a fast flood has enough of them long before.
    pub most: u32,
    /// How long before it stamps are asked for: the kernel takes its time to switch them on (lab_kernel 3).
    pub lead: Duration,
}

/// Where a session is in its spells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spell {
    /// Whether probes that leave now may be stamped.
    pub(super) open: bool,
    /// Whether arrivals must be: in a spell, just before one, and while an answer to one of its probes is out.
    pub(super) arrivals: bool,
    /// When the last stamped probe left.
    pub(super) last: Option<BootTime>,
    /// Arrivals have been seen to be stamped: this kernel can.
    pub(super) seen: bool,
    /// When the current stretch began.
    began: Option<BootTime>,
    /// How many probes have been stamped in it.
    stamped: u32,
}

impl Default for Spell {
    fn default() -> Self {
        Spell { open: true, arrivals: true, last: None, seen: false, began: None, stamped: 0 }
    }
}

impl Session {
    /// Goes on to where the spells are now.
    pub(super) fn turn_spells(&mut self, now: BootTime) {
        let Some(spells) = self.config.spells.filter(|spells| !spells.every.is_zero()) else { return };
        let mut began = self.spell.began.unwrap_or(now);
        if now.since(began) >= spells.every {
            // More than one have passed where the process stood still.
            let passed = now.since(began).as_nanos() / spells.every.as_nanos();
            began = began + spells.every.saturating_mul(u32::try_from(passed).unwrap_or(u32::MAX));
        }
        let phase = now.since(began);
        let stamped = if self.spell.began == Some(began) { self.spell.stamped } else { 0 };
        let is_out = || self.spell.last.is_some_and(|last| now.since(last) < self.longest_hold());
        let open = phase < spells.length && stamped < spells.most;
        let arrivals = open || phase + spells.lead >= spells.every || is_out();
        self.spell = Spell { open, arrivals, began: Some(began), stamped, ..self.spell };
    }

    /// A probe that is stamped leaves now.
    pub(super) fn spend_spell(&mut self, now: BootTime) {
        let Some(spells) = self.config.spells else { return };
        self.spell.last = Some(now);
        self.spell.stamped = self.spell.stamped.saturating_add(1);
        self.spell.open &= self.spell.stamped < spells.most;
    }

    /// How long an answer of any target may take.
    fn longest_hold(&self) -> Duration {
        self.targets.iter().map(TargetState::hold).max().unwrap_or_default()
    }
}
