//! Hostile networks: every lie and every flood of the list below, told to the real commands by a network of ours.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod lab;
#[path = "schema/validator.rs"]
mod validator;

#[path = "hostile/bed.rs"]
mod bed;
#[path = "hostile/flood.rs"]
mod flood;
#[path = "hostile/replies.rs"]
mod replies;
