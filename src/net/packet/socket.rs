//! A packet socket on one interface, which it waits for when it goes.
//!
//! The kernel takes a socket off an interface that goes down, tells it once (`ENETDOWN`) and puts it back by itself when
//! the interface is up again; from one that is taken away it stays off for good (`packet_notifier`, af_packet.c), and an
//! interface that comes back under the name has another index. So the name is looked for, and the socket bound again.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use super::refusal::{LinkError, io_while};
use crate::clock::BootTime;
use crate::sys::batch::{OutgoingFrame, Queue, RecvRing, SendRing};
use crate::sys::caps;
use crate::sys::errno::{self, Errno};
use crate::sys::filter::Insn;
use crate::sys::link::Link;
use crate::sys::packet::{Hears, Membership};
use crate::sys::queue::Drops;
use crate::sys::socket::Socket;
use crate::sys::stamping::{Granted, Timestamping};

/// How often an interface that works is looked at: a receiver learns only so that it is gone.
const GLANCE: Duration = Duration::from_secs(1);
/// How often one that does not is looked for.
const LOOK: Duration = Duration::from_millis(100);

/// What to open.
#[derive(Clone, Debug)]
pub struct LinkOptions {
    /// The interface's name.
    pub device: String,
    /// Which frames to hear.
    pub hears: Hears,
    /// And of those, which the kernel shall let through; empty: all.
    pub filter: Vec<Insn>,
    /// What the interface shall hear beside its own address.
    pub memberships: Vec<Membership>,
    /// Which stamps to ask for.
    pub timestamping: Option<Timestamping>,
    /// Bytes of receive buffer to ask for; 0: the system's own.
    pub receive_buffer: u32,
    /// Whether frames come with their VLAN tag, length and checksum state.
    pub frame_info: bool,
    /// Whether what this host sends is heard too.
    pub own_frames: bool,
    /// Whether frames go past the packet scheduler ([`Socket::bypass_scheduler`]).
    pub bypass_scheduler: bool,
    /// Whether an interface without a hardware address will do.
    pub any_hardware: bool,
}

impl LinkOptions {
    /// An Ethernet interface, with nothing extra.
    #[must_use]
    pub fn new(device: &str, hears: Hears) -> Self {
        LinkOptions {
            device: device.to_owned(),
            hears,
            filter: Vec::new(),
            memberships: Vec::new(),
            timestamping: None,
            receive_buffer: 0,
            frame_info: false,
            own_frames: false,
            bypass_scheduler: false,
            any_hardware: false,
        }
    }
}

/// How an interface stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// There, and up.
    Up,
    /// There, and down.
    Down,
    /// Not there.
    Gone,
}

/// A packet socket on an interface.
#[derive(Debug)]
pub struct LinkSocket {
    socket: Socket,
    link: Link,
    hears: Hears,
    memberships: Vec<Membership>,
    granted: Granted,
    presence: Presence,
    look_at: BootTime,
    drops: Drops,
}

impl LinkSocket {
    /// Opens it: filter and options first, so that nothing but what is wanted is ever heard. The one step that needs
    /// privilege; afterwards none is needed, whatever the interface does.
    ///
    /// # Errors
    /// One line for a person.
    pub fn open(options: &LinkOptions) -> Result<LinkSocket, LinkError> {
        let name = &options.device;
        let link = Link::named(name).map_err(|error| match Errno::from(&error) {
            errno::ENODEV => LinkError::NoInterface { name: name.clone() },
            _ => LinkError::Io { what: "asking for the interface", error },
        })?;
        if link.mac.is_none() && !options.any_hardware {
            return Err(LinkError::NoAddress { name: name.clone(), loopback: link.is_loopback() });
        }
        if !link.is_up() {
            return Err(LinkError::Down { name: name.clone() });
        }
        let socket = caps::with_net_raw(Socket::packet).map_err(LinkError::of_opening)?;
        if !options.filter.is_empty() {
            socket.attach_filter(&options.filter).map_err(io_while("attaching the socket filter"))?;
        }
        if !options.own_frames {
            // Before Linux 4.20 the direction of each frame says it.
            let _ = socket.hear_own_frames(false);
        }
        if options.frame_info {
            socket.recv_frame_info(true).map_err(io_while("asking for VLAN tags"))?;
        }
        if options.bypass_scheduler {
            socket.bypass_scheduler(true).map_err(io_while("going past the packet scheduler"))?;
        }
        if options.receive_buffer > 0 {
            let set = || socket.set_receive_buffer(options.receive_buffer);
            caps::with_net_admin(set).map_err(io_while("setting the receive buffer"))?;
        }
        let granted = options.timestamping.map_or_else(Granted::default, |wanted| socket.timestamping(wanted));
        let drops = Drops::of(&socket);
        let mut opened = LinkSocket {
            socket,
            link,
            hears: options.hears,
            memberships: options.memberships.clone(),
            granted,
            presence: Presence::Up,
            look_at: BootTime::default(),
            drops,
        };
        opened.bind().map_err(io_while("binding to the interface"))?;
        Ok(opened)
    }

