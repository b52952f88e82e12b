//! Each rule of a run in virtual time, for both families.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use super::*;
use crate::clock::ClockSource;
use crate::link::ask::{Announce, Asker};
use crate::link::fake::{Link, Station, US, announced, ip, mac, station, wished};
use crate::net::{Network, Peer};
use crate::probe::{Command, Drive, Turn};
use crate::sys::address::Direction;
use crate::sys::errno::Errno;
use crate::units::MacAddr;
use crate::wire::ethernet::Frame;

const FAMILIES: [(&str, &str); 2] = [("10.1.0.1", "10.1.0.2"), ("fe80::1", "fe80::2")];

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn config(source: &str, target: &str, task: Task) -> Config {
    let asker = Asker { mac: US, source: source.parse().ok() };
    Config::new(asker, Peer::from(ip(target)), task)
}

struct Ran {
    notes: Vec<Note>,
    summary: Summary,
    link: Link,
    took: Duration,
}

impl Ran {
    fn answers(&self) -> Vec<&Answer> {
        self.notes.iter().filter_map(|n| if let Note::Answer(a) = n { Some(a) } else { None }).collect()
    }

    fn kinds(&self) -> Vec<(u64, Kind)> {
        self.answers().iter().map(|a| (a.number, a.kind)).collect()
    }

    /// Destinations of what we sent.
    fn destinations(&self) -> Vec<MacAddr> {
        self.link.sent.iter().map(|(_, bytes)| Frame::new_checked(bytes).unwrap().dst).collect()
    }

    fn gaps(&self) -> Vec<Duration> {
        self.link.sent.windows(2).map(|pair| pair[1].0.since(pair[0].0)).collect()
    }
}

fn run_on(config: Config, link: Link) -> Ran {
    let mut drive = Drive::new(Session::new(config), link);
    let started = drive.network_mut().now().boot;
    let mut notes = Vec::new();
    drive.run(&mut |note| notes.push(note.clone())).unwrap();
    let now = drive.network_mut().now();
    let (session, link) = drive.into_parts();
    let summary = session.summary(now);
    assert!(summary.counters.balanced(), "{:?}", summary.counters);
    Ran { notes, summary, link, took: now.boot.since(started) }
}

fn run(config: Config, stations: Vec<Station>) -> Ran {
    run_on(config, Link::new(stations))
}

#[test]
fn the_first_question_goes_to_all_and_the_next_to_the_one_who_answered() {
    for (source, target) in FAMILIES {
        let ran = run(Config { count: Some(3), ..config(source, target, Task::Ask) }, vec![station(target, 2)]);
        assert_eq!(ran.kinds(), [(1, Kind::Good), (2, Kind::Good), (3, Kind::Good)]);
        let to = ran.destinations();
        assert!(to[0].is_group() && to[1..] == [mac(2), mac(2)], "{to:?}");
        assert_eq!(ran.gaps(), [ms(1000); 2]);
        let c = ran.summary.counters;
        assert_eq!((c.sent, c.replied, c.lost, ran.summary.to_all), (3, 3, 0, 1));
        // From the driver to the kernel: what the queue took is no part of it.
        for answer in ran.answers() {
            let rtt = answer.rtt.unwrap();
            assert_eq!((rtt.time, rtt.clock), (Duration::from_micros(990), ClockSource::Kernel));
        }
        // The last one is answered by whom it was asked of: there is nothing more to wait for.
        assert!(ran.took < ms(2010), "{:?}", ran.took);
    }
}

#[test]
fn every_question_may_go_to_all() {
    for (source, target) in FAMILIES {
        let config = Config { count: Some(3), keep_to_all: true, ..config(source, target, Task::Ask) };
        let ran = run(config, vec![station(target, 2)]);
        assert!(ran.destinations().iter().all(|to| to.is_group()));
        assert_eq!(ran.summary.to_all, 3);
    }
}

