//! A thread's sender, and the ear that all threads share.

use std::io;

use super::lane::Lane;
use super::ring::Ring;
use super::template::Ask;
use super::{Halt, Hearing, Sending};
use crate::clock::{BootTime, Now};
use crate::net::icmp::IcmpNet;
use crate::net::{Event, Network};
use crate::sys::clock::{Clocks, boot_now};
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

/// Hears answers and errors: of probes that leave as frames by rings, of the others by raw ICMP sockets, each with a
/// filter for our ident.
pub struct Ear {
    /// Families that the kernel routes; `None` where there is none.
    pub(super) net: Option<IcmpNet>,
    pub(super) rings: Vec<Ring>,
    pub(super) clocks: Clocks,
}

impl Hearing for Ear {
    fn take(&mut self, hear: &mut dyn FnMut(Now, &Event<'_>)) -> io::Result<bool> {
        let mut more = false;
        for ring in &mut self.rings {
            more |= ring.take(&mut self.clocks, hear);
        }
        if let Some(net) = &mut self.net {
            more |= net.take(hear)?;
        }
        Ok(more)
    }

    fn account(&mut self, hear: &mut dyn FnMut(Now, &Event<'_>)) {
        let more = self.rings.iter_mut().map(Ring::dropped).sum();
        if more > 0 {
            hear(self.clocks.now(), &Event::Dropped { more });
        }
        if let Some(net) = &mut self.net {
            net.account(hear);
        }
    }

    fn fill(&mut self) -> u32 {
        let of_net = self.net.as_ref().map_or(0, IcmpNet::fill);
        self.rings.iter().map(Ring::fill).fold(of_net, u32::max)
    }
}
