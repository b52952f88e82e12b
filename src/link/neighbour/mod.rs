//! One address, asked for: `arping` and `ndisc6` as a machine, for both families.
//!
//! Neither ARP nor neighbour discovery numbers its questions, so an answer is taken for one to the last question sent;
//! each station that answers is told apart by its hardware address, and two of them for one address are a conflict. The
//! first question goes to everybody; once one station has answered, the next go to it alone, as a kernel does that looks
//! whether a neighbour is still there; where it falls silent, or another one answered too, everybody is asked again.

mod config;
mod end;
mod hear;
mod note;
mod session;

pub use config::{Config, Schedule, Task};
pub use note::{Answer, Kind, Note, Station, Summary, Verdict};
pub use session::Session;

#[cfg(test)]
mod tests;
