//! The loop around the loop: turns a machine on its network and hears signals between two turns.
//!
//! An interrupt (INT, TERM, HUP) ends the run with what is known, a second one at once; QUIT asks how things stand.
//! Who listens to the machine is a [`Listener`].

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::os::fd::{AsFd, BorrowedFd};

use super::exit::Exit;
use super::refusal::Refusal;
use super::stdout::{Fate, Stdout};
use crate::clock::BootTime;
use crate::net::{Network, Woken};
use crate::probe::{Drive, Machine, Turn};
use crate::sys::errno::Errno;
use crate::sys::poll::{Interest, wait};
use crate::sys::signals::{Signal, Signals, restore_default_and_raise};

/// Turns without a wait before signals are looked for.
const BUSY: u32 = 16;

/// Who listens to a machine.
pub(super) trait Listener<M: Machine, N: Network> {
    /// The machine says something.
    fn tell(&mut self, note: &M::Note);

    /// A turn is over, and a wait comes next or has not come for long: print what was held back. `Break` ends the run.
    fn turned(&mut self) -> ControlFlow<Exit>;

    /// A turn is over and told: look at the machine itself, from time to time.
    fn watch(&mut self, drive: &mut Drive<M, N>) {
        let _ = drive;
    }

    /// Somebody wants to know how things stand.
    fn status(&mut self, drive: &mut Drive<M, N>);

    /// When [`Listener::turned`] wants to be called at the latest.
    fn deadline(&self) -> Option<BootTime>;

    /// Descriptors that call for [`Listener::turned`].
    fn fds(&self) -> [Option<BorrowedFd<'_>>; 2];
}

/// What a run hears of its user, and what becomes of what it says: opened once, before the first line.
pub(super) struct Stage {
    /// The signals of this process.
    pub(super) signals: Signals,
    /// What becomes of the output.
    pub(super) fate: Fate,
}

impl Stage {
    /// From here on signals are heard and no longer end the process.
    ///
    /// # Errors
    /// What the system said.
    pub(super) fn open() -> Result<Self, Refusal> {
        let signals = Signals::block_and_open().map_err(|error| Refusal::io("cannot hear signals", &error))?;
        Ok(Stage { signals, fate: Fate::default() })
    }

    /// Standard output; `name` begins messages.
    ///
    /// # Errors
    /// What the system said.
    pub(super) fn stdout<'a>(&'a self, name: &'a str) -> Result<Stdout<'a>, Refusal> {
        Stdout::new(name, self.signals.as_fd(), &self.fate).map_err(|error| Refusal::io("standard output", &error))
    }

    /// Who turns a machine meanwhile; `name` begins messages.
    pub(super) fn conductor<'a>(&'a self, name: &'a str) -> Conductor<'a> {
        Conductor { name, signals: &self.signals, fate: &self.fate }
    }
}

/// Turns a machine.
#[derive(Clone, Copy)]
pub(super) struct Conductor<'a> {
    /// What messages begin with.
    pub(super) name: &'a str,
    /// The signals of this process.
    pub(super) signals: &'a Signals,
    /// What becomes of the output.
    pub(super) fate: &'a Fate,
}

impl Conductor<'_> {
    /// Turns until the machine is done; an interrupt gives it the command `stop`. `Break` says how the run ended before
    /// that.
    pub(super) fn conduct<M: Machine, N: Network>(
        &self,
        drive: &mut Drive<M, N>,
        stop: M::Command,
        listener: &mut dyn Listener<M, N>,
    ) -> ControlFlow<Exit> {
        let mut stop = Some(stop);
        let mut woken = Woken::Called;
        let mut busy = 0u32;
        loop {
            // Where the wait ended by its time or by an answer, no signal has come.
            while let Some(signal) = (woken == Woken::Called).then(|| self.signals.read()).flatten() {
                match signal {
                    Signal::Quit => listener.status(drive),
                    _ => match stop.take() {
                        None => restore_default_and_raise(signal),
                        Some(stop) => {
                            self.fate.hurry();
                            drive.command(stop);
                        }
                    },
                }
            }
            let turn = drive.turn(&mut |note| listener.tell(note));
            let is_busy = matches!(turn, Ok(Turn::Again)) && {
                busy = busy.wrapping_add(1);
                busy % BUSY != 0
            };
            // What is told in turns that follow each other without a wait leaves by one write.
            if !is_busy {
                listener.turned()?;
            }
            listener.watch(drive);
            let waited = match turn {
                Ok(Turn::Done) => return ControlFlow::Continue(()),
                // The next wait hears signals, unless there is none for long.
                Ok(Turn::Again) => Ok(if is_busy { Woken::Time } else { Woken::Called }),
                Ok(Turn::Wait(until)) => {
                    let until = [until, listener.deadline()].into_iter().flatten().min();
                    let signals = self.signals.as_fd();
                    let [one, other] = listener.fds().map(|fd| fd.unwrap_or(signals));
                    let also = [signals, one, other];
                    drive.wait_until(until, &also)
                }
                Err(error) => Err(error),
            };
            match waited {
                Ok(how) => woken = how,
                Err(error) => {
                    self.say(&format!("the sockets broke: {}", Errno::from(&error)));
                    return ControlFlow::Break(Exit::Trouble);
                }
            }
        }
    }

    /// Waits until then, or until one of these descriptors calls. `false`: a signal came, and nothing is waited for any
    /// more.
    pub(super) fn rests<'f>(&'f self, until: BootTime, fds: impl Iterator<Item = BorrowedFd<'f>>) -> bool {
        let mut all = vec![(self.signals.as_fd(), Interest::Read)];
        all.extend(fds.map(|fd| (fd, Interest::Read)));
        wait(&all, Some(until)).is_ok_and(|ready| !ready.get(0).any())
    }

    /// Whether lines were lost. If that was because a signal came while the last of them waited for a reader, it ends the
    /// process: at once, as a second one does.
    pub(super) fn has_lost_lines(&self) -> bool {
        let lost = self.fate.has_lost();
        if let Some(signal) = self.signals.read().filter(|_| lost) {
            restore_default_and_raise(signal);
        }
        lost
    }

    /// Says a line on stderr.
    pub(super) fn say(&self, what: &str) {
        // Where stderr fails as well there is nobody left to tell.
        let _ = writeln!(io::stderr(), "{}: {what}", self.name);
    }

    /// How a run ends that cannot write. That nobody reads any more is no failure.
    pub(super) fn cannot_write(&self, error: &io::Error) -> Exit {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Exit::Yes;
        }
        self.say(&format!("cannot write: {}", Errno::from(error)));
        Exit::Trouble
    }
}
