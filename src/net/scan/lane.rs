//! One family's way out of one thread: a socket, a template, and a batch of copies of it.
//!
//! The copies stay from batch to batch; only what is a probe's own is written again, so that a probe costs some forty bytes
//! of writing and its share of a system call.

use std::io;

use super::Halt;
use super::template::{Ask, Template};
use crate::sys::batch::{Outgoing, OutgoingFrame, SendControl, SendRing};
use crate::sys::errno::{self, Errno};
use crate::sys::socket::Socket;

/// Probes in one system call.
const BATCH: usize = 64;

/// Who finds the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// We did, once: a packet socket that is bound to its interface takes whole frames.
    Frame,
    /// The kernel, for each packet, by the address that is given beside it.
    Kernel {
        /// Whether targets are on the link: then `ENOBUFS` may be the neighbour table's.
        on_link: bool,
    },
}

/// A way out.
pub(super) struct Lane {
    socket: Socket,
    by: By,
    template: Template,
    copies: Vec<u8>,
    ring: SendRing,
}

impl Lane {
    pub(super) fn new(socket: Socket, by: By, template: Template) -> Lane {
        let copies = template.bytes().repeat(BATCH);
        Lane { socket, by, template, copies, ring: SendRing::new(BATCH) }
    }

    /// Sends probes of its family in order; how many the kernel took, and why it took no more.
    pub(super) fn send(&mut self, asks: &[Ask]) -> (usize, Option<Halt>) {
        let mut done = 0;
        while let Some(rest) = asks.get(done..).filter(|rest| !rest.is_empty()) {
            let batch = rest.get(..BATCH).unwrap_or(rest);
            for (ask, copy) in batch.iter().zip(self.copies.chunks_exact_mut(self.template.len())) {
                self.template.write(ask, copy);
            }
            let (taken, halt) = self.push(batch);
            done += taken;
            if halt.is_some() {
                return (done, halt);
            }
        }
        (done, None)
    }

    /// Gives a written batch to the kernel, which stops at the first probe it will not take and hides why where others
    /// went before it (lab_kernel 9): the rest is given again from there.
    fn push(&mut self, batch: &[Ask]) -> (usize, Option<Halt>) {
        let (mut next, mut forgiven) = (0, None);
        while next < batch.len() {
            match self.give(batch, next) {
                // Zero without an error cannot be; going on from the same place for ever must not be.
                Ok(n) => next += n.max(1),
                Err(e) => match self.halt(&e) {
                    // It may be an earlier probe's: an ICMP error is told to the next call (lab_kernel 7).
                    Halt::Refused(_) if forgiven != Some(next) => forgiven = Some(next),
                    halt => return (next, Some(halt)),
                },
            }
        }
        (next.min(batch.len()), None)
    }

    fn give(&mut self, batch: &[Ask], next: usize) -> io::Result<usize> {
        let Lane { socket, by, template, copies, ring } = self;
        let copies = copies.chunks_exact(template.len()).skip(next);
        let asks = batch.get(next..).unwrap_or_default();
        let control = SendControl::default();
        match by {
            By::Frame => {
                let frames = asks.iter().zip(copies).map(|(_, bytes)| OutgoingFrame { by: None, bytes, control });
                ring.send_frames(socket, frames)
            }
            By::Kernel { .. } => {
                let packets = asks.iter().zip(copies).map(|(ask, bytes)| {
                    let to = Some((ask.to.addr, ask.to.scope));
                    Outgoing { to, port: 0, flow: 0, bytes, control }
                });
                ring.send(socket, packets)
            }
        }
    }

    fn halt(&self, error: &io::Error) -> Halt {
        let errno = Errno::from(error);
        let full = [errno::ENOBUFS, errno::EAGAIN, errno::ENOMEM].contains(&errno);
        let neighbours = errno == errno::ENOBUFS && self.by == By::Kernel { on_link: true };
        if full { Halt::NoRoom { neighbours } } else { Halt::Refused(errno) }
    }
}
