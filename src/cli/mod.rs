//! The commands: arguments, exit codes, signals, colour. Everything a command *is* lives on the floors below; what is here
//! turns words into plain values, connects the floors and answers to the shell.
//!
//! [`ping`] is rping, [`trace`] is rtrace, [`sweep`] is rsweep, [`check`] is rcheck, [`link`] is rlink. What every command
//! shares stands beside them: [`Invocation`] (the name it was called by), `options` (the tables), [`operand`]s and how they
//! are resolved, [`Refusal`] (the one line that bad input gets), `sandbox` (what a command may still do once it runs),
//! `conduct` (the loop that also hears signals), `stdout` (which no full disk and no slow reader can stop), manual pages and
//! completions.

mod about;
mod color;
mod conduct;
mod exit;
mod from;
#[doc(hidden)]
pub mod fuzz_entry;
mod generate;
mod held;
mod invocation;
pub mod man;
pub mod operand;
mod options;
mod painted;
mod refusal;
mod resolve;
mod route;
mod sandbox;
mod start;
mod stdout;
mod values;

pub mod check;
pub mod link;
pub mod ping;
pub mod sweep;
pub mod trace;

pub use exit::Exit;
pub use invocation::Invocation;
pub use refusal::Refusal;
