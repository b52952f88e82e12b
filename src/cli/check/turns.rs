//! Several machines in one loop: each is turned, and all of them are waited for together, until all are done or a signal
//! comes.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use crate::clock::BootTime;
use crate::net::{Network, Woken};
use crate::probe::{Command, Drive, Machine, Turn};
use crate::sys::poll::wait_many;
use crate::sys::signals::{Signal, Signals};

/// Turns without a wait before signals are looked for.
const BUSY: u32 = 16;

/// A machine on its network, whatever they are.
pub(super) trait Turner {
    /// Does what can be done now.
    fn turn(&mut self) -> io::Result<Turn>;
    /// What calls for a turn.
    fn fds(&self) -> Vec<BorrowedFd<'_>>;
    /// Waits for what the last turn left, or for a descriptor of `also`.
    fn wait(&mut self, until: Option<BootTime>, also: &[BorrowedFd<'_>]) -> io::Result<Woken>;
    /// Ends it with what is known.
    fn stop(&mut self);
}

impl<M: Machine<Command = Command>, N: Network> Turner for Drive<M, N> {
    fn turn(&mut self) -> io::Result<Turn> {
        Drive::turn(self, &mut |_| {})
    }

    fn fds(&self) -> Vec<BorrowedFd<'_>> {
        Drive::fds(self)
    }

    fn wait(&mut self, until: Option<BootTime>, also: &[BorrowedFd<'_>]) -> io::Result<Woken> {
        self.wait_until(until, also)
    }

    fn stop(&mut self) {
        self.command(Command::Stop);
    }
}

/// Turns all of them to their end; the signal that stopped them, if one did.
///
/// A second signal is left to whoever looks for it next: all machines end within the turn that follows the first.
pub(super) fn turn_all(all: &mut [&mut dyn Turner], signals: &Signals) -> io::Result<Option<Signal>> {
    let mut interrupted = None;
    let mut live: Vec<usize> = (0..all.len()).collect();
    let mut turns = 0u32;
    let mut look = true;
    while !live.is_empty() {
        while let Some(signal) = look.then(|| signals.read()).flatten() {
            if signal != Signal::Quit && interrupted.is_none() {
                interrupted = Some(signal);
                all.iter_mut().for_each(|turner| turner.stop());
            }
        }
        let (mut again, mut until) = (false, None::<BootTime>);
        let mut left = Vec::with_capacity(live.len());
        for index in live {
            let Some(turner) = all.get_mut(index) else { continue };
            match turner.turn()? {
                Turn::Done => continue,
                Turn::Again => again = true,
                Turn::Wait(at) => until = [until, at].into_iter().flatten().min(),
            }
            left.push(index);
        }
        live = left;
        if again || live.is_empty() {
            // The next wait hears signals, unless there is none for long.
            turns = turns.wrapping_add(1);
            look = turns % BUSY == 0;
            continue;
        }
        turns = 0;
        match live.as_slice() {
            [only] => {
                if let Some(turner) = all.get_mut(*only) {
                    look = turner.wait(until, &[signals.as_fd()])? == Woken::Called;
                }
            }
            several => {
                let mut fds = vec![signals.as_fd()];
                fds.extend(several.iter().filter_map(|index| all.get(*index)).flat_map(|turner| turner.fds()));
                look = wait_many(&fds, until)?;
            }
        }
    }
    Ok(interrupted)
}
