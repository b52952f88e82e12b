//! The ear of probes that leave as frames: whole packets out of a ring that we share with the kernel.
//!
//! It hears before the host's own IP stack does. So an answer costs no system call and no queue, and a firewall that never
//! saw the probe (frames pass it by) does not throw the answer away as one to nothing. What the stack would have checked is
//! checked here: the checksum of ICMPv6, above all.

use std::io;

use super::template::Common;
use crate::clock::Now;
use crate::net::channel::{Heard, Hears};
use crate::net::icmp::Listener;
use crate::net::{Answer, Event, Peer};
use crate::sys::ancillary::{Ancillary, PktInfo};
use crate::sys::clock::Clocks;
use crate::sys::filter;
use crate::sys::packet;
use crate::sys::ring::{FrameRing, Slot};
use crate::sys::socket::{Socket, unspecified};
use crate::units::{EtherType, Family};
use crate::wire::{checksum, ipv6, protocol};

/// Memory of the ring: of the shortest probes' answers 16,384, some 50 ms at the rates of this decade's hosts.
const BYTES: usize = 4 << 20;

/// The longest headers before an answer's payload, or before what an error quotes of it: IPv4 with options twice.
const HEADERS: usize = 2 * (60 + 8);

/// How many packets are given in one taking.
const BATCH: usize = 256;

/// Hears answers and errors of one family.
pub(super) struct Ring {
    ring: FrameRing,
    listener: Listener,
}

impl Ring {
    /// Lets a packet socket that hears nothing yet hear what is about these probes, on every interface.
    pub(super) fn new(socket: Socket, common: &Common) -> io::Result<Ring> {
        let ring = FrameRing::new(socket, HEADERS.max(ipv6::HEADER_LEN + 8 + common.size), BYTES)?;
        let ether_type = if common.family == Family::V4 { EtherType::IPV4 } else { EtherType::IPV6 };
        ring.socket().attach_filter(&filter::packet_filter(common.family, common.ident))?;
        ring.socket().bind_link(0, packet::Hears::One(ether_type))?;
        let is_v4 = common.family == Family::V4;
        Ok(Ring { ring, listener: Listener { family: common.family, ident: common.ident, ip_header: is_v4 } })
    }

    /// Gives what has arrived; whether more waits.
    pub(super) fn take(&mut self, clocks: &mut Clocks, hear: &mut dyn FnMut(Now, &Event<'_>)) -> bool {
        let listener = self.listener;
        let mut now: Option<Now> = None;
        let taken = self.ring.take(BATCH, |slot| {
            // What came while others were read was read later than they.
            let read = match now {
                Some(now) if now.wall >= slot.at => now,
                _ => *now.insert(clocks.now()),
            };
            event(listener, slot, read, hear);
        });
        taken == BATCH
    }

    /// How many packets found no room since the last call.
    pub(super) fn dropped(&mut self) -> u64 {
        self.ring.socket().frame_counts().map_or(0, |counts| counts.dropped.into())
    }

    /// How full it is, in thousandths.
    pub(super) fn fill(&self) -> u32 {
        self.ring.fill()
    }
}

/// Reads a packet and tells of it.
fn event(listener: Listener, slot: &Slot<'_>, read: Now, hear: &mut dyn FnMut(Now, &Event<'_>)) {
    let ancillary = Ancillary { rx_soft: Some(slot.at), ..Ancillary::default() };
    let cut = slot.bytes.len() < slot.len;
    let from = Peer::from(unspecified(listener.family));
    let heard = Heard { by: Hears::Icmp, from, port: 0, bytes: slot.bytes, cut, ancillary: &ancillary, read };
    if listener.family == Family::V4 {
        return hear(read, &listener.packet(&heard));
    }
    let Ok(ip) = ipv6::Header::new_checked(slot.bytes) else { return };
    let (src, dst, ifindex) = (ip.src(), ip.dst(), slot.link.ifindex);
    let ancillary = Ancillary {
        hop_limit: Some(ip.hop_limit()),
        tos: Some(ip.traffic_class()),
        pktinfo: Some(PktInfo { ifindex, local: dst.into(), spec_dst: dst.into() }),
        ..ancillary
    };
    let scope = if src.is_unicast_link_local() { ifindex } else { 0 };
    let message = ip.payload();
    let cut = message.len() < usize::from(ip.payload_len());
    let from = Peer { addr: src.into(), scope };
    let event = listener.packet(&Heard { from, bytes: message, cut, ancillary: &ancillary, ..heard });
    let sum = || checksum::pseudo_v6(src, dst, protocol::ICMPV6, ip.payload_len().into());
    let is_whole = cut || checksum::add(sum(), checksum::sum(message)) == 0xffff;
    match event {
        Event::Answer(answer) => hear(read, &Event::Answer(Answer { checksum_ok: is_whole, ..answer })),
        // The stack would have thrown it away.
        _ if !is_whole => {}
        other => hear(read, &other),
    }
}
