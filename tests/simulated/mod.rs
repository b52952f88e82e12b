//! What the tests in virtual time share: a machine that is checked after everything that it is told, and the way to the end of
//! a run, which may be stopped on its way as ctrl-c does.
//!
//! What must hold is each machine's own ([`Sound`]); that it is looked at after every call is the same for all.
// Each test binary that includes this module uses a part of it.
#![allow(dead_code, unreachable_pub)]
#![allow(clippy::unwrap_used)]

use std::net::IpAddr;
use std::time::Duration;

use rprobe::clock::Now;
use rprobe::net::sim::Sim;
use rprobe::net::{Batch, Event, Key, Network, NotSent, SentAt};
use rprobe::probe::{Drive, Machine, Next, Turn};

pub const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

pub fn us(n: u64) -> Duration {
    Duration::from_micros(n)
}

pub const fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

pub fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// A machine of which something holds at every moment.
pub trait Sound: Machine {
    /// Panics if it does not hold.
    fn check(&self);
}

/// A machine that is checked after everything that it is told.
#[derive(Debug)]
pub struct Checked<M>(pub M);

impl<M: Sound> Machine for Checked<M> {
    type Note = M::Note;
    type Command = M::Command;
    fn fill(&mut self, now: Now, out: &mut Batch) -> Next {
        let next = self.0.fill(now, out);
        self.0.check();
        next
    }
    fn sent(&mut self, now: Now, key: Key, how: Result<SentAt, NotSent>) {
        self.0.sent(now, key, how);
        self.0.check();
    }
    fn heard(&mut self, now: Now, event: &Event<'_>) {
        self.0.heard(now, event);
        self.0.check();
    }
    fn wants_stamps(&self) -> bool {
        self.0.wants_stamps()
    }
    fn command(&mut self, now: Now, command: M::Command) {
        self.0.command(now, command);
        self.0.check();
    }
    fn notes(&mut self, tell: &mut dyn FnMut(&M::Note)) {
        self.0.notes(tell);
    }
}

/// More than any run of the tests needs that does not say otherwise.
pub const TURNS: u64 = 3_000_000;

/// Turns and waits until the machine is done, and tells each note with the time at which its turn began. `stop`: what the
/// machine is told, and so long after the beginning.
///
/// # Panics
/// When `turns` are not enough: the run has hung.
pub fn run_to_end<M: Machine>(
    drive: &mut Drive<M, Sim>,
    turns: u64,
    stop: Option<(Duration, M::Command)>,
    mut tell: impl FnMut(&M::Note, Now),
) {
    let mut stop = stop.map(|(after, command)| (drive.network_mut().now().boot + after, command));
    for _ in 0..turns {
        let now = drive.network_mut().now();
        if let Some((_, command)) = stop.take_if(|(at, _)| now.boot >= *at) {
            drive.command(command);
        }
        match drive.turn(&mut |note| tell(note, now)).unwrap() {
            Turn::Again => {}
            Turn::Done => return,
            Turn::Wait(until) => {
                let stop_at = stop.as_ref().map(|(at, _)| *at);
                drive.wait_until(until.into_iter().chain(stop_at).min(), &[]).unwrap();
            }
        }
    }
    panic!("no end in sight after {:?} of virtual time", drive.network().elapsed());
}
