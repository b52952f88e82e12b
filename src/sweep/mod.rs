//! rsweep as a machine: many hosts at once, each with its own state, up to the line's rate.
//!
//! [`targets`] says whom to ask.

pub mod targets;
