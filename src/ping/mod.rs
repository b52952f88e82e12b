//! Ping as a machine: echo to one host or several on one schedule, every probe settled in exactly one state.
//!
//! [`Config`] says what to do, [`Session`] is the machine that does it, [`Note`] is what it tells, [`Summary`] is what each
//! target ends with.

mod book;
mod capture;
mod config;
mod end;
mod find;
mod hold;
mod mtu;
mod note;
mod pace;
mod payload;
mod series;
mod session;
mod settle;
mod target;
mod times;
mod trouble;
mod window;

pub use config::{Config, Pace, Pattern, Stamping, Target, Until};
pub use mtu::{MtuConfig, MtuNote, MtuResult, MtuSession, MtuStep};
pub use note::{
    Breakdown, Counters, FarOffset, IpOptions, NoReply, Note, Proof, Reply, ReplyKind, Rtt, Summary, TargetId,
};
pub use session::{Command, Ended, Session};
pub(crate) use times::times;
