//! Answers that come late, twice or out of order, clocks that are set, and buffers that are too small.

use rprobe::net::sim::{Happening, Router};
use rprobe::trace::{Config, Method, Note, Waits};
use rprobe::units::Family;

use crate::bed::*;

#[test]
fn duplicates_are_counted_and_told_once() {
    for (method, family) in all() {
        let routers = chain(family, 6, ms(20)).into_iter().map(|router| router.duplicates(1.0)).collect();
        let run = run(config(method, family), sim(1, family, route(family, routers, ms(20))));
        assert_eq!(run.routers(), whole(family, 6));
        assert!(run.path().counters.duplicates >= 10, "{:?}", run.path().counters);
    }
}

#[test]
fn reordered_answers_are_told_in_the_order_of_their_probes() {
    let family = Family::V4;
    let routers = chain(family, 8, ms(30)).into_iter().map(|router| router.jitter(ms(40))).collect();
    let tries = Config { tries: 8, ..config(Method::Icmp, family) };
    let run = run(tries, sim(5, family, route(family, routers, ms(30))));
    assert_eq!(run.routers(), whole(family, 8));
    assert!(run.path().counters.reordered > 0);
    for hop in run.hops() {
        assert!(hop.answers().map(|answer| answer.number).is_sorted());
    }
}

#[test]
fn a_late_answer_revises_a_hop_that_was_told_as_silent() {
    let family = Family::V4;
    let mut routers = chain(family, 8, ms(20));
    routers[2] = Router::new(router_at(family, 3), ms(300));
    routers[7] = Router::new(router_at(family, 8), ms(700));
    let one =
        Config { tries: 1, extra: 0, wait: Waits { near: 2.0, ..Waits::default() }, ..config(Method::Icmp, family) };
    let run = run(one, sim(1, family, route(family, routers, ms(600))));
    assert!(run.routers()[2].is_empty(), "told as silent: hops beyond had answered long before");
    assert_eq!(run.revised(), 1);
    let revised = run.notes.iter().find_map(|note| match note {
        Note::Revised { distance, index, answer, .. } => Some((*distance, *index, answer.clone())),
        _ => None,
    });
    let (distance, index, answer) = revised.unwrap();
    assert_eq!((distance, index, answer.from.addr, answer.late), (3, 0, router_at(family, 3), true));
    assert_eq!(answer.rtt.time, ms(300));
    assert_eq!(run.path().counters.late, 1);
}

#[test]
fn an_answer_that_is_late_before_its_hop_is_told_stands_in_it() {
    let family = Family::V4;
    let mut routers = chain(family, 8, ms(20));
    routers[1] = Router::new(router_at(family, 2), ms(400));
    routers[2] = Router::new(router_at(family, 3), ms(100));
    let one =
        Config { tries: 1, extra: 0, wait: Waits { near: 10.0, ..Waits::default() }, ..config(Method::Icmp, family) };
    let run = run(one, sim(1, family, route(family, routers, ms(20))));
    assert_eq!(run.routers()[1], [router_at(family, 2)]);
    assert_eq!(run.revised(), 0);
}

#[test]
fn a_clock_that_is_set_leaves_the_times_whole() {
    let family = Family::V4;
    let way = route(family, chain(family, 8, ms(50)), ms(50));
    let sim = sim(1, family, way).at(ms(20), Happening::Step(-3_600_000_000_000));
    let run = run(config(Method::Icmp, family), sim);
    assert!(run.notes.iter().any(|note| matches!(note, Note::Stepped { .. })));
    assert!(run.answers().iter().all(|answer| answer.rtt.time >= ms(50) && answer.rtt.time < ms(51)));
    assert_eq!(run.routers(), whole(family, 8));
}

#[test]
fn what_our_own_socket_drops_is_said() {
    let family = Family::V4;
    let way = route(family, chain(family, 12, ms(20)), ms(20));
    let run = run(config(Method::Udp, family), sim(1, family, way).at(ms(15), Happening::Drop(5)));
    assert!(run.path().dropped > 0);
    assert!(run.notes.iter().any(|note| matches!(note, Note::Dropped { .. })));
    assert_eq!(run.path().distance, Some(13));
}

#[test]
fn progress_tells_each_try_once() {
    let family = Family::V4;
    let mut routers = chain(family, 5, ms(20));
    routers[2] = routers[2].clone().silent();
    let run =
        run(Config { note_tries: true, ..config(Method::Udp, family) }, sim(1, family, route(family, routers, ms(20))));
    let mut numbers: Vec<u64> = run
        .notes
        .iter()
        .filter_map(|note| if let Note::Try { number, .. } = note { Some(*number) } else { None })
        .collect();
    let told = numbers.len();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), told);
    assert!(told >= 5 * 3 + 3);
}
