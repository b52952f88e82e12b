//! Errors, refusals, strangers: each host's fate is its own.

use rprobe::net::NotSent;
use rprobe::net::sim::{Act, Happening, Path, Quote, Rule, Sim, Stranger};
use rprobe::sweep::{Config, Mode, NoReply};
use rprobe::sys::errno::{self, Errno};
use rprobe::units::Family;
use rprobe::wire::icmp::IcmpError;

use crate::bed::*;

const UNREACHABLE: IcmpError = IcmpError { family: Family::V4, ty: 3, code: 1, info: 0 };

fn error_after(millis: u64, quote: Quote) -> Act {
    Act::Error(ip("198.51.100.1"), UNREACHABLE, quote, ms(millis))
}

#[test]
fn an_error_does_not_end_the_attempts_before_their_time() {
    // As fping has it: the next attempt leaves when the one before would have been given up.
    let sim = Sim::new(1, Path::silent()).rule(Rule::every(error_after(30, Quote::Whole)));
    let run = run(alive(1), sim);
    assert_eq!(run.departures_us(0), [0, 500_000, 1_250_000, 2_375_000]);
    assert_eq!((run.host(0).counters.errors, run.host(0).counters.lost), (4, 0));
    assert_eq!(run.unreachable(), [0]);
    assert_eq!(run.sim.elapsed(), us(2_375_000 + 1_687_500));
    let totals = run.totals();
    assert_eq!((totals.errors.len(), totals.errors[0].count, totals.errors[0].code), (1, 4, 1));
    assert!(run.failures().iter().all(|(_, _, why)| matches!(why, NoReply::Error { error: UNREACHABLE, .. })));
}

#[test]
fn an_error_is_outdone_by_an_answer() {
    let sim = Sim::new(1, Path::new(ms(100))).rule(Rule::every(error_after(30, Quote::Whole)));
    let run = run(alive(1), sim);
    let counters = run.host(0).counters;
    assert_eq!((counters.replied, counters.errors, run.host(0).alive), (1, 0, true));
    assert_eq!(run.sim.elapsed(), ms(100) + us(5));
}

#[test]
fn in_count_mode_an_error_ends_its_probe() {
    let sim = Sim::new(1, Path::silent()).rule(Rule::every(error_after(30, Quote::Header)));
    let run = run(count(2, 3), sim);
    assert_eq!((run.host(1).counters.errors, run.host(1).counters.in_flight), (3, 0));
    assert_eq!(run.sim.elapsed(), ms(231) + us(5));
}

#[test]
fn an_error_that_quotes_what_was_not_sent_says_nothing() {
    for quote in [Quote::WrongToken, Quote::WrongChecksum] {
        let sim = Sim::new(1, Path::new(ms(60))).rule(Rule::every(error_after(30, quote)));
        let run = run(count(1, 3), sim);
        assert_eq!((run.host(0).counters.replied, run.host(0).counters.errors), (3, 0), "{quote:?}");
        assert_eq!(run.totals().counters.foreign, 3, "{quote:?}");
    }
}

#[test]
fn a_redirect_is_a_note() {
    let sim = Sim::new(1, Path::new(ms(20))).rule(Rule::every(Act::Redirect(ip("198.51.100.1"), ip("198.51.100.2"))));
    let run = run(count(1, 2), sim);
    assert_eq!((run.host(0).counters.replied, run.totals().redirects), (2, 2));
}

#[test]
fn no_route_ends_a_host_and_no_room_does_not() {
    let no_route = NotSent { errno: errno::ENETUNREACH, mtu: None };
    let sim = Sim::new(1, Path::new(ms(20))).rule(Rule::every(Act::Refuse(no_route)).to(addr(0)));
    let run_a = run(alive(2), sim);
    assert_eq!((run_a.unreachable(), run_a.host(0).counters.not_sent), (vec![0], 1));
    assert_eq!((run_a.host(0).counters.sent, run_a.host(1).alive), (0, true));

    let no_room = NotSent { errno: errno::ENOBUFS, mtu: None };
    let run_b = run(alive(1), Sim::new(1, Path::new(ms(20))).rule(Rule::nth(1, Act::Refuse(no_room))));
    assert_eq!(run_b.departures_us(0), [0, 500_000], "it is tried again in its time");
    let counters = run_b.host(0).counters;
    assert_eq!((counters.attempted, counters.not_sent, counters.replied), (2, 1, 1));
}

#[test]
fn what_there_was_no_room_for_is_no_attempt() {
    let no_room = NotSent { errno: errno::ENOBUFS, mtu: None };
    let once = Config { mode: Mode::Alive { attempts: 1, backoff: 1.5 }, ..alive(1) };
    let refused = |times: u64| {
        let rule = Rule::range(1..=times, Act::Refuse(no_room));
        run(once.clone(), Sim::new(1, Path::new(ms(20))).rule(rule))
    };
    let some = refused(7);
    assert_eq!((some.host(0).alive, some.host(0).counters.not_sent, some.host(0).counters.sent), (true, 7, 1));
    let always = refused(1000);
    assert_eq!((always.unreachable(), always.host(0).counters.sent), (vec![0], 0));
    assert!(always.host(0).counters.not_sent <= 20, "{:?}", always.host(0).counters);
}

#[test]
fn what_this_host_gives_up_was_not_sent() {
    let sim = Sim::new(1, Path::new(ms(20))).rule(Rule::nth(1, Act::GiveUp(Errno(113), ms(30))));
    let run = run(count(1, 2), sim);
    let counters = run.host(0).counters;
    assert_eq!((counters.attempted, counters.not_sent, counters.sent, counters.replied), (2, 1, 1, 1));
}

#[test]
fn a_line_that_goes_down_and_up_costs_what_was_sent_meanwhile() {
    let down = NotSent { errno: Errno(100), mtu: None };
    let sim =
        Sim::new(1, Path::new(ms(20))).at(ms(250), Happening::Refuse(Some(down))).at(ms(450), Happening::Refuse(None));
    let run = run(count(1, 10), sim);
    let counters = run.host(0).counters;
    assert_eq!((counters.attempted, counters.not_sent, counters.replied), (10, 2, 8));
}

#[test]
fn strangers_are_strangers() {
    for kind in [Stranger::Reply, Stranger::Twin, Stranger::Error, Stranger::Noise] {
        let sim = Sim::new(1, Path::silent()).strangers(kind, addr(0), ms(7));
        let run = run(count(2, 5), sim);
        for index in [0, 1] {
            let counters = run.host(index).counters;
            assert_eq!((counters.lost, counters.received(), counters.errors), (5, 0, 0), "{kind:?}");
        }
        assert_eq!(run.totals().counters.foreign, run.sim.log().strangers, "{kind:?}");
        assert!(run.totals().counters.foreign > 10, "{kind:?}");
    }
    let run =
        run(Config { size: 56, ..alive(2) }, Sim::new(1, Path::silent()).strangers(Stranger::Twin, addr(1), ms(3)));
    assert_eq!(run.totals().alive, 0, "another sweep's replies make nobody alive");
}
