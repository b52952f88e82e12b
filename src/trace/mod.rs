//! Tracing as a machine: every router on the way to one host or several, each hop told once it is settled.
//!
//! [`Config`] says what to do, [`Tracer`] is the machine that does it, [`Note`] is what it tells, [`Path`] is what each
//! target ends with.

mod answer;
mod config;
mod end;
mod evidence;
mod find;
mod flow;
#[doc(hidden)]
pub mod fuzz_entry;
mod hear;
mod hop;
mod look;
mod loops;
mod mtu;
mod note;
mod one_by_one;
mod schedule;
mod send;
mod tell;
mod tracer;
mod tries;
mod way;

pub use crate::probe::Command;
pub use answer::{Answer, Evidence, Nat, Reach, Try, What};
pub use config::{Config, Method, Target, Waits};
pub use note::{End, Hop, MtuLimit, MtuNote, MtuStep, Note, Path, PathMtu, Rewritten};
pub use tracer::Tracer;
