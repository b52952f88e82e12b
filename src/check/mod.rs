//! The verdict on a host: what was measured, what was allowed, and which of OK, WARNING, CRITICAL and UNKNOWN follows.
//!
//! Everything here is plain values and can be tested as such. [`Run`] turns ping's machine into samples (what became of
//! each probe, and after how long), [`Figures`] are the metrics of those, a [`Threshold`] is one thing that alerts or must
//! hold, and [`judge`] puts figures and thresholds together. Nothing is rounded on the way: a threshold is compared with
//! what was measured, and only what is printed is rounded.

mod expect;
mod figures;
mod host;
mod judge;
mod method;
mod metric;
mod quality;
mod range;
mod reached;
mod run;
mod samples;
mod state;
mod threshold;
mod value;

pub use figures::Figures;
pub use judge::{Circumstances, Finding, Reason, Verdict, judge};
pub use method::Method;
pub use metric::{Metric, Named, Unit};
pub use quality::{G107, Slac};
pub use range::{Range, RangeError};
pub use run::{Outcome, Run, Setup, Stop, Watched};
pub use samples::{Fate, Refusal, Samples, Unreachable};
pub use state::{State, at_least};
pub use threshold::{Comparison, Pair, Rule, Severity, Threshold, ThresholdError, critical_rtt, patience};
pub use value::{number, percent, plugin_time};
