//! Path MTUs of the hosts that answered, by ping's search, some side by side.
//!
//! After the round trips and not beside them: large packets on the same path would be measured, too.

use std::collections::VecDeque;
use std::io;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use super::turns::Turner;
use crate::clock::BootTime;
use crate::net::icmp::IcmpNet;
use crate::net::{Peer, Woken};
use crate::ping::{Command, MtuConfig, MtuResult, MtuSession};
use crate::probe::{Drive, Turn};
use crate::sys::clock::boot_now;

/// A size is sent so often before silence is believed.
const TRIES: u32 = 2;

/// A host whose path is searched.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    /// The caller's name for it.
    pub(super) index: usize,
    pub(super) peer: Peer,
    /// The longest that its answers took.
    pub(super) rtt: Duration,
}

/// One search after another on one set of sockets.
pub(super) struct Searches {
    drive: Option<Drive<MtuSession, IcmpNet>>,
    current: usize,
    queue: VecDeque<Wanted>,
    deadline: BootTime,
    token_key: [u8; 16],
    /// What was found: the largest packet that passes.
    pub(super) found: Vec<(usize, u32)>,
}

impl Searches {
    pub(super) fn new(net: IcmpNet, hosts: Vec<Wanted>, deadline: BootTime, token_key: [u8; 16]) -> Searches {
        let mut queue = VecDeque::from(hosts);
        let first = queue.pop_front();
        let drive = first.map(|first| Drive::new(MtuSession::new(config(first, token_key)), net));
        Searches { drive, current: first.map_or(0, |first| first.index), queue, deadline, token_key, found: Vec::new() }
    }
}

fn config(wanted: Wanted, token_key: [u8; 16]) -> MtuConfig {
    let config = MtuConfig::new(wanted.peer, u32::from(u16::MAX), token_key);
    // Twice what answers took, and some for a far end that pauses.
    MtuConfig { tries: TRIES, timeout: wanted.rtt * 2 + Duration::from_millis(100), ..config }
}

impl Turner for Searches {
    fn turn(&mut self) -> io::Result<Turn> {
        let Some(drive) = &mut self.drive else { return Ok(Turn::Done) };
        if boot_now() >= self.deadline {
            drive.command(Command::Stop);
            self.queue.clear();
        }
        match drive.turn(&mut |_| {})? {
            Turn::Done => {}
            Turn::Wait(until) => {
                return Ok(Turn::Wait(Some(until.map_or(self.deadline, |until| until.min(self.deadline)))));
            }
            Turn::Again => return Ok(Turn::Again),
        }
        if let Some(MtuResult::Mtu { mtu, .. }) = drive.machine().result() {
            self.found.push((self.current, mtu));
        }
        let Some(next) = self.queue.pop_front() else { return Ok(Turn::Done) };
        if let Some(drive) = self.drive.take() {
            let (_, net) = drive.into_parts();
            self.current = next.index;
            self.drive = Some(Drive::new(MtuSession::new(config(next, self.token_key)), net));
        }
        Ok(Turn::Again)
    }

    fn fds(&self) -> Vec<BorrowedFd<'_>> {
        self.drive.as_ref().map_or_else(Vec::new, Drive::fds)
    }

    fn wait(&mut self, until: Option<BootTime>, also: &[BorrowedFd<'_>]) -> io::Result<Woken> {
        self.drive.as_mut().map_or(Ok(Woken::Time), |drive| drive.wait_until(until, also))
    }

    fn stop(&mut self) {
        self.queue.clear();
        if let Some(drive) = &mut self.drive {
            drive.command(Command::Stop);
        }
    }
}