#[test]
fn two_stations_for_one_address_are_a_conflict_and_all_are_asked_again() {
    for (source, target) in FAMILIES {
        let late = Station { delay: ms(150), ..station(target, 3) };
        let ran = run(Config { count: Some(2), ..config(source, target, Task::Ask) }, vec![station(target, 2), late]);
        let kinds = [(1, Kind::Good), (1, Kind::Another), (2, Kind::Good), (2, Kind::Another)];
        assert_eq!(ran.kinds(), kinds, "also the last question is listened to for a while");
        assert!(ran.destinations().iter().all(|to| to.is_group()));
        let conflicts: Vec<_> = ran.notes.iter().filter(|n| matches!(n, Note::Conflict { .. })).collect();
        let [Note::Conflict { stations, .. }] = conflicts.as_slice() else { panic!("{conflicts:?}") };
        assert_eq!(stations, &[mac(2), mac(3)]);
        let stations: Vec<_> = ran.summary.stations.iter().map(|s| (s.mac, s.answers)).collect();
        assert_eq!(stations, [(mac(2), 2), (mac(3), 2)]);
        assert_eq!((ran.summary.counters.replied, ran.summary.rtt.count()), (2, 2));
    }
}

#[test]
fn whoever_falls_silent_is_looked_for_among_all() {
    for (source, target) in FAMILIES {
        let moody = Station { answers: |n| n != 2, ..station(target, 2) };
        let ran = run(Config { count: Some(4), ..config(source, target, Task::Ask) }, vec![moody]);
        let to_all: Vec<bool> = ran.destinations().iter().map(|to| to.is_group()).collect();
        assert_eq!(to_all, [true, false, true, false]);
        assert!(ran.notes.iter().any(|n| matches!(n, Note::Lost { number: 2, .. })));
        let c = ran.summary.counters;
        assert_eq!((c.replied, c.lost, ran.summary.loss_runs.longest()), (3, 1, 1));
    }
}

#[test]
fn nobody_there_takes_the_time_out_and_no_longer() {
    for (source, target) in FAMILIES {
        let ran = run(Config { count: Some(2), ..config(source, target, Task::Ask) }, vec![station("10.9.9.9", 9)]);
        assert_eq!((ran.summary.counters.lost, ran.took), (2, ms(2000)));
        assert!(ran.destinations().iter().all(|to| to.is_group()));
    }
}

#[test]
fn a_late_answer_is_late_and_a_second_one_a_duplicate() {
    for (source, target) in FAMILIES {
        let slow = Station { delay: ms(700), ..station(target, 2) };
        let config = Config { count: Some(1), timeout: ms(500), ..config(source, target, Task::Ask) };
        // Twice the same, and the run goes on by a second question so that both are heard.
        let twice = Config { count: Some(2), ..config.clone() };
        let again = Station { delay: ms(800), ..slow };
        let ran = run(twice, vec![slow, again]);
        assert_eq!(ran.kinds()[..2], [(1, Kind::Late), (1, Kind::Duplicate)]);
        assert_eq!(ran.summary.rtt.count(), 0, "late answers are in no statistic");
        assert_eq!((ran.summary.counters.late, ran.summary.counters.duplicates), (1, 1));
        assert_eq!(run(config, vec![slow]).summary.counters.lost, 1, "nobody waits for it");
    }
}

#[test]
fn the_first_answer_may_end_it_and_so_may_a_deadline() {
    for (source, target) in FAMILIES {
        let plain = config(source, target, Task::Ask);
        let first = run(Config { first: true, ..plain.clone() }, vec![station(target, 2)]);
        assert_eq!((first.summary.counters.sent, first.took), (1, ms(1)));
        let deadline = run(Config { deadline: Some(ms(3500)), ..plain.clone() }, vec![station(target, 2)]);
        assert_eq!((deadline.summary.counters.sent, deadline.took), (4, ms(3500)));
        // With a deadline the count is of answers.
        let both = Config { deadline: Some(ms(9500)), count: Some(2), ..plain };
        let moody = Station { answers: |n| n > 2, ..station(target, 2) };
        let ran = run(both, vec![moody]);
        assert_eq!((ran.summary.counters.sent, ran.summary.counters.received()), (4, 2));
        assert!(ran.took < ms(3100), "{:?}", ran.took);
    }
}

