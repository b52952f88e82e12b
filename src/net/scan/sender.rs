//! A thread's sender, and the ear that all threads share.

use std::io;
use std::os::fd::BorrowedFd;

use super::lane::Lane;
use super::template::Ask;
use super::{Halt, Hearing, Sending};
use crate::clock::{BootTime, Now};
use crate::net::icmp::IcmpNet;
use crate::net::{Event, Network, Woken};
use crate::sys::clock::boot_now;
use crate::sys::errno;
use crate::units::Family;

/// Sends probes of both families.
pub struct Sender {
    pub(super) v4: Option<Lane>,
    pub(super) v6: Option<Lane>,
}

impl Sending for Sender {
    fn now(&mut self) -> BootTime {
        boot_now()
    }

    fn send(&mut self, asks: &[Ask]) -> (usize, Option<Halt>) {
        let mut done = 0;
        while let Some(rest) = asks.get(done..).filter(|rest| !rest.is_empty()) {
            let family = rest.first().map(|ask| Family::of(ask.to.addr));
            let run = rest.iter().take_while(|ask| Some(Family::of(ask.to.addr)) == family).count();
            let lane = if family == Some(Family::V4) { &mut self.v4 } else { &mut self.v6 };
            let Some(lane) = lane else { return (done, Some(Halt::Refused(errno::EAFNOSUPPORT))) };
            let (taken, halt) = lane.send(rest.get(..run).unwrap_or(rest));
            done += taken;
            if halt.is_some() {
                return (done, halt);
            }
        }
        (done, None)
    }
}

/// Hears answers and errors by raw ICMP sockets with a filter for our ident.
pub struct Ear {
    pub(super) net: IcmpNet,
}

impl Ear {
    /// Waits until something arrives, a descriptor of `also` is readable, or the time has come.
    ///
    /// # Errors
    /// When waiting itself fails.
    pub fn wait(&mut self, until: Option<BootTime>, also: &[BorrowedFd<'_>]) -> io::Result<Woken> {
        self.net.wait(until, also)
    }
}

impl Hearing for Ear {
    fn take(&mut self, hear: &mut dyn FnMut(Now, &Event<'_>)) -> io::Result<bool> {
        self.net.take(hear)
    }

    fn account(&mut self, hear: &mut dyn FnMut(Now, &Event<'_>)) {
        self.net.account(hear);
    }

    fn fill(&mut self) -> u32 {
        self.net.fill()
    }
}
