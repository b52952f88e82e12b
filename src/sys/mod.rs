//! (see the plan in lib.rs)
pub mod errno;
