//! Echo between stations: what its frames are made of.

use std::net::IpAddr;

use super::hear::{Heard, Listener};
use super::network::{Format, PacketNet};
use crate::net::{Event, Probe};
use crate::sys::link::Link;
use crate::units::{EtherType, MacAddr, Seq, Tag};
use crate::wire::{ethernet, link_echo};

/// Echo on one interface.
pub type EchoNet = PacketNet<Echo>;

/// The format of echo between stations.
#[derive(Clone, Copy, Debug)]
pub struct Echo {
    pub(super) listener: Listener,
    pub(super) tag: Option<Tag>,
}

impl Echo {
    /// The reader and writer of such a socket, without it: for fuzzing.
    pub(in crate::net) fn without_kernel(mac: MacAddr, ifindex: u32) -> Echo {
        let listener = Listener { ether_type: EtherType::EXPERIMENTAL, vlan: None, ident: 7, ifindex, mac };
        Echo { listener, tag: None }
    }
}

impl Format for Echo {
    // Its probes say it: they are not sent.
    const TELLS_PRESENCE: bool = false;

    fn write(&self, probe: &Probe, room: &mut [u8]) -> usize {
        let repr = ethernet::Repr {
            dst: probe.to.mac().unwrap_or_default(),
            src: self.listener.mac,
            tag: self.tag,
            ether_type: self.listener.ether_type,
        };
        let message = room.len().saturating_sub(link_echo::HEADER_LEN + probe.payload_len());
        let start = message.saturating_sub(repr.header_len());
        let echo = link_echo::emit_request(room.get_mut(message..).unwrap_or_default(), self.listener.ident, probe.seq);
        let ethernet = repr.emit(room.get_mut(start..message).unwrap_or_default());
        // One that cannot be written is empty, and the kernel refuses it.
        if echo.is_ok() && ethernet.is_ok() { room.len() - start } else { 0 }
    }

    fn read<'a>(&self, heard: &Heard<'a>) -> Event<'a> {
        self.listener.frame(heard)
    }

    fn number(&self, probe: &Probe) -> Seq {
        probe.seq
    }

    fn probe_in(&self, copy: &[u8]) -> Option<(IpAddr, Seq)> {
        self.listener.request_in(copy).map(|(to, seq)| (to.addr, seq))
    }

    fn follow(&mut self, link: &Link) {
        self.listener.mac = link.mac.unwrap_or(self.listener.mac);
    }
}