#[test]
fn without_stamps_the_best_pair_there_is_is_taken() {
    let link = Link { stamps: false, ..Link::new(vec![station("10.1.0.2", 2)]) };
    let ran = run_on(Config { count: Some(2), ..config("10.1.0.1", "10.1.0.2", Task::Ask) }, link);
    let clocks: Vec<_> = ran.answers().iter().map(|a| a.rtt.unwrap().clock).collect();
    assert_eq!(clocks, [ClockSource::KernelRx; 2]);
    assert_eq!(ran.summary.clocks, [0, 0, 2, 0]);
}

#[test]
fn a_free_address_is_free_only_after_the_whole_of_the_rfc() {
    let [v4, v6] = FAMILIES.map(|(_, target)| Peer::from(ip(target)));
    let asker = Asker { mac: US, source: None };
    let four = run(Config::duplicate(asker, v4, 7), vec![]);
    assert_eq!((four.summary.verdict, four.summary.counters.sent), (Some(Verdict::Free), 3));
    let gaps = four.gaps();
    assert!(gaps.iter().all(|gap| (ms(1000)..=ms(2000)).contains(gap)) && gaps[0] != gaps[1], "{gaps:?}");
    assert_eq!(four.took, gaps.iter().sum::<Duration>() + ms(2000));
    let six = run(Config::duplicate(asker, v6, 7), vec![]);
    assert_eq!((six.summary.verdict, six.took), (Some(Verdict::Free), ms(1000)));
    assert!(four.notes.is_empty() && six.notes.is_empty(), "silence is no loss here: {:?}", four.notes);
}

#[test]
fn an_answer_an_announcement_and_a_rival_take_an_address() {
    for (_, target) in FAMILIES {
        let config = Config::duplicate(Asker { mac: US, source: None }, Peer::from(ip(target)), 7);
        let taken = |link: Link| {
            let ran = run_on(config.clone(), link);
            assert_eq!(ran.summary.verdict, Some(Verdict::Taken), "{target}");
            assert!(matches!(&ran.notes[..], [Note::Taken { claim, .. }] if claim.mac == mac(2)), "{:?}", ran.notes);
            ran.took
        };
        assert_eq!(taken(Link::new(vec![station(target, 2)])), ms(1), "at once");
        for rival in [announced(target, 2), wished(target, 2)] {
            let mut link = Link::new(vec![]);
            link.later(ms(300), rival, Direction::Broadcast);
            assert_eq!(taken(link), ms(300));
        }
        // Our own frames, looped back, and those of other addresses take nothing.
        let mut link = Link::new(vec![station("10.1.0.77", 9)]);
        link.later(ms(300), wished(target, 1), Direction::Broadcast);
        link.later(ms(300), announced(target, 1), Direction::Broadcast);
        link.later(ms(300), announced("10.1.0.77", 9), Direction::Broadcast);
        assert_eq!(run_on(config.clone(), link).summary.verdict, Some(Verdict::Free));
    }
}

#[test]
fn a_verdict_is_of_the_time_it_was_reached_at() {
    // A wait may end some microseconds early and count as its time; the clock says so when it is read again.
    let config = Config::duplicate(Asker { mac: US, source: None }, Peer::from(ip("10.1.0.2")), 7);
    let mut drive = Drive::new(Session::new(config), Link::new(vec![]));
    drive.run(&mut |_| {}).unwrap();
    let now = drive.network_mut().now();
    let early = crate::clock::Now { boot: now.boot - Duration::from_micros(100), ..now };
    assert_eq!(drive.machine().summary(early).verdict, Some(Verdict::Free));
}

