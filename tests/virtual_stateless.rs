//! The stateless engine in virtual time: its workers and its desk between a line that takes what it can and a host that
//! reads what it can. No socket, no thread, no clock.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "virtual_stateless/accounts.rs"]
mod accounts;
#[path = "virtual_stateless/bed.rs"]
mod bed;
#[path = "virtual_stateless/judge.rs"]
mod judge;
#[path = "virtual_stateless/rates.rs"]
mod rates;
