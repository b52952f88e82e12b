//! Several channels as one [`Network`](crate::net::Network): each probe goes to the channel that fits it, and whatever any
//! of them hears is told.

use std::io;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use super::{Channel, Protocol};
use crate::clock::{BootTime, Now};
use crate::net::wait::{Woken, wait};
use crate::net::{Batch, Event, NotSent, Probe, SentAt};
use crate::sys::clock::Clocks;
use crate::sys::errno::Errno;
use crate::sys::stamping::StampGuard;

/// How often the kernel's drop counters are read: they are announced only with a *later* packet (lab_kernel 4).
const ACCOUNT_EVERY: Duration = Duration::from_secs(1);

/// Channels with one clock. Its methods are those of [`Network`](crate::net::Network).
pub(in crate::net) struct Channels<P> {
    channels: Vec<Channel<P>>,
    clocks: Clocks,
    account_at: BootTime,
    /// Keeps receive stamping on, until it is switched off.
    stamps: Option<StampGuard>,
}

impl<P: Protocol> Channels<P> {
    pub(in crate::net) fn new(channels: Vec<Channel<P>>, stamps: Option<StampGuard>) -> Self {
        let mut clocks = Clocks::new();
        let account_at = clocks.now().boot + ACCOUNT_EVERY;
        Channels { channels, clocks, account_at, stamps }
    }

    pub(in crate::net) fn iter(&self) -> impl Iterator<Item = &Channel<P>> {
        self.channels.iter()
    }

    pub(in crate::net) fn now(&mut self) -> Now {
        self.clocks.now()
    }

    /// Sends a batch in order; `fits` says whether a channel's protocol carries a probe, and a probe that none carries
    /// fails with `unfit`.
    pub(in crate::net) fn send(
        &mut self,
        batch: &mut Batch,
        done: &mut Vec<Result<SentAt, NotSent>>,
        fits: impl Fn(&P, &Probe) -> bool,
        unfit: Errno,
    ) {
        let mut start = 0;
        while let Some(first) = batch.probes().get(start) {
            let index = self.channels.iter().position(|c| fits(&c.protocol, first));
            let rest = batch.probes().get(start..).unwrap_or_default();
            let Some(channel) = index.and_then(|index| self.channels.get_mut(index)) else {
                done.push(Err(NotSent { errno: unfit, mtu: None }));
                start += 1;
                continue;
            };
            let end = start + rest.iter().take_while(|probe| fits(&channel.protocol, probe)).count().max(1);
            channel.send(batch, start..end, &mut self.clocks, done);
            start = end;
        }
    }

    pub(in crate::net) fn take(&mut self, hear: &mut dyn FnMut(Now, &Event<'_>)) -> io::Result<bool> {
        let now = self.clocks.now();
        if let Some(ns) = self.clocks.take_step() {
            hear(now, &Event::Stepped { ns });
        }
        let mut more = false;
        for channel in &mut self.channels {
            more |= channel.take(&mut self.clocks, hear)?;
        }
        if now.boot >= self.account_at {
            self.account(hear);
        }
        Ok(more)
    }

    pub(in crate::net) fn account(&mut self, hear: &mut dyn FnMut(Now, &Event<'_>)) {
        let now = self.clocks.now();
        self.account_at = now.boot + ACCOUNT_EVERY;
        let more: u64 = self.channels.iter_mut().map(Channel::dropped).sum();
        if more > 0 {
            hear(now, &Event::Dropped { more });
        }
    }

    pub(in crate::net) fn stamp_arrivals(&mut self, wanted: bool) {
        // From the first change on each socket asks for itself.
        self.stamps = None;
        self.channels.iter().for_each(|channel| channel.stamp_arrivals(wanted));
    }

    pub(in crate::net) fn wait(&mut self, until: Option<BootTime>, also: &[BorrowedFd<'_>]) -> io::Result<Woken> {
        wait(self.channels.iter().flat_map(Channel::fds), also, until)
    }

    pub(in crate::net) fn fds(&self) -> Vec<BorrowedFd<'_>> {
        self.channels.iter().flat_map(Channel::fds).collect()
    }
}
