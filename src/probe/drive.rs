//! The one loop: connects any machine to any network.
//!
//! [`Drive::turn`] does everything that can be done now and never blocks, so that a live screen or a daemon can own the
//! loop (wait on [`Drive::fds`] until [`Drive::deadline`]); [`Drive::wait`] is for those who have no loop of their own.

use std::io;
use std::os::fd::BorrowedFd;

use super::{Machine, Next};
use crate::clock::BootTime;
use crate::net::{Batch, Network, NotSent, SentAt, Woken};

/// Probes that are sent by one call at the most.
const BATCH: usize = 256;

/// How often one turn takes from the network before it lets the machine send again.
const TAKES: usize = 4;

/// What a turn left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// There is more to do at once.
    Again,
    /// Nothing to do until this time (`None`: until something is heard).
    Wait(Option<BootTime>),
    /// The machine is done.
    Done,
}

/// A machine on a network.
#[derive(Debug)]
pub struct Drive<M, N> {
    machine: M,
    network: N,
    batch: Batch,
    done: Vec<Result<SentAt, NotSent>>,
    deadline: Option<BootTime>,
}

impl<M: Machine, N: Network> Drive<M, N> {
    /// Connects the two; nothing is sent yet.
    pub fn new(machine: M, network: N) -> Self {
        Drive { machine, network, batch: Batch::new(BATCH), done: Vec::with_capacity(BATCH), deadline: None }
    }

    /// Sends what is due, hears what has come, and hands the machine's notes to `tell`. Never blocks.
    ///
    /// # Errors
    /// When the network is broken for good.
    pub fn turn(&mut self, tell: &mut dyn FnMut(&M::Note)) -> io::Result<Turn> {
        self.batch.clear();
        let next = self.machine.fill(self.network.now(), &mut self.batch);
        let sent_any = !self.batch.is_empty();
        if sent_any {
            self.send();
        }
        let (mut more, mut heard_any) = (false, false);
        for _ in 0..TAKES {
            let machine = &mut self.machine;
            more = self.network.take(&mut |now, event| {
                heard_any = true;
                machine.heard(now, event);
            })?;
            if !more {
                break;
            }
        }
        self.machine.notes(tell);
        self.deadline = if let Next::At(at) = next { Some(at) } else { None };
        Ok(match next {
            Next::Done => Turn::Done,
            // What was heard or sent may have changed what is due: ask again before waiting.
            _ if more || sent_any || heard_any => Turn::Again,
            Next::At(at) => Turn::Wait(Some(at)),
            Next::Idle => Turn::Wait(None),
        })
    }

    /// Waits for what the last turn left, or for a descriptor of `also`.
    ///
    /// # Errors
    /// When waiting itself fails.
    pub fn wait(&mut self, also: &[BorrowedFd<'_>]) -> io::Result<Woken> {
        self.network.wait(self.deadline, also)
    }

    /// Turns and waits until the machine is done.
    ///
    /// # Errors
    /// When the network is broken for good.
    pub fn run(&mut self, tell: &mut dyn FnMut(&M::Note)) -> io::Result<()> {
        loop {
            match self.turn(tell)? {
                Turn::Again => {}
                Turn::Done => return Ok(()),
                Turn::Wait(_) => {
                    self.wait(&[])?;
                }
            }
        }
    }

    /// Tells the machine something.
    pub fn command(&mut self, command: M::Command) {
        let now = self.network.now();
        self.machine.command(now, command);
    }

    /// When [`Drive::turn`] wants to be called at the latest (`None`: when something is heard).
    pub fn deadline(&self) -> Option<BootTime> {
        self.deadline
    }

    /// The descriptors whose readiness calls for a turn.
    pub fn fds(&self) -> Vec<BorrowedFd<'_>> {
        self.network.fds()
    }

    /// The machine.
    pub fn machine(&self) -> &M {
        &self.machine
    }

    /// The network.
    pub fn network(&self) -> &N {
        &self.network
    }

    /// The network, to be changed.
    pub fn network_mut(&mut self) -> &mut N {
        &mut self.network
    }

    fn send(&mut self) {
        self.done.clear();
        self.network.send(&mut self.batch, &mut self.done);
        let now = self.network.now();
        for (probe, how) in self.batch.probes().iter().zip(self.done.drain(..)) {
            self.machine.sent(now, probe.key, how);
        }
    }
}
