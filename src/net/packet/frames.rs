//! Whole frames for machines that make their own: what is sent is a probe's payload, what is heard an
//! [`Event::Frame`](crate::net::Event).
//!
//! Machines know which frame answers what; here is only the way out and in, with stamps and filters.

use std::net::IpAddr;

use super::hear::Heard;
use super::network::{Format, PacketNet, Rings};
use super::refusal::LinkError;
use super::socket::{LinkOptions, LinkSocket};
use crate::net::{Event, Frame, Probe};
use crate::sys::ancillary::Stages;
use crate::sys::batch::{RecvRing, SendRing};
use crate::sys::filter::Insn;
use crate::sys::link::Link;
use crate::sys::packet::{Hears, Membership};
use crate::sys::stamping::{SwitchingOn, Timestamping};
use crate::units::Seq;
use crate::wire::content::{self, Content, Transport};
use crate::wire::{ethernet, ndp};

/// Frames that one call sends or takes.
const BATCH: usize = 64;

/// Whole frames on one interface.
pub type FramesNet = PacketNet<Whole>;

/// How to hear and send.
#[derive(Clone, Debug)]
pub struct FramesOptions {
    /// The interface's name.
    pub device: String,
    /// Which frames to hear.
    pub hears: Hears,
    /// And of those, which the kernel shall let through; empty: all.
    pub filter: Vec<Insn>,
    /// What the interface shall hear beside its own address.
    pub memberships: Vec<Membership>,
    /// Which departures to stamp; arrivals always are.
    pub stages: Stages,
    /// Bytes of receive buffer to ask for.
    pub receive_buffer: u32,
    /// Bytes kept of a frame.
    pub snap: usize,
    /// Whether what this host sends is heard too.
    pub own_frames: bool,
    /// Whether an interface without a hardware address will do.
    pub any_hardware: bool,
}

impl FramesOptions {
    /// Short frames of an Ethernet interface, stamped both ways.
    #[must_use]
    pub fn new(device: &str, hears: Hears) -> Self {
        FramesOptions {
            device: device.to_owned(),
            hears,
            filter: Vec::new(),
            memberships: Vec::new(),
            stages: Stages::DRIVER | Stages::NIC,
            receive_buffer: 1 << 20,
            snap: 2048,
            own_frames: false,
            any_hardware: false,
        }
    }
}

/// The socket, before a machine is put on it.
#[derive(Debug)]
pub struct FramesSocket {
    socket: LinkSocket,
    stages: Stages,
    snap: usize,
    switching_on: SwitchingOn,
}

impl FramesSocket {
    /// Opens it: afterwards no privilege is needed.
    ///
    /// # Errors
    /// One line for a person.
    pub fn open(options: &FramesOptions) -> Result<FramesSocket, LinkError> {
        // First of all: the kernel takes its time over it.
        let switching_on = SwitchingOn::begin();
        let timestamping = if options.stages.is_empty() { Timestamping::RECEIVE } else { Timestamping::ALL };
        let socket = LinkSocket::open(&LinkOptions {
            filter: options.filter.clone(),
            memberships: options.memberships.clone(),
            timestamping: Some(timestamping),
            receive_buffer: options.receive_buffer,
            frame_info: true,
            own_frames: options.own_frames,
            any_hardware: options.any_hardware,
            ..LinkOptions::new(&options.device, options.hears)
        })?;
        Ok(FramesSocket { socket, stages: options.stages, snap: options.snap, switching_on })
    }

    /// The interface.
    #[must_use]
    pub fn link(&self) -> &Link {
        self.socket.link()
    }

    /// The network.
    #[must_use]
    pub fn into_net(self) -> FramesNet {
        let FramesSocket { socket, stages, snap, switching_on } = self;
        let rings = Rings {
            out: SendRing::new(BATCH),
            data: RecvRing::new(BATCH, snap),
            queue: RecvRing::new(BATCH, snap.min(2048)),
        };
        let ifindex = socket.link().index;
        PacketNet::new(socket, Whole { ifindex }, stages, rings, Some(switching_on.wait()))
    }
}

