//! What is left of a command once it runs, proved from the outside: `/proc` of every thread, and attempts made inside of
//! the running command by a library that the test loads into it (`attempts.c`); no command has a hook for that.
#![allow(clippy::unwrap_used, clippy::expect_used, unreachable_pub)]

mod lab;

#[path = "sandbox_live/bed.rs"]
mod bed;

#[path = "sandbox_live/absence.rs"]
mod absence;
#[path = "sandbox_live/attempts.rs"]
mod attempts;
#[path = "sandbox_live/files.rs"]
mod files;
#[path = "sandbox_live/limits.rs"]
mod limits;
#[path = "sandbox_live/privilege.rs"]
mod privilege;
