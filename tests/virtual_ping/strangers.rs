//! Packets that are not ours change no statistic but `foreign`.

use rprobe::net::sim::{Path, Rule, Sim, Stranger};
use rprobe::ping::{Config, Pace};

use crate::bed::*;

#[test]
fn no_stranger_is_ever_counted_as_a_reply() {
    for kind in [Stranger::Reply, Stranger::Twin, Stranger::Error, Stranger::Noise] {
        // From the very host that is asked, ten times as often as it answers.
        let path = Path::new(ms(20)).loss(0.3);
        let sim = Sim::new(5, path).strangers(kind, host(), us(777));
        let run = run(Config { interval: ms(10), ..count(500) }, sim);
        let (counters, log) = (run.counters(), run.sim.log());
        let answered = log.probes.iter().filter(|probe| !probe.heard.is_empty()).count() as u64;
        assert!(answered < 400 && log.strangers > 5000);
        assert_eq!((counters.replied, counters.lost), (answered, 500 - answered), "{kind:?}");
        assert_eq!((counters.duplicates, counters.corrupt, counters.errors), (0, 0, 0), "{kind:?}");
        assert_eq!(counters.foreign, log.strangers, "{kind:?}");
        assert_eq!(run.summary().rtt.count(), answered, "{kind:?}");
        assert_eq!(run.summary().rtt.max(), Some(ms(20)), "{kind:?}");
    }
}

#[test]
fn strangers_do_not_open_a_floods_window() {
    let config = || Config { pace: Pace::Flood, deadline: Some(secs(2)), ..Config::new(vec![target(host())], [7; 16]) };
    let alone = run(config(), Sim::new(5, Path::silent())).counters().sent;
    let among = run(config(), Sim::new(5, Path::silent()).strangers(Stranger::Twin, host(), us(50))).counters();
    assert_eq!((among.sent, among.replied), (alone, 0));
}

#[test]
fn strangers_from_elsewhere_belong_to_the_one_target_or_to_nobody() {
    let noise = |sim: Sim| sim.strangers(Stranger::Noise, ip("203.0.113.77"), ms(100));
    let one = run(count(3), noise(Sim::new(1, Path::default())));
    assert_eq!((one.counters().foreign, one.session.foreign()), (20, 0));
    let config = Config { targets: vec![target(host()), target(ip("192.0.2.2"))], ..count(3) };
    let two = run(config, noise(Sim::new(1, Path::default())));
    assert_eq!((two.counters().foreign, two.session.foreign()), (0, 20));
    let config = Config { targets: vec![target(host()), target(ip("192.0.2.2"))], ..count(3) };
    let known = run(config, Sim::new(1, Path::default()).strangers(Stranger::Twin, ip("192.0.2.2"), ms(100)));
    assert_eq!((known.summary_of(0).counters.foreign, known.summary_of(1).counters.foreign), (0, 20));
}

#[test]
fn errors_about_probes_that_we_did_not_send_are_foreign() {
    use rprobe::net::sim::{Act, Quote};
    use rprobe::units::Family;
    use rprobe::wire::icmp::IcmpError;
    let error = IcmpError { family: Family::V4, ty: 3, code: 1, info: 0 };
    for quote in [Quote::WrongChecksum, Quote::WrongToken] {
        let sim = Sim::new(1, Path::new(ms(20))).rule(Rule::every(Act::Error(router(), error, quote, ms(3))));
        let counters = run(count(4), sim).counters();
        assert_eq!((counters.replied, counters.errors, counters.foreign), (4, 0, 4), "{quote:?}");
    }
}
