//! The commands: arguments, exit codes, signals, colour. Everything a command *is* lives on the floors below; what is here
//! turns words into plain values, connects the floors and answers to the shell.
//!
//! [`ping`] is rping. What every command shares stands beside it: [`Invocation`] (the name it was called by) and
//! [`Refusal`] (the one line that bad input gets), and standard output that no full disk and no slow reader can stop.

mod exit;
mod invocation;
mod refusal;
mod stdout;

pub mod ping;

pub use exit::Exit;
pub use invocation::Invocation;
pub use refusal::Refusal;
