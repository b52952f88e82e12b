//! Numbers of outcomes: what a series of round-trip times and losses comes to. Formulas as the standards have them, each
//! with its source.

mod loss;
mod rtt;

pub use loss::LossRuns;
pub use rtt::RttStats;
