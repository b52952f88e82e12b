//! Ping as a machine: echo to one host or several on one schedule, every probe settled in exactly one state.
//!
//! [`Config`] says what to do, [`Session`] is the machine that does it, [`Note`] is what it tells, [`Summary`] is what each
//! target ends with.

mod capture;
mod config;
mod end;
mod find;
#[doc(hidden)]
pub mod fuzz_entry;
mod hold;
mod mtu;
mod note;
mod pace;
mod series;
mod session;
mod settle;
mod spells;
mod target;
mod trouble;
mod window;

pub use crate::probe::Command;
pub use crate::probe::far::FarOffset;
pub use crate::probe::payload::Pattern;
pub use config::{Config, Pace, Stamping, Target, Until};
pub use mtu::{MtuConfig, MtuNote, MtuResult, MtuSession, MtuStep};
pub use note::{Breakdown, Counters, IpOptions, NoReply, Note, Proof, Reply, ReplyKind, Rtt, Summary, TargetId};
pub use session::{Ended, Session};
pub use spells::Spells;
