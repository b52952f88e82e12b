//! rsweep as a machine: many hosts at once, each probe with its own state, up to the line's rate.
//!
//! [`targets`] says whom to ask, [`Config`] what, [`Sweep`] is the machine that does it (the *exact* engine), [`Note`] is what
//! it tells, [`HostSummary`] and [`Totals`] are what it ends with. A host takes some 150 bytes and a probe in flight some 110,
//! nothing is allocated for a probe, and no event costs more for there being many hosts.

mod attempts;
mod config;
mod course;
mod find;
#[doc(hidden)]
pub mod fuzz_entry;
mod hold;
mod host;
mod intervals;
mod machine;
mod note;
mod send;
mod settle;
pub mod stateless;
mod summary;
pub mod targets;
mod totals;
mod trouble;
mod waits;

pub use crate::probe::counters::Counters;
pub use crate::probe::payload::Pattern;
pub use crate::probe::times::Rtt;
pub use crate::probe::token::Proof;
pub use crate::probe::{Command, TargetId};
pub use config::{Config, Mode, Spacing};
pub use intervals::Interval;
pub use machine::{Ended, Sweep};
pub use note::{NoReply, Note, Reply, ReplyKind, SoFar};
pub use summary::{HostSummary, Times};
pub use totals::{ErrorCount, Totals};
