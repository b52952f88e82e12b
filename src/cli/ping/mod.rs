//! rping: [`args`] is what can be said, [`plan`] what is meant by it, `run` does it.

pub mod args;
mod held;
pub mod plan;
mod resolve;
