//! The one loop: connects any machine to any network.
//!
//! [`Drive::turn`] does everything that can be done now and never blocks, so that a live screen or a daemon can own the
//! loop (wait on [`Drive::fds`] until [`Drive::deadline`]); [`Drive::wait`] is for those who have no loop of their own.

use std::io;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use super::alarm::Alarm;
use super::{Machine, Next};
use crate::clock::BootTime;
use crate::net::{Batch, Network, NotSent, SentAt, Woken};
use crate::sys::errno::Errno;

/// asm-generic/errno-base.h.
const EIO: i32 = 5;

/// Probes that are sent by one call at the most.
const BATCH: usize = 256;

/// How often one turn takes from the network at the most before it lets the machine send again: enough to empty a full
/// receive buffer, and a bound for a network that never falls silent.
const TAKES: usize = 64;

/// A wait that ends by its time and no later than this has seen what there is to hear.
const PUNCTUAL: Duration = Duration::from_millis(1);

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
    /// The last wait saw that nothing has arrived: what is due leaves at once, without looking again.
    quiet: bool,
    alarm: Alarm,
    /// What the last wait was for, if it ended by its time: that time has come, though it may have ended a little early.
    come: Option<BootTime>,
    /// What the machine last said of stamps.
    stamping: bool,
}

impl<M: Machine, N: Network> Drive<M, N> {
    /// Connects the two; nothing is sent yet.
    pub fn new(machine: M, network: N) -> Self {
        Drive {
            machine,
            network,
            batch: Batch::new(BATCH),
            done: Vec::with_capacity(BATCH),
            deadline: None,
            quiet: false,
            alarm: Alarm::default(),
            come: None,
            stamping: true,
        }
    }

    /// Hears what has come, sends what is due, and hands the machine's notes to `tell`. Never blocks.
    ///
    /// Hearing comes first: after a pause, a reply that waits in the socket is heard before its probe is called lost. Only
    /// where a wait has just found nothing there, the probe that is due does not wait for another look.
    /// Telling comes last: a slow terminal delays no probe that was due.
    ///
    /// # Errors
    /// When the network is broken for good.
    pub fn turn(&mut self, tell: &mut dyn FnMut(&M::Note)) -> io::Result<Turn> {
        let mut more = !std::mem::take(&mut self.quiet);
        for _ in 0..TAKES {
            if !more {
                break;
            }
            let machine = &mut self.machine;
            more = self.network.take(&mut |now, event| machine.heard(now, event))?;
        }
        self.batch.clear();
        let mut now = self.network.now();
        // What was due then is due, though the wait for it may have ended a little early.
        now.boot = now.boot.max(self.come.take().unwrap_or(now.boot));
        let next = self.machine.fill(now, &mut self.batch);
        let stamping = self.machine.wants_stamps();
        if stamping != self.stamping {
            self.stamping = stamping;
            self.network.stamp_arrivals(stamping);
        }
        let sent_any = !self.batch.is_empty();
        if sent_any {
            self.send();
        }
        if next == Next::Done {
            let machine = &mut self.machine;
            self.network.account(&mut |now, event| machine.heard(now, event));
        }
        self.machine.notes(tell);
        self.deadline = if let Next::At(at) = next { Some(at) } else { None };
        Ok(match next {
            Next::Done => Turn::Done,
            // More may be due than one batch holds, and the first answers may be here already.
            _ if more || sent_any => Turn::Again,
            Next::At(at) => Turn::Wait(Some(at)),
            Next::Idle => Turn::Wait(None),
        })
    }

    /// Waits for what the last turn left, or for a descriptor of `also`.
    ///
    /// # Errors
    /// When waiting itself fails.
    pub fn wait(&mut self, also: &[BorrowedFd<'_>]) -> io::Result<Woken> {
        self.wait_until(self.deadline, also)
    }

    /// As [`Drive::wait`], with a deadline of one's own.
    ///
    /// # Errors
    /// When waiting itself fails.
    pub fn wait_until(&mut self, until: Option<BootTime>, also: &[BorrowedFd<'_>]) -> io::Result<Woken> {
        let asked = until.map(|until| self.alarm.set(self.network.now().boot, until));
        let woken = self.network.wait(asked, also)?;
        let (Some(asked), Woken::Time) = (asked, woken) else { return Ok(woken) };
        let now = self.network.now().boot;
        // Else it was cut short.
        if now >= asked {
            self.alarm.rang(asked, now);
            self.come = until;
        }
        // A process that was stopped on its way back knows nothing of what has arrived since.
        self.quiet = now.since(asked) < PUNCTUAL;
        Ok(woken)
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

    /// The machine, to be changed.
    pub fn machine_mut(&mut self) -> &mut M {
        &mut self.machine
    }

    /// The network.
    pub fn network(&self) -> &N {
        &self.network
    }

    /// The network, to be changed.
    pub fn network_mut(&mut self) -> &mut N {
        &mut self.network
    }

    /// Takes the two apart again.
    pub fn into_parts(self) -> (M, N) {
        (self.machine, self.network)
    }

    fn send(&mut self) {
        self.done.clear();
        self.network.send(&mut self.batch, &mut self.done);
        let now = self.network.now();
        debug_assert_eq!(self.done.len(), self.batch.len(), "a network owes one result for each probe");
        // A probe without a result would stay in flight for ever: it is taken as refused.
        let owed = Err(NotSent { errno: Errno(EIO), mtu: None });
        for (index, probe) in self.batch.probes().iter().enumerate() {
            self.machine.sent(now, probe.key, self.done.get(index).copied().unwrap_or(owed));
        }
    }
}
