//! The search for a path's MTU, turned on simulated paths.

use std::net::IpAddr;

use rprobe::net::sim::{Act, Narrow, Path, Rule, Sim};
use rprobe::ping::{MtuConfig, MtuNote, MtuResult, MtuSession, MtuStep};
use rprobe::probe::Drive;

use crate::bed::*;

fn search(to: IpAddr, max: u32, sim: Sim) -> (MtuResult, Vec<(u32, MtuStep, u32)>) {
    let mut notes = Vec::new();
    let mut drive = Drive::new(MtuSession::new(MtuConfig::new(to.into(), max, [9; 16])), sim);
    drive.run(&mut |note| notes.push(*note)).unwrap();
    let steps = notes.iter().filter_map(|note| match note {
        MtuNote::Step { size, step, tries, .. } => Some((*size, *step, *tries)),
        MtuNote::Ended { .. } => None,
    });
    (drive.machine().result().unwrap(), steps.collect())
}

fn path(mtu: u32, narrow: Narrow) -> Sim {
    Sim::new(1, Path::new(ms(20)).mtu(mtu, narrow))
}

#[test]
fn a_router_that_names_its_mtu() {
    for to in [host(), ip("2001:db8::1")] {
        let router = if to.is_ipv4() { router() } else { ip("2001:db8::ffff") };
        let (result, steps) = search(to, 1500, path(1400, Narrow::Router(router)));
        assert_eq!(result, MtuResult::Mtu { mtu: 1400, limited_by: Some(router), black_hole: false });
        assert_eq!(steps.iter().map(|(size, ..)| *size).collect::<Vec<_>>(), [1500, 1400, 1401]);
        assert!(matches!(steps[0].1, MtuStep::TooBig { from, error, .. } if from == router && error.info == 1400));
        assert!(matches!(steps[1].1, MtuStep::Fits { rtt } if rtt.time == ms(20)));
    }
}

#[test]
fn a_router_that_names_none() {
    let (result, steps) = search(host(), 1500, path(1234, Narrow::OldRouter(router())));
    assert_eq!(result, MtuResult::Mtu { mtu: 1234, limited_by: Some(router()), black_hole: false });
    assert!(steps.len() < 16, "{}", steps.len());
}

#[test]
fn a_black_hole_is_found_by_its_silence() {
    let (result, steps) = search(host(), 1500, path(1300, Narrow::Nobody));
    assert_eq!(result, MtuResult::Mtu { mtu: 1300, limited_by: None, black_hole: true });
    let silent = steps.iter().filter(|(_, step, _)| *step == MtuStep::Silent);
    assert!(silent.clone().count() > 2);
    assert!(
        silent.clone().all(|(size, _, tries)| *size > 1300 && *tries == 3),
        "silence is believed after three tries"
    );
}

#[test]
fn loss_is_not_taken_for_a_limit() {
    let sim = path(1400, Narrow::Router(router())).rule(Rule::range(1..=2, Act::Lose)).rule(Rule::nth(4, Act::Lose));
    let (result, _) = search(host(), 1500, sim);
    assert!(matches!(result, MtuResult::Mtu { mtu: 1400, black_hole: false, .. }), "{result:?}");
}

#[test]
fn this_hosts_own_limit() {
    let (result, steps) = search(host(), 9000, path(1500, Narrow::Here));
    assert_eq!(result, MtuResult::Mtu { mtu: 1500, limited_by: Some(ip("0.0.0.0")), black_hole: false });
    assert!(matches!(steps[0].1, MtuStep::TooBigHere { mtu: Some(1500) }));
}

#[test]
fn nobody_there() {
    let (result, _) = search(host(), 1500, Sim::new(1, Path::silent()));
    assert_eq!(result, MtuResult::NoAnswer);
    let (result, _) = search(host(), 1500, Sim::new(1, Path::silent()).rule(Rule::every(unreachable())));
    assert!(matches!(result, MtuResult::Refused { from, .. } if from == router()), "{result:?}");
}

#[test]
fn a_wide_path_takes_one_probe() {
    let (result, steps) = search(host(), 1500, Sim::new(1, Path::new(ms(20))));
    assert_eq!((result, steps.len()), (MtuResult::Mtu { mtu: 1500, limited_by: None, black_hole: false }, 1));
}
