//! What the tests share: a trace run to its end on a simulated network, with everything that it told, and checked on the way:
//! the equations after every event, hops in order and once.

use std::net::IpAddr;
use std::time::Duration;

use rprobe::net::Peer;
use rprobe::net::sim::{Limit, Route, Router, Sim};
use rprobe::probe::{Drive, TargetId};
use rprobe::trace::{Answer, Command, Config, Hop, Method, Note, Path, Target, Tracer, Try};
use rprobe::units::Family;
use rprobe::wire::icmp::IcmpError;

pub use crate::simulated::*;

pub const FAMILIES: [Family; 2] = [Family::V4, Family::V6];
pub const METHODS: [Method; 3] = [Method::Icmp, Method::Udp, Method::Tcp];

/// Every method over every family.
pub fn all() -> impl Iterator<Item = (Method, Family)> {
    METHODS.into_iter().flat_map(|method| FAMILIES.map(|family| (method, family)))
}

/// The router of a hop; another one of it; the target.
pub fn router_at(family: Family, hop: usize) -> IpAddr {
    address(family, 10, hop as u8, 1)
}

pub fn other_at(family: Family, hop: usize, n: u8) -> IpAddr {
    address(family, 10, hop as u8, n)
}

pub fn host(family: Family) -> IpAddr {
    host_number(family, 0)
}

pub fn host_number(family: Family, n: usize) -> IpAddr {
    address(family, 20, (n >> 8) as u8, n as u8)
}

fn address(family: Family, net: u8, a: u8, b: u8) -> IpAddr {
    match family {
        Family::V4 => IpAddr::from([10, net, a, b]),
        Family::V6 => IpAddr::from([0x2001, 0xdb8, 0, 0, 0, u16::from(net), u16::from(a), u16::from(b)]),
    }
}

/// A router of a chain.
pub fn router(family: Family, hop: usize, rtt: Duration) -> Router {
    Router::new(router_at(family, hop), rtt)
}

/// So many routers with one round trip.
pub fn chain(family: Family, count: usize, rtt: Duration) -> Vec<Router> {
    (1..=count).map(|hop| router(family, hop, rtt)).collect()
}

/// Routers with Linux' default limits, and the host as well.
pub fn limited(family: Family, count: usize, rtt: Duration) -> Route {
    let routers = (1..=count).map(|hop| router(family, hop, rtt).limit(Limit::linux(hop as u32))).collect();
    Route::new(routers, Router::new(host(family), rtt).limit(Limit::linux(0)))
}

/// Routers and the host.
pub fn route(family: Family, routers: Vec<Router>, rtt: Duration) -> Route {
    Route::new(routers, Router::new(host(family), rtt))
}

/// A network with one way.
pub fn sim(seed: u64, family: Family, route: Route) -> Sim {
    Sim::new(seed, rprobe::net::sim::Path::default()).route(host(family), route)
}

pub fn config(method: Method, family: Family) -> Config {
    let size = if method == Method::Tcp { 0 } else { 32 };
    let target = Target { peer: host(family).into(), source: Some(Sim::source(family)) };
    Config { method, size, ..Config::new(vec![target], [7; 16]) }
}

/// With another order of probes.
pub fn seeded(config: Config, seed: u64) -> Config {
    let mut token_key = [7; 16];
    token_key[..8].copy_from_slice(&seed.to_be_bytes());
    Config { token_key, ..config }
}

impl Sound for Tracer {
    fn check(&self) {
        for id in self.target_ids() {
            let counters = self.counters(id).unwrap();
            assert!(counters.balanced(), "{counters:?}");
        }
    }
}

/// A trace that has ended.
#[derive(Debug)]
pub struct Run {
    pub tracer: Tracer,
    pub sim: Sim,
    pub notes: Vec<Note>,
}

/// Runs a trace to its end.
pub fn run(config: Config, sim: Sim) -> Run {
    run_until(config, sim, None)
}

/// Runs a trace until it is stopped.
pub fn run_until(config: Config, sim: Sim, stop: Option<Duration>) -> Run {
    let mut drive = Drive::new(Checked(Tracer::new(config)), sim);
    let mut notes = Vec::new();
    run_to_end(&mut drive, 200_000, stop.map(|after| (after, Command::Stop)), |note, _| notes.push(note.clone()));
    let (Checked(tracer), sim) = drive.into_parts();
    let run = Run { tracer, sim, notes };
    run.check();
    run
}

impl Run {
    fn check(&self) {
        for id in self.tracer.target_ids() {
            let path = self.path_of(id);
            let distances: Vec<u8> = self.hops_of(id).map(|hop| hop.distance).collect();
            let first = self.tracer.config().first.0;
            let told: Vec<u8> = (first..).take(distances.len()).collect();
            assert_eq!(distances, told, "in order and once");
            assert_eq!(usize::from(path.hops), distances.len());
            let ends = self.notes.iter().filter(|note| matches!(note, Note::End(path) if path.target == id));
            assert_eq!(ends.count(), 1);
            for hop in self.hops_of(id) {
                assert!(hop.tries.len() <= usize::from(self.tracer.config().tries), "{hop:?}");
            }
        }
    }

    pub fn path_of(&self, id: TargetId) -> &Path {
        self.tracer.path(id).expect("over")
    }

    pub fn path(&self) -> &Path {
        self.path_of(TargetId(0))
    }

    pub fn hops_of(&self, id: TargetId) -> impl Iterator<Item = &Hop> {
        self.notes.iter().filter_map(move |note| match note {
            Note::Hop(hop) if hop.target == id => Some(hop),
            _ => None,
        })
    }

    pub fn hops(&self) -> Vec<&Hop> {
        self.hops_of(TargetId(0)).collect()
    }

    pub fn hop(&self, distance: u8) -> &Hop {
        self.hops_of(TargetId(0)).find(|hop| hop.distance == distance).unwrap()
    }

    /// Who answered at each hop.
    pub fn routers(&self) -> Vec<Vec<IpAddr>> {
        self.hops().iter().map(|hop| hop.routers().into_iter().map(|peer: Peer| peer.addr).collect()).collect()
    }

    pub fn answers(&self) -> Vec<&Answer> {
        self.hops().into_iter().flat_map(|hop| hop.answers()).collect()
    }

    pub fn revised(&self) -> usize {
        self.notes.iter().filter(|note| matches!(note, Note::Revised { .. })).count()
    }
}

/// How many tries of a hop were silent.
pub fn silent(hop: &Hop) -> usize {
    hop.tries.iter().filter(|what| matches!(what, Try::Silent { .. })).count()
}

/// Every hop of a chain, and the target behind it.
pub fn whole(family: Family, count: usize) -> Vec<Vec<IpAddr>> {
    (1..=count).map(|hop| vec![router_at(family, hop)]).chain([vec![host(family)]]).collect()
}

/// "Communication administratively prohibited".
pub fn prohibited(family: Family) -> IcmpError {
    match family {
        Family::V4 => IcmpError { family, ty: 3, code: 13, info: 0 },
        Family::V6 => IcmpError { family, ty: 1, code: 1, info: 0 },
    }
}

/// "Host unreachable", "address unreachable".
pub fn unreachable(family: Family) -> IcmpError {
    match family {
        Family::V4 => IcmpError { family, ty: 3, code: 1, info: 0 },
        Family::V6 => IcmpError { family, ty: 1, code: 3, info: 0 },
    }
}
