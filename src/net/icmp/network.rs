//! Both families' channels as one [`Network`].

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use super::channel::Channel;
use super::options::SocketKind;
use crate::clock::{BootTime, Now};
use crate::net::{Batch, Event, Network, NotSent, SentAt, Woken};
use crate::sys::clock::Clocks;
use crate::sys::errno;
use crate::sys::poll::{self, Interest, MAX_FDS};
use crate::sys::stamping::StampGuard;
use crate::units::{Family, Ident};

/// How often the kernel's drop counters are read: they are announced only with a *later* packet (kernel.md 4).
const ACCOUNT_EVERY: Duration = Duration::from_secs(1);

/// ICMP sockets of one family or both.
pub struct IcmpNet {
    channels: Vec<Channel>,
    clocks: Clocks,
    account_at: BootTime,
    /// Keeps receive stamping on.
    _stamps: Option<StampGuard>,
}

impl IcmpNet {
    pub(super) fn new(channels: Vec<Channel>, stamps: Option<StampGuard>) -> Self {
        let mut clocks = Clocks::new();
        let account_at = clocks.now().boot + ACCOUNT_EVERY;
        IcmpNet { channels, clocks, account_at, _stamps: stamps }
    }

    /// The ident on the wire of a family's probes, if it is probed.
    #[must_use]
    pub fn ident(&self, family: Family) -> Option<Ident> {
        self.channel(family).map(|c| c.listener.ident)
    }

    /// The kind of socket that a family is probed by.
    #[must_use]
    pub fn kind(&self, family: Family) -> Option<SocketKind> {
        self.channel(family).map(|c| c.kind)
    }

    /// How full the fullest receive buffer is, in thousandths: what comes next is dropped at 1,000.
    #[must_use]
    pub fn fill(&self) -> u32 {
        self.channels.iter().map(Channel::fill).max().unwrap_or(0)
    }

    fn channel(&self, family: Family) -> Option<&Channel> {
        self.channels.iter().find(|c| c.listener.family == family)
    }
}

impl Network for IcmpNet {
    fn now(&mut self) -> Now {
        self.clocks.now()
    }

    fn send(&mut self, batch: &mut Batch, done: &mut Vec<Result<SentAt, NotSent>>) {
        let mut start = 0;
        while let Some(first) = batch.probes().get(start) {
            let family = Family::of(first.to.addr);
            let rest = batch.probes().get(start..).unwrap_or_default();
            let end = start + rest.iter().take_while(|p| Family::of(p.to.addr) == family).count();
            match self.channels.iter_mut().find(|c| c.listener.family == family) {
                Some(channel) => channel.send(batch, start..end, &mut self.clocks, done),
                None => done.extend((start..end).map(|_| Err(NotSent { errno: errno::EAFNOSUPPORT, mtu: None }))),
            }
            start = end;
        }
    }

    fn take(&mut self, hear: &mut dyn FnMut(Now, &Event<'_>)) -> io::Result<bool> {
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

    fn account(&mut self, hear: &mut dyn FnMut(Now, &Event<'_>)) {
        let now = self.clocks.now();
        self.account_at = now.boot + ACCOUNT_EVERY;
        let more: u64 = self.channels.iter_mut().map(|c| u64::from(c.dropped())).sum();
        if more > 0 {
            hear(now, &Event::Dropped { more });
        }
    }

    fn wait(&mut self, until: Option<BootTime>, also: &[BorrowedFd<'_>]) -> io::Result<Woken> {
        let Some(first) = self.channels.first() else {
            return Err(errno::EAFNOSUPPORT.into_io());
        };
        let mut fds = [(first.socket.as_fd(), Interest::Read); MAX_FDS];
        let own = self.channels.iter().flat_map(Channel::fds);
        let mut n = 0;
        for (slot, fd) in fds.iter_mut().zip(own.chain(also.iter().copied())) {
            slot.0 = fd;
            n += 1;
        }
        let ready = poll::wait(fds.get(..n).unwrap_or_default(), until)?;
        Ok(if ready.any() { Woken::Ready } else { Woken::Time })
    }

    fn fds(&self) -> Vec<BorrowedFd<'_>> {
        self.channels.iter().flat_map(Channel::fds).collect()
    }
}

impl Channel {
    fn fds(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        std::iter::once(self.socket.as_fd()).chain(self.sender.iter().map(AsFd::as_fd))
    }
}
