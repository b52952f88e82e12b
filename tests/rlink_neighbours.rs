//! rlink's arp, ndp, scan and dump on real links: three hosts on a bridge, real conflicts, a real router, and beside us the
//! peers that do the same job: arping, ndisc6, rdisc6, tshark.
#![allow(clippy::unwrap_used, clippy::expect_used, unreachable_pub, dead_code)]

mod lab;

#[path = "rlink_live/bed.rs"]
mod bed;
mod told;

#[path = "rlink_neighbours/ask.rs"]
mod ask;
#[path = "rlink_neighbours/dad.rs"]
mod dad;
#[path = "rlink_neighbours/dump.rs"]
mod dump;
#[path = "rlink_neighbours/refusals.rs"]
mod refusals;
#[path = "rlink_neighbours/routers.rs"]
mod routers;
#[path = "rlink_neighbours/scan.rs"]
mod scan;