#[test]
fn what_ended_early_or_could_not_be_sent_is_undecided() {
    let peer = Peer::from(ip("10.1.0.2"));
    let config = Config::duplicate(Asker { mac: US, source: None }, peer, 7);
    let refused = run_on(config.clone(), Link { refuses: |n| n == 2, ..Link::new(vec![]) });
    assert_eq!(refused.summary.verdict, Some(Verdict::Undecided));
    assert!(matches!(refused.notes[..], [Note::NotSent { number: 2, errno: Errno(100), .. }]));
    let all = run_on(config.clone(), Link { refuses: |_| true, ..Link::new(vec![]) });
    assert_eq!((all.summary.verdict, all.summary.counters.not_sent), (Some(Verdict::Undecided), 3));

    let mut drive = Drive::new(Session::new(config.clone()), Link::new(vec![]));
    for _ in 0..4 {
        assert!(drive.turn(&mut |_| {}).unwrap() != Turn::Done);
    }
    drive.command(Command::Stop);
    assert_eq!(drive.turn(&mut |_| {}).unwrap(), Turn::Done);
    let now = drive.network_mut().now();
    assert_eq!(drive.machine().summary(now).verdict, Some(Verdict::Undecided), "stopped");
    // A deadline alone, as arping has it: silence until then.
    let plain = Config { count: None, schedule: Schedule::Every(ms(1000)), deadline: Some(ms(2500)), ..config };
    let ran = run(plain.clone(), vec![]);
    assert_eq!((ran.summary.verdict, ran.summary.counters.sent), (Some(Verdict::Free), 3));
    // And with a count: what sending took is not missing from the second of silence.
    let one = Config { count: Some(1), deadline: Some(ms(1000)), ..plain };
    let ran = run_on(one, Link { send_cost: 40_000, ..Link::new(vec![]) });
    assert_eq!((ran.summary.verdict, ran.took), (Some(Verdict::Free), ms(1000)));
}

#[test]
fn announcements_are_told_and_objections_too() {
    for (_, target) in FAMILIES {
        let config = Config { count: Some(2), ..config("", target, Task::Announce(Announce::Request)) };
        let ran = run(config.clone(), vec![station(target, 2)]);
        // Whether a station objects by answering is its own affair (RFC 5227 §2.4); here the ARP one answers.
        let announced_by_us = ran.notes.iter().filter(|n| matches!(n, Note::Announced { .. })).count();
        assert_eq!((announced_by_us, ran.summary.counters.sent, ran.summary.counters.lost), (2, 2, 0));
        let mut link = Link::new(vec![]);
        link.later(ms(500), announced(target, 2), Direction::Broadcast);
        let ran = run_on(config, link);
        assert!(ran.notes.iter().any(|n| matches!(n, Note::Taken { claim, .. } if claim.mac == mac(2))));
    }
}

#[test]
fn what_a_suspend_missed_is_skipped() {
    let config = Config { count: Some(5), ..config("10.1.0.1", "10.1.0.2", Task::Ask) };
    let mut drive = Drive::new(Session::new(config), Link::new(vec![station("10.1.0.2", 2)]));
    let mut notes = Vec::new();
    let mut turns = 0;
    loop {
        match drive.turn(&mut |note| notes.push(note.clone())).unwrap() {
            Turn::Done => break,
            Turn::Again => {}
            Turn::Wait(until) => {
                turns += 1;
                if turns == 4 {
                    drive.network_mut().sleep(Duration::from_secs(10));
                }
                drive.wait_until(until, &[]).unwrap();
            }
        }
    }
    let now = drive.network_mut().now();
    let summary = drive.machine().summary(now);
    assert_eq!(summary.counters.attempted, 5);
    assert!((8..=10).contains(&summary.skipped), "{}", summary.skipped);
    assert_eq!(notes.iter().filter(|n| matches!(n, Note::Skipped { .. })).count(), 1);
}

#[test]
fn answers_to_others_and_strangers_frames_are_not_ours() {
    let mut link = Link::new(vec![station("10.1.0.2", 2)]);
    link.later(ms(300), announced("10.1.0.2", 2), Direction::Other);
    link.later(ms(300), vec![0; 5], Direction::Host);
    link.later(ms(400), announced("10.1.0.2", 2), Direction::Outgoing);
    link.later(ms(500), announced("10.1.0.2", 5), Direction::Broadcast);
    let ran = run_on(Config { count: Some(2), ..config("10.1.0.1", "10.1.0.2", Task::Ask) }, link);
    assert_eq!(ran.kinds(), [(1, Kind::Good), (2, Kind::Good)]);
    // An announcement of another station shows that there are two.
    assert!(ran.notes.iter().any(|n| matches!(n, Note::Conflict { stations, .. } if *stations == [mac(2), mac(5)])));
}
