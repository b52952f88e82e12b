//! rlink on real links: two hosts on a cable and three on a bridge, foreign peers that we did not write, interfaces that go
//! away in mid-run.
#![allow(clippy::unwrap_used, clippy::expect_used, unreachable_pub)]

mod lab;

#[path = "rlink_live/bed.rs"]
mod bed;
mod told;

#[path = "rlink_live/absence.rs"]
mod absence;
#[path = "rlink_live/foreign.rs"]
mod foreign;
#[path = "rlink_live/hostile.rs"]
mod hostile;
#[path = "rlink_live/ping.rs"]
mod ping;
#[path = "rlink_live/refusals.rs"]
mod refusals;
#[path = "rlink_live/send.rs"]
mod send;
#[path = "rlink_live/serve.rs"]
mod serve;