/// Frames as they are.
#[derive(Clone, Copy, Debug)]
pub struct Whole {
    ifindex: u32,
}

impl Whole {
    /// The reader of such a socket, without it: for fuzzing.
    pub(in crate::net) fn without_kernel(ifindex: u32) -> Whole {
        Whole { ifindex }
    }
}

impl Format for Whole {
    const TELLS_PRESENCE: bool = true;

    fn write(&self, probe: &Probe, _: &mut [u8]) -> usize {
        probe.payload_len()
    }

    fn read<'a>(&self, heard: &Heard<'a>) -> Event<'a> {
        let a = heard.ancillary;
        Event::Frame(Frame {
            bytes: heard.bytes,
            len: a.frame.map_or(heard.bytes.len(), |info| usize::try_from(info.len).unwrap_or(usize::MAX)),
            stripped: a.frame.and_then(|info| info.vlan),
            direction: heard.link.direction,
            arrival: heard.arrival(self.ifindex),
        })
    }

    /// None: questions have no number, and the newest for an address is the one.
    fn number(&self, _: &Probe) -> Seq {
        Seq(0)
    }

    fn probe_in(&self, copy: &[u8]) -> Option<(IpAddr, Seq)> {
        let frame = ethernet::Frame::new_checked(copy).ok()?;
        let target = match content::read(&frame).ok()? {
            Content::Arp(packet) => packet.target.into(),
            Content::Ip(ip) => match ip.transport {
                Ok(Transport::Ndp(
                    ndp::Message::NeighborSolicitation { target, .. }
                    | ndp::Message::NeighborAdvertisement { target, .. },
                )) => target.into(),
                _ => ip.dst,
            },
            Content::Other => return None,
        };
        Some((target, Seq(0)))
    }

    fn follow(&mut self, link: &Link) {
        self.ifindex = link.index;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::clock::Now;
    use crate::sys::address::{Direction, LinkName};
    use crate::sys::ancillary::{Ancillary, FrameInfo};
    use crate::units::{EtherType, MacAddr, Tag};
    use crate::wire::arp::{Operation, Packet};

    fn request() -> Vec<u8> {
        let packet = Packet {
            operation: Operation::Request,
            sender_mac: MacAddr([2, 0, 0, 0, 0, 1]),
            sender: [10, 1, 0, 1].into(),
            target_mac: MacAddr::ZERO,
            target: [10, 1, 0, 2].into(),
        };
        let repr =
            ethernet::Repr { dst: MacAddr::BROADCAST, src: packet.sender_mac, tag: None, ether_type: EtherType::ARP };
        let mut frame = vec![0; ethernet::HEADER_LEN];
        repr.emit(&mut frame).unwrap();
        frame.extend(packet.emit());
        frame
    }

    #[test]
    fn a_frame_is_told_with_what_came_beside_it() {
        let tag = (EtherType::VLAN, Tag { id: 5, ..Tag::default() });
        let info = FrameInfo { len: 9000, vlan: Some(tag), checksum_pending: false };
        let ancillary = Ancillary { frame: Some(info), ..Ancillary::default() };
        let link = LinkName { direction: Direction::Other, ..LinkName::default() };
        let bytes = request();
        let heard = Heard { bytes: &bytes, link, ancillary: &ancillary, read: Now::default() };
        let whole = Whole { ifindex: 3 };
        let Event::Frame(frame) = whole.read(&heard) else { panic!() };
        assert_eq!((frame.len, frame.stripped, frame.direction), (9000, Some(tag), Direction::Other));
        let nothing = Ancillary::default();
        let Event::Frame(plain) = whole.read(&Heard { ancillary: &nothing, ..heard }) else { panic!() };
        assert_eq!((plain.len, plain.stripped), (42, None));
    }

    #[test]
    fn a_copy_says_whom_was_asked_for() {
        let whole = Whole { ifindex: 3 };
        assert_eq!(whole.probe_in(&request()), Some(("10.1.0.2".parse().unwrap(), Seq(0))));
        assert_eq!(whole.probe_in(&request()[..20]), None);
    }
}
