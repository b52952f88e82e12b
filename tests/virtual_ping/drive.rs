//! The one loop: turned from outside, and what it promises to machines and networks.

use std::collections::VecDeque;
use std::io;
use std::os::fd::BorrowedFd;

use rprobe::clock::{BootTime, Now};
use rprobe::net::sim::{Path, Sim};
use rprobe::net::{Batch, Event, Exchange, Key, Network, NotSent, Peer, Probe, SentAt, Woken};
use rprobe::ping::{Ended, Session, TargetId};
use rprobe::probe::{Drive, Machine, Next, Turn};
use rprobe::units::Seq;

use crate::bed::*;

#[test]
fn a_loop_of_ones_own_may_turn_it() {
    // As a daemon would: it owns time, waits as it likes, and looks in when it is told to (or sooner).
    let mut drive = Drive::new(Session::new(count(3)), Sim::new(1, Path::new(ms(20))));
    let mut notes = 0;
    let mut turns = 0;
    loop {
        turns += 1;
        match drive.turn(&mut |_| notes += 1).unwrap() {
            Turn::Done => break,
            Turn::Again => continue,
            Turn::Wait(until) => {
                assert_eq!(until, drive.deadline());
                assert!(drive.fds().is_empty(), "a simulated network has none to wait for");
                // Too early is no harm.
                assert_eq!(drive.turn(&mut |_| {}).unwrap(), Turn::Wait(until));
                drive.network_mut().wait(until, &[]).unwrap();
            }
        }
        assert!(turns < 100);
    }
    assert_eq!((notes, drive.machine().ended()), (3, Some(Ended::Count)));
    assert_eq!(drive.turn(&mut |_| notes += 1).unwrap(), Turn::Done, "and stays so");
    assert_eq!(notes, 3);
}

#[test]
fn two_sessions_may_share_a_thread() {
    let session = |n| Session::new(count(n));
    let mut drives = [
        Drive::new(session(2), Sim::new(1, Path::new(ms(20)))),
        Drive::new(session(5), Sim::new(2, Path::new(ms(30)))),
    ];
    let mut left = 2;
    while left > 0 {
        left = 0;
        for drive in &mut drives {
            match drive.turn(&mut |_| {}).unwrap() {
                Turn::Done => continue,
                Turn::Again => {}
                Turn::Wait(_) => {
                    drive.wait(&[]).unwrap();
                }
            }
            left += 1;
        }
    }
    let replied =
        |drive: &Drive<Session, Sim>| drive.machine().summary(TargetId(0), Now::default()).unwrap().counters.replied;
    assert_eq!((replied(&drives[0]), replied(&drives[1])), (2, 5));
}

/// Writes down what it is asked and told.
#[derive(Default)]
struct Scribe {
    log: Vec<String>,
    batches: VecDeque<usize>,
}

impl Machine for Scribe {
    type Note = String;
    type Command = ();
    fn fill(&mut self, _now: Now, out: &mut Batch) -> Next {
        self.log.push("fill".into());
        let Some(probes) = self.batches.pop_front() else { return Next::Done };
        for slot in 0..probes {
            let key = Key { slot: slot as u32, generation: 0 };
            out.push(Probe::new(key, Peer::from(host()), Exchange::Echo, Seq(0)), 8);
        }
        Next::Idle
    }
    fn sent(&mut self, _now: Now, key: Key, how: Result<SentAt, NotSent>) {
        self.log.push(format!("sent {} {}", key.slot, how.is_ok()));
    }
    fn heard(&mut self, _now: Now, event: &Event<'_>) {
        match event {
            Event::Dropped { more } => self.log.push(format!("dropped {more}")),
            _ => self.log.push("heard".into()),
        }
    }
    fn command(&mut self, _now: Now, _command: ()) {}
    fn notes(&mut self, tell: &mut dyn FnMut(&String)) {
        self.log.push("notes".into());
        tell(&"note".to_owned());
    }
}

/// Has so many packets in its receive buffer, and gives two at a time.
struct Meagre {
    waiting: usize,
}

impl Network for Meagre {
    fn now(&mut self) -> Now {
        Now::default()
    }
    fn send(&mut self, batch: &mut Batch, done: &mut Vec<Result<SentAt, NotSent>>) {
        done.extend((0..batch.len()).map(|_| Ok(SentAt { at: Now::default(), checksum: None })));
    }
    fn take(&mut self, hear: &mut dyn FnMut(Now, &Event<'_>)) -> io::Result<bool> {
        for _ in 0..self.waiting.min(2) {
            hear(Now::default(), &Event::Foreign { from: host() });
        }
        self.waiting -= self.waiting.min(2);
        Ok(self.waiting > 0)
    }
    fn account(&mut self, hear: &mut dyn FnMut(Now, &Event<'_>)) {
        hear(Now::default(), &Event::Dropped { more: 4 });
    }
    fn wait(&mut self, _until: Option<BootTime>, _also: &[BorrowedFd<'_>]) -> io::Result<Woken> {
        Ok(Woken::Time)
    }
    fn fds(&self) -> Vec<BorrowedFd<'_>> {
        Vec::new()
    }
}

#[test]
fn it_hears_before_it_sends_and_tells_last() {
    let machine = Scribe { batches: [2, 0].into(), ..Scribe::default() };
    let mut drive = Drive::new(machine, Meagre { waiting: 3 });
    assert_eq!(drive.turn(&mut |_| {}).unwrap(), Turn::Again, "what was sent may be answered already");
    let log = std::mem::take(&mut drive.machine_mut().log);
    assert_eq!(log, ["heard", "heard", "heard", "fill", "sent 0 true", "sent 1 true", "notes"]);
    assert_eq!(drive.turn(&mut |_| {}).unwrap(), Turn::Wait(None));
    assert_eq!(drive.deadline(), None);
    let log = std::mem::take(&mut drive.machine_mut().log);
    assert_eq!(log, ["fill", "notes"]);
    assert_eq!(drive.turn(&mut |_| {}).unwrap(), Turn::Done);
    assert_eq!(drive.machine().log, ["fill", "dropped 4", "notes"], "the kernel's counters are read at the end");
}

#[test]
fn a_network_that_never_falls_silent_does_not_keep_it_from_sending() {
    let machine = Scribe { batches: [1].into(), ..Scribe::default() };
    let mut drive = Drive::new(machine, Meagre { waiting: 1_000_000 });
    assert_eq!(drive.turn(&mut |_| {}).unwrap(), Turn::Again);
    assert!(drive.machine().log.contains(&"sent 0 true".to_owned()));
}

#[test]
fn an_early_end_is_still_told() {
    let mut drive = Drive::new(Scribe::default(), Meagre { waiting: 0 });
    let mut told = 0;
    drive.run(&mut |_| told += 1).unwrap();
    assert_eq!(told, 1);
}
