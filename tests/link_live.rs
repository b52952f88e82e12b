//! The packet-socket floor on the live kernel: what is sent as bytes comes out of the far end as those bytes, with stamps,
//! tags and counters; and what the kernel does about VLANs, own frames and interfaces that go away.
#![allow(clippy::unwrap_used, clippy::expect_used, unreachable_pub)]

mod lab;

#[path = "link_live/bed.rs"]
mod bed;

#[path = "link_live/echo.rs"]
mod echo;
#[path = "link_live/interface.rs"]
mod interface;
#[path = "link_live/socket.rs"]
mod socket;
#[path = "link_live/tags.rs"]
mod tags;