    fn bind(&mut self) -> io::Result<()> {
        self.socket.bind_link(self.link.index, self.hears)?;
        self.memberships.iter().try_for_each(|what| self.socket.join(self.link.index, *what))
    }

    /// The interface as it was last seen.
    #[must_use]
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// Whether it is there.
    #[must_use]
    pub fn presence(&self) -> Presence {
        self.presence
    }

    /// Which stamps frames get.
    #[must_use]
    pub fn granted(&self) -> Granted {
        self.granted
    }

    /// The socket itself.
    #[must_use]
    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Looks after the interface if it is time to, and returns what has changed: call it once a turn. One that went is
    /// looked for until it is back, and then used again.
    pub fn look(&mut self, now: BootTime) -> Option<Presence> {
        if now < self.look_at {
            return None;
        }
        let presence = self.find();
        self.look_at = now + if presence == Presence::Up { GLANCE } else { LOOK };
        let changed = presence != self.presence;
        self.presence = presence;
        changed.then_some(presence)
    }

    fn find(&mut self) -> Presence {
        let Ok(link) = Link::named(&self.link.name) else { return Presence::Gone };
        let is_another = link.index != self.link.index;
        let was_gone = self.presence == Presence::Gone;
        let before = std::mem::replace(&mut self.link, link);
        if !self.link.is_up() {
            // To be bound again once it is up: what goes and comes back may be down in between.
            if is_another {
                self.link.index = before.index;
            }
            return if is_another || was_gone { Presence::Gone } else { Presence::Down };
        }
        if (is_another || was_gone) && self.bind().is_err() {
            self.link = before;
            return Presence::Gone;
        }
        if self.presence != Presence::Up {
            // What it said as it went is no news any more.
            let _ = self.socket.take_error();
        }
        Presence::Up
    }

    /// When [`LinkSocket::look`] wants to be called at the latest.
    #[must_use]
    pub fn look_at(&self) -> BootTime {
        self.look_at
    }

    /// Sends frames in order, as [`SendRing::send_frames`] does. An error that says that the interface is not there makes
    /// the next [`LinkSocket::look`] look.
    ///
    /// # Errors
    /// That of the first frame, and nothing was sent.
    pub fn send<'a>(
        &mut self,
        ring: &mut SendRing,
        frames: impl Iterator<Item = OutgoingFrame<'a>>,
    ) -> io::Result<usize> {
        ring.send_frames(&self.socket, frames).inspect_err(|error| self.suspect(error))
    }

    /// Receives what is queued. That the interface went is no error here: [`LinkSocket::look`] tells.
    ///
    /// # Errors
    /// When the socket is broken.
    pub fn receive(&mut self, ring: &mut RecvRing, queue: Queue) -> io::Result<usize> {
        ring.receive(&self.socket, queue).or_else(|error| {
            self.suspect(&error);
            if Errno::from(&error).is_broken() { Err(error) } else { ring.receive(&self.socket, queue).or(Ok(0)) }
        })
    }

    fn suspect(&mut self, error: &io::Error) {
        if is_absence(Errno::from(error)) {
            self.look_at = BootTime::default();
        }
    }

    /// Hears nothing more; what is queued can still be read, and frames be sent.
    ///
    /// # Errors
    /// When the kernel refuses; an interface that is not there brings nothing anyway.
    pub fn stop_hearing(&mut self) -> io::Result<()> {
        self.hears = Hears::Nothing;
        self.socket.bind_link(self.link.index, Hears::Nothing)
    }

    /// How many frames found no room in the queue since the last call.
    pub fn dropped(&mut self) -> u32 {
        self.drops.more(&self.socket)
    }
}

impl AsFd for LinkSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Whether an error of a packet socket says that its interface is down or gone.
#[must_use]
pub fn is_absence(errno: Errno) -> bool {
    [errno::ENODEV, errno::ENETDOWN, errno::ENXIO].contains(&errno)
}
