//! (see the plan in lib.rs)
