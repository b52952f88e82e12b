//! Numbers of outcomes: what a series of round-trip times and losses comes to.
//!
//! Formulas as the standards have them, each with its source. All of these are fixed in size, take any value that a
//! hostile clock or peer can bring about, and say `None` where a figure is not defined, never 0.

mod histogram;
mod loss;
mod reorder;
mod rtt;

pub use histogram::{Histogram, rank};
pub use loss::LossRuns;
pub use reorder::Reordering;
pub use rtt::RttStats;
