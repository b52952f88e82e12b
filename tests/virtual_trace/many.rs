//! A thousand targets at once: every hop of each, right, with few words for each in memory.

use std::net::IpAddr;

use rprobe::net::sim::{Path, Route, Router, Sim};
use rprobe::probe::Drive;
use rprobe::trace::{Config, Method, Note, Target, Tracer};
use rprobe::units::Family;

use crate::bed::*;

const TARGETS: usize = 1000;
const ROUTERS: usize = 11;

/// A way of its own for each, but for the first three routers.
fn router_of(n: usize, hop: usize) -> IpAddr {
    match hop {
        1..=3 => router_at(Family::V4, hop),
        _ => IpAddr::from([11, hop as u8, (n >> 8) as u8, n as u8]),
    }
}

#[test]
fn a_thousand_targets_of_twelve_hops() {
    let family = Family::V4;
    let mut sim = Sim::new(3, Path::default()).without_log();
    for n in 0..TARGETS {
        let routers = (1..=ROUTERS).map(|hop| Router::new(router_of(n, hop), ms(10 + hop as u64 * 3)).loss(0.01));
        sim = sim
            .route(host_number(family, n), Route::new(routers.collect(), Router::new(host_number(family, n), ms(50))));
    }
    let targets = (0..TARGETS).map(|n| Target { peer: host_number(family, n).into(), source: None }).collect();
    let mut drive = Drive::new(Tracer::new(Config { targets, ..config(Method::Udp, family) }), sim);
    let (mut found, mut wrong, mut ends, mut told) = (0, 0, 0, vec![0; TARGETS]);
    drive
        .run(&mut |note| match note {
            Note::Hop(hop) => {
                let n = hop.target.0 as usize;
                told[n] += 1;
                assert_eq!(hop.distance, told[n], "in order and once");
                let distance = usize::from(hop.distance);
                let wanted = if distance > ROUTERS { host_number(family, n) } else { router_of(n, distance) };
                for router in hop.routers() {
                    if router.addr == wanted { found += 1 } else { wrong += 1 }
                }
            }
            Note::End(path) => {
                ends += 1;
                assert_eq!(path.distance, Some(ROUTERS as u8 + 1));
                assert!(path.counters.balanced());
            }
            _ => {}
        })
        .unwrap();
    assert_eq!((ends, wrong), (TARGETS, 0));
    assert!(found >= TARGETS * (ROUTERS + 1) * 99 / 100, "{found}");
}
