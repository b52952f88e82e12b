//! How long an answer is worth holding back for the departure stamp of its probe, which may come after it.
//!
//! Two milliseconds at the most. Where stamps never come (some tunnels and drivers give none) that is learned after a few
//! answers, and nothing waits any more until one comes in time again.

use std::time::Duration;

use super::table::Slot;
use crate::clock::Stage;
use crate::net::Arrival;

/// How long an answer waits for its probe's stamps.
pub const GRACE: Duration = Duration::from_millis(2);

/// So many answers in a row without a stamp, and none waits for one any more.
const PATIENCE: u8 = 8;

/// Stamps of a probe that may still come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The driver's.
    pub driver: bool,
    /// The card's.
    pub card: bool,
}

/// What might still come for a probe that was answered.
#[must_use]
pub fn missing(slot: &Slot, arrival: &Arrival) -> Missing {
    Missing {
        driver: slot.stamp(Stage::Driver).is_none(),
        card: arrival.nic.is_some() && slot.stamp(Stage::Nic).is_none(),
    }
}

/// What has been learned of stamps that do not come.
#[derive(Clone, Copy, Debug, Default)]
pub struct Patience {
    no_driver_stamp: u8,
    no_card_stamp: u8,
}

impl Patience {
    /// Whether an answer is worth holding back for stamps that have not come.
    #[must_use]
    pub fn worth_waiting(&self, missing: Missing) -> bool {
        (missing.driver && self.no_driver_stamp < PATIENCE) || (missing.card && self.no_card_stamp < PATIENCE)
    }

    /// An answer has waited for stamps, and these never came.
    pub fn waited_in_vain(&mut self, missing: Missing) {
        let count = |n: &mut u8, missed: bool| *n = if missed { n.saturating_add(1) } else { 0 };
        count(&mut self.no_driver_stamp, missing.driver);
        count(&mut self.no_card_stamp, missing.card);
    }

    /// A stamp came in time: they are worth waiting for again.
    pub fn stamped(&mut self, card: bool) {
        *if card { &mut self.no_card_stamp } else { &mut self.no_driver_stamp } = 0;
    }
}
