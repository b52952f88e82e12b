//! Ping as a machine: echo to one host or several on one schedule, every probe settled in exactly one state.
//!
//! [`Config`] says what to do, [`Session`] is the machine that does it, [`Note`] is what it tells, [`Summary`] is what each
//! target ends with.

mod config;
mod note;

pub use config::{Config, Pace, Pattern, Stamping, Target, Until};
pub use note::{
    Breakdown, Counters, FarOffset, IpOptions, NoReply, Note, Proof, Reply, ReplyKind, Rtt, Summary, TargetId,
};
