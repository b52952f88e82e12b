//! ICMP errors, redirects, and what this host refuses.

use rprobe::net::NotSent;
use rprobe::net::sim::{Act, Happening, Path, Quote, Rule, Sim, Stamps};
use rprobe::ping::{Config, NoReply, Note, Proof, ReplyKind};
use rprobe::sys::errno::Errno;
use rprobe::units::Family;
use rprobe::wire::icmp::IcmpError;

use crate::bed::*;

const ENETUNREACH: NotSent = NotSent { errno: Errno(101), mtu: None };

fn host_unreachable() -> IcmpError {
    IcmpError { family: Family::V4, ty: 3, code: 1, info: 0 }
}

fn error(quote: Quote, after: u64) -> Act {
    Act::Error(router(), host_unreachable(), quote, ms(after))
}

fn sim() -> Sim {
    Sim::new(3, Path::new(ms(20)))
}

#[test]
fn an_error_is_an_error_and_no_reply() {
    for (quote, proof) in [(Quote::Header, Proof::Weak), (Quote::Whole, Proof::Token)] {
        let run = run(count(3), sim().rule(Rule::nth(2, Act::Lose)).rule(Rule::nth(2, error(quote, 8))));
        let counters = run.counters();
        assert_eq!((counters.replied, counters.errors, counters.lost), (2, 1, 0));
        let [(2, NoReply::Error { from, error, proof: told, after, .. })] = run.no_replies()[..] else {
            panic!("{:?}", run.no_replies());
        };
        assert_eq!((from, error, told), (router(), host_unreachable(), proof));
        assert_eq!(after.unwrap().time, ms(8));
        assert_eq!(counters.loss(), Some(1.0 - 2.0 / 3.0), "an error is no answer");
    }
}

#[test]
fn only_the_first_error_counts() {
    let sim = sim().rule(Rule::nth(2, Act::Lose)).rule(Rule::nth(2, error(Quote::Whole, 8)));
    let run = run(count(3), sim.rule(Rule::nth(2, error(Quote::Whole, 9))));
    assert_eq!((run.counters().errors, run.no_replies().len(), run.counters().foreign), (1, 1, 0));
}

#[test]
fn an_error_after_the_reply_says_nothing_new() {
    let run = run(count(3), sim().rule(Rule::nth(2, error(Quote::Whole, 30))));
    assert_eq!((run.counters().replied, run.counters().errors, run.counters().foreign), (3, 0, 0));
    assert!(run.no_replies().is_empty());
}

#[test]
fn a_reply_after_an_error_is_a_reply_all_the_same() {
    let run1 = run(count(3), sim().rule(Rule::nth(2, error(Quote::Whole, 8))));
    assert_eq!((run1.counters().replied, run1.counters().errors), (3, 0), "the probe was answered");
    assert_eq!((run1.good().len(), run1.no_replies().len()), (3, 1), "both are told");
    let timeout = Some(ms(10));
    let late = Config { timeout, timeout_chosen: true, ..count(1) };
    let run = run(late, sim().rule(Rule::nth(1, error(Quote::Whole, 8))));
    assert_eq!((run.counters().late, run.counters().errors), (0, 1), "the run was over before it came");
}

#[test]
fn an_error_after_the_timeout_still_says_why() {
    let config = Config { timeout: Some(secs(1)), timeout_chosen: true, ..count(4) };
    let silent = Sim::new(3, Path::silent());
    let run = run(config, silent.rule(Rule::nth(1, error(Quote::Whole, 3000))));
    assert_eq!((run.counters().lost, run.counters().errors), (3, 1));
    assert_eq!(run.lost(), [1, 2, 3, 4], "told as lost first");
}

#[test]
fn a_redirect_is_a_note_and_nothing_else() {
    let run = run(count(3), sim().rule(Rule::nth(2, Act::Redirect(router(), ip("192.0.2.254")))));
    assert_eq!((run.counters().replied, run.counters().errors), (3, 0));
    let told: Vec<_> = run
        .notes
        .iter()
        .filter_map(|note| match note {
            Note::Redirect { number, from, gateway, .. } => Some((*number, *from, *gateway)),
            _ => None,
        })
        .collect();
    assert_eq!(told, [(2, router(), ip("192.0.2.254"))]);
}

#[test]
fn what_was_not_sent_is_not_lost_and_the_run_goes_on() {
    let sim = sim().at(ms(1500), Happening::Refuse(Some(ENETUNREACH))).at(ms(4500), Happening::Refuse(None));
    let run = run(count(8), sim);
    let counters = run.counters();
    assert_eq!((counters.attempted, counters.not_sent, counters.sent, counters.replied), (8, 3, 5, 5));
    assert_eq!(counters.loss(), Some(0.0));
    let refused: Vec<_> = run.no_replies();
    let why = NoReply::NotSent { errno: Errno(101), mtu: None };
    assert_eq!(refused, [(3, why), (4, why), (5, why)], "numbers are used up");
    let recovered = run.notes.iter().any(|note| matches!(note, Note::Recovered { not_sent: 3, .. }));
    assert!(recovered);
    assert_eq!(run.summary().loss_runs.longest(), 0);
}

#[test]
fn a_run_in_which_nothing_can_be_sent_has_no_loss() {
    let run = run(count(3), sim().rule(Rule::every(Act::Refuse(ENETUNREACH))));
    let counters = run.counters();
    assert_eq!((counters.attempted, counters.not_sent, counters.sent, counters.loss()), (3, 3, 0, None));
    assert_eq!(run.summary().took, ms(0));
}

#[test]
fn what_this_host_gives_up_later_was_not_sent_either() {
    let run = run(count(3), sim().rule(Rule::nth(2, Act::GiveUp(Errno(113), ms(300)))));
    let counters = run.counters();
    assert_eq!((counters.attempted, counters.not_sent, counters.sent, counters.replied), (3, 1, 2, 2));
    assert_eq!(run.no_replies(), [(2, NoReply::NotSent { errno: Errno(113), mtu: None })]);
}

#[test]
fn a_stamp_without_a_reply_settles_nothing() {
    let run = run(count(2), sim().rule(Rule::every(Act::Lose)).rule(Rule::every(Act::Stamp(Stamps::AtOnce))));
    assert_eq!((run.counters().lost, run.kind(ReplyKind::Good).len()), (2, 0));
}

#[test]
fn what_our_own_socket_drops_is_a_number_of_its_own() {
    let run = run(count(5), sim().at(ms(1500), Happening::Drop(7)));
    assert_eq!((run.summary().dropped, run.counters().replied), (7, 5));
    assert!(run.notes.iter().any(|note| matches!(note, Note::Dropped { more: 7, .. })));
}

#[test]
fn errors_reach_ipv6_probes_by_their_token() {
    let addr = ip("2001:db8::1");
    let v6 = IcmpError { family: Family::V6, ty: 1, code: 0, info: 0 };
    let about = |quote| Act::Error(ip("2001:db8::ffff"), v6, quote, ms(5));
    let config = Config { targets: vec![target(addr)], ..count(2) };
    let sim = sim().rule(Rule::every(Act::Lose));
    let sim = sim.rule(Rule::nth(1, about(Quote::Whole))).rule(Rule::nth(2, about(Quote::WrongToken)));
    let run = run(config, sim);
    assert_eq!((run.counters().errors, run.counters().lost, run.counters().foreign), (1, 1, 1));
}
